//! What a compound is made of. Swedish writes compounds as one word, so that *tågförsening* must be found by
//! *försening* and *bänkskiva* by *bänk*.
//!
//! A split is looked for among all ways to cut the word into parts that the lexicon knows, the last of them inflected;
//! the cheapest is taken. One part may be unknown when the others are not, since most words that a lexicon lacks are
//! made of one that it has: *hängpelargoner* tells that there is something called *pelargon*.

use std::ops::Range;

use super::{
    fold::is_vowel,
    lexicon::{FirstPart, Lexicon, Link},
    stem::stem_swedish,
};

/// A part of a compound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Bytes of the word.
    pub range: Range<usize>,
    pub term: String,
    /// A particle (in-, upp-, över-) says nothing by itself.
    pub particle: bool,
}

/// Longer words are no compounds, but keyboards under a cat. In bytes.
const MAX_BYTES: usize = 60;
/// A part that the lexicon does not know has at least this many letters, and so has its known neighbour.
const MIN_UNKNOWN: usize = 4;

/// Words of two letters that compounds are made of; others are found in any word.
const SHORT_PARTS: &[&str] =
    &["bi", "by", "ek", "el", "is", "kö", "ny", "sy", "te", "tv", "tå", "ål", "öl", "ö"];
/// What remains at the end of a word that is no part of its own.
const SUFFIXES: &[&str] =
    &["ande", "aren", "arna", "erna", "lig", "sam", "het", "ism", "ist", "ion", "ell", "era", "tion", "itet"];

const PART_COST: u32 = 10;
const PARTICLE_COST: u32 = 7;

/// The parts of `word` in order, two at least, or nothing if it is not a compound as far as we know.
pub fn split(lexicon: &Lexicon, word: &str) -> Option<Vec<Part>> {
    if word.len() > MAX_BYTES || !word.is_ascii() && word.chars().any(|c| !c.is_alphabetic()) {
        return None;
    }
    let mut splitter = Splitter { lexicon, word, best: vec![None; word.len() + 1] };
    let known = splitter.from(0).filter(|best| best.end < word.len());
    let half_known = known.is_none().then(|| splitter.half_known()).flatten();
    match (known, half_known) {
        (Some(_), _) => Some(splitter.parts(0)),
        (None, Some(parts)) => Some(parts),
        (None, None) => None,
    }
}

struct Splitter<'a> {
    lexicon: &'a Lexicon,
    word: &'a str,
    /// For every byte the cheapest way to go on from there, once it is known: `Some(None)` if there is none.
    best: Vec<Option<Option<Step>>>,
}

/// The next part and what it and all after it cost.
#[derive(Clone, Copy)]
struct Step {
    end: usize,
    cost: u32,
}

