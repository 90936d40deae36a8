//! How the bytes of an attachment travel: in chunks of 256 KB, each asked for, sent and verified by its hash.
//!
//! The phone's row of an attachment says how far it has come ([`AttachmentRow`]); an [`Upload`] is one try to bring it
//! on. It trusts nothing it remembers: it asks the server what is missing, sends that, and lets the server put the
//! whole together and compare it with the hash that the story names. Only the server's receipt with that hash makes
//! an attachment *received*, and only what is received may ever be let go ([`AttachmentRow::may_go`]).

pub mod receiving;

use serde::{Deserialize, Serialize};

use crate::{
    attachment::{Attachment, Served, Sha256Hash},
    id::{AttachmentId, DraftId, PersonId, StoryId},
    time::Millis,
};

use super::{round::Trouble, wire::Token};

/// Bytes of a chunk; the last one is shorter.
pub const CHUNK_BYTES: u64 = 256 * 1024;

/// How many chunks so many bytes are.
pub const fn chunks(bytes: u64) -> u32 {
    bytes.div_ceil(CHUNK_BYTES) as u32
}

/// Bytes from and to of a chunk, the end excluded.
pub fn chunk_range(bytes: u64, chunk: u32) -> (u64, u64) {
    let from = u64::from(chunk) * CHUNK_BYTES;
    (from.min(bytes), (from + CHUNK_BYTES).min(bytes))
}

/// An attachment on this phone. Its bytes lie beside it, in parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttachmentRow {
    /// Its hash counts once it is finished.
    pub attachment: Attachment,
    /// The draft it was taken for; none for what was fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<DraftId>,
    /// The told story it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub story: Option<StoryId>,
    /// Whose it is; whoever sits here may be another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// A small JPEG in base64, made on the phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumb: Option<String>,
    /// How many parts its bytes lie in.
    pub parts: u32,
    /// Nothing more is added to it. A recording that was cut off is finished with what there is.
    pub finished: bool,
    pub state: UploadState,
    pub added_at: Millis,
    /// When it was last looked at, for what is let go first.
    pub used_at: Millis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadState {
    /// Its story is not told.
    InDraft,
    /// Told, and not yet with the server. `sent` chunks are, as far as this phone has heard.
    Waiting { sent: u32 },
    /// The server has all of it, and its hash is the right one.
    Received { at: Millis },
    /// The server does not take it.
    Refused(Refusal),
    /// It came from the server and can come again.
    Fetched,
}

/// Why the server does not take an attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// More bytes than its story says, or than one may have.
    TooLarge,
    /// Not a photo or a recording, or one that cannot be read.
    NotMedia,
    /// Its story is somebody else's.
    NotAllowed,
    /// What lies on this phone is not what was told: it was damaged here.
    Damaged,
    /// A reason that a newer server knows.
    #[serde(other)]
    Other,
}

/// How far the server is with an attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadStatus {
    /// Chunks that are there without a gap: the number of the next one.
    pub next: u32,
    /// All of it was verified: the receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<UploadReceipt>,
}

/// The server's word that it has every byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadReceipt {
    /// Hash of the bytes as they were sent.
    pub sha256: Sha256Hash,
    /// What it serves from now on.
    pub served: Served,
    pub at: Millis,
    /// The server's position once it was noted, as in [`PushAnswer`](super::wire::PushAnswer::position).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Token>,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask how far the server is.
    Ask,
    /// Send this chunk.
    Send(u32),
    /// Have the whole put together.
    Finish,
    /// This try is over; why, if it came to nothing.
    Rest(Option<Trouble>),
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Status(UploadStatus),
    Refused(Refusal),
    /// The server does not know the story yet: its op comes first.
    TooEarly,
    Trouble(Trouble),
}

impl Event {
    /// The server's position, if this is a receipt that names it.
    pub fn position(&self) -> Option<&Token> {
        match self {
            Self::Status(UploadStatus { receipt: Some(receipt), .. }) => receipt.position.as_ref(),
            _ => None,
        }
    }
}

/// One try to bring an attachment to the server.
#[derive(Clone, Debug)]
pub struct Upload {
    id: AttachmentId,
    sha256: Sha256Hash,
    chunks: u32,
    /// The server did not get on with a chunk, or found another whole than it should be: it is sent anew, once in a
    /// try.
    again: bool,
    sent: Option<u32>,
}

