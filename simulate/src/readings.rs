//! Series of pulls that begin anywhere: from the beginning, or from any cursor that was ever given. Each must give
//! exactly what its person may see in the end, whatever has become of audiences, roles and departments on the way.

use std::collections::BTreeMap;

use domain::{
    id::PersonId,
    sync::{
        phone::Page,
        wire::{PAGE_BYTES, PAGE_RECORDS, Token},
    },
    thing::ThingRef,
    time::Millis,
};
use splitmix::Random;

use crate::{
    invariants::{Broken, broken},
    people::PEOPLE,
    world::World,
};

/// Readings kept at a time.
const MOST: usize = 5;

/// What one person has read up to a cursor.
#[derive(Clone)]
pub struct Reading {
    person: PersonId,
    cursor: Option<Token>,
    /// Things and the `seq` of their latest state.
    seen: BTreeMap<ThingRef, u64>,
}

impl World {
    /// One page for somebody: from the beginning, or after any of the cursors that are remembered.
    pub fn read_on_somewhere(&mut self, random: &mut Random) {
        let known = random.below(MOST as u64 + 1) as usize;
        let mut reading = match self.readings.get(known) {
            Some(reading) => {
                self.met.note("library read on from an old cursor");
                reading.clone()
            }
            None => Reading {
                person: PersonId::named(PEOPLE[random.below(4) as usize]),
                cursor: None,
                seen: BTreeMap::new(),
            },
        };
        // Wherever a page ends.
        let bytes = *random.choose(&[1, 700, 2_000, PAGE_BYTES]);
        self.read_page(&mut reading, bytes);
        if self.readings.len() < MOST {
            self.readings.push(reading);
        } else {
            self.readings[random.below(MOST as u64) as usize] = reading;
        }
    }

    /// Whether there is more to read.
    fn read_page(&mut self, reading: &mut Reading, bytes: usize) -> bool {
        let now = Millis(self.now);
        self.server.hear([reading.cursor.as_ref(), None], now).expect("to be heard breaks nothing");
        let body = self.server.pull(reading.person, reading.cursor.as_ref(), Some(bytes));
        let page = Page::parse(reading.cursor.clone(), &body).expect("the server's own page");
        if page.header.reset.is_some() {
            (reading.cursor, reading.seen) = (None, BTreeMap::new());
            return true;
        }
        for record in &page.records {
            match record.state {
                Some(_) => reading.seen.insert(record.thing(), record.seq),
                None => reading.seen.remove(&record.thing()),
            };
        }
        reading.cursor = Some(page.header.cursor);
        page.header.more
    }

    pub fn every_reading_gives_what_one_may_see(&mut self) -> Result<(), Broken> {
        // Small pages show most while things change, and that is over.
        self.server.store.set_page_records(PAGE_RECORDS);
        for mut reading in std::mem::take(&mut self.readings) {
            while self.read_page(&mut reading, PAGE_BYTES) {}
            let state = self.server.look();
            let reader = state.reader(reading.person);
            let visible = state.rows.iter().filter(|(_, row)| row.scope.admits(row.owner, &reader));
            let visible: BTreeMap<ThingRef, u64> =
                visible.map(|(thing, row)| (thing.clone(), row.seq)).collect();
            if reading.seen != visible {
                return broken("any series of pulls gives what one may see", || {
                    let differs = |(thing, seq): &(&ThingRef, &u64)| reading.seen.get(thing) != Some(seq);
                    let missing = visible.iter().find(differs);
                    let surplus = reading.seen.iter().find(|(thing, _)| !visible.contains_key(thing));
                    format!("missing or old: {missing:?}, too much: {surplus:?}")
                });
            }
        }
        Ok(())
    }
}
