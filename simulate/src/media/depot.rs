//! Where the server keeps bytes: chunks by what they are to become, and what is served under its own hash.

use std::collections::BTreeMap;

use domain::{
    attachment::{Attachment, MediaKind, Served, Sha256Hash},
    id::AttachmentId,
    sync::upload::receiving,
};
use splitmix::Random;

use super::{Bytes, Part};

/// An attachment and a hash: what an upload is to become, or what is served.
type Named = (AttachmentId, [u8; 32]);

#[derive(Clone, Default)]
pub struct Depot {
    uploads: BTreeMap<Named, BTreeMap<u32, Part>>,
    /// By id and hash, with the hash of what it was made of.
    served: BTreeMap<Named, (Sha256Hash, Bytes)>,
}

/// What a restore leaves of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// The folder was not touched.
    All,
    /// What lay in the backup; the disk is a new one.
    Backup,
    /// The bytes were not backed up, and the disk is a new one.
    Nothing,
}

impl Depot {
    pub fn received(&self, attachment: &Attachment) -> u32 {
        let there = self.uploads.get(&upload(attachment)).into_iter().flatten();
        receiving::received(attachment, &there.map(|(chunk, part)| (*chunk, part.bytes)).collect())
    }

    pub fn keep(&mut self, attachment: &Attachment, chunk: u32, part: Part) {
        self.uploads.entry(upload(attachment)).or_default().insert(chunk, part);
    }

    pub fn whole(&self, attachment: &Attachment) -> Bytes {
        let there = self.uploads.get(&upload(attachment));
        Bytes(there.into_iter().flat_map(BTreeMap::values).copied().collect())
    }

    pub fn clear(&mut self, attachment: &Attachment) {
        self.uploads.remove(&upload(attachment));
    }

    /// Makes of the whole what is served, and keeps that.
    pub fn serve(&mut self, attachment: &Attachment, whole: &Bytes) -> Served {
        let bytes = if attachment.kind == MediaKind::Photo { whole.encoded_anew() } else { whole.clone() };
        let served = Served {
            id: attachment.id,
            media_type: attachment.media_type.clone(),
            bytes: bytes.count(),
            sha256: bytes.sha256(),
            width: None,
            height: None,
            thumb: None,
        };
        self.served.insert((served.id, served.sha256.0), (whole.sha256(), bytes));
        served
    }

    /// Whether what a story says is served is there.
    pub fn has(&self, served: &Served) -> bool {
        self.read(served).is_some_and(|bytes| bytes.count() == served.bytes)
    }

    /// Whether it is there, and was made of what left the phone.
    pub fn truly_has(&self, served: &Served, attachment: &Attachment) -> bool {
        let found = self.served.get(&(served.id, served.sha256.0));
        found.is_some_and(|(made_of, _)| *made_of == attachment.sha256)
    }

    pub fn read(&self, served: &Served) -> Option<&Bytes> {
        self.served.get(&(served.id, served.sha256.0)).map(|(_, bytes)| bytes)
    }

    /// What a backup holds of it.
    pub fn back_up(&self) -> Self {
        Self { uploads: BTreeMap::new(), served: self.served.clone() }
    }

    /// A restore puts back what the backup holds, beside what is left.
    pub fn restore(&mut self, backup: &Self, left: Left) {
        if left != Left::All {
            *self = Self::default();
        }
        if left != Left::Nothing {
            self.served.extend(backup.served.iter().map(|(name, bytes)| (*name, bytes.clone())));
        }
    }

    /// A chunk on its disk is altered, or all chunks of an upload are swept away as abandoned. Whether there was any.
    pub fn decay(&mut self, random: &mut Random) -> bool {
        let uploads: Vec<Named> = self.uploads.keys().copied().collect();
        let Some(chosen) = uploads.get(random.below(uploads.len().max(1) as u64) as usize) else {
            return false;
        };
        if random.chance(0.3) {
            self.uploads.remove(chosen);
            return true;
        }
        let first = self.uploads.get_mut(chosen).and_then(|parts| parts.values_mut().next());
        first.map(|part| part.word ^= 1).is_some()
    }
}

fn upload(attachment: &Attachment) -> Named {
    (attachment.id, attachment.sha256.0)
}
