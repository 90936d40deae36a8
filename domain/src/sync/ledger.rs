//! The server's half: applies ops one by one and answers each with a receipt.
//!
//! A store opens a transaction that no other writer can share, loads what [`Ledger::missing`] names (until it names
//! nothing), lets [`Ledger::push`] decide, and writes [`Ledger::written`]. Many pushes may share one transaction.
//!
//! Invariants, each guarded by a property test in `tests/converge`:
//! * An op already known by `(device, device_seq)` and hash gets the receipt it got the first time.
//! * Every applied op gets a `seq` above all earlier ones; the store holds its lock until commit, so that commit
//!   order is `seq` order and no reader skips a row.
//! * No text is discarded: the log keeps the very bytes of every op.

mod apply;
mod create;
mod edit;
mod load;
mod replay;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    Object,
    access::{Actor, Scope, may_signed_out, scope_of},
    id::{DeviceId, Epoch, PersonId, ThingId},
    op::{Change, Envelope, Op, OpHash, TakenUp},
    person::{Person, Reader},
    thing::{ThingKind, ThingRef, read},
    time::Millis,
};

use super::wire::{Chain, OP_BYTES, Outcome, PushAnswer, Reason, Receipt};

pub use load::{Needs, ScopeNeed};
pub use replay::states;

/// Where the server stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub epoch: Epoch,
    /// The highest `seq` given so far.
    pub seq: u64,
    pub chain: Chain,
}

/// The latest state of a thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub seq: u64,
    pub state: Object,
    pub scope: Scope,
    pub owner: Option<PersonId>,
    /// The `seq` at which somebody who saw it lost sight of it, and is to be told that it is gone; 0 while nobody has.
    pub narrowed_at: u64,
    /// An administrator took it from view, or a rule did, or has said since that it was meant: phones need no second
    /// word for it.
    pub meant: bool,
}

impl Row {
    /// Whether it is a story that counts as being in the library.
    pub fn is_deleted(&self) -> bool {
        self.state.get("deleted_at").is_some_and(|at| !at.is_null())
    }
}

/// An op in the log, with what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggedOp {
    pub device: DeviceId,
    pub device_seq: u64,
    pub hash: OpHash,
    pub thing: ThingRef,
    pub actor: PersonId,
    pub receipt: Receipt,
    /// The chain after it; only applied ops have one.
    pub chain: Option<Chain>,
    /// What a deferred op waits for: a thing, or a server that knows its kind.
    pub waits: Option<Waits>,
    pub bytes: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waits {
    For(ThingRef),
    ForAnUpdate,
}

/// One line of a push, read as far as this version can.
#[derive(Clone, Debug)]
pub struct Incoming {
    bytes: String,
    hash: OpHash,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Op(Box<Op>),
    /// The envelope is sound, the change is of a kind that only a newer version knows.
    Unknown(Envelope),
    Malformed,
}

impl Incoming {
    pub fn read(line: &str) -> Self {
        let content = match serde_json::from_str::<Op>(line) {
            Ok(op) => Content::Op(Box::new(op)),
            Err(_) => match serde_json::from_str::<Envelope>(line) {
                Ok(envelope) => Content::Unknown(envelope),
                Err(_) => Content::Malformed,
            },
        };
        let content = match content {
            Content::Op(op) if !can_be_kept(op.device_seq, &op.thing) => Content::Malformed,
            Content::Unknown(envelope) if !can_be_kept(envelope.device_seq, &envelope.thing) => {
                Content::Malformed
            }
            content => content,
        };
        Self { bytes: line.to_owned(), hash: OpHash::of(line), content }
    }

    /// An op as the server makes it.
    pub fn of(op: Op) -> Self {
        let bytes = crate::op::OpBytes::of(&op).as_str().to_owned();
        Self { hash: OpHash::of(&bytes), bytes, content: Content::Op(Box::new(op)) }
    }

    /// The device and number under which it was told, if that can be read.
    pub fn key(&self) -> Option<(DeviceId, u64)> {
        self.envelope().map(|envelope| (envelope.device, envelope.device_seq))
    }

    pub fn hash(&self) -> OpHash {
        self.hash
    }

    pub fn bytes(&self) -> &str {
        &self.bytes
    }

    fn envelope(&self) -> Option<Envelope> {
        match &self.content {
            Content::Op(op) => Some(Envelope {
                device: op.device,
                device_seq: op.device_seq,
                actor: op.actor,
                thing: op.thing.clone(),
            }),
            Content::Unknown(envelope) => Some(envelope.clone()),
            Content::Malformed => None,
        }
    }
}

