//! The terms of a segment in order, front-coded in blocks, with where their postings are.
//!
//! A block holds [`BLOCK`] terms. For each:
//!
//! ```text
//! varint  bytes shared with the term before (0 at the start of a block)
//! varint  further bytes, then those bytes
//! varint  documents everyone may see
//! varint  bytes of its list of postings
//! ```
//!
//! The index holds for each block, as two u32, where it starts and where the lists of its terms start.

use super::postings::{varint, write_varint};

pub const BLOCK: usize = 16;
const HEAD: usize = 8;

/// Writes a dictionary. Terms come in ascending order of their bytes.
#[derive(Default)]
pub struct DictionaryWriter {
    heads: Vec<u8>,
    terms: Vec<u8>,
    last: Vec<u8>,
    count: usize,
}

impl DictionaryWriter {
    /// `list` is where the postings of the term start, `length` how long they are.
    pub fn push(&mut self, term: &[u8], documents: u32, list: usize, length: usize) {
        let shared = if self.count.is_multiple_of(BLOCK) {
            self.heads.extend_from_slice(&(self.terms.len() as u32).to_le_bytes());
            self.heads.extend_from_slice(&(list as u32).to_le_bytes());
            0
        } else {
            self.last.iter().zip(term).take_while(|(a, b)| a == b).count()
        };
        write_varint(&mut self.terms, shared as u32);
        write_varint(&mut self.terms, (term.len() - shared) as u32);
        self.terms.extend_from_slice(&term[shared..]);
        write_varint(&mut self.terms, documents);
        write_varint(&mut self.terms, length as u32);
        self.last.clear();
        self.last.extend_from_slice(term);
        self.count += 1;
    }

    /// How many terms, the index of the blocks, and the blocks.
    pub fn finish(self) -> (usize, Vec<u8>, Vec<u8>) {
        (self.count, self.heads, self.terms)
    }
}

/// A dictionary as it is stored.
#[derive(Clone, Copy)]
pub struct Dictionary<'a> {
    pub count: usize,
    pub heads: &'a [u8],
    pub terms: &'a [u8],
}

/// A place in a dictionary: on a term, or past the end. Holds no borrow, so that it can be kept between steps.
#[derive(Clone, Debug, Default)]
pub struct Cursor {
    /// The number of the term, from 0.
    pub index: usize,
    /// Bytes of the term; characters are whole, since terms were strings.
    pub term: Vec<u8>,
    /// Bytes that the term has in common with the one before, as far as the block tells.
    pub shared: usize,
    /// Documents everyone may see.
    pub documents: u32,
    list: usize,
    length: usize,
    next: usize,
    ended: bool,
}

impl Cursor {
    /// The bytes of the postings that belong to the term.
    pub fn list(&self) -> std::ops::Range<usize> {
        self.list..self.list + self.length
    }

    pub fn ended(&self) -> bool {
        self.ended
    }
}

