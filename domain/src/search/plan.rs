//! A query meets a library: which of its terms are there, what else its words may mean, and what each is worth.

use super::{
    alternatives::{Alternatives, Way},
    analyzer::{Analyzer, Role},
    interner::Interner,
    near::{Near, Tolerance},
    query::{Query, both_languages},
    rarity::rarity,
    slips::for_each_slip,
    source::{Found, Source},
};
use crate::order::sort_by;

/// Completions that are looked up for the word being typed.
pub const MAX_COMPLETIONS: usize = 48;
/// Terms that are looked up for a word with a typing error, or without its dots.
pub const MAX_NEAR: usize = 8;
/// Lists of postings that a query may read from.
pub const MAX_LISTS: usize = 512;

/// A query with what is found of its terms.
pub(super) struct Plan<L> {
    /// What it is worth to have each word, in 1/256 of a doubling of rarity.
    pub importance: Vec<u32>,
    pub alternatives: Alternatives,
    /// By number of term.
    pub found: Vec<Option<Found<L>>>,
    /// What to read, by word and alternative.
    pub lists: Vec<PlannedList>,
}

/// A list of postings to be read for an alternative.
pub(super) struct PlannedList {
    /// The place of the alternative.
    pub alternative: usize,
    pub term: u32,
    /// What a posting is worth at full impact.
    pub worth: u32,
}

/// Letters from which on a word may have a typing error.
const SHORTEST_MENDED: usize = 4;
/// Bytes from which on a word that is still being typed is looked for as the beginning of another.
const LONG_ENOUGH: usize = 4;

/// What a word weighs that only holds the sentence together, in 1/256.
const FUNCTION: u32 = 80;

/// Weights of guesses, in 1/256: a completion by how much of it was typed, the headword of an unfinished form, and what
/// each dot and each step of an error takes away.
const COMPLETION: u32 = 110;
const TYPED: u32 = 90;
const UNFINISHED: u32 = 190;
const UNFINISHED_KNOWN: u32 = 90;
const FOLDED: u32 = 220;
/// A compound that begins with a word of the organisation's own.
const OWN_COMPOUND: u32 = 90;
const CORRECTED: u32 = 240;

impl<L> Plan<L> {
    pub fn make<S: Source<List = L>>(
        query: &Query,
        analyzer: &Analyzer,
        source: &S,
    ) -> Result<Self, S::Error> {
        let mut planner = Planner { plan: Self::of(query.alternatives.clone()), query, analyzer, source };
        planner.plan.look_up(source)?;
        for at in 0..query.words.len() {
            planner.guess(at)?;
            planner.plan.look_up(source)?;
            planner.mend(at)?;
            planner.plan.look_up(source)?;
        }
        let mut plan = planner.plan;
        let stories = source.stories()?;
        for (at, word) in query.words.iter().enumerate() {
            plan.weigh(at, if word.function { FUNCTION } else { 256 }, stories);
        }
        Ok(plan)
    }

    fn of(alternatives: Alternatives) -> Self {
        Self { importance: Vec::new(), alternatives, found: Vec::new(), lists: Vec::new() }
    }

    /// Finds the terms that were not looked up yet.
    fn look_up<S: Source<List = L>>(&mut self, source: &S) -> Result<(), S::Error> {
        let terms = &self.alternatives.terms;
        let wanted: Vec<&str> =
            (self.found.len()..terms.len()).map(|number| terms.get(number as u32)).collect();
        if !wanted.is_empty() {
            self.found.extend(source.find(&wanted)?);
        }
        Ok(())
    }

    /// How many stories have a term.
    fn frequency(&self, term: u32) -> u32 {
        match self.found.get(term as usize) {
            Some(Some(found)) => found.frequency(),
            _ => 0,
        }
    }

    /// How many stories have the word as it was written; at least, how many have the form that most have.
    fn word_frequency(&self, word: usize) -> u32 {
        let own = self.alternatives.of(word).filter(|other| other.way == Way::Word);
        own.map(|alternative| self.frequency(self.alternatives.first(alternative))).max().unwrap_or(0)
    }

