//! What someone asks for: words, and for each the terms under which its stories may be found.

use std::ops::Range;

use super::{
    alternatives::{Alternatives, Way},
    analyzer::{Analyzer, Role, Term},
    derive,
    dots::for_each_dotted,
    fold::is_mark,
    synonyms::Synonyms,
    words::folded_words,
};
use crate::language::Language;

/// Words of a query that are looked at; a longer one is cut.
pub const MAX_WORDS: usize = 24;

/// A question, analysed. It knows nothing of what is in the library.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub(super) words: Vec<QueryWord>,
    pub(super) alternatives: Alternatives,
    /// No letter of it carries dots, so letters without dots may stand for letters with them.
    pub(super) undotted: bool,
}

#[derive(Clone, Debug)]
pub(super) struct QueryWord {
    /// Bytes of the query.
    pub range: Range<usize>,
    pub folded: String,
    /// It only holds the sentence together.
    pub function: bool,
    /// It is still being typed.
    pub unfinished: bool,
    /// It has digits; a number has no typing errors.
    pub number: bool,
    /// The organisation says that there is such a word.
    pub own: bool,
    /// Words that there are, of which it is one without its dots.
    pub dotted: Vec<String>,
}

/// Weights of the ways, and shares of the parts of a compound, in 1/256.
const JOINED: u32 = 230;
/// In a compound with a word of the organisation's own.
const OWN_COMPOUND: u32 = 110;
const DERIVED: u32 = 150;
const DOTTED: u32 = 210;
const HEAD_SHARE: u32 = 90;
const MODIFIER_SHARE: u32 = 80;
const HEAD_SYNONYM: u32 = 140;

