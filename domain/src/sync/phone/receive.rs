//! What the server says: receipts for what was pushed, and pages of the library.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Object,
    id::{DeviceId, Epoch, ThingId},
    op::{Change, Op},
    sync::handback::{Earlier, Handing},
    sync::upload::AttachmentRow,
    sync::wire::{Outcome, PushAnswer, Receipt, Record, Token},
    thing::ThingRef,
    time::Millis,
};

use super::{
    Attention, Block, DeviceRow, Done, LibraryRow, OpRow, Overlay, Page, PhoneError, Reads, Writes, project,
    removals,
};

/// Records in one block: small enough that reading one story does not read half the library.
const BLOCK_RECORDS: usize = 32;

pub(super) fn receive(
    reads: &Reads,
    device: DeviceId,
    numbers: &[u64],
    starts: u32,
    answer: &PushAnswer,
) -> Result<(Writes, Done), PhoneError> {
    if starts != reads.library.starts {
        // These receipts are of a server that went back in time since. The ops are offered again.
        return Ok((Writes::default(), Done::Received { cloned: false }));
    }
    if reads.library.epoch.is_some_and(|epoch| epoch != answer.epoch) {
        // Whoever cannot read hears it here.
        return Ok(start_over(reads, answer.epoch));
    }
    let mut row = reads.device(device)?.clone();
    let ours = reads.ops.iter().filter(|op| op.device == device);
    let mut ops: BTreeMap<u64, OpRow> = ours.map(|op| (op.device_seq, op.clone())).collect();
    let mut writes = Writes::default();
    let mut touched: BTreeMap<ThingRef, Option<Millis>> = BTreeMap::new();
    for (device_seq, receipt) in numbers.iter().copied().zip(&answer.receipts) {
        if !row.note(device_seq, receipt) {
            continue;
        }
        let Some(op) = ops.get_mut(&device_seq) else {
            continue;
        };
        note_refusal(op, receipt, &mut writes);
        touched.insert(op.thing.clone(), Some(receipt.at));
    }
    let taken = numbers.get(answer.receipts.len()).copied().filter(|_| answer.cloned);
    if let Some(number) = taken.filter(|number| row.deferred.get(number) == Some(&0))
        && let Some(op) = ops.get(&number)
    {
        let again = sent_again(op, &mut row)?;
        touched.insert(again.thing.clone(), None);
        writes.ops.push(again.clone());
        ops.insert(again.device_seq, again);
    }
    let told = Told::of(reads.ops.iter().filter(|op| op.device != device).chain(ops.values()));
    let open = |op: &OpRow| op.device != device || row.is_open(op.device_seq);
    for (thing, received_at) in touched {
        if let Some(overlay) = reads.overlays.get(&thing) {
            let mut after = replayed(overlay.base.clone(), told.about(&thing), open, Some(overlay));
            if let Some(after) = &mut after
                && received_at.is_some()
                && after.last <= row.acked
            {
                after.received_at = received_at;
            }
            writes.overlays.push((thing, after));
        }
    }
    let acked = row.acked;
    writes.devices.push(row);
    // Also before the first page: should the server be restored until then, that page is of another epoch.
    let library = reads.library.with_receipt_at(answer.position.as_ref());
    let library = LibraryRow { epoch: Some(answer.epoch), ..library };
    writes.library = (library != reads.library).then_some(library);
    // A number that has its receipt was put off, or another tab has noted it since: there is nothing to fork for.
    let cloned = taken.is_some_and(|number| number > acked);
    Ok((writes, Done::Received { cloned }))
}

/// An op that the server has put off without keeping it, under the device's next number: under its own, the server has
/// since received another op, from a clone of this profile. The first copy stays, since numbers have no gaps.
fn sent_again(op: &OpRow, row: &mut DeviceRow) -> Result<OpRow, PhoneError> {
    let device_seq = row.next;
    let bytes = op.bytes.renumbered(op.device, device_seq).map_err(|_| PhoneError::Unreadable)?;
    row.deferred.remove(&op.device_seq);
    row.next += 1;
    Ok(OpRow { device_seq, bytes, ..op.clone() })
}

impl DeviceRow {
    /// Takes the receipt of an op. `false` if another tab has noted it already.
    fn note(&mut self, device_seq: u64, receipt: &Receipt) -> bool {
        let deferred = receipt.leaves_open();
        if self.deferred.get(&device_seq) == Some(&0) {
            match receipt.seq {
                _ if deferred => return false,
                0 => self.deferred.remove(&device_seq),
                seq => self.deferred.insert(device_seq, seq),
            };
            return true;
        }
        if device_seq != self.acked + 1 || device_seq >= self.next {
            return false;
        }
        self.acked = device_seq;
        self.covered_at = self.covered_at.max(receipt.seq);
        if deferred {
            self.deferred.insert(device_seq, 0);
        }
        true
    }