/// Epoch and `seq` that a thing had before a restore, in the state of one that was handed back and not changed since.
const TAKEN_UP: &str = "taken_up";

/// The thing that an op leaves behind when it meets another edit. Others may have looked at it before a restore.
fn conflict_of((device, device_seq): (DeviceId, u64)) -> ThingRef {
    ThingRef::new(ThingKind::Conflict, ThingId::conflict(device, device_seq))
}

/// Bytes of a kind's name, at most: an index of PostgreSQL takes no longer keys than 2,704 bytes.
const KIND_BYTES: usize = 100;

/// Whether a device that counts from 1 can have come to this number, and every database can hold it and the kind.
fn can_be_kept(device_seq: u64, thing: &ThingRef) -> bool {
    let kind = thing.kind.key();
    (1..=i64::MAX as u64).contains(&device_seq)
        && kind.len() <= KIND_BYTES
        && !kind.contains(char::is_control)
}

/// One push: ops in `device_seq` order, from someone whose credential was checked.
#[derive(Clone, Debug)]
pub struct Push {
    pub from: From,
    pub ops: Vec<Incoming>,
    /// The server's clock.
    pub now: Millis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// Someone who is signed in on the device that pushes.
    Person(PersonId),
    /// Someone whose device still has its push credential, and no session. Of what they push, only their own stories
    /// are taken ([`may_signed_out`]); the rest is answered with [`Outcome::Deferred`] and not kept, so that nobody
    /// fills the disk with it. The phone keeps it, asks again, and has it decided once its person is signed in there.
    SignedOut(PersonId),
    /// The server itself: joining, imports. May speak for anyone.
    System,
}

impl From {
    fn person(self) -> Option<PersonId> {
        match self {
            Self::Person(person) | Self::SignedOut(person) => Some(person),
            Self::System => None,
        }
    }
}

/// What a store has loaded, and what the pushes have made of it so far.
#[derive(Debug)]
pub struct Ledger {
    head: Head,
    /// `None`: looked for, not there.
    rows: HashMap<ThingRef, Option<Row>>,
    receipts: HashMap<(DeviceId, u64), Option<(OpHash, Receipt)>>,
    devices: HashMap<DeviceId, Option<PersonId>>,
    waiting: HashMap<ThingRef, Vec<LoggedOp>>,
    waiting_loaded: BTreeSet<ThingRef>,
    scopes: BTreeSet<ScopeNeed>,
    changed: BTreeSet<ThingRef>,
    logged: BTreeMap<(DeviceId, u64), LoggedOp>,
    new_devices: BTreeMap<DeviceId, PersonId>,
}

/// What a store writes after its pushes, in the transaction in which it loaded.
#[derive(Debug)]
pub struct Written {
    pub head: Head,
    pub rows: Vec<(ThingRef, Row)>,
    /// New ops, and deferred ones whose time has come (same key, new receipt).
    pub ops: Vec<LoggedOp>,
    pub devices: Vec<(DeviceId, PersonId)>,
}

impl Ledger {
    pub fn new(head: Head) -> Self {
        Self {
            head,
            rows: HashMap::new(),
            receipts: HashMap::new(),
            devices: HashMap::new(),
            waiting: HashMap::new(),
            waiting_loaded: BTreeSet::new(),
            scopes: BTreeSet::new(),
            changed: BTreeSet::new(),
            logged: BTreeMap::new(),
            new_devices: BTreeMap::new(),
        }
    }

    /// Applies the ops of one push in order. The store has loaded everything [`Self::missing`] named.
    pub fn push(&mut self, push: &Push) -> PushAnswer {
        let mut receipts = Vec::with_capacity(push.ops.len());
        let mut cloned = false;
        for incoming in &push.ops {
            match self.take(push, incoming) {
                Some(receipt) => receipts.push(receipt),
                None => {
                    cloned = true;
                    break;
                }
            }
        }
        let head = Some(self.head.into());
        PushAnswer { epoch: self.head.epoch, receipts, cloned, position: None, head }
    }

