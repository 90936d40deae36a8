//! What befalls attachments, and what must hold of them whatever does.

use domain::{
    attachment::Attachment,
    story::Story,
    sync::upload::{AttachmentRow, CHUNK_BYTES, Refusal, UploadState, receiving},
    thing::{ThingRef, read},
};
use splitmix::Random;

use super::{Bringing, DiesAt};
use crate::{
    handset::Handset,
    invariants::{Broken, broken},
    plan::Fault,
    server::Server,
    world::World,
};

/// Longer than bytes stay after their receipt.
const LONG: i64 = AttachmentRow::GRACE_MS + 86_400_000;
/// Passes within which everything was brought.
const PASSES: usize = 3;

impl World {
    /// Turns until some upload is in the middle. Of which phone.
    fn in_the_middle(&mut self, random: &mut Random) -> Result<Option<usize>, Broken> {
        for phone in 0..self.phones.len() {
            self.start_uploads(phone, random);
        }
        for _ in 0..16 {
            if let Some(found) = self.uploads.iter().find(|one| one.is_in_the_middle()) {
                return Ok(Some(found.phone));
            }
            if self.uploads.is_empty() {
                return Ok(None);
            }
            self.upload_turn(random)?;
        }
        Ok(None)
    }

    pub fn befall_media(&mut self, fault: Fault, phone: usize, random: &mut Random) -> Result<(), Broken> {
        match fault {
            Fault::BytesDamaged => {
                let parts = self.phones[phone].disk.bytes.values_mut().flat_map(|bytes| &mut bytes.0);
                if let Some(part) = parts.last() {
                    *part = part.damaged(random);
                    self.met.note_fault(fault);
                }
            }
            Fault::UploadKilled => {
                if let Some(phone) = self.in_the_middle(random)? {
                    self.met.note_fault(fault);
                    self.close_tabs(phone);
                }
            }
            Fault::RestoredInUpload => {
                if self.in_the_middle(random)?.is_some() {
                    self.met.note_fault(fault);
                    self.restore(random);
                    if random.chance(0.6) {
                        // The phone hears of it before its worker does.
                        let phone = self.uploads.first().map_or(phone, |one: &Bringing| one.phone);
                        self.start_round(phone, random);
                        let rounds = self.tasks.len() as u64;
                        self.round_turns(20 * rounds, random)?;
                    }
                }
            }
            Fault::DiesAtFinish => {
                self.server.dies_at = Some(*random.choose(&[DiesAt::Served, DiesAt::Noted]));
            }
            Fault::Decayed => {
                if self.server.depot.decay(random) {
                    self.met.note_fault(fault);
                }
            }
            _ => {
                self.met.note_fault(Fault::NoRoom);
                self.phones[phone].budget = Some(random.below(3) * CHUNK_BYTES);
                if random.chance(0.6) {
                    self.now += LONG;
                }
            }
        }
        Ok(())
    }

    /// Nobody is asked to mend what is not broken: an upload is given up as damaged only when what lies on the phone is.
    pub fn only_what_is_damaged_is_refused_as_that(
        &self,
        phone: usize,
        row: &AttachmentRow,
        refusal: Refusal,
    ) -> Result<(), Broken> {
        let attachment = &row.attachment;
        let bytes = self.phones[phone].disk.bytes.get(&attachment.id);
        let whole = bytes.is_some_and(|bytes| bytes.sha256() == attachment.sha256);
        if refusal == Refusal::NotAllowed || !whole {
            return Ok(());
        }
        broken("nobody is asked to mend what is not broken", || {
            format!("{} is {refusal:?}, and whole on phone {phone}", attachment.id)
        })
    }

    /// All uploads, once the server takes them: in a bounded number of passes nothing waits.
    pub fn settle_uploads(&mut self, random: &mut Random) -> Result<(), Broken> {
        let waits = |phone: &Handset| phone.disk.store.attachments.values().any(is_open);
        for _ in 0..PASSES {
            for phone in 0..self.phones.len() {
                if waits(&self.phones[phone]) {
                    self.try_again(phone, true);
                    self.start_uploads(phone, random);
                    self.finish_rounds(random)?;
                }
            }
        }
        self.every_attachment_is_received()
    }

