//! What happens in a seed: a list of acts, each with dice of its own, so that leaving one out changes no other.

use splitmix::Random;
use std::fmt;

/// Everything that can go wrong here. Of erasure there is nothing yet, so forgotten people are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    RequestLost,
    /// The server has done it, and nobody hears of it.
    AnswerLost,
    Doubled,
    /// Arrives after whoever sent it has given up, and after what was sent later.
    Delayed,
    Truncated,
    /// Something else answers in the server's place: a hotel's page, a proxy.
    Portal,
    /// From then on, a proxy in front of the server refuses bodies that are larger than it likes.
    ProxyLimit,
    /// From then on, what is large takes too long on this phone's line, in both directions.
    SlowLine,
    Offline,
    /// Requests arrive, answers do not.
    OneWay,
    /// Between two steps of the phone's store.
    Crash,
    RollBack,
    Quota,
    /// The browser throws everything away; the person joins again.
    Wiped,
    Cloned,
    Clock,
    ServerClock,
    TwoTabs,
    Killed,
    SlowTransaction,
    ServerCrash,
    DiskFull,
    Restored,
    /// The server's database goes back under the same epoch.
    DatabaseRolledBack,
    KeyLost,
    Revoked,
    Poison,
    Storm,
    /// The server is restored, and before the phones have read again, much is deleted that they had read.
    StormAfterRestore,
    /// The phone holds an op that only a newer client can read.
    OlderClient,
    /// A profile is copied with a draft in it, and both copies tell that with words of their own.
    DraftToldTwice,
    /// Somebody else tells on this phone and goes.
    Lent,
    /// Whoever sits at this phone signs out.
    SignedOut,
    /// Another person signs in on this phone, and reads there from now on.
    Shared,
    /// Another person signs in while the first page for whoever sat here is still on its way.
    HandedOver,
    /// An answer takes so long that another tab goes through a whole round meanwhile, and sometimes the server is
    /// restored.
    Straggler,
    /// The server does not say yet how much a pull takes from view.
    OlderServer,
    /// The server says more than this client knows of.
    NewerServer,
    /// A chunk of an attachment is cut off or altered on its way.
    ChunkAltered,
    /// What lies on the phone of an attachment is damaged.
    BytesDamaged,
    /// The worker is killed in the middle of an upload of bytes.
    UploadKilled,
    /// The server goes back to a backup in the middle of an upload.
    RestoredInUpload,
    /// The server dies while it puts an attachment together: before its story says so, or before anybody has heard.
    DiesAtFinish,
    /// Chunks that the server had kept are altered, or swept away as abandoned.
    Decayed,
    /// There is little room for bytes on the phone, and its person may have been away for long.
    NoRoom,
}

impl Fault {
    pub const ALL: [Self; 45] = [
        Self::RequestLost,
        Self::AnswerLost,
        Self::Doubled,
        Self::Delayed,
        Self::Truncated,
        Self::Portal,
        Self::ProxyLimit,
        Self::SlowLine,
        Self::Offline,
        Self::OneWay,
        Self::Crash,
        Self::RollBack,
        Self::Quota,
        Self::Wiped,
        Self::Cloned,
        Self::Clock,
        Self::ServerClock,
        Self::TwoTabs,
        Self::Killed,
        Self::SlowTransaction,
        Self::ServerCrash,
        Self::DiskFull,
        Self::Restored,
        Self::DatabaseRolledBack,
        Self::KeyLost,
        Self::Revoked,
        Self::Poison,
        Self::Storm,
        Self::StormAfterRestore,
        Self::OlderClient,
        Self::DraftToldTwice,
        Self::Lent,
        Self::SignedOut,
        Self::Shared,
        Self::HandedOver,
        Self::Straggler,
        Self::OlderServer,
        Self::NewerServer,
        Self::ChunkAltered,
        Self::BytesDamaged,
        Self::UploadKilled,
        Self::RestoredInUpload,
        Self::DiesAtFinish,
        Self::Decayed,
        Self::NoRoom,
    ];

    /// Whether it befalls messages on their way, rather than happening once.
    fn is_weather(self) -> bool {
        matches!(
            self,
            Self::RequestLost
                | Self::AnswerLost
                | Self::Doubled
                | Self::Delayed
                | Self::Truncated
                | Self::Portal
                | Self::OlderServer
                | Self::NewerServer
                | Self::ChunkAltered
        )
    }
}