    /// The receipt of one op, or `None` if another op stands under its number.
    fn take(&mut self, push: &Push, incoming: &Incoming) -> Option<Receipt> {
        let refuse = |reason| Some(Receipt { outcome: Outcome::Rejected(reason), seq: 0, at: push.now });
        let Some(envelope) = incoming.envelope() else {
            return refuse(Reason::Malformed);
        };
        let key = (envelope.device, envelope.device_seq);
        if !self.speaks_for(push.from, &envelope) {
            // Not logged: what a stranger sends under someone's number must not take that number. And before any
            // receipt is looked up: a stranger learns nothing of what was sent.
            return refuse(Reason::NotYours);
        }
        match self.receipts.get(&key) {
            Some(Some((hash, receipt))) => return (*hash == incoming.hash).then_some(receipt.clone()),
            Some(None) => {}
            None => unreachable!("the store loads the receipt of every op before it is pushed: {key:?}"),
        }
        if let From::SignedOut(person) = push.from
            && !self.may_be_taken_signed_out(person, incoming)
        {
            return Some(Receipt { outcome: Outcome::Deferred, seq: 0, at: push.now });
        }
        if self.was_never_lost(incoming) {
            // Not logged: what is older than a fork is most of what phones hand back that were away for long.
            return refuse(Reason::MovedOn);
        }
        if let Some(person) = push.from.person()
            && self.devices.insert(envelope.device, Some(person)).flatten().is_none()
        {
            self.new_devices.insert(envelope.device, person);
        }
        let (receipt, waits) = if incoming.bytes.len() > OP_BYTES {
            (Receipt { outcome: Outcome::Rejected(Reason::TooLarge), seq: 0, at: push.now }, None)
        } else {
            self.decide(push, incoming)
        };
        self.log(incoming, &envelope, receipt.clone(), waits);
        self.apply_what_waited_for(&envelope.thing);
        self.apply_what_waited_for(&conflict_of(key));
        Some(receipt)
    }

    fn speaks_for(&self, from: From, envelope: &Envelope) -> bool {
        match from.person() {
            None => true,
            Some(person) => {
                let owner = self.devices.get(&envelope.device).copied().flatten();
                envelope.actor == person && owner.is_none_or(|owner| owner == person)
            }
        }
    }

    /// Whether an op that nobody has signed in for is decided now. What cannot be read as an op of today may be anything.
    fn may_be_taken_signed_out(&self, person: PersonId, incoming: &Incoming) -> bool {
        let Content::Op(op) = &incoming.content else { return false };
        let now = self.row(&op.thing).map(|row| &row.state);
        may_signed_out(person, &op.thing, now, &op.change)
    }

    /// Whether this hands back what the database has had all along, and somebody has changed since.
    fn was_never_lost(&self, incoming: &Incoming) -> bool {
        let Content::Op(op) = &incoming.content else { return false };
        let Change::TakeUp(taken) = &op.change else { return false };
        taken.seq <= taken.whole && self.row(&op.thing).is_some_and(|row| !row.lacks(taken))
    }

    fn decide(&mut self, push: &Push, incoming: &Incoming) -> (Receipt, Option<Waits>) {
        let receipt = |outcome, seq| Receipt { outcome, seq, at: push.now };
        match &incoming.content {
            Content::Op(op) => {
                let actor = self.actor(push.from, op.actor);
                let before = self.head.seq;
                match self.apply(&actor, op, push.now) {
                    Ok(outcome) => {
                        // Every applied op has a `seq` of its own, also one that found nothing left to do: the
                        // chain at a `seq` must never change once it is in somebody's cursor.
                        self.head.seq = self.head.seq.max(before + 1);
                        (receipt(outcome, self.head.seq), None)
                    }
                    Err(apply::Declined::Rejected(reason)) => (receipt(Outcome::Rejected(reason), 0), None),
                    Err(apply::Declined::Erased) => (receipt(Outcome::Erased, 0), None),
                    Err(apply::Declined::Waits(waits)) => (receipt(Outcome::Deferred, 0), Some(waits)),
                }
            }
            Content::Unknown(_) => (receipt(Outcome::Deferred, 0), Some(Waits::ForAnUpdate)),
            Content::Malformed => (receipt(Outcome::Rejected(Reason::Malformed), 0), None),
        }
    }

    /// Who acts: what they may do follows from what the library knows of them now.
    fn actor(&self, from: From, person: PersonId) -> Actor {
        match from {
            From::System => Actor::System,
            // Whether it may be taken is settled before. What it does does not depend on it: the log, from which every
            // state can be made again, does not say how an op came.
            From::Person(_) | From::SignedOut(_) => {
                // Whoever was taken out of the library has no role in it.
                let row = self.row(&ThingRef::person(person)).filter(|row| !row.is_deleted());
                let known = row.and_then(|row| read::<Person>(&row.state).ok());
                Actor::Person(match known {
                    Some(known) => Reader::of(person, &known),
                    None => Reader { person, role: Default::default(), department: None },
                })
            }
        }
    }