    fn every_attachment_is_received(&self) -> Result<(), Broken> {
        for phone in self.phones.iter().filter(|phone| !self.is_revoked(phone.owner)) {
            received_is_what_the_server_has(phone, &self.server)?;
            let rows = phone.disk.store.attachments.values();
            for row in rows.filter(|row| row.person.is_some_and(|person| !self.is_revoked(person))) {
                self.is_received(phone, row)?;
            }
        }
        Ok(())
    }

    /// What belongs to a story that lives, and whose person may change it, is with the server, or was refused for a
    /// reason that holds.
    fn is_received(&self, phone: &Handset, row: &AttachmentRow) -> Result<(), Broken> {
        let attachment = &row.attachment;
        let Some(story) = self.names(row) else { return Ok(()) };
        let served = story.served(attachment.id);
        let held = |why: &str| {
            broken("every attachment is received once the network heals", || {
                format!("{} of {:?} {why}: {:?}, served: {served:?}", attachment.id, row.story, row.state)
            })
        };
        let bytes = phone.disk.bytes.get(&attachment.id);
        match row.state {
            UploadState::Received { .. } => {
                let has =
                    |served| self.server.depot.has(served) && self.server.depot.truly_has(served, attachment);
                if served.is_some_and(has) { Ok(()) } else { held("is not with the server") }
            }
            UploadState::Refused(Refusal::NotAllowed) => {
                let reader = row.person.map(|person| self.server.look().reader(person));
                let may = reader.is_some_and(|reader| receiving::may_bring(&story, &reader));
                if may { held("may be brought") } else { Ok(()) }
            }
            UploadState::Refused(Refusal::Damaged)
                if bytes.is_none_or(|bytes| bytes.sha256() != attachment.sha256) =>
            {
                Ok(())
            }
            UploadState::InDraft | UploadState::Fetched => Ok(()),
            UploadState::Waiting { .. } | UploadState::Refused(_) => held("is not received"),
        }
    }

    /// The story of a row, as it stands on the server, if it lives, is seen by whoever told the row, and names it.
    fn names(&self, row: &AttachmentRow) -> Option<Story> {
        let state = self.server.look();
        let stands = state.rows.get(&ThingRef::story(row.story?))?;
        let reader = state.reader(row.person?);
        if stands.is_deleted() || !stands.scope.admits(stands.owner, &reader) {
            return None;
        }
        let story: Story = read(&stands.state).ok()?;
        let named: &Attachment = story.attachment(row.attachment.id)?;
        (named.sha256 == row.attachment.sha256).then_some(story)
    }
}

fn is_open(row: &AttachmentRow) -> bool {
    matches!(row.state, UploadState::Waiting { .. } | UploadState::Refused(_))
}

/// Whether the server has given its word for this, since this phone last heard that it went back in time.
fn is_verified(phone: &Handset, server: &Server, row: &AttachmentRow) -> bool {
    let known = server.generation_known_to(phone);
    let verified = server.verified.get(&(row.attachment.id, row.attachment.sha256));
    verified.is_some_and(|generation| *generation >= known)
}

/// Bytes go from a phone when their person takes them out, when they came from the server, or when that has verified
/// every one of them.
pub fn bytes_went_after_a_receipt(phone: &mut Handset, server: &Server) -> Result<(), Broken> {
    for row in std::mem::take(&mut phone.gone) {
        let received = matches!(row.state, UploadState::Received { .. });
        if row.state != UploadState::Fetched && !(received && is_verified(phone, server, &row)) {
            return broken("bytes go only after a verified receipt", || format!("{row:?} went"));
        }
    }
    Ok(())
}

/// What counts as received is what the server, as far as this phone has heard of it, has verified.
pub fn received_is_what_the_server_has(phone: &Handset, server: &Server) -> Result<(), Broken> {
    let rows = phone.disk.store.attachments.values();
    let mut received = rows.filter(|row| matches!(row.state, UploadState::Received { .. }));
    match received.find(|row| !is_verified(phone, server, row)) {
        Some(row) => broken("received is what the server has verified", || format!("{row:?}")),
        None => Ok(()),
    }
}