    /// The library has been read to its end, which is `seq`. Whether that settles anything.
    fn settle(&mut self, seq: u64) -> bool {
        let before = (self.settled, self.deferred.len());
        if self.covered_at <= seq {
            self.settled = self.settled.max(self.acked);
        }
        self.deferred.retain(|_, covered_at| *covered_at == 0 || *covered_at > seq);
        before != (self.settled, self.deferred.len())
    }
}

/// Notes that the server did not take an op, or that it did after all.
fn note_refusal(op: &mut OpRow, receipt: &Receipt, writes: &mut Writes) {
    let before = op.rejected;
    op.rejected = match receipt.outcome {
        Outcome::Rejected(reason) => Some(reason),
        _ => None,
    };
    if before != op.rejected {
        writes.ops.push(op.clone());
    }
    match op.rejected {
        Some(reason) if before.is_none() => writes.attention.push(Attention {
            device: op.device,
            device_seq: op.device_seq,
            thing: op.thing.clone(),
            reason,
            at: receipt.at,
            bytes: op.bytes.clone(),
        }),
        None if before.is_some() => writes.settled_attention.push((op.device, op.device_seq)),
        _ => {}
    }
}

/// Ops by what they are about: a phone that was without a network for long has very many.
struct Told<'a>(BTreeMap<&'a ThingRef, Vec<&'a OpRow>>);

impl<'a> Told<'a> {
    fn of(ops: impl IntoIterator<Item = &'a OpRow>) -> Self {
        let mut told: BTreeMap<&ThingRef, Vec<&OpRow>> = BTreeMap::new();
        for op in ops {
            told.entry(&op.thing).or_default().push(op);
        }
        Self(told)
    }

    fn about(&self, thing: &ThingRef) -> &[&'a OpRow] {
        self.0.get(thing).map_or(&[], Vec::as_slice)
    }
}

/// Base with the open ones of a thing's ops on top; `None` if there are none. An op that only a newer client can read
/// is sent like the others; until then, what that client left is shown.
fn replayed(
    base: Option<(u64, Object)>,
    ops: &[&OpRow],
    open: impl Fn(&OpRow) -> bool,
    before: Option<&Overlay>,
) -> Option<Overlay> {
    let mut open_ops = Vec::new();
    for row in ops.iter().filter(|row| row.rejected.is_none() && open(row)) {
        match row.bytes.op() {
            Ok(op) => open_ops.push((*row, op)),
            Err(_) => return before.cloned(),
        }
    }
    // Of several people on this phone, whoever changed the thing last is known; the others in the order in which they
    // signed in. Where nobody is known any more, by the clock; but whatever that said, nobody's own changes trade places.
    let last = before.map(|before| before.device);
    let mut changed_at: BTreeMap<DeviceId, Millis> = BTreeMap::new();
    for (row, _) in open_ops.iter().filter(|_| last.is_none()) {
        let at = changed_at.entry(row.device).or_insert(row.at);
        *at = row.at.max(*at);
    }
    open_ops.sort_by_key(|(row, op)| {
        let told = (changed_at.get(&row.device), row.device, row.device_seq);
        (!matches!(op.change, Change::Create(_)), last == Some(row.device), told)
    });
    let mut overlay: Option<Overlay> = None;
    for (row, op) in open_ops {
        let seen = overlay.as_ref().map(|overlay| &overlay.state).or(base.as_ref().map(|(_, state)| state));
        let state = project(seen, &op);
        overlay = Some(Overlay {
            base: base.clone(),
            state,
            device: row.device,
            last: row.device_seq,
            received_at: None,
        });
    }
    overlay
}

pub(super) fn fork(reads: &Reads, device: DeviceId, fresh: DeviceId) -> Result<(Writes, Done), PhoneError> {
    let mut old = reads.device(device)?.clone();
    let mut new =
        DeviceRow { current: old.current, ..DeviceRow::new(fresh, old.person, old.push_token.clone()) };
    let mut writes = Writes::default();
    let mut moved: BTreeMap<u64, u64> = BTreeMap::new();
    for op in reads.ops.iter().filter(|op| op.device == device && op.device_seq > old.acked) {
        let bytes = op.bytes.renumbered(fresh, new.next).map_err(|_| PhoneError::Unreadable)?;
        // Under its new number the server is asked anew, also for what it has once refused.
        let moved_op = OpRow { device: fresh, device_seq: new.next, bytes, rejected: None, ..op.clone() };
        writes.ops.push(moved_op);
        if op.rejected.is_some() {
            writes.settled_attention.push((device, op.device_seq));
        }
        writes.moved_ops.push((device, op.device_seq));
        moved.insert(op.device_seq, new.next);
        new.next += 1;
    }
    for (thing, overlay) in reads.overlays.iter().filter(|(_, overlay)| overlay.device == device) {
        if let Some(last) = moved.get(&overlay.last) {
            let overlay = Overlay { device: fresh, last: *last, ..overlay.clone() };
            writes.overlays.push((thing.clone(), Some(overlay)));
        }
    }
    old.next = old.acked + 1;
    old.current = false;
    writes.devices = vec![old, new];
    Ok((writes, Done::Forked))
}

