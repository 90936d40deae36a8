//! Adding up what documents have of a query.

use super::{Scored, contribution};
use crate::search::{alternatives::Way, plan::Plan, postings::Key};

/// What a story keeps of its sum that has none of the words but the least, in 1/256.
const LEAST_COVERAGE: u32 = 160;
/// A story matches that has at least this share of what the best one that everyone may see has of what was asked for, in
/// 1/256.
const MATCHING: u32 = 56;
/// Bits of a contribution that say how well the word was matched rather than how much it is worth.
const QUALITY_BITS: u32 = 6;
const FULL_QUALITY: u32 = (1 << QUALITY_BITS) - 1;

/// A list that is being read.
pub struct Reading {
    alternative: usize,
    word: usize,
    /// What it is worth at full impact.
    worth: u32,
    quality: u32,
    /// It is all that its alternative is made of.
    sole: bool,
    /// The quality of its alternative below which that does not count.
    least: u32,
}

impl Reading {
    pub fn new<L>(plan: &Plan<L>, alternative: usize, worth: u32) -> Self {
        let of = &plan.alternatives.list[alternative];
        let parts = plan.alternatives.shares(of).len() as u32;
        let quality = (of.weight * FULL_QUALITY / 256 / parts).min(FULL_QUALITY);
        Self {
            alternative,
            word: of.word as usize,
            worth,
            quality,
            sole: parts == 1,
            least: if of.way == Way::Phrase { quality * parts } else { 0 },
        }
    }
}

/// What each document has so far.
pub struct Sums {
    /// Over the words that are done.
    total: Vec<u32>,
    coverage: Vec<u32>,
    matched: Vec<u32>,
    /// The best of the current word: what it is worth, and in the low bits how well it matches.
    best: Vec<u32>,
    touched: Vec<u32>,
    /// The sum over the terms of the current alternative, if it has several.
    parts: Vec<u32>,
    touched_parts: Vec<u32>,
    /// Those that not everyone may see; empty while there are none.
    restricted: Vec<bool>,
}

impl Sums {
    pub fn new(documents: usize) -> Self {
        Self {
            total: vec![0; documents],
            coverage: vec![0; documents],
            matched: Vec::new(),
            best: vec![0; documents],
            touched: Vec::new(),
            parts: Vec::new(),
            touched_parts: Vec::new(),
            restricted: Vec::new(),
        }
    }

    pub fn add(&mut self, reading: &Reading, key: Key, documents: &[u32]) {
        if key.restricted() {
            self.restricted.resize(self.best.len(), false);
            for &document in documents {
                if let Some(restricted) = self.restricted.get_mut(document as usize) {
                    *restricted = true;
                }
            }
        }
        let packed = contribution(reading.worth, key) << QUALITY_BITS | reading.quality;
        if reading.sole {
            self.add_best(packed, documents);
            return;
        }
        self.parts.resize(self.best.len(), 0);
        for &document in documents {
            if let Some(sum) = self.parts.get_mut(document as usize) {
                if *sum == 0 {
                    self.touched_parts.push(document);
                }
                *sum = sum.saturating_add(packed);
            }
        }
    }

    fn add_best(&mut self, packed: u32, documents: &[u32]) {
        for &document in documents {
            if let Some(best) = self.best.get_mut(document as usize) {
                if *best == 0 {
                    self.touched.push(document);
                }
                *best = packed.max(*best);
            }
        }
    }

    /// Closes alternatives and words on the way from one reading to another.
    pub fn leave<L>(&mut self, plan: &Plan<L>, readings: &[Reading], from: usize, to: usize) {
        let (Some(old), new) = (readings.get(from), readings.get(to)) else {
            return;
        };
        if new.is_none_or(|new| new.alternative != old.alternative) {
            self.close_alternative(old);
        }
        if new.is_none_or(|new| new.word != old.word) {
            self.close_word(plan.importance[old.word]);
        }
    }

    fn close_alternative(&mut self, reading: &Reading) {
        for document in std::mem::take(&mut self.touched_parts) {
            let sum = std::mem::take(&mut self.parts[document as usize]);
            if sum & FULL_QUALITY >= reading.least {
                self.add_best(sum, &[document]);
            }
        }
    }

    fn close_word(&mut self, importance: u32) {
        for &document in &self.touched {
            let at = document as usize;
            let best = std::mem::take(&mut self.best[at]);
            if self.coverage[at] == 0 {
                self.matched.push(document);
            }
            self.total[at] += best >> QUALITY_BITS;
            self.coverage[at] += 1 + importance * (best & FULL_QUALITY);
        }
        self.touched.clear();
    }

    pub fn scored<L>(&self, plan: &Plan<L>) -> Vec<Scored> {
        let asked: u32 = plan.importance.iter().sum();
        let full = u64::from(asked * FULL_QUALITY).max(1);
        let open = |at: &&u32| !self.restricted.get(**at as usize).is_some_and(|&restricted| restricted);
        let best = self.matched.iter().filter(open).map(|&at| self.coverage[at as usize]).max();
        let least = u64::from(best.unwrap_or(0)) * u64::from(MATCHING) / 256;
        let scored = self.matched.iter().filter_map(|&document| {
            let at = document as usize;
            let coverage = u64::from(self.coverage[at]);
            let share = (coverage * 256 / full).min(256) as u32;
            let factor = LEAST_COVERAGE + (256 - LEAST_COVERAGE) * share / 256;
            let score = (u64::from(self.total[at]) * u64::from(factor)) >> 16;
            (coverage >= least).then_some(Scored { document, score: score as u32 })
        });
        scored.collect()
    }
}
