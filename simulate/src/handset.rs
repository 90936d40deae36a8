//! A phone: its store, what it holds of the library, and what can befall it between two steps.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use domain::{
    id::{AttachmentId, DeviceId, PersonId},
    person::{Person, Reader},
    sync::{
        ledger::From,
        memory::Phone,
        phone::{DeviceRow, Done, OpRow, PhoneError, Transaction, Writes},
        upload::{AttachmentRow, UploadState},
        wire::Record,
    },
    thing::{ThingKind, ThingRef},
};
use splitmix::Random;

use crate::{
    media::Bytes,
    mutants::{self, Mutant},
    plan::Fault,
    report::Met,
    server::token,
};

/// What a phone has pulled of a thing.
#[derive(Clone)]
pub struct Held {
    pub seq: u64,
    pub generation: usize,
    /// Its state as JSON; none once it is gone.
    pub state: Option<Rc<str>>,
}

/// The last text that was told here of a thing.
#[derive(Clone, Debug)]
pub struct Mine {
    pub person: PersonId,
    pub token: u64,
    pub field: &'static str,
    pub text: String,
}

/// What lies on the phone, and what the simulator knows of it.
#[derive(Clone, Default)]
pub struct Disk {
    pub store: Phone,
    pub held: BTreeMap<ThingRef, Held>,
    /// By generation of the server: how far its library was read, at most.
    pub read: BTreeMap<usize, u64>,
    pub mine: BTreeMap<ThingRef, Mine>,
    /// Of attachments, beside their rows.
    pub bytes: BTreeMap<AttachmentId, Bytes>,
    /// Stories that the pages of this pull have taken from view without a word that it was meant.
    pub taken: BTreeSet<ThingRef>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    BeforeCommit,
    AfterCommit,
}

impl Crash {
    pub fn of(random: &mut Random) -> Self {
        if random.chance(0.5) { Self::BeforeCommit } else { Self::AfterCommit }
    }
}

pub struct Handset {
    pub owner: PersonId,
    pub device: DeviceId,
    pub disk: Disk,
    /// As it was before the last few transactions.
    pub earlier: Vec<Disk>,
    pub keeps_earlier: bool,
    pub crash: Option<Crash>,
    pub quota: u32,
    /// Milliseconds that the clock is off, or the moment at which it stands still.
    pub clock: Clock,
    pub online: bool,
    pub one_way: bool,
    pub line: Option<Line>,
    pub poked: bool,
    /// Stories that were taken so far by the pull whose page was written last.
    pub taken: usize,
    /// Something that was read was replaced by something older.
    pub went_back: Option<ThingRef>,
    /// Bytes that may lie here, if there is little room.
    pub budget: Option<u64>,
    /// Rows of attachments whose bytes went, and nobody had said that they should.
    pub gone: Vec<AttachmentRow>,
}

/// How many bytes get through in time.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    pub push: usize,
    pub page: usize,
}

#[derive(Clone, Copy, Debug)]
pub enum Clock {
    Off(i64),
    Stands(i64),
}

/// Why a transaction came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    Storage,
    Unplanned(PhoneError),
    /// The tab is gone; whether anything was written, only the store knows.
    Crashed,
}

impl Handset {
    pub fn new(owner: PersonId, device: DeviceId) -> Self {
        let mut disk = Disk::default();
        disk.store.devices.insert(device, DeviceRow::new(device, owner, None));
        Self {
            owner,
            device,
            disk,
            earlier: Vec::new(),
            keeps_earlier: false,
            crash: None,
            quota: 0,
            clock: Clock::Off(0),
            online: true,
            one_way: false,
            line: None,
            poked: false,
            taken: 0,
            went_back: None,
            budget: None,
            gone: Vec::new(),
        }
    }

    /// The device that the person in front of the screen writes with.
    /// As whom the server takes what one of this person's devices pushes: the browser sends the session of whoever sits
    /// here along.
    pub fn sender(&self, person: PersonId) -> From {
        let signed_in = self.disk.store.devices.values().any(|row| row.current && row.person == person);
        if signed_in { From::Person(person) } else { From::SignedOut(person) }
    }

    pub fn current(&self) -> Option<DeviceId> {
        self.disk.store.devices.values().find(|row| row.current).map(|row| row.device)
    }

    /// Whoever sits here, as far as this phone knows them.
    pub fn reader(&self) -> Reader {
        let known = self.disk.held.get(&ThingRef::person(self.owner)).and_then(|held| held.state.as_deref());
        let known = known.and_then(|state| serde_json::from_str::<Person>(state).ok());
        match known {
            Some(known) => Reader::of(self.owner, &known),
            None => Reader { person: self.owner, role: Default::default(), department: None },
        }
    }