pub(super) fn absorb(reads: &Reads, page: &Page) -> Result<(Writes, Done), PhoneError> {
    // Somebody else may have signed in since it was asked for, or the browser still holds another session.
    let Some(reader) = reads.reader().filter(|person| page.header.reader.is_none_or(|for_| for_ == *person))
    else {
        return Ok((Writes::default(), Done::NotOurs));
    };
    if let Some(library) = reads.library.handed_to(reader, &reads.devices)
        && library.handovers > reads.library.handovers
    {
        return Ok((forget(reads, library), Done::StartedOver));
    }
    if page.asked != reads.library.cursor {
        // Another tab has read on since this page was asked for.
        let cursor = reads.library.cursor.clone();
        return Ok((Writes::default(), Done::Absorbed { more: true, cursor, earlier: Vec::new() }));
    }
    if reads.library.epoch.is_some_and(|epoch| epoch != page.header.epoch) {
        // There was no cursor by which the server could have noticed that it went back in time.
        return Ok(start_over(reads, page.header.epoch));
    }
    let mut library = LibraryRow { reader: Some(reader), ..reads.library.clone() };
    let Some(taken) = removals::taken(&library, page, &reads.held) else {
        library.halted = true;
        return Ok((Writes { library: Some(library), ..Writes::default() }, Done::Halted));
    };
    let mut writes = Writes { blocks: blocks(&mut library, page), ..Writes::default() };
    library.read_on(page, taken);
    let mut devices = reads.devices.clone();
    // Only at the end: what was changed again meanwhile comes with a later page.
    if !page.header.more {
        let settled = devices.iter_mut().filter_map(|row| row.settle(library.seq).then(|| row.clone()));
        writes.devices.extend(settled.collect::<Vec<_>>());
    }
    writes.overlays = overlays_after(reads, &devices, page)?;
    let cursor = library.cursor.clone();
    let hands_back = library.hands_back && !page.header.more;
    let earlier = if hands_back { library.earlier.clone() } else { Vec::new() };
    writes.library = Some(library);
    Ok((writes, Done::Absorbed { more: page.header.more, cursor, earlier }))
}

/// The library goes to somebody else. What was told here and is offered again to a server that was restored was shown
/// by what had been read: from now on an overlay shows it.
pub(super) fn forget(reads: &Reads, library: LibraryRow) -> Writes {
    let rows: BTreeMap<DeviceId, &DeviceRow> = reads.devices.iter().map(|row| (row.device, row)).collect();
    let open = |op: &OpRow| rows.get(&op.device).is_none_or(|row| row.is_open(op.device_seq));
    let told = |op: &&OpRow| matches!(op.bytes.op(), Ok(Op { change: Change::Create(_), .. }));
    let bare = reads.ops.iter().filter(|op| !reads.overlays.contains_key(&op.thing) && open(op)).filter(told);
    let bare: BTreeSet<&ThingRef> = bare.map(|op| &op.thing).collect();
    let ops = Told::of(&reads.ops);
    let laid = |thing: &ThingRef| Some((thing.clone(), Some(replayed(None, ops.about(thing), open, None)?)));
    Writes {
        forgets_library: true,
        overlays: bare.into_iter().filter_map(laid).collect(),
        library: Some(library),
        ..Writes::default()
    }
}

fn overlays_after(
    reads: &Reads,
    devices: &[DeviceRow],
    page: &Page,
) -> Result<Vec<(ThingRef, Option<Overlay>)>, PhoneError> {
    let rows: BTreeMap<DeviceId, &DeviceRow> = devices.iter().map(|row| (row.device, row)).collect();
    let open = |op: &OpRow| rows.get(&op.device).is_none_or(|row| row.is_open(op.device_seq));
    let news: BTreeMap<ThingRef, &Record> =
        page.records.iter().map(|record| (record.thing(), record)).collect();
    let told = Told::of(&reads.ops);
    let mut changed = Vec::new();
    for (thing, overlay) in &reads.overlays {
        let base = match news.get(thing) {
            Some(Record { seq, state: Some(state), .. }) => {
                let state = serde_json::from_str(state.get()).map_err(|_| PhoneError::Unreadable)?;
                Some((*seq, state))
            }
            // Gone from view, or not in this page: one's own open ops still stand on what was known.
            _ => overlay.base.clone(),
        };
        let mut after = replayed(base, told.about(thing), open, Some(overlay));
        if let Some(after) = &mut after {
            after.received_at = overlay.received_at;
        }
        if after.as_ref() != Some(overlay) {
            changed.push((thing.clone(), after));
        }
    }
    changed.extend(overlays_offered_again(reads, &told, open, &news)?);
    Ok(changed)
}

