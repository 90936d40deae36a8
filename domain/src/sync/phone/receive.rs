//! What the server says: receipts for what was pushed, and pages of the library.

use std::collections::BTreeMap;

use crate::{
    Object,
    id::DeviceId,
    sync::wire::{Outcome, PushAnswer, Record},
    thing::{ThingKind, ThingRef},
    time::Millis,
};

use super::{
    Attention, Block, DeviceRow, Done, LibraryRow, OpRow, Overlay, Page, PhoneError, Reads, Writes, project,
};

/// Records in one block: small enough that reading one story does not read half the library.
const BLOCK_RECORDS: usize = 32;

/// A pull that takes more stories than this from view, and more than a tenth, waits for a word from the server.
const TAKEN_WITHOUT_A_WORD: u32 = 20;

pub(super) fn receive(
    reads: &Reads,
    device: DeviceId,
    first: u64,
    answer: &PushAnswer,
) -> Result<(Writes, Done), PhoneError> {
    let mut row = reads.device(device)?.clone();
    let mut ops: Vec<OpRow> = reads.ops.iter().filter(|op| op.device == device).cloned().collect();
    let mut writes = Writes::default();
    let mut touched: BTreeMap<ThingRef, Option<Millis>> = BTreeMap::new();
    for (device_seq, receipt) in (first..).zip(&answer.receipts) {
        // Another tab may have noted some of these receipts already.
        if device_seq != row.acked + 1 || device_seq >= row.next {
            continue;
        }
        row.acked = device_seq;
        row.covered_at = row.covered_at.max(receipt.seq);
        let Some(op) = ops.iter_mut().find(|op| op.device_seq == device_seq) else {
            continue;
        };
        if let Outcome::Rejected(reason) = receipt.outcome {
            op.rejected = Some(reason);
            writes.ops.push(op.clone());
            writes.attention.push(Attention {
                device,
                device_seq,
                thing: op.thing.clone(),
                reason,
                at: receipt.at,
                bytes: op.bytes.clone(),
            });
        }
        touched.insert(op.thing.clone(), Some(receipt.at));
    }
    for (thing, received_at) in touched {
        if let Some(overlay) = reads.overlays.get(&thing) {
            let mut after = replayed(&thing, overlay.base.clone(), &ops, |op| op.device_seq > row.settled)?;
            if let Some(after) = &mut after
                && after.last <= row.acked
            {
                after.received_at = received_at;
            }
            writes.overlays.push((thing, after));
        }
    }
    writes.devices.push(row);
    Ok((writes, Done::Received { cloned: answer.cloned }))
}

/// Base with the open ops of `thing` on top; `None` if there are none.
fn replayed(
    thing: &ThingRef,
    base: Option<(u64, Object)>,
    ops: &[OpRow],
    open: impl Fn(&OpRow) -> bool,
) -> Result<Option<Overlay>, PhoneError> {
    let mut overlay: Option<Overlay> = None;
    for row in ops.iter().filter(|row| row.thing == *thing && row.rejected.is_none() && open(row)) {
        let op = row.bytes.op().map_err(|_| PhoneError::Unreadable)?;
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
    Ok(overlay)
}

pub(super) fn fork(reads: &Reads, device: DeviceId, fresh: DeviceId) -> Result<(Writes, Done), PhoneError> {
    let mut old = reads.device(device)?.clone();
    let mut new =
        DeviceRow { current: old.current, ..DeviceRow::new(fresh, old.person, old.push_token.clone()) };
    let mut writes = Writes::default();
    let mut moved: BTreeMap<u64, u64> = BTreeMap::new();
    for op in reads.ops.iter().filter(|op| op.device == device && op.device_seq > old.acked) {
        let bytes = op.bytes.renumbered(fresh, new.next).map_err(|_| PhoneError::Unreadable)?;
        writes.ops.push(OpRow { device: fresh, device_seq: new.next, bytes, ..op.clone() });
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
    if page.asked != reads.library.cursor {
        // Another tab has read on since this page was asked for.
        return Ok((Writes::default(), Done::Absorbed { more: true, cursor: reads.library.cursor.clone() }));
    }
    let mut library = reads.library.clone();
    if would_take_too_much(&library, page) {
        library.halted = true;
        return Ok((Writes { library: Some(library), ..Writes::default() }, Done::Halted));
    }
    let mut writes = Writes { blocks: blocks(&mut library, page), ..Writes::default() };
    library.read_on(page);
    let mut devices = reads.devices.clone();
    for row in &mut devices {
        if row.settled < row.acked && row.covered_at <= library.seq {
            row.settled = row.acked;
            writes.devices.push(row.clone());
        }
    }
    writes.overlays = overlays_after(reads, &devices, page)?;
    let cursor = library.cursor.clone();
    writes.library = Some(library);
    Ok((writes, Done::Absorbed { more: page.header.more, cursor }))
}

fn overlays_after(
    reads: &Reads,
    devices: &[DeviceRow],
    page: &Page,
) -> Result<Vec<(ThingRef, Option<Overlay>)>, PhoneError> {
    let settled: BTreeMap<DeviceId, u64> = devices.iter().map(|row| (row.device, row.settled)).collect();
    let open = |op: &OpRow| settled.get(&op.device).is_none_or(|settled| op.device_seq > *settled);
    let news: BTreeMap<ThingRef, &Record> =
        page.records.iter().map(|record| (record.thing(), record)).collect();
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
        let mut after = replayed(thing, base, &reads.ops, open)?;
        if let Some(after) = &mut after {
            after.received_at = overlay.received_at;
        }
        if after.as_ref() != Some(overlay) {
            changed.push((thing.clone(), after));
        }
    }
    Ok(changed)
}

/// Keeps everything, offers every op that is still kept again, and reads from the beginning: absence on the server
/// is never a delete.
pub(super) fn start_over(reads: &Reads, page: &Page) -> (Writes, Done) {
    let library = LibraryRow {
        cursor: None,
        epoch: Some(page.header.epoch),
        seq: 0,
        taken: 0,
        halted: false,
        ..reads.library.clone()
    };
    let devices =
        reads.devices.iter().map(|row| DeviceRow { acked: row.kept_from - 1, covered_at: 0, ..row.clone() });
    let writes = Writes { devices: devices.collect(), library: Some(library), ..Writes::default() };
    (writes, Done::StartedOver)
}

impl LibraryRow {
    fn read_on(&mut self, page: &Page) {
        self.taken = if page.header.more { self.taken + taken(page) } else { 0 };
        self.cursor = Some(page.header.cursor.clone());
        self.epoch = Some(page.header.epoch);
        self.seq = page.header.seq;
        self.complete |= !page.header.more;
        self.stories = page.header.stories;
        self.partial = page.header.partial;
        self.halted = false;
    }
}

/// Stories that the page takes from view without saying that it was meant.
fn taken(page: &Page) -> u32 {
    let taken = |record: &&Record| record.kind == ThingKind::Story && record.state.is_none() && !record.meant;
    page.records.iter().filter(taken).count() as u32
}

fn would_take_too_much(library: &LibraryRow, page: &Page) -> bool {
    let taken = library.taken + taken(page);
    taken > TAKEN_WITHOUT_A_WORD && u64::from(taken) * 10 > library.stories
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
