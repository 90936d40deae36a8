//! Names of things: UUIDs that a device can mint without asking anyone.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use crate::{
    label::{LabelKind, same_name},
    thing::ThingRef,
    time::Millis,
};

/// Ten bytes of randomness, the share of a UUIDv7 that is not time. Randomness comes in as an argument: the rules
/// have no source of their own.
pub type Randomness = [u8; 10];

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A fresh id: UUIDv7 (RFC 9562) of the moment `at`, so that ids sort roughly by age.
            pub fn mint(at: Millis, randomness: &Randomness) -> Self {
                let millis = u64::try_from(at.0).unwrap_or(0);
                Self(Builder::from_unix_timestamp_millis(millis, randomness).into_uuid())
            }

            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

ids! {
    StoryId
    /// A tag, a value, a site or a department.
    LabelId
    PersonId
    /// One person in one browser profile.
    DeviceId
    DraftId
    /// A photo or a voice note.
    AttachmentId
    PathId
    /// One occasion on which a path was shown to somebody.
    ShowingId
    /// Words that stand for one another.
    WordingId
    /// What a restore renews, so that phones notice that the server went back in time.
    Epoch
    /// Any thing at all, when its kind stands beside it.
    ThingId
}

/// Namespace of the ids that follow from a name (UUIDv5), so that two phones without a network mint the same one.
const NAMED: Uuid = Uuid::from_u128(0x5011_5ce0_0000_5000_8000_736f_6c73_6b65);

impl DeviceId {
    /// Under which a server takes up a record that phones hand back: the same for whoever does.
    pub fn handed_back(epoch: Epoch, thing: &ThingRef, seq: u64) -> Self {
        Self(Uuid::new_v5(&NAMED, format!("handed-back:{epoch}:{thing}:{seq}").as_bytes()))
    }
}

impl DraftId {
    /// The draft in which the page `writer` goes on with `draft` after another page has written to it: the same
    /// however often it is asked, so that a state that arrives twice makes one draft.
    pub fn apart(draft: Self, writer: u64) -> Self {
        Self(Uuid::new_v5(&NAMED, format!("draft:{draft}:{writer:016x}").as_bytes()))
    }
}

impl Epoch {
    /// An epoch that begins after another one, also where the clock has been set back since: of two epochs that a server
    /// does not both know, the order says which one the other's database has lost.
    pub fn mint_after(earlier: Self, at: Millis, randomness: &Randomness) -> Self {
        let begun = (earlier.0.as_u128() >> 80) as i64;
        Self::mint(Millis(at.0.max(begun + 1)), randomness)
    }
}

impl LabelId {
    /// The id of the label first mentioned as `name`; spacing and case make no difference.
    pub fn named(kind: LabelKind, name: &str) -> Self {
        Self(Uuid::new_v5(&NAMED, format!("{}:{}", kind.key(), same_name(name)).as_bytes()))
    }
}

impl PersonId {
    /// The person whom an imported story calls `name`. Nobody can sign in as such a person.
    pub fn named(name: &str) -> Self {
        Self(Uuid::new_v5(&NAMED, format!("person:{}", same_name(name)).as_bytes()))
    }

    /// The server itself, when it records what an import or an invitation brought about.
    pub const SYSTEM: Self = Self(Uuid::nil());
}

impl ThingId {
    /// The register of one person's reaction of one kind to one story.
    pub fn reaction(story: StoryId, person: PersonId, reaction: &str) -> Self {
        Self(Uuid::new_v5(&NAMED, format!("reaction:{story}:{person}:{reaction}").as_bytes()))
    }

    /// What was kept of the op `seq` of `device` when it met another edit.
    pub fn conflict(device: DeviceId, seq: u64) -> Self {
        Self(Uuid::new_v5(&NAMED, format!("conflict:{device}:{seq}").as_bytes()))
    }
}

impl ShowingId {
    /// The one showing that counts when `person` reads a story of a path by themselves.
    pub fn of_reading(path: PathId, story: StoryId, person: PersonId) -> Self {
        Self(Uuid::new_v5(&NAMED, format!("reading:{path}:{story}:{person}").as_bytes()))
    }
}

macro_rules! things {
    ($($name:ident)+) => {$(
        impl From<$name> for ThingId {
            fn from(id: $name) -> Self {
                Self(id.0)
            }
        }

        impl From<ThingId> for $name {
            fn from(id: ThingId) -> Self {
                Self(id.0)
            }
        }
    )+};
}

things! { StoryId LabelId PersonId PathId ShowingId WordingId }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_phones_mint_the_same_id_for_the_same_tag() {
        assert_eq!(LabelId::named(LabelKind::Tag, "Lång  kö "), LabelId::named(LabelKind::Tag, "lång kö"));
        assert_ne!(LabelId::named(LabelKind::Tag, "mod"), LabelId::named(LabelKind::Value, "mod"));
    }

    #[test]
    fn minted_ids_sort_by_the_moment_they_were_minted() {
        let early = StoryId::mint(Millis(1_000), &[0xff; 10]);
        let late = StoryId::mint(Millis(2_000), &[0; 10]);
        assert!(early < late);
        assert_eq!(early.to_string().parse::<StoryId>(), Ok(early));
    }

    #[test]
    fn an_epoch_sorts_after_the_one_before_whatever_the_clock_says() {
        let before = Epoch::mint(Millis(1_000), &[0xff; 10]);
        for now in [0, 1_000, 2_000] {
            assert!(before < Epoch::mint_after(before, Millis(now), &[0; 10]), "{now}");
        }
    }
}
