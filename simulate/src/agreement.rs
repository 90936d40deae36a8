//! What every phone has come to agree on with the server, once all is quiet.

use std::collections::BTreeSet;

use domain::{
    access::may_signed_out,
    sync::{
        handback::is_handed_back,
        ledger::{From, LoggedOp},
        memory::Server as Memory,
        phone::OpRow,
        wire::{Outcome, Reason},
    },
    thing::ThingRef,
};

use crate::{
    handset::Handset,
    invariants::{Broken, broken},
    world::World,
};

impl World {
    pub fn check(&mut self) -> Result<(), Broken> {
        for phone in &self.phones {
            self.queue_has_drained(phone)?;
            // Who may neither read nor send any more does not hear of a restore either.
            if !self.is_revoked(phone.owner) {
                self.every_op_has_its_answer(phone)?;
            }
            if !self.is_revoked(phone.owner) && phone.current().is_some() {
                self.phone_shows_what_the_server_lets_it(phone)?;
            }
        }
        self.every_word_is_somewhere()?;
        self.every_told_text_is_found()?;
        self.reactions_are_counted_once()?;
        self.fields_from_the_future_are_kept()?;
        self.every_reading_gives_what_one_may_see()?;
        self.the_log_makes_the_same_state()
    }

    /// Every op has its receipt, also while no bytes can be sent.
    pub fn all_text_is_sent(&self) -> Result<(), Broken> {
        for phone in 0..self.phones.len() {
            if self.brings(phone)
                && let Err(waits) = self.queue_has_drained(&self.phones[phone])
            {
                return broken("text never waits for bytes", || {
                    format!("phone {phone} has bytes to send, {waits}")
                });
            }
        }
        Ok(())
    }

    fn queue_has_drained(&self, phone: &Handset) -> Result<(), Broken> {
        for row in phone.disk.store.devices.values().filter(|row| !self.is_revoked(row.person)) {
            if row.unsent() > 0 {
                return broken("queues drain once the network heals", || {
                    format!("{row:?} has {} ops unsent", row.unsent())
                });
            }
        }
        if phone.current().is_none() {
            // Until somebody reads here again, what they told lies over what was read.
            return Ok(());
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
            Some(thing) => broken("nothing is pending in the end", || {
                let store = &phone.disk.store;
                format!(
                    "{thing} still has an overlay {:?}, {:?}, {:?}",
                    store.overlays[thing], store.devices, store.library
                )
            }),
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
            if waits_for_its_person(phone, op, state) || was_sent_again(phone, op) {
                continue;
            }
            // That a database went back is not to be seen by what was refused: it has no number. A clone may have
            // sent another op under the device's since.
            let was_refused = op.rejected.is_some() && self.server.was_behind;
            let is_a_clones =
                |logged: &LoggedOp| was_refused && self.cloned && logged.bytes != op.bytes.as_str();
            let logged = state.ops.get(&(op.device, op.device_seq));
            let Some(logged) = logged.filter(|logged| !is_a_clones(logged)) else {
                if was_refused && store.attention.contains_key(&(op.device, op.device_seq)) {
                    continue;
                }
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
            let own = phone.current().is_some() && store.devices[&op.device].person == phone.owner;
            let mut needs = store.needs_its_person();
            let in_view = needs.any(|row| (row.device, row.device_seq) == (op.device, op.device_seq));
            if in_view != (shown && own) {
                return broken("what was not taken needs its person, and nobody else", || {
                    format!("in view: {in_view}, of whoever sits here: {own}: {}", op.bytes.as_str())
                });
            }
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
                    "{thing} {what}; held {:?}, stands {:?}, cursor {}; {:?}, {:?}",
                    held.map(|held| (held.seq, held.generation)),
                    state.rows.get(thing).map(|row| row.seq),
                    phone.disk.store.library.seq,
                    phone.disk.store.library.earlier,
                    state.forks,
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
                // A server that does not know its own mark takes nothing back; and some things nobody hands back.
                None if self.key_lost || !is_handed_back(&thing.kind) => {}
                None => return trouble(thing, "was not handed back"),
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
}

/// Whether the server has put an op off until its person is signed in on this phone again, as it should.
fn waits_for_its_person(phone: &Handset, op: &OpRow, state: &Memory) -> bool {
    let row = &phone.disk.store.devices[&op.device];
    let From::SignedOut(person) = phone.sender(row.person) else { return false };
    let Ok(told) = op.bytes.op() else { return row.deferred.get(&op.device_seq) == Some(&0) };
    let now = state.rows.get(&op.thing).map(|row| &row.state);
    row.deferred.get(&op.device_seq) == Some(&0) && !may_signed_out(person, &op.thing, now, &told.change)
}

/// Whether an op that was put off went on under another number, since a clone had used its own.
fn was_sent_again(phone: &Handset, op: &OpRow) -> bool {
    let mut later = phone.disk.store.ops.range((op.device, op.device_seq + 1)..=(op.device, u64::MAX));
    later.any(|(_, again)| {
        let renumbered = op.bytes.renumbered(again.device, again.device_seq);
        renumbered.is_ok_and(|bytes| bytes == again.bytes)
    })
}
