//! A true story from the shop floor, in parts.

use serde::{Deserialize, Serialize};

use crate::{
    Object,
    attachment::{self, Attachment, Served},
    id::{AttachmentId, LabelId, PersonId},
    language::Language,
    text::{StoryText, Title},
    time::{Day, Millis},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoryKind {
    Turnaround,
    BeyondExpectations,
    HeroOfTheDay,
    Colleague,
    CustomerWords,
    /// A kind that a newer version knows.
    #[serde(other)]
    Other,
}

impl StoryKind {
    /// The kinds one can choose.
    pub const ALL: [Self; 5] = [
        Self::Turnaround,
        Self::BeyondExpectations,
        Self::HeroOfTheDay,
        Self::Colleague,
        Self::CustomerWords,
    ];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Turnaround => "turnaround",
            Self::BeyondExpectations => "beyond_expectations",
            Self::HeroOfTheDay => "hero_of_the_day",
            Self::Colleague => "colleague",
            Self::CustomerWords => "customer_words",
            Self::Other => "other",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}

/// Who may see a story that is in the library.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    Author,
    Department,
    #[default]
    Everyone,
}

/// How far a told story has come. (A draft is not a story yet.)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    InReview,
    #[default]
    InLibrary,
    Archived,
}

/// The parts that hold text, in the order in which they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Title,
    Situation,
    Action,
    Outcome,
    Lesson,
    Quote,
}

impl Part {
    pub const ALL: [Self; 6] =
        [Self::Title, Self::Situation, Self::Action, Self::Outcome, Self::Lesson, Self::Quote];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Situation => "situation",
            Self::Action => "action",
            Self::Outcome => "outcome",
            Self::Lesson => "lesson",
            Self::Quote => "quote",
        }
    }

    /// Characters that fit.
    pub const fn max_chars(self) -> usize {
        match self {
            Self::Title => Title::MAX_CHARS,
            _ => StoryText::MAX_CHARS,
        }
    }
}

/// A told story. Labels and the author are ids; [`crate::view::StoryView`] holds their names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    pub kind: StoryKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub situation: Option<StoryText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<StoryText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<StoryText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lesson: Option<StoryText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<StoryText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<LabelId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<LabelId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<LabelId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<LabelId>,
    /// Photos and voice notes, in the order in which they were taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// What the server has of them. Set by the server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub served: Vec<Served>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_on: Option<Day>,
    pub author: PersonId,
    #[serde(default)]
    pub language: Language,
    #[serde(default)]
    pub audience: Audience,
    #[serde(default)]
    pub status: Status,
    /// When it was told, by the phone's clock. For display.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Millis>,
    /// When the server received it. Set by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Millis>,
    /// The moment by which the library orders: `received_at`, or for an imported story the day it happened. Set by
    /// the server, so that a phone whose clock is a year ahead does not stay on top for a year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Millis>,
    /// When it was deleted; it can be restored. Set by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Millis>,
    /// Fields of an imported story that we do not know, kept for the export.
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub extra: Object,
}

impl Story {
    /// A story by `author` without a word in it yet.
    pub fn blank(author: PersonId) -> Self {
        Self {
            kind: StoryKind::Turnaround,
            title: None,
            situation: None,
            action: None,
            outcome: None,
            lesson: None,
            quote: None,
            department: None,
            site: None,
            tags: Vec::new(),
            values: Vec::new(),
            attachments: Vec::new(),
            served: Vec::new(),
            occurred_on: None,
            author,
            language: Language::default(),
            audience: Audience::default(),
            status: Status::default(),
            told_at: None,
            received_at: None,
            published_at: None,
            deleted_at: None,
            extra: Object::new(),
        }
    }

    /// How many tags a story has at most, and how many values.
    pub const MAX_LABELS: usize = 200;

    pub fn labels_fit(&self) -> bool {
        self.tags.len() <= Self::MAX_LABELS && self.values.len() <= Self::MAX_LABELS
    }

    pub fn attachments_fit(&self) -> bool {
        attachment::fit(&self.attachments)
    }

    pub fn attachment(&self, id: AttachmentId) -> Option<&Attachment> {
        self.attachments.iter().find(|attachment| attachment.id == id)
    }

