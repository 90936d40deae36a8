use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    draft::Draft,
    id::{AttachmentId, StoryId},
    view::MediaView,
};

use super::KeepError;

/// Photos and voice notes, as they are taken. What there is of them is asked of the library.
#[async_trait]
pub trait Media: Send + Sync + 'static {
    /// Takes the photos that were chosen in the file field of this id into the draft. They are durable when it returns,
    /// also those beside one that cannot be read.
    async fn add_photos(&self, draft: Draft, field: &str) -> Result<(), AttachError>;

    /// Whether this browser records.
    fn can_record(&self) -> bool;

    /// Records until it is stopped, or until the longest time is over; each second is kept as it comes. While one is
    /// recorded, no other is begun.
    async fn record(&self, draft: Draft) -> Result<(), AttachError>;

    fn stop_recording(&self);

    async fn change(&self, change: MediaChange) -> Result<(), AttachError>;
}

/// What is done with what is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaChange {
    /// What is to be seen on a photo of a draft. Blank text takes the description away.
    Describe { id: AttachmentId, alt: String },
    /// What the server did not take is offered once more.
    TryAgain(AttachmentId),
    /// What the server did not take goes, from its story too.
    LetGo(AttachmentId),
}

/// Why something could not be attached. What is there stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachError {
    #[error(transparent)]
    Keep(#[from] KeepError),
    /// Not a photo that this browser can read.
    #[error("it is not a photo")]
    NotMedia,
    /// So many of the photos that were chosen at once are none. The others are attached.
    #[error("{unread} of {of} are not photos")]
    Unread { unread: u32, of: u32 },
    #[error("a story has no more than so many")]
    TooMany,
    /// This browser's worker cannot encode photos: the page can.
    #[error("the worker cannot encode photos")]
    NoEncoder,
    /// There is no microphone, or its use is not allowed.
    #[error("the microphone cannot be used")]
    NoMicrophone,
}

/// An attachment of a told story that the server has not received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreceived {
    pub story: StoryId,
    /// What the story is called.
    pub title: String,
    pub media: MediaView,
}

/// A recording under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recording {
    /// What it is to be.
    pub id: AttachmentId,
    pub seconds: u32,
    /// How loud it is, from 0 to 100.
    pub level: u32,
}
