//! Where the words of a phrase stand together in a text.

use std::ops::Range;

/// Words that were looked for together, in place of a word of the query that means the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    pub terms: Vec<String>,
    /// What each of its words is to the query.
    pub weight: u32,
}

/// How far apart the words of a phrase may stand: *skruvade snabbt ihop*.
const APART: usize = 3;

/// Words of phrases, as they come in a text.
pub struct Together<'a> {
    phrases: &'a [Phrase],
    /// Words read so far, and where the last begins.
    words: usize,
    start: Option<usize>,
    met: Vec<Met>,
}

struct Met {
    range: Range<usize>,
    word: usize,
    phrase: usize,
    term: usize,
}

impl<'a> Together<'a> {
    pub fn new(phrases: &'a [Phrase]) -> Self {
        Self { phrases, words: 0, start: None, met: Vec::new() }
    }

    /// Reads a term of the word in `range`; words come in order.
    pub fn read(&mut self, range: &Range<usize>, name: &str) {
        if self.start != Some(range.start) {
            self.start = Some(range.start);
            self.words += 1;
        }
        for (phrase, Phrase { terms, .. }) in self.phrases.iter().enumerate() {
            for (term, _) in terms.iter().enumerate().filter(|(_, term)| *term == name) {
                self.met.push(Met { range: range.clone(), word: self.words, phrase, term });
            }
        }
    }

    /// Calls `each` for every word that has all others of its phrase close to it, with the number of the phrase.
    pub fn for_each_whole(&self, each: &mut dyn FnMut(&Range<usize>, usize)) {
        for met in &self.met {
            let close = |other: &&Met| other.phrase == met.phrase && other.word.abs_diff(met.word) <= APART;
            let has = |term| self.met.iter().filter(close).any(|other| other.term == term);
            if (0..self.phrases[met.phrase].terms.len()).all(has) {
                each(&met.range, met.phrase);
            }
        }
    }
}