    fn log(&mut self, incoming: &Incoming, envelope: &Envelope, receipt: Receipt, waits: Option<Waits>) {
        let key = (envelope.device, envelope.device_seq);
        let chain = (receipt.seq > 0).then(|| {
            self.head.chain = self.head.chain.next(key.0, key.1, &incoming.hash, receipt.at);
            self.head.chain
        });
        self.receipts.insert(key, Some((incoming.hash, receipt.clone())));
        let logged = LoggedOp {
            device: key.0,
            device_seq: key.1,
            hash: incoming.hash,
            thing: envelope.thing.clone(),
            actor: envelope.actor,
            receipt,
            chain,
            waits: waits.clone(),
            bytes: incoming.bytes.clone(),
        };
        if let Some(Waits::For(thing)) = waits {
            self.waiting.entry(thing).or_default().push(logged.clone());
        }
        self.logged.insert(key, logged);
    }

    /// Applies the deferred ops that waited for `thing`, now that it is there, and those that waited for them. What they
    /// do, they do as of the moment at which they were received: the log knows no other.
    fn apply_what_waited_for(&mut self, thing: &ThingRef) {
        let mut arrived = vec![thing.clone()];
        while let Some(thing) = arrived.pop() {
            if !self.waiting.contains_key(&thing) || self.row(&thing).is_none() {
                continue;
            }
            let mut waiting = self.waiting.remove(&thing).unwrap_or_default();
            // In the order in which each device told them. When they came, only a clock says, and it may have been set.
            waiting.sort_by_key(|op| (op.device, op.device_seq));
            for logged in waiting {
                let incoming = Incoming::read(&logged.bytes);
                let envelope = incoming.envelope().expect("what was deferred had an envelope");
                let now = logged.receipt.at;
                let push = Push { from: From::Person(logged.actor), ops: Vec::new(), now };
                let (receipt, waits) = self.decide(&push, &incoming);
                self.log(&incoming, &envelope, receipt, waits);
                arrived.push(conflict_of((envelope.device, envelope.device_seq)));
                arrived.push(envelope.thing);
            }
        }
    }

    fn row(&self, thing: &ThingRef) -> Option<&Row> {
        match self.rows.get(thing) {
            Some(row) => row.as_ref(),
            None => unreachable!("the store loads {thing} before an op touches it"),
        }
    }

    /// Sets a thing's state under a new `seq`, and whatever of its visibility follows from it.
    fn put(&mut self, thing: &ThingRef, mut state: Object, meant: bool) {
        state.remove(TAKEN_UP);
        let (scope, owner) = match &thing.kind {
            // A tally is seen by those who see its story.
            ThingKind::Tally => self
                .row(&ThingRef { kind: ThingKind::Story, id: thing.id })
                .map_or((Scope::Everyone, None), |story| (story.scope, story.owner)),
            kind => scope_of(kind, &state),
        };
        self.head.seq += 1;
        let seq = self.head.seq;
        let (narrowed_at, meant) = match self.row(thing) {
            None => (0, meant),
            Some(row) if scope.covers(row.scope) => (row.narrowed_at, row.meant || meant),
            Some(_) => (seq, meant),
        };
        let row = Row { seq, state, scope, owner, narrowed_at, meant };
        self.rows.insert(thing.clone(), Some(row));
        self.changed.insert(thing.clone());
    }

    /// Notes which record of the time before a restore a thing was made of, until it is changed.
    fn note_taken_up(&mut self, thing: &ThingRef, taken: &TakenUp) {
        if let Some(Some(row)) = self.rows.get_mut(thing) {
            row.state.insert(TAKEN_UP.to_owned(), serde_json::json!([taken.epoch, taken.seq]));
        }
    }

    /// Gives a thing a new `seq` without changing it, because what somebody may see has changed. That is meant; what
    /// was taken from others before still waits for its own word.
    fn show_again(&mut self, thing: &ThingRef) {
        self.head.seq += 1;
        if let Some(Some(row)) = self.rows.get_mut(thing) {
            row.seq = self.head.seq;
            if row.narrowed_at == 0 {
                (row.narrowed_at, row.meant) = (row.seq, true);
            }
            self.changed.insert(thing.clone());
        }
    }

    pub fn head(&self) -> Head {
        self.head
    }

    /// What has changed since the store loaded.
    pub fn written(mut self) -> Written {
        let rows = self
            .changed
            .into_iter()
            .filter_map(|thing| self.rows.remove(&thing).flatten().map(|row| (thing, row)))
            .collect();
        Written {
            head: self.head,
            rows,
            ops: self.logged.into_values().collect(),
            devices: self.new_devices.into_iter().collect(),
        }
    }
}
