//! An op is one immutable change made by a person on a device. Phones keep and push its very bytes; nothing ever
//! re-serialises an old op.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::{
    Object,
    id::{DeviceId, Epoch, PersonId},
    story::Status,
    thing::ThingRef,
    time::Millis,
};

/// One immutable change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Op {
    pub device: DeviceId,
    /// Counts the device's ops from 1, without gaps.
    pub device_seq: u64,
    /// The phone's clock. For display, never for order.
    pub at: Millis,
    pub actor: PersonId,
    pub thing: ThingRef,
    /// The `seq` of the state that the person saw, if the server had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<u64>,
    pub change: Change,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Create(Object),
    Edit(Edit),
    /// Compare-and-set of a story's status.
    Move {
        from: Status,
        to: Status,
    },
    /// Soft: can be restored.
    Delete,
    Restore,
    /// By the server alone: what a phone had read of it before it was restored from a backup.
    TakeUp(TakenUp),
}

/// What a thing was like before a restore, by the numbering of that epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TakenUp {
    pub epoch: Epoch,
    pub seq: u64,
    /// The last `seq` of the backup: what stands at it or before has not been touched since. Where the database went back
    /// under the same epoch, as far as the server can know.
    pub whole: u64,
    pub state: Object,
}

/// Changes to some fields of a thing. A field that is not named stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    /// Text fields, each with the text that the person started from, so that the merge needs no history.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub text: std::collections::BTreeMap<String, TextEdit>,
    /// Registers. `null` empties one.
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub set: Object,
    /// Members that join sets.
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub add: Object,
    /// Members that leave sets.
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub remove: Object,
}

impl Edit {
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.set.is_empty() && self.add.is_empty() && self.remove.is_empty()
    }
}

/// From one text to another; an empty text is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextEdit {
    pub from: String,
    pub to: String,
}

/// What can be read of an op whose change this version does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    pub device: DeviceId,
    pub device_seq: u64,
    pub actor: PersonId,
    pub thing: ThingRef,
}

/// An op as it travels and rests: its very bytes, without line breaks.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OpBytes(Box<RawValue>);

impl OpBytes {
    pub fn of(op: &Op) -> Self {
        let text = serde_json::to_string(op).expect("an op is plain data with string keys");
        Self::from_text(text).expect("what was just serialised is JSON")
    }

    /// Takes one line of JSON as an op's bytes.
    pub fn from_text(line: String) -> Result<Self, serde_json::Error> {
        RawValue::from_string(line).map(Self)
    }

    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    pub fn op(&self) -> Result<Op, serde_json::Error> {
        serde_json::from_str(self.as_str())
    }

    /// The same change under another device and number. Only the envelope is written anew; the payload's bytes stay.
    pub fn renumbered(&self, device: DeviceId, device_seq: u64) -> Result<Self, serde_json::Error> {
        let mut fields: std::collections::BTreeMap<String, Box<RawValue>> =
            serde_json::from_str(self.as_str())?;
        fields.insert("device".into(), serde_json::value::to_raw_value(&device)?);
        fields.insert("device_seq".into(), serde_json::value::to_raw_value(&device_seq)?);
        serde_json::to_string(&fields).and_then(Self::from_text)
    }
}

impl PartialEq for OpBytes {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

/// SHA-256 of an op's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OpHash(pub [u8; 32]);

impl OpHash {
    pub fn of(bytes: &str) -> Self {
        Self(Sha256::digest(bytes.as_bytes()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::StoryId, thing::ThingKind};

    fn op() -> Op {
        Op {
            device: DeviceId::mint(Millis(1), &[1; 10]),
            device_seq: 7,
            at: Millis(1_700_000_000_000),
            actor: PersonId::named("Elin"),
            thing: ThingRef::new(ThingKind::Story, StoryId::mint(Millis(2), &[2; 10])),
            base: None,
            change: Change::Create(Object::new()),
        }
    }

    #[test]
    fn renumbering_keeps_what_this_version_does_not_know() {
        let text = serde_json::to_string(&op()).unwrap().replacen('{', r#"{"mood":{"b":1,"a":2},"#, 1);
        let bytes = OpBytes::from_text(text).unwrap();
        let device = DeviceId::mint(Millis(9), &[9; 10]);
        let moved = bytes.renumbered(device, 1).unwrap();
        assert!(moved.as_str().contains(r#""mood":{"b":1,"a":2}"#), "byte for byte: {}", moved.as_str());
        let moved = moved.op().unwrap();
        assert_eq!((moved.device, moved.device_seq), (device, 1));
        assert_eq!(moved.change, op().change);
    }

    #[test]
    fn an_envelope_can_be_read_although_the_change_is_unknown() {
        let text = serde_json::to_string(&op()).unwrap().replace(r#""create":{}"#, r#""levitate":{}"#);
        assert!(serde_json::from_str::<Op>(&text).is_err());
        let envelope: Envelope = serde_json::from_str(&text).unwrap();
        assert_eq!(envelope.device_seq, 7);
    }
}
