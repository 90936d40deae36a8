//! The phone's half: what one transaction on the phone reads and writes.
//!
//! Every step is a [`Transaction`]: the host opens one IndexedDB transaction, reads what [`Transaction::wants`]
//! names, calls [`Transaction::plan`], writes what it returns, and waits for `complete`. Nothing that matters lives
//! in a tab's memory, so two tabs cannot disagree and a killed one loses nothing.
//!
//! What the screens show of a thing is its server state with the phone's own open ops replayed on top; that
//! projection is stored as an [`Overlay`] in the same transaction as the op.

mod local;
mod receive;
mod removals;
mod replay;
mod rows;

pub use local::Intent;
pub use removals::holding;
pub use replay::project;
pub use rows::{Attention, Block, DeviceRow, LibraryRow, OpRow, Overlay, Reading};

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    id::{AttachmentId, DeviceId, DraftId, Epoch, PersonId, StoryId},
    thing::ThingRef,
    time::Millis,
};

use super::{
    handback::{Earlier, Handing},
    sizes::Sizes,
    upload::{AttachmentRow, UploadState, let_go},
    wire::{BODY_BYTES, OP_BYTES, PUSH_OPS, PageHeader, PushAnswer, Record, Token},
};

/// One atomic step on the phone.
#[derive(Clone, Debug)]
pub enum Transaction {
    /// A person tells or changes something: ops and projections in one step, and the draft they came from goes.
    Tell {
        device: DeviceId,
        intents: Vec<Intent>,
        draft: Option<DraftId>,
        /// What becomes of the draft's photos and voice notes.
        attachments: Attachments,
        now: Millis,
    },
    /// Somebody begins to write and read here, on a device of their own. Whoever did before is signed out; what they
    /// have left to send is still sent.
    SignIn { device: DeviceRow },
    /// What is there to do?
    Survey,
    /// Which ops to push next: those without a receipt or, of those that the server has put off, those after a number.
    /// No more than `bytes`, but always one.
    Take { device: DeviceId, deferred: Option<u64>, bytes: usize },
    /// The server's receipts for the ops of a batch.
    Receive { device: DeviceId, numbers: Vec<u64>, starts: u32, answer: PushAnswer },
    /// The device goes on under another id, since the server holds other ops under its numbers.
    Fork { device: DeviceId, fresh: DeviceId },
    /// One page of the library, and the cursor that follows it.
    Absorb { page: Page },
    /// The server starts this phone's reading from the beginning; everything here is kept and offered again.
    StartOver { page: Page },
    /// The server has heard what was read of it before it was restored.
    HandedBack { handing: Handing, position: Option<Token> },
    /// How far the upload of an attachment has come, on what reading of the library it was begun, which position was
    /// sent along with the request, and the server's position at the receipt.
    NoteUpload {
        attachment: AttachmentId,
        state: UploadState,
        begun: Reading,
        known: Option<Token>,
        position: Option<Token>,
    },
    /// What was learnt about the size of messages on this line.
    NoteSizes { sizes: Sizes },
    /// Lets go of attachments so that no more than `budget` bytes are kept, but of none that must stay.
    LetGo { stays: BTreeSet<AttachmentId>, budget: u64, now: Millis },
}

/// The attachments of a draft that is told: those that go with the story, and those that were taken out again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attachments {
    pub told: Vec<(AttachmentId, StoryId)>,
    pub dropped: Vec<AttachmentId>,
}

/// One pulled page: its header, and its lines as they came.
#[derive(Clone, Debug)]
pub struct Page {
    /// The cursor that was sent for it.
    pub asked: Option<Token>,
    pub header: PageHeader,
    pub records: Vec<Record>,
    /// The lines after the header, byte for byte. A block keeps them so.
    pub lines: String,
}

impl Page {
    /// Reads the body of an answer to a pull. `None` if it is not ours: a captive portal's page, or half an answer.
    pub fn parse(asked: Option<Token>, body: &str) -> Option<Self> {
        let (header, lines) = body.split_once('\n')?;
        let header = serde_json::from_str(header).ok()?;
        let header: PageHeader = header;
        let records: Vec<Record> = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>().ok()?;
        let whole = header.records.is_none_or(|count| count as usize == records.len());
        (whole && (lines.is_empty() || lines.ends_with('\n'))).then(|| Self {
            asked,
            header,
            records,
            lines: lines.to_owned(),
        })
    }
}

