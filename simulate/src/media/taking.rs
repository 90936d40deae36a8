//! What people do with photos and voice notes: take them, take them out again, and try once more what was refused.

use domain::{
    attachment::{Attachment, MediaKind},
    id::{AttachmentId, DraftId, StoryId},
    op::{Change, Edit},
    story::Story,
    sync::{
        phone::{Attachments, Writes},
        upload::{AttachmentRow, UploadState},
    },
    thing::ThingRef,
    time::Millis,
};
use serde_json::json;
use splitmix::Random;

use super::Bytes;
use crate::{
    handset::{Failed, Handset},
    invariants::Broken,
    people::{Doing, randomness},
    world::World,
};

impl Handset {
    /// What whoever sits here has taken for a story that is not told yet.
    pub fn taken(&self) -> Vec<&AttachmentRow> {
        let rows = self.disk.store.attachments.values();
        rows.filter(|row| row.state == UploadState::InDraft && row.person == Some(self.owner)).collect()
    }

    /// The story that a draft becomes, with what was taken for it, sometimes but for one that was taken out again.
    pub fn with_what_was_taken(
        &self,
        story: &mut Story,
        fresh: StoryId,
        random: &mut Random,
    ) -> (StoryId, Attachments) {
        let taken = self.taken();
        let Some(draft) = taken.first().and_then(|row| row.draft) else {
            return (fresh, Attachments::default());
        };
        // A copy of this profile may have told the same draft.
        let id = StoryId::from_uuid(draft.uuid());
        let out = random.chance(0.15).then(|| taken[0].attachment.id);
        let told: Vec<_> = taken.iter().filter(|row| Some(row.attachment.id) != out).collect();
        story.attachments = told.iter().map(|row| row.attachment.clone()).collect();
        let told = told.iter().map(|row| (row.attachment.id, id)).collect();
        (id, Attachments { told, dropped: out.into_iter().collect() })
    }

    /// Adds what was taken to an edit of a story that one has told before.
    pub fn add_what_was_taken(&self, thing: &ThingRef, edit: &mut Edit) -> Attachments {
        let taken: Vec<&Attachment> = self.taken().into_iter().map(|row| &row.attachment).collect();
        if taken.is_empty() {
            return Attachments::default();
        }
        edit.add.insert("attachments".into(), json!(taken));
        let story = StoryId::from(thing.id);
        let told = taken.iter().map(|attachment| (attachment.id, story)).collect();
        Attachments { told, dropped: Vec::new() }
    }
}

impl World {
    /// Somebody takes a photo or speaks; sometimes they take one out of a told story, or try again what was refused.
    pub fn take(&mut self, phone: usize, random: &mut Random) -> Result<(), Broken> {
        let Some(device) = self.phones[phone].current() else { return Ok(()) };
        if random.chance(0.15) {
            self.try_again(phone, false);
            return Ok(());
        }
        if random.chance(0.12)
            && let Some(doing) = self.take_out(phone)
        {
            self.met.note("attachment taken out");
            return self.tell(phone, device, doing);
        }
        for _ in 0..1 + random.below(2) {
            self.take_one(phone, random);
        }
        Ok(())
    }

    fn take_one(&mut self, phone: usize, random: &mut Random) {
        let now = self.clock(phone);
        let handset = &self.phones[phone];
        let kind = if random.chance(0.6) { MediaKind::Photo } else { MediaKind::Voice };
        let taken = handset.taken();
        if taken.iter().filter(|row| row.attachment.kind == kind).count() == kind.most() {
            return;
        }
        let draft = taken.first().and_then(|row| row.draft);
        let draft = draft.unwrap_or_else(|| DraftId::mint(now, &randomness(random)));
        let bytes = Bytes::any(random);
        let id = AttachmentId::mint(now, &randomness(random));
        let row = row(id, kind, &bytes, draft, handset, now);
        let writes = Writes { attachments: vec![row], ..Writes::default() };
        let generation = self.server.generation;
        let handset = &mut self.phones[phone];
        let kept = handset.write(vec![writes], generation, &mut self.met);
        if kept.is_ok() {
            // In the same transaction as the row.
            handset.disk.bytes.insert(id, bytes);
            self.met.note("attachment taken");
        }
        if matches!(kept, Ok(Some(_)) | Err(Failed::Crashed)) {
            self.close_tabs(phone);
        }
    }

    fn take_out(&self, phone: usize) -> Option<Doing> {
        let handset = &self.phones[phone];
        let mut rows = handset.disk.store.attachments.values();
        let row = rows.find(|row| row.person == Some(handset.owner) && row.story.is_some())?;
        let (id, thing) = (row.attachment.id, ThingRef::story(row.story?));
        handset.shown(&thing)?;
        let remove = [("attachments".to_owned(), json!([id]))].into_iter().collect();
        let edit = Change::Edit(Edit { remove, ..Edit::default() });
        let attachments = Attachments { told: Vec::new(), dropped: vec![id] };
        Some(Doing { changes: vec![(thing, edit)], mine: None, attachments })
    }

    /// Whoever told what was refused tries it once more; `all`, or one of them.
    pub fn try_again(&mut self, phone: usize, all: bool) {
        let rows = self.phones[phone].disk.store.attachments.values_mut();
        let refused = rows.filter(|row| matches!(row.state, UploadState::Refused(_)));
        for row in refused.take(if all { usize::MAX } else { 1 }) {
            *row = row.tried_again();
            self.met.note("refused attachment tried again");
        }
    }
}

fn row(
    id: AttachmentId,
    kind: MediaKind,
    bytes: &Bytes,
    draft: DraftId,
    handset: &Handset,
    now: Millis,
) -> AttachmentRow {
    let media_type = if kind == MediaKind::Photo { "image/jpeg" } else { "audio/webm" }.to_owned();
    let (bytes, sha256) = (bytes.count(), bytes.sha256());
    let (width, height, seconds, alt) = (None, None, None, None);
    AttachmentRow {
        attachment: Attachment { id, kind, media_type, bytes, sha256, width, height, seconds, alt },
        draft: Some(draft),
        story: None,
        person: Some(handset.owner),
        thumb: None,
        parts: 1,
        finished: true,
        state: UploadState::InDraft,
        added_at: now,
        used_at: now,
    }
}