/// While ops are offered again to a server that was restored, what it sends may lack them: they are laid over it.
fn overlays_offered_again(
    reads: &Reads,
    told: &Told<'_>,
    open: impl Fn(&OpRow) -> bool,
    news: &BTreeMap<ThingRef, &Record>,
) -> Result<Vec<(ThingRef, Option<Overlay>)>, PhoneError> {
    let mut laid = Vec::new();
    for (thing, record) in news.iter().filter(|(thing, _)| !reads.overlays.contains_key(*thing)) {
        let Some(state) = record.state.as_ref().filter(|_| !told.about(thing).is_empty()) else {
            continue;
        };
        let state = serde_json::from_str(state.get()).map_err(|_| PhoneError::Unreadable)?;
        if let Some(overlay) = replayed(Some((record.seq, state)), told.about(thing), &open, None) {
            laid.push((thing.clone(), Some(overlay)));
        }
    }
    Ok(laid)
}

/// The server starts a reading over whose cursor does not fit. If another tab has read on or started over since this was
/// asked for, it says nothing of where this phone is now.
pub(super) fn refused(reads: &Reads, page: &Page) -> (Writes, Done) {
    match page.asked == reads.library.cursor {
        true => start_over(reads, page.header.epoch),
        false => (Writes::default(), Done::StartedOver),
    }
}

/// Keeps everything, offers every op that is still kept again, and reads from the beginning: absence on the server
/// is never a delete.
pub(super) fn start_over(reads: &Reads, epoch: Epoch) -> (Writes, Done) {
    let library = LibraryRow {
        cursor: None,
        receipt: None,
        epoch: Some(epoch),
        seq: 0,
        taken_stories: BTreeSet::new(),
        starts: reads.library.starts + 1,
        earlier: earlier_readings(&reads.library, epoch),
        hands_back: reads.library.hands_back || reads.library.epoch.is_some_and(|before| before != epoch),
        read_before: reads.library.read_before.max(reads.library.seq),
        halted: false,
        ..reads.library.clone()
    };
    let devices = reads.devices.iter().map(|row| DeviceRow {
        acked: row.kept_from - 1,
        settled: row.kept_from - 1,
        covered_at: 0,
        deferred: BTreeMap::new(),
        ..row.clone()
    });
    let attachments = reads.attachments.iter().filter_map(AttachmentRow::offered_again).collect();
    let writes =
        Writes { devices: devices.collect(), library: Some(library), attachments, ..Writes::default() };
    (writes, Done::StartedOver)
}

/// What had been read when the library of `epoch` began.
fn earlier_readings(library: &LibraryRow, epoch: Epoch) -> Vec<Earlier> {
    let mut earlier = library.earlier.clone();
    let until = library.next_block;
    let was_read = earlier.last().map_or(0, |last| last.until) < until;
    let before = library.epoch.filter(|before| *before != epoch && was_read);
    earlier.extend(before.map(|epoch| Earlier { epoch, until }));
    earlier
}

/// The server has heard of these, unless there is another one since, or it was not told of a position that its own would
/// take the place of.
pub(super) fn handed_back(reads: &Reads, handing: &Handing, position: Option<&Token>) -> (Writes, Done) {
    if reads.library.would_forget(position, handing.known.as_ref()) {
        return (Writes::default(), Done::HandedBack);
    }
    let mut library = reads.library.with_receipt_at(position);
    library.hands_back &= library.earlier != handing.earlier;
    (Writes { library: Some(library), ..Writes::default() }, Done::HandedBack)
}

impl LibraryRow {
    fn read_on(&mut self, page: &Page, taken: BTreeSet<ThingId>) {
        self.taken_stories = if page.header.more { taken } else { BTreeSet::new() };
        self.cursor = Some(page.header.cursor.clone());
        self.epoch = Some(page.header.epoch);
        self.seq = page.header.seq;
        self.complete |= !page.header.more;
        if !page.header.more {
            self.read_before = 0;
        }
        *self = self.with_receipt_at(page.header.position.as_ref());
        self.stories = page.header.stories;
        self.partial = page.header.partial;
        self.halted = false;
    }
}

/// The page's lines in blocks of a size that is quick to read.
fn blocks(library: &mut LibraryRow, page: &Page) -> Vec<Block> {
    let lines: Vec<&str> = page.lines.lines().collect();
    lines
        .chunks(BLOCK_RECORDS)
        .map(|lines| {
            let number = library.next_block;
            library.next_block += 1;
            Block { number, lines: lines.join("\n") }
        })
        .collect()
}
