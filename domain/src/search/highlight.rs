//! What of a text matched: where to mark it, which part of it to show, and which words were meant.

use std::ops::Range;

use super::{
    analyzer::Analyzer,
    evaluate::Evaluated,
    phrases::Together,
    vocabulary::Vocabulary,
    words::{fold_word, for_each_word},
};
use crate::language::Language;

/// Marks words in texts. Keep one for as long as people search: it remembers the words that it has met.
#[derive(Default)]
pub struct Highlighter {
    vocabulary: Vocabulary,
}

/// A piece of a text and what to mark in it, in bytes of the whole text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    pub range: Range<usize>,
    pub marks: Vec<Range<usize>>,
}

/// A word that matched, and how much it is to the query.
struct Mark {
    range: Range<usize>,
    /// Which of the terms, and after them of the phrases, it matched.
    term: usize,
    weight: u32,
}

impl Highlighter {
    /// Where words stand that made the text match: as asked for, in another form, within a compound, or mended.
    pub fn highlight(
        &mut self,
        analyzer: &Analyzer,
        text: &str,
        language: Language,
        evaluated: &Evaluated,
    ) -> Vec<Range<usize>> {
        let marks = self.marks(analyzer, text, language, evaluated);
        marks.into_iter().map(|mark| mark.range).collect()
    }

    /// Some `length` bytes of the text around what matched best, from a word's start to a word's end.
    pub fn snippet(
        &mut self,
        analyzer: &Analyzer,
        text: &str,
        language: Language,
        evaluated: &Evaluated,
        length: usize,
    ) -> Snippet {
        let marks = self.marks(analyzer, text, language, evaluated);
        let best = best_window(&marks, length);
        let inside: Vec<Range<usize>> = marks[best].iter().map(|mark| mark.range.clone()).collect();
        let matched = match (inside.first(), inside.last()) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => 0..0,
        };
        Snippet { range: around(text, matched, length), marks: inside }
    }

    /// The query with mistyped words as they are written in `texts`, the texts of the best hits.
    pub fn did_you_mean(
        &mut self,
        analyzer: &Analyzer,
        query: &str,
        evaluated: &Evaluated,
        texts: &[(&str, Language)],
    ) -> Option<String> {
        let mut meant = query.to_owned();
        let mut changed = false;
        for correction in evaluated.corrections.iter().rev() {
            let Some(typed) = query.get(correction.range.clone()) else { continue };
            let written =
                correction.terms.iter().find_map(|term| self.nearest_with(analyzer, texts, term, typed));
            if let Some(written) = written {
                meant.replace_range(correction.range.clone(), &written);
                changed = true;
            }
        }
        changed.then_some(meant)
    }

    /// Of the words found under a term the one most like what was typed: in the same form, and rather the word itself
    /// than a compound with it.
    fn nearest_with(
        &mut self,
        analyzer: &Analyzer,
        texts: &[(&str, Language)],
        term: &str,
        typed: &str,
    ) -> Option<String> {
        let typed = typed.to_lowercase();
        let mut nearest: Option<(usize, String)> = None;
        for &(text, language) in texts {
            self.each_term(analyzer, text, language, &mut |range, name| {
                if name != term {
                    return;
                }
                let word = text[range].to_lowercase();
                let offered = (strsim::osa_distance(&typed, &word), word);
                if nearest.as_ref().is_none_or(|nearest| offered < *nearest) {
                    nearest = Some(offered);
                }
            });
        }
        nearest.map(|(_, word)| word)
    }

    fn marks(
        &mut self,
        analyzer: &Analyzer,
        text: &str,
        language: Language,
        evaluated: &Evaluated,
    ) -> Vec<Mark> {
        let mut marks: Vec<Mark> = Vec::new();
        let mut together = Together::new(&evaluated.phrases);
        self.each_term(analyzer, text, language, &mut |range, name| {
            together.read(&range, name);
            let Ok(term) = evaluated.terms.binary_search_by(|(term, _)| term.as_str().cmp(name)) else {
                return;
            };
            let mut mark = Mark { range, term, weight: evaluated.terms[term].1 };
            // What is written with a hyphen comes in pieces, and then as a whole.
            while let Some(last) = marks.pop_if(|last| last.range.end > mark.range.start) {
                let range = last.range.start.min(mark.range.start)..last.range.end.max(mark.range.end);
                mark = if mark.weight > last.weight { mark } else { last };
                mark.range = range;
            }
            marks.push(mark);
        });
        together.for_each_whole(&mut |range, phrase| {
            let at = marks.partition_point(|mark| mark.range.end <= range.start);
            if marks.get(at).is_none_or(|mark| mark.range.start >= range.end) {
                let (term, weight) = (evaluated.terms.len() + phrase, evaluated.phrases[phrase].weight);
                marks.insert(at, Mark { range: range.clone(), term, weight });
            }
        });
        marks
    }

    /// Calls `each` for every term of every word.
    fn each_term(
        &mut self,
        analyzer: &Analyzer,
        text: &str,
        language: Language,
        each: &mut dyn FnMut(Range<usize>, &str),
    ) {
        if self.vocabulary.is_full() {
            self.vocabulary.clear();
        }
        let mut folded = String::new();
        for_each_word(text, &mut |word| {
            folded.clear();
            fold_word(&mut folded, &text[word.range.clone()]);
            let id = self.vocabulary.word(analyzer, &folded);
            let terms: Vec<u32> =
                self.vocabulary.terms(analyzer, id, language).iter().map(|&(term, _)| term).collect();
            for term in terms {
                each(word.range.clone(), self.vocabulary.name(term));
            }
        });
    }
}