/// What a transaction reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// This device's row; of every device, if `all_devices`.
    pub device: Option<DeviceId>,
    pub all_devices: bool,
    pub ops: OpsWanted,
    pub overlays: OverlaysWanted,
    pub attachments: AttachmentsWanted,
    pub library: bool,
    /// Which of these things the library shows. To be looked up only in a library that [is read
    /// again](LibraryRow::reads_again), since it takes reading all of it.
    pub held: BTreeSet<ThingRef>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OpsWanted {
    #[default]
    None,
    /// Ops without a receipt, oldest first, up to [`PUSH_OPS`].
    Unacknowledged,
    /// Ops that the server has put off.
    Deferred,
    /// All ops whose effect the library does not hold yet.
    Open,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OverlaysWanted {
    #[default]
    None,
    Of(Vec<ThingRef>),
    All,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AttachmentsWanted {
    #[default]
    None,
    Of(Vec<AttachmentId>),
    All,
    /// All, if the library is known and of another epoch: then the phone starts over. To be looked up only then, since
    /// nothing else of this step needs them.
    IfNotOf(Epoch),
}

/// What was read, in one transaction.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    pub devices: Vec<DeviceRow>,
    pub ops: Vec<OpRow>,
    pub overlays: BTreeMap<ThingRef, Overlay>,
    pub attachments: Vec<AttachmentRow>,
    pub library: LibraryRow,
    /// Of the things that were asked for, those that the library shows.
    pub held: BTreeSet<ThingRef>,
}

/// What is written, in that same transaction.
#[derive(Clone, Debug, Default)]
pub struct Writes {
    pub devices: Vec<DeviceRow>,
    pub ops: Vec<OpRow>,
    /// Ops that go on under another device.
    pub moved_ops: Vec<(DeviceId, u64)>,
    /// `None` removes the overlay.
    pub overlays: Vec<(ThingRef, Option<Overlay>)>,
    pub library: Option<LibraryRow>,
    /// Another person reads here now: all blocks go, and whatever was made of them.
    pub forgets_library: bool,
    pub blocks: Vec<Block>,
    pub attention: Vec<Attention>,
    /// Ops that were refused once, and are not any more.
    pub settled_attention: Vec<(DeviceId, u64)>,
    pub told_draft: Option<DraftId>,
    pub attachments: Vec<AttachmentRow>,
    /// Attachments that go, with their bytes.
    pub dropped_attachments: Vec<AttachmentId>,
}

/// What a transaction has come to, once it is durable.
#[derive(Clone, Debug, PartialEq)]
pub enum Done {
    Told,
    SignedIn,
    Took(Option<Batch>),
    Received {
        /// The server holds other ops under this device's numbers.
        cloned: bool,
    },
    Forked,
    Absorbed {
        more: bool,
        cursor: Option<Token>,
        /// At the end: what was read of servers before they were restored, and is still to be handed back.
        earlier: Vec<Earlier>,
    },
    Surveyed(Survey),
    /// The page would take away too much; it waits until the server says that it was meant.
    Halted,
    /// The page is for somebody else than the person who reads here.
    NotOurs,
    /// By this step, or by another tab before it.
    StartedOver,
    HandedBack,
    /// What an upload has come to or what was learnt about the line was noted, or bytes were let go.
    Noted,
}

/// What there is to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Devices with ops that have no receipt yet, or that the server has put off.
    pub unsent: Vec<DeviceId>,
    /// Somebody is signed in, so there is a library to read.
    pub signed_in: bool,
    pub cursor: Option<Token>,
    /// The server's position at the latest receipt, while the cursor is behind it.
    pub receipt: Option<Token>,
    /// What earlier rounds have learnt about the size of messages.
    pub sizes: Sizes,
    /// Empty pushes of devices that have been heard. Whoever cannot read learns by one of them whether the server was
    /// restored, and lacks what they once sent.
    pub asks: Vec<Batch>,
}

/// Ops to push, as the lines of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub device: DeviceId,
    /// The credential with which this device may push, and do nothing else.
    pub push_token: Option<String>,
    /// The `device_seq` of each op.
    pub numbers: Vec<u64>,
    /// How often the phone had started over when these were taken.
    pub starts: u32,
    /// The furthest position at which the server is known to have been: sent along.
    pub known: Option<Token>,
    pub body: String,
}

