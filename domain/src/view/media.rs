//! How photos and voice notes are shown.

use serde::{Deserialize, Serialize};

use crate::{
    attachment::{Attachment, MediaKind},
    id::AttachmentId,
    story::Story,
    sync::upload::{AttachmentRow, Refusal, UploadState, chunks},
};

/// A photo or a voice note of a story or a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaView {
    pub id: AttachmentId,
    pub kind: MediaKind,
    pub alt: Option<String>,
    pub seconds: Option<u32>,
    /// Pixels.
    pub width: Option<u32>,
    pub height: Option<u32>,
    /// A small JPEG in base64.
    pub thumb: Option<String>,
    pub state: MediaState,
}

/// Where its bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaState {
    /// On this phone alone, while its story is a draft.
    OnPhone,
    /// So many chunks of all are with the server.
    Sending {
        sent: u32,
        of: u32,
    },
    Received,
    Refused(Refusal),
    /// On its way from another phone.
    Awaited,
}

impl MediaView {
    /// What a story has, in the order in which it was taken; as far as the server has said.
    pub fn of_story(story: &Story) -> Vec<Self> {
        let shown = story.attachments.iter().filter(|attachment| attachment.kind != MediaKind::Other);
        shown.map(|attachment| Self::of(attachment, story)).collect()
    }

    fn of(attachment: &Attachment, story: &Story) -> Self {
        let served = story.served(attachment.id);
        Self {
            id: attachment.id,
            kind: attachment.kind,
            alt: attachment.alt.as_ref().map(|alt| alt.as_str().to_owned()),
            seconds: attachment.seconds,
            width: served.and_then(|served| served.width).or(attachment.width),
            height: served.and_then(|served| served.height).or(attachment.height),
            thumb: served.and_then(|served| served.thumb.clone()),
            state: if served.is_some() { MediaState::Received } else { MediaState::Awaited },
        }
    }

    /// What a phone has taken for a draft, or told.
    pub fn of_row(row: &AttachmentRow) -> Self {
        let attachment = &row.attachment;
        Self {
            id: attachment.id,
            kind: attachment.kind,
            alt: attachment.alt.as_ref().map(|alt| alt.as_str().to_owned()),
            seconds: attachment.seconds,
            width: attachment.width,
            height: attachment.height,
            thumb: row.thumb.clone(),
            state: match row.state {
                UploadState::InDraft => MediaState::OnPhone,
                UploadState::Waiting { sent } => MediaState::Sending { sent, of: chunks(attachment.bytes) },
                UploadState::Received { .. } | UploadState::Fetched => MediaState::Received,
                UploadState::Refused(refusal) => MediaState::Refused(refusal),
            },
        }
    }

    /// What the phone knows better than the library: its own that is not received yet, and its small picture.
    pub fn lay(&mut self, row: &AttachmentRow) {
        if row.state != UploadState::Fetched {
            let own = Self::of_row(row);
            if self.state == MediaState::Awaited {
                self.state = own.state;
            }
            self.thumb = self.thumb.take().or(own.thumb);
        }
    }
}
