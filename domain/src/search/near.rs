//! Terms that a mistyped word may stand for: an edit distance with prices (Damerau–Levenshtein in its restricted form),
//! walked along a dictionary in order so that terms with a common beginning share the work.

use std::ops::ControlFlow;

use super::{
    dictionary::{Cursor, Dictionary},
    lexicon::Lexicon,
};

pub(super) mod typing;

use typing::{CODES, ERROR, FOLD, SLIP, code, costs};

const TOO_FAR: u8 = 100;

/// Letters of a word that is looked for; longer ones are cut.
const MAX_LETTERS: usize = 31;
const WIDTH: usize = MAX_LETTERS + 1;
type Row = [u8; WIDTH];

/// A word as it was typed, and how far from it a term may be.
pub struct Near {
    letters: Vec<char>,
    /// For each letter what it costs if another was meant, by [`code`].
    costs: Vec<[u8; CODES]>,
    /// From which letters on the rest is an ending, which a term does not have.
    endings: Vec<bool>,
    budget: u8,
    /// It is still being typed, so that a term may go on.
    unfinished: bool,
}

/// What typing errors a search looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tolerance {
    /// Missing dots and accents only.
    Folds,
    /// One error in a word of 4 to 7 letters, two from 8 on.
    Errors,
}

impl Near {
    /// `folds` says that a letter without dots may stand for one with them.
    pub fn new(lexicon: &Lexicon, word: &str, tolerance: Tolerance, folds: bool) -> Self {
        let letters: Vec<char> = word.chars().take(MAX_LETTERS).collect();
        let budget = match (tolerance, letters.len()) {
            (Tolerance::Folds, _) | (_, 0..=3) => 3 * FOLD,
            // One dear error and two dots, but not two cheap errors.
            (Tolerance::Errors, 4..=7) => ERROR + 2 * FOLD,
            (Tolerance::Errors, _) => 2 * ERROR + FOLD,
        };
        let endings = word
            .char_indices()
            .map(|(at, _)| &word[at..])
            .chain([""])
            .map(|rest| rest.is_empty() || lexicon.is_ending(rest))
            .take(letters.len() + 1)
            .collect();
        let costs = letters.iter().map(|&typed| costs(typed, folds)).collect();
        Self { letters, costs, endings, budget, unfinished: false }
    }

    /// The same, still being typed: terms that go on are near too, if a little less. Terms that begin with just what was
    /// typed are not; they are completions.
    pub fn unfinished(self, unfinished: bool) -> Self {
        Self { unfinished, ..self }
    }

    /// What it costs that someone typed the word and meant `term`; nothing if it is too far, 0 if it is the same.
    pub fn cost(&self, term: &str) -> Option<u32> {
        let mut walk = Walk::new(self);
        for c in term.chars() {
            walk.push(c)?;
        }
        walk.cost()
    }

    fn substitution(&self, at: usize, meant: char, code: usize) -> u8 {
        if self.letters[at] == meant { 0 } else { self.costs[at][code] }
    }
}

/// The rows of the distance matrix for the beginning of a term. Only the band that the budget can reach is filled.
struct Walk<'a> {
    near: &'a Near,
    rows: Vec<Row>,
    /// The least number of each row.
    least: Vec<u8>,
    /// The least that all that was typed costs, up to each row.
    reached: Vec<u8>,
    term: Vec<char>,
}

impl<'a> Walk<'a> {
    fn new(near: &'a Near) -> Self {
        let mut first = [TOO_FAR; WIDTH];
        for (j, cost) in first.iter_mut().enumerate().take(near.letters.len() + 1) {
            *cost = (j as u8).saturating_mul(ERROR).min(TOO_FAR);
        }
        Self { near, rows: vec![first], least: vec![0], reached: vec![TOO_FAR], term: Vec::new() }
    }

    /// Goes back to the first `depth` letters.
    fn truncate(&mut self, depth: usize) {
        self.term.truncate(depth);
        self.least.truncate(depth + 1);
        self.reached.truncate(depth + 1);
        self.rows.truncate(depth + 1);
    }

    /// Adds a letter; nothing if no term that begins so is near enough. The letter is added either way.
    fn push(&mut self, c: char) -> Option<()> {
        let near = self.near;
        let depth = self.term.len();
        let before = self.term.last().copied();
        let above = &self.rows[depth];
        let mut row = [TOO_FAR; WIDTH];
        let missing = if before == Some(c) { SLIP } else { ERROR };
        row[0] = (above[0] + missing).min(TOO_FAR);
        let mut least = row[0];
        let band = usize::from(near.budget / SLIP);
        let code = code(c);
        for j in (depth + 1).saturating_sub(band).max(1)..=(depth + 1 + band).min(near.letters.len()) {
            let typed = near.letters[j - 1];
            let extra = if j > 1 && near.letters[j - 2] == typed { SLIP } else { ERROR };
            let mut cost = (above[j - 1] + near.substitution(j - 1, c, code))
                .min(above[j] + missing)
                .min(row[j - 1] + extra);
            if j > 1 && typed != c && before == Some(typed) && near.letters[j - 2] == c {
                cost = cost.min(self.rows[depth - 1][j - 2] + SLIP);
            }
            row[j] = cost.min(TOO_FAR);
            least = least.min(cost);
        }
        // A transposition may still go on from the row before.
        let reached = self.reached[depth].min(row[near.letters.len()]);
        let goes_on = least <= near.budget
            || self.least[depth] + SLIP <= near.budget
            || (near.unfinished && reached <= near.budget);
        self.reached.push(reached);
        self.rows.push(row);
        self.least.push(least);
        self.term.push(c);
        goes_on.then_some(())
    }

