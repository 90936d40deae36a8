//! Making one segment of several, term by term.

use std::ops::Range;

use super::{
    dictionary::Cursor,
    live::Live,
    segment::{Entry, Segment, SegmentWriter, posting, sort_postings},
};
use crate::order::sort_by;

/// A merge under way. It holds what it reads, so that searching, adding and removing go on meanwhile.
pub struct Merge {
    first: usize,
    inputs: Vec<Input>,
    entries: Vec<Entry>,
    writer: Option<SegmentWriter>,
    list: Vec<u32>,
    scratch: Vec<u32>,
}

struct Input {
    segment: Segment,
    cursor: Cursor,
    /// The new number of each document; none of those removed before the merge began.
    numbers: Vec<Option<u32>>,
}

impl Merge {
    /// Of the segments `lives`, the first of which is number `first` in its index.
    pub fn new(first: usize, lives: &[Live]) -> Self {
        let mut alive: Vec<(u32, usize, u32)> = Vec::new();
        for (input, live) in lives.iter().enumerate() {
            let documents = 0..live.segment.documents();
            alive.extend(
                documents
                    .filter(|&document| !live.is_dead(document))
                    .map(|document| (live.segment.slot(document), input, document)),
            );
        }
        sort_by(&mut alive, |a, b| a.cmp(b));
        let mut inputs: Vec<Input> = lives
            .iter()
            .map(|live| Input {
                cursor: live.segment.dictionary().at_block(0),
                numbers: vec![None; live.segment.documents() as usize],
                segment: live.segment.clone(),
            })
            .collect();
        let mut entries = Vec::with_capacity(alive.len());
        for (_, input, document) in alive {
            inputs[input].numbers[document as usize] = Some(entries.len() as u32);
            entries.push(lives[input].segment.entry(document));
        }
        Self {
            first,
            inputs,
            writer: Some(SegmentWriter::new(
                &entries,
                lives.iter().map(|live| live.segment.bytes().len()).sum(),
            )),
            entries,
            list: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Which segments of the index are being merged.
    pub fn inputs(&self) -> Range<usize> {
        self.first..self.first + self.inputs.len()
    }

    /// Merges until `budget` postings were read; says whether all is done.
    pub fn step(&mut self, budget: &mut usize) -> bool {
        while *budget > 0 {
            let Some(term) = self.next_term() else { return true };
            self.list.clear();
            let mut read = 0;
            for input in &mut self.inputs {
                if input.cursor.ended() || input.cursor.term != term {
                    continue;
                }
                for group in input.segment.groups(&input.cursor) {
                    read += group.documents as usize;
                    let (list, numbers) = (&mut self.list, &input.numbers);
                    group.for_each(|document| {
                        if let Some(Some(number)) = numbers.get(document as usize) {
                            list.push(posting(group.key, *number));
                        }
                    });
                }
                input.segment.dictionary().advance(&mut input.cursor);
            }
            sort_postings(&mut self.list, &mut self.scratch);
            if let Some(writer) = &mut self.writer {
                writer.push(&term, &self.list);
            }
            *budget = budget.saturating_sub(read.max(1));
        }
        false
    }

    fn next_term(&self) -> Option<Vec<u8>> {
        self.inputs
            .iter()
            .filter(|input| !input.cursor.ended())
            .map(|input| &input.cursor.term)
            .min()
            .cloned()
    }

    /// The merged segment, without what was removed from `lives` meanwhile. Nothing, if nothing remains.
    pub fn finish(self, lives: &[Live]) -> Option<Live> {
        if self.entries.is_empty() {
            return None;
        }
        let mut merged = Live::new(self.writer?.finish());
        for (input, live) in self.inputs.iter().zip(lives) {
            for (document, number) in input.numbers.iter().enumerate() {
                if let Some(number) = number.filter(|_| live.is_dead(document as u32)) {
                    merged.kill(number);
                }
            }
        }
        Some(merged)
    }
}

/// Segments that are worth merging: those from the first on that is not several times heavier than all after it, so
/// that there are few and no posting is written often; or one from which much was removed.
pub fn to_merge(lives: &[Live]) -> Option<Range<usize>> {
    let mut after = 0;
    let mut first = None;
    for (at, live) in lives.iter().enumerate().rev() {
        if after > 0 && live.segment.weight() <= 3 * after {
            first = Some(at);
        }
        after += live.segment.weight();
    }
    let thin = lives.iter().position(|live| live.deaths() * 4 > live.segment.documents());
    first.map(|first| first..lives.len()).or_else(|| thin.map(|at| at..at + 1))
}
