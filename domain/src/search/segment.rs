//! A part of an index that never changes: some documents, their terms and their postings, as bytes that are used as
//! they are stored.
//!
//! Numbers are little-endian. Documents are numbered in the order of their slots.
//!
//! ```text
//! u32 documents · u32 terms · u32 bytes of postings · u32 bytes of heads · u32 bytes of terms
//! u32 slot                        for each document, ascending
//! [u8; 16] id                     for each document
//! u64 revision · 2 + restricted   for each document
//! postings
//! heads, terms                    the dictionary
//! ```

use std::{cmp::Ordering, ops::Range, sync::Arc};

use super::{
    dictionary::{Cursor, Dictionary, DictionaryWriter},
    postings::{Groups, Key, write_group},
};
use crate::order::sort;

/// What an index remembers of a document besides its terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The number under which the one who asks knows it.
    pub slot: u32,
    pub id: [u8; 16],
    /// The text that was indexed; below 2⁶³.
    pub revision: u64,
    pub restricted: bool,
}

#[derive(Clone)]
pub struct Segment {
    bytes: Arc<Vec<u8>>,
    range: Range<usize>,
    documents: usize,
    terms: usize,
    /// Where slots, ids, revisions, postings, heads and terms start, and where they end, within the bytes.
    starts: [usize; 7],
}

const HEADER: usize = 20;

impl Segment {
    /// The segment stored at `range` of `bytes`, if the sizes it speaks of fit.
    pub fn parse(bytes: Arc<Vec<u8>>, range: Range<usize>) -> Option<Self> {
        let header = bytes.get(range.clone())?.get(..HEADER)?;
        let mut sizes = header
            .chunks_exact(4)
            .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]) as usize);
        let (documents, terms) = (sizes.next()?, sizes.next()?);
        let mut starts = [range.start.checked_add(HEADER)?; 7];
        let lengths = [
            documents.checked_mul(4)?,
            documents.checked_mul(16)?,
            documents.checked_mul(8)?,
            sizes.next()?,
            sizes.next()?,
            sizes.next()?,
        ];
        for (at, length) in lengths.into_iter().enumerate() {
            starts[at + 1] = starts[at].checked_add(length)?;
        }
        (starts[6] == range.end).then_some(Self { bytes, range, documents, terms, starts })
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.range.clone()]
    }

    pub fn documents(&self) -> u32 {
        self.documents as u32
    }

    /// How much there is to read: bytes of postings.
    pub fn weight(&self) -> usize {
        self.starts[4] - self.starts[3]
    }

    pub fn entry(&self, document: u32) -> Entry {
        let revision = u64::from_le_bytes(self.fixed(2, document));
        Entry {
            slot: self.slot(document),
            id: self.id(document),
            revision: revision >> 1,
            restricted: revision & 1 == 1,
        }
    }

    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        (0..self.documents()).map(|document| self.entry(document))
    }

    pub fn slot(&self, document: u32) -> u32 {
        u32::from_le_bytes(self.fixed(0, document))
    }

    pub fn id(&self, document: u32) -> [u8; 16] {
        self.fixed(1, document)
    }

    /// The document in a slot.
    pub fn at_slot(&self, slot: u32) -> Option<u32> {
        let (mut low, mut high) = (0, self.documents());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.slot(middle).cmp(&slot) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Some(middle),
                Ordering::Greater => high = middle,
            }
        }
        None
    }

    pub fn dictionary(&self) -> Dictionary<'_> {
        Dictionary {
            count: self.terms,
            heads: &self.bytes[self.starts[4]..self.starts[5]],
            terms: &self.bytes[self.starts[5]..self.starts[6]],
        }
    }

    /// The postings of the term that a cursor is on.
    pub fn groups(&self, cursor: &Cursor) -> Groups<'_> {
        let postings = &self.bytes[self.starts[3]..self.starts[4]];
        Groups(postings.get(cursor.list()).unwrap_or_default())
    }

    /// The `document`th value of `SIZE` bytes in a table.
    fn fixed<const SIZE: usize>(&self, table: usize, document: u32) -> [u8; SIZE] {
        let at = self.starts[table] + document as usize * SIZE;
        let mut value = [0; SIZE];
        if at + SIZE <= self.starts[table + 1] {
            value.copy_from_slice(&self.bytes[at..at + SIZE]);
        }
        value
    }
}