    /// The cost of the term as it is now; the typed word may go on with an ending.
    fn cost(&self) -> Option<u32> {
        let row = self.rows.last()?;
        let reached = *self.reached.last()?;
        let letters = self.near.letters.len();
        let whole = (0..=letters)
            .filter(|&j| self.near.endings[j] && (j == letters || self.term.len() > 2))
            .map(|j| row[j])
            .min()?;
        let cost = match self.near.unfinished {
            true if reached == 0 => return None,
            true => whole.min(reached + 1),
            false => whole,
        };
        (cost <= self.near.budget).then_some(u32::from(cost))
    }
}

/// Calls `each` for every term of a dictionary that is near a word but not the word, with its cost.
pub fn for_each_near(dictionary: &Dictionary<'_>, word: &Near, each: &mut dyn FnMut(&Cursor, u32)) {
    let mut walk = NearWalk::new(word);
    let mut cursor = dictionary.at_block(0);
    while !cursor.ended() {
        match walk.next(&cursor.term) {
            ControlFlow::Break(hopeless) => {
                let prefix = cursor.term[..hopeless].to_vec();
                dictionary.skip(&mut cursor, &prefix);
                continue;
            }
            ControlFlow::Continue(Some(cost)) if cost > 0 => each(&cursor, cost),
            ControlFlow::Continue(_) => {}
        }
        dictionary.advance(&mut cursor);
    }
}

/// Walks terms in order, sharing the work that terms with a common beginning have in common.
struct NearWalk<'a> {
    walk: Walk<'a>,
    path: Vec<u8>,
    /// Where each letter of the path ends.
    ends: Vec<usize>,
}

impl<'a> NearWalk<'a> {
    fn new(near: &'a Near) -> Self {
        Self { walk: Walk::new(near), path: Vec::new(), ends: Vec::new() }
    }

    /// The cost of the next term; `Break` holds the bytes of it with which no near term begins.
    fn next(&mut self, term: &[u8]) -> ControlFlow<usize, Option<u32>> {
        let shared = self.path.iter().zip(term).take_while(|(a, b)| a == b).count();
        let depth = self.ends.partition_point(|&end| end <= shared);
        self.ends.truncate(depth);
        let start = self.ends.last().copied().unwrap_or(0);
        self.path.truncate(start);
        self.walk.truncate(depth);
        for c in std::str::from_utf8(&term[start..]).unwrap_or_default().chars() {
            let mut bytes = [0; 4];
            self.path.extend_from_slice(c.encode_utf8(&mut bytes).as_bytes());
            self.ends.push(self.path.len());
            if self.walk.push(c).is_none() {
                return ControlFlow::Break(self.path.len());
            }
        }
        ControlFlow::Continue(self.walk.cost())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(typed: &str, meant: &str) -> Option<u32> {
        Near::new(&Lexicon::default(), typed, Tolerance::Errors, true).cost(meant)
    }

    #[test]
    fn missing_dots_cost_least() {
        assert_eq!(cost("fagelfro", "fågelfrö"), Some(2));
        assert_eq!(cost("ko", "kö"), Some(1));
        assert_eq!(cost("ko", "ka"), None, "short words have no typing errors");
    }

    #[test]
    fn a_slip_of_the_finger_costs_less_than_another_letter() {
        assert_eq!(cost("lasange", "lasagne"), Some(4), "transposed");
        assert_eq!(cost("rygskott", "ryggskott"), Some(4), "once instead of twice");
        assert_eq!(cost("presemt", "present"), Some(4), "a neighbouring key");
        assert_eq!(cost("dislexi", "dyslexi"), Some(4), "sounds alike");
        assert_eq!(cost("chafför", "chaufför"), Some(5), "a letter missing");
    }

    #[test]
    fn long_words_may_have_two_errors_and_short_ones_one() {
        assert!(cost("gungstälning", "gungställning").is_some());
        assert!(cost("kungstälning", "gungställning").is_some());
        assert!(cost("kungstälnin", "gungställning").is_none());
        assert!(cost("gundar", "kunder").is_none());
    }

    #[test]
    fn a_word_being_typed_is_near_to_what_goes_on() {
        let unfinished = |typed: &str, meant: &str, tolerance| {
            let near = Near::new(&Lexicon::default(), typed, tolerance, true);
            near.unfinished(true).cost(meant)
        };
        assert_eq!(unfinished("tradg", "trädgård", Tolerance::Folds), Some(2));
        assert_eq!(unfinished("persentk", "presentkort", Tolerance::Errors), Some(5));
        assert_eq!(unfinished("presen", "presentkort", Tolerance::Errors), None, "a completion");
        assert_eq!(unfinished("prisen", "present", Tolerance::Folds), None);
    }

    #[test]
    fn a_typed_ending_is_no_error() {
        assert_eq!(cost("lasangen", "lasagn"), Some(4));
    }

    #[test]
    fn a_walk_finds_what_one_by_one_finds() {
        let near = Near::new(&Lexicon::default(), "lasange", Tolerance::Errors, true);
        let terms = ["ask", "lasagn", "lasang", "lasta", "låsa", "lösen", "masange"];
        let mut walk = NearWalk::new(&near);
        for term in terms {
            let walked = match walk.next(term.as_bytes()) {
                ControlFlow::Continue(cost) => cost,
                ControlFlow::Break(_) => None,
            };
            assert_eq!(walked, near.cost(term), "{term}");
        }
    }
}
