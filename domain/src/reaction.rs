//! What a story did with those who read it.

use serde::{Deserialize, Serialize};

use crate::id::{PersonId, StoryId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReactionKind {
    Applause,
    Learned,
    WillTry,
}

impl ReactionKind {
    pub const ALL: [Self; 3] = [Self::Applause, Self::Learned, Self::WillTry];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Applause => "applause",
            Self::Learned => "learned",
            Self::WillTry => "will_try",
        }
    }
}

/// One register per person, story and kind: merging is overwriting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    pub story: StoryId,
    pub person: PersonId,
    pub reaction: ReactionKind,
    pub on: bool,
}

/// What a story has come to, counted by the server. Travels apart from the story, so that applause does not send its
/// text around again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    pub applause: u32,
    pub learned: u32,
    pub will_try: u32,
    /// Occasions on which it was shown to new colleagues.
    pub shown: u32,
}

impl Tally {
    pub fn of(&self, kind: ReactionKind) -> u32 {
        match kind {
            ReactionKind::Applause => self.applause,
            ReactionKind::Learned => self.learned,
            ReactionKind::WillTry => self.will_try,
        }
    }

    /// Counts one reaction more, or one less.
    pub fn count(&mut self, kind: ReactionKind, on: bool) {
        let count = match kind {
            ReactionKind::Applause => &mut self.applause,
            ReactionKind::Learned => &mut self.learned,
            ReactionKind::WillTry => &mut self.will_try,
        };
        *count = if on { count.saturating_add(1) } else { count.saturating_sub(1) };
    }
}