/// What a person does, or what befalls them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Tell,
    Edit,
    Tag,
    React,
    Delete,
    Restore,
    Move,
    Audience,
    /// A person is moved to another department.
    Department,
    Role,
    /// Somebody has looked at two texts that met.
    Resolve,
    Path,
    /// A photo or a voice note.
    Take,
    Sync,
    /// Time passes for whatever is on its way.
    Wait,
    Backup,
    Befalls(Fault),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Act {
    pub phone: usize,
    pub what: What,
    pub dice: u64,
}

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "phone {}: {:?} (dice {:x})", self.phone, self.what, self.dice)
    }
}

#[derive(Clone, Debug)]
pub struct Plan {
    pub phones: usize,
    pub page_records: usize,
    pub weather: Vec<Fault>,
    pub acts: Vec<Act>,
    /// What came to nothing is made up for in the end, so that no seed is smaller than it should be.
    pub whole: bool,
}

/// Ops that are told in a seed, at least.
pub const OPS: u64 = 30;
/// Kinds of fault that are met in a seed, at least.
pub const KINDS: usize = 5;

/// How often a message meets each weather that the seed has: one in so many.
pub const WEATHER_ONE_IN: u64 = 9;

const DOINGS: [(What, u64); 13] = [
    (What::Tell, 7),
    (What::Edit, 9),
    (What::Tag, 5),
    (What::React, 4),
    (What::Delete, 2),
    (What::Restore, 1),
    (What::Move, 1),
    (What::Audience, 2),
    (What::Department, 1),
    (What::Role, 1),
    (What::Resolve, 1),
    (What::Path, 1),
    (What::Take, 5),
];

impl Plan {
    /// At least three phones, two people, [`OPS`] and [`KINDS`].
    pub fn of(seed: u64) -> Self {
        let mut random = Random::new(seed ^ 0x5015_ce00);
        let phones = 3 + random.below(3) as usize;
        let faults = choose_faults(&mut random);
        let mut acts = Vec::new();
        let mut act = |random: &mut Random, what| {
            acts.push(Act { phone: random.below(phones as u64) as usize, what, dice: random.next_u64() });
        };
        let doings = 37 + random.below(12);
        let total: u64 = DOINGS.iter().map(|(_, weight)| weight).sum();
        for _ in 0..doings {
            let mut at = random.below(total);
            let (what, _) = DOINGS
                .iter()
                .find(|(_, weight)| {
                    let found = at < *weight;
                    at = at.saturating_sub(*weight);
                    found
                })
                .expect("the weights add up");
            act(&mut random, *what);
            if random.chance(0.6) {
                act(&mut random, What::Sync);
            }
            if random.chance(0.2) {
                act(&mut random, What::Wait);
            }
        }
        let mut plan = Self {
            phones,
            page_records: [2, 3, 5, 40][random.below(4) as usize],
            weather: faults.iter().copied().filter(|fault| fault.is_weather()).collect(),
            acts,
            whole: true,
        };
        for fault in faults.into_iter().filter(|fault| !fault.is_weather()) {
            let goes_back =
                [Fault::Restored, Fault::Straggler, Fault::RestoredInUpload, Fault::DatabaseRolledBack];
            if goes_back.contains(&fault) {
                plan.insert(&mut random, What::Backup);
            }
            for _ in 0..1 + random.below(2) {
                plan.insert(&mut random, What::Befalls(fault));
            }
        }
        plan
    }

    fn insert(&mut self, random: &mut Random, what: What) {
        let at = random.below(self.acts.len() as u64 + 1) as usize;
        let phone = random.below(self.phones as u64) as usize;
        self.acts.insert(at, Act { phone, what, dice: random.next_u64() });
    }
}

fn choose_faults(random: &mut Random) -> Vec<Fault> {
    let mut left = Fault::ALL.to_vec();
    let wanted = KINDS as u64 + 1 + random.below(5);
    let mut chosen = Vec::new();
    while (chosen.len() as u64) < wanted {
        let fault = left.swap_remove(random.below(left.len() as u64) as usize);
        // Two dozen stories more make a seed slow: every fourth storm is enough.
        if matches!(fault, Fault::Storm | Fault::StormAfterRestore) && random.chance(0.75) {
            continue;
        }
        chosen.push(fault);
    }
    chosen
}
