//! What the index has to know of the stories here, and what it does not know yet.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::{
    id::StoryId,
    query::{Facets, Filter},
};

use super::{Entry, Place, Shelf, Slot};

/// What has changed since it was last taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unindexed {
    /// Slots whose story came, changed or went.
    pub slots: Vec<u32>,
    /// Labels or people are called something else: any story may be found by other words.
    pub names: bool,
}

/// A story as the index is to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indexable {
    pub id: StoryId,
    /// Another number whenever the story is found by other words.
    pub revision: u64,
    pub place: Place,
}

impl Shelf {
    pub(super) fn touch(&mut self, id: StoryId) {
        if let Some(slot) = self.by_id.get(&id) {
            self.unindexed.slots.push(*slot);
        }
    }

    pub fn take_unindexed(&mut self) -> Unindexed {
        std::mem::take(&mut self.unindexed)
    }

    /// Slots are numbered from 0 to here.
    pub fn slots(&self) -> u32 {
        self.slots.len() as u32
    }

    pub fn slot_of(&self, id: StoryId) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    pub fn story_at(&self, slot: u32) -> Option<StoryId> {
        self.slots.get(slot as usize).map(|slot| slot.id)
    }

    /// What the index is to hold for a slot; nothing if there is no story in it that is listed.
    pub fn indexable(&self, slot: u32) -> Option<Indexable> {
        let slot = self.slots.get(slot as usize)?;
        let entry = slot.entry().filter(|entry| entry.listed)?;
        Some(Indexable { id: slot.id, revision: self.revision(slot, entry), place: slot.place()? })
    }

    fn revision(&self, slot: &Slot, entry: &Entry) -> u64 {
        let mut hasher = DefaultHasher::new();
        match (&slot.overlay, &slot.base) {
            (Some((_, hash)), _) => hash.hash(&mut hasher),
            (None, base) => base.as_ref().map(|(_, seq, _)| *seq).hash(&mut hasher),
        }
        for label in entry.tags.iter().chain(&entry.values).chain(&entry.department).chain(&entry.site) {
            self.names.label_name(*label).hash(&mut hasher);
        }
        self.names.person(entry.author).hash(&mut hasher);
        hasher.finish()
    }

    /// Which slots hold a story that passes the filter.
    pub fn passing(&self, filter: &Filter) -> impl Fn(u32) -> bool {
        let filter = self.resolved(filter);
        move |slot| self.listed_at(slot).is_some_and(|entry| self.passes(entry, &filter))
    }

    /// How many of these slots hold a listed story, and how those that pass the filter fall.
    pub fn falling(&self, slots: &[u32], filter: &Filter) -> (usize, Facets) {
        let filter = self.resolved(filter);
        let listed: Vec<&Entry> = slots.iter().filter_map(|slot| self.listed_at(*slot)).collect();
        let passing = listed.iter().copied().filter(|entry| self.passes(entry, &filter));
        (listed.len(), self.facets(passing))
    }

    fn listed_at(&self, slot: u32) -> Option<&Entry> {
        self.slots.get(slot as usize)?.entry().filter(|entry| entry.listed)
    }
}