    /// Plans the lists of a word; `function` is what it weighs as a word of the sentence.
    fn weigh(&mut self, at: usize, function: u32, stories: u32) {
        let frequency = self.word_frequency(at);
        let own = rarity(stories, frequency);
        for (place, alternative) in self.alternatives.list.iter().enumerate() {
            if alternative.word as usize != at {
                continue;
            }
            let shares = self.alternatives.shares(alternative);
            let in_use = |term: u32| self.found.get(term as usize).is_some_and(Option::is_some);
            let whole = shares.iter().all(|&(term, _)| in_use(term));
            if alternative.way == Way::Phrase && !whole {
                continue;
            }
            for &(term, share) in shares.iter().filter(|&&(term, _)| in_use(term)) {
                let mut rarity = rarity(stories, self.frequency(term));
                if frequency > 0 {
                    // A rarer way to say it is no better than the word itself.
                    rarity = rarity.min(own);
                }
                if self.lists.len() < MAX_LISTS {
                    self.lists.push(PlannedList {
                        alternative: place,
                        term,
                        worth: alternative.weight * share / 256 * function / 256 * rarity,
                    });
                }
            }
        }
        self.importance.push(own * function / 256);
    }

    /// A plan that looks for the `limit` terms that tell most, of terms with their levels: those that some but not all
    /// other stories have.
    pub fn of_terms<S: Source<List = L>>(
        source: &S,
        terms: &[(u32, &str)],
        limit: usize,
    ) -> Result<Self, S::Error> {
        let stories = source.stories()?;
        let mut plan = Self::of(Alternatives::default());
        for (at, (_, term)) in terms.iter().enumerate() {
            plan.alternatives.add(at, Way::Word, 256, term);
        }
        plan.look_up(source)?;
        let telling = |term: u32, level: u32| {
            let frequency = plan.frequency(term);
            let some = (2..=stories / 4 + 2).contains(&frequency);
            if some { (level + 1) * rarity(stories, frequency) } else { 0 }
        };
        let worth: Vec<u32> = (0..).zip(terms).map(|(term, &(level, _))| telling(term, level)).collect();
        let least = crate::order::nth_greatest(worth.iter().copied(), limit).max(1);
        for (term, _) in worth.iter().enumerate().filter(|&(_, &worth)| worth >= least) {
            let rarity = rarity(stories, plan.frequency(term as u32));
            plan.lists.push(PlannedList { alternative: term, term: term as u32, worth: 256 * rarity });
        }
        plan.importance = plan.lists.iter().map(|list| list.worth / 256).collect();
        for (word, list) in plan.lists.iter().enumerate() {
            plan.alternatives.list[list.alternative].word = word as u32;
        }
        Ok(plan)
    }
}

/// A plan in the making.
struct Planner<'a, S: Source> {
    plan: Plan<S::List>,
    query: &'a Query,
    analyzer: &'a Analyzer,
    source: &'a S,
}