impl Splitter<'_> {
    /// The cheapest way to cut the word from `start` to its end into known parts.
    fn from(&mut self, start: usize) -> Option<Step> {
        if let Some(known) = self.best[start] {
            return known;
        }
        let word = self.word;
        let mut best = self
            .last_part(start)
            .map(|_| Step { end: word.len(), cost: PART_COST + short_cost(&word[start..]) });
        for end in inner_ends(word, start) {
            let Some((_, cost)) = self.first_part(start, end) else {
                continue;
            };
            if best.is_some_and(|best| best.cost <= cost) {
                continue;
            }
            if let Some(rest) = self.from(end) {
                let cost = cost + rest.cost;
                if best.is_none_or(|best| cost < best.cost) {
                    best = Some(Step { end, cost });
                }
            }
        }
        self.best[start] = Some(best);
        best
    }

    /// The parts of the cheapest way from `start`.
    fn parts(&self, start: usize) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut at = start;
        while let Some(Some(Some(step))) = self.best.get(at) {
            let end = step.end;
            let (term, particle) = if end == self.word.len() {
                (self.last_part(at).unwrap_or_default(), false)
            } else {
                self.first_part(at, end)
                    .map(|(first, _)| (first.term, first.link == Link::Particle))
                    .unwrap_or_default()
            };
            parts.push(Part { range: at..end, term, particle });
            at = end;
            if at == self.word.len() {
                break;
            }
        }
        parts
    }

    /// One unknown part before or after known ones.
    fn half_known(&mut self) -> Option<Vec<Part>> {
        let word = self.word;
        let mut best: Option<(u32, usize, bool)> = None;
        for at in inner_ends(word, 0) {
            if !may_be_unknown(&word[..at]) && !may_be_unknown(&word[at..]) {
                continue;
            }
            let before = may_be_unknown(&word[..at]).then(|| self.from(at)).flatten();
            if let Some(rest) = before.filter(|rest| letters(&word[at..rest.end]) >= MIN_UNKNOWN) {
                best = cheaper(best, (rest.cost, at, true));
            }
            let tail = &word[at..];
            let suffix = SUFFIXES.iter().any(|suffix| tail.starts_with(suffix));
            let after = (may_be_unknown(tail) && !suffix).then(|| self.first_part(0, at)).flatten();
            if let Some((_, cost)) = after.filter(|_| letters(&word[..at]) >= MIN_UNKNOWN) {
                best = cheaper(best, (cost, at, false));
            }
        }
        let (_, at, unknown_first) = best?;
        let unknown =
            |range: Range<usize>| Part { term: stem_swedish(&word[range.clone()]), range, particle: false };
        if unknown_first {
            let mut parts = vec![unknown(0..at)];
            parts.extend(self.parts(at));
            Some(parts)
        } else {
            let (first, _) = self.first_part(0, at)?;
            let first = Part { range: 0..at, particle: first.link == Link::Particle, term: first.term };
            Some(vec![first, unknown(at..word.len())])
        }
    }

    fn first_part(&self, start: usize, end: usize) -> Option<(FirstPart, u32)> {
        let part = &self.word[start..end];
        let first = self.lexicon.first_part(part)?;
        let cost = match first.link {
            Link::Particle => return Some((first, PARTICLE_COST)),
            Link::None => 0,
            Link::Common => 1,
            Link::Rare => 4,
        };
        if letters(&first.term) < 3 && !SHORT_PARTS.contains(&first.term.as_str()) {
            return None;
        }
        Some((first, PART_COST + cost + short_cost(part)))
    }

    fn last_part(&self, start: usize) -> Option<String> {
        let part = &self.word[start..];
        if letters(part) < 2 || self.lexicon.function(part).swedish {
            return None;
        }
        let term = match self.lexicon.headword(part) {
            Some(term) => term,
            None => self.lexicon.irregular_swedish(part)?.to_owned(),
        };
        (letters(&term) > 2 || SHORT_PARTS.contains(&term.as_str())).then_some(term)
    }
}

fn cheaper(best: Option<(u32, usize, bool)>, other: (u32, usize, bool)) -> Option<(u32, usize, bool)> {
    match best {
        Some(best) if best.0 <= other.0 => Some(best),
        _ => Some(other),
    }
}

/// Where a part that starts at `start` and is not the last may end.
fn inner_ends(word: &str, start: usize) -> impl Iterator<Item = usize> {
    word[start..].char_indices().map(move |(at, _)| start + at).filter(move |&at| at >= start + 2)
}

/// Short parts are found in any word, so they cost more.
fn short_cost(part: &str) -> u32 {
    match letters(part) {
        0..=2 => 9,
        3 => 4,
        4 => 1,
        _ => 0,
    }
}

fn may_be_unknown(part: &str) -> bool {
    letters(part) >= MIN_UNKNOWN && part.chars().any(is_vowel)
}

fn letters(part: &str) -> usize {
    part.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(word: &str) -> Vec<String> {
        let lexicon = Lexicon::default();
        split(&lexicon, word)
            .unwrap_or_default()
            .into_iter()
            .filter(|part| !part.particle)
            .map(|part| part.term)
            .collect()
    }

    #[test]
    fn a_compound_is_split_into_words() {
        assert_eq!(parts("tågförseningen"), ["tåg", "försening"]);
        assert_eq!(parts("frukostbuffén"), ["frukost", "buffé"]);
        assert_eq!(parts("bänkskivor"), ["bänk", "skiv"]);
        assert_eq!(parts("dörrstängare"), ["dörr", "stängar"]);
        assert_eq!(parts("gungställningen"), ["gung", "ställning"]);
    }

    #[test]
    fn letters_that_link_are_no_part_of_the_parts() {
        assert_eq!(parts("adventsstjärna"), ["advent", "stjärn"]);
        assert_eq!(parts("trädgårdsmästare"), ["trädgård", "mästar"]);
        assert_eq!(parts("kvinnojour"), ["kvinn", "jour"]);
        assert_eq!(parts("gatukök"), ["gat", "kök"]);
        assert_eq!(parts("arbetsdag"), ["arbet", "dag"]);
    }

    #[test]
    fn one_part_may_be_unknown() {
        assert_eq!(parts("fnurpelskruvar"), ["fnurpel", "skruv"]);
        assert_eq!(parts("hängfnurpeln"), ["häng", "fnurpeln"]);
    }

    #[test]
    fn words_that_are_no_compounds_stay_whole() {
        for word in ["åäö", "x", "zlatan", "wroclaw", "hmmmmmmm"] {
            assert_eq!(parts(word), Vec::<String>::new(), "{word}");
        }
    }
}
