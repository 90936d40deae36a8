//! The server's half: what it answers, from what the story says and what its store holds. It reads and writes nothing
//! itself.

use std::collections::BTreeMap;

use serde_json::json;

use crate::{
    attachment::{Attachment, Served, Sha256Hash},
    op::{Change, Edit},
    person::Reader,
    story::Story,
    time::Millis,
};

use super::{UploadReceipt, UploadStatus, chunk_range, chunks};

/// Whether `reader`, who sees the story, may bring its attachments: whoever may change it.
pub fn may_bring(story: &Story, reader: &Reader) -> bool {
    story.author == reader.person || reader.role.curates()
}

/// Why a chunk is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotKept {
    /// There is no such chunk, or it has more bytes than it may.
    TooLarge,
    /// It was cut off or altered on the way.
    Differs,
}

/// Whether a chunk of so many bytes may be kept, by the hash that its sender `said` and the one that it has.
pub fn may_keep(
    attachment: &Attachment,
    chunk: u32,
    bytes: u64,
    said: Option<Sha256Hash>,
    is: impl FnOnce() -> Sha256Hash,
) -> Result<(), NotKept> {
    let (from, to) = chunk_range(attachment.bytes, chunk);
    if chunk >= chunks(attachment.bytes) || bytes > to - from {
        return Err(NotKept::TooLarge);
    }
    if bytes != to - from || said != Some(is()) {
        return Err(NotKept::Differs);
    }
    Ok(())
}

/// How many chunks are there without a gap, of those whose bytes are given by their number.
pub fn received(attachment: &Attachment, there: &BTreeMap<u32, u64>) -> u32 {
    let whole = |chunk: &u32| {
        let (from, to) = chunk_range(attachment.bytes, *chunk);
        there.get(chunk) == Some(&(to - from))
    };
    (0..chunks(attachment.bytes)).take_while(whole).count() as u32
}

/// Whether what was put together is what the story says.
pub fn is_whole(attachment: &Attachment, bytes: u64, sha256: Sha256Hash) -> bool {
    (bytes, sha256) == (attachment.bytes, attachment.sha256)
}

/// The server's word that it has every byte: the story says what is served, and that is there. After a restore the story
/// may know of bytes that are not.
pub fn receipt(
    story: &Story,
    attachment: &Attachment,
    served_is_there: bool,
    at: Millis,
) -> Option<UploadReceipt> {
    let served = story.served(attachment.id).filter(|_| served_is_there)?;
    Some(UploadReceipt { sha256: attachment.sha256, served: served.clone(), at })
}

/// How far an upload is, of which so many chunks were received.
pub fn status(attachment: &Attachment, receipt: Option<UploadReceipt>, received: u32) -> UploadStatus {
    let next = if receipt.is_some() { chunks(attachment.bytes) } else { received };
    UploadStatus { next, receipt }
}

/// The changes by which the story says from now on what is served, in the server's own name.
pub fn served_from_now_on(story: &Story, served: &Served) -> Vec<Change> {
    let set = |value| [("served".to_owned(), value)].into_iter().collect();
    let before = story.served(served.id).filter(|before| *before != served);
    let goes = before.map(|before| Edit { remove: set(json!([before.id])), ..Edit::default() });
    let comes = Edit { add: set(json!([served])), ..Edit::default() };
    goes.into_iter().chain([comes]).map(Change::Edit).collect()
}
