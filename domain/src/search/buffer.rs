//! Documents that were added but are not yet part of a segment.

use std::ops::Range;

use super::{
    analyzer::Analyzer,
    document::{Document, Impacts},
    postings::Key,
    segment::{Entry, Segment, SegmentWriter, posting, sort_postings},
    vocabulary::Vocabulary,
};
use crate::order::order;

#[derive(Default)]
pub struct Buffer {
    vocabulary: Vocabulary,
    impacts: Impacts,
    entries: Vec<Entry>,
    /// Where the postings of each entry end.
    ends: Vec<usize>,
    /// Numbers of terms with what they weigh in the document.
    postings: Vec<(u32, Key)>,
}

/// Postings from which on a buffer is worth a segment of its own: some 1,000 stories.
const FULL: usize = 100_000;

impl Buffer {
    pub fn is_full(&self) -> bool {
        self.postings.len() >= FULL || self.vocabulary.is_full()
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn insert(&mut self, analyzer: &Analyzer, entry: Entry, document: &Document<'_>) {
        self.remove(entry.slot);
        let postings = &mut self.postings;
        self.impacts.read(analyzer, &mut self.vocabulary, document, &mut |term, level| {
            postings.push((term, Key::new(level, entry.restricted)));
        });
        self.entries.push(entry);
        self.ends.push(self.postings.len());
    }

    /// Gives back the memory that a great many documents took, when they are all in segments.
    pub fn rest(&mut self) {
        if self.entries.is_empty() && self.vocabulary.is_large() {
            *self = Self::default();
        }
    }

    /// Forgets the document in a slot; says whether there was one.
    pub fn remove(&mut self, slot: u32) -> bool {
        let Some(at) = self.entries.iter().position(|entry| entry.slot == slot) else {
            return false;
        };
        let gone = self.of_document(at);
        self.postings.drain(gone.clone());
        self.entries.remove(at);
        self.ends.remove(at);
        self.ends[at..].iter_mut().for_each(|end| *end -= gone.len());
        true
    }

    /// A segment of all documents added since the last one.
    pub fn flush(&mut self) -> Option<Segment> {
        if self.entries.is_empty() {
            return None;
        }
        // Documents are numbered by slot, terms by their bytes.
        let slot = |at: usize| self.entries[at].slot;
        let by_slot = order(self.entries.len(), &mut |a, b| slot(a).cmp(&slot(b)));
        let entries: Vec<Entry> = by_slot.iter().map(|&at| self.entries[at as usize]).collect();
        let mut writer = SegmentWriter::new(&entries, 3 * self.postings.len());
        self.write_terms(&mut writer, &by_slot);
        self.entries.clear();
        self.ends.clear();
        self.postings.clear();
        if self.vocabulary.is_full() {
            self.vocabulary.clear();
        }
        Some(writer.finish())
    }

    fn write_terms(&self, writer: &mut SegmentWriter, by_slot: &[u32]) {
        let (starts, by_term) = self.postings_by_term(by_slot);
        let terms: Vec<(u64, u32)> = (0..starts.len() as u32 - 1)
            .filter(|&term| starts[term as usize] < starts[term as usize + 1])
            .map(|term| (beginning(self.vocabulary.name(term)), term))
            .collect();
        let name = |at: usize| self.vocabulary.name(terms[at].1);
        let places =
            order(terms.len(), &mut |a, b| terms[a].0.cmp(&terms[b].0).then_with(|| name(a).cmp(name(b))));
        let (mut list, mut scratch) = (Vec::new(), Vec::new());
        for place in places {
            let term = terms[place as usize].1 as usize;
            list.clear();
            list.extend_from_slice(&by_term[starts[term] as usize..starts[term + 1] as usize]);
            sort_postings(&mut list, &mut scratch);
            writer.push(name(place as usize).as_bytes(), &list);
        }
    }

    /// Postings in the order of the numbers of their terms and then of their documents, and where those of each term
    /// start (a counting sort).
    fn postings_by_term(&self, by_slot: &[u32]) -> (Vec<u32>, Vec<u32>) {
        let mut starts = vec![0u32; self.vocabulary.terms_len() + 1];
        for (term, _) in &self.postings {
            starts[*term as usize + 1] += 1;
        }
        for term in 1..starts.len() {
            starts[term] += starts[term - 1];
        }
        let mut next = starts.clone();
        let mut by_term = vec![0u32; self.postings.len()];
        for (number, &at) in by_slot.iter().enumerate() {
            for &(term, key) in &self.postings[self.of_document(at as usize)] {
                let place = &mut next[term as usize];
                by_term[*place as usize] = posting(key, number as u32);
                *place += 1;
            }
        }
        (starts, by_term)
    }

    /// Where the postings of a document stand.
    fn of_document(&self, at: usize) -> Range<usize> {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        start..self.ends[at]
    }
}

/// The first eight bytes of a term, as a number that sorts as they do.
fn beginning(term: &str) -> u64 {
    let bytes = term.as_bytes();
    (0..8).fold(0, |number, at| number << 8 | u64::from(bytes.get(at).copied().unwrap_or(0)))
}
