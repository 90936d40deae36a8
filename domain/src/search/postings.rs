//! Lists of the documents in which a term stands, as bytes.
//!
//! The postings of a term are grouped by what it weighs in the documents (its level), the weightiest first, so that a
//! query can take the groups that matter and leave the rest (Anh, Moffat: *Impact transformation*, 2002; Lin, Trotman:
//! *Anytime ranking for impact-ordered indexes*, 2015). Each group is
//!
//! ```text
//! varint  (documents − 1) · 64 + key
//! varint  bytes of what follows, if there are SIZED documents or more
//! varint  the first document, then for each further one the difference to the one before, less one
//! ```

use super::document::LEVELS;

/// What the postings of a group have in common: their level, and whether everyone may see the documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u8);

impl Key {
    /// Numbers of keys: two for each level.
    pub const COUNT: usize = 2 * LEVELS as usize;

    /// Keys sort as groups are stored: everyone's before restricted ones, the weightiest first.
    pub fn new(level: u32, restricted: bool) -> Self {
        let light = LEVELS - 1 - level.min(LEVELS - 1);
        Self((light + if restricted { LEVELS } else { 0 }) as u8)
    }

    pub fn level(self) -> u32 {
        LEVELS - 1 - u32::from(self.0) % LEVELS
    }

    pub fn restricted(self) -> bool {
        u32::from(self.0) >= LEVELS
    }

    /// As it is stored, 0 to 63.
    pub fn byte(self) -> u8 {
        self.0
    }

    pub fn from_byte(byte: u8) -> Self {
        Self(byte & 63)
    }
}

/// Groups from this many documents on say how long they are, so that one can step over them.
const SIZED: u32 = 8;

/// A group of postings, still as bytes.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    pub key: Key,
    pub documents: u32,
    bytes: &'a [u8],
}

impl Group<'_> {
    /// Calls `each` for every document of the group, ascending.
    pub fn for_each(&self, mut each: impl FnMut(u32)) {
        let mut at = 0;
        let mut next = 0u32;
        for _ in 0..self.documents {
            let Some(step) = varint(self.bytes, &mut at) else {
                return;
            };
            let document = next.wrapping_add(step);
            each(document);
            next = document.wrapping_add(1);
        }
    }
}

/// The groups of a list.
pub struct Groups<'a>(pub &'a [u8]);

impl<'a> Iterator for Groups<'a> {
    type Item = Group<'a>;

    fn next(&mut self) -> Option<Group<'a>> {
        let mut at = 0;
        let head = varint(self.0, &mut at)?;
        let documents = (head >> 6) + 1;
        let length = if documents >= SIZED {
            varint(self.0, &mut at)? as usize
        } else {
            let mut end = at;
            for _ in 0..documents {
                varint(self.0, &mut end)?;
            }
            end - at
        };
        let bytes = self.0.get(at..at.checked_add(length)?)?;
        self.0 = &self.0[at + length..];
        Some(Group { key: Key::from_byte(head as u8), documents, bytes })
    }
}

/// Document numbers, which ascend, as bytes: the first, then for each further one the difference to the one before, less
/// one, as LEB128.
pub fn encode_documents(documents: &[u32]) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_documents(&mut bytes, documents);
    bytes
}

/// Appends the document numbers that `bytes` hold to `documents`; what is no number ends them.
pub fn decode_documents(bytes: &[u8], documents: &mut Vec<u32>) {
    let group = Group { key: Key(0), documents: u32::MAX, bytes };
    group.for_each(|document| documents.push(document));
}

fn write_documents(out: &mut Vec<u8>, documents: &[u32]) {
    let mut next = 0;
    for &document in documents {
        write_varint(out, document - next);
        next = document.wrapping_add(1);
    }
}

/// Appends the group of `documents`, which ascend.
pub fn write_group(out: &mut Vec<u8>, scratch: &mut Vec<u8>, key: Key, documents: &[u32]) {
    let count = documents.len() as u32;
    let Some(last) = count.checked_sub(1) else { return };
    scratch.clear();
    write_documents(scratch, documents);
    write_varint(out, last << 6 | u32::from(key.byte()));
    if count >= SIZED {
        write_varint(out, scratch.len() as u32);
    }
    out.extend_from_slice(scratch);
}

/// LEB128: seven bits a byte, the lowest first.
pub fn write_varint(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads the number at `at` and moves past it; nothing if the bytes end or hold no number.
#[inline]
pub fn varint(bytes: &[u8], at: &mut usize) -> Option<u32> {
    let first = *bytes.get(*at)?;
    *at += 1;
    if first < 0x80 {
        return Some(u32::from(first));
    }
    let mut number = u32::from(first & 0x7f);
    for shift in [7, 14, 21, 28] {
        let byte = *bytes.get(*at)?;
        *at += 1;
        number |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_weightiest_group_comes_first_and_restricted_ones_last() {
        assert!(Key::new(31, false) < Key::new(30, false));
        assert!(Key::new(0, false) < Key::new(31, true));
        assert_eq!(Key::new(7, true).level(), 7);
        assert!(Key::new(7, true).restricted());
    }

    proptest! {
        #[test]
        fn groups_come_back_as_they_were_written(
            groups in proptest::collection::vec(
                (0u8..64, proptest::collection::btree_set(0u32..200_000, 1..40)), 0..6)
        ) {
            let (mut bytes, mut scratch) = (Vec::new(), Vec::new());
            for (key, documents) in &groups {
                let documents: Vec<u32> = documents.iter().copied().collect();
                write_group(&mut bytes, &mut scratch, Key::from_byte(*key), &documents);
            }
            let back: Vec<(u8, Vec<u32>)> = Groups(&bytes)
                .map(|group| {
                    let mut documents = Vec::new();
                    group.for_each(|document| documents.push(document));
                    (group.key.byte(), documents)
                })
                .collect();
            let wanted: Vec<(u8, Vec<u32>)> = groups
                .into_iter()
                .map(|(key, documents)| (key, documents.into_iter().collect()))
                .collect();
            prop_assert_eq!(back, wanted);
        }

        #[test]
        fn document_numbers_come_back_as_they_were_encoded(
            documents in proptest::collection::btree_set(any::<u32>(), 0..60)
        ) {
            let documents: Vec<u32> = documents.into_iter().collect();
            let mut back = Vec::new();
            decode_documents(&encode_documents(&documents), &mut back);
            prop_assert_eq!(back, documents);
        }

        #[test]
        fn bytes_that_are_no_list_end_it(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            for group in Groups(&bytes) {
                group.for_each(|_| ());
            }
        }
    }
}
