//! The network heals, everyone syncs, and then everything must fit.

use domain::{
    op::Change,
    sync::{
        ledger::Row,
        phone::{DeviceRow, LibraryRow},
    },
    thing::ThingKind,
};
use splitmix::Random;

use crate::{
    invariants::{Broken, broken},
    world::World,
};

/// Rounds of every phone within which all queues have drained.
const ROUNDS: usize = 4;
/// The same where large messages do not get through: each of them fails once a round, and is half as large in the next.
const ROUNDS_WITH_LIMITS: usize = 40;
const TURNS: u64 = 20_000;

impl World {
    pub fn settle(&mut self) -> Result<(), Broken> {
        let mut random = Random::new(1);
        self.settling = true;
        self.weather.clear();
        for phone in &mut self.phones {
            (phone.online, phone.one_way, phone.quota, phone.crash) = (true, false, 0, None);
        }
        (self.server.full_for, self.server.slow_next, self.server.crash_next) = (0, false, None);
        self.server.dies_at = None;
        self.server.finish_slow()?;
        while !self.late.is_empty() {
            self.late_arrives(&mut random)?;
        }
        self.server.commit()?;
        self.finish_rounds(&mut random)?;
        self.confirm_storms()?;
        // Text waits for no bytes: it arrives although the server takes none.
        self.server.media_down = true;
        self.finish_rounds_of_all(&mut random)?;
        self.all_text_is_sent()?;
        self.server.media_down = false;
        if self.phones.iter().any(|phone| !phone.disk.store.attachments.is_empty()) {
            self.settle_uploads(&mut random)?;
            // Everyone reads what is served.
            self.finish_rounds_of_all(&mut random)?;
        }
        self.check()
    }

    fn finish_rounds_of_all(&mut self, random: &mut Random) -> Result<(), Broken> {
        let limits = self.proxy_passes.is_some() || self.phones.iter().any(|phone| phone.line.is_some());
        for _ in 0..if limits { ROUNDS_WITH_LIMITS } else { ROUNDS } {
            let before = self.told_and_read();
            for phone in 0..self.phones.len() {
                self.start_round(phone, random);
                self.finish_rounds(random)?;
            }
            // What came to nothing once comes to nothing again.
            if self.told_and_read() == before {
                break;
            }
        }
        Ok(())
    }

    /// How far the server has written and each phone has sent and read.
    fn told_and_read(&self) -> (usize, u64, Vec<LibraryRow>, Vec<DeviceRow>) {
        let stores = || self.phones.iter().map(|phone| &phone.disk.store);
        let state = self.server.look();
        (
            state.ops.len(),
            state.head.seq,
            stores().map(|store| store.library.clone()).collect(),
            stores().flat_map(|store| store.devices.values().cloned()).collect(),
        )
    }

    pub fn finish_rounds(&mut self, random: &mut Random) -> Result<(), Broken> {
        for _ in 0..TURNS {
            if self.tasks.is_empty() && self.uploads.is_empty() {
                return Ok(());
            }
            self.turn(random)?;
        }
        broken("a round comes to its end", || format!("not within {TURNS} steps"))
    }

    /// An administrator says that what was deleted was meant.
    fn confirm_storms(&mut self) -> Result<(), Broken> {
        let unmeant = |row: &Row| row.narrowed_at > 0 && !row.meant;
        let rows = self.server.look().rows.iter();
        let gone: Vec<_> = rows
            .filter(|(thing, row)| thing.kind == ThingKind::Story && unmeant(row))
            .map(|(thing, row)| {
                let untouched = Change::Edit(Default::default());
                (thing.clone(), if row.is_deleted() { Change::Delete } else { untouched })
            })
            .collect();
        if gone.len() > 20 { self.made_by_server(gone) } else { Ok(()) }
    }
}
