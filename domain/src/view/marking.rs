//! Marking on a card what a search met, on the phone and on the server alike.

use super::{Card, Marked, Run};
use crate::{
    language::Language,
    names::Names,
    search::{Analyzer, Document, Evaluated, Highlighter, Snippet},
    story::{Part, Story},
};

/// A search that was answered, and what it takes to show why.
pub struct Marker<'a> {
    pub analyzer: &'a Analyzer,
    pub highlighter: &'a mut Highlighter,
    pub evaluated: &'a Evaluated,
}

/// Bytes of a text that are shown around what was met.
const SNIPPET: usize = 160;

impl Card {
    /// Marks what the search met; adds a snippet if neither title, turning point nor quote shows any of it, and tags and
    /// values if no text does.
    pub fn mark(&mut self, story: &Story, names: &Names, marker: &mut Marker<'_>) {
        let shown = [Some(&mut self.title), Some(&mut self.turn), self.quote.as_mut()];
        let mut met = false;
        for text in shown.into_iter().flatten() {
            *text = marker.marked(&text.text(), story.language);
            met |= text.has_hits();
        }
        self.snippet = if met { None } else { marker.snippet_of(story) };
        self.met_labels = match met || self.snippet.is_some() {
            true => Vec::new(),
            false => marker.labels_of(story, names),
        };
    }
}

impl Marker<'_> {
    /// The query with mistyped words as the best of the stories found write them; nothing if none was mistyped.
    pub fn did_you_mean<'s>(
        &mut self,
        query: &str,
        best: impl IntoIterator<Item = &'s Story>,
    ) -> Option<String> {
        if self.evaluated.corrections.is_empty() {
            return None;
        }
        let texts =
            best.into_iter().flat_map(|story| Part::ALL.map(|part| (story.text(part), story.language)));
        let texts: Vec<_> = texts.collect();
        self.highlighter.did_you_mean(self.analyzer, query, self.evaluated, &texts)
    }

    fn marked(&mut self, text: &str, language: Language) -> Marked {
        let hits = self.highlighter.highlight(self.analyzer, text, language, self.evaluated);
        Marked::with_hits(text, &hits)
    }

    /// The piece of the story that shows most of what was met, if any does.
    fn snippet_of(&mut self, story: &Story) -> Option<Marked> {
        let mut best: Option<(&str, Snippet)> = None;
        for text in Part::ALL.map(|part| story.text(part)) {
            let snippet =
                self.highlighter.snippet(self.analyzer, text, story.language, self.evaluated, SNIPPET);
            let most = best.as_ref().map_or(0, |(_, best)| best.marks.len());
            if snippet.marks.len() > most {
                best = Some((text, snippet));
            }
        }
        best.map(|(text, snippet)| cut(text, &snippet))
    }

    /// The tags and values that were met.
    fn labels_of(&mut self, story: &Story, names: &Names) -> Vec<Marked> {
        let labels = Document::named(story, names).tags;
        labels.into_iter().map(|label| self.marked(label, story.language)).filter(Marked::has_hits).collect()
    }
}

/// The snippet with dots where the text goes on.
fn cut(text: &str, snippet: &Snippet) -> Marked {
    let start = snippet.range.start;
    let inside: Vec<_> = snippet.marks.iter().map(|mark| mark.start - start..mark.end - start).collect();
    let mut marked = Marked::with_hits(text.get(snippet.range.clone()).unwrap_or_default(), &inside);
    let dots = || Run { text: "…".into(), hit: false };
    if start > 0 {
        marked.0.insert(0, dots());
    }
    if snippet.range.end < text.len() {
        marked.0.push(dots());
    }
    marked
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        id::{LabelId, PersonId, StoryId},
        label::{Label, LabelKind},
        names::Names,
        search::{Document, Index, Query, Synonyms},
        text::{Name, StoryText, Title},
        time::Millis,
        view::Around,
    };

    fn told() -> Story {
        Story {
            title: Some(Title::new("Pelargonerna").unwrap()),
            situation: Some(
                StoryText::new("Det regnade hela lördagen. ".repeat(20) + "Hon tappade kvittot.").unwrap(),
            ),
            action: Some(StoryText::new("Vi letade.").unwrap()),
            ..Story::blank(PersonId::named("Elin"))
        }
    }

    fn marked(query: &str) -> Card {
        let tag = LabelId::named(LabelKind::Tag, "Trädgård");
        let story = Story { tags: vec![tag], ..told() };
        let mut names = Names::default();
        names.insert_label(LabelKind::Tag, tag, Label::new(Name::new("Trädgård").unwrap()));
        let analyzer = Arc::new(Analyzer::default());
        let mut index = Index::new(Arc::clone(&analyzer));
        index.insert(0, [1; 16], 1, &Document::named(&story, &names));
        index.commit();
        let query = Query::parse(query, &analyzer, &Synonyms::none());
        let evaluated = index.search(&query, 5, |_| true).evaluated;
        let around =
            Around { names: &names, reader: None, tally: Default::default(), reacted: &[], pending: None };
        let mut card = Card::of(StoryId::mint(Millis(1), &[1; 10]), &story, &around);
        let mut highlighter = Highlighter::default();
        card.mark(
            &story,
            &names,
            &mut Marker { analyzer: &analyzer, highlighter: &mut highlighter, evaluated: &evaluated },
        );
        card
    }

    fn hits(marked: &Marked) -> Vec<&str> {
        marked.0.iter().filter(|run| run.hit).map(|run| run.text.as_str()).collect()
    }

    #[test]
    fn what_the_card_shows_is_marked_on_it() {
        let card = marked("pelargon");
        assert_eq!(hits(&card.title), ["Pelargonerna"]);
        assert_eq!(card.snippet, None);
        assert_eq!(hits(&marked("leta ").turn), ["letade"]);
    }

    #[test]
    fn a_tag_is_shown_where_no_text_says_what_was_met() {
        let card = marked("trädgården ");
        assert_eq!(card.met_labels.iter().flat_map(hits).collect::<Vec<_>>(), ["Trädgård"]);
        assert_eq!(marked("trädgård leta ").met_labels, [], "a text says enough");
    }

    #[test]
    fn what_the_card_does_not_show_comes_as_a_snippet() {
        let snippet = marked("kvitto ").snippet.unwrap();
        assert_eq!(hits(&snippet), ["kvittot"]);
        assert!(snippet.text().starts_with('…') && snippet.text().ends_with("kvittot."), "{snippet:?}");
    }
}
