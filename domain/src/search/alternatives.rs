//! The ways in which a story can have a word that someone asks for.

use super::interner::Interner;

/// Terms that a query looks up at most; what comes after is left out.
pub const MAX_TERMS: usize = 1024;

/// How an alternative is related to the word as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// The word itself, in any of its forms.
    Word,
    /// It and a neighbour, written together.
    Joined,
    /// The parts of a compound.
    Parts,
    /// A word made of the same root.
    Derived,
    Synonym,
    /// Several words that mean the same together, and only together.
    Phrase,
    /// A word that begins with what was typed.
    Completion,
    /// Dots or accents left out.
    Folded,
    /// A typing error mended.
    Corrected,
}

/// One way in which a story can have a word: by some terms.
#[derive(Clone, Copy, Debug)]
pub struct Alternative {
    /// The word of the query.
    pub word: u32,
    pub way: Way,
    /// In 1/256.
    pub weight: u32,
    /// Where its terms stand in [`Alternatives::shares`].
    start: u32,
    end: u32,
}

/// The alternatives of all words of a query, with their terms numbered.
#[derive(Clone, Debug, Default)]
pub struct Alternatives {
    pub terms: Interner,
    pub list: Vec<Alternative>,
    /// Numbers of terms, each with its share of the alternative in 1/256.
    shares: Vec<(u32, u32)>,
}

impl Alternatives {
    /// Adds an alternative of one term for a word, unless it has it already.
    pub fn add(&mut self, word: usize, way: Way, weight: u32, term: &str) {
        self.add_all(word, way, weight, &mut [(term, 256)].into_iter());
    }

    /// Adds an alternative of several terms with their shares.
    pub fn add_all(
        &mut self,
        word: usize,
        way: Way,
        weight: u32,
        terms: &mut dyn Iterator<Item = (&str, u32)>,
    ) {
        let start = self.shares.len();
        if self.terms.len() + 8 > MAX_TERMS {
            return;
        }
        for (term, share) in terms {
            let (number, _) = self.terms.intern(term);
            self.shares.push((number, share));
        }
        let alternative = Alternative {
            word: word as u32,
            way,
            weight,
            start: start as u32,
            end: self.shares.len() as u32,
        };
        let known = self
            .list
            .iter()
            .any(|other| other.word == alternative.word && self.shares(other) == &self.shares[start..]);
        if known || start == self.shares.len() {
            self.shares.truncate(start);
        } else {
            self.list.push(alternative);
        }
    }

    /// Adds a word or a phrase that means the same as a word.
    pub fn add_synonym(&mut self, word: usize, weight: u32, terms: &[&str]) {
        let way = if terms.len() > 1 { Way::Phrase } else { Way::Synonym };
        let share = 256 / terms.len().max(1) as u32;
        self.add_all(word, way, weight, &mut terms.iter().map(|&term| (term, share)));
    }

    pub fn shares(&self, alternative: &Alternative) -> &[(u32, u32)] {
        &self.shares[alternative.start as usize..alternative.end as usize]
    }

    /// The alternatives of a word.
    pub fn of(&self, word: usize) -> impl Iterator<Item = &Alternative> {
        self.list.iter().filter(move |alternative| alternative.word as usize == word)
    }

    /// The first term of an alternative; the only one of most.
    pub fn first(&self, alternative: &Alternative) -> u32 {
        self.shares(alternative).first().map_or(0, |&(term, _)| term)
    }
}
