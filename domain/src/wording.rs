//! The organisation's own words: what is said here and in no dictionary, and words that mean nearly the same.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{id::WordingId, label::same_name, text::Name, time::Millis};

/// Words that stand for one another in every search; or a single one, so that search knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wording {
    pub words: Vec<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Millis>,
}

impl Wording {
    /// More words than these do not all mean the same.
    pub const MAX_WORDS: usize = 20;
    /// A phrase of more words than these is no way to say one thing.
    pub const MAX_PHRASE: usize = 4;

    /// The words as they are written in a line.
    pub fn line(&self) -> String {
        self.words.iter().map(Name::as_str).collect::<Vec<_>>().join(", ")
    }

    /// Whether these are the very words, in any order.
    pub fn says_as_much_as(&self, words: &[Name]) -> bool {
        let names =
            |words: &[Name]| words.iter().map(|word| same_name(word.as_str())).collect::<BTreeSet<_>>();
        names(&self.words) == names(words)
    }

    pub fn fits(&self) -> bool {
        (1..=Self::MAX_WORDS).contains(&self.words.len())
    }
}

/// The words and phrases of a line with commas between them: tidied, each once. `None` if there are too many, or if one
/// is too long.
pub fn words_in(line: &str) -> Option<Vec<Name>> {
    let mut words: Vec<Name> = Vec::new();
    for phrase in line.split([',', ';', '\n']) {
        let pieces: Vec<&str> = phrase.split_whitespace().collect();
        if pieces.len() > Wording::MAX_PHRASE {
            return None;
        }
        let Some(word) = Name::optional(pieces.join(" ")).ok()? else { continue };
        if words.iter().all(|known| same_name(known.as_str()) != same_name(word.as_str())) {
            words.push(word);
        }
    }
    (words.len() <= Wording::MAX_WORDS).then_some(words)
}

/// A wording as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worded {
    pub id: WordingId,
    pub words: Vec<String>,
}

impl Worded {
    /// All wordings in the order of their first words.
    pub fn all<'a>(wordings: impl IntoIterator<Item = (WordingId, &'a Wording)>) -> Vec<Self> {
        let worded = |(id, wording): (WordingId, &Wording)| {
            let mut words: Vec<String> = wording.words.iter().map(|word| word.as_str().to_owned()).collect();
            // They are a set, in which each phone may have put them in another order.
            words.sort_by_cached_key(|word| same_name(word));
            Self { id, words }
        };
        let mut all: Vec<Self> = wordings.into_iter().map(worded).collect();
        let first = |worded: &Self| worded.words.first().map(|word| same_name(word));
        all.sort_by_cached_key(|worded| (first(worded), worded.id));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_the_words_in_it() {
        let words = |line: &str| {
            let words = words_in(line)?;
            Some(words.iter().map(|word| word.as_str().to_owned()).collect::<Vec<_>>().join("|"))
        };
        let read = words(" reklamation,  klagomål ,, Reklamation\nsur  kund ");
        assert_eq!(read.as_deref(), Some("reklamation|klagomål|sur kund"));
        assert_eq!(words(" , ").as_deref(), Some(""));
        assert_eq!(words(&"å".repeat(81)), None);
        assert_eq!(words("den som kommer sist in"), None);
        assert_eq!(words(&(0..21).map(|n| format!("ord{n},")).collect::<String>()), None);
    }
}
