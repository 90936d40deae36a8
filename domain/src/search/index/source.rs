//! The index as a source of postings.

use super::Index;
use crate::order::sort_by;
use crate::search::{
    dictionary::Cursor,
    live::Live,
    near::{Near, for_each_near},
    postings::Key,
    source::{AllFound, Found, Request, Source},
};

/// Where the postings of a term are: for each segment that has it, its number and the place in its dictionary.
pub struct Places(Vec<(usize, Cursor)>);

/// Never: an index in memory cannot fail.
pub type Never = std::convert::Infallible;

impl Source for Index {
    type Error = Never;
    type List = Places;

    fn stories(&self) -> Result<u32, Never> {
        Ok(self.segments.iter().map(Live::everyone).sum())
    }

    fn documents(&self) -> Result<u32, Never> {
        Ok(self.segments.iter().map(|live| live.segment.documents()).sum())
    }

    fn find(&self, terms: &[&str]) -> Result<AllFound<Places>, Never> {
        Ok(terms.iter().map(|term| self.find_term(term)).collect())
    }

    fn completions(&self, prefix: &str, limit: usize) -> Result<Vec<String>, Never> {
        let prefix = prefix.as_bytes();
        let mut best = Best::new(limit);
        let mut cursors: Vec<(&Live, Cursor)> =
            self.segments.iter().map(|live| (live, live.segment.dictionary().seek(prefix))).collect();
        let mut term = Vec::new();
        loop {
            cursors.retain(|(_, cursor)| !cursor.ended() && cursor.term.starts_with(prefix));
            let Some(next) = cursors.iter().map(|(_, cursor)| &cursor.term).min() else {
                break;
            };
            term.clone_from(next);
            let mut frequency = 0;
            for (live, cursor) in &mut cursors {
                if cursor.term == term {
                    frequency += live.frequency(cursor);
                    live.segment.dictionary().advance(cursor);
                }
            }
            best.offer(frequency, &term);
        }
        Ok(best.into_terms())
    }

    fn near(&self, word: &Near, limit: usize) -> Result<Vec<(String, u32)>, Never> {
        let mut near: Vec<(u32, Vec<u8>)> = Vec::new();
        for live in &self.segments {
            for_each_near(&live.segment.dictionary(), word, &mut |cursor, cost| {
                if live.frequency(cursor) > 0 {
                    near.push((cost, cursor.term.clone()));
                }
            });
        }
        sort_by(&mut near, |a, b| a.cmp(b));
        near.dedup();
        near.truncate(limit);
        Ok(near.into_iter().map(|(cost, term)| (text(term), cost)).collect())
    }

    fn read(
        &self,
        requests: &[Request<'_, Places>],
        each: &mut dyn FnMut(usize, Key, &[u32]),
    ) -> Result<(), Never> {
        let starts = self.starts();
        let mut documents = Vec::new();
        for (at, request) in requests.iter().enumerate() {
            for (segment, cursor) in &request.list.0 {
                let live = &self.segments[*segment];
                for group in live.segment.groups(cursor) {
                    if request.keys.binary_search(&group.key).is_err() {
                        continue;
                    }
                    documents.clear();
                    let start = starts[*segment];
                    if live.is_whole() {
                        group.for_each(|document| documents.push(start.wrapping_add(document)));
                    } else {
                        group.for_each(|document| {
                            if !live.is_dead(document) {
                                documents.push(start.wrapping_add(document));
                            }
                        });
                    }
                    each(at, group.key, &documents);
                }
            }
        }
        Ok(())
    }

    fn newest_first(&self, documents: &mut Vec<u32>, limit: usize) -> Result<(), Never> {
        let starts = self.starts();
        let mut newest: Vec<([u8; 16], u32)> = Vec::new();
        for &document in documents.iter() {
            let (segment, within) = place(&starts, document);
            let id = self.segments[segment].segment.id(within);
            if newest.len() < limit || newest.last().is_some_and(|(last, _)| id > *last) {
                let at = newest.iter().filter(|(other, _)| *other > id).count();
                newest.insert(at, (id, document));
                newest.truncate(limit);
            }
        }
        documents.clear();
        documents.extend(newest.into_iter().map(|(_, document)| document));
        Ok(())
    }
}

impl Index {
    /// The number of the first document of each segment.
    pub(super) fn starts(&self) -> Vec<u32> {
        let mut next = 0;
        self.segments
            .iter()
            .map(|live| {
                let start = next;
                next += live.segment.documents();
                start
            })
            .collect()
    }

    /// The slot of a document, given the starts of the segments.
    pub(super) fn slot(&self, starts: &[u32], document: u32) -> u32 {
        let (segment, within) = place(starts, document);
        self.segments.get(segment).map_or(0, |live| live.segment.slot(within))
    }

    fn find_term(&self, term: &str) -> Option<Found<Places>> {
        let mut places = Vec::new();
        let mut sums = [0u32; Key::COUNT];
        for (segment, live) in self.segments.iter().enumerate() {
            let Some(cursor) = live.segment.dictionary().find(term.as_bytes()) else {
                continue;
            };
            for group in live.segment.groups(&cursor) {
                sums[usize::from(group.key.byte())] +=
                    group.documents.saturating_sub(live.removed(&cursor, group.key));
            }
            places.push((segment, cursor));
        }
        let groups: Vec<(Key, u32)> = sums
            .iter()
            .enumerate()
            .filter(|&(_, &sum)| sum > 0)
            .map(|(byte, &sum)| (Key::from_byte(byte as u8), sum))
            .collect();
        (!groups.is_empty()).then_some(Found { list: Places(places), groups })
    }
}

/// The segment of a document and its number there.
fn place(starts: &[u32], document: u32) -> (usize, u32) {
    let segment = starts.partition_point(|&start| start <= document).saturating_sub(1);
    (segment, document - starts.get(segment).copied().unwrap_or(0))
}

/// Terms were strings when they were written.
fn text(term: Vec<u8>) -> String {
    String::from_utf8(term).unwrap_or_default()
}

/// The terms with the greatest frequencies, ties by term, among those offered in ascending order.
struct Best {
    limit: usize,
    terms: Vec<(u32, Vec<u8>)>,
    /// A lower frequency need not be offered.
    floor: u32,
}

impl Best {
    fn new(limit: usize) -> Self {
        Self { limit, terms: Vec::new(), floor: 0 }
    }

    fn offer(&mut self, frequency: u32, term: &[u8]) {
        // An equally frequent term loses to those before it.
        if frequency == 0 || (frequency <= self.floor && self.terms.len() >= self.limit) {
            return;
        }
        self.terms.push((frequency, term.to_vec()));
        if self.terms.len() >= 4 * self.limit.max(1) {
            self.cut();
        }
    }

    fn cut(&mut self) {
        sort_by(&mut self.terms, |a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        self.terms.truncate(self.limit);
        if self.terms.len() == self.limit {
            self.floor = self.terms.last().map_or(0, |&(frequency, _)| frequency);
        }
    }

    fn into_terms(mut self) -> Vec<String> {
        self.cut();
        self.terms.into_iter().map(|(_, term)| text(term)).collect()
    }
}
