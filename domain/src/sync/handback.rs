//! What phones hand back to a server that was restored from a backup: what they had read of it before, and it has lost.
//!
//! A phone that starts over keeps every record that it has read, and notes up to which block they are of the server
//! before ([`Earlier`]). Once it has read the restored library to its end, it compares: what was there and is not as it was
//! goes back ([`HandBack`]), line by line as it came, under the server's own mark. The server hears what bears that mark
//! ([`taken_up`]); the [ledger](super::ledger) takes up what is younger than the backup, and lets nothing go that was
//! written since.
//!
//! A number alone does not say whether a record is younger. A database that went back under the same epoch gives numbers a
//! second time, and until somebody proves that it did, it may be backed up, or its process begin anew: then what was lost
//! and what is there both lie below the fork. Things never go from the database, so one that is not there was lost.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
};

use serde::{Deserialize, Serialize};

use crate::{
    Object,
    id::{DeviceId, Epoch, PersonId},
    op::{Change, Op, TakenUp},
    thing::{ThingKind, ThingRef},
    time::Millis,
};

use super::{
    ledger::Head,
    phone::Block,
    rollback::Rollback,
    wire::{Record, SigningKey, Token},
};

/// Records in one request, at most.
pub const HANDED_RECORDS: usize = 200;

/// What was read of a server before it was restored: the records in the blocks below a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    pub epoch: Epoch,
    pub until: u32,
}

/// What a phone hands back in one round.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handing {
    pub earlier: Vec<Earlier>,
    /// The furthest position at which the phone knows the server to have been, sent along.
    pub known: Option<Token>,
}

/// The answer to what was handed back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum HandBackAnswer {
    Taken {
        /// How many records are in the library again.
        taken: usize,
        /// The server's position then, as in [`PushAnswer`](super::wire::PushAnswer::position).
        position: Option<Token>,
    },
    /// What older servers say, and what older phones are told.
    Count(usize),
}

impl HandBackAnswer {
    pub fn position(self) -> Option<Token> {
        match self {
            Self::Taken { position, .. } => position,
            Self::Count(_) => None,
        }
    }
}

/// Whether phones hand back things of this kind. The server derives tallies itself, and a reaction is known only to
/// whoever has reacted, whose phone offers its own ops again.
pub fn is_handed_back(kind: &ThingKind) -> bool {
    kind.label().is_some()
        || matches!(
            kind,
            ThingKind::Story
                | ThingKind::Path
                | ThingKind::Person
                | ThingKind::Showing
                | ThingKind::Wording
                | ThingKind::Conflict
        )
}

/// Compares what was read before with what is read now: shown every block in order, then every earlier one again.
pub struct HandBack<'a> {
    earlier: &'a [Earlier],
    /// By reading, the present one last: each thing's latest record, as its `seq` and a hash of its state.
    latest: Vec<HashMap<ThingRef, Option<(u64, u64)>>>,
}

impl<'a> HandBack<'a> {
    /// `earlier` in the order in which they were read.
    pub fn of(earlier: &'a [Earlier]) -> Self {
        Self { earlier, latest: vec![HashMap::new(); earlier.len() + 1] }
    }

    /// The place of the reading that a block is of.
    fn reading(&self, block: u32) -> usize {
        self.earlier.partition_point(|earlier| earlier.until <= block)
    }

    pub fn compare(&mut self, block: &Block) {
        let reading = self.reading(block.number);
        for record in records(&block.lines) {
            let state = record.1.state.as_ref().map(|state| (record.1.seq, hash(state.get())));
            self.latest[reading].insert(record.1.thing(), state);
        }
    }

