//! Strings with numbers.

use super::hash::hash_word;

/// Numbers strings from 0 in the order in which they come. One allocation holds them all, and a table of numbers finds
/// them (open addressing, linear probing, at most half full).
#[derive(Clone, Debug, Default)]
pub struct Interner {
    text: String,
    /// Where each string ends in `text`.
    ends: Vec<u32>,
    hashes: Vec<u32>,
    /// Numbers from 1; 0 is free.
    table: Vec<u32>,
}

impl Interner {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn get(&self, number: u32) -> &str {
        let number = number as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] as usize };
        &self.text[start..self.ends[number] as usize]
    }

    pub fn find(&self, string: &str) -> Option<u32> {
        if self.table.is_empty() {
            return None;
        }
        self.look(string, hash_word(string)).ok()
    }

    /// The number of a string, or the free place where it would stand.
    fn look(&self, string: &str, hash: u32) -> Result<u32, usize> {
        let mut at = self.start(hash);
        while let Some(number) = self.table[at].checked_sub(1) {
            if self.hashes[number as usize] == hash && self.get(number) == string {
                return Ok(number);
            }
            at = (at + 1) & (self.table.len() - 1);
        }
        Err(at)
    }

    /// The number of a string, and whether it is new.
    pub fn intern(&mut self, string: &str) -> (u32, bool) {
        if 2 * self.ends.len() >= self.table.len() {
            self.grow();
        }
        let hash = hash_word(string);
        let at = match self.look(string, hash) {
            Ok(number) => return (number, false),
            Err(at) => at,
        };
        let number = self.ends.len() as u32;
        self.text.push_str(string);
        self.ends.push(self.text.len() as u32);
        self.hashes.push(hash);
        self.table[at] = number + 1;
        (number, true)
    }

    fn start(&self, hash: u32) -> usize {
        hash as usize & (self.table.len() - 1)
    }

    fn grow(&mut self) {
        self.table = vec![0; (4 * self.ends.len()).next_power_of_two().max(256)];
        for (number, &hash) in self.hashes.iter().enumerate() {
            let mut at = self.start(hash);
            while self.table[at] != 0 {
                at = (at + 1) & (self.table.len() - 1);
            }
            self.table[at] = number as u32 + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_string_keeps_its_number(strings in proptest::collection::vec("[a-cå]{0,4}", 0..600)) {
            let mut interner = Interner::default();
            let mut numbers: HashMap<String, u32> = HashMap::new();
            for string in strings {
                let (number, new) = interner.intern(&string);
                let next = numbers.len() as u32;
                prop_assert_eq!(new, !numbers.contains_key(&string));
                prop_assert_eq!(number, *numbers.entry(string.clone()).or_insert(next));
                prop_assert_eq!(interner.get(number), string);
            }
            prop_assert_eq!(interner.len(), numbers.len());
        }
    }
}
