//! What stories are narrowed and counted by, kept as terms beside those of their text: a kind, a label.

use domain::{
    id::LabelId,
    story::{Story, StoryKind},
};
use uuid::Uuid;

/// Begins every fact. No word of a text does.
pub const MARK: char = '\u{1}';
/// Sorts behind every fact and before every word.
pub const AFTER: &str = "\u{2}";

pub fn kind(kind: StoryKind) -> String {
    format!("{MARK}{}", kind.key())
}

pub fn label(id: LabelId) -> String {
    format!("{MARK}{}", id.uuid().simple())
}

/// All that hold of a story, ascending.
pub fn of(story: &Story) -> Vec<String> {
    let labels = story.tags.iter().chain(&story.values).chain(&story.department).chain(&story.site);
    let mut facts: Vec<String> = labels.map(|id| label(*id)).chain([kind(story.kind)]).collect();
    facts.sort();
    facts.dedup();
    facts
}

/// A fact, read back.
pub enum Fact<'a> {
    Kind(&'a str),
    Label(LabelId),
}

pub fn read(term: &str) -> Option<Fact<'_>> {
    let fact = term.strip_prefix(MARK)?;
    Some(match Uuid::try_parse(fact) {
        Ok(id) => Fact::Label(LabelId::from_uuid(id)),
        Err(_) => Fact::Kind(fact),
    })
}