    /// Of an earlier block, the lines that go back, and to which reading they belong.
    pub fn lines<'b>(&self, block: &'b Block) -> (Option<Epoch>, Vec<&'b str>) {
        let reading = self.reading(block.number);
        let Some(earlier) = self.earlier.get(reading) else { return (None, Vec::new()) };
        let goes_back = |(_, record): &(&str, Record)| {
            let Some(state) = &record.state else { return false };
            let thing = record.thing();
            let own = Some((record.seq, hash(state.get())));
            let is_latest = self.latest[reading].get(&thing) == Some(&own);
            let now = self.latest.last().and_then(|now| now.get(&thing)).copied().flatten();
            is_latest
                && is_handed_back(&record.kind)
                && now.map(|(_, state)| state) != own.map(|(_, state)| state)
        };
        let lines = records(&block.lines).filter(goes_back).map(|(line, _)| line);
        (Some(earlier.epoch), lines.collect())
    }
}

fn records(lines: &str) -> impl Iterator<Item = (&str, Record)> {
    lines.lines().filter_map(|line| Some((line, serde_json::from_str(line).ok()?)))
}

fn hash(state: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}

/// The next body to send of these lines: as many as fit into `bytes`, but always one. How many these are, and the body.
pub fn next_part(lines: &[&str], bytes: usize) -> (usize, String) {
    let (mut count, mut size) = (0, 0);
    for line in lines.iter().take(HANDED_RECORDS) {
        size += line.len() + 1;
        if count > 0 && size > bytes {
            break;
        }
        count += 1;
    }
    (count, lines[..count].join("\n"))
}

/// Where a restored server parted from what it was before: by epoch, the last `seq` of it that is in what was restored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Forks(BTreeMap<String, u64>);

/// A server before, and how much of it this one still has.
#[derive(Clone, Copy, Debug)]
pub struct Fork {
    pub epoch: Epoch,
    pub whole: u64,
}

impl Forks {
    /// A backup is restored that was made at `head`.
    pub fn add(&mut self, head: Head) {
        self.0.insert(head.epoch.to_string(), head.seq);
    }

    /// The database went back to `head` or before.
    pub fn roll_back(&mut self, head: &Head, rollback: &Rollback) {
        self.0.insert(head.epoch.to_string(), rollback.whole);
        for epoch in &rollback.lost_epochs {
            self.0.entry(epoch.to_string()).or_insert(0);
        }
    }

    /// Whether this library has been of that epoch, or is known to have lost it.
    pub fn knows(&self, epoch: Epoch) -> bool {
        self.0.contains_key(&epoch.to_string())
    }

    /// What a server of the epoch `now` has of an earlier one. Nothing, if it does not descend from it. `None` if it
    /// was never restored, or this is the present one: there is nothing to hand back.
    pub fn of(&self, epoch: Epoch, now: Epoch) -> Option<Fork> {
        let restored = !self.0.is_empty() && epoch != now;
        restored.then(|| Fork { epoch, whole: self.0.get(&epoch.to_string()).copied().unwrap_or(0) })
    }
}

/// The ops by which a server takes up what a phone hands back: records that bear its mark. The ledger turns down what is
/// older than the fork and still there. The same record makes the same op, whoever hands it back.
pub fn taken_up(lines: &str, fork: &Fork, key: &SigningKey) -> Vec<Op> {
    let Fork { epoch, whole } = *fork;
    let op = |(_, record): (&str, Record)| {
        let thing = record.thing();
        let state = record.state.as_ref()?.get();
        let bears_our_mark = record.mac == Some(key.mark(epoch, &thing, record.seq, state));
        if !bears_our_mark || !is_handed_back(&thing.kind) {
            return None;
        }
        let state: Object = serde_json::from_str(state).ok()?;
        Some(Op {
            device: DeviceId::handed_back(epoch, &thing, record.seq),
            device_seq: 1,
            at: Millis(0),
            actor: PersonId::SYSTEM,
            thing,
            base: None,
            change: Change::TakeUp(TakenUp { epoch, seq: record.seq, whole, state }),
        })
    };
    records(lines).take(HANDED_RECORDS).filter_map(op).collect()
}
