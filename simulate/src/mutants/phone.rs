//! Between the phone's half and its store.

use domain::sync::{
    phone::{Done, Reads, Survey, Transaction, Writes},
    round::{Event, Trouble},
    upload::{self, AttachmentRow, UploadState, UploadStatus},
    wire::Outcome,
};

use super::Mutant;
use crate::handset::Disk;

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
            page.header.unmeant = Some(0);
        }
        (Some(Mutant::NeverHaltsOnReread), Transaction::Absorb { .. }) => reads.held.clear(),
        (Some(Mutant::UnknownWordTaken), Transaction::Receive { answer, .. }) => {
            let receipts = answer.receipts.iter_mut();
            let unknown = receipts.filter(|receipt| matches!(receipt.outcome, Outcome::Unknown(_)));
            unknown.for_each(|receipt| receipt.outcome = Outcome::Applied);
        }
        (Some(Mutant::WordUnheard), Transaction::Absorb { page }) => page.header.unmeant = None,
        (Some(Mutant::AnotherOnesPage), Transaction::Absorb { page }) => page.header.reader = None,
        (Some(Mutant::AnotherOnesCursor), Transaction::SignIn { device }) => {
            reads.library.reader = Some(device.person);
        }
        (Some(Mutant::AnotherOnesCursor), Transaction::Absorb { .. }) => {
            reads.library.reader = reads.devices.iter().find(|row| row.current).map(|row| row.person);
        }
        (Some(Mutant::TakesTooMuch), Transaction::Take { bytes, .. }) => *bytes = usize::MAX,
        (Some(Mutant::SettlesMidway), Transaction::Absorb { page }) => page.header.more = false,
        (Some(Mutant::OldReceiptCounts), Transaction::Receive { starts, answer, .. }) => {
            *starts = reads.library.starts;
            answer.epoch = reads.library.epoch.unwrap_or(answer.epoch);
        }
        (
            Some(Mutant::RestoreForgetsAttachments),
            Transaction::Receive { .. } | Transaction::Absorb { .. },
        ) => {
            reads.attachments.clear();
        }
        (Some(Mutant::NotedDespiteRestart), Transaction::NoteUpload { begun, known, .. }) => {
            *begun = reads.library.reading();
            *known = reads.library.furthest().cloned();
        }
        (Some(Mutant::WaitingLetGo), Transaction::LetGo { .. }) => {
            let waiting = |row: &&mut AttachmentRow| matches!(row.state, UploadState::Waiting { .. });
            let waiting = reads.attachments.iter_mut().filter(waiting);
            waiting.for_each(|row| row.state = UploadState::Fetched);
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
        (
            Some(Mutant::ReceiptsKeptOnStartOver),
            Transaction::StartOver { .. } | Transaction::Receive { .. } | Transaction::Absorb { .. },
        ) => writes.attachments.clear(),
        (Some(Mutant::ToldDroppedWithDraft), Transaction::Tell { .. }) => {
            let told = writes.attachments.drain(..).map(|row| row.attachment.id);
            writes.dropped_attachments.extend(told);
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
            Event::Pushed(Err(Trouble::Server(500)))
        }
        (Some(Mutant::NeverHalved), Event::Pushed(Err(Trouble::TooLarge | Trouble::Timeout))) => {
            Event::Pushed(Err(Trouble::Server(500)))
        }
        (Some(Mutant::RestoreUnheard), Event::Done(Done::Surveyed(survey))) => {
            Event::Done(Done::Surveyed(Survey { asks: Vec::new(), ..survey }))
        }
        (_, event) => event,
    }
}

/// What an upload is told.
pub fn heard(mutant: Option<Mutant>, row: &AttachmentRow, event: upload::Event) -> upload::Event {
    match (mutant, event) {
        (Some(Mutant::ProgressTrusted), upload::Event::Status(UploadStatus { next, receipt: None })) => {
            let UploadState::Waiting { sent } = row.state else { unreachable!("only what waits is brought") };
            upload::Event::Status(UploadStatus { next: next.max(sent), receipt: None })
        }
        (_, event) => event,
    }
}
