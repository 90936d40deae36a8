//! A sorted list of words, packed while the crate is compiled: the list stays readable in the source, and what travels
//! to the phone is a fifth smaller.
//!
//! Each word is a capital letter, which says how many bytes it shares with the word before (A is none), and its further
//! bytes. Words are in lower case, so that no capital can be one of those.

const fn shared(before: &[u8], word: &[u8]) -> usize {
    let mut at = 0;
    while at < before.len() && at < word.len() && at < 25 && before[at] == word[at] {
        at += 1;
    }
    at
}

/// Where the line that starts at `start` ends.
const fn line_end(text: &[u8], start: usize) -> usize {
    let mut end = start;
    while end < text.len() && text[end] != b'\n' {
        end += 1;
    }
    end
}

/// Bytes of the packed list.
pub const fn packed_len(text: &[u8]) -> usize {
    let (mut length, mut start) = (0, 0);
    let mut before: &[u8] = &[];
    while start < text.len() {
        let (_, rest) = text.split_at(start);
        let (word, _) = rest.split_at(line_end(text, start) - start);
        length += 1 + word.len() - shared(before, word);
        before = word;
        start += word.len() + 1;
    }
    length
}

pub const fn pack<const LENGTH: usize>(text: &[u8]) -> [u8; LENGTH] {
    let mut packed = [0; LENGTH];
    let (mut length, mut start) = (0, 0);
    let mut before: &[u8] = &[];
    while start < text.len() {
        let (_, rest) = text.split_at(start);
        let (word, _) = rest.split_at(line_end(text, start) - start);
        let mut at = shared(before, word);
        packed[length] = b'A' + at as u8;
        length += 1;
        while at < word.len() {
            packed[length] = word[at];
            length += 1;
            at += 1;
        }
        before = word;
        start += word.len() + 1;
    }
    packed
}

/// Calls `each` for every word of a packed list.
pub fn for_each_packed(packed: &[u8], mut each: impl FnMut(&str)) {
    let mut word: Vec<u8> = Vec::new();
    for &byte in packed {
        if byte.is_ascii_uppercase() {
            if !word.is_empty() {
                each(std::str::from_utf8(&word).unwrap_or_default());
            }
            word.truncate(usize::from(byte - b'A'));
        } else {
            word.push(byte);
        }
    }
    if !word.is_empty() {
        each(std::str::from_utf8(&word).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_as_they_were_packed() {
        const TEXT: &[u8] = "abborre\nabonnemang\nål\nåla\nö\n".as_bytes();
        const PACKED: [u8; packed_len(TEXT)] = pack(TEXT);
        let mut words = Vec::new();
        for_each_packed(&PACKED, |word| words.push(word.to_owned()));
        assert_eq!(words, ["abborre", "abonnemang", "ål", "åla", "ö"]);
        assert!(PACKED.len() < TEXT.len());
    }
}