impl Upload {
    /// Begins a try, if there is something to bring.
    pub fn start(row: &AttachmentRow) -> Option<(Self, Step)> {
        let waits = row.finished && row.story.is_some() && matches!(row.state, UploadState::Waiting { .. });
        let upload = Self {
            id: row.attachment.id,
            sha256: row.attachment.sha256,
            chunks: chunks(row.attachment.bytes),
            again: false,
            sent: None,
        };
        waits.then_some((upload, Step::Ask))
    }

    /// What to do next, and the state to be written before it, if that has changed.
    pub fn next(&mut self, event: Event) -> (Option<UploadState>, Step) {
        match event {
            Event::Status(UploadStatus { receipt: Some(receipt), .. }) => self.received(&receipt),
            Event::Status(UploadStatus { next, receipt: None }) => self.go_on(next),
            Event::Refused(refusal) => (Some(UploadState::Refused(refusal)), Step::Rest(None)),
            Event::TooEarly => (None, Step::Rest(None)),
            Event::Trouble(trouble) => (None, Step::Rest(Some(trouble))),
        }
    }

    fn received(&self, receipt: &UploadReceipt) -> (Option<UploadState>, Step) {
        // A receipt for other bytes is none.
        if receipt.sha256 != self.sha256 || receipt.served.id != self.id {
            return (None, Step::Rest(Some(Trouble::NotSolsken)));
        }
        (Some(UploadState::Received { at: receipt.at }), Step::Rest(None))
    }

    fn go_on(&mut self, next: u32) -> (Option<UploadState>, Step) {
        let step = if next >= self.chunks { Step::Finish } else { Step::Send(next) };
        let gets_on = self.sent.is_none_or(|sent| next > sent);
        self.sent = Some(next);
        if !gets_on && std::mem::replace(&mut self.again, true) {
            // What lies here is what was told: it is for the server to get over it, and for a later try to see.
            return (None, Step::Rest(Some(Trouble::NotSolsken)));
        }
        (Some(UploadState::Waiting { sent: next.min(self.chunks) }), step)
    }
}

impl AttachmentRow {
    /// How long bytes stay after their receipt, as ops do: so long they can be offered again to a server that was
    /// restored.
    pub const GRACE_MS: i64 = 35 * 24 * 60 * 60 * 1_000;

    /// Whether its bytes may be let go of when room is needed: what came from the server and can come again, and what
    /// the server has verified long ago.
    pub fn may_go(&self, now: Millis) -> bool {
        match self.state {
            UploadState::Fetched => true,
            UploadState::Received { at } => now.0 - at.0 > Self::GRACE_MS,
            UploadState::InDraft | UploadState::Waiting { .. } | UploadState::Refused(_) => false,
        }
    }

    /// Its draft becomes, or changes, this story, in the name of `person`.
    pub fn told(&self, story: StoryId, person: PersonId) -> Self {
        let state = match self.state {
            UploadState::InDraft => UploadState::Waiting { sent: 0 },
            state => state,
        };
        Self { story: Some(story), person: Some(person), finished: true, state, ..self.clone() }
    }

    /// The server was restored, and may lack what it had received: it is offered again.
    pub fn offered_again(&self) -> Option<Self> {
        let had = matches!(self.state, UploadState::Received { .. });
        had.then(|| Self { state: UploadState::Waiting { sent: 0 }, ..self.clone() })
    }

    /// Its person tries once more what the server refused.
    pub fn tried_again(&self) -> Self {
        Self { state: UploadState::Waiting { sent: 0 }, ..self.clone() }
    }
}

/// Whether this trouble with one attachment is trouble with all of them, so that the others wait for the next round too.
/// Where it is not, they go on: on a shared phone one person's credential may be no good any more, and another's is.
pub const fn holds_up_others(trouble: Trouble) -> bool {
    matches!(trouble, Trouble::Unreachable | Trouble::Timeout | Trouble::CutOff | Trouble::Storage)
}

/// Which rows to let go of so that no more than `budget` bytes are kept: the least recently used first, and none that
/// must stay.
pub fn let_go(
    rows: &[AttachmentRow],
    stays: impl Fn(&AttachmentRow) -> bool,
    budget: u64,
    now: Millis,
) -> Vec<AttachmentId> {
    let mut kept: u64 = rows.iter().map(|row| row.attachment.bytes).sum();
    let mut may_go: Vec<&AttachmentRow> = rows.iter().filter(|row| row.may_go(now) && !stays(row)).collect();
    may_go.sort_by_key(|row| (row.used_at, row.attachment.id));
    let mut gone = Vec::new();
    for row in may_go {
        if kept <= budget {
            break;
        }
        kept -= row.attachment.bytes;
        gone.push(row.attachment.id);
    }
    gone
}

#[cfg(test)]
mod tests;
