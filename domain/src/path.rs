//! Onboarding: stories in a chosen order, with a question each, and the occasions on which they were shown.

use serde::{Deserialize, Serialize};

use crate::{
    id::{LabelId, PathId, PersonId, StoryId},
    text::{Line, Title},
    time::Millis,
};

/// A named way into how we do things here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Path {
    pub title: Title,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Line>,
    #[serde(default)]
    pub stops: Vec<Stop>,
    pub author: PersonId,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub departments: Vec<LabelId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Millis>,
}

impl Path {
    /// More stops than this are refused: nobody sits through them.
    pub const MAX_STOPS: usize = 80;
}

/// One story with its question. Turning point and outcome are held back until they are shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    pub story: StoryId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<Line>,
}

/// Somebody was shown these stories of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Showing {
    pub path: PathId,
    pub stories: Vec<StoryId>,
    pub by: PersonId,
    pub at: Millis,
}