    /// One transaction: all or nothing, unless a mutant tears it in two.
    pub fn transact(
        &mut self,
        transaction: &Transaction,
        second_tab: bool,
        generation: usize,
        mutant: Option<Mutant>,
        met: &mut Met,
    ) -> Result<Done, Failed> {
        let mut reads = self.disk.store.read(&transaction.wants());
        let mut transaction = Cow::Borrowed(transaction);
        if mutant.is_some() {
            mutants::reads(mutant, second_tab, transaction.to_mut(), &mut reads);
        }
        let (mut writes, done) = transaction.plan(&reads).map_err(Failed::Unplanned)?;
        mutants::writes(mutant, &transaction, &reads, &mut writes);
        let parts = mutants::torn(mutant, &transaction, writes);
        if parts.iter().all(is_empty) {
            return Ok(done);
        }
        let written = self.write(parts, generation, met);
        if let Transaction::Tell { attachments, .. } = &*transaction {
            self.gone.retain(|row| !attachments.dropped.contains(&row.attachment.id));
        }
        let crash = written?;
        self.count_taken(&transaction);
        mutants::after(mutant, &transaction, &mut self.disk);
        crash.map_or(Ok(done), Err)
    }

    /// Commits these parts of what is meant to be one, unless something befalls it. What befell it afterwards, if it was
    /// written.
    pub fn write(
        &mut self,
        parts: Vec<Writes>,
        generation: usize,
        met: &mut Met,
    ) -> Result<Option<Failed>, Failed> {
        if self.quota > 0 {
            self.quota -= 1;
            met.note_fault(Fault::Quota);
            return Err(Failed::Storage);
        }
        if self.keeps_earlier {
            self.earlier.push(self.disk.clone());
            if self.earlier.len() > 3 {
                self.earlier.remove(0);
            }
        }
        let crash = self.crash.take();
        if crash.is_some() {
            met.note_fault(Fault::Crash);
        }
        let last = parts.len() - 1;
        for (at, part) in parts.into_iter().enumerate() {
            if crash == Some(Crash::BeforeCommit) && at == last {
                return Err(Failed::Crashed);
            }
            self.commit(part, generation);
        }
        Ok((crash == Some(Crash::AfterCommit)).then_some(Failed::Crashed))
    }

    /// Attachments that count as received.
    pub fn received(&self) -> usize {
        let received = |row: &&AttachmentRow| matches!(row.state, UploadState::Received { .. });
        self.disk.store.attachments.values().filter(received).count()
    }

    /// Whether an op with this word is kept here.
    pub fn keeps(&self, word: u64) -> bool {
        self.disk.store.ops.values().any(|op| token(op.bytes.as_str()) == Some(word))
    }

    fn count_taken(&mut self, transaction: &Transaction) {
        self.taken = self.disk.taken.len();
        let begins_anew = !self.disk.store.library.complete || self.disk.store.library.cursor.is_none();
        if begins_anew || matches!(transaction, Transaction::Absorb { page } if !page.header.more) {
            self.disk.taken.clear();
        }
    }

    fn commit(&mut self, writes: Writes, generation: usize) {
        let Disk { store, held, read, mine, taken, bytes } = &mut self.disk;
        if let Some(library) = writes.library.as_ref().filter(|library| library.cursor.is_some())
            && library.cursor != store.library.cursor
        {
            // What was read once is not unread by a cursor that was refused.
            let read = read.entry(generation).or_default();
            *read = (*read).max(library.seq);
        }
        for id in &writes.dropped_attachments {
            self.gone.extend(store.attachments.get(id).cloned());
            bytes.remove(id);
        }
        if writes.forgets_library {
            held.clear();
            read.clear();
            let open = |op: &OpRow| store.devices[&op.device].is_open(op.device_seq);
            let open: Vec<_> = store.ops.values().filter(|op| open(op)).collect();
            let laid = |thing: &ThingRef| {
                store.overlays.contains_key(thing) || writes.overlays.iter().any(|(other, _)| other == thing)
            };
            mine.retain(|thing, mine| {
                laid(thing) && open.iter().any(|op| token(op.bytes.as_str()) == Some(mine.token))
            });
        }
        for line in writes.blocks.iter().flat_map(|block| block.lines.lines()) {
            let record: Record = serde_json::from_str(line).expect("a block holds the lines of a page");
            let state = record.state.as_ref().map(|state| Rc::from(state.get()));
            let new = Held { seq: record.seq, generation, state };
            let old = held.insert(record.thing(), new);
            let shown = old.as_ref().is_some_and(|old| old.state.is_some());
            match record.state {
                None if record.kind == ThingKind::Story && shown && !record.meant => {
                    taken.insert(record.thing())
                }
                _ => taken.remove(&record.thing()),
            };
            // What is read again from the beginning is at least as new.
            if old.is_some_and(|old| old.generation == generation && old.seq > record.seq) {
                self.went_back = Some(record.thing());
            }
        }
        for op in writes.ops.iter().filter(|op| op.rejected.is_some()) {
            let refused = token(op.bytes.as_str());
            mine.retain(|_, mine| Some(mine.token) != refused);
        }
        store.write(writes);
    }
}

fn is_empty(writes: &Writes) -> bool {
    writes.devices.is_empty()
        && writes.ops.is_empty()
        && writes.moved_ops.is_empty()
        && writes.overlays.is_empty()
        && writes.library.is_none()
        && !writes.forgets_library
        && writes.blocks.is_empty()
        && writes.attention.is_empty()
        && writes.attachments.is_empty()
        && writes.dropped_attachments.is_empty()
}
