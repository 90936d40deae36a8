//! The words met so far with their terms, so that stemming and splitting happen once for every word, not for every
//! time it is written.

use super::{
    analyzer::{Analyzer, Role},
    interner::Interner,
    lexicon::Function,
};
use crate::language::Language;

#[derive(Default)]
pub struct Vocabulary {
    words: Interner,
    entries: Vec<Entry>,
    terms: Interner,
    pool: Vec<(u32, Role)>,
}

struct Entry {
    function: Function,
    /// Where the terms of the word stand in `pool`, by language, once they are known.
    terms: [Option<(u32, u32)>; 2],
}

/// A word of the vocabulary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WordId(u32);

impl Vocabulary {
    /// Words that are kept; one who reads more begins anew. Swedish shop talk has some 30,000 in 10,000 stories.
    pub const MAX_WORDS: usize = 1 << 16;

    pub fn is_full(&self) -> bool {
        self.entries.len() >= Self::MAX_WORDS
    }

    /// It holds more words than the few stories that come at a time are worth.
    pub fn is_large(&self) -> bool {
        self.entries.len() >= Self::MAX_WORDS / 8
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    pub fn word(&mut self, analyzer: &Analyzer, folded: &str) -> WordId {
        let (number, new) = self.words.intern(folded);
        if new {
            self.entries.push(Entry { function: analyzer.function(folded), terms: [None; 2] });
        }
        WordId(number)
    }

    pub fn function(&self, word: WordId) -> Function {
        self.entries[word.0 as usize].function
    }

    /// The terms of a word read as `language`, by number, each with what it is to the word.
    pub fn terms(&mut self, analyzer: &Analyzer, word: WordId, language: Language) -> &[(u32, Role)] {
        let (start, end) = match self.entries[word.0 as usize].terms[language as usize] {
            Some(range) => range,
            None => {
                let start = self.pool.len() as u32;
                for term in analyzer.terms(self.words.get(word.0), language) {
                    let (number, _) = self.terms.intern(&term.text);
                    self.pool.push((number, term.role));
                }
                let range = (start, self.pool.len() as u32);
                self.entries[word.0 as usize].terms[language as usize] = Some(range);
                range
            }
        };
        &self.pool[start as usize..end as usize]
    }

    /// How many terms have a number.
    pub fn terms_len(&self) -> usize {
        self.terms.len()
    }

    pub fn name(&self, term: u32) -> &str {
        self.terms.get(term)
    }
}
