//! What the server holds once all is quiet: every word, each reaction once, and what its log makes.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    id::PersonId,
    op::{Change, Op},
    reaction::{Reaction, ReactionKind, Tally},
    story::Story,
    sync::{
        ledger::{From, Head, Incoming, Push},
        memory::Server as Memory,
        phone::OpRow,
        wire::{Chain, Outcome},
    },
    thing::{ThingKind, ThingRef, read},
};

use serde_json::Value;

use crate::{
    invariants::{Broken, broken},
    server::{token, tokens},
    world::World,
};

impl World {
    pub fn every_word_is_somewhere(&self) -> Result<(), Broken> {
        let mut logged: BTreeMap<u64, usize> = BTreeMap::new();
        for op in self.server.look().ops.values() {
            // What phones hand back is of ops that may be offered again as well.
            if let Some(token) = token(&op.bytes).filter(|_| op.actor != PersonId::SYSTEM) {
                *logged.entry(token).or_default() += usize::from(op.receipt.seq > 0);
            }
        }
        let unsent = |told: u64| {
            let mut ops = self.phones.iter().flat_map(|phone| {
                let may_not_send = |op: &OpRow| {
                    let row = &phone.disk.store.devices[&op.device];
                    let put_off = row.deferred.get(&op.device_seq) == Some(&0);
                    let signed_out = matches!(phone.sender(row.person), From::SignedOut(_));
                    self.is_revoked(phone.owner) || self.is_revoked(row.person) || put_off && signed_out
                };
                // What was refused has no number by which a database that went back would be noticed: it waits where
                // it was told.
                let refused = |op: &OpRow| self.server.was_behind && op.rejected.is_some();
                phone.disk.store.ops.values().filter(move |op| may_not_send(op) || refused(op))
            });
            ops.any(|op| token(op.bytes.as_str()) == Some(told))
        };
        let known: BTreeSet<u64> = self.server.look().ops.values().flat_map(|op| tokens(&op.bytes)).collect();
        if let Some(lost) = self.handed.iter().find(|handed| !known.contains(handed)) {
            return broken("what was handed back is in some revision", || format!("q{lost} is nowhere"));
        }
        for told in &self.told {
            match logged.get(told) {
                None if !known.contains(told) && !unsent(*told) => {
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

    /// What a story was created with stands in it or is kept beside it, unless somebody who saw it has changed it since.
    /// Of a server that went back, nobody may have the changes any more that were made since.
    pub fn every_told_text_is_found(&self) -> Result<(), Broken> {
        let state = self.server.look();
        if self.server.generation > 0 || self.server.was_behind {
            return Ok(());
        }
        let told = |bytes: &str| serde_json::from_str::<Op>(bytes).ok();
        let applied = state.ops.values().filter(|op| op.receipt.seq > 0 && op.actor != PersonId::SYSTEM);
        let (created, changed): (Vec<_>, Vec<_>) =
            applied.partition(|op| told(&op.bytes).is_some_and(|op| matches!(op.change, Change::Create(_))));
        let shown = state
            .rows
            .iter()
            .filter(|(thing, _)| matches!(thing.kind, ThingKind::Story | ThingKind::Conflict));
        let shown = shown.map(|(_, row)| serde_json::to_string(&row.state).expect("a state is JSON"));
        let mut found: BTreeSet<u64> = shown.flat_map(|text| tokens(&text).collect::<Vec<_>>()).collect();
        found.extend(changed.iter().flat_map(|op| tokens(&op.bytes)));
        let lost = created.iter().find_map(|op| token(&op.bytes).filter(|token| !found.contains(token)));
        match lost {
            Some(lost) => {
                broken("what was told is in the library or beside it", || format!("q{lost} is in neither"))
            }
            None => Ok(()),
        }
    }

    pub fn reactions_are_counted_once(&self) -> Result<(), Broken> {
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

    /// Fields that only a newer client knows, on the server and, since they show what it holds, on every phone.
    pub fn fields_from_the_future_are_kept(&mut self) -> Result<(), Broken> {
        let state = self.server.look();
        let mut told: BTreeMap<ThingRef, Vec<Value>> = BTreeMap::new();
        let mut handed = Vec::new();
        for op in state.log.values().map(|key| &state.ops[key]) {
            let Ok(Op { thing, change, .. }) = serde_json::from_str(&op.bytes) else { continue };
            match change {
                Change::Create(fields) => {
                    if let Some(mood) = fields.get("mood") {
                        told.entry(thing).or_default().push(mood.clone());
                    }
                }
                Change::TakeUp(taken) if op.receipt.outcome == Outcome::Applied => {
                    let mood = taken.state.get("mood");
                    let is_told =
                        |mood: &&Value| self.moods.get(&thing).is_some_and(|moods| moods.contains(mood));
                    if let Some(mood) = mood.filter(is_told).cloned() {
                        handed.push((thing, mood));
                    }
                }
                _ => {}
            }
        }
        // Of a story created twice, the create that came first may be gone, with what the server lost in a restore and with
        // the phone that told it. Others have handed back what it made.
        for (thing, mood) in handed {
            if let Some(moods) = told.get_mut(&thing) {
                moods.push(mood);
            }
        }
        let rows = told.iter().filter_map(|(thing, moods)| Some((thing, moods, state.rows.get(thing)?)));
        let mut kept = 0;
        for (thing, moods, row) in rows {
            kept += 1;
            // Where a story was created twice, the first holds.
            if !row.state.get("mood").is_some_and(|mood| moods.contains(mood)) {
                return broken("no field is lost that only a newer client knows", || {
                    format!("{thing}: {:?} instead of one of {moods:?}", row.state.get("mood"))
                });
            }
        }
        (0..kept).for_each(|_| self.met.note("field from the future kept"));
        Ok(())
    }

    /// The log is the truth: replayed, it makes the same state.
    pub fn the_log_makes_the_same_state(&self) -> Result<(), Broken> {
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
