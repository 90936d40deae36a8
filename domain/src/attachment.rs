//! Photos and voice notes. A story carries what is said of each of its attachments; the bytes travel by themselves
//! ([`crate::sync::upload`]), so that text never waits for them.
//!
//! Who may see a story may see its attachments, and whoever may change it may add and remove them: they are members of
//! a set that merges as tags do, each known by its id.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    id::AttachmentId,
    sync::wire::{Hex, unhex},
    text::Line,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Photo,
    Voice,
    /// A kind that a newer version knows.
    #[serde(other)]
    Other,
}

impl MediaKind {
    /// How many of them a story may have.
    pub const fn most(self) -> usize {
        match self {
            Self::Photo => 5,
            Self::Voice => 3,
            Self::Other => 8,
        }
    }

    /// How many bytes one may have as it leaves the phone. A photo of 1600 px has some 400 KB, three minutes of speech
    /// about 1.5 MB.
    pub const fn max_bytes(self) -> u64 {
        match self {
            Self::Photo => 4 * 1024 * 1024,
            Self::Voice | Self::Other => 6 * 1024 * 1024,
        }
    }
}

/// Longest side of a photo, in pixels.
pub const PHOTO_SIDE: u32 = 1_600;
/// Longest side of a thumbnail, in pixels.
pub const THUMB_SIDE: u32 = 192;
/// Bytes of a thumbnail's JPEG, at most: it travels with the story.
pub const THUMB_BYTES: usize = 6 * 1024;
/// Longest voice note, in seconds.
pub const VOICE_SECONDS: u32 = 3 * 60;

/// What a story says of one of its attachments, as it left the phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub id: AttachmentId,
    pub kind: MediaKind,
    /// `image/jpeg`, `audio/mp4`, `audio/webm`, without parameters.
    #[serde(rename = "type")]
    pub media_type: String,
    pub bytes: u64,
    pub sha256: Sha256Hash,
    /// Pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// What is to be seen, for those who cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<Line>,
}

/// What the server made of an attachment: these are the bytes that it serves. Only the server writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    pub id: AttachmentId,
    #[serde(rename = "type")]
    pub media_type: String,
    pub bytes: u64,
    pub sha256: Sha256Hash,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// A small JPEG in base64; a photo has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumb: Option<String>,
}

/// Longest name of a media type.
const TYPE_CHARS: usize = 60;

impl Attachment {
    /// Whether it keeps the limits. Kinds that only a newer version knows are carried along.
    pub fn is_sound(&self) -> bool {
        let family = match self.kind {
            MediaKind::Photo => "image/",
            MediaKind::Voice => "audio/",
            MediaKind::Other => "",
        };
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "/-+.".contains(c);
        self.media_type.starts_with(family)
            && self.media_type.len() <= TYPE_CHARS
            && self.media_type.chars().all(letters)
            && (1..=self.kind.max_bytes()).contains(&self.bytes)
    }
}

/// Whether a story may have these.
pub fn fit(attachments: &[Attachment]) -> bool {
    let count = |kind| attachments.iter().filter(|attachment| attachment.kind == kind).count();
    let kinds = [MediaKind::Photo, MediaKind::Voice, MediaKind::Other];
    let differ = |at: usize| attachments[..at].iter().all(|other| other.id != attachments[at].id);
    kinds.into_iter().all(|kind| count(kind) <= kind.most())
        && attachments.iter().all(Attachment::is_sound)
        && (0..attachments.len()).all(differ)
}

/// SHA-256 of an attachment's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256Hash(pub [u8; 32]);

impl Sha256Hash {
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The value of a `Content-Digest` field (RFC 9530).
    pub fn content_digest(&self) -> String {
        format!("sha-256=:{}:", STANDARD.encode(self.0))
    }

    pub fn from_content_digest(field: &str) -> Option<Self> {
        let digests = field.split(',').map(str::trim);
        let ours = digests.filter_map(|digest| digest.strip_prefix("sha-256=:")?.strip_suffix(':')).next()?;
        STANDARD.decode(ours).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for Sha256Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Hex(&self.0), f)
    }
}

impl fmt::Debug for Sha256Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Sha256Hash> for String {
    fn from(hash: Sha256Hash) -> String {
        hash.to_string()
    }
}

impl TryFrom<String> for Sha256Hash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        unhex(&text).map(Self).ok_or("is not a SHA-256 hash")
    }
}

/// What bytes are, judged by themselves and not by what is said of them. `None` for what we do not take.
pub fn media_type_of(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        // EBML, whose document type must be WebM's.
        [0x1a, 0x45, 0xdf, 0xa3, head @ ..] => {
            head[..head.len().min(60)].windows(4).any(|word| word == b"webm").then_some("audio/webm")
        }
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("audio/mp4"),
        [b'O', b'g', b'g', b'S', ..] => Some("audio/ogg"),
        _ => None,
    }
}

/// A small picture for an address: `data:image/jpeg;base64,…`.
pub fn thumb_address(thumb: &str) -> String {
    format!("data:image/jpeg;base64,{thumb}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Millis;

    fn photo(n: u8) -> Attachment {
        Attachment {
            id: AttachmentId::mint(Millis(i64::from(n)), &[n; 10]),
            kind: MediaKind::Photo,
            media_type: "image/jpeg".into(),
            bytes: 1,
            sha256: Sha256Hash::of(&[n]),
            width: Some(1),
            height: Some(1),
            seconds: None,
            alt: None,
        }
    }

    #[test]
    fn five_photos_fit_and_six_do_not() {
        let photos: Vec<_> = (0..6).map(photo).collect();
        assert!(fit(&photos[..5]));
        assert!(!fit(&photos));
        assert!(!fit(&[photo(1), photo(1)]), "each is there once");
    }

    #[test]
    fn what_is_too_large_or_of_another_kind_does_not_fit() {
        assert!(!fit(&[Attachment { bytes: MediaKind::Photo.max_bytes() + 1, ..photo(1) }]));
        assert!(!fit(&[Attachment { bytes: 0, ..photo(1) }]));
        assert!(!fit(&[Attachment { media_type: "text/html".into(), ..photo(1) }]));
        assert!(!fit(&[Attachment { media_type: "image/jpeg\r\nx".into(), ..photo(1) }]));
    }

    #[test]
    fn a_digest_survives_its_field() {
        let hash = Sha256Hash::of(b"abc");
        assert_eq!(Sha256Hash::from_content_digest(&hash.content_digest()), Some(hash));
        assert_eq!(
            Sha256Hash::from_content_digest(&format!("md5=:aa:, {}", hash.content_digest())),
            Some(hash)
        );
        for odd in ["", "sha-256=", "sha-256=::", "sha-256=:ab:", "å"] {
            assert_eq!(Sha256Hash::from_content_digest(odd), None);
        }
    }

    #[test]
    fn a_type_is_read_from_the_bytes() {
        assert_eq!(media_type_of(b"\xff\xd8\xff\xe0"), Some("image/jpeg"));
        assert_eq!(media_type_of(b"\x1a\x45\xdf\xa3\x01\x42\x82\x84webm"), Some("audio/webm"));
        assert_eq!(media_type_of(b"\x1a\x45\xdf\xa3\x01\x42\x82\x88matroska"), None);
        assert_eq!(media_type_of(b"\0\0\0\x18ftypiso5"), Some("audio/mp4"));
        assert_eq!(media_type_of(b"<html>"), None);
    }
}
