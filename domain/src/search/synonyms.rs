//! Words that mean nearly the same. A synced list of groups, one a line: Swedish words and phrases between commas, then,
//! after a bar, English ones; the first on either side translate one another. The words of a line that begins with ~ only
//! belong together. The list that comes with the build holds what any shop, café, hotel or station would say.

use super::{
    analyzer::{Analyzer, Role},
    interner::Interner,
    words::folded_words,
};
use crate::language::Language;

const GENERAL: &str = include_str!("lexicon/synonyms.txt");

/// What it is worth to be found by a word that means nearly the same, and by one that only belongs with it, in 1/256.
const SYNONYM: u32 = 120;
const RELATED: u32 = 70;
/// By the same word in the other language, in 1/256.
const TRANSLATION: u32 = 190;

/// Words of a phrase at most.
const MAX_PHRASE: usize = 4;
/// Others that a word of a query is looked up as.
const MAX_OTHERS: usize = 64;

/// Groups of words and phrases that stand for one another.
#[derive(Default)]
pub struct Synonyms {
    /// Phrases, as their terms between spaces.
    keys: Interner,
    /// By group.
    phrases: Vec<Phrase>,
    groups: u32,
}

/// A word or a phrase as a member of a group.
#[derive(Clone, Copy)]
struct Phrase {
    key: u32,
    group: u32,
    /// A bit for each of its words that says something by itself; by these it is looked up.
    telling: u8,
    weight: u32,
    /// The language that it stands for, if it is the first of that in its group.
    heads: Option<Language>,
}

impl Phrase {
    /// What it is worth to be found by `other` of the same group.
    fn worth(&self, other: &Self) -> u32 {
        match (self.heads, other.heads) {
            (Some(own), Some(others)) if own != others => TRANSLATION,
            _ => other.weight,
        }
    }
}

impl Synonyms {
    /// No synonyms at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// The list of this build.
    pub fn general(analyzer: &Analyzer) -> Self {
        Self::none().with(analyzer, GENERAL)
    }

    /// These and those of `list`. Lines that begin with # are remarks.
    pub fn with(mut self, analyzer: &Analyzer, list: &str) -> Self {
        for line in list.lines().filter(|line| !line.starts_with('#')) {
            let (line, weight) = match line.strip_prefix('~') {
                Some(line) => (line, RELATED),
                None => (line, SYNONYM),
            };
            for (phrases, language) in line.split('|').zip(Language::ALL) {
                let mut heads = Some(language).filter(|_| weight == SYNONYM);
                for phrase in phrases.split(',') {
                    self.add(analyzer, phrase, language, weight, heads.take());
                }
            }
            self.groups += 1;
        }
        self
    }

    fn add(
        &mut self,
        analyzer: &Analyzer,
        text: &str,
        language: Language,
        weight: u32,
        heads: Option<Language>,
    ) {
        let words = folded_words(text);
        let (mut key, mut telling) = (String::new(), 0);
        for (at, (_, folded)) in words.iter().filter(|(word, _)| !word.joined).enumerate() {
            let function = analyzer.function(folded);
            if !(function.swedish || function.english) {
                telling |= 1u8.checked_shl(at as u32).unwrap_or(0);
            }
            push_term(&mut key, analyzer, folded, language);
        }
        if telling.count_ones() < 2 {
            // A verb without its particle means something else.
            telling = u8::MAX;
        }
        if !key.is_empty() && words.len() <= MAX_PHRASE {
            let (key, _) = self.keys.intern(&key);
            self.phrases.push(Phrase { key, group: self.groups, telling, weight, heads });
        }
    }

    /// Calls `each` for every other of the longest phrase that `words` begin with: how many words that phrase has, what
    /// the other is worth, and the terms by which to look it up.
    pub(super) fn for_each_other(
        &self,
        analyzer: &Analyzer,
        words: &[&str],
        each: &mut dyn FnMut(usize, u32, &[&str]),
    ) {
        for length in (1..=words.len().min(MAX_PHRASE)).rev() {
            let keys = Language::ALL.map(|language| {
                let mut key = String::new();
                for word in &words[..length] {
                    push_term(&mut key, analyzer, word, language);
                }
                self.keys.find(&key)
            });
            if keys != [None; 2] {
                self.for_each_other_of_keys(keys, &mut |weight, terms| each(length, weight, terms));
                return;
            }
        }
    }

    /// As [`Self::for_each_other`] for a term, such as that of the last part of a compound.
    pub(super) fn for_each_other_of_term(&self, term: &str, each: &mut dyn FnMut(u32, &[&str])) {
        if let Some(key) = self.keys.find(term) {
            self.for_each_other_of_keys([Some(key), None], each);
        }
    }

    fn for_each_other_of_keys(&self, keys: [Option<u32>; 2], each: &mut dyn FnMut(u32, &[&str])) {
        let asked = |phrase: &&Phrase| keys.contains(&Some(phrase.key));
        let mut others = 0;
        for own in self.phrases.iter().filter(asked) {
            for other in self.group(own.group).iter().filter(|phrase| !asked(phrase)) {
                others += 1;
                if others <= MAX_OTHERS {
                    let terms = self.keys.get(other.key).split(' ').enumerate();
                    let telling: Vec<&str> =
                        terms.filter(|(at, _)| other.telling >> at & 1 == 1).map(|(_, term)| term).collect();
                    each(own.worth(other), &telling);
                }
            }
        }
    }

    fn group(&self, group: u32) -> &[Phrase] {
        let start = self.phrases.partition_point(|phrase| phrase.group < group);
        let end = self.phrases.partition_point(|phrase| phrase.group <= group);
        &self.phrases[start..end]
    }
}

/// Appends the term of a whole word to a key.
fn push_term(key: &mut String, analyzer: &Analyzer, folded: &str, language: Language) {
    let terms = analyzer.asked_terms(folded, language);
    if let Some(term) = terms.iter().find(|term| term.role == Role::Whole) {
        if !key.is_empty() {
            key.push(' ');
        }
        key.push_str(&term.text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn others(synonyms: &Synonyms, analyzer: &Analyzer, words: &[&str]) -> Vec<String> {
        let mut others = Vec::new();
        synonyms.for_each_other(analyzer, words, &mut |_, _, terms| others.push(terms.join(" ")));
        others
    }

    #[test]
    fn members_of_a_group_stand_for_one_another_in_any_form() {
        let analyzer = Analyzer::default();
        let synonyms = Synonyms::none().with(&analyzer, "# remark\nreklamation, klagomål | complaint\n");
        assert_eq!(others(&synonyms, &analyzer, &["reklamationer"]), ["klagomål", "complaint"]);
        assert_eq!(others(&synonyms, &analyzer, &["complaints"]), ["reklamation", "klagomål"]);
        assert_eq!(others(&synonyms, &analyzer, &["beröm"]), Vec::<String>::new());
    }

    #[test]
    fn the_longest_phrase_counts_and_is_looked_up_by_what_it_says() {
        let analyzer = Analyzer::default();
        let synonyms = Synonyms::none().with(&analyzer, "bråttom, ont om tid\ntid, klocka");
        assert_eq!(others(&synonyms, &analyzer, &["ont", "om", "tid"]), ["bråttom"]);
        assert_eq!(others(&synonyms, &analyzer, &["tid"]), ["klock"]);
        assert_eq!(others(&synonyms, &analyzer, &["bråttom"]), ["ont tid"]);
    }
}
