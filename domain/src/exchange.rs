//! The format in which stories come and go: one JSON story a line, labels and people by name.
//!
//! Canonical form, so that an export of an import is the import again: keys in the order of [`KEYS`], unknown fields
//! after them in alphabetical order, `", "` and `": "` between them, lines ordered by id.

use std::io;

use serde::Serialize;
use serde_json::{Value, ser::Formatter};
use thiserror::Error;
use uuid::Uuid;

use crate::{
    Object,
    id::StoryId,
    language::Language,
    story::{Audience, Part, Status, StoryKind},
    text::{Name, StoryText, TextError, Title},
    time::Day,
};

/// The keys of a story, in canonical order. `audience` and `status` appear only where they are not the usual ones.
pub const KEYS: [&str; 17] = [
    "id",
    "kind",
    "title",
    "situation",
    "action",
    "outcome",
    "lesson",
    "quote",
    "department",
    "site",
    "tags",
    "values",
    "occurred_on",
    "author",
    "language",
    "audience",
    "status",
];

/// A story as it travels between libraries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeStory {
    pub id: StoryId,
    pub kind: StoryKind,
    pub title: Option<Title>,
    pub situation: Option<StoryText>,
    pub action: Option<StoryText>,
    pub outcome: Option<StoryText>,
    pub lesson: Option<StoryText>,
    pub quote: Option<StoryText>,
    pub department: Option<Name>,
    pub site: Option<Name>,
    pub tags: Vec<Name>,
    pub values: Vec<Name>,
    pub occurred_on: Option<Day>,
    pub author: Name,
    pub language: Language,
    pub audience: Audience,
    pub status: Status,
    /// Fields that we do not know; kept and given back.
    pub extra: Object,
}

/// Why a line cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExchangeError {
    #[error("is not JSON: {0}")]
    NotJson(String),
    #[error("is not a JSON object")]
    NotAnObject,
    #[error("`{field}` {problem}")]
    Field { field: &'static str, problem: String },
    #[error("tells nothing: situation, action and outcome are blank")]
    TellsNothing,
}

impl ExchangeStory {
    pub fn from_line(line: &str) -> Result<Self, ExchangeError> {
        let value: Value =
            serde_json::from_str(line).map_err(|error| ExchangeError::NotJson(error.to_string()))?;
        match value {
            Value::Object(fields) => Self::from_object(fields),
            _ => Err(ExchangeError::NotAnObject),
        }
    }

    pub fn from_object(mut fields: Object) -> Result<Self, ExchangeError> {
        let mut text = |field: &'static str| take_text(&mut fields, field);
        let id = text("id")?;
        let kind = text("kind")?;
        let [title, situation, action, outcome, lesson, quote] = Part::ALL.map(|part| text(part.key()));
        let (title, situation, action) = (title?, situation?, action?);
        let (outcome, lesson, quote) = (outcome?, lesson?, quote?);
        let (department, site) = (text("department")?, text("site")?);
        let (day, author, language) = (text("occurred_on")?, text("author")?, text("language")?);
        let (audience, status) = (text("audience")?, text("status")?);
        let tags = take_names(&mut fields, "tags")?;
        let values = take_names(&mut fields, "values")?;
        let story = Self {
            id: match id.as_str() {
                "" => derived_id(&[&author, &title, &situation, &action, &outcome]),
                id => id.parse().map_err(|_| wrong("id", "is not a UUID"))?,
            },
            kind: kind_of(&kind)?,
            title: optional("title", title)?,
            situation: optional("situation", situation)?,
            action: optional("action", action)?,
            outcome: optional("outcome", outcome)?,
            lesson: optional("lesson", lesson)?,
            quote: optional("quote", quote)?,
            department: optional("department", department)?,
            site: optional("site", site)?,
            tags,
            values,
            occurred_on: match day.as_str() {
                "" => None,
                day => Some(day.parse().map_err(|error| wrong("occurred_on", error))?),
            },
            author: Name::new(author).map_err(|error| wrong("author", error))?,
            language: match language.as_str() {
                "" => Language::default(),
                code => code.parse().map_err(|()| wrong("language", "is neither sv nor en"))?,
            },
            audience: keyword("audience", &audience)?,
            status: keyword("status", &status)?,
            extra: fields,
        };
        if story.situation.is_none() && story.action.is_none() && story.outcome.is_none() {
            return Err(ExchangeError::TellsNothing);
        }
        Ok(story)
    }

