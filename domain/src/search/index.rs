//! The phone's index: segments that never change, a buffer of what was just added, and marks on what was removed.
//!
//! Added documents are found after [`Index::commit`]. Removed ones are gone at once; until [`Index::step`] has settled
//! things the statistics still count them, as they do in Lucene. Stepping also merges segments, so many postings at a
//! time that a screen never waits.

use std::sync::Arc;

use super::{
    analyzer::Analyzer,
    buffer::Buffer,
    document::Document,
    live::Live,
    merge::{Merge, to_merge},
    segment::Entry,
};

mod bytes;
mod search;
mod source;

pub use bytes::{LoadError, fingerprint};
pub use search::{Hit, Hits};

pub struct Index {
    analyzer: Arc<Analyzer>,
    segments: Vec<Live>,
    buffer: Buffer,
    merge: Option<Merge>,
}

/// Segments lighter than this together, in bytes of postings, are merged on the spot when one is added.
const LIGHT: usize = 48 << 10;

impl Index {
    pub fn new(analyzer: Arc<Analyzer>) -> Self {
        Self { analyzer, segments: Vec::new(), buffer: Buffer::default(), merge: None }
    }

    pub fn analyzer(&self) -> &Arc<Analyzer> {
        &self.analyzer
    }

    /// Puts a document into a slot, in place of what was there. It is found after the next commit.
    pub fn insert(&mut self, slot: u32, id: [u8; 16], revision: u64, document: &Document<'_>) {
        self.remove(slot);
        let entry = Entry { slot, id, revision, restricted: document.restricted };
        self.buffer.insert(&self.analyzer, entry, document);
        if self.buffer.is_full() {
            self.flush();
        }
    }

    /// Takes the document in a slot out of the index; says whether there was one.
    pub fn remove(&mut self, slot: u32) -> bool {
        self.buffer.remove(slot) || self.segments.iter_mut().any(|live| live.remove(slot))
    }

    /// Makes what was added findable.
    pub fn commit(&mut self) {
        self.flush();
        self.buffer.rest();
        if self.merge.is_none() {
            let mut light = 0;
            let tail = self
                .segments
                .iter()
                .rev()
                .take_while(|live| {
                    light += live.segment.weight();
                    light < LIGHT
                })
                .count();
            if tail > 1 {
                self.start_merge(self.segments.len() - tail..self.segments.len());
                self.finish_merge();
            }
        }
    }

    /// Puts the house in order: counts what was removed out of the statistics and merges segments, until some `budget`
    /// postings were read. Says whether there is more to do.
    pub fn step(&mut self, budget: usize) -> bool {
        let mut budget = budget.max(1);
        while budget > 0 {
            if self.merge.is_some() {
                self.work(&mut budget);
            } else if let Some(live) = self.segments.iter_mut().find(|live| !live.is_settled()) {
                live.settle(&mut budget);
            } else if let Some(range) = to_merge(&self.segments) {
                self.start_merge(range);
            } else {
                return false;
            }
        }
        true
    }

    /// Commits, settles and merges everything into one segment. Two indexes of the same documents in the same slots
    /// then hold the same bytes, however they came about.
    pub fn compact(&mut self) {
        self.flush();
        self.finish_merge();
        let clean = matches!(self.segments.as_slice(), [] | [_]) && self.segments.iter().all(Live::is_whole);
        if !clean {
            self.start_merge(0..self.segments.len());
            self.finish_merge();
        }
    }

    /// What the index covers, in no particular order: compare this with what is stored to see what it lacks.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        let added = self.buffer.entries().iter().copied();
        added.chain(self.segments.iter().flat_map(Live::entries))
    }

    /// Parts that a search looks through one by one.
    pub fn segments(&self) -> usize {
        self.segments.len()
    }

    fn flush(&mut self) {
        self.segments.extend(self.buffer.flush().map(Live::new));
    }

    fn start_merge(&mut self, range: std::ops::Range<usize>) {
        self.merge = Some(Merge::new(range.start, &self.segments[range]));
    }

    fn finish_merge(&mut self) {
        while self.merge.is_some() {
            let mut all = usize::MAX;
            self.work(&mut all);
        }
    }

    /// Goes on with the merge; puts its outcome in the place of what it was made of.
    fn work(&mut self, budget: &mut usize) {
        let Some(merge) = &mut self.merge else { return };
        if !merge.step(budget) {
            return;
        }
        let Some(merge) = self.merge.take() else { return };
        let inputs = merge.inputs();
        let merged = merge.finish(&self.segments[inputs.clone()]);
        self.segments.splice(inputs, merged);
    }
}

#[cfg(test)]
mod tests;
