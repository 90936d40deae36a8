//! Both stores in memory: the plainest that keep the contract. Tests and the simulator run on them, and the real
//! stores are held to the same contract.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    id::{AttachmentId, DeviceId, Epoch, PersonId},
    op::OpHash,
    person::{Person, Reader},
    thing::{ThingKind, ThingRef, read},
    time::Millis,
};

use super::{
    handback::{Earlier, Forks, HandBack, taken_up},
    ledger::{From, Head, Incoming, Ledger, LoggedOp, Needs, Push, Row, ScopeNeed, Waits, Written},
    page::{StoredRow, fitting},
    phone::{
        AttachmentsWanted, Attention, Block, DeviceRow, Done, LibraryRow, OpRow, OpsWanted, Overlay,
        OverlaysWanted, PhoneError, Reads, Transaction, Wanted, Writes, holding,
    },
    rollback::{Compared, Positions, find_rollback},
    upload::AttachmentRow,
    wire::{Chain, Cursor, PageHeader, PushAnswer, Record, Reset, SigningKey, Token},
};

/// The server's store.
#[derive(Clone)]
pub struct Server {
    pub key: SigningKey,
    pub head: Head,
    pub rows: BTreeMap<ThingRef, Row>,
    pub ops: BTreeMap<(DeviceId, u64), LoggedOp>,
    pub devices: BTreeMap<DeviceId, PersonId>,
    /// Applied ops by their `seq`.
    pub log: BTreeMap<u64, (DeviceId, u64)>,
    pub page_records: usize,
    pub page_bytes: usize,
    pub forks: Forks,
    /// What this process has seen; a process that begins anew has seen nothing.
    pub seen: Option<Positions>,
}

impl Server {
    pub fn new(head: Head, key: SigningKey) -> Self {
        Self {
            key,
            head,
            rows: BTreeMap::new(),
            ops: BTreeMap::new(),
            devices: BTreeMap::new(),
            log: BTreeMap::new(),
            page_records: super::wire::PAGE_RECORDS,
            page_bytes: super::wire::PAGE_BYTES,
            forks: Forks::default(),
            seen: None,
        }
    }

    /// Applies `pushes` in one transaction.
    pub fn push(&mut self, pushes: &[Push]) -> Vec<PushAnswer> {
        let (answers, written) = self.plan(pushes);
        let from = self.head.into();
        self.write(written);
        self.seen.get_or_insert(Positions::at(from)).moved(from, self.head.into());
        answers
    }

    /// Begins `epoch` if one of these tokens proves that the database went back in time, or if it is not where this
    /// process left it. Says whether.
    pub fn begin_epoch_if_rolled_back(&mut self, tokens: &[&Token], epoch: Epoch) -> bool {
        let compared = |position: Cursor| Compared { position, chain: self.chain_at(position.seq) };
        let brought: Vec<Compared> =
            tokens.iter().filter_map(|token| self.key.open_cursor(token)).map(compared).collect();
        let own = self.seen.map(|seen| (seen, self.chain_at(seen.last.seq)));
        let Some(rollback) = find_rollback(&self.head, &self.forks, own, &brought) else { return false };
        self.forks.roll_back(&self.head, &rollback);
        self.head.epoch = epoch;
        self.seen = Some(Positions::at(self.head.into()));
        true
    }

    /// What `pushes` come to and what is to be written for it; nothing is written yet.
    pub fn plan(&self, pushes: &[Push]) -> (Vec<PushAnswer>, Written) {
        let mut ledger = Ledger::new(self.head);
        loop {
            let needs = ledger.missing(pushes);
            if needs.is_empty() {
                break;
            }
            self.load(&needs, &mut ledger);
        }
        let answers = pushes.iter().map(|push| ledger.push(push)).collect();
        (answers, ledger.written())
    }

