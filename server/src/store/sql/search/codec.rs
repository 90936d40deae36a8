//! How terms and lists lie in bytes.

use std::collections::BTreeMap;

use domain::search::{decode_documents, encode_documents};

/// Number and key of every term of a document, numbers ascending.
pub type Terms = Vec<(u32, u8)>;

/// How many there are (four bytes, little-endian), their numbers, their keys.
pub fn encode_terms(terms: &[(u32, u8)]) -> Vec<u8> {
    let numbers: Vec<u32> = terms.iter().map(|(number, _)| *number).collect();
    let mut bytes = (terms.len() as u32).to_le_bytes().to_vec();
    bytes.extend(encode_documents(&numbers));
    bytes.extend(terms.iter().map(|(_, key)| *key));
    bytes
}

/// Empty for bytes that are no terms.
pub fn decode_terms(bytes: &[u8]) -> Terms {
    let Some((count, rest)) = bytes.split_first_chunk::<4>() else { return Terms::new() };
    let Some(at) = rest.len().checked_sub(u32::from_le_bytes(*count) as usize) else { return Terms::new() };
    let (numbers, keys) = rest.split_at(at);
    let mut decoded = Vec::new();
    decode_documents(numbers, &mut decoded);
    decoded.into_iter().zip(keys.iter().copied()).collect()
}

/// Where a list lies: term, audience, and block of documents. Lists of a term are neighbours, everyone's first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(pub i64);

const BLOCK_BITS: u32 = 10;
const AUDIENCE_BITS: u32 = 24;
/// How many documents, as bits, share a block: what a new story's terms rewrite does not grow with the library.
const DOCUMENT_BITS: u32 = 16;
/// What a term's number is shifted by: its lists lie from `term << TERM_SHIFT` on.
pub const TERM_SHIFT: u32 = BLOCK_BITS + AUDIENCE_BITS;

impl Place {
    pub fn of(term: u32, audience: u32, document: u32) -> Self {
        let block = i64::from(document >> DOCUMENT_BITS);
        Self(i64::from(term) << TERM_SHIFT | i64::from(audience) << BLOCK_BITS | block)
    }

    pub fn term(self) -> u32 {
        (self.0 >> TERM_SHIFT) as u32
    }

    pub fn audience(self) -> u32 {
        (self.0 >> BLOCK_BITS) as u32 & ((1 << AUDIENCE_BITS) - 1)
    }
}

/// The documents of a list by key.
pub type Groups = BTreeMap<u8, Vec<u32>>;

/// One entry of `counts`: a key, its number of documents, and how many bytes of `postings` they take.
const ENTRY: usize = 9;

/// The columns `counts` and `postings`.
pub fn encode_groups(groups: &Groups) -> (Vec<u8>, Vec<u8>) {
    let (mut counts, mut postings) = (Vec::new(), Vec::new());
    for (key, documents) in groups {
        let bytes = encode_documents(documents);
        counts.push(*key);
        counts.extend((documents.len() as u32).to_le_bytes());
        counts.extend((bytes.len() as u32).to_le_bytes());
        postings.extend(bytes);
    }
    (counts, postings)
}

/// Calls `each` with key, number of documents and bytes of postings.
pub fn each_count(counts: &[u8], mut each: impl FnMut(u8, u32, usize)) {
    let number = |bytes: &[u8]| bytes.try_into().map(u32::from_le_bytes).unwrap_or(0);
    for entry in counts.chunks_exact(ENTRY) {
        each(entry[0], number(&entry[1..5]), number(&entry[5..9]) as usize);
    }
}

/// Calls `each` for the documents of every key that is `wanted`.
pub fn each_group(
    counts: &[u8],
    postings: &[u8],
    wanted: impl Fn(u8) -> bool,
    mut each: impl FnMut(u8, &mut Vec<u32>),
) {
    let (mut at, mut documents) = (0, Vec::new());
    each_count(counts, |key, _, length| {
        let range = at..at + length;
        at += length;
        if wanted(key) {
            documents.clear();
            decode_documents(postings.get(range).unwrap_or_default(), &mut documents);
            each(key, &mut documents);
        }
    });
}

pub fn decode_groups(counts: &[u8], postings: &[u8]) -> Groups {
    let mut groups = Groups::new();
    each_group(
        counts,
        postings,
        |_| true,
        |key, documents| {
            groups.insert(key, std::mem::take(documents));
        },
    );
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_come_back_as_they_were_encoded() {
        let terms: Terms = vec![(0, 3), (1, 63), (200, 0), (4_000_000, 9)];
        assert_eq!(decode_terms(&encode_terms(&terms)), terms);
        assert_eq!(decode_terms(&encode_terms(&[])), []);
        assert_eq!(decode_terms(&[]), []);
        assert_eq!(decode_terms(&[9, 0, 0, 0, 1]), []);
    }

    #[test]
    fn groups_come_back_as_they_were_encoded() {
        let groups = Groups::from([(3, vec![1, 2, 70_000]), (40, vec![0])]);
        let (counts, postings) = encode_groups(&groups);
        assert_eq!(decode_groups(&counts, &postings), groups);
    }

    #[test]
    fn a_place_tells_what_it_is_made_of() {
        let place = Place::of(7_000_000, 12, 70_000);
        assert_eq!((place.term(), place.audience()), (7_000_000, 12));
        assert!(Place::of(1, 0, u32::MAX >> 6) < Place::of(1, 1, 0));
        assert!(Place::of(1, 9, 0) < Place::of(2, 0, 0));
    }
}
