//! Small wrong changes to the engines, to see whether the invariants bite. The engines are functions of what they are
//! given, so each mutant sits between an engine and its store or its wire; production code knows nothing of them.

use domain::{
    id::PersonId,
    sync::{
        ledger::Push,
        memory::Server as Memory,
        phone::{Reads, Transaction, Writes},
        round::{Event, Trouble},
        wire::{Outcome, PageHeader, PushAnswer, Reason, Receipt, Record, Token, page_text},
    },
    thing::{ThingKind, ThingRef},
};

use crate::{handset::Disk, server::Backend};

/// Written down before any of them was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// The cursor is saved in a transaction of its own, before the records.
    CursorBeforeData,
    /// A story's op is saved in a transaction of its own, after its projection.
    OpAfterProjection,
    /// The server has forgotten the receipts of what it is sent again.
    ReceiptLostOnRetry,
    /// What was told while a push was under way counts as received with it.
    EditInFlightCleared,
    /// The overlay goes with the receipt, before its effect is pulled.
    OverlayDroppedOnReceipt,
    /// Reading from the beginning deletes what the server does not have.
    DeleteByAbsence,
    /// After a restore nothing is offered again.
    NothingOfferedAgain,
    /// A second tab finds an empty library and writes it.
    SecondTabEmpty,
    /// What the server did not take is dropped.
    RejectedDropped,
    /// A device that goes on under another id leaves its unsent ops behind.
    ForkForgets,
    /// Another op under a known number gets the known receipt.
    CloneUnnoticed,
    /// An op that is sent twice is applied twice.
    AppliedTwice,
    /// A higher `seq` can be read before a lower one is committed.
    SeqBeforeCommit,
    /// Those who lose sight of a thing are not told.
    NeverGone,
    /// A page holds everything, whoever asks.
    PageForAnyone,
    /// Nothing is shown again when someone's department or role changes.
    ViewUnchanged,
    /// The first record after a cursor is passed over.
    OffByOne,
    /// A page is absorbed although another tab has read on.
    OvertakenPageTaken,
    /// Changes with an older clock lose.
    ClockDecides,
    /// A deferred op is answered as applied, and not kept.
    DeferredDropped,
    /// A page that takes too much from view is absorbed.
    NeverHalts,
    /// A signed-out device blocks the others.
    FirstBlocksAll,
    /// A receipt from before the server was restored counts.
    OldReceiptCounts,
    /// A page that was cut off at the end of a line is taken as whole.
    CutPageTaken,
    /// Pending ops are laid over nothing when the phone starts over.
    NoOverlayOnReread,
    /// What is settled is forgotten between two pages.
    SettlesMidway,
}

impl Mutant {
    pub const ALL: [Self; 26] = [
        Self::CursorBeforeData,
        Self::OpAfterProjection,
        Self::ReceiptLostOnRetry,
        Self::EditInFlightCleared,
        Self::OverlayDroppedOnReceipt,
        Self::DeleteByAbsence,
        Self::NothingOfferedAgain,
        Self::SecondTabEmpty,
        Self::RejectedDropped,
        Self::ForkForgets,
        Self::CloneUnnoticed,
        Self::AppliedTwice,
        Self::SeqBeforeCommit,
        Self::NeverGone,
        Self::PageForAnyone,
        Self::ViewUnchanged,
        Self::OffByOne,
        Self::OvertakenPageTaken,
        Self::ClockDecides,
        Self::DeferredDropped,
        Self::NeverHalts,
        Self::FirstBlocksAll,
        Self::OldReceiptCounts,
        Self::CutPageTaken,
        Self::NoOverlayOnReread,
        Self::SettlesMidway,
    ];
}

/// Before a transaction is planned.
pub fn reads(mutant: Option<Mutant>, second_tab: bool, transaction: &mut Transaction, reads: &mut Reads) {
    match (mutant, transaction) {
        (Some(Mutant::SecondTabEmpty), Transaction::Survey) if second_tab => {
            reads.library = Default::default()
        }
        (Some(Mutant::SecondTabEmpty), Transaction::Absorb { page })
            if second_tab && page.asked.is_none() =>
        {
            reads.library = Default::default();
        }
        (Some(Mutant::OvertakenPageTaken), Transaction::Absorb { page }) => {
            page.asked = reads.library.cursor.clone();
        }
        (Some(Mutant::NeverHalts), Transaction::Absorb { page }) => {
            page.records.iter_mut().for_each(|record| record.meant = true);
        }
        (Some(Mutant::SettlesMidway), Transaction::Absorb { page }) => page.header.more = false,
        (Some(Mutant::OldReceiptCounts), Transaction::Receive { starts, answer, .. }) => {
            *starts = reads.library.starts;
            answer.epoch = reads.library.epoch.unwrap_or(answer.epoch);
        }
        _ => {}
    }
}

