//! Everything that is ever synced is a thing: a kind, an id and a JSON object. This page says how the fields of each
//! kind merge; a new kind of thing is one more line in [`Schema::of`].

use std::{convert::Infallible, fmt, str::FromStr};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    Object,
    id::{LabelId, PathId, PersonId, StoryId, ThingId},
    label::LabelKind,
};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum ThingKind {
    Story,
    Tag,
    Value,
    Site,
    Department,
    Person,
    Path,
    Showing,
    Reaction,
    /// Words that stand for one another in a search.
    Wording,
    /// Derived by the server, one per story.
    Tally,
    /// A text that met another edit, kept for the author and the curators.
    Conflict,
    /// A kind that a newer version knows; carried along unread.
    Other(String),
}

impl ThingKind {
    pub(crate) const KNOWN: [Self; 12] = [
        Self::Story,
        Self::Tag,
        Self::Value,
        Self::Site,
        Self::Department,
        Self::Person,
        Self::Path,
        Self::Showing,
        Self::Reaction,
        Self::Wording,
        Self::Tally,
        Self::Conflict,
    ];

    pub fn key(&self) -> &str {
        match self {
            Self::Story => "story",
            Self::Tag => LabelKind::Tag.key(),
            Self::Value => LabelKind::Value.key(),
            Self::Site => LabelKind::Site.key(),
            Self::Department => LabelKind::Department.key(),
            Self::Person => "person",
            Self::Path => "path",
            Self::Showing => "showing",
            Self::Reaction => "reaction",
            Self::Wording => "wording",
            Self::Tally => "tally",
            Self::Conflict => "conflict",
            Self::Other(key) => key,
        }
    }

    pub fn label(&self) -> Option<LabelKind> {
        LabelKind::ALL.into_iter().find(|kind| kind.key() == self.key())
    }
}

impl From<LabelKind> for ThingKind {
    fn from(kind: LabelKind) -> Self {
        match kind {
            LabelKind::Tag => Self::Tag,
            LabelKind::Value => Self::Value,
            LabelKind::Site => Self::Site,
            LabelKind::Department => Self::Department,
        }
    }
}

impl From<String> for ThingKind {
    fn from(key: String) -> Self {
        Self::KNOWN.into_iter().find(|kind| kind.key() == key).unwrap_or(Self::Other(key))
    }
}

impl FromStr for ThingKind {
    type Err = Infallible;

    fn from_str(key: &str) -> Result<Self, Infallible> {
        Ok(Self::from(key.to_owned()))
    }
}

impl From<ThingKind> for String {
    fn from(kind: ThingKind) -> String {
        match kind {
            ThingKind::Other(key) => key,
            known => known.key().to_owned(),
        }
    }
}

/// Names one thing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ThingRef {
    pub kind: ThingKind,
    pub id: ThingId,
}

impl ThingRef {
    pub fn new(kind: ThingKind, id: impl Into<ThingId>) -> Self {
        Self { kind, id: id.into() }
    }

    pub fn story(id: StoryId) -> Self {
        Self::new(ThingKind::Story, id)
    }

    pub fn tally(story: StoryId) -> Self {
        Self::new(ThingKind::Tally, story)
    }

    pub fn person(id: PersonId) -> Self {
        Self::new(ThingKind::Person, id)
    }

    pub fn path(id: PathId) -> Self {
        Self::new(ThingKind::Path, id)
    }

    pub fn label(kind: LabelKind, id: LabelId) -> Self {
        Self::new(kind.into(), id)
    }
}

/// `story/0199…`: one word, for keys in a store.
impl fmt::Display for ThingRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.key(), self.id)
    }
}

impl FromStr for ThingRef {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (kind, id) = text.rsplit_once('/').ok_or(())?;
        Ok(Self { kind: ThingKind::from(kind.to_owned()), id: id.parse().map_err(|_| ())? })
    }
}