    fn load(&self, needs: &Needs, ledger: &mut Ledger) {
        for thing in &needs.things {
            ledger.load_row(thing.clone(), self.rows.get(thing).cloned());
        }
        for key in &needs.receipts {
            let found: Option<(OpHash, _)> = self.ops.get(key).map(|op| (op.hash, op.receipt.clone()));
            ledger.load_receipt(*key, found);
        }
        for device in &needs.devices {
            ledger.load_device(*device, self.devices.get(device).copied());
        }
        for thing in &needs.waiting {
            let waits = |op: &&LoggedOp| op.waits.as_ref() == Some(&Waits::For(thing.clone()));
            let mut ops: Vec<_> = self.ops.values().filter(waits).cloned().collect();
            ops.sort_by_key(|op| (op.receipt.at, op.device, op.device_seq));
            ledger.load_waiting(thing.clone(), ops);
        }
        for scope in &needs.scopes {
            for (thing, row) in &self.rows {
                if ScopeNeed::holds(*scope, row.scope) {
                    ledger.load_row(thing.clone(), Some(row.clone()));
                }
            }
            ledger.load_scope(*scope);
        }
    }

    /// Takes up lines that a phone hands back of the reading `epoch`.
    pub fn take_up(&self, epoch: Epoch, lines: &str, now: Millis) -> Option<Push> {
        let ops = taken_up(lines, &self.forks.of(epoch, self.head.epoch)?, &self.key);
        Some(Push { from: From::System, ops: ops.into_iter().map(Incoming::of).collect(), now })
    }

    /// Puts a backup in the place of everything, and begins `epoch`.
    pub fn restore(&mut self, backup: &Self, epoch: Epoch) {
        *self = backup.clone();
        self.forks.add(self.head);
        self.head.epoch = epoch;
        self.seen = Some(Positions::at(self.head.into()));
    }

    /// Commits what was planned.
    pub fn write(&mut self, written: Written) {
        let applied = written.ops.iter().filter(|op| op.receipt.seq > 0);
        self.log.extend(applied.map(|op| (op.receipt.seq, (op.device, op.device_seq))));
        self.head = written.head;
        self.rows.extend(written.rows);
        self.ops.extend(written.ops.into_iter().map(|op| ((op.device, op.device_seq), op)));
        self.devices.extend(written.devices);
    }

    /// The page that `person` reads after `token`, as its lines.
    pub fn pull(&self, person: PersonId, token: Option<&Token>) -> String {
        self.pull_within(person, token, self.page_bytes)
    }

    /// The same, of no more than `bytes`.
    pub fn pull_within(&self, person: PersonId, token: Option<&Token>, bytes: usize) -> String {
        let reader = self.reader(person);
        let start = Cursor { epoch: self.head.epoch, seq: 0, chain: Chain::default() };
        let cursor = token.map(|token| self.key.open_cursor(token));
        let reset = match cursor {
            None => None,
            Some(Some(cursor)) if cursor.epoch != self.head.epoch => Some(Reset::Restored),
            Some(Some(cursor))
                if cursor.seq <= self.head.seq && cursor.chain == self.chain_at(cursor.seq) =>
            {
                None
            }
            Some(_) => Some(Reset::Cursor),
        };
        let from = if reset.is_some() { start } else { cursor.flatten().unwrap_or(start) };
        let mut rows: Vec<_> = self.rows.iter().filter(|(_, row)| row.seq > from.seq).collect();
        rows.sort_by_key(|(_, row)| row.seq);
        let all = rows.len();
        rows.truncate(self.page_records);
        let text = |row: &Row| serde_json::to_string(&row.state).expect("a state is plain data");
        let mut rows: Vec<_> = rows.into_iter().map(|(thing, row)| stored(thing, row, text(row))).collect();
        rows.truncate(fitting(rows.iter().map(|row| row.line_bytes(&reader)), bytes));
        let more = all > rows.len();
        let seq = if more { rows.last().map_or(from.seq, |row| row.seq) } else { self.head.seq };
        let cursor = Cursor { epoch: self.head.epoch, seq, chain: self.chain_at(seq) };
        let stories = self
            .rows
            .iter()
            .filter(|(thing, row)| thing.kind == ThingKind::Story && row.scope.admits(row.owner, &reader));
        let taken = self.rows.iter().filter(|(thing, row)| row.is_taken_from(&thing.kind, &reader, from.seq));
        let header = PageHeader {
            epoch: self.head.epoch,
            cursor: self.key.sign_cursor(&cursor),
            seq,
            more,
            reset,
            reader: Some(person),
            records: None,
            stories: stories.count() as u64,
            unmeant: Some(taken.count() as u64),
            partial: false,
            position: more.then(|| self.key.sign_cursor(&self.head.into())),
        };
        let records =
            rows.iter().filter_map(|row| row.record_after(from.seq, &reader, self.head.epoch, &self.key));
        super::wire::page_text(
            &header,
            if reset.is_some() { Vec::new() } else { records.collect::<Vec<Record>>() },
        )
    }

