//! Tags, values, sites and departments: things with an id, a name and aliases. A story points at the id, so that
//! renaming or merging a label never touches a story.

use serde::{Deserialize, Serialize};

use crate::{id::LabelId, text::Name};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelKind {
    Tag,
    Value,
    Site,
    Department,
}

impl LabelKind {
    pub const ALL: [Self; 4] = [Self::Tag, Self::Value, Self::Site, Self::Department];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Value => "value",
            Self::Site => "site",
            Self::Department => "department",
        }
    }
}

/// What is known of a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    pub name: Name,
    /// Other names that lead here: earlier ones, and those of labels merged into this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<Name>,
    /// The label that took this one's place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<LabelId>,
}

impl Label {
    pub fn new(name: Name) -> Self {
        Self { name, aliases: Vec::new(), merged_into: None }
    }

    /// Whether `name` is this label's name or one of its aliases.
    pub fn is_called(&self, name: &str) -> bool {
        let wanted = same_name(name);
        std::iter::once(&self.name).chain(&self.aliases).any(|own| same_name(own.as_str()) == wanted)
    }
}

/// The form in which two names are the same: lower case, single spaces, none at the ends.
pub fn same_name(name: &str) -> String {
    name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}
