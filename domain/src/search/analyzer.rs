//! From a word to the terms under which it is found.

use super::{
    compound::{self, Part},
    hash::fnv1a,
    lexicon::{Function, Lexicon},
    stem::{stem_english, stem_swedish},
};
use crate::language::Language;

/// Changes whenever the same text and the same lexicon give other terms or other impacts than before, so that an index
/// made by an older analyzer is made anew.
pub const ANALYZER_VERSION: u32 = 1;

/// Turns words into terms, the same way everywhere.
#[derive(Default)]
pub struct Analyzer {
    lexicon: Lexicon,
}

/// What a term is to the word it was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// An earlier part of a compound: *tåg* in *tågförsening*.
    Modifier,
    /// The last part of a compound, which says what it is: *försening*.
    Head,
    /// The whole word.
    Whole,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    pub text: String,
    pub role: Role,
}

/// Set behind words that only hold a sentence together, so that *fast* is not taken for a form of *fasta*.
pub(super) const FUNCTION_MARK: char = '·';

/// Verbal prefixes, for irregular verbs that carry one: *förstod* is *förstå* as *stod* is *stå*.
const VERB_PREFIXES: &[&str] = &[
    "an", "av", "be", "bi", "bort", "efter", "er", "fram", "från", "för", "före", "genom", "hem", "här",
    "ihop", "in", "kring", "med", "miss", "mot", "ned", "ner", "om", "på", "sam", "sön", "till", "um", "und",
    "under", "upp", "ur", "ut", "vid", "väl", "åter", "över",
];

impl Analyzer {
    pub fn new(lexicon: Lexicon) -> Self {
        Self { lexicon }
    }

    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// What the stored terms of a text depend on besides the text: the rules and the lexicon.
    pub fn version(&self) -> u64 {
        fnv1a(self.lexicon.version(), &ANALYZER_VERSION.to_le_bytes())
    }

    /// The terms of a folded word that someone looks for. As [`Self::terms`], but where a word is mostly there to hold
    /// sentences together and also means something, it means it: *vara* is a thing that is sold.
    pub fn asked_terms(&self, word: &str, language: Language) -> Vec<Term> {
        match self.lexicon.kept_apart(word) {
            Some(term) if language == Language::Sv => vec![Term { text: term.to_owned(), role: Role::Whole }],
            _ => self.terms(word, language),
        }
    }

    /// The terms of a folded word read as `language`, without repetition. Never empty, unless the word is.
    pub fn terms(&self, word: &str, language: Language) -> Vec<Term> {
        let mut terms = Vec::new();
        if word.bytes().any(|b| b.is_ascii_digit()) {
            add(&mut terms, word, Role::Whole);
            return terms;
        }
        match language {
            Language::Sv => self.swedish(word, &mut terms),
            Language::En => {
                self.english(word, &mut terms);
                if word.contains(['å', 'ä', 'ö']) {
                    self.swedish(word, &mut terms);
                }
            }
        }
        terms
    }

    /// Whether the lexicon has the word as a form of a Swedish headword.
    pub fn knows(&self, word: &str) -> bool {
        self.lexicon.irregular_swedish(word).is_some() || self.lexicon.headword(word).is_some()
    }

    pub fn function(&self, word: &str) -> Function {
        self.lexicon.function(word)
    }

    fn english(&self, word: &str, terms: &mut Vec<Term>) {
        match self.lexicon.irregular_english(word) {
            Some(term) => add(terms, term, Role::Whole),
            None => add(terms, &stem_english(word), Role::Whole),
        }
    }

    /// The terms of a folded word in either language, were it no compound. Much cheaper than [`Self::terms`] for what is
    /// no word.
    pub(super) fn simple_terms(&self, word: &str) -> Vec<Term> {
        let mut terms = Vec::new();
        if !self.listed(word, &mut terms) {
            add(&mut terms, &stem_swedish(word), Role::Whole);
        }
        self.english(word, &mut terms);
        terms
    }

