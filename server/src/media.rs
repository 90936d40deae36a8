//! Where the bytes of photos and voice notes lie: in the data folder, or in S3.
//!
//! An upload is a folder of chunks named by what they are to become, so that the store itself says which are there, and
//! nothing has to agree with a table: `uploads/STORY/ID/SHA256/NUMBER`; whoever may change one story comes near no upload
//! of another. What is served lies under its own hash:
//! `served/ID/SHA256`. Every object is written whole or not at all, and is on disk before anybody is told.

mod photo;

use std::{collections::BTreeMap, path::Path as FsPath, sync::Arc, time::Duration};

use bytes::Bytes;
use domain::{
    attachment::{Attachment, MediaKind, Served, Sha256Hash, media_type_of},
    id::{AttachmentId, StoryId},
    sync::upload::{Refusal, chunks, receiving},
};
use futures::{StreamExt, TryStreamExt};
use object_store::{ObjectStore, ObjectStoreExt, aws::AmazonS3Builder, local::LocalFileSystem, path::Path};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use photo::{MOST_MEMORY, Photo, Unreadable, serve_photo};

/// The bytes of attachments.
#[derive(Clone, Debug)]
pub struct Media {
    store: Arc<dyn ObjectStore>,
    /// Photos that are worked on at a time: each takes up to twice [`MOST_MEMORY`].
    at_work: Arc<Semaphore>,
}

const AT_WORK: usize = 2;
/// An upload that nobody has brought on for so long begins anew.
const ABANDONED: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// In the data folder, where the settings name no other place.
const FOLDER: &str = "attachments";
const SERVED: &str = "served";