/// How the fields of a kind of thing merge. A field that is named nowhere is a register: the last change to reach
/// the server holds.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// Merged word by word; where two edits overlap, both texts are kept.
    pub text: &'static [&'static str],
    /// Sets in which an addition wins over a concurrent removal.
    pub sets: &'static [&'static str],
    /// Fields that only the server writes, or that never change once told. A change to them is ignored.
    pub fixed: &'static [&'static str],
    /// What creating a thing a second time means.
    pub again: Again,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// The thing is there; nothing more to do. (Two phones minted the same tag.)
    Keep,
    /// What its author created it with first stands. Members of its sets are added, and texts that differ are kept in a
    /// conflict: two copies of a browser profile told the same draft.
    Merge,
    /// The fields are overwritten: the thing is a register.
    Overwrite,
}

impl Schema {
    pub fn of(kind: &ThingKind) -> Option<Self> {
        const KEEP: Again = Again::Keep;
        let schema = match kind {
            ThingKind::Story => Self {
                text: &["title", "situation", "action", "outcome", "lesson", "quote"],
                sets: &["tags", "values", "attachments", "served"],
                fixed: &["author", "told_at", "received_at", "published_at", "deleted_at", "status"],
                again: Again::Merge,
            },
            ThingKind::Tag | ThingKind::Value | ThingKind::Site | ThingKind::Department => {
                Self { text: &[], sets: &["aliases"], fixed: &["deleted_at"], again: KEEP }
            }
            ThingKind::Person => {
                Self { text: &[], sets: &[], fixed: &["joined_at", "deleted_at"], again: KEEP }
            }
            ThingKind::Path => Self {
                text: &["title", "purpose"],
                sets: &["departments"],
                fixed: &["author", "deleted_at"],
                again: Again::Merge,
            },
            ThingKind::Showing => Self { text: &[], sets: &[], fixed: &["by", "deleted_at"], again: KEEP },
            ThingKind::Reaction => Self {
                text: &[],
                sets: &[],
                fixed: &["story", "person", "reaction"],
                again: Again::Overwrite,
            },
            ThingKind::Wording => Self { text: &[], sets: &["words"], fixed: &["deleted_at"], again: KEEP },
            ThingKind::Conflict => Self {
                text: &[],
                sets: &[],
                fixed: &["about", "author", "by", "texts", "at", "audience"],
                again: KEEP,
            },
            ThingKind::Tally | ThingKind::Other(_) => return None,
        };
        Some(schema)
    }

    pub fn is_text(&self, field: &str) -> bool {
        self.text.contains(&field)
    }

    pub fn is_set(&self, field: &str) -> bool {
        self.sets.contains(&field)
    }

    pub fn is_fixed(&self, field: &str) -> bool {
        self.fixed.contains(&field)
    }
}

/// What a member of a set is known by: itself, or the `id` in it.
pub fn member_name(member: &Value) -> Option<&str> {
    member.as_str().or_else(|| member.get("id")?.as_str())
}

/// Reads a thing's fields as the type that this version knows; unknown fields are passed over, not lost.
#[cfg(not(target_arch = "wasm32"))]
pub fn read<T: DeserializeOwned>(state: &Object) -> Result<T, serde_json::Error> {
    T::deserialize(state)
}

/// As above, by way of text: a second decoder for every type would travel to every phone, to save a moment that
/// nobody there notices.
#[cfg(target_arch = "wasm32")]
pub fn read<T: DeserializeOwned>(state: &Object) -> Result<T, serde_json::Error> {
    serde_json::from_str(&serde_json::to_string(state)?)
}

/// The fields of a typed thing.
pub fn fields<T: Serialize>(thing: &T) -> Object {
    // By way of text, for the same reason.
    let text = serde_json::to_string(thing).expect("a thing is plain data with text for keys");
    serde_json::from_str(&text).expect("every thing is a JSON object")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_we_do_not_know_is_carried_along() {
        let kind: ThingKind = serde_json::from_str(r#""pulse""#).unwrap();
        assert_eq!(kind, ThingKind::Other("pulse".into()));
        assert_eq!(serde_json::to_string(&kind).unwrap(), r#""pulse""#);
        for kind in ThingKind::KNOWN {
            assert_eq!(ThingKind::from(kind.key().to_owned()), kind);
        }
    }

    #[test]
    fn a_reference_survives_being_written_as_one_word() {
        let story = ThingRef::story("01991601-324d-7436-af22-2e9528f59154".parse().unwrap());
        assert_eq!(story.to_string().parse(), Ok(story));
    }
}
