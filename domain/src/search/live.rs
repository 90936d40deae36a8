//! A segment in use: which of its documents were removed, and what that means for its statistics.

use super::{
    dictionary::Cursor,
    postings::Key,
    segment::{Entry, Segment},
};

#[derive(Clone)]
pub struct Live {
    pub segment: Segment,
    /// A bit for each removed document; empty while there are none.
    dead: Vec<u64>,
    deaths: u32,
    /// Documents that everyone may see and that were not removed.
    everyone: u32,
    /// How many postings of a term and key are of removed documents: number of the term · 64 + key, ascending.
    removed: Vec<(u64, u32)>,
    /// Where counting the removed ones stands, while it goes on.
    settling: Option<Settling>,
}

/// Counting again which postings are of removed documents, from the first term on.
#[derive(Clone, Default)]
struct Settling {
    cursor: Option<Cursor>,
    removed: Vec<(u64, u32)>,
}

impl Live {
    pub fn new(segment: Segment) -> Self {
        let everyone = segment.entries().filter(|entry| !entry.restricted).count() as u32;
        Self { segment, dead: Vec::new(), deaths: 0, everyone, removed: Vec::new(), settling: None }
    }

    pub fn everyone(&self) -> u32 {
        self.everyone
    }

    /// Nothing was removed from it.
    pub fn is_whole(&self) -> bool {
        self.deaths == 0
    }

    pub fn deaths(&self) -> u32 {
        self.deaths
    }

    pub fn is_dead(&self, document: u32) -> bool {
        self.dead.get(document as usize / 64).is_some_and(|bits| bits >> (document % 64) & 1 == 1)
    }

    /// The bits of removed documents, as they are stored.
    pub fn dead(&self) -> &[u64] {
        &self.dead
    }

    /// The document in a slot, unless it was removed.
    pub fn at_slot(&self, slot: u32) -> Option<u32> {
        self.segment.at_slot(slot).filter(|&document| !self.is_dead(document))
    }

    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        (0..self.segment.documents())
            .filter(|&document| !self.is_dead(document))
            .map(|document| self.segment.entry(document))
    }

    pub fn remove(&mut self, slot: u32) -> bool {
        match self.at_slot(slot) {
            Some(document) => {
                self.kill(document);
                true
            }
            None => false,
        }
    }

    /// Marks a document that lives as removed.
    pub fn kill(&mut self, document: u32) {
        if self.dead.is_empty() {
            self.dead = vec![0; self.segment.documents().div_ceil(64) as usize];
        }
        let Some(bits) = self.dead.get_mut(document as usize / 64) else {
            return;
        };
        *bits |= 1 << (document % 64);
        self.deaths += 1;
        self.everyone -= u32::from(!self.segment.entry(document).restricted);
        self.settling = Some(Settling::default());
    }

    pub fn is_settled(&self) -> bool {
        self.settling.is_none()
    }

    /// Counts removed documents out of the statistics, until `budget` postings were read.
    pub fn settle(&mut self, budget: &mut usize) {
        let Some(mut settling) = self.settling.take() else {
            return;
        };
        let dictionary = self.segment.dictionary();
        let mut cursor = settling.cursor.take().unwrap_or_else(|| dictionary.at_block(0));
        while !cursor.ended() && *budget > 0 {
            for group in self.segment.groups(&cursor) {
                let mut dead = 0;
                group.for_each(|document| dead += u32::from(self.is_dead(document)));
                if dead > 0 {
                    settling.removed.push((place(&cursor, group.key), dead));
                }
                *budget = budget.saturating_sub(group.documents as usize);
            }
            dictionary.advance(&mut cursor);
        }
        if cursor.ended() {
            self.removed = settling.removed;
        } else {
            settling.cursor = Some(cursor);
            self.settling = Some(settling);
        }
    }

    /// How many postings of the term under the cursor, with this key, are of removed documents.
    pub fn removed(&self, cursor: &Cursor, key: Key) -> u32 {
        let place = place(cursor, key);
        match self.removed.binary_search_by_key(&place, |&(place, _)| place) {
            Ok(at) => self.removed[at].1,
            Err(_) => 0,
        }
    }

    /// How many stories that everyone may see hold the term under the cursor.
    pub fn frequency(&self, cursor: &Cursor) -> u32 {
        let first = (cursor.index as u64) << 6;
        let from = self.removed.partition_point(|&(place, _)| place < first);
        let removed: u32 = self.removed[from..]
            .iter()
            .take_while(|&&(place, _)| place >> 6 == cursor.index as u64)
            .filter(|&&(place, _)| !Key::from_byte(place as u8).restricted())
            .map(|&(_, count)| count)
            .sum();
        cursor.documents.saturating_sub(removed)
    }
}

fn place(cursor: &Cursor, key: Key) -> u64 {
    (cursor.index as u64) << 6 | u64::from(key.byte())
}