impl Query {
    /// Reads `text` as it stands in the search field. Its last word counts as still being typed unless something
    /// follows it.
    pub fn parse(text: &str, analyzer: &Analyzer, synonyms: &Synonyms) -> Self {
        let mut query = Self { undotted: !text.contains(is_dotted), ..Self::default() };
        for (word, folded) in folded_words(text) {
            let known = query.words.iter().any(|known| known.folded == folded);
            if word.joined {
                let inside = |piece: &QueryWord| word.range.start <= piece.range.start;
                let first = query.words.partition_point(|piece| !inside(piece));
                query.add_joined(analyzer, &folded, JOINED, first..query.words.len());
            } else if query.words.len() < MAX_WORDS && !known {
                query.add_word(analyzer, word.range, folded);
            }
        }
        if let Some(last) = query.words.last_mut() {
            last.unfinished = last.range.end == text.trim_end_matches('-').len();
        }
        if query.words.iter().all(|word| word.function) {
            query.words.iter_mut().for_each(|word| word.function = false);
        }
        query.join_neighbours(analyzer);
        query.add_synonyms(analyzer, synonyms);
        query.add_own_compounds(analyzer, synonyms);
        query
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    fn add_word(&mut self, analyzer: &Analyzer, range: Range<usize>, folded: String) {
        let at = self.words.len();
        let function = analyzer.function(&folded);
        let apart = analyzer.lexicon().kept_apart(&folded).is_some();
        let word = QueryWord {
            range,
            function: (function.swedish || function.english) && !apart,
            unfinished: false,
            number: folded.bytes().any(|b| b.is_ascii_digit()),
            own: false,
            dotted: Vec::new(),
            folded,
        };
        let terms = both_languages(analyzer, &word.folded);
        let alternatives = &mut self.alternatives;
        for term in terms.iter().filter(|term| term.role == Role::Whole) {
            alternatives.add(at, Way::Word, 256, &term.text);
        }
        let mut parts = terms.iter().filter_map(|term| match term.role {
            Role::Whole => None,
            Role::Head => Some((term.text.as_str(), HEAD_SHARE)),
            Role::Modifier => Some((term.text.as_str(), MODIFIER_SHARE)),
        });
        alternatives.add_all(at, Way::Parts, 256, &mut parts);
        if !word.function && !word.number {
            for term in terms.iter().filter(|term| term.role == Role::Whole) {
                derive::for_each_related(&term.text, &mut |related| {
                    alternatives.add(at, Way::Derived, DERIVED, related);
                });
            }
        }
        self.words.push(word);
        if self.undotted {
            self.add_dotted(analyzer, at);
        }
    }

    /// What the word is with its dots, if that is a word and what was typed is none: *aldre* is *äldre*, however that is
    /// looked up.
    fn add_dotted(&mut self, analyzer: &Analyzer, at: usize) {
        let word = &mut self.words[at];
        if word.function || word.number || analyzer.knows(&word.folded) {
            return;
        }
        let folded = word.folded.clone();
        let is_compound =
            |word: &str| both_languages(analyzer, word).iter().any(|term| term.role == Role::Head);
        for_each_dotted(&folded, &mut |dotted| {
            if analyzer.knows(dotted) || is_compound(dotted) {
                word.dotted.push(dotted.to_owned());
            }
        });
        for dotted in &word.dotted {
            for term in both_languages(analyzer, dotted).iter().filter(|term| term.role == Role::Whole) {
                self.alternatives.add(at, Way::Folded, DOTTED, &term.text);
            }
        }
    }

    /// *dörr stängare* may be written *dörrstängare*.
    fn join_neighbours(&mut self, analyzer: &Analyzer) {
        for at in 1..self.words.len() {
            let (first, second) = (&self.words[at - 1], &self.words[at]);
            if first.function || second.function || first.number != second.number {
                continue;
            }
            let joined = format!("{}{}", first.folded, second.folded);
            self.add_joined(analyzer, &joined, JOINED, at - 1..at + 1);
        }
    }

    /// What some words are when they are written together, as *epost* for *e-post*.
    fn add_joined(&mut self, analyzer: &Analyzer, joined: &str, weight: u32, words: Range<usize>) {
        for term in both_languages(analyzer, joined) {
            if term.role == Role::Whole {
                for word in words.clone() {
                    self.alternatives.add(word, Way::Joined, weight, &term.text);
                }
            }
        }
    }

    /// The organisation's own words make compounds, too, which the lexicon cannot cut: *slk* makes *slkkort*.
    fn add_own_compounds(&mut self, analyzer: &Analyzer, synonyms: &Synonyms) {
        for at in 0..self.words.len() {
            let word = &mut self.words[at];
            word.own = synonyms.owns(&word.folded);
            if word.function || word.number {
                continue;
            }
            let folded = word.folded.clone();
            synonyms.for_each_joined(&folded, &mut |own| {
                for joined in [format!("{own}{folded}"), format!("{own}s{folded}"), format!("{folded}{own}")]
                {
                    self.add_joined(analyzer, &joined, OWN_COMPOUND, at..at + 1);
                }
            });
        }
    }

    fn add_synonyms(&mut self, analyzer: &Analyzer, synonyms: &Synonyms) {
        for at in 0..self.words.len() {
            let folded: Vec<&str> = self.words[at..].iter().map(|word| word.folded.as_str()).collect();
            let alternatives = &mut self.alternatives;
            let function = self.words[at].function;
            synonyms.for_each_other(analyzer, &folded, &mut |length, weight, terms| {
                // *man* is a man, but not where it holds a sentence together.
                for word in (at..at + length).filter(|_| length > 1 || !function) {
                    alternatives.add_synonym(word, weight, terms);
                }
            });
            for dotted in &self.words[at].dotted {
                synonyms.for_each_other(analyzer, &[dotted], &mut |_, weight, terms| {
                    alternatives.add_synonym(at, weight * DOTTED / 256, terms);
                });
            }
            // A compound is also what its last part means, if less so.
            for term in both_languages(analyzer, folded[0]) {
                if term.role == Role::Head {
                    synonyms.for_each_other_of_term(&term.text, &mut |weight, terms| {
                        alternatives.add_synonym(at, weight * HEAD_SYNONYM / 256, terms);
                    });
                }
            }
        }
    }
}

/// A letter with dots or an accent, or the mark that makes one.
fn is_dotted(c: char) -> bool {
    matches!(c, 'å' | 'ä' | 'ö' | 'é' | 'Å' | 'Ä' | 'Ö' | 'É') || is_mark(c)
}

/// A query has no language: its words are read in both, unless they hold sentences together in one of them.
pub(super) fn both_languages(analyzer: &Analyzer, folded: &str) -> Vec<Term> {
    let function = analyzer.function(folded);
    let mut terms = Vec::new();
    if function.swedish || !function.english {
        terms = analyzer.asked_terms(folded, Language::Sv);
    }
    if function.english || !function.swedish {
        for term in analyzer.terms(folded, Language::En) {
            if terms.iter().all(|known| known.text != term.text) {
                terms.push(term);
            }
        }
    }
    terms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(text: &str, term: &str) -> Vec<Way> {
        let analyzer = Analyzer::default();
        let query = Query::parse(text, &analyzer, &Synonyms::general(&analyzer));
        let alternatives = &query.alternatives;
        let Some(number) = alternatives.terms.find(term) else {
            return Vec::new();
        };
        let with = alternatives
            .list
            .iter()
            .filter(|alternative| alternatives.shares(alternative).iter().any(|&(term, _)| term == number));
        with.map(|alternative| alternative.way).collect()
    }

    #[test]
    fn a_word_is_looked_up_in_many_ways() {
        assert!(ways("försenade", "försen").contains(&Way::Word));
        assert!(ways("tågförsening", "försening").contains(&Way::Parts));
        assert!(ways("reklamation", "reklamer").contains(&Way::Derived));
        assert!(ways("dörr stängare", "dörrstängar").contains(&Way::Joined));
        assert!(ways("e-post", "epost").contains(&Way::Joined));
        assert!(ways("bröllop", "wed").contains(&Way::Synonym));
    }

    #[test]
    fn words_that_hold_a_sentence_together_count_when_there_are_no_others() {
        let analyzer = Analyzer::default();
        let functions = |text: &str| -> Vec<bool> {
            let query = Query::parse(text, &analyzer, &Synonyms::none());
            query.words.iter().map(|word| word.function).collect()
        };
        assert_eq!(functions("kund arg för att"), [false, false, true, true]);
        assert_eq!(functions("för att"), [false, false]);
    }

    #[test]
    fn the_last_word_is_unfinished_until_something_follows_it() {
        let analyzer = Analyzer::default();
        let unfinished = |text: &str| {
            let query = Query::parse(text, &analyzer, &Synonyms::none());
            query.words.last().is_some_and(|word| word.unfinished)
        };
        assert!(unfinished("arg ku"));
        assert!(!unfinished("arg kund "));
        assert!(!unfinished(""));
    }

    #[test]
    fn a_query_of_a_thousand_words_is_cut() {
        let analyzer = Analyzer::default();
        let words: Vec<String> = (0..1000).map(|word| format!("ord{word}skiva")).collect();
        let query = Query::parse(&words.join(" "), &analyzer, &Synonyms::general(&analyzer));
        assert_eq!(query.words.len(), MAX_WORDS);
        assert!(query.alternatives.terms.len() <= crate::search::MAX_TERMS);
    }
}