/// Writes a segment: first its documents, then its terms in ascending order.
pub struct SegmentWriter {
    documents: usize,
    dictionary: DictionaryWriter,
    /// The segment as far as it is written: all up to the postings of the last term.
    bytes: Vec<u8>,
    /// Where the postings start.
    postings: usize,
    group: Vec<u32>,
    scratch: Vec<u8>,
}

impl SegmentWriter {
    /// Of the documents in `entries`, ascending by slot, with room for a segment of some `size` bytes.
    pub fn new(entries: &[Entry], size: usize) -> Self {
        let mut bytes = Vec::with_capacity(size.max(HEADER + entries.len() * 28));
        bytes.extend_from_slice(&[0; HEADER]);
        entries.iter().for_each(|entry| bytes.extend_from_slice(&entry.slot.to_le_bytes()));
        entries.iter().for_each(|entry| bytes.extend_from_slice(&entry.id));
        for entry in entries {
            let revision = entry.revision << 1 | u64::from(entry.restricted);
            bytes.extend_from_slice(&revision.to_le_bytes());
        }
        Self {
            documents: entries.len(),
            dictionary: DictionaryWriter::default(),
            postings: bytes.len(),
            bytes,
            group: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// The postings of the next term, ascending: key and document, see [`posting`].
    pub fn push(&mut self, term: &[u8], postings: &[u32]) {
        if postings.is_empty() {
            return;
        }
        let (start, mut everyone) = (self.bytes.len(), 0);
        for group in postings.chunk_by(|a, b| a >> DOCUMENT_BITS == b >> DOCUMENT_BITS) {
            let key = key_of(group[0]);
            if !key.restricted() {
                everyone += group.len() as u32;
            }
            self.group.clear();
            self.group.extend(group.iter().map(|&posting| posting & (MAX_DOCUMENTS - 1)));
            write_group(&mut self.bytes, &mut self.scratch, key, &self.group);
        }
        self.dictionary.push(term, everyone, start - self.postings, self.bytes.len() - start);
    }

    pub fn finish(mut self) -> Segment {
        let (terms, heads, blocks) = self.dictionary.finish();
        let postings = self.bytes.len() - self.postings;
        self.bytes.reserve_exact(heads.len() + blocks.len());
        self.bytes.extend_from_slice(&heads);
        self.bytes.extend_from_slice(&blocks);
        let sizes = [self.documents, terms, postings, heads.len(), blocks.len()];
        for (at, size) in sizes.into_iter().enumerate() {
            self.bytes[4 * at..4 * at + 4].copy_from_slice(&(size as u32).to_le_bytes());
        }
        let length = self.bytes.len();
        Segment::parse(Arc::new(self.bytes), 0..length).expect("sizes are those of the tables")
    }
}

/// Bits that number a document within a segment.
const DOCUMENT_BITS: u32 = 26;
/// Documents that a segment can hold.
const MAX_DOCUMENTS: u32 = 1 << DOCUMENT_BITS;

/// A posting as one number, so that sorting numbers sorts postings as they are stored.
pub fn posting(key: Key, document: u32) -> u32 {
    u32::from(key.byte()) << DOCUMENT_BITS | document
}

/// The key of a posting.
fn key_of(posting: u32) -> Key {
    Key::from_byte((posting >> DOCUMENT_BITS) as u8)
}

/// Puts postings in the order in which they are stored. Mostly they ascend by document already, so that a counting sort
/// by key does it; if not, a few runs remain to be merged.
pub fn sort_postings(list: &mut Vec<u32>, scratch: &mut Vec<u32>) {
    if list.len() > 32 {
        let mut next = [0usize; Key::COUNT + 1];
        for &posting in list.iter() {
            next[usize::from(key_of(posting).byte()) + 1] += 1;
        }
        for key in 1..next.len() {
            next[key] += next[key - 1];
        }
        scratch.clear();
        scratch.resize(list.len(), 0);
        for &posting in list.iter() {
            let place = &mut next[usize::from(key_of(posting).byte())];
            scratch[*place] = posting;
            *place += 1;
        }
        std::mem::swap(list, scratch);
    }
    sort(list);
}