impl<S: Source> Planner<'_, S> {
    /// Adds what else a word may be: what it is the beginning of, and what it is with dots.
    fn guess(&mut self, at: usize) -> Result<(), S::Error> {
        let word = &self.query.words[at];
        let alternatives = &mut self.plan.alternatives;
        if word.unfinished {
            let letters = word.folded.chars().count() as u32;
            for term in self.source.completions(&word.folded, MAX_COMPLETIONS)? {
                let weight = COMPLETION + TYPED * letters / (term.chars().count() as u32).max(1);
                alternatives.add(at, Way::Completion, weight, &term);
            }
            // *kunde* is a word, and on its way to *kunden* as well.
            let known = self.analyzer.knows(&word.folded);
            let weight = if known { UNFINISHED_KNOWN } else { UNFINISHED };
            for term in self.analyzer.lexicon().unfinished(&word.folded) {
                alternatives.add(at, Way::Completion, weight, &term);
            }
            for rest in
                ["ng", "g"].iter().filter(|rest| !known && word.folded.ends_with(&"ing"[..3 - rest.len()]))
            {
                for term in both_languages(self.analyzer, &format!("{}{rest}", word.folded)) {
                    if term.role == Role::Whole {
                        alternatives.add(at, Way::Completion, UNFINISHED, &term.text);
                    }
                }
            }
        }
        if word.own && !word.unfinished {
            let knows = |rest: &str| self.analyzer.knows(rest);
            for term in self.source.completions(&word.folded, MAX_COMPLETIONS)? {
                let rest = term.strip_prefix(&word.folded).unwrap_or_default();
                if knows(rest) || rest.strip_prefix('s').is_some_and(knows) {
                    alternatives.add(at, Way::Joined, OWN_COMPOUND, &term);
                }
            }
        }
        if self.query.undotted && !word.number && word.folded.contains(['a', 'o', 'e']) {
            for (term, cost) in self.near(at, Tolerance::Folds)? {
                let weight = FOLDED - 10 * cost.min(4);
                self.plan.alternatives.add(at, Way::Folded, weight, &term);
            }
        }
        Ok(())
    }

    /// Adds what was meant by a word that is not found as it is, nor as a beginning, nor with dots.
    fn mend(&mut self, at: usize) -> Result<(), S::Error> {
        let word = &self.query.words[at];
        // Whoever writes a word that there is hardly meant another, if so much as a synonym of it is found.
        let known = word.own || self.analyzer.knows(&word.folded);
        let is_guess = |way| known || matches!(way, Way::Word | Way::Completion | Way::Folded);
        let alternatives = &self.plan.alternatives;
        let found = alternatives
            .of(at)
            .any(|other| is_guess(other.way) && self.plan.frequency(alternatives.first(other)) > 0);
        if word.function || word.number || found {
            return Ok(());
        }
        let mut near = self.near(at, Tolerance::Errors)?;
        near.extend(self.slips(at)?);
        sort_by(&mut near, |(term, cost), (other, others)| cost.cmp(others).then_with(|| term.cmp(other)));
        for (term, cost) in near {
            let weight = CORRECTED.saturating_sub(16 * cost).max(32);
            self.plan.alternatives.add(at, Way::Corrected, weight, &term);
        }
        Ok(())
    }

    /// The terms in use of words that are one typing error away, with their costs, the nearest first.
    fn slips(&self, at: usize) -> Result<Vec<(String, u32)>, S::Error> {
        let word = &self.query.words[at].folded;
        if word.chars().count() < SHORTEST_MENDED {
            return Ok(Vec::new());
        }
        let (mut terms, mut costs) = (Interner::default(), Vec::new());
        for_each_slip(word, &mut |meant, cost| {
            let function = self.analyzer.function(meant);
            if function.swedish || function.english {
                return;
            }
            for term in self.analyzer.simple_terms(meant) {
                match terms.intern(&term.text) {
                    (_, true) => costs.push(u32::from(cost)),
                    (known, false) => costs[known as usize] = costs[known as usize].min(u32::from(cost)),
                }
            }
        });
        let wanted: Vec<&str> = (0..terms.len() as u32).map(|number| terms.get(number)).collect();
        let found = self.source.find(&wanted)?;
        let mut slips: Vec<(String, u32)> = (0..)
            .zip(&found)
            .filter(|(_, found)| found.as_ref().is_some_and(|found| found.frequency() > 0))
            .map(|(number, _)| (terms.get(number).to_owned(), costs[number as usize]))
            .collect();
        sort_by(&mut slips, |(term, cost), (other, others)| cost.cmp(others).then_with(|| term.cmp(other)));
        slips.truncate(MAX_NEAR);
        Ok(slips)
    }

    fn near(&self, at: usize, tolerance: Tolerance) -> Result<Vec<(String, u32)>, S::Error> {
        let word = &self.query.words[at];
        let near = Near::new(self.analyzer.lexicon(), &word.folded, tolerance, self.query.undotted);
        let goes_on = word.unfinished && word.folded.len() >= LONG_ENOUGH;
        self.source.near(&near.unfinished(goes_on), MAX_NEAR)
    }
}
