//! The worker that brings what was told to the server, as `frontend/engine/src/media/uploads.rs` goes about it, with the
//! same state machine.

use std::collections::VecDeque;

use domain::{
    id::PersonId,
    sync::{
        phone::{Reading, Transaction},
        round::Trouble,
        upload::{AttachmentRow, Event, Refusal, Step, Upload, UploadState, UploadStatus, holds_up_others},
        wire::Token,
    },
};
use splitmix::Random;

use super::{
    Bytes,
    receiving::{Asked, Request},
};
use crate::{
    handset::Failed,
    invariants::Broken,
    mutants::{self, Mutant},
    plan::Fault,
    rounds::Late,
    world::World,
};

/// A tab that brings attachments.
pub struct Bringing {
    pub phone: usize,
    /// Rows as they lay in the store when it began.
    queue: VecDeque<AttachmentRow>,
    under_way: Option<UnderWay>,
    /// A round ended meanwhile.
    again: bool,
}

struct UnderWay {
    row: AttachmentRow,
    upload: Upload,
    step: Step,
    /// On what reading of the library it was begun.
    begun: Reading,
    /// The position that was sent along with the last request.
    known: Option<Token>,
    bytes: Bytes,
    /// What the server said, on its way.
    answer: Option<Event>,
}

impl Bringing {
    /// A message of it is under way.
    pub fn is_in_the_middle(&self) -> bool {
        self.under_way.as_ref().is_some_and(|one| !matches!(one.step, Step::Ask | Step::Rest(_)))
    }
}

/// What becomes of a worker after a turn.
enum After {
    GoesOn,
    Ends,
}

impl World {
    /// The server was reached: whatever waits is brought to it.
    pub fn start_uploads(&mut self, phone: usize, random: &mut Random) {
        let store = &self.phones[phone].disk.store;
        if store.attachments.is_empty() && !random.chance(0.1) {
            return;
        }
        if let Some(running) = self.uploads.iter_mut().find(|one| one.phone == phone) {
            running.again = true;
            // A browser without locks lets two tabs do it at once.
            if self.settling || !random.chance(0.1) {
                return;
            }
            self.met.note("two tabs bring at once");
        }
        let queue = self.phones[phone].disk.store.attachments.values().cloned().collect();
        self.uploads.push(Bringing { phone, queue, under_way: None, again: false });
    }

    /// Whether anything waits to be brought.
    pub fn brings(&self, phone: usize) -> bool {
        let mut rows = self.phones[phone].disk.store.attachments.values();
        rows.any(|row| matches!(row.state, UploadState::Waiting { .. }))
    }

    /// One step of one worker.
    pub fn upload_turn(&mut self, random: &mut Random) -> Result<(), Broken> {
        let at = random.below(self.uploads.len() as u64) as usize;
        let mut bringing = self.uploads.swap_remove(at);
        let after = match bringing.under_way.take() {
            Some(one) => self.go_on(&mut bringing, one, random)?,
            None => match bringing.queue.pop_front() {
                Some(row) => self.begin(&mut bringing, row, random)?,
                None => {
                    self.keep_at_hand(bringing.phone, random)?;
                    After::Ends
                }
            },
        };
        match after {
            After::GoesOn => self.uploads.push(bringing),
            After::Ends if bringing.again && bringing.queue.is_empty() => {
                self.start_uploads(bringing.phone, random);
            }
            After::Ends => {}
        }
        Ok(())
    }

    /// Begins a try, if there is something to bring.
    fn begin(
        &mut self,
        bringing: &mut Bringing,
        row: AttachmentRow,
        random: &mut Random,
    ) -> Result<After, Broken> {
        let Some((upload, step)) = Upload::start(&row) else {
            return if bringing.queue.is_empty() {
                Ok(After::GoesOn)
            } else {
                self.begin_next(bringing, random)
            };
        };
        let disk = &self.phones[bringing.phone].disk;
        let begun = disk.store.library.reading();
        let bytes = disk.bytes.get(&row.attachment.id).cloned().unwrap_or_default();
        if bytes.sha256() != row.attachment.sha256 {
            let damaged = UploadState::Refused(Refusal::Damaged);
            return self.note_upload(bringing.phone, &row, damaged, begun, None, None);
        }
        bringing.under_way = Some(UnderWay { row, upload, step, begun, known: None, bytes, answer: None });
        Ok(After::GoesOn)
    }

    fn begin_next(&mut self, bringing: &mut Bringing, random: &mut Random) -> Result<After, Broken> {
        match bringing.queue.pop_front() {
            Some(row) => self.begin(bringing, row, random),
            None => Ok(After::GoesOn),
        }
    }

