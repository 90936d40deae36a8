//! The server's half of an upload, as `server/src/http/attachments.rs` goes about it, with the same decisions.

use domain::{
    attachment::{Attachment, Sha256Hash},
    id::{AttachmentId, DeviceId, PersonId, StoryId},
    op::Op,
    story::Story,
    sync::{
        ledger::{From, Incoming, Push},
        round::Trouble,
        upload::{
            Event, Refusal, UploadReceipt, chunks,
            receiving::{self, NotKept},
        },
        wire::Token,
    },
    thing::{ThingRef, read},
    time::Millis,
};

use super::Part;
use crate::{invariants::Broken, mutants::Mutant, plan::Fault, server::Server};

/// What a phone asks of the server about one attachment.
#[derive(Clone, Debug)]
pub struct Request {
    /// The furthest position that the phone knew.
    pub known: Option<Token>,
    pub person: PersonId,
    pub story: StoryId,
    pub id: AttachmentId,
    pub what: Asked,
}

#[derive(Clone, Debug)]
pub enum Asked {
    Status,
    /// A chunk as it arrives, and the hash that its sender said it has.
    Chunk(u32, Part, Sha256Hash),
    Finish,
}

/// Where the server dies while it puts the whole together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiesAt {
    /// What is served lies there, and no story says so.
    Served,
    /// The story says so, and nobody has an answer.
    Noted,
}

/// An attachment of a story that somebody may change.
struct Brought {
    seq: u64,
    story: Story,
    attachment: Attachment,
}

/// Why nothing can be brought for a story.
enum NotBrought {
    /// Whoever asks cannot see it, or it does not name the attachment: its op may come yet.
    TooEarly,
    NotAllowed,
}

impl Server {
    /// The answer, as the phone understands it. The error is an invariant that does not hold.
    pub fn receive(&mut self, request: &Request, now: Millis) -> Result<Event, Broken> {
        if self.media_down {
            return Ok(Event::Trouble(Trouble::Server(500)));
        }
        self.hear([None, request.known.as_ref()], now)?;
        let known = match self.brought(request) {
            Ok(known) => known,
            Err(NotBrought::TooEarly) => return Ok(Event::TooEarly),
            Err(NotBrought::NotAllowed) => return Ok(Event::Refused(Refusal::NotAllowed)),
        };
        match &request.what {
            Asked::Status => {}
            Asked::Chunk(chunk, part, said) => {
                let may_keep =
                    receiving::may_keep(&known.attachment, *chunk, part.bytes, Some(*said), || part.sha256());
                match may_keep {
                    Err(NotKept::TooLarge) => return Ok(Event::Refused(Refusal::TooLarge)),
                    Err(NotKept::Differs) => {
                        self.met.note("chunk turned away");
                        return Ok(Event::Trouble(Trouble::Server(400)));
                    }
                    Ok(()) if self.receipt(&known, now).is_some() => {}
                    Ok(()) if self.full_for > 0 => {
                        self.full_for -= 1;
                        self.met.note_fault(Fault::DiskFull);
                        self.met.note("chunk met a full disk");
                        return Ok(Event::Trouble(Trouble::Server(507)));
                    }
                    Ok(()) => self.depot.keep(&known.attachment, *chunk, *part),
                }
            }
            Asked::Finish => {
                let there = self.depot.received(&known.attachment);
                if self.receipt(&known, now).is_none() && there == chunks(known.attachment.bytes) {
                    return self.finish(request, &known, now);
                }
            }
        }
        Ok(self.status(&known, now))
    }

    fn brought(&self, request: &Request) -> Result<Brought, NotBrought> {
        let state = self.look();
        let reader = state.reader(request.person);
        let row = state.rows.get(&ThingRef::story(request.story));
        let row = row.filter(|row| row.scope.admits(row.owner, &reader) && !row.is_deleted());
        let row = row.ok_or(NotBrought::TooEarly)?;
        let story: Story = read(&row.state).map_err(|_| NotBrought::TooEarly)?;
        if !receiving::may_bring(&story, &reader) {
            return Err(NotBrought::NotAllowed);
        }
        let attachment = story.attachment(request.id).cloned().ok_or(NotBrought::TooEarly)?;
        Ok(Brought { seq: row.seq, story, attachment })
    }

    fn receipt(&self, known: &Brought, at: Millis) -> Option<UploadReceipt> {
        let served = known.story.served(known.attachment.id)?;
        let there = self.depot.has(served) || self.mutant == Some(Mutant::ServedNotLookedUp);
        receiving::receipt(&known.story, &known.attachment, there, at)
    }

    fn status(&mut self, known: &Brought, now: Millis) -> Event {
        let position = self.look().key.sign_cursor(&self.look().head.into());
        let receipt = self.receipt(known, now);
        let receipt = receipt.map(|receipt| UploadReceipt { position: Some(position), ..receipt });
        if let Some(receipt) = &receipt
            && self.depot.truly_has(&receipt.served, &known.attachment)
        {
            self.verified.insert((known.attachment.id, known.attachment.sha256), self.generation);
        }
        Event::Status(receiving::status(&known.attachment, receipt, self.depot.received(&known.attachment)))
    }

    fn finish(&mut self, request: &Request, known: &Brought, now: Millis) -> Result<Event, Broken> {
        let attachment = &known.attachment;
        let whole = self.depot.whole(attachment);
        if !receiving::is_whole(attachment, whole.count(), whole.sha256())
            && self.mutant != Some(Mutant::WholeNotCompared)
        {
            self.met.note("whole differs");
            self.depot.clear(attachment);
            return Ok(self.status(known, now));
        }
        let served = self.depot.serve(attachment, &whole);
        let dies = self.dies_at.take();
        if dies.is_some() {
            self.met.note_fault(Fault::DiesAtFinish);
        }
        if dies == Some(DiesAt::Served) {
            if self.mutant == Some(Mutant::ReceiptBeforeServed) {
                let receipt = UploadReceipt { sha256: attachment.sha256, served, at: now, position: None };
                return Ok(Event::Status(receiving::status(attachment, Some(receipt), 0)));
            }
            return Ok(Event::Trouble(Trouble::Unreachable));
        }
        self.noted += 1;
        let mut randomness = [0xa7; 10];
        // Behind the bits that say of which kind an id is.
        randomness[3..7].copy_from_slice(&self.noted.to_le_bytes());
        let device = DeviceId::mint(now, &randomness);
        let op = |(change, device_seq)| {
            let thing = ThingRef::story(request.story);
            let (actor, base) = (PersonId::SYSTEM, Some(known.seq));
            Incoming::of(Op { device, device_seq, at: now, actor, thing, base, change })
        };
        let changes = receiving::served_from_now_on(&known.story, &served);
        let push = Push { from: From::System, ops: changes.into_iter().zip(1..).map(op).collect(), now };
        let ticket = self.arrive(push, false)?;
        match self.answer(ticket) {
            Some(Ok(_)) => {}
            Some(Err(trouble)) => return Ok(Event::Trouble(trouble)),
            // It waits behind a slow transaction, and longer than the phone does.
            None => return Ok(Event::Trouble(Trouble::Timeout)),
        }
        if dies == Some(DiesAt::Noted) {
            return Ok(Event::Trouble(Trouble::Unreachable));
        }
        self.depot.clear(attachment);
        Ok(self.brought(request).map_or(Event::TooEarly, |known| self.status(&known, now)))
    }
}
