//! Brings what was told to the server, one attachment after another, after the texts: drives `domain::sync::upload`.

use std::{cell::Cell, rc::Rc};

use domain::{
    attachment::Sha256Hash,
    ports::News,
    sync::{
        phone::{Reading, Transaction},
        round::Trouble,
        upload::{AttachmentRow, Event, Refusal, Step, Upload, UploadState, chunk_range, holds_up_others},
        wire::Token,
    },
};
use wasm_bindgen_futures::spawn_local;

use super::Media;
use crate::{complain, net, phone::Phone, store::StoreError, tabs};

pub struct Uploads {
    phone: Rc<Phone>,
    media: Rc<Media>,
    running: Cell<bool>,
    /// Something was told while one was running.
    again: Cell<bool>,
}

impl Uploads {
    pub fn new(phone: Rc<Phone>, media: Rc<Media>) -> Rc<Self> {
        Rc::new(Self { phone, media, running: Cell::new(false), again: Cell::new(false) })
    }

    /// The server was reached: whatever waits is brought to it, and whatever is to be at hand without a network is
    /// fetched.
    pub fn poke(self: &Rc<Self>) {
        if self.running.replace(true) {
            self.again.set(true);
            return;
        }
        let uploads = self.clone();
        spawn_local(async move {
            loop {
                uploads.again.set(false);
                let done = tabs::alone("solsken-uploads", uploads.bring_all()).await;
                match done {
                    Ok(None) => uploads.media.keep_at_hand().await,
                    // The next round tries again.
                    Ok(Some(_)) => break,
                    Err(error) => {
                        complain(&format!("attachments cannot be sent: {error}"));
                        break;
                    }
                }
                if !uploads.again.get() {
                    break;
                }
            }
            uploads.running.set(false);
        });
    }

    async fn bring_all(&self) -> Result<Option<Trouble>, StoreError> {
        for row in self.phone.store.attachments().await? {
            let trouble = self.bring(&row).await?;
            if trouble.is_some_and(holds_up_others) {
                return Ok(trouble);
            }
        }
        Ok(None)
    }

    async fn bring(&self, row: &AttachmentRow) -> Result<Option<Trouble>, StoreError> {
        let Some((mut upload, mut step)) = Upload::start(row) else { return Ok(None) };
        // From the store: another tab may have started over.
        let begun = self.phone.store.library().await?.reading();
        let token = self.token(row).await?;
        let bytes = self.phone.store.attached_bytes(row.attachment.id).await?;
        if Sha256Hash::of(&bytes) != row.attachment.sha256 {
            self.note(row, UploadState::Refused(Refusal::Damaged), begun, None, None).await?;
            return Ok(None);
        }
        loop {
            // A round that runs meanwhile may have brought a further one.
            let known = self.phone.store.library().await?.furthest().cloned();
            let event = match step {
                Step::Rest(trouble) => return Ok(trouble),
                step => ask(row, step, &bytes, token.as_deref(), known.as_ref()).await,
            };
            let position = event.position().cloned();
            let (state, next) = upload.next(event);
            if let Some(state) = state {
                self.note(row, state, begun, known, position).await?;
            }
            step = next;
        }
    }

    /// Writes how far it has come, unless the phone has started over meanwhile: then it may be missing again.
    async fn note(
        &self,
        row: &AttachmentRow,
        state: UploadState,
        begun: Reading,
        known: Option<Token>,
        position: Option<Token>,
    ) -> Result<(), StoreError> {
        let before = row.state;
        let note = Transaction::NoteUpload { attachment: row.attachment.id, state, begun, known, position };
        self.phone.transact(&note).await?;
        self.phone.page.tell(News::Media);
        if before != state && !matches!(state, UploadState::Waiting { .. }) {
            self.phone.count_queue().await?;
            // Cards and stories say so too.
            self.phone.page.tell(News::Library);
        }
        Ok(())
    }

    /// The credential of whoever told it, which outlives signing out.
    async fn token(&self, row: &AttachmentRow) -> Result<Option<String>, StoreError> {
        let devices = self.phone.store.devices().await?;
        let theirs = devices.into_iter().filter(|device| Some(device.person) == row.person);
        Ok(theirs.max_by_key(|device| device.current).and_then(|device| device.push_token))
    }
}

async fn ask(
    row: &AttachmentRow,
    step: Step,
    bytes: &[u8],
    token: Option<&str>,
    known: Option<&Token>,
) -> Event {
    let (Some(story), attachment) = (row.story, &row.attachment) else { return Event::TooEarly };
    let path = format!("/api/v1/attachments/{story}/{}/upload", attachment.id);
    let path = |chunk: &str| net::with_query(&format!("{path}{chunk}"), [("known", known)]);
    let answer = match step {
        Step::Ask | Step::Rest(_) => net::upload("GET", &path(""), None, token).await,
        Step::Finish => net::upload("POST", &path(""), None, token).await,
        Step::Send(chunk) => {
            let (from, to) = chunk_range(attachment.bytes, chunk);
            let part = &bytes[from as usize..to as usize];
            let digest = Sha256Hash::of(part).content_digest();
            net::upload("PUT", &path(&format!("/{chunk}")), Some((part, &digest)), token).await
        }
    };
    match answer {
        Ok(net::Said::Yes(status)) => Event::Status(status),
        Ok(net::Said::No(refusal)) => Event::Refused(refusal),
        Err(Trouble::Server(404)) => Event::TooEarly,
        Ok(net::Said::Trouble(trouble)) | Err(trouble) => Event::Trouble(trouble),
    }
}
