//! What a phone fetches, keeps at hand and lets go of, as `frontend/engine/src/media/fetched.rs` goes about it.

use std::collections::BTreeSet;

use domain::{
    attachment::Attachment,
    story::Story,
    sync::{
        phone::Transaction,
        upload::{AttachmentRow, UploadState},
    },
    thing::{ThingKind, ThingRef},
};
use splitmix::Random;

use super::Bytes;
use crate::{handset::Failed, invariants::Broken, world::World};

/// Bytes that may lie on a phone, where there is room.
const MOST_BYTES: u64 = 200 * 1024 * 1024;

impl World {
    /// Fetches what the server has of one's own stories, and lets go of what was not looked at for longest.
    pub fn keep_at_hand(&mut self, phone: usize, random: &mut Random) -> Result<(), Broken> {
        if random.chance(0.3) {
            self.fetch(phone);
        }
        let budget = self.phones[phone].budget.unwrap_or(MOST_BYTES);
        let kept: u64 = self.phones[phone].disk.bytes.values().map(Bytes::count).sum();
        if kept <= budget {
            return Ok(());
        }
        let let_go = Transaction::LetGo { stays: BTreeSet::new(), budget, now: self.clock(phone) };
        let before = self.phones[phone].disk.bytes.len();
        if self.transact(phone, &let_go, false)? == Err(Failed::Crashed) {
            self.close_tabs(phone);
        }
        if self.phones[phone].disk.bytes.len() < before {
            self.met.note("bytes let go");
        }
        Ok(())
    }

    fn fetch(&mut self, phone: usize) {
        let (handset, depot) = (&mut self.phones[phone], &self.server.depot);
        let reads = handset.online && handset.current().is_some() && !self.revoked.contains(&handset.owner);
        if !reads {
            return;
        }
        let stories = handset.disk.held.iter().filter(|(thing, _)| thing.kind == ThingKind::Story);
        let served = stories.filter_map(|(thing, held)| Some((thing, held.state.as_deref()?)));
        let served = served.filter(|(_, state)| state.contains("\"served\""));
        let mut fetched = Vec::new();
        for (thing, state) in served {
            let Ok(story) = serde_json::from_str::<Story>(state) else { continue };
            for attachment in story.attachments.iter().filter(|_| story.author == handset.owner) {
                let bytes = story.served(attachment.id).and_then(|served| depot.read(served));
                if let Some(bytes) = bytes
                    && !handset.disk.store.attachments.contains_key(&attachment.id)
                {
                    fetched.push((thing.clone(), attachment.clone(), bytes.clone()));
                }
            }
        }
        for (thing, attachment, bytes) in fetched {
            self.keep_fetched(phone, &thing, attachment, bytes);
        }
    }

    fn keep_fetched(&mut self, phone: usize, thing: &ThingRef, attachment: Attachment, bytes: Bytes) {
        let now = self.clock(phone);
        let attachment = Attachment { bytes: bytes.count(), sha256: bytes.sha256(), ..attachment };
        let row = AttachmentRow {
            attachment,
            draft: None,
            story: Some(thing.id.into()),
            person: None,
            thumb: None,
            parts: 1,
            finished: true,
            state: UploadState::Fetched,
            added_at: now,
            used_at: now,
        };
        self.met.note("bytes fetched");
        let disk = &mut self.phones[phone].disk;
        disk.bytes.insert(row.attachment.id, bytes);
        disk.store.attachments.insert(row.attachment.id, row);
    }
}
