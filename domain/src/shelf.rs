//! What a phone has in memory of its library: a directory of every story (not its text), and everything small.
//!
//! Texts stay in the blocks of the phone's store; the directory says where each lies. What open ops have made of a
//! thing (its overlay) lies on top of what the server last said. A snapshot lets the next start load the directory
//! instead of reading every block.

mod indexing;
mod listing;
mod small;
mod snapshot;

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
};

use crate::{
    Object,
    conflict::{Conflict, MetEdit},
    id::{LabelId, PathId, PersonId, StoryId, ThingId, WordingId},
    label::LabelKind,
    names::Names,
    path::Path,
    reaction::{ReactionKind, Tally},
    story::{Status, Story, StoryKind},
    sync::wire::{Reason, Record},
    thing::{ThingKind, ThingRef, read},
    time::Millis,
    view::{Around, Pending},
    wording::Wording,
};

pub use indexing::{Indexable, Unindexed};
pub use listing::Listed;
use small::{Layers, Small};

/// Where a story's latest text lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Bytes `start .. start + len` of a block's lines: one record.
    Block { number: u32, start: u32, len: u32 },
    /// In the phone's own projection.
    Overlay,
}

/// What lists and filters need of a story.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    kind: StoryKind,
    department: Option<LabelId>,
    site: Option<LabelId>,
    tags: Vec<LabelId>,
    values: Vec<LabelId>,
    author: PersonId,
    /// What the library orders by. One's own story that the server has not seen yet comes first.
    published_at: Millis,
    listed: bool,
}

#[derive(Clone, Debug)]
struct Slot {
    id: StoryId,
    /// What the server last said, and where its text lies.
    base: Option<(Entry, u64, Place)>,
    /// With a hash of the whole projection.
    overlay: Option<(Entry, u64)>,
}

impl Slot {
    fn entry(&self) -> Option<&Entry> {
        self.overlay.as_ref().map(|(entry, _)| entry).or(self.base.as_ref().map(|(entry, ..)| entry))
    }

    fn place(&self) -> Option<Place> {
        match (&self.overlay, &self.base) {
            (Some(_), _) => Some(Place::Overlay),
            (None, Some((_, _, place))) => Some(*place),
            (None, None) => None,
        }
    }
}

/// How far an overlay's latest change has come, and whose it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Change {
    received_at: Option<Millis>,
}

/// The directory.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    slots: Vec<Slot>,
    by_id: HashMap<StoryId, u32>,
    small: HashMap<ThingRef, Layers>,
    names: Names,
    wordings: BTreeMap<WordingId, Wording>,
    pending: HashMap<ThingRef, Change>,
    refused: HashMap<ThingId, Reason>,
    /// Blocks up to here (exclusive) have been read.
    next_block: u32,
    unindexed: Unindexed,
}

impl Shelf {
    /// The first block that has not been read yet.
    pub fn next_block(&self) -> u32 {
        self.next_block
    }

    /// Reads one block of records, in order.
    pub fn absorb(&mut self, number: u32, lines: &str) {
        let mut start = 0;
        for line in lines.split_inclusive('\n') {
            let text = line.trim_end_matches('\n');
            if let Ok(record) = serde_json::from_str::<Record>(text) {
                let place = Place::Block { number, start, len: text.len() as u32 };
                self.put(&record, place);
            }
            start += line.len() as u32;
        }
        self.next_block = self.next_block.max(number + 1);
    }

    fn put(&mut self, record: &Record, place: Place) {
        let state = record.state.as_ref().map(|state| state.get());
        if record.kind == ThingKind::Story {
            let story = state.and_then(|state| serde_json::from_str::<Story>(state).ok());
            let base = story.map(|story| (Entry::of(&story), record.seq, place));
            self.slot(record.id.into()).base = base;
            self.touch(record.id.into());
            return;
        }
        let small =
            state.and_then(|state| Small::read(&record.kind, state).map(|small| (small, state.to_owned())));
        self.set_small(record.thing(), |layers| layers.base = small);
    }

