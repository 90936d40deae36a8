use crate::{
    Object,
    conflict::Conflict,
    id::LabelId,
    label::Label,
    path::Path,
    person::Person,
    reaction::{Reaction, Tally},
    thing::{ThingKind, read},
    wording::Wording,
};

/// Things that are small enough to be held whole.
#[derive(Clone, Debug, PartialEq)]
pub enum Small {
    Label(Label),
    Person(Person),
    Path(Path),
    Tally(Tally),
    Reaction(Reaction),
    Conflict(Conflict),
    Wording(Wording),
}

impl Small {
    pub fn read(kind: &ThingKind, state: &str) -> Option<Self> {
        match kind {
            ThingKind::Person => serde_json::from_str(state).ok().map(Self::Person),
            ThingKind::Path => serde_json::from_str(state).ok().map(Self::Path),
            ThingKind::Tally => serde_json::from_str(state).ok().map(Self::Tally),
            ThingKind::Reaction => serde_json::from_str(state).ok().map(Self::Reaction),
            ThingKind::Conflict => serde_json::from_str(state).ok().map(Self::Conflict),
            ThingKind::Wording => serde_json::from_str(state).ok().map(Self::Wording),
            kind => kind.label().and_then(|_| serde_json::from_str(state).ok()).map(Self::Label),
        }
    }

    pub fn of(kind: &ThingKind, state: &Object) -> Option<Self> {
        match kind {
            ThingKind::Person => read(state).ok().map(Self::Person),
            ThingKind::Path => read(state).ok().map(Self::Path),
            ThingKind::Tally => read(state).ok().map(Self::Tally),
            ThingKind::Reaction => read(state).ok().map(Self::Reaction),
            ThingKind::Conflict => read(state).ok().map(Self::Conflict),
            ThingKind::Wording => read(state).ok().map(Self::Wording),
            kind => kind.label().and_then(|_| read(state).ok()).map(Self::Label),
        }
    }
}

/// What the server said, and what open ops have made of it.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// With the very JSON, for the snapshot and for edits.
    pub base: Option<(Small, String)>,
    pub overlay: Option<Small>,
}

impl Layers {
    pub fn told(&self) -> Option<&Small> {
        self.base.as_ref().map(|(small, _)| small)
    }

    /// What stories are found by, if this is a label or a person: its name, or the label that took its place.
    pub fn name(&self) -> Option<(&str, Option<LabelId>)> {
        match self.top()? {
            Small::Label(label) => Some((label.name.as_str(), label.merged_into)),
            Small::Person(person) => Some((person.name.as_str(), None)),
            _ => None,
        }
    }

    pub fn top(&self) -> Option<&Small> {
        self.overlay.as_ref().or_else(|| self.told())
    }
}
