//! Words that mean nearly the same. A synced list of groups, one a line: Swedish words and phrases between commas, then,
//! after a bar, English ones; the first on either side translate one another. The words of a line that begins with ~ only
//! belong together. The list that comes with the build holds what any shop, café, hotel or station would say; what only
//! one organisation says ([`Wording`]) comes on top.
//!
//! Neither has a part in what is stored for a story: they widen what is asked for, so that a word that a curator adds is
//! found at once, in every story there is.

use super::{
    analyzer::{Analyzer, Role},
    interner::Interner,
    words::folded_words,
};
use crate::{language::Language, wording::Wording};

const GENERAL: &str = include_str!("lexicon/synonyms.txt");

/// What it is worth to be found by a word that means nearly the same, and by one that only belongs with it, in 1/256.
const SYNONYM: u32 = 120;
const RELATED: u32 = 70;
/// By the same word in the other language, in 1/256.
const TRANSLATION: u32 = 190;
/// By what the organisation itself says is the same, in 1/256.
const OWN: u32 = 190;

/// Words of a phrase at most.
const MAX_PHRASE: usize = Wording::MAX_PHRASE;
/// Others that a word of a query is looked up as.
const MAX_OTHERS: usize = 64;
/// Own words that a word of a query is joined with.
const MAX_JOINED: usize = 24;
/// From so many letters on the parts of a compound are found without being known.
const LONG_ENOUGH: usize = 4;

/// Groups of words and phrases that stand for one another, and words that only this organisation knows.
#[derive(Clone, Default)]
pub struct Synonyms {
    /// Phrases, as their terms between spaces.
    keys: Interner,
    /// By group.
    phrases: Vec<Phrase>,
    groups: u32,
    /// Single words of the organisation, folded, ascending.
    own: Vec<String>,
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

    /// These and what the organisation says itself.
    pub fn with_own<'a>(
        mut self,
        analyzer: &Analyzer,
        wordings: impl IntoIterator<Item = &'a Wording>,
    ) -> Self {
        for wording in wordings {
            for word in &wording.words {
                // Nobody says in which language a word is: it is looked up as either.
                for language in Language::ALL {
                    self.add(analyzer, word.as_str(), language, OWN, None);
                }
                if let [(_, folded)] = folded_words(word.as_str()).as_slice() {
                    self.own.push(folded.clone());
                }
            }
            self.groups += 1;
        }
        self.own.sort_unstable();
        self.own.dedup();
        self
    }

    /// Whether the organisation says that there is such a word.
    pub(super) fn owns(&self, folded: &str) -> bool {
        self.own.binary_search_by(|own| own.as_str().cmp(folded)).is_ok()
    }

    /// Calls `each` for the words that `word` may be written together with unnoticed: a compound is cut by the words
    /// that the lexicon knows and one that it does not, if that is long enough. So a short word of the organisation's
    /// own is met by any other, and a long one by their own.
    pub(super) fn for_each_joined(&self, word: &str, each: &mut dyn FnMut(&str)) {
        let any = self.owns(word);
        let beside = |own: &&String| own.as_str() != word && (any || own.chars().count() < LONG_ENOUGH);
        self.own.iter().filter(beside).take(MAX_JOINED).for_each(|own| each(own));
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
            let known = |phrase: &&Phrase| phrase.group == self.groups;
            if self.phrases.iter().rev().take_while(known).any(|phrase| phrase.key == key) {
                return;
            }
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

    fn wording(words: &[&str]) -> Wording {
        let words = words.iter().map(|word| crate::text::Name::new(*word).unwrap()).collect();
        Wording { words, deleted_at: None }
    }

    #[test]
    fn what_an_organisation_says_comes_on_top() {
        let analyzer = Analyzer::default();
        let own = [wording(&["Pruttan", "kundvagn"]), wording(&["SLK"])];
        let synonyms = Synonyms::general(&analyzer).with_own(&analyzer, &own);
        assert_eq!(others(&synonyms, &analyzer, &["kundvagnar"]), ["pruttan"]);
        assert!(others(&synonyms, &analyzer, &["pruttan"]).contains(&"kundvagn".to_owned()));
        assert!(others(&synonyms, &analyzer, &["klagomål"]).contains(&"reklamation".to_owned()), "as before");
        assert!(synonyms.owns("slk") && !synonyms.owns("kund"));
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