    /// Lays what open ops have made of a thing over what the server said, or takes it away. `state` is the
    /// projection, `received_at` when the server acknowledged its latest op.
    pub fn set_overlay(&mut self, thing: &ThingRef, overlay: Option<(&Object, Option<Millis>)>) {
        match overlay {
            Some((_, received_at)) => self.pending.insert(thing.clone(), Change { received_at }),
            None => self.pending.remove(thing),
        };
        let state = overlay.map(|(state, _)| state);
        if thing.kind == ThingKind::Story {
            let story = state.and_then(|state| Some((state, read::<Story>(state).ok()?)));
            let entry = story.map(|(state, story)| (Entry::of(&story), hash(state)));
            self.slot(thing.id.into()).overlay = entry;
            self.touch(thing.id.into());
            return;
        }
        let small = state.and_then(|state| Small::of(&thing.kind, state));
        self.set_small(thing.clone(), |layers| layers.overlay = small);
    }

    /// Which things have overlays.
    pub fn overlaid(&self) -> Vec<ThingRef> {
        self.pending.keys().cloned().collect()
    }

    /// The changes that the server did not take, by thing.
    pub fn set_refused(&mut self, refused: impl IntoIterator<Item = (ThingId, Reason)>) {
        self.refused = refused.into_iter().collect();
    }

    fn slot(&mut self, id: StoryId) -> &mut Slot {
        let next = self.slots.len() as u32;
        let number = *self.by_id.entry(id).or_insert(next);
        if number == next {
            self.slots.push(Slot { id, base: None, overlay: None });
        }
        &mut self.slots[number as usize]
    }

    fn set_small(&mut self, thing: ThingRef, set: impl FnOnce(&mut Layers)) {
        let layers = self.small.entry(thing.clone()).or_default();
        let before = layers.name().map(|(name, merged)| (name.to_owned(), merged));
        set(layers);
        if layers.name() != before.as_ref().map(|(name, merged)| (name.as_str(), *merged)) {
            self.unindexed.names = true;
        }
        let now = layers.top();
        match (&thing.kind.label(), now) {
            (Some(kind), Some(Small::Label(label))) => {
                self.names.insert_label(*kind, thing.id.into(), label.clone());
            }
            (Some(_), _) => self.names.remove_label(thing.id.into()),
            (None, Some(Small::Person(person))) => {
                self.names.insert_person(thing.id.into(), person.name.as_str());
            }
            (None, Some(Small::Wording(wording))) if wording.deleted_at.is_none() => {
                self.wordings.insert(thing.id.into(), wording.clone());
            }
            _ if thing.kind == ThingKind::Wording => drop(self.wordings.remove(&thing.id.into())),
            _ => {}
        }
    }

    fn small(&self, thing: &ThingRef) -> Option<&Small> {
        self.small.get(thing).and_then(Layers::top)
    }

    /// Where the text of a story lies; `None` if the story is not here.
    pub fn place(&self, id: StoryId) -> Option<Place> {
        self.slots[*self.by_id.get(&id)? as usize].place()
    }

    /// The `seq` of what the server last said of a story.
    pub fn base_seq(&self, id: StoryId) -> Option<u64> {
        let slot = &self.slots[*self.by_id.get(&id)? as usize];
        slot.base.as_ref().map(|(_, seq, _)| *seq)
    }

    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The organisation's own words, by id.
    pub fn wordings(&self) -> &BTreeMap<WordingId, Wording> {
        &self.wordings
    }

    pub fn tally(&self, story: StoryId) -> Tally {
        match self.small(&ThingRef::tally(story)) {
            Some(Small::Tally(tally)) => *tally,
            _ => Tally::default(),
        }
    }

    /// How `person` has reacted to a story. The count of a tally includes those that the server has received.
    pub fn reacted(&self, story: StoryId, person: PersonId) -> Vec<ReactionKind> {
        let on = |kind: &ReactionKind| {
            let id = ThingId::reaction(story, person, kind.key());
            let thing = ThingRef { kind: ThingKind::Reaction, id };
            matches!(self.small(&thing), Some(Small::Reaction(reaction)) if reaction.on)
        };
        ReactionKind::ALL.into_iter().filter(on).collect()
    }