    fn chain_at(&self, seq: u64) -> Chain {
        let last = self.log.range(..=seq).next_back();
        last.and_then(|(_, key)| self.ops.get(key)?.chain).unwrap_or_default()
    }

    pub fn reader(&self, person: PersonId) -> Reader {
        let known = self.rows.get(&ThingRef::person(person)).and_then(|row| read::<Person>(&row.state).ok());
        match known {
            Some(known) => Reader::of(person, &known),
            None => Reader { person, role: Default::default(), department: None },
        }
    }
}

fn stored(thing: &ThingRef, row: &Row, state: String) -> StoredRow {
    StoredRow {
        thing: thing.clone(),
        seq: row.seq,
        state,
        scope: row.scope,
        owner: row.owner,
        narrowed_at: row.narrowed_at,
        meant: row.meant,
    }
}

/// The phone's store.
#[derive(Clone, Default)]
pub struct Phone {
    pub devices: BTreeMap<DeviceId, DeviceRow>,
    pub ops: BTreeMap<(DeviceId, u64), OpRow>,
    pub overlays: BTreeMap<ThingRef, Overlay>,
    pub library: LibraryRow,
    pub blocks: BTreeMap<u32, Block>,
    pub attention: BTreeMap<(DeviceId, u64), Attention>,
    pub attachments: BTreeMap<AttachmentId, AttachmentRow>,
}

impl Phone {
    /// One transaction: reads, plans and writes, all or nothing.
    pub fn transact(&mut self, transaction: &Transaction) -> Result<Done, PhoneError> {
        let (writes, done) = transaction.plan(&self.read(&transaction.wants()))?;
        self.write(writes);
        Ok(done)
    }

    pub fn read(&self, wanted: &Wanted) -> Reads {
        let devices =
            self.devices.values().filter(|row| wanted.all_devices || wanted.device == Some(row.device));
        let devices: Vec<DeviceRow> = devices.cloned().collect();
        let after = |op: &OpRow| {
            let row = devices.iter().find(|row| row.device == op.device)?;
            match wanted.ops {
                OpsWanted::None => None,
                OpsWanted::Unacknowledged => Some(row.acked),
                OpsWanted::Deferred => Some(row.deferred.keys().next()? - 1),
                OpsWanted::Open => Some(row.open_after()),
            }
        };
        let ops =
            self.ops.values().filter(|op| after(op).is_some_and(|after| op.device_seq > after)).cloned();
        let overlays = self.overlays.iter().filter(|(thing, _)| match &wanted.overlays {
            OverlaysWanted::None => false,
            OverlaysWanted::Of(things) => things.contains(thing),
            OverlaysWanted::All => true,
        });
        let asked = if self.library.reads_again() { &wanted.held } else { &BTreeSet::new() };
        let all = wanted.attachments.is_all(&self.library);
        let attachments = self.attachments.values().filter(|row| match &wanted.attachments {
            AttachmentsWanted::Of(ids) => ids.contains(&row.attachment.id),
            _ => all,
        });
        Reads {
            attachments: attachments.cloned().collect(),
            ops: ops.collect(),
            overlays: overlays.map(|(thing, overlay)| (thing.clone(), overlay.clone())).collect(),
            library: self.library.clone(),
            held: self.held(asked),
            devices,
        }
    }