    fn swedish(&self, word: &str, terms: &mut Vec<Term>) {
        if self.listed(word, terms) {
            return;
        }
        match compound::split(&self.lexicon, word) {
            Some(parts) => add_parts(terms, word, &parts),
            None => add(terms, &stem_swedish(word), Role::Whole),
        }
    }

    /// Adds the Swedish terms of a word that the lexicon has; says whether it has it.
    fn listed(&self, word: &str, terms: &mut Vec<Term>) -> bool {
        let function = self.lexicon.function(word).swedish;
        if let Some(term) = self.lexicon.kept_apart(word).filter(|_| !function) {
            add(terms, term, Role::Whole);
        } else if let Some(term) = self.lexicon.irregular_swedish(word) {
            add(terms, term, Role::Whole);
            // *såg* is a form of *se*, but a saw as well.
            if let Some(term) = self.lexicon.headword(word).filter(|_| !function) {
                add(terms, &term, Role::Whole);
            }
        } else if function && !self.lexicon.function(word).inflected {
            add(terms, &format!("{word}{FUNCTION_MARK}"), Role::Whole);
        } else if let Some(term) = self.lexicon.headword(word) {
            add(terms, &term, Role::Whole);
        } else if let Some(term) = self.prefixed(word) {
            add(terms, &term, Role::Whole);
        } else {
            return false;
        }
        true
    }

    fn prefixed(&self, word: &str) -> Option<String> {
        VERB_PREFIXES.iter().find_map(|prefix| {
            let rest = word.strip_prefix(prefix).filter(|rest| rest.len() > 2)?;
            let term = self.lexicon.irregular_swedish(rest)?;
            Some(format!("{prefix}{term}"))
        })
    }
}

/// A compound is found whole, in any of its forms, and by its parts.
fn add_parts(terms: &mut Vec<Term>, word: &str, parts: &[Part]) {
    let Some((last, first)) = parts.split_last() else {
        return;
    };
    let whole = format!("{}{}", &word[..last.range.start], last.term);
    add(terms, &whole, Role::Whole);
    // *hem* in *hemleverans* leaves a delivery a delivery, but *åter* in *återkalla* makes another word.
    let bare = first.iter().all(|part| part.particle);
    add(terms, &last.term, if bare { Role::Modifier } else { Role::Head });
    for part in first.iter().filter(|part| !part.particle) {
        add(terms, &part.term, Role::Modifier);
    }
}

fn add(terms: &mut Vec<Term>, text: &str, role: Role) {
    if !text.is_empty() && terms.iter().all(|term| term.text != text) {
        terms.push(Term { text: text.to_owned(), role });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(word: &str) -> Vec<String> {
        let analyzer = Analyzer::default();
        let terms = analyzer.terms(word, Language::Sv);
        terms.into_iter().map(|term| term.text).collect()
    }

    fn meet(words: &str) {
        let mut words = words.split(' ');
        let first = terms(words.next().unwrap_or_default());
        for word in words {
            assert!(
                terms(word).iter().any(|term| first.contains(term)),
                "{word} {:?} {first:?}",
                terms(word)
            );
        }
    }

    #[test]
    fn forms_of_a_word_meet() {
        meet("ringa ringde ringer ringt ring");
        meet("gråta grät gråter gråtit");
        meet("skrika skrek skriker skrikit");
        meet("sälja sålde säljer sålt såld sålda");
        meet("leverans leveranserna");
        meet("hand händer händerna");
        meet("bok böcker böckerna");
        meet("arg arga argt");
        meet("förstå förstod förstått");
        meet("köpa köpte köpt köper");
        meet("bänkskiva bänkskivan bänkskivorna");
        meet("britta brittas");
    }

    #[test]
    fn a_compound_is_found_by_its_last_part() {
        meet("tågförsening försening");
        meet("frukostbuffén buffé");
    }

    #[test]
    fn a_compound_is_found_by_its_first_part() {
        meet("tågförsening tåg");
        meet("hängpelargoner hänga");
    }

    #[test]
    fn a_form_of_two_words_is_found_by_both() {
        meet("såg sågen");
        meet("såg se");
    }
}