    /// What the server has of an attachment that the story still has.
    pub fn served(&self, id: AttachmentId) -> Option<&Served> {
        self.attachment(id)?;
        self.served.iter().find(|served| served.id == id)
    }

    /// The text of a part; empty when it has none.
    pub fn text(&self, part: Part) -> &str {
        match part {
            Part::Title => self.title.as_ref().map(Title::as_str),
            Part::Situation => self.situation.as_ref().map(StoryText::as_str),
            Part::Action => self.action.as_ref().map(StoryText::as_str),
            Part::Outcome => self.outcome.as_ref().map(StoryText::as_str),
            Part::Lesson => self.lesson.as_ref().map(StoryText::as_str),
            Part::Quote => self.quote.as_ref().map(StoryText::as_str),
        }
        .unwrap_or_default()
    }

    /// Whether it tells anything: a situation, an action or an outcome.
    pub fn tells(&self) -> bool {
        self.situation.is_some() || self.action.is_some() || self.outcome.is_some()
    }

    /// The title, or the one its text suggests.
    pub fn heading(&self) -> String {
        match &self.title {
            Some(title) => title.as_str().to_owned(),
            None => {
                suggested_title([Part::Situation, Part::Action, Part::Outcome].map(|part| self.text(part)))
            }
        }
    }

    /// The turning point, as a card shows it: what was done, else how it went, else what happened.
    pub fn turning_point(&self) -> &str {
        [Part::Action, Part::Outcome, Part::Situation]
            .into_iter()
            .map(|part| self.text(part))
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    }
}

/// Longest title that is suggested, in characters.
const SUGGESTED_CHARS: usize = 48;

/// The parts whose first words are a draft's title while it has none of its own, in this order.
pub const TITLED_BY: [Part; 5] = [Part::Situation, Part::Action, Part::Outcome, Part::Quote, Part::Lesson];

/// A title from the first words that say something: the first sentence, cut at a word.
pub fn suggested_title<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let text = parts.into_iter().map(str::trim).find(|text| !text.is_empty()).unwrap_or_default();
    let sentence = first_sentence(text);
    if sentence.chars().count() <= SUGGESTED_CHARS {
        return sentence.to_owned();
    }
    let mut title = String::new();
    for word in sentence.split_whitespace() {
        if title.chars().count() + word.chars().count() >= SUGGESTED_CHARS {
            break;
        }
        if !title.is_empty() {
            title.push(' ');
        }
        title.push_str(word);
    }
    if title.is_empty() {
        title = sentence.chars().take(SUGGESTED_CHARS).collect();
    }
    format!("{}…", title.trim_end_matches([',', ';', ':', '–', '-']))
}

/// Up to the first full stop, question mark, exclamation mark or line break that ends a sentence.
pub fn first_sentence(text: &str) -> &str {
    let text = text.trim();
    let mut previous_is_digit = false;
    for (at, c) in text.char_indices() {
        let after = text[at + c.len_utf8()..].chars().next();
        let ends = match c {
            '\n' => return text[..at].trim_end(),
            '!' | '?' => after.is_none_or(char::is_whitespace),
            // «kl. 9.30» and «18.07» are not the end of anything.
            '.' => after.is_none_or(char::is_whitespace) && !previous_is_digit && at > 3,
            _ => false,
        };
        if ends {
            return text[..at + usize::from(c != '.')].trim_end_matches('.');
        }
        previous_is_digit = c.is_ascii_digit();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_suggested_from_the_first_sentence() {
        assert_eq!(suggested_title(["", "Det kom en hund. Den var våt."]), "Det kom en hund");
        assert_eq!(suggested_title(["Kl. 18.07 ringde det. Sen inget."]), "Kl. 18.07 ringde det");
        assert_eq!(
            suggested_title(["Lördag strax efter öppning kommer ett par in med en bebis i sele"]),
            "Lördag strax efter öppning kommer ett par in med…"
        );
        assert_eq!(suggested_title(["å".repeat(100).as_str()]).chars().count(), 49);
        assert_eq!(suggested_title(["  "]), "");
    }

    #[test]
    fn a_kind_from_a_newer_version_is_read_as_other() {
        let story: Story = serde_json::from_str(
            r#"{"kind":"miracle","author":"00000000-0000-0000-0000-000000000000","mood":"glad"}"#,
        )
        .unwrap();
        assert_eq!(story.kind, StoryKind::Other);
    }
}
