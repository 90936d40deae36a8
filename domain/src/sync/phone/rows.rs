//! What lies in the phone's store.

use serde::{Deserialize, Serialize};

use crate::{
    Object,
    access::scope_of,
    id::{DeviceId, Epoch, PersonId, ThingId},
    op::OpBytes,
    person::Reader,
    sync::{
        handback::Earlier,
        sizes::Sizes,
        wire::{Reason, Token},
    },
    thing::{ThingKind, ThingRef},
    time::Millis,
};

/// One person in this browser profile, and how far their ops have come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRow {
    pub device: DeviceId,
    pub person: PersonId,
    /// Whether this is the one that the person in front of the screen writes with. The others are signed out or
    /// retired; what they have left to send is still sent.
    pub current: bool,
    /// The number of the next op.
    pub next: u64,
    /// Ops up to here have a receipt.
    pub acked: u64,
    /// Once the library has been read up to this `seq`, it holds the effect of every acknowledged op.
    pub covered_at: u64,
    /// Ops up to here are part of what the library holds; no need to replay them, but for those in `deferred`.
    pub settled: u64,
    /// Ops that the server has put off: the `seq` from which the library holds their effect, 0 while they wait.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub deferred: std::collections::BTreeMap<u64, u64>,
    /// Ops from here on are still on this phone.
    pub kept_from: u64,
    /// Lets this device push its ops and do nothing else; outlives signing out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push_token: Option<String>,
}

impl DeviceRow {
    pub fn new(device: DeviceId, person: PersonId, push_token: Option<String>) -> Self {
        Self {
            device,
            person,
            current: true,
            next: 1,
            acked: 0,
            covered_at: 0,
            settled: 0,
            deferred: Default::default(),
            kept_from: 1,
            push_token,
        }
    }

    /// Ops that have no receipt yet.
    pub fn unsent(&self) -> u64 {
        self.next - 1 - self.acked
    }

    /// No op up to this number is open: the server has answered, and the library holds their effect.
    pub fn open_after(&self) -> u64 {
        let first = self.deferred.keys().next().map_or(u64::MAX, |first| first - 1);
        self.acked.min(self.settled).min(first)
    }

    pub fn is_open(&self, device_seq: u64) -> bool {
        device_seq > self.settled || self.deferred.contains_key(&device_seq)
    }

    /// Whether the server is to be asked what became of an op that it has put off.
    pub fn has_deferred(&self) -> bool {
        self.deferred.values().any(|covered_at| *covered_at == 0)
    }
}

/// An op on this phone, with the very bytes that are pushed. Kept for at least 35 days after its receipt, so that it
/// can be offered again to a server that was restored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpRow {
    pub device: DeviceId,
    pub device_seq: u64,
    pub thing: ThingRef,
    pub at: Millis,
    pub bytes: OpBytes,
    /// The server did not take it; its person decides what becomes of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<Reason>,
}

/// How a thing looks with open ops on top of what the server last said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overlay {
    /// The server's state and its `seq`; none for a thing that the server has not shown yet.
    pub base: Option<(u64, Object)>,
    /// The projection that the screens show.
    pub state: Object,
    /// The device and number of the latest op on it.
    pub device: DeviceId,
    pub last: u64,
    /// When the server acknowledged that op, by the server's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Millis>,
}

impl Overlay {
    /// Whether it may be shown to `reader`. On a shared phone it may be what another person keeps to themselves.
    pub fn is_for(&self, kind: &ThingKind, reader: &Reader) -> bool {
        let (scope, owner) = scope_of(kind, &self.state);
        scope.admits(owner, reader)
    }
}

/// How far the library has been read, and what it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LibraryRow {
    /// Who has read it: what one person may see is not what another may see. Older clients did not note it.
    pub reader: Option<PersonId>,
    /// How often it was emptied for somebody else.
    pub handovers: u32,
    pub cursor: Option<Token>,
    /// The server's position at the latest receipt, while the cursor is behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Token>,
    pub epoch: Option<Epoch>,
    pub seq: u64,
    /// The number of the next block.
    pub next_block: u32,
    /// The first pull has come to its end: the library can be shown from here.
    pub complete: bool,
    /// Stories the server holds for this person, and whether only the newest are here.
    pub stories: u64,
    pub partial: bool,
    /// Stories that earlier pages of this pull took from view without a word that it was meant.
    pub taken_stories: std::collections::BTreeSet<ThingId>,
    /// How often the reading started over.
    pub starts: u32,
    /// How far it had been read before that; 0 once it has come to its end again.
    pub read_before: u64,
    /// A page waits, because it would take away too much.
    pub halted: bool,
    /// What was read of servers before they were restored. It stays in the blocks: another restore may lose once more
    /// what one has handed back.
    pub earlier: Vec<Earlier>,
    /// The present server is still to be handed back what it lacks of that.
    pub hands_back: bool,
    /// How large pushes and pages may be on this phone's line.
    #[serde(skip_serializing_if = "Sizes::is_default")]
    pub sizes: Sizes,
}

/// On what something rests that the server said: another reading than this may be of a server that went back in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// How often the reading started over.
    pub starts: u32,
    /// `None` until the first pull.
    pub epoch: Option<Epoch>,
}

impl LibraryRow {
    pub fn reading(&self) -> Reading {
        Reading { starts: self.starts, epoch: self.epoch }
    }

    /// The furthest position at which the server is known to have been. It is sent along, so that a server whose
    /// database went back in time learns of it before it says anything else.
    pub fn furthest(&self) -> Option<&Token> {
        Token::further(self.cursor.as_ref(), self.receipt.as_ref())
    }

    /// Whether `position`, named in answer to a request that had `sent` along, would take the place of one of which the
    /// server has not heard: should its database have gone back behind that, nobody would notice any more.
    pub(super) fn would_forget(&self, position: Option<&Token>, sent: Option<&Token>) -> bool {
        let furthest = self.furthest();
        furthest != sent && Token::further(furthest, position) != furthest
    }

    /// The same library once a receipt was given at `position`.
    pub(super) fn with_receipt_at(&self, position: Option<&Token>) -> Self {
        let receipt = Token::further(self.furthest(), position);
        Self {
            receipt: receipt.filter(|further| Some(*further) != self.cursor.as_ref()).cloned(),
            ..self.clone()
        }
    }

    /// Whether what is read from the beginning was read before: much of what is said to be gone has been gone for long.
    pub fn reads_again(&self) -> bool {
        self.complete && self.read_before > 0
    }
}

/// Records as they were pulled, one JSON line each. A later block's record of a thing replaces an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub number: u32,
    pub lines: String,
}

/// An op that the server did not take: it needs its person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attention {
    pub device: DeviceId,
    pub device_seq: u64,
    pub thing: ThingRef,
    pub reason: Reason,
    pub at: Millis,
    pub bytes: OpBytes,
}

impl Attention {
    /// Whether it is about something that whoever sits here has told: on a shared phone others wait for their own.
    pub fn is_for_whoever_sits_here(&self, devices: &[DeviceRow]) -> bool {
        let teller = devices.iter().find(|row| row.device == self.device).map(|row| row.person);
        devices.iter().any(|row| row.current && Some(row.person) == teller)
    }
}