    /// The canonical line, without its end.
    pub fn to_line(&self) -> String {
        let mut line = String::from("{");
        let mut field = |key: &str, value: &dyn Json| {
            if line.len() > 1 {
                line.push_str(", ");
            }
            line.push_str(&key.json());
            line.push_str(": ");
            line.push_str(&value.json());
        };
        field("id", &self.id);
        field("kind", &self.kind.key());
        field("title", &blank(&self.title));
        field("situation", &blank(&self.situation));
        field("action", &blank(&self.action));
        field("outcome", &blank(&self.outcome));
        field("lesson", &blank(&self.lesson));
        field("quote", &blank(&self.quote));
        field("department", &blank(&self.department));
        field("site", &blank(&self.site));
        field("tags", &self.tags);
        field("values", &self.values);
        field("occurred_on", &self.occurred_on.map(|day| day.to_string()).unwrap_or_default());
        field("author", &self.author);
        field("language", &self.language);
        if self.audience != Audience::default() {
            field("audience", &self.audience);
        }
        if self.status != Status::default() {
            field("status", &self.status);
        }
        // A key of ours among them would be there twice, and whoever reads the line would believe the last.
        for (key, value) in self.extra.iter().filter(|(key, _)| !KEYS.contains(&key.as_str())) {
            field(key, value);
        }
        line.push('}');
        line
    }
}

fn wrong(field: &'static str, problem: impl ToString) -> ExchangeError {
    ExchangeError::Field { field, problem: problem.to_string() }
}

/// Nobody chooses the kind `other`, but an export writes it for kinds that only newer phones know.
fn kind_of(key: &str) -> Result<StoryKind, ExchangeError> {
    let known = StoryKind::ALL.into_iter().chain([StoryKind::Other]);
    known.into_iter().find(|kind| kind.key() == key).ok_or_else(|| {
        let expected: Vec<_> = StoryKind::ALL.iter().map(|kind| kind.key()).collect();
        wrong("kind", format!("is {key:?}, expected one of {}", expected.join(", ")))
    })
}

fn take_text(fields: &mut Object, field: &'static str) -> Result<String, ExchangeError> {
    match fields.remove(field) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(wrong(field, "is not a text")),
    }
}

fn take_names(fields: &mut Object, field: &'static str) -> Result<Vec<Name>, ExchangeError> {
    let members = match fields.remove(field) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(members)) => members,
        Some(_) => return Err(wrong(field, "is not a list of texts")),
    };
    members
        .into_iter()
        .map(|member| match member {
            Value::String(name) => {
                Name::new(name).map_err(|error| wrong(field, format!("holds a name that {error}")))
            }
            _ => Err(wrong(field, "is not a list of texts")),
        })
        .collect()
}

fn optional<const MAX: usize>(
    field: &'static str,
    text: String,
) -> Result<Option<crate::text::Bounded<MAX>>, ExchangeError> {
    crate::text::Bounded::optional(text).map_err(|error: TextError| wrong(field, error))
}

fn keyword<T: Default + serde::de::DeserializeOwned>(
    field: &'static str,
    word: &str,
) -> Result<T, ExchangeError> {
    match word {
        "" => Ok(T::default()),
        word => {
            serde_json::from_value(Value::from(word)).map_err(|_| wrong(field, format!("cannot be {word:?}")))
        }
    }
}

/// A line without an id gets one that follows from its text, so that importing it twice makes one story.
fn derived_id(parts: &[&str]) -> StoryId {
    let namespace = Uuid::from_u128(0x5011_5ce0_0001_5000_8000_696d_706f_7274);
    StoryId::from_uuid(Uuid::new_v5(&namespace, parts.join("\u{1f}").as_bytes()))
}

fn blank<T: AsRef<str>>(text: &Option<T>) -> &str {
    text.as_ref().map_or("", AsRef::as_ref)
}

trait Json {
    fn json(&self) -> String;
}

impl<T: Serialize + ?Sized> Json for T {
    fn json(&self) -> String {
        let mut out = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut out, Spaced);
        self.serialize(&mut serializer).expect("names and numbers can be written as JSON");
        String::from_utf8(out).expect("JSON is UTF-8")
    }
}

/// `", "` between members and `": "` after keys.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

#[cfg(test)]
mod tests;