impl Dictionary<'_> {
    fn blocks(&self) -> usize {
        self.count.div_ceil(BLOCK)
    }

    fn head(&self, block: usize) -> (usize, usize) {
        let number = |at: usize| {
            self.heads
                .get(at..at + 4)
                .and_then(|bytes| bytes.try_into().ok())
                .map_or(usize::MAX, |bytes| u32::from_le_bytes(bytes) as usize)
        };
        (number(block * HEAD), number(block * HEAD + 4))
    }

    /// The first term of a block.
    fn first(&self, block: usize) -> &[u8] {
        let mut at = self.head(block).0;
        let _shared = varint(self.terms, &mut at);
        let length = varint(self.terms, &mut at).unwrap_or(0) as usize;
        at.checked_add(length).and_then(|end| self.terms.get(at..end)).unwrap_or_default()
    }

    /// On the first term that is not before `term`.
    pub fn seek(&self, term: &[u8]) -> Cursor {
        let (mut low, mut high) = (0, self.blocks());
        while low < high {
            let middle = (low + high) / 2;
            if self.first(middle) <= term {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let mut cursor = self.at_block(low.saturating_sub(1));
        while !cursor.ended && cursor.term.as_slice() < term {
            self.advance(&mut cursor);
        }
        cursor
    }

    /// The place of exactly this term.
    pub fn find(&self, term: &[u8]) -> Option<Cursor> {
        Some(self.seek(term)).filter(|cursor| !cursor.ended && cursor.term == term)
    }

    /// On the first term of a block.
    pub fn at_block(&self, block: usize) -> Cursor {
        let mut cursor = Cursor { index: block * BLOCK, ..Cursor::default() };
        self.read(&mut cursor);
        cursor
    }

    pub fn advance(&self, cursor: &mut Cursor) {
        cursor.index += 1;
        cursor.list += cursor.length;
        self.read(cursor);
    }

    /// On the next term that does not start with `prefix`, given that the cursor is on one that does.
    pub fn skip(&self, cursor: &mut Cursor, prefix: &[u8]) {
        loop {
            let mut block = cursor.index / BLOCK + 1;
            let mut jumped = false;
            // A block may be left out when the next one still starts with the prefix.
            while block < self.blocks() && self.first(block).starts_with(prefix) {
                block += 1;
                jumped = true;
            }
            if jumped {
                *cursor = self.at_block(block - 1);
            }
            while !cursor.ended && cursor.term.starts_with(prefix) {
                self.advance(cursor);
                if cursor.index.is_multiple_of(BLOCK) {
                    break;
                }
            }
            if cursor.ended || !cursor.term.starts_with(prefix) {
                return;
            }
        }
    }

    /// Reads the term at `cursor.index`; what cannot be read ends the dictionary.
    fn read(&self, cursor: &mut Cursor) {
        cursor.ended = cursor.index >= self.count || self.try_read(cursor).is_none();
    }

    fn try_read(&self, cursor: &mut Cursor) -> Option<()> {
        if cursor.index.is_multiple_of(BLOCK) {
            (cursor.next, cursor.list) = self.head(cursor.index / BLOCK);
            cursor.term.clear();
        }
        let mut at = cursor.next;
        cursor.shared = (varint(self.terms, &mut at)? as usize).min(cursor.term.len());
        let length = varint(self.terms, &mut at)? as usize;
        let more = self.terms.get(at..at.checked_add(length)?)?;
        cursor.term.truncate(cursor.shared);
        cursor.term.extend_from_slice(more);
        at += length;
        cursor.documents = varint(self.terms, &mut at)?;
        cursor.length = varint(self.terms, &mut at)? as usize;
        cursor.next = at;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn written(terms: &BTreeSet<String>) -> (usize, Vec<u8>, Vec<u8>) {
        let mut writer = DictionaryWriter::default();
        for (at, term) in terms.iter().enumerate() {
            writer.push(term.as_bytes(), at as u32, at * 3, 3);
        }
        writer.finish()
    }

    proptest! {
        #[test]
        fn every_term_is_found_with_its_postings(terms in proptest::collection::btree_set("[abå]{1,5}", 0..80)) {
            let (count, heads, blocks) = written(&terms);
            let dictionary = Dictionary { count, heads: &heads, terms: &blocks };
            for (at, term) in terms.iter().enumerate() {
                let cursor = dictionary.find(term.as_bytes()).expect("was written");
                prop_assert_eq!(cursor.index, at);
                prop_assert_eq!(cursor.documents, at as u32);
                prop_assert_eq!(cursor.list(), at * 3..at * 3 + 3);
            }
            prop_assert!(dictionary.find("c".as_bytes()).is_none());
        }

        #[test]
        fn skipping_a_prefix_ends_on_the_next_other_term(
            terms in proptest::collection::btree_set("[ab]{1,7}", 1..300), prefix in "[ab]{1,3}"
        ) {
            let (count, heads, blocks) = written(&terms);
            let dictionary = Dictionary { count, heads: &heads, terms: &blocks };
            let mut cursor = dictionary.seek(prefix.as_bytes());
            if !cursor.ended() && cursor.term.starts_with(prefix.as_bytes()) {
                dictionary.skip(&mut cursor, prefix.as_bytes());
                let wanted = terms.iter().find(|term| **term > prefix && !term.starts_with(&prefix));
                let got = (!cursor.ended()).then(|| String::from_utf8(cursor.term.clone()).unwrap());
                prop_assert_eq!(got.as_ref(), wanted);
            }
        }

        #[test]
        fn bytes_that_are_no_dictionary_do_no_harm(
            heads in proptest::collection::vec(any::<u8>(), 0..40),
            terms in proptest::collection::vec(any::<u8>(), 0..80), count in 0usize..100
        ) {
            let dictionary = Dictionary { count, heads: &heads, terms: &terms };
            let mut cursor = dictionary.seek(b"a");
            for _ in 0..200 {
                if cursor.ended() { break; }
                dictionary.skip(&mut cursor, b"a");
                dictionary.advance(&mut cursor);
            }
        }
    }
}