/// After a transaction was planned.
pub fn writes(mutant: Option<Mutant>, transaction: &Transaction, reads: &Reads, writes: &mut Writes) {
    match (mutant, transaction) {
        (Some(Mutant::EditInFlightCleared), Transaction::Receive { .. }) => {
            writes.devices.iter_mut().for_each(|row| row.acked = row.next - 1);
        }
        (Some(Mutant::OverlayDroppedOnReceipt), Transaction::Receive { .. }) => {
            writes.overlays.iter_mut().for_each(|(_, overlay)| *overlay = None);
        }
        (Some(Mutant::NothingOfferedAgain), Transaction::StartOver { .. }) => writes.devices.clear(),
        (Some(Mutant::RejectedDropped), Transaction::Receive { .. }) => {
            writes.attention.clear();
            writes.ops.clear();
        }
        (Some(Mutant::ForkForgets), Transaction::Fork { .. }) => writes.ops.clear(),
        (Some(Mutant::NoOverlayOnReread), Transaction::Absorb { .. }) => {
            writes.overlays.retain(|(thing, _)| reads.overlays.contains_key(thing));
        }
        _ => {}
    }
}

/// What was one transaction, in the parts in which it is committed.
pub fn torn(mutant: Option<Mutant>, transaction: &Transaction, mut writes: Writes) -> Vec<Writes> {
    match (mutant, transaction) {
        (Some(Mutant::CursorBeforeData), Transaction::Absorb { .. }) => {
            let library = writes.library.take();
            vec![Writes { library, ..Writes::default() }, writes]
        }
        (Some(Mutant::OpAfterProjection), Transaction::Tell { .. }) => {
            let overlays = std::mem::take(&mut writes.overlays);
            let devices = std::mem::take(&mut writes.devices);
            vec![Writes { overlays, devices, ..Writes::default() }, writes]
        }
        _ => vec![writes],
    }
}

/// After a transaction was committed.
pub fn after(mutant: Option<Mutant>, transaction: &Transaction, disk: &mut Disk) {
    if let (Some(Mutant::DeleteByAbsence), Transaction::StartOver { .. }) = (mutant, transaction) {
        disk.store.blocks.clear();
        disk.held.clear();
    }
}

/// What a round is told.
pub fn event(mutant: Option<Mutant>, event: Event) -> Event {
    match (mutant, event) {
        (Some(Mutant::FirstBlocksAll), Event::Pushed(Err(Trouble::SignedOut))) => {
            Event::Pushed(Err(Trouble::Timeout))
        }
        (_, event) => event,
    }
}

/// The server's transaction.
pub fn push(mutant: Option<Mutant>, store: &mut dyn Backend, pushes: &[Push]) -> Vec<PushAnswer> {
    match mutant {
        Some(Mutant::AppliedTwice) => {
            let state = store.everything_mut();
            for (device, device_seq) in
                pushes.iter().flat_map(|push| push.ops.iter().filter_map(|op| op.key()))
            {
                state.ops.remove(&(device, device_seq));
            }
            store.push(pushes)
        }
        Some(Mutant::ViewUnchanged) => {
            let before = store.everything().rows.clone();
            let answers = store.push(pushes);
            for (thing, row) in &mut store.everything_mut().rows {
                if let Some(old) = before.get(thing)
                    && old.state == row.state
                    && thing.kind != ThingKind::Person
                {
                    *row = old.clone();
                }
            }
            answers
        }
        Some(Mutant::ClockDecides) => by_clock(store, pushes),
        Some(Mutant::DeferredDropped) => {
            let mut answers = store.push(pushes);
            store.everything_mut().ops.retain(|_, op| op.receipt.outcome != Outcome::Deferred);
            for receipt in answers.iter_mut().flat_map(|answer| &mut answer.receipts) {
                if receipt.outcome == Outcome::Deferred {
                    receipt.outcome = Outcome::Applied;
                }
            }
            answers
        }
        Some(Mutant::CloneUnnoticed) => {
            let mut answers = store.push(pushes);
            for (push, answer) in pushes.iter().zip(&mut answers).filter(|(_, answer)| answer.cloned) {
                let known = store.everything().head.seq;
                let receipt = Receipt { outcome: Outcome::Applied, seq: known, at: push.now };
                answer.receipts.resize(push.ops.len(), receipt);
                answer.cloned = false;
            }
            answers
        }
        _ => store.push(pushes),
    }
}