/// Why a step could not be planned. The host shows it; nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    #[error("the device is not known in this browser profile")]
    NoDevice,
    #[error("an op would be too large")]
    TooLarge,
    #[error("a stored op cannot be read")]
    Unreadable,
}

impl Transaction {
    pub fn wants(&self) -> Wanted {
        let device = |id: &DeviceId| Wanted { device: Some(*id), ..Wanted::default() };
        match self {
            Self::Tell { device: id, intents, attachments, .. } => Wanted {
                attachments: AttachmentsWanted::Of(attachments.told.iter().map(|(id, _)| *id).collect()),
                overlays: OverlaysWanted::Of(intents.iter().map(|intent| intent.thing.clone()).collect()),
                ..device(id)
            },
            Self::Survey => Wanted { all_devices: true, library: true, ..Wanted::default() },
            Self::HandedBack { .. } | Self::NoteSizes { .. } => Wanted { library: true, ..Wanted::default() },
            Self::Take { device: id, deferred, .. } => {
                let ops = if deferred.is_some() { OpsWanted::Deferred } else { OpsWanted::Unacknowledged };
                Wanted { ops, library: true, ..device(id) }
            }
            // Of all devices: several people may have changed the same thing on this phone.
            Self::Receive { device: id, answer, .. } => Wanted {
                device: Some(*id),
                attachments: AttachmentsWanted::IfNotOf(answer.epoch),
                ..everything()
            },
            Self::Fork { device: id, .. } => Wanted { device: Some(*id), ..everything() },
            Self::Absorb { page } => Wanted {
                held: removals::taken_without_a_word(page).collect(),
                attachments: AttachmentsWanted::IfNotOf(page.header.epoch),
                ..everything()
            },
            Self::LetGo { .. } => Wanted { attachments: AttachmentsWanted::All, ..Wanted::default() },
            Self::NoteUpload { attachment, .. } => Wanted {
                attachments: AttachmentsWanted::Of(vec![*attachment]),
                library: true,
                ..Wanted::default()
            },
            Self::StartOver { .. } => Wanted { attachments: AttachmentsWanted::All, ..everything() },
            Self::SignIn { .. } => everything(),
        }
    }

    pub fn plan(&self, reads: &Reads) -> Result<(Writes, Done), PhoneError> {
        match self {
            Self::Tell { device, intents, draft, attachments, now } => {
                local::tell(reads, *device, intents, *draft, attachments, *now)
            }
            Self::SignIn { device } => Ok(local::sign_in(reads, device)),
            Self::Survey => Ok((Writes::default(), Done::Surveyed(survey(reads)))),
            Self::HandedBack { handing, position } => {
                Ok(receive::handed_back(reads, handing, position.as_ref()))
            }
            Self::Take { device, deferred, bytes } => take(reads, *device, *deferred, *bytes),
            Self::Receive { device, numbers, starts, answer } => {
                receive::receive(reads, *device, numbers, *starts, answer)
            }
            Self::Fork { device, fresh } => receive::fork(reads, *device, *fresh),
            Self::Absorb { page } => receive::absorb(reads, page),
            Self::StartOver { page } => Ok(receive::refused(reads, page)),
            Self::NoteUpload { state, begun, known, position, .. } => {
                Ok(note_upload(reads, *state, *begun, known.as_ref(), position.as_ref()))
            }
            Self::NoteSizes { sizes } => Ok(note_sizes(reads, *sizes)),
            Self::LetGo { stays, budget, now } => {
                let stay = |row: &AttachmentRow| stays.contains(&row.attachment.id);
                let dropped_attachments = let_go(&reads.attachments, stay, *budget, *now);
                Ok((Writes { dropped_attachments, ..Writes::default() }, Done::Noted))
            }
        }
    }
}

fn everything() -> Wanted {
    Wanted {
        attachments: AttachmentsWanted::None,
        device: None,
        all_devices: true,
        ops: OpsWanted::Open,
        overlays: OverlaysWanted::All,
        library: true,
        held: BTreeSet::new(),
    }
}

