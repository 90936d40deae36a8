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
    Some(UploadReceipt { sha256: attachment.sha256, served: served.clone(), at, position: None })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        attachment::MediaKind,
        id::{AttachmentId, PersonId},
        person::Role,
        sync::upload::CHUNK_BYTES,
    };

    const NOW: Millis = Millis(1_790_000_000_000);

    fn attachment(bytes: u64) -> Attachment {
        Attachment {
            id: AttachmentId::mint(NOW, &[7; 10]),
            kind: MediaKind::Voice,
            media_type: "audio/webm".into(),
            bytes,
            sha256: Sha256Hash::of(b"abc"),
            width: None,
            height: None,
            seconds: None,
            alt: None,
        }
    }

    fn served(attachment: &Attachment) -> Served {
        Served {
            id: attachment.id,
            media_type: "audio/webm".into(),
            bytes: attachment.bytes,
            sha256: attachment.sha256,
            width: None,
            height: None,
            thumb: None,
        }
    }

    fn story() -> Story {
        Story { attachments: vec![attachment(3)], ..Story::blank(PersonId::named("Elin")) }
    }

    #[test]
    fn a_chunk_is_kept_if_it_is_what_was_said_and_as_long_as_it_should_be() {
        let attachment = attachment(CHUNK_BYTES + 3);
        let (is, other) = (Sha256Hash::of(b"is"), Sha256Hash::of(b"other"));
        let keep = |chunk, bytes, said| may_keep(&attachment, chunk, bytes, said, || is);
        assert_eq!(keep(0, CHUNK_BYTES, Some(is)), Ok(()));
        assert_eq!(keep(1, 3, Some(is)), Ok(()));
        assert_eq!(keep(1, 2, Some(is)), Err(NotKept::Differs), "cut off");
        assert_eq!(keep(1, 3, Some(other)), Err(NotKept::Differs), "altered");
        assert_eq!(keep(1, 3, None), Err(NotKept::Differs), "nothing was said");
        assert_eq!(keep(1, 4, Some(is)), Err(NotKept::TooLarge));
        assert_eq!(keep(2, 1, Some(is)), Err(NotKept::TooLarge), "there is no third");
    }

    #[test]
    fn chunks_count_up_to_the_first_that_is_missing_or_short() {
        let attachment = attachment(2 * CHUNK_BYTES + 3);
        let there = |chunks: &[(u32, u64)]| received(&attachment, &chunks.iter().copied().collect());
        assert_eq!(there(&[]), 0);
        assert_eq!(there(&[(1, CHUNK_BYTES), (2, 3)]), 0);
        assert_eq!(there(&[(0, CHUNK_BYTES), (2, 3)]), 1);
        assert_eq!(there(&[(0, CHUNK_BYTES), (1, CHUNK_BYTES - 1), (2, 3)]), 1);
        assert_eq!(there(&[(0, CHUNK_BYTES), (1, CHUNK_BYTES), (2, 3)]), 3);
    }

    #[test]
    fn there_is_no_receipt_for_bytes_that_are_not_there() {
        let attachment = attachment(3);
        let told = story();
        let knows = Story { served: vec![served(&attachment)], ..story() };
        assert_eq!(receipt(&told, &attachment, true, NOW), None, "no story says so");
        assert_eq!(receipt(&knows, &attachment, false, NOW), None, "a restore lost them");
        let receipt = receipt(&knows, &attachment, true, NOW);
        assert!(receipt.is_some());
        assert_eq!(status(&attachment, receipt, 0).next, 1);
        assert_eq!(status(&attachment, None, 0).next, 0);
    }

    #[test]
    fn what_is_served_otherwise_takes_the_place_of_what_was() {
        let attachment = attachment(3);
        let now = served(&attachment);
        let before = Served { sha256: Sha256Hash::of(b"before"), ..now.clone() };
        assert_eq!(served_from_now_on(&story(), &now).len(), 1);
        let same = Story { served: vec![now.clone()], ..story() };
        assert_eq!(served_from_now_on(&same, &now).len(), 1);
        let other = Story { served: vec![before], ..story() };
        assert_eq!(served_from_now_on(&other, &now).len(), 2, "a set knows its members by their ids");
    }

    #[test]
    fn whoever_may_change_a_story_may_bring_its_attachments() {
        let reader = |name, role| Reader { person: PersonId::named(name), role, department: None };
        assert!(may_bring(&story(), &reader("Elin", Role::Member)));
        assert!(may_bring(&story(), &reader("Karin", Role::Curator)));
        assert!(!may_bring(&story(), &reader("Micke", Role::Member)));
    }
}