/// Ops whose clock is behind that of the last op on the same thing are answered and forgotten.
fn by_clock(store: &mut dyn Backend, pushes: &[Push]) -> Vec<PushAnswer> {
    let state = store.everything();
    let at = |bytes: &str| -> Option<(ThingRef, i64)> {
        let op: domain::op::Op = serde_json::from_str(bytes).ok()?;
        Some((op.thing, op.at.0))
    };
    let latest = |thing: &ThingRef| {
        let ops = state.ops.values().filter(|op| op.thing == *thing && op.receipt.seq > 0);
        ops.filter_map(|op| at(&op.bytes)).map(|(_, at)| at).max().unwrap_or(i64::MIN)
    };
    let late = |op: &domain::sync::ledger::Incoming| {
        at(op.bytes()).is_some_and(|(thing, at)| thing.kind == ThingKind::Story && at < latest(&thing))
    };
    let receipt = Receipt { outcome: Outcome::Applied, seq: state.head.seq, at: pushes[0].now };
    let keeps: Vec<Vec<bool>> =
        pushes.iter().map(|push| push.ops.iter().map(|op| !late(op)).collect()).collect();
    let mut kept = pushes.to_vec();
    for (push, keeps) in kept.iter_mut().zip(&keeps) {
        let mut keep = keeps.iter();
        push.ops.retain(|_| *keep.next().expect("one for each"));
    }
    let mut answers = store.push(&kept);
    for (answer, keeps) in answers.iter_mut().zip(&keeps) {
        let mut given = std::mem::take(&mut answer.receipts).into_iter();
        for keep in keeps {
            match if *keep { given.next() } else { Some(receipt) } {
                Some(receipt) => answer.receipts.push(receipt),
                None => break,
            }
        }
    }
    answers
}

/// What the server says to pushes.
pub fn answers(mutant: Option<Mutant>, pushes: &[Push], answers: &mut [PushAnswer]) {
    if mutant == Some(Mutant::ReceiptLostOnRetry) {
        for (push, answer) in pushes.iter().zip(answers) {
            for receipt in answer.receipts.iter_mut().filter(|receipt| receipt.at != push.now) {
                *receipt = Receipt { outcome: Outcome::Rejected(Reason::Other), seq: 0, at: push.now };
            }
        }
    }
}

/// A page on its way.
pub fn page(
    mutant: Option<Mutant>,
    state: &Memory,
    person: PersonId,
    cursor: Option<&Token>,
    body: String,
) -> String {
    let Some(mutant) = mutant else { return body };
    let Some((header, lines)) = body.split_once('\n') else { return body };
    let header: PageHeader = serde_json::from_str(header).expect("the server's own header");
    let mut records: Vec<Record> =
        lines.lines().map(|line| serde_json::from_str(line).expect("the server's own record")).collect();
    match mutant {
        Mutant::NeverGone => records.retain(|record| record.state.is_some()),
        Mutant::OffByOne if cursor.is_some() && records.len() > 1 => {
            records.remove(0);
        }
        Mutant::PageForAnyone => {
            let curator = state.rows.keys().filter(|thing| thing.kind == ThingKind::Person);
            let all = curator.map(|thing| PersonId::from(thing.id)).filter(|id| *id != person);
            for other in all {
                let body = state.pull(other, cursor);
                let lines = body.lines().skip(1).filter_map(|line| serde_json::from_str(line).ok());
                for record in lines.collect::<Vec<Record>>() {
                    if record.seq <= header.seq && records.iter().all(|known| known.thing() != record.thing())
                    {
                        records.push(record);
                    }
                }
            }
        }
        _ => return body,
    }
    page_text(&header, records)
}
