//! The directory as bytes, so that a start loads it instead of reading every block. Overlays are not in it: they are
//! few, and read anew.
//!
//! Little-endian. `VERSION u32, next block u32, labels (count u32, 16 bytes each), people (likewise), slots (count
//! u32), small things (count u32, each: key and JSON as length u32 and UTF-8)`. A slot: `id 16, kind u8, listed u8,
//! published i64, seq u64, block u32, start u32, len u32, author u32, department u32, site u32, tags u8 and u32 each,
//! values likewise`; labels and people by their place in the lists, `u32::MAX` for none. Before its kind stands whether there is
//! anything (`u8`): the slot of a story that is gone stays, so that the others keep their numbers, by which the index
//! knows them.

use std::collections::HashMap;

use uuid::Uuid;

use crate::{
    id::{LabelId, PersonId, StoryId},
    story::StoryKind,
    thing::ThingRef,
    time::Millis,
};

use super::{Entry, Place, Shelf, small::Small};

const VERSION: u32 = 4;
const NONE: u32 = u32::MAX;

impl Shelf {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut ids = Ids::default();
        let mut slots = Writer::default();
        for slot in &self.slots {
            slots.uuid(slot.id.uuid());
            match &slot.base {
                Some((entry, seq, Place::Block { number, start, len })) => {
                    slots.0.push(1);
                    slots.entry(entry, &mut ids);
                    slots.u64(*seq);
                    [*number, *start, *len].into_iter().for_each(|number| slots.u32(number));
                }
                _ => slots.0.push(0),
            }
        }
        let mut out = Writer::default();
        out.u32(VERSION);
        out.u32(self.next_block);
        out.u32(ids.list.len() as u32);
        ids.list.iter().for_each(|id| out.uuid(*id));
        out.u32(self.slots.len() as u32);
        out.0.extend(slots.0);
        let small: Vec<_> =
            self.small.iter().filter_map(|(thing, layers)| Some((thing, layers.base.as_ref()?))).collect();
        out.u32(small.len() as u32);
        for (thing, (_, json)) in small {
            out.text(&thing.to_string());
            out.text(json);
        }
        out.0
    }

    /// `None` if the bytes are of another version, or damaged: the blocks are read then.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut read = Reader(bytes);
        if read.u32()? != VERSION {
            return None;
        }
        let mut shelf = Self { next_block: read.u32()?, ..Self::default() };
        let ids = (0..read.u32()?).map(|_| read.uuid()).collect::<Option<Vec<_>>>()?;
        let count = read.u32()?;
        // A damaged count must not ask for more memory than there are bytes.
        let room = (count as usize).min(read.0.len() / 17 + 1);
        shelf.slots.reserve(room);
        shelf.by_id.reserve(room);
        for _ in 0..count {
            let id = StoryId::from_uuid(read.uuid()?);
            if read.u8()? == 0 {
                shelf.slot(id);
                continue;
            }
            let entry = read.entry(&ids)?;
            let seq = read.u64()?;
            let place = Place::Block { number: read.u32()?, start: read.u32()?, len: read.u32()? };
            shelf.slot(id).base = Some((entry, seq, place));
        }
        for _ in 0..read.u32()? {
            let (thing, json) = (read.text()?.parse::<ThingRef>().ok()?, read.text()?);
            let small = Small::read(&thing.kind, json)?;
            shelf.set_small(thing, |layers| layers.base = Some((small, json.to_owned())));
        }
        // Whoever loads a directory does not know what the index holds of it.
        shelf.unindexed.names = true;
        read.0.is_empty().then_some(shelf)
    }
}

/// Ids in the order in which they were first met.
#[derive(Default)]
struct Ids {
    list: Vec<Uuid>,
    place: HashMap<Uuid, u32>,
}

impl Ids {
    fn place(&mut self, id: Uuid) -> u32 {
        *self.place.entry(id).or_insert_with(|| {
            self.list.push(id);
            self.list.len() as u32 - 1
        })
    }
}

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn u32(&mut self, number: u32) {
        self.0.extend(number.to_le_bytes());
    }

    fn u64(&mut self, number: u64) {
        self.0.extend(number.to_le_bytes());
    }

    fn uuid(&mut self, id: Uuid) {
        self.0.extend(id.as_bytes());
    }

    fn text(&mut self, text: &str) {
        self.u32(text.len() as u32);
        self.0.extend(text.as_bytes());
    }

    fn entry(&mut self, entry: &Entry, ids: &mut Ids) {
        let kind = StoryKind::ALL.iter().position(|kind| *kind == entry.kind).unwrap_or(StoryKind::ALL.len());
        self.0.extend([kind as u8, u8::from(entry.listed)]);
        self.0.extend(entry.published_at.0.to_le_bytes());
        self.u32(ids.place(entry.author.uuid()));
        for label in [entry.department, entry.site] {
            self.u32(label.map_or(NONE, |label| ids.place(label.uuid())));
        }
        for labels in [&entry.tags, &entry.values] {
            let most = labels.len().min(usize::from(u8::MAX));
            self.0.push(most as u8);
            labels[..most].iter().for_each(|label| self.u32(ids.place(label.uuid())));
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn uuid(&mut self) -> Option<Uuid> {
        Uuid::from_slice(self.take(16)?).ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let bytes = self.u32()? as usize;
        std::str::from_utf8(self.take(bytes)?).ok()
    }

    fn entry(&mut self, ids: &[Uuid]) -> Option<Entry> {
        let id = |place: u32| ids.get(place as usize).copied();
        let kind = usize::from(self.u8()?);
        let listed = self.u8()? == 1;
        let published_at = Millis(self.u64()?.cast_signed());
        let author = PersonId::from_uuid(id(self.u32()?)?);
        let mut place = || match self.u32()? {
            NONE => Some(None),
            place => id(place).map(|id| Some(LabelId::from_uuid(id))),
        };
        let (department, site) = (place()?, place()?);
        let mut labels = || {
            let count = self.u8()?;
            (0..count).map(|_| id(self.u32()?).map(LabelId::from_uuid)).collect::<Option<Vec<_>>>()
        };
        let (tags, values) = (labels()?, labels()?);
        let kind = StoryKind::ALL.get(kind).copied().unwrap_or(StoryKind::Other);
        Some(Entry { kind, department, site, tags, values, author, published_at, listed })
    }
}