    fn held(&self, things: &BTreeSet<ThingRef>) -> BTreeSet<ThingRef> {
        let mut held = BTreeSet::new();
        for block in self.blocks.values().filter(|_| !things.is_empty()) {
            holding(things, &mut held, &block.lines).expect("a block holds the lines of a page");
        }
        held
    }

    /// What goes back to a server that was restored: lines, each with the reading it is of.
    pub fn hands_back(&self, earlier: &[Earlier]) -> Vec<(Epoch, String)> {
        let mut compared = HandBack::of(earlier);
        self.blocks.values().for_each(|block| compared.compare(block));
        let lines = |block| match compared.lines(block) {
            (Some(epoch), lines) if !lines.is_empty() => Some((epoch, lines.join("\n"))),
            _ => None,
        };
        self.blocks.values().filter_map(lines).collect()
    }

    /// What was refused and needs the person who sits here.
    pub fn needs_its_person(&self) -> impl Iterator<Item = &Attention> {
        let devices: Vec<DeviceRow> = self.devices.values().cloned().collect();
        self.attention.values().filter(move |row| row.is_for_whoever_sits_here(&devices))
    }

    pub fn write(&mut self, writes: Writes) {
        self.devices.extend(writes.devices.into_iter().map(|row| (row.device, row)));
        for key in &writes.moved_ops {
            self.ops.remove(key);
        }
        self.ops.extend(writes.ops.into_iter().map(|op| ((op.device, op.device_seq), op)));
        for (thing, overlay) in writes.overlays {
            match overlay {
                Some(overlay) => self.overlays.insert(thing, overlay),
                None => self.overlays.remove(&thing),
            };
        }
        for key in &writes.settled_attention {
            self.attention.remove(key);
        }
        if let Some(library) = writes.library {
            self.library = library;
        }
        if writes.forgets_library {
            self.blocks.clear();
        }
        self.blocks.extend(writes.blocks.into_iter().map(|block| (block.number, block)));
        self.attachments.extend(writes.attachments.into_iter().map(|row| (row.attachment.id, row)));
        for id in &writes.dropped_attachments {
            self.attachments.remove(id);
        }
        let attention = writes.attention.into_iter();
        self.attention.extend(attention.map(|row| ((row.device, row.device_seq), row)));
    }

    /// What the screens show: the blocks' latest records with the overlays on top.
    pub fn shown(&self) -> BTreeMap<ThingRef, crate::Object> {
        let mut shown = BTreeMap::new();
        for line in self.blocks.values().flat_map(|block| block.lines.lines()) {
            let record: Record = serde_json::from_str(line).expect("a block holds the lines of a page");
            match &record.state {
                Some(state) => {
                    let state = serde_json::from_str(state.get()).expect("a state is an object");
                    shown.insert(record.thing(), state);
                }
                None => {
                    shown.remove(&record.thing());
                }
            }
        }
        shown.extend(self.overlays.iter().map(|(thing, overlay)| (thing.clone(), overlay.state.clone())));
        shown
    }

    /// What the screens show to `reader`, who sits here now.
    pub fn shown_to(&self, reader: &Reader) -> BTreeMap<ThingRef, crate::Object> {
        let mut shown = self.shown();
        let hidden = self.overlays.iter().filter(|(thing, overlay)| !overlay.is_for(&thing.kind, reader));
        hidden.for_each(|(thing, _)| drop(shown.remove(thing)));
        shown
    }
}
