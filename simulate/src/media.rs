//! Photos and voice notes: what is taken on a phone, how it is brought to the server, and where it lies there.
//!
//! The rows, the uploads and the transactions are the real ones, and so are the server's decisions
//! (`domain::sync::upload`). Only the bytes are not there: each chunk is a word that stands for 256 KB of them.

mod depot;
mod fetched;
mod receiving;
mod taking;
mod trouble;
mod uploads;

use domain::{
    attachment::Sha256Hash,
    sync::upload::{CHUNK_BYTES, chunk_range, chunks},
};
use splitmix::Random;

pub use depot::{Depot, Left};
pub use receiving::{DiesAt, Request};
pub use trouble::{bytes_went_after_a_receipt, received_is_what_the_server_has};
pub use uploads::Bringing;

/// Some bytes that travel together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// What stands for them.
    pub word: u64,
    pub bytes: u64,
}

impl Part {
    pub fn sha256(&self) -> Sha256Hash {
        Bytes(vec![*self]).sha256()
    }

    /// Cut off, or with a bit of them turned over.
    pub fn damaged(self, random: &mut Random) -> Self {
        match random.chance(0.5) {
            true => Self { bytes: random.below(self.bytes), ..self },
            false => Self { word: self.word ^ 1 << random.below(64), ..self },
        }
    }
}

/// All bytes of an attachment, chunk by chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bytes(pub Vec<Part>);

impl Bytes {
    /// One to three chunks, the last of any length.
    pub fn any(random: &mut Random) -> Self {
        let bytes = random.below(3) * CHUNK_BYTES + 1 + random.below(CHUNK_BYTES);
        let part = |chunk| {
            let (from, to) = chunk_range(bytes, chunk);
            Part { word: random.next_u64(), bytes: to - from }
        };
        Self((0..chunks(bytes)).map(part).collect())
    }

    pub fn count(&self) -> u64 {
        self.0.iter().map(|part| part.bytes).sum()
    }

    pub fn sha256(&self) -> Sha256Hash {
        let words = self.0.iter().flat_map(|part| [part.word, part.bytes]);
        Sha256Hash::of(&words.flat_map(u64::to_le_bytes).collect::<Vec<_>>())
    }

    /// As the server encodes a photo anew: other bytes, always the same for the same photo.
    pub fn encoded_anew(&self) -> Self {
        Self(self.0.iter().map(|part| Part { word: !part.word, ..*part }).collect())
    }
}
