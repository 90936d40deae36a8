//! The network heals, everyone syncs, and then everything must fit.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    id::PersonId,
    op::Change,
    reaction::{Reaction, ReactionKind, Tally},
    story::Story,
    sync::{
        ledger::{From, Head, Incoming, Push, Row},
        memory::Server as Memory,
        phone::Page,
        wire::{Chain, Outcome, Reason},
    },
    thing::{ThingKind, ThingRef, read},
};

use crate::stories::random::Random;

use super::{
    handset::Handset,
    invariants::{Broken, broken},
    server::token,
    world::World,
};

/// Rounds of every phone within which all queues have drained.
const ROUNDS: usize = 4;
const TURNS: u64 = 20_000;

impl World {
    pub fn settle(&mut self) -> Result<(), Broken> {
        let mut random = Random::new(1);
        self.settling = true;
        self.weather.clear();
        for phone in &mut self.phones {
            (phone.online, phone.one_way, phone.quota, phone.crash) = (true, false, 0, None);
        }
        (self.server.full_for, self.server.slow_next, self.server.crash_next) = (0, false, false);
        self.server.finish_slow()?;
        while !self.late.is_empty() {
            self.late_arrives(&mut random)?;
        }
        self.server.commit()?;
        self.finish_rounds(&mut random)?;
        self.confirm_storms()?;
        for _ in 0..ROUNDS {
            for phone in 0..self.phones.len() {
                self.start_round(phone, &mut random);
                self.finish_rounds(&mut random)?;
            }
        }
        self.check()
    }

