//! The index as bytes.
//!
//! ```text
//! [u8; 4] "SOLS" · u32 FORMAT · u64 version of analyzer and lexicon · u64 fingerprint of what it covers
//! u64 hash of all that follows
//! u32 segments, then for each: u32 bytes of it, the segment, u32 words of marks, u64 words
//! ```

use std::sync::Arc;

use thiserror::Error;

use super::Index;
use crate::search::{
    analyzer::Analyzer,
    buffer::Buffer,
    hash::{FNV_SEED, fnv1a},
    live::Live,
    segment::{Entry, Segment},
};

const MAGIC: &[u8; 4] = b"SOLS";
const FORMAT: u32 = 1;
const HEADER: usize = 32;

/// Why stored bytes cannot be used. In every case the index is made anew from the stories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LoadError {
    #[error("was made by another version of the analyzer or with another lexicon")]
    OtherVersion,
    #[error("is damaged or not an index")]
    Damaged,
}

/// A number that stands for what an index covers, whatever the order: of two that cover the same it is the same, of two
/// that do not it is almost certainly not.
pub fn fingerprint(entries: impl Iterator<Item = Entry>) -> u64 {
    entries.fold(0, |sum, entry| {
        let hash = fnv1a(FNV_SEED, &entry.id);
        let hash = fnv1a(hash, &entry.slot.to_le_bytes());
        let hash = fnv1a(hash, &entry.revision.to_le_bytes());
        sum.wrapping_add(fnv1a(hash, &[u8::from(entry.restricted)]))
    })
}

impl Index {
    /// Everything that was committed. Copies bytes and merges nothing.
    pub fn to_bytes(&self) -> Vec<u8> {
        let size: usize = self.segments.iter().map(|live| live.segment.bytes().len()).sum();
        let mut bytes = Vec::with_capacity(size + size / 64 + 64);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&self.analyzer.version().to_le_bytes());
        let covered = fingerprint(self.segments.iter().flat_map(Live::entries));
        bytes.extend_from_slice(&covered.to_le_bytes());
        bytes.extend_from_slice(&[0; 8]);
        bytes.extend_from_slice(&(self.segments.len() as u32).to_le_bytes());
        for live in &self.segments {
            bytes.extend_from_slice(&(live.segment.bytes().len() as u32).to_le_bytes());
            bytes.extend_from_slice(live.segment.bytes());
            bytes.extend_from_slice(&(live.dead().len() as u32).to_le_bytes());
            for word in live.dead() {
                bytes.extend_from_slice(&word.to_le_bytes());
            }
        }
        let hash = hash(&bytes[HEADER..]);
        bytes[HEADER - 8..HEADER].copy_from_slice(&hash.to_le_bytes());
        bytes
    }

    /// An index on stored bytes, which are used as they are.
    pub fn from_bytes(analyzer: Arc<Analyzer>, bytes: Vec<u8>) -> Result<Self, LoadError> {
        let bytes = Arc::new(bytes);
        let mut reader = Reader { bytes: &bytes, at: 0 };
        let known = reader.take(4).is_some_and(|magic| magic == MAGIC);
        if !known {
            return Err(LoadError::Damaged);
        }
        if reader.u32() != Some(FORMAT) || reader.u64() != Some(analyzer.version()) {
            return Err(LoadError::OtherVersion);
        }
        let (covered, sum) = (reader.u64(), reader.u64());
        if sum.is_none() || sum != bytes.get(HEADER..).map(hash) {
            return Err(LoadError::Damaged);
        }
        let segments = read_segments(&bytes, &mut reader).ok_or(LoadError::Damaged)?;
        if covered != Some(fingerprint(segments.iter().flat_map(Live::entries))) {
            return Err(LoadError::Damaged);
        }
        Ok(Self { analyzer, segments, buffer: Buffer::default(), merge: None })
    }
}

fn read_segments(bytes: &Arc<Vec<u8>>, reader: &mut Reader<'_>) -> Option<Vec<Live>> {
    let mut segments = Vec::new();
    for _ in 0..reader.u32()? {
        let length = reader.u32()? as usize;
        let start = reader.at;
        reader.take(length)?;
        let mut live = Live::new(Segment::parse(Arc::clone(bytes), start..start + length)?);
        for word in 0..reader.u32()? {
            let bits = reader.u64()?;
            for bit in (0..64).filter(|bit| bits >> bit & 1 == 1) {
                let document = word.checked_mul(64)? + bit;
                if document < live.segment.documents() {
                    live.kill(document);
                }
            }
        }
        segments.push(live);
    }
    Some(segments)
}

/// FNV-1a over words of eight bytes: a quick check against torn writes and rotten storage, not against anyone.
fn hash(bytes: &[u8]) -> u64 {
    let (mut hash, mut rest) = (FNV_SEED, bytes);
    while let Some((eight, more)) = rest.split_first_chunk::<8>() {
        hash = (hash ^ u64::from_le_bytes(*eight)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
        rest = more;
    }
    fnv1a(hash, rest)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn take(&mut self, length: usize) -> Option<&[u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        let taken = self.take(4)?.try_into().ok()?;
        Some(u32::from_le_bytes(taken))
    }

    fn u64(&mut self) -> Option<u64> {
        let taken = self.take(8)?.try_into().ok()?;
        Some(u64::from_le_bytes(taken))
    }
}
