//! Stories as they are exchanged: one JSON object a line.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use domain::{exchange::ExchangeStory, language::Language, search::Document, story::StoryKind};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
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
    /// The story in the canonical form of the exchange format, without the line's end.
    pub fn line(&self) -> String {
        let json = serde_json::to_string(self).expect("a story is plain data");
        ExchangeStory::from_line(&json).expect("what nobody told is told by the rules").to_line()
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

/// The objects of a file, one a line; says which line is at fault.
pub fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(at, line)| {
            serde_json::from_str(line).with_context(|| format!("{}:{}", path.display(), at + 1))
        })
        .collect()
}