    fn finish_rounds(&mut self, random: &mut Random) -> Result<(), Broken> {
        for _ in 0..TURNS {
            if self.tasks.is_empty() {
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

    fn check(&self) -> Result<(), Broken> {
        for phone in &self.phones {
            self.queue_has_drained(phone)?;
            // Who may not read any more does not hear of a restore either.
            if !self.is_revoked(phone.owner) {
                self.every_op_has_its_answer(phone)?;
                self.phone_shows_what_the_server_lets_it(phone)?;
            }
        }
        self.every_word_is_somewhere()?;
        self.reactions_are_counted_once()?;
        self.a_new_phone_reads_what_it_may()?;
        self.the_log_makes_the_same_state()
    }

    fn queue_has_drained(&self, phone: &Handset) -> Result<(), Broken> {
        for row in phone.disk.store.devices.values().filter(|row| !self.is_revoked(row.person)) {
            if row.unsent() > 0 {
                return broken("queues drain once the network heals", || {
                    format!("{row:?} has {} ops unsent", row.unsent())
                });
            }
        }
        let anyone_revoked = phone.disk.store.devices.values().any(|row| self.is_revoked(row.person));
        if anyone_revoked {
            return Ok(());
        }
        let deferred: BTreeSet<&ThingRef> = phone
            .disk
            .store
            .ops
            .values()
            .filter(|op| phone.disk.store.devices[&op.device].deferred.contains_key(&op.device_seq))
            .map(|op| &op.thing)
            .collect();
        match phone.disk.store.overlays.keys().find(|thing| !deferred.contains(thing)) {
            Some(thing) => {
                broken("nothing is pending in the end", || format!("{thing} still has an overlay"))
            }
            None => Ok(()),
        }
    }

    fn every_op_has_its_answer(&self, phone: &Handset) -> Result<(), Broken> {
        let store = &phone.disk.store;
        let state = self.server.look();
        for op in store.ops.values() {
            if self.is_revoked(store.devices[&op.device].person) {
                continue;
            }
            if matches!(op.rejected, Some(Reason::Malformed | Reason::NotYours)) {
                // Not logged, so that it takes nobody's number.
                if store.attention.contains_key(&(op.device, op.device_seq)) {
                    continue;
                }
            }
            let Some(logged) = state.ops.get(&(op.device, op.device_seq)) else {
                return broken("every op that was saved is received", || {
                    format!("{}/{} is not on the server: {}", op.device, op.device_seq, op.bytes.as_str())
                });
            };
            if logged.bytes != op.bytes.as_str() {
                return broken("an op is received as it was told", || {
                    format!("{} instead of {}", logged.bytes, op.bytes.as_str())
                });
            }
            let rejected = matches!(logged.receipt.outcome, Outcome::Rejected(_));
            let shown = store.attention.contains_key(&(op.device, op.device_seq));
            if rejected != shown || rejected != op.rejected.is_some() {
                return broken("what was not taken needs its person", || {
                    let row = &store.devices[&op.device];
                    format!("{:?}, in view: {shown}, {row:?}: {}", logged.receipt.outcome, op.bytes.as_str())
                });
            }
        }
        Ok(())
    }

    fn phone_shows_what_the_server_lets_it(&self, phone: &Handset) -> Result<(), Broken> {
        let state = self.server.look();
        let reader = state.reader(phone.owner);
        let trouble = |thing: &ThingRef, what: &str| {
            broken("a phone shows what the server lets its person see", || {
                let held = phone.disk.held.get(thing);
                format!(
                    "{thing} {what}; held {:?}, stands {:?}, cursor {}",
                    held.map(|held| (held.seq, held.generation)),
                    state.rows.get(thing).map(|row| row.seq),
                    phone.disk.store.library.seq,
                )
            })
        };
        for (thing, row) in state.rows.iter().filter(|(_, row)| row.scope.admits(row.owner, &reader)) {
            let Some(held) = phone.disk.held.get(thing).and_then(|held| held.state.as_ref()) else {
                return trouble(thing, "is missing");
            };
            if **held != *serde_json::to_string(&row.state).expect("a state is JSON") {
                return trouble(thing, "is not as it stands");
            }
        }
        for (thing, held) in phone.disk.held.iter().filter(|(_, held)| held.state.is_some()) {
            let before_restore = held.generation < self.server.generation;
            match state.rows.get(thing) {
                Some(row) if row.scope.admits(row.owner, &reader) => {}
                // Absence is never a delete.
                None if self.server.generation > 0 => {}
                // What was pulled before a restore, and stands narrower since without that server ever having shown
                // it wider, is not taken back.
                Some(_) if before_restore => {}
                _ => return trouble(thing, "should be gone"),
            }
        }
        let known = phone.disk.store.blocks.values().flat_map(|block| block.lines.lines()).count();
        if known < phone.disk.held.len() {
            return broken("absence is never a delete", || {
                format!("{} records in the store, {} things pulled", known, phone.disk.held.len())
            });
        }
        Ok(())
    }

    fn every_word_is_somewhere(&self) -> Result<(), Broken> {
        let mut logged: BTreeMap<u64, usize> = BTreeMap::new();
        for op in self.server.look().ops.values() {
            if let Some(token) = token(&op.bytes) {
                *logged.entry(token).or_default() += usize::from(op.receipt.seq > 0);
            }
        }
        let unsent = |told: u64| {
            let mut ops = self.phones.iter().flat_map(|phone| {
                let revoked = |device| {
                    self.is_revoked(phone.owner) || self.is_revoked(phone.disk.store.devices[device].person)
                };
                phone.disk.store.ops.values().filter(move |op| revoked(&op.device))
            });
            ops.any(|op| token(op.bytes.as_str()) == Some(told))
        };
        for told in &self.told {
            match logged.get(told) {
                None if !unsent(*told) => {
                    return broken("every word that was told is in some revision", || {
                        format!("q{told} is nowhere")
                    });
                }
                Some(2..) if !self.cloned => {
                    return broken("an op is applied at most once", || {
                        format!("q{told} stands twice in the log")
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn reactions_are_counted_once(&self) -> Result<(), Broken> {
        let rows = &self.server.look().rows;
        let mut counted: BTreeMap<(ThingRef, &str), u32> = BTreeMap::new();
        for row in rows.iter().filter(|(thing, _)| thing.kind == ThingKind::Reaction).map(|(_, row)| row) {
            let reaction: Reaction = read(&row.state).expect("the server's own reaction");
            let count =
                counted.entry((ThingRef::tally(reaction.story), reaction.reaction.key())).or_default();
            *count += u32::from(reaction.on);
        }
        for ((thing, kind), count) in &counted {
            let tally: Tally = rows.get(thing).and_then(|row| read(&row.state).ok()).unwrap_or_default();
            let of = ReactionKind::ALL.into_iter().find(|one| one.key() == *kind).expect("a known kind");
            if tally.of(of) != *count {
                return broken("a reaction counts once", || format!("{thing}: {count} {kind}, {tally:?}"));
            }
        }
        for (thing, row) in rows.iter().filter(|(thing, _)| thing.kind == ThingKind::Story) {
            if read::<Story>(&row.state).is_err() {
                return broken("a story stays a story", || format!("{thing}: {:?}", row.state));
            }
        }
        Ok(())
    }

    /// A series of pulls from the beginning gives exactly what a person may see.
    fn a_new_phone_reads_what_it_may(&self) -> Result<(), Broken> {
        let state = self.server.look();
        let person = PersonId::named(["Elin", "Karin", "Micke", "Vera"][self.now as usize % 4]);
        let reader = state.reader(person);
        let mut seen: BTreeMap<ThingRef, u64> = BTreeMap::new();
        let mut cursor = None;
        loop {
            let body = state.pull(person, cursor.as_ref());
            let page = Page::parse(cursor, &body).expect("the server's own page");
            for record in &page.records {
                match record.state {
                    Some(_) => seen.insert(record.thing(), record.seq),
                    None => seen.remove(&record.thing()),
                };
            }
            cursor = Some(page.header.cursor);
            if !page.header.more {
                break;
            }
        }
        let visible = state.rows.iter().filter(|(_, row)| row.scope.admits(row.owner, &reader));
        let visible: BTreeMap<ThingRef, u64> = visible.map(|(thing, row)| (thing.clone(), row.seq)).collect();
        if seen == visible {
            return Ok(());
        }
        broken("a series of pulls gives what one may see", || {
            format!("{} instead of {}", seen.len(), visible.len())
        })
    }

    /// The log is the truth: replayed, it makes the same state.
    fn the_log_makes_the_same_state(&self) -> Result<(), Broken> {
        let state = self.server.look();
        let head = Head { epoch: state.head.epoch, seq: 0, chain: Chain::default() };
        let mut again = Memory::new(head, state.key.clone());
        let future = state.rows.iter().find(|(thing, _)| matches!(thing.kind, ThingKind::Other(_)));
        let from_the_future = |again: &mut Memory| {
            if let Some((thing, row)) = future
                && row.seq == again.head.seq + 1
            {
                again.rows.insert(thing.clone(), row.clone());
                again.head.seq = row.seq;
            }
        };
        for key in state.log.values() {
            from_the_future(&mut again);
            let op = &state.ops[key];
            let from = match op.actor {
                PersonId::SYSTEM => From::System,
                person => From::Person(person),
            };
            again.push(&[Push { from, ops: vec![Incoming::read(&op.bytes)], now: op.receipt.at }]);
        }
        from_the_future(&mut again);
        let differs = state.rows.iter().find(|(thing, row)| again.rows.get(thing) != Some(row));
        match differs {
            Some((thing, row)) => broken("the log, replayed, makes the same state", || {
                format!("{thing}: {:?} instead of {row:?}", again.rows.get(thing))
            }),
            None if again.head.chain != state.head.chain => {
                broken("the log, replayed, makes the same state", || "the chains differ".to_owned())
            }
            None => Ok(()),
        }
    }
}