#[derive(Debug, Error)]
pub enum MediaError {
    #[error("attachments cannot be kept: {0}")]
    Store(#[from] object_store::Error),
    #[error("attachments are kept in a folder, or at s3://BUCKET: {0}")]
    Address(String),
    /// The server is stopping.
    #[error("a photo could not be worked on")]
    Interrupted,
}

impl MediaError {
    /// Whether there is no room left.
    pub fn is_full(&self) -> bool {
        let mut cause: Option<&dyn std::error::Error> = Some(self);
        while let Some(error) = cause {
            if error.downcast_ref::<std::io::Error>().map(std::io::Error::kind)
                == Some(std::io::ErrorKind::StorageFull)
            {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

type Result<T> = std::result::Result<T, MediaError>;

/// What is being brought, and for which story.
#[derive(Clone, Copy, Debug)]
pub struct Upload<'a> {
    pub story: StoryId,
    pub attachment: &'a Attachment,
}

impl Upload<'_> {
    fn path(self) -> Path {
        let Attachment { id, sha256, .. } = self.attachment;
        Path::from(format!("uploads/{}/{id}/{sha256}", self.story))
    }

    fn chunk(self, number: u32) -> Path {
        Path::from(format!("{}/{number:05}", self.path()))
    }
}

/// What became of an upload whose chunks are all there.
#[derive(Debug)]
pub enum Finished {
    Served(Served),
    /// The chunks are not what the story says: they are gone, and can be sent anew.
    Differs,
    Refused(Refusal),
}

impl Media {
    /// In the bucket that `address` names (`s3://BUCKET/FOLDER`, with credentials and region as AWS's own tools read
    /// them from the environment), else in the data folder.
    pub fn open(address: Option<&str>, data: &FsPath) -> Result<Self> {
        let store: Arc<dyn ObjectStore> = match address {
            Some(address) if address.starts_with("s3://") => {
                let bucket = AmazonS3Builder::from_env().with_url(address).build()?;
                let folder = address.trim_start_matches("s3://").split_once('/').map_or("", |(_, path)| path);
                Arc::new(object_store::prefix::PrefixStore::new(bucket, folder))
            }
            Some(address) => return Err(MediaError::Address(address.to_owned())),
            None => {
                let folder = data.join(FOLDER);
                std::fs::create_dir_all(&folder).map_err(|source| object_store::Error::Generic {
                    store: "folder",
                    source: Box::new(source),
                })?;
                Arc::new(LocalFileSystem::new_with_prefix(folder)?.with_fsync(true))
            }
        };
        Ok(Self { store, at_work: Arc::new(Semaphore::new(AT_WORK)) })
    }

    /// Chunks of an upload that are there without a gap.
    pub async fn received(&self, upload: Upload<'_>) -> Result<u32> {
        Ok(receiving::received(upload.attachment, &self.chunks(upload).await?))
    }

    /// Size by number.
    async fn chunks(&self, upload: Upload<'_>) -> Result<BTreeMap<u32, u64>> {
        let found: Vec<_> = self.store.list(Some(&upload.path())).try_collect().await?;
        let number = |path: &Path| path.filename().and_then(|name| name.parse().ok());
        Ok(found.iter().filter_map(|object| Some((number(&object.location)?, object.size))).collect())
    }

    /// Keeps a chunk whose size and hash were checked.
    pub async fn keep_chunk(&self, upload: Upload<'_>, chunk: u32, bytes: Bytes) -> Result<()> {
        self.store.put(&upload.chunk(chunk), bytes.into()).await?;
        Ok(())
    }

    /// Puts the chunks together, compares them with what the story says, and makes of them what is served.
    pub async fn finish(&self, upload: Upload<'_>) -> Result<Finished> {
        let attachment = upload.attachment;
        // Before anything is read: whoever waits for a turn takes no memory meanwhile.
        let turn = self.at_work.clone().acquire_owned().await.map_err(|_| MediaError::Interrupted)?;
        let mut whole = Vec::with_capacity(usize::try_from(attachment.bytes).unwrap_or_default());
        for chunk in 0..chunks(attachment.bytes) {
            match self.store.get(&upload.chunk(chunk)).await {
                Ok(found) => whole.extend_from_slice(&found.bytes().await?),
                // Somebody else has just finished it, or it was abandoned.
                Err(object_store::Error::NotFound { .. }) => return Ok(Finished::Differs),
                Err(error) => return Err(error.into()),
            }
        }
        if !receiving::is_whole(attachment, whole.len() as u64, Sha256Hash::of(&whole)) {
            self.clear(upload).await?;
            return Ok(Finished::Differs);
        }
        let made = match (attachment.kind, media_type_of(&whole)) {
            (MediaKind::Photo, Some(kind)) if kind.starts_with("image/") => {
                photo(attachment.id, whole, turn).await?
            }
            (MediaKind::Voice, Some(kind)) if kind.starts_with("audio/") => {
                Some(voice(attachment.id, kind, whole))
            }
            _ => None,
        };
        let Some((served, bytes)) = made else {
            self.clear(upload).await?;
            return Ok(Finished::Refused(Refusal::NotMedia));
        };
        self.store.put(&served_path(&served), bytes.into()).await?;
        Ok(Finished::Served(served))
    }

    /// The chunks are not needed any more.
    pub async fn clear(&self, upload: Upload<'_>) -> Result<()> {
        for chunk in self.chunks(upload).await?.into_keys() {
            self.delete(&upload.chunk(chunk)).await?;
        }
        Ok(())
    }

    async fn delete(&self, path: &Path) -> Result<()> {
        match self.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether what a story says is served is there.
    pub async fn has(&self, served: &Served) -> Result<bool> {
        match self.store.head(&served_path(served)).await {
            Ok(object) => Ok(object.size == served.bytes),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Bytes of what is served, from and to, the end excluded; `None` if they are not there.
    pub async fn read(&self, served: &Served, range: std::ops::Range<u64>) -> Result<Option<Bytes>> {
        match self.store.get_range(&served_path(served), range).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The names of everything that is served, in order.
    pub async fn names(&self) -> Result<Vec<String>> {
        let all: Vec<_> = self.store.list(Some(&Path::from(SERVED))).try_collect().await?;
        let mut names: Vec<String> = all.into_iter().map(|object| object.location.into()).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// The bytes under a name; `None` if they are not, or not any more, what the name says.
    pub async fn take_out(&self, name: &str) -> Result<Option<Bytes>> {
        let found = match self.store.get(&Path::parse(name).map_err(object_store::Error::from)?).await {
            Ok(found) => found.bytes().await?,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        Ok(names_its_hash(name, &found).then_some(found))
    }

    /// Puts back what was taken out. Bytes that are not what their name says are left out: `false`.
    pub async fn put_back(&self, name: &str, bytes: Vec<u8>) -> Result<bool> {
        if !names_its_hash(name, &bytes) {
            return Ok(false);
        }
        self.store.put(&Path::parse(name).map_err(object_store::Error::from)?, bytes.into()).await?;
        Ok(true)
    }

    /// Deletes the chunks of uploads that were abandoned.
    pub async fn sweep(&self) -> Result<()> {
        let before = std::time::SystemTime::now() - ABANDONED;
        let mut all = self.store.list(Some(&Path::from("uploads")));
        while let Some(object) = all.next().await {
            let object = object?;
            if std::time::SystemTime::from(object.last_modified) < before {
                self.delete(&object.location).await?;
            }
        }
        Ok(())
    }
}

async fn photo(
    id: AttachmentId,
    bytes: Vec<u8>,
    turn: OwnedSemaphorePermit,
) -> Result<Option<(Served, Vec<u8>)>> {
    let work = move || {
        // The turn is over when the work is, not when whoever asked for it has gone.
        let _turn = turn;
        serve_photo(&bytes)
    };
    let made = tokio::task::spawn_blocking(work).await;
    // A decoder that panics has met what it cannot read.
    let Ok(Photo { jpeg, width, height, thumb }) = made.unwrap_or(Err(Unreadable)) else {
        return Ok(None);
    };
    let served = Served {
        id,
        media_type: "image/jpeg".to_owned(),
        bytes: jpeg.len() as u64,
        sha256: Sha256Hash::of(&jpeg),
        width: Some(width),
        height: Some(height),
        thumb: Some(thumb),
    };
    Ok(Some((served, jpeg)))
}

/// A recording is served as it came.
fn voice(id: AttachmentId, media_type: &str, bytes: Vec<u8>) -> (Served, Vec<u8>) {
    let served = Served {
        id,
        media_type: media_type.to_owned(),
        bytes: bytes.len() as u64,
        sha256: Sha256Hash::of(&bytes),
        width: None,
        height: None,
        thumb: None,
    };
    (served, bytes)
}

fn served_path(served: &Served) -> Path {
    Path::from(format!("{SERVED}/{}/{}", served.id, served.sha256))
}

/// Whether these bytes may lie under that name: `served/ID/SHA256`.
fn names_its_hash(name: &str, bytes: &[u8]) -> bool {
    let mut parts = name.split('/');
    parts.next() == Some(SERVED)
        && parts.next().is_some_and(|id| id.parse::<AttachmentId>().is_ok())
        && parts.next() == Some(&Sha256Hash::of(bytes).to_string())
        && parts.next().is_none()
}
