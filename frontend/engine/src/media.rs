//! Photos and voice notes on the phone: taken, described, shown, and let go of.

mod fetched;
mod photos;
mod uploads;

use std::{cell::RefCell, rc::Rc};

use domain::{
    attachment::{Attachment, MediaKind, Sha256Hash, VOICE_SECONDS},
    draft::Draft,
    id::{AttachmentId, DraftId, StoryId},
    op::{Change, Edit},
    ports::{AttachError, KeepError, MediaChange, News, Unavailable, Unreceived},
    sync::upload::{AttachmentRow, UploadState},
    text::Line,
    thing::ThingRef,
    view::{Card, MediaView, StoryView},
};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use web::now;
use web_sys::{Blob, BlobPropertyBag, Url};

use crate::{phone::Phone, store::StoreError};

pub use uploads::Uploads;

pub struct Media {
    phone: Rc<Phone>,
    /// Addresses of bytes that were given out, the latest last.
    given: RefCell<Vec<(AttachmentId, String)>>,
}

/// Addresses that hold at a time: each keeps its bytes in memory.
const GIVEN: usize = 24;
/// What was taken for a draft that is gone stays so long: whoever discarded the draft may want it back.
const ORPHANS_MS: i64 = 24 * 60 * 60 * 1_000;

type Attached<T> = Result<T, AttachError>;

impl From<StoreError> for AttachError {
    fn from(error: StoreError) -> Self {
        Self::Keep(error.into())
    }
}

impl Media {
    pub fn new(phone: Rc<Phone>) -> Self {
        Self { phone, given: RefCell::default() }
    }

    /// A photo for a draft, encoded here, or by the page where that cannot be done here.
    pub async fn add_photo(
        &self,
        draft: &Draft,
        id: AttachmentId,
        made: Option<(u32, u32)>,
        blobs: &[Blob],
    ) -> Attached<()> {
        if self.phone.store.attachment(id).await?.is_some() {
            return Ok(());
        }
        self.has_room(draft, MediaKind::Photo).await?;
        let photo = match (made, blobs) {
            (Some(size), [photo, thumb]) => photos::made(photo, thumb, size).await?,
            (None, [taken]) => photos::make(taken).await?,
            _ => return Err(AttachError::NotMedia),
        };
        let attachment = Attachment {
            id,
            kind: MediaKind::Photo,
            media_type: "image/jpeg".to_owned(),
            bytes: photo.jpeg.len() as u64,
            sha256: Sha256Hash::of(&photo.jpeg),
            width: Some(photo.width),
            height: Some(photo.height),
            seconds: None,
            alt: None,
        };
        let row =
            AttachmentRow { thumb: Some(photo.thumb), finished: true, parts: 1, ..begin(attachment, draft) };
        self.phone.store.attach(&row, &photo.jpeg, Some(draft)).await?;
        self.phone.page.tell(News::Media);
        Ok(())
    }

    /// One more part of a recording, in the order in which they come; `last` without one is the end.
    pub async fn add_voice(&self, voice: Voice, part: Option<&Blob>) -> Attached<()> {
        let Voice { draft, id, media_type, part: number, seconds, last } = voice;
        let known = self.phone.store.attachment(id).await?;
        let mut row = match (known, &draft) {
            (Some(row), _) => row,
            (None, Some(draft)) => {
                self.has_room(draft, MediaKind::Voice).await?;
                let attachment = Attachment {
                    id,
                    kind: MediaKind::Voice,
                    media_type,
                    bytes: 0,
                    sha256: Sha256Hash::of(&[]),
                    width: None,
                    height: None,
                    seconds: Some(0),
                    alt: None,
                };
                begin(attachment, draft)
            }
            (None, None) => return Err(AttachError::Keep(KeepError::Missing)),
        };
        if let Some(part) = part
            && !row.finished
            && number == row.parts
        {
            let bytes = photos::bytes_of(part).await?;
            let whole = row.attachment.bytes + bytes.len() as u64;
            if whole > MediaKind::Voice.max_bytes() {
                return Err(AttachError::TooMany);
            }
            row.attachment.bytes = whole;
            row.attachment.seconds = Some(seconds.min(VOICE_SECONDS));
            row.parts += 1;
            if !self.phone.store.attach(&row, &bytes, draft.as_deref()).await? {
                // It was told while this part was on its way.
                return Ok(());
            }
        }
        if last {
            self.finish(&row).await?;
        }
        self.phone.page.tell(News::Media);
        Ok(())
    }

