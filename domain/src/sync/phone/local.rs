//! A person tells or changes something.

use std::collections::BTreeMap;

use crate::{
    Object,
    id::{AttachmentId, DeviceId, DraftId, PersonId, StoryId},
    op::{Change, Op, OpBytes},
    sync::wire::OP_BYTES,
    thing::ThingRef,
    time::Millis,
};

use super::{
    Attachments, DeviceRow, Done, LibraryRow, OpRow, Overlay, PhoneError, Reads, Writes, project,
    receive::forget,
};

/// A change that a person wants, before it has a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Intent {
    pub thing: ThingRef,
    pub change: Change,
    /// What the library on this phone holds of the thing, with its `seq`. Only read where no overlay knows better.
    pub base: Option<(u64, Object)>,
}

pub(super) fn tell(
    reads: &Reads,
    device: DeviceId,
    intents: &[Intent],
    draft: Option<DraftId>,
    attachments: &Attachments,
    now: Millis,
) -> Result<(Writes, Done), PhoneError> {
    let mut row = reads.device(device)?.clone();
    let mut overlays: BTreeMap<ThingRef, Overlay> = BTreeMap::new();
    let mut writes = Writes { told_draft: draft, ..Writes::default() };
    for intent in intents {
        let overlay = overlays.get(&intent.thing).or_else(|| reads.overlays.get(&intent.thing));
        let base = overlay.map_or(intent.base.clone(), |overlay| overlay.base.clone());
        let seen = overlay.map(|overlay| &overlay.state).or(intent.base.as_ref().map(|(_, state)| state));
        let op = Op {
            device,
            device_seq: row.next,
            at: now,
            actor: row.person,
            thing: intent.thing.clone(),
            base: base.as_ref().map(|(seq, _)| *seq),
            change: intent.change.clone(),
        };
        let state = project(seen, &op);
        let bytes = OpBytes::of(&op);
        if bytes.as_str().len() > OP_BYTES {
            return Err(PhoneError::TooLarge);
        }
        let thing = intent.thing.clone();
        writes.ops.push(OpRow {
            device,
            device_seq: row.next,
            thing: thing.clone(),
            at: now,
            bytes,
            rejected: None,
        });
        overlays.insert(thing, Overlay { base, state, device, last: row.next, received_at: None });
        row.next += 1;
    }
    writes.overlays = overlays.into_iter().map(|(thing, overlay)| (thing, Some(overlay))).collect();
    let person = row.person;
    writes.devices.push(row);
    let told = |(id, story): &(AttachmentId, StoryId)| {
        reads.attachments.iter().find(|row| row.attachment.id == *id).map(|row| row.told(*story, person))
    };
    writes.attachments = attachments.told.iter().filter_map(told).collect();
    writes.dropped_attachments.clone_from(&attachments.dropped);
    Ok((writes, Done::Told))
}

pub(super) fn sign_in(reads: &Reads, device: &DeviceRow) -> (Writes, Done) {
    let others = reads.devices.iter().filter(|row| row.current && row.device != device.device);
    let mut writes = match reads.library.handed_to(device.person, &reads.devices) {
        Some(library) if library.handovers > reads.library.handovers => forget(reads, library),
        library => Writes { library, ..Writes::default() },
    };
    writes.devices.extend(others.map(|row| DeviceRow { current: false, ..row.clone() }));
    writes.devices.push(DeviceRow { current: true, ..device.clone() });
    (writes, Done::SignedIn)
}

impl LibraryRow {
    /// The library for `person`, if it is not theirs already: empty, unless nobody has read it yet.
    pub(super) fn handed_to(&self, person: PersonId, devices: &[DeviceRow]) -> Option<Self> {
        let nobody_else = || devices.iter().all(|row| row.person == person);
        match self.reader {
            Some(reader) if reader == person => None,
            None if self.cursor.is_none() && self.next_block == 0 || nobody_else() => {
                Some(Self { reader: Some(person), ..self.clone() })
            }
            _ => Some(Self {
                reader: Some(person),
                handovers: self.handovers + 1,
                receipt: self.furthest().cloned(),
                epoch: self.epoch,
                starts: self.starts,
                sizes: self.sizes,
                ..Self::default()
            }),
        }
    }
}