    /// First the request travels, then the answer, each a turn.
    fn go_on(
        &mut self,
        bringing: &mut Bringing,
        mut one: UnderWay,
        random: &mut Random,
    ) -> Result<After, Broken> {
        let phone = bringing.phone;
        let event = match (one.step, one.answer.take()) {
            (Step::Rest(trouble), _) => {
                let all =
                    |trouble| holds_up_others(trouble) || self.mutant == Some(Mutant::OneUploadBlocksAll);
                return Ok(if trouble.is_some_and(all) { After::Ends } else { After::GoesOn });
            }
            (_, None) => {
                one.known = self.phones[phone].disk.store.library.furthest().cloned();
                one.answer = Some(self.ask(phone, &one, random)?);
                bringing.under_way = Some(one);
                return Ok(After::GoesOn);
            }
            (_, Some(answer)) => self.answer_arrives(phone, answer, random),
        };
        self.note_heard(&one, &event);
        let position = event.position().cloned();
        let (state, step) = one.upload.next(mutants::heard(self.mutant, &one.row, event));
        one.step = step;
        let after = match state {
            Some(state) => {
                self.note_upload(phone, &one.row, state, one.begun, one.known.clone(), position)?
            }
            None => After::GoesOn,
        };
        bringing.under_way = Some(one);
        Ok(after)
    }

    /// Writes how far it has come. Whether the worker is still there after it.
    fn note_upload(
        &mut self,
        phone: usize,
        row: &AttachmentRow,
        state: UploadState,
        begun: Reading,
        known: Option<Token>,
        position: Option<Token>,
    ) -> Result<After, Broken> {
        match state {
            UploadState::Received { .. } => self.met.note("upload received"),
            UploadState::Refused(refusal) => {
                self.met.note(match refusal {
                    Refusal::NotAllowed => "upload refused: not allowed",
                    _ => "upload refused: damaged",
                });
                self.only_what_is_damaged_is_refused_as_that(phone, row, refusal)?;
            }
            _ => {}
        }
        if self.phones[phone].disk.store.library.reading() != begun {
            self.met.note("upload overtaken by starting over");
        }
        let note = Transaction::NoteUpload { attachment: row.attachment.id, state, begun, known, position };
        Ok(match self.transact(phone, &note, false)? {
            Ok(_) => After::GoesOn,
            Err(Failed::Crashed) => {
                self.close_tabs(phone);
                After::Ends
            }
            Err(_) => After::Ends,
        })
    }

    fn note_heard(&mut self, one: &UnderWay, event: &Event) {
        self.met.note(match (one.step, event) {
            (Step::Ask, Event::Status(UploadStatus { receipt: Some(_), .. })) => "receipt given again",
            (Step::Ask, Event::Status(UploadStatus { next: 1.., .. })) => "upload went on where it was",
            (_, Event::Status(_)) => "chunk received",
            (_, Event::TooEarly) => "upload waits for its story",
            (_, Event::Trouble(_)) => "upload ended in trouble",
            (_, Event::Refused(_)) => return,
        });
    }

    fn ask(&mut self, phone: usize, one: &UnderWay, random: &mut Random) -> Result<Event, Broken> {
        let (Some(story), Some(person)) = (one.row.story, one.row.person) else { return Ok(Event::TooEarly) };
        if let Err(trouble) = self.reaches_the_server(phone, person, random) {
            return Ok(Event::Trouble(trouble));
        }
        let what = match one.step {
            Step::Ask | Step::Rest(_) => Asked::Status,
            Step::Finish => Asked::Finish,
            Step::Send(chunk) => {
                let part = one.bytes.0[chunk as usize];
                match self.meets(Fault::ChunkAltered, random) {
                    true => Asked::Chunk(chunk, part.damaged(random), part.sha256()),
                    false => Asked::Chunk(chunk, part, part.sha256()),
                }
            }
        };
        let request = Request { known: one.known.clone(), person, story, id: one.row.attachment.id, what };
        if self.meets(Fault::Delayed, random) {
            self.met.note("upload message came late");
            self.late.push(Late::Upload(request));
            return Ok(Event::Trouble(Trouble::Timeout));
        }
        if self.meets(Fault::Doubled, random) {
            self.met.note("upload message came twice");
            self.late.push(Late::Upload(request.clone()));
        }
        let now = self.server_now();
        self.server.receive(&request, now)
    }

    fn reaches_the_server(
        &mut self,
        phone: usize,
        person: PersonId,
        random: &mut Random,
    ) -> Result<(), Trouble> {
        if !self.phones[phone].online {
            self.met.note_fault(Fault::Offline);
            return Err(Trouble::Unreachable);
        }
        if self.meets(Fault::RequestLost, random) {
            self.met.note("upload message lost");
            return Err(Trouble::Unreachable);
        }
        if self.is_revoked(person) {
            self.met.note_fault(Fault::Revoked);
            return Err(Trouble::SignedOut);
        }
        Ok(())
    }

    fn answer_arrives(&mut self, phone: usize, answer: Event, random: &mut Random) -> Event {
        if matches!(answer, Event::Trouble(_)) {
            return answer;
        }
        if self.answer_is_lost(phone, random) {
            self.met.note("upload answer lost");
            return Event::Trouble(Trouble::Timeout);
        }
        if self.meets(Fault::Portal, random) || self.meets(Fault::Truncated, random) {
            return Event::Trouble(Trouble::NotSolsken);
        }
        answer
    }
}
