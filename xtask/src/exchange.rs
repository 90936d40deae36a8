//! Stories as they are exchanged: one JSON object a line.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use domain::{language::Language, search::Document, story::StoryKind};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::ser::Formatter;
use uuid::Uuid;

/// A story with the names of its labels, in the order in which its fields are written.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExchangedStory {
    pub id: Uuid,
    pub kind: StoryKind,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub situation: String,
    #[serde(default)]
    pub action: String,
    #[serde(default)]
    pub outcome: String,
    #[serde(default)]
    pub lesson: String,
    #[serde(default)]
    pub quote: String,
    #[serde(default)]
    pub department: String,
    #[serde(default)]
    pub site: String,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub values: Vec<String>,
    #[serde(default)]
    pub occurred_on: String,
    #[serde(default)]
    pub author: String,
    #[serde(default)]
    pub language: Language,
}

impl ExchangedStory {
    /// Writes the story on a line of its own.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        self.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, Spaced))?;
        out.write_all(b"\n")
    }

    pub fn document(&self) -> Document<'_> {
        Document {
            title: &self.title,
            tags: self.tags.iter().chain(&self.values).map(String::as_str).collect(),
            quote: &self.quote,
            parts: vec![&self.situation, &self.action, &self.outcome, &self.lesson],
            places: vec![&self.department, &self.site],
            people: vec![&self.author],
            kind: Some(self.kind),
            language: self.language,
            restricted: false,
        }
    }
}

/// JSON on one line with a space after every comma and colon.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

/// The objects of a file, one a line; says which line is at fault.
pub fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(at, line)| {
            serde_json::from_str(line).map_err(|error| format!("{}:{}: {error}", path.display(), at + 1))
        })
        .collect()
}
