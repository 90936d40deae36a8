//! What comes from the server: on demand, and ahead of it for one's own stories and those of paths.

use std::collections::BTreeSet;

use domain::{
    attachment::{Served, Sha256Hash},
    id::{AttachmentId, StoryId},
    ports::Unavailable,
    sync::{
        phone::Transaction,
        round::Trouble,
        upload::{AttachmentRow, UploadState},
    },
};
use web::now;

use super::Media;
use crate::{complain, drafts, net, store::StoreError};

/// Bytes that may lie on a phone, at most, however large its store is.
const MOST_BYTES: u64 = 200 * 1024 * 1024;
/// And of what the browser lets us have, this share.
const SHARE: u64 = 4;
/// Fetched ahead at a time; the rest comes after the next round.
const AT_ONCE: usize = 12;

impl Media {
    /// Fetches an attachment, verifies it, and keeps it where there is room.
    pub(super) async fn fetch(
        &self,
        story: StoryId,
        id: AttachmentId,
    ) -> Result<(String, Vec<u8>), Unavailable> {
        let told = self.phone.story(story).await.map_err(|_| Unavailable::Storage)?;
        let path = format!("/api/v1/attachments/{story}/{id}");
        let bytes = net::bytes(&path).await.map_err(|trouble| match trouble {
            Trouble::SignedOut => Unavailable::SignedOut,
            _ => Unavailable::Unreachable,
        })?;
        let Some(told) = told else {
            // A phone that does not hold the story looks at it, and keeps nothing.
            let media_type = domain::attachment::media_type_of(&bytes).ok_or(Unavailable::Broken)?;
            return Ok((media_type.to_owned(), bytes));
        };
        let (Some(attachment), Some(served)) = (told.attachment(id), told.served(id)) else {
            return Err(Unavailable::Unreachable);
        };
        if Sha256Hash::of(&bytes) != served.sha256 {
            return Err(Unavailable::Broken);
        }
        let Served { media_type, sha256, width, height, thumb, .. } = served.clone();
        let attachment = domain::attachment::Attachment {
            media_type: media_type.clone(),
            bytes: bytes.len() as u64,
            sha256,
            width,
            height,
            ..attachment.clone()
        };
        let row = AttachmentRow {
            attachment,
            draft: None,
            story: Some(story),
            person: None,
            thumb,
            parts: 1,
            finished: true,
            state: UploadState::Fetched,
            added_at: now(),
            used_at: now(),
        };
        // A full phone shows it all the same.
        if let Err(error) = self.phone.store.attach(&row, &bytes, None).await {
            complain(&format!("an attachment was not kept: {error}"));
        }
        Ok((media_type, bytes))
    }

    /// Fetches what is to be at hand without a network, and lets go of what was not looked at for longest.
    pub async fn keep_at_hand(&self) {
        if let Err(error) = self.try_keep_at_hand().await {
            complain(&format!("attachments were not kept at hand: {error}"));
        }
    }

    async fn try_keep_at_hand(&self) -> Result<(), StoreError> {
        let wanted = self.wanted().await?;
        let rows = self.phone.store.attachments().await?;
        let there: BTreeSet<AttachmentId> = rows.iter().map(|row| row.attachment.id).collect();
        let missing = wanted.iter().filter(|(_, id)| !there.contains(id)).take(AT_ONCE);
        let budget = budget().await;
        let mut kept: u64 = rows.iter().map(|row| row.attachment.bytes).sum();
        for (story, id) in missing {
            if kept > budget {
                break;
            }
            match self.fetch(*story, *id).await {
                Ok((_, bytes)) => kept += bytes.len() as u64,
                Err(_) => break,
            }
        }
        let stays = wanted.into_iter().map(|(_, id)| id).collect();
        self.phone.transact(&Transaction::LetGo { stays, budget, now: now() }).await?;
        Ok(())
    }

    /// What the server has for one's own stories, and for those of paths.
    async fn wanted(&self) -> Result<Vec<(StoryId, AttachmentId)>, StoreError> {
        let Some(reader) = self.phone.reader() else { return Ok(Vec::new()) };
        let mut stories: BTreeSet<StoryId> =
            self.phone.with_shelf(|shelf| shelf.of_author(reader.person)).into_iter().collect();
        self.phone.with_shelf(|shelf| {
            stories.extend(
                shelf.paths().into_iter().flat_map(|(_, path)| path.stops.iter().map(|stop| stop.story)),
            );
        });
        let mut wanted = Vec::new();
        for id in stories {
            if let Some(story) = self.phone.story(id).await? {
                let served =
                    story.attachments.iter().filter(|attachment| story.served(attachment.id).is_some());
                wanted.extend(served.map(|attachment| (id, attachment.id)));
            }
        }
        Ok(wanted)
    }
}

async fn budget() -> u64 {
    let (_, quota) = drafts::estimate().await;
    quota.map_or(MOST_BYTES, |quota| MOST_BYTES.min(quota / SHARE))
}