    /// The tally with `person`'s own reactions that are still on their way.
    pub fn tally_seen_by(&self, story: StoryId, person: PersonId) -> Tally {
        let mut tally = self.tally(story);
        for kind in ReactionKind::ALL {
            let id = ThingId::reaction(story, person, kind.key());
            let Some(layers) = self.small.get(&ThingRef { kind: ThingKind::Reaction, id }) else { continue };
            let on = |small: Option<&Small>| matches!(small, Some(Small::Reaction(reaction)) if reaction.on);
            let (told, shown) = (on(layers.told()), on(layers.top()));
            if told != shown {
                tally.count(kind, shown);
            }
        }
        tally
    }

    pub fn path(&self, id: PathId) -> Option<&Path> {
        match self.small(&ThingRef::path(id)) {
            Some(Small::Path(path)) => Some(path),
            _ => None,
        }
    }

    /// All paths that are not deleted, by id.
    pub fn paths(&self) -> Vec<(PathId, &Path)> {
        let mut paths: Vec<_> = self
            .small
            .iter()
            .filter_map(|(thing, layers)| match layers.top() {
                Some(Small::Path(path)) if path.deleted_at.is_none() => Some((PathId::from(thing.id), path)),
                _ => None,
            })
            .collect();
        paths.sort_by_key(|(id, _)| *id);
        paths
    }

    /// What a change that met another would have said.
    pub fn conflict(&self, id: ThingId) -> Option<&Conflict> {
        match self.small(&ThingRef { kind: ThingKind::Conflict, id }) {
            Some(Small::Conflict(conflict)) => Some(conflict),
            _ => None,
        }
    }

    /// Changes to a story that met others, and that nobody has looked at since, oldest first.
    pub fn met_edits(&self, id: StoryId, story: &Story) -> Vec<MetEdit> {
        let all = self.small.iter().filter_map(|(thing, layers)| match layers.top() {
            Some(Small::Conflict(conflict)) if conflict.story() == Some(id) => {
                conflict.met(thing.id, story, &self.names)
            }
            _ => None,
        });
        let mut met: Vec<_> = all.collect();
        met.sort_by_key(|met| (met.at, met.id));
        met
    }

    /// The stored state of something small, with the `seq`-less JSON that the server sent.
    pub fn base_of(&self, thing: &ThingRef) -> Option<Object> {
        let (_, text) = self.small.get(thing)?.base.as_ref()?;
        serde_json::from_str(text).ok()
    }

    /// How far the phone's own latest change to a thing has come; `None` if the library holds its effect.
    pub fn pending(&self, thing: &ThingRef) -> Option<Pending> {
        let refused = self.refused.get(&thing.id).copied();
        match self.pending.get(thing) {
            Some(change) => Some(Pending { received_at: change.received_at, refused }),
            None => refused.map(|refused| Pending { received_at: None, refused: Some(refused) }),
        }
    }

    /// What stands around a story when `reader` is shown it. `reacted` holds their own reactions.
    pub fn around<'a>(
        &'a self,
        id: StoryId,
        reader: Option<&'a crate::person::Reader>,
        reacted: &'a [ReactionKind],
    ) -> Around<'a> {
        let tally = match reader {
            Some(reader) => self.tally_seen_by(id, reader.person),
            None => self.tally(id),
        };
        Around { names: &self.names, reader, tally, reacted, pending: self.pending(&ThingRef::story(id)) }
    }
}

/// Tells two projections of a story apart.
fn hash(state: &Object) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}

impl Entry {
    fn of(story: &Story) -> Self {
        Self {
            kind: story.kind,
            department: story.department,
            site: story.site,
            tags: story.tags.clone(),
            values: story.values.clone(),
            author: story.author,
            published_at: story.published_at.unwrap_or(Millis(i64::MAX)),
            listed: story.deleted_at.is_none() && story.status == Status::InLibrary,
        }
    }

    fn label(&self, kind: LabelKind) -> &[LabelId] {
        match kind {
            LabelKind::Tag => &self.tags,
            LabelKind::Value => &self.values,
            LabelKind::Site => self.site.as_slice(),
            LabelKind::Department => self.department.as_slice(),
        }
    }
}

#[cfg(test)]
mod tests;