impl AttachmentsWanted {
    /// Whether all of them are read, beside this row of the library.
    pub fn is_all(&self, library: &LibraryRow) -> bool {
        match self {
            Self::None | Self::Of(_) => false,
            Self::All => true,
            Self::IfNotOf(epoch) => library.epoch.is_some_and(|known| known != *epoch),
        }
    }
}

impl Reads {
    /// Who sits here.
    fn reader(&self) -> Option<PersonId> {
        self.devices.iter().find(|row| row.current).map(|row| row.person)
    }

    fn device(&self, id: DeviceId) -> Result<&DeviceRow, PhoneError> {
        self.devices.iter().find(|row| row.device == id).ok_or(PhoneError::NoDevice)
    }
}

fn survey(reads: &Reads) -> Survey {
    let unsent = reads.devices.iter().filter(|row| row.unsent() > 0 || row.has_deferred());
    let heard = reads.devices.iter().filter(|row| row.acked >= row.kept_from);
    let ask = |row: &DeviceRow| Batch {
        device: row.device,
        push_token: row.push_token.clone(),
        numbers: Vec::new(),
        starts: reads.library.starts,
        known: reads.library.furthest().cloned(),
        body: String::new(),
    };
    Survey {
        asks: heard.map(ask).collect(),
        unsent: unsent.map(|row| row.device).collect(),
        signed_in: reads.devices.iter().any(|row| row.current),
        cursor: reads.library.cursor.clone(),
        receipt: reads.library.receipt.clone(),
        sizes: reads.library.sizes,
    }
}

fn take(
    reads: &Reads,
    device: DeviceId,
    deferred: Option<u64>,
    bytes: usize,
) -> Result<(Writes, Done), PhoneError> {
    let row = reads.device(device)?;
    let mut body = String::new();
    let mut numbers = Vec::new();
    let waits = |number: u64| row.deferred.get(&number) == Some(&0);
    for op in reads.ops.iter().filter(|op| op.device == device) {
        let next = row.acked + 1 + numbers.len() as u64;
        let passed = match deferred {
            Some(after) => op.device_seq <= after || !waits(op.device_seq),
            None => op.device_seq < next,
        };
        if passed {
            continue;
        }
        let full = numbers.len() == PUSH_OPS || body.len() + op.bytes.as_str().len() + 1 > bytes;
        if full && !numbers.is_empty() || deferred.is_none() && op.device_seq != next {
            break;
        }
        body.push_str(op.bytes.as_str());
        body.push('\n');
        numbers.push(op.device_seq);
    }
    let starts = reads.library.starts;
    let push_token = row.push_token.clone();
    let known = reads.library.furthest().cloned();
    let batch = (!numbers.is_empty()).then_some(Batch { device, push_token, numbers, starts, known, body });
    Ok((Writes::default(), Done::Took(batch)))
}

/// If the phone has started over meanwhile, the server may lack again what it said it had: then nothing is noted, and it
/// is asked anew. Nor is a receipt before the server's epoch was known: by that the phone notices that it went back, and
/// an epoch that it learns meanwhile may be that of a server that has. Nor is a receipt whose position would make the
/// phone forget one that this server was not told of.
fn note_upload(
    reads: &Reads,
    state: UploadState,
    begun: Reading,
    known: Option<&Token>,
    position: Option<&Token>,
) -> (Writes, Done) {
    let is_proof = begun.epoch.is_some() && !reads.library.would_forget(position, known);
    let counts = is_proof || !matches!(state, UploadState::Received { .. });
    let same = |_: &&AttachmentRow| counts && reads.library.reading() == begun;
    let noted = reads.attachments.iter().filter(same).map(|row| AttachmentRow { state, ..row.clone() });
    let attachments: Vec<_> = noted.collect();
    let library = reads.library.with_receipt_at(position.filter(|_| !attachments.is_empty()));
    let library = (library != reads.library).then_some(library);
    (Writes { attachments, library, ..Writes::default() }, Done::Noted)
}

fn note_sizes(reads: &Reads, sizes: Sizes) -> (Writes, Done) {
    let changed = reads.library.sizes != sizes;
    let library = changed.then(|| LibraryRow { sizes, ..reads.library.clone() });
    (Writes { library, ..Writes::default() }, Done::Noted)
}

const _: () = assert!(OP_BYTES < BODY_BYTES, "the largest op fits into a push");