    /// Nothing more is said: what there is becomes the recording.
    async fn finish(&self, row: &AttachmentRow) -> Result<AttachmentRow, StoreError> {
        let id = row.attachment.id;
        let mut parts = row.parts;
        loop {
            let bytes = self.phone.store.attached_bytes(id).await?;
            let finished = self.phone.store.change_attachment(id, |row| {
                // Unless one more part has come meanwhile.
                if row.parts == parts && !row.finished {
                    row.finished = true;
                    row.attachment.bytes = bytes.len() as u64;
                    row.attachment.sha256 = Sha256Hash::of(&bytes);
                }
            });
            match finished.await? {
                Some(row) if !row.finished => parts = row.parts,
                Some(row) => return Ok(row),
                None => return Ok(row.clone()),
            }
        }
    }

    async fn has_room(&self, draft: &Draft, kind: MediaKind) -> Attached<()> {
        let taken = self.of_draft(draft.id).await?.into_iter().map(|row| row.attachment);
        let there = draft.attachments(taken);
        match there.iter().filter(|attachment| attachment.kind == kind).count() < kind.most() {
            true => Ok(()),
            false => Err(AttachError::TooMany),
        }
    }

    /// What was taken for a draft, finished or not.
    async fn of_draft(&self, draft: DraftId) -> Result<Vec<AttachmentRow>, StoreError> {
        let mut rows = self.phone.store.attachments().await?;
        rows.retain(|row| row.draft == Some(draft) && row.parts > 0);
        Ok(rows)
    }

    /// What goes with a draft that is told. A recording that was cut off is finished with what there is.
    pub async fn to_tell(&self, draft: &Draft) -> Result<Vec<Attachment>, StoreError> {
        let mut taken = Vec::new();
        for row in self.of_draft(draft.id).await? {
            let row = if row.finished { row } else { self.finish(&row).await? };
            taken.push(row.attachment);
        }
        Ok(taken)
    }

    /// What the draft shows: what was taken for it, and what the story has that it changes.
    pub async fn shown_in(&self, draft: DraftId) -> Result<Vec<MediaView>, StoreError> {
        let rows = self.of_draft(draft).await?;
        Ok(rows.iter().map(MediaView::of_row).collect())
    }

    pub async fn has_any(&self, draft: DraftId) -> bool {
        self.of_draft(draft).await.is_ok_and(|rows| !rows.is_empty())
    }

    pub async fn change(&self, change: &MediaChange) -> Attached<Option<(ThingRef, Change, AttachmentId)>> {
        let store = &self.phone.store;
        let mut leaves = None;
        let id = match change {
            MediaChange::Describe { id, .. } | MediaChange::TryAgain(id) | MediaChange::LetGo(id) => *id,
        };
        let reader = self.phone.reader().map(|reader| reader.person);
        if store.attachment(id).await?.is_some_and(|row| row.person != reader) {
            return Err(AttachError::Keep(KeepError::Missing));
        }
        match change {
            MediaChange::Describe { id, alt } => {
                let alt = Line::optional(alt.trim()).ok().flatten();
                store.change_attachment(*id, |row| row.attachment.alt = alt).await?;
            }
            MediaChange::TryAgain(id) => {
                store.change_attachment(*id, |row| *row = row.tried_again()).await?;
            }
            MediaChange::LetGo(id) => {
                if let Some(story) = store.attachment(*id).await?.and_then(|row| row.story) {
                    let remove = [("attachments".to_owned(), serde_json::json!([id]))].into_iter().collect();
                    let edit = Change::Edit(Edit { remove, ..Edit::default() });
                    leaves = Some((ThingRef::story(story), edit, *id));
                }
            }
        }
        self.phone.page.tell(News::Media);
        Ok(leaves)
    }

    /// What a refused change would have added comes back into `draft`, which is told in its place; without one it goes.
    pub async fn take_back(&self, change: &Change, draft: Option<DraftId>) -> Result<(), StoreError> {
        let added = match change {
            Change::Create(fields) => fields.get("attachments"),
            Change::Edit(edit) => edit.add.get("attachments"),
            _ => None,
        };
        let named = added.and_then(|added| added.as_array()).into_iter().flatten();
        let ids = named.filter_map(|one| serde_json::from_value(one.get("id")?.clone()).ok());
        let open =
            |row: &AttachmentRow| matches!(row.state, UploadState::Waiting { .. } | UploadState::Refused(_));
        for id in ids.collect::<Vec<AttachmentId>>() {
            let Some(row) = self.phone.store.attachment(id).await?.filter(open) else { continue };
            match draft {
                None => self.phone.store.drop_attachments(&[row.attachment.id]).await?,
                Some(draft) => {
                    let back = |row: &mut AttachmentRow| {
                        (row.draft, row.story, row.state) = (Some(draft), None, UploadState::InDraft);
                    };
                    self.phone.store.change_attachment(id, back).await?;
                }
            }
        }
        Ok(())
    }

