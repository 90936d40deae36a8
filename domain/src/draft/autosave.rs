//! Which state of a draft is kept when several arrive: from the page that shows it, from one that was killed, from
//! another tab. Pure, so that whoever stores drafts only carries out what [`plan`] says.
//!
//! Invariants:
//! - An older state of a page never replaces a newer one of the same page, in whatever order they arrive.
//! - A state that another page did not start from is kept as a draft of its own.
//! - Planning the same state again changes nothing, however often it is left and taken up.
//! - A draft stays its author's.
//! - Telling a state of a draft takes nothing along that another page has written on ([`Draft::outlives`]).

use serde::{Deserialize, Serialize};

use crate::id::{DraftId, PersonId};

use super::Draft;

/// Which state of a draft this is: the page that wrote it, and the number of the state in that page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Revision {
    /// A random number that the page drew; 0 if no page wrote it.
    pub writer: u64,
    /// Counts up by one from a random number with every state that the page hands over, and wraps.
    pub stroke: u64,
}

impl Revision {
    /// Whether `self` is a later state of the same page. Strokes are serial numbers (RFC 1982): later is what lies less
    /// than half of all numbers ahead.
    pub fn is_after(self, other: Self) -> bool {
        let ahead = self.stroke.wrapping_sub(other.stroke);
        self.writer == other.writer && self.writer != 0 && ahead != 0 && ahead <= u64::MAX / 2
    }

    /// Whether `self` is `other` or a later state of the same page. Nothing is known of the order of states that no
    /// page wrote.
    pub fn includes(self, other: Self) -> bool {
        self.writer == other.writer && self.writer != 0 && !other.is_after(self)
    }
}

/// What to do with a state of a draft.
#[derive(Clone, Debug, PartialEq)]
pub enum Autosave {
    /// Write this in the place of what is stored under its id.
    Write(Box<Draft>),
    /// What is stored is this state, or continues it.
    Stored,
    /// Both texts are to be kept: plan this, which has an id of its own, against what is stored under that id.
    Apart(Box<Draft>),
}

/// Plans how `given` is kept beside what is `stored` under its id. `reader` is signed in on this phone: a draft that
/// was begun before anybody joined becomes theirs.
pub fn plan(given: Draft, stored: Option<&Draft>, reader: Option<PersonId>) -> Autosave {
    let Some(stored) = stored else {
        let person = given.person.or(reader);
        return Autosave::Write(Box::new(Draft { version: given.version + 1, person, ..given }));
    };
    let is_anothers = matches!((given.person, stored.person), (Some(one), Some(other)) if one != other);
    if is_anothers {
        return Autosave::Apart(Box::new(given.apart()));
    }
    if stored.includes(given.revision()) || stored.says_the_same(&given) {
        return Autosave::Stored;
    }
    let follows = given.revision().is_after(stored.revision()) || given.version >= stored.version;
    if !follows {
        return Autosave::Apart(Box::new(given.apart()));
    }
    Autosave::Write(Box::new(Draft {
        version: stored.version.max(given.version) + 1,
        person: given.person.or(stored.person).or(reader),
        ancestors: stored.handed_over_to(given.writer),
        ..given
    }))
}

impl Draft {
    /// How many earlier pages a draft remembers. One that is forgotten can only make a draft too many.
    pub const MAX_ANCESTORS: usize = 16;

    pub fn revision(&self) -> Revision {
        Revision { writer: self.writer, stroke: self.stroke }
    }

    /// This draft as the state `revision` of a page that goes on with it.
    pub fn written_by(self, revision: Revision) -> Self {
        let ancestors = self.handed_over_to(revision.writer);
        Self { writer: revision.writer, stroke: revision.stroke, ancestors, ..self }
    }

    /// Whether this is that state, or continues it.
    fn includes(&self, revision: Revision) -> bool {
        self.revision().includes(revision) || self.ancestors.iter().any(|known| known.includes(revision))
    }

    /// The ancestors of a state by `writer` that continues this one.
    fn handed_over_to(&self, writer: u64) -> Vec<Revision> {
        let mut ancestors = self.ancestors.clone();
        if self.writer != writer && self.writer != 0 {
            ancestors.retain(|known| known.writer != self.writer);
            ancestors.push(self.revision());
        }
        let too_many = ancestors.len().saturating_sub(Self::MAX_ANCESTORS);
        ancestors.drain(..too_many);
        ancestors
    }

    /// This state as a draft of its own. The id follows from the draft and the page, so that the page's next state,
    /// and the same state taken up once more, go to the same draft.
    pub fn apart(self) -> Self {
        let id = DraftId::apart(self.id, self.writer);
        Self { id, version: 0, ancestors: Vec::new(), ..self }
    }

    /// Whether this, stored under the id of a draft that is `told`, holds what is not told with it: another page has gone
    /// on with the draft, or the page itself with a later state.
    pub fn outlives(&self, told: &Self) -> bool {
        if self.is_blank() || self.says_the_same(told) || told.includes(self.revision()) {
            return false;
        }
        told.version < self.version || self.includes(told.revision())
    }

    /// Whether `reader`, or nobody if no one is signed in, may see and tell it.
    pub fn is_for(&self, reader: Option<PersonId>) -> bool {
        self.person.is_none() || self.person == reader
    }
}

#[cfg(test)]
mod tests;