/// Which marks to show: the run within `length` bytes whose terms weigh most, each counted once.
fn best_window(marks: &[Mark], length: usize) -> Range<usize> {
    let mut best = (0, 0..0);
    for first in 0..marks.len() {
        let end = marks[first].range.start.saturating_add(length);
        let last = marks.partition_point(|mark| mark.range.end <= end).max(first + 1);
        let window = &marks[first..last];
        let weight: u32 = window
            .iter()
            .enumerate()
            .filter(|(at, mark)| window[..*at].iter().all(|before| before.term != mark.term))
            .map(|(_, mark)| mark.weight)
            .sum();
        if weight > best.0 {
            best = (weight, first..last);
        }
    }
    best.1
}

/// A range of `length` bytes or a little less around `matched`, cut between words.
fn around(text: &str, matched: Range<usize>, length: usize) -> Range<usize> {
    if text.len() <= length {
        return 0..text.len();
    }
    let spare = length.saturating_sub(matched.len());
    let wanted = matched.start.saturating_sub(spare / 3);
    let start = if wanted == 0 {
        0
    } else {
        let starts = text[..matched.start].char_indices().filter(|(_, c)| c.is_whitespace());
        starts.map(|(at, c)| at + c.len_utf8()).find(|&at| at >= wanted).unwrap_or(matched.start)
    };
    let last = start.saturating_add(length).max(matched.end);
    let end = if last >= text.len() {
        text.len()
    } else {
        let ends = text[matched.end..].char_indices().filter(|(_, c)| c.is_whitespace());
        ends.map(|(at, _)| matched.end + at)
            .take_while(|&at| at <= last)
            .last()
            .unwrap_or(matched.end.max(floor(text, last)))
    };
    start..end
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::search::{index::Index, query::Query, synonyms::Synonyms, testing::told};

    const STORY: &str = "Vi hängde upp två hängpelargoner vid kassan, fast gästerna redan stod i kö. Sen ringde hon och \
                         tackade för ryggskottet som aldrig kom. Det var allt som hände den tisdagen på plantskolan.";

    fn asked(query: &str) -> (Arc<Analyzer>, Evaluated) {
        let analyzer = Arc::new(Analyzer::default());
        let mut index = Index::new(Arc::clone(&analyzer));
        index.insert(0, [1; 16], 1, &told(STORY));
        index.insert(1, [2; 16], 1, &told("Något helt annat."));
        index.commit();
        let synonyms =
            Synonyms::none().with(&analyzer, "kund, gäst\nvänta, stå i kö\nmontera, ringa plantskola");
        let evaluated = index.search(&Query::parse(query, &analyzer, &synonyms), 5, |_| true).evaluated;
        (analyzer, evaluated)
    }

    fn marked(query: &str) -> Vec<&'static str> {
        let (analyzer, evaluated) = asked(query);
        let marks = Highlighter::default().highlight(&analyzer, STORY, Language::Sv, &evaluated);
        marks.into_iter().map(|range| &STORY[range]).collect()
    }

    #[test]
    fn forms_parts_synonyms_and_mended_words_are_marked() {
        assert_eq!(marked("ringa"), ["ringde"]);
        assert_eq!(marked("pelargon"), ["hängpelargoner"]);
        assert_eq!(marked("kunder"), ["gästerna"]);
        assert_eq!(marked("rygskott"), ["ryggskottet"]);
        assert_eq!(marked("plantsk"), ["plantskolan"]);
        assert_eq!(marked("elefant"), Vec::<&str>::new());
    }

    #[test]
    fn a_phrase_is_marked_where_its_words_stand_together() {
        assert_eq!(marked("vänta"), ["stod", "kö"]);
        assert_eq!(marked("montera"), Vec::<&str>::new(), "all words of it are there, but far apart");
        assert_eq!(marked("kö vänta"), ["stod", "kö"], "no word twice");
    }

    #[test]
    fn what_is_written_with_a_hyphen_is_marked_once() {
        let analyzer = Arc::new(Analyzer::default());
        let mut index = Index::new(Arc::clone(&analyzer));
        let text = "En T-shirt, SNÖ25 och A4-papper.";
        index.insert(0, [1; 16], 1, &told(text));
        index.commit();
        for (query, marks) in
            [("t-shirt", vec!["T-shirt"]), ("snö25", vec!["SNÖ25"]), ("a4-papper", vec!["A4-papper"])]
        {
            let query = Query::parse(query, &analyzer, &Synonyms::none());
            let evaluated = index.search(&query, 5, |_| true).evaluated;
            let marked = Highlighter::default().highlight(&analyzer, text, Language::Sv, &evaluated);
            assert_eq!(marked.into_iter().map(|range| &text[range]).collect::<Vec<_>>(), marks);
        }
    }

    #[test]
    fn words_that_hold_the_query_together_are_not_marked() {
        assert_eq!(marked("stod i kö vid kassan"), ["kassan", "stod", "kö"]);
        assert_eq!(marked("och för att"), ["och", "för"]);
    }

    #[test]
    fn a_snippet_shows_what_matched_between_whole_words() {
        let (analyzer, evaluated) = asked("tacka ryggskott");
        let snippet = Highlighter::default().snippet(&analyzer, STORY, Language::Sv, &evaluated, 60);
        let text = &STORY[snippet.range.clone()];
        assert!(text.contains("tackade för ryggskottet"), "{text}");
        assert!(text.len() <= 60, "{text}");
        assert!(!STORY[..snippet.range.start].ends_with(char::is_alphanumeric));
        assert!(!STORY[snippet.range.end..].starts_with(char::is_alphanumeric));
        assert_eq!(snippet.marks.len(), 2);
    }

    #[test]
    fn a_mistyped_word_is_offered_as_it_is_written() {
        let (analyzer, evaluated) = asked("ringa om rygskottet");
        let mut highlighter = Highlighter::default();
        let texts = [(STORY, Language::Sv)];
        let meant = highlighter.did_you_mean(&analyzer, "ringa om rygskottet", &evaluated, &texts);
        assert_eq!(meant.as_deref(), Some("ringa om ryggskottet"));
        let compound_first = [("Hela ryggskottshistorien.", Language::Sv), (STORY, Language::Sv)];
        let meant = highlighter.did_you_mean(&analyzer, "ringa om rygskottet", &evaluated, &compound_first);
        assert_eq!(meant.as_deref(), Some("ringa om ryggskottet"), "the word itself, not a compound with it");
        let other_form_first = [("Ryggskott gör ont.", Language::Sv), (STORY, Language::Sv)];
        let meant = highlighter.did_you_mean(&analyzer, "ringa om rygskottet", &evaluated, &other_form_first);
        assert_eq!(meant.as_deref(), Some("ringa om ryggskottet"), "in the form that was typed");
        let (analyzer, evaluated) = asked("ringa");
        assert_eq!(highlighter.did_you_mean(&analyzer, "ringa", &evaluated, &texts), None);
    }

    #[test]
    fn a_snippet_of_nothing_is_the_beginning() {
        let (analyzer, evaluated) = asked("elefant");
        let snippet = Highlighter::default().snippet(&analyzer, STORY, Language::Sv, &evaluated, 40);
        assert_eq!(snippet.range.start, 0);
        assert!(snippet.range.end <= 40 && snippet.marks.is_empty());
    }
}