    /// The reader's attachments that the server has not received.
    pub async fn unreceived(&self) -> Result<Vec<Unreceived>, StoreError> {
        let mut waiting = Vec::new();
        let reader = self.phone.reader().map(|reader| reader.person);
        for row in self.phone.unreceived_attachments().await? {
            if let Some(story) = row.story.filter(|_| row.person == reader) {
                let told = self.phone.story(story).await?;
                let title = told.map(|told| told.heading()).unwrap_or_default();
                waiting.push(Unreceived { story, title, media: MediaView::of_row(&row) });
            }
        }
        Ok(waiting)
    }

    /// What the phone knows better of its own attachments than the library does.
    pub async fn lay(&self, shown: &mut [&mut MediaView]) -> Result<(), StoreError> {
        if shown.is_empty() {
            return Ok(());
        }
        let rows = self.phone.store.attachments().await?;
        for view in shown {
            if let Some(row) = rows.iter().find(|row| row.attachment.id == view.id) {
                view.lay(row);
            }
        }
        Ok(())
    }

    pub async fn lay_on_story(&self, view: &mut StoryView) -> Result<(), StoreError> {
        self.lay(&mut view.media.iter_mut().collect::<Vec<_>>()).await
    }

    pub async fn lay_on_cards(&self, cards: &mut [Card]) -> Result<(), StoreError> {
        let awaited = |view: &&mut MediaView| view.thumb.is_none();
        let mut shown: Vec<_> =
            cards.iter_mut().filter_map(|card| card.media.as_mut()).filter(awaited).collect();
        self.lay(&mut shown).await
    }

    /// An address in this browser for the bytes of an attachment: from this phone, else from the server, verified.
    pub async fn address(&self, story: Option<StoryId>, id: AttachmentId) -> Result<String, Unavailable> {
        let broken = |_| Unavailable::Storage;
        if let Some(story) = story {
            // What lies here may be what another person keeps to themselves.
            let told = self.phone.story(story).await.map_err(broken)?;
            if told.is_some_and(|told| told.attachment(id).is_none()) {
                return Err(Unavailable::Broken);
            }
        }
        let given =
            self.given.borrow().iter().find(|(known, _)| *known == id).map(|(_, address)| address.clone());
        if let Some(address) = given {
            return Ok(address);
        }
        let row = self.phone.store.attachment(id).await.map_err(broken)?;
        let reader = self.phone.reader().map(|reader| reader.person);
        let row = row
            .filter(|row| row.parts > 0 && (story.is_some() || row.person.is_none() || row.person == reader));
        let (media_type, bytes) = match (row, story) {
            (Some(row), _) => {
                let bytes = self.phone.store.attached_bytes(id).await.map_err(broken)?;
                // It was looked at: others go before it. Nothing is lost if this is.
                let _ = self.phone.store.change_attachment(id, |row| row.used_at = now()).await;
                (row.attachment.media_type, bytes)
            }
            (None, Some(story)) => self.fetch(story, id).await?,
            (None, None) => return Err(Unavailable::Broken),
        };
        self.give(id, &media_type, &bytes).ok_or(Unavailable::Broken)
    }

    fn give(&self, id: AttachmentId, media_type: &str, bytes: &[u8]) -> Option<String> {
        let how = BlobPropertyBag::new();
        how.set_type(media_type);
        let parts = Array::of1(&JsValue::from(Uint8Array::from(bytes)));
        let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &how).ok()?;
        let address = Url::create_object_url_with_blob(&blob).ok()?;
        let mut given = self.given.borrow_mut();
        if given.len() == GIVEN {
            let (_, oldest) = given.remove(0);
            let _ = Url::revoke_object_url(&oldest);
        }
        given.push((id, address.clone()));
        Some(address)
    }

    /// Lets go of what was taken for drafts that are gone.
    pub async fn sweep(&self, drafts: &[DraftId]) -> Result<(), StoreError> {
        let rows = self.phone.store.attachments().await?;
        let old = now().0 - ORPHANS_MS;
        let orphan = |row: &&AttachmentRow| {
            let gone = row.draft.is_some_and(|draft| !drafts.contains(&draft));
            row.state == UploadState::InDraft && gone && row.added_at.0 < old
        };
        let orphans: Vec<_> = rows.iter().filter(orphan).map(|row| row.attachment.id).collect();
        self.phone.store.drop_attachments(&orphans).await
    }
}

/// One part of a recording, as the page says.
pub struct Voice {
    pub draft: Option<Box<Draft>>,
    pub id: AttachmentId,
    pub media_type: String,
    pub part: u32,
    pub seconds: u32,
    pub last: bool,
}

fn begin(attachment: Attachment, draft: &Draft) -> AttachmentRow {
    AttachmentRow {
        attachment,
        draft: Some(draft.id),
        story: None,
        person: draft.person,
        thumb: None,
        parts: 0,
        finished: false,
        state: UploadState::InDraft,
        added_at: now(),
        used_at: now(),
    }
}
