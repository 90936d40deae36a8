//! What travels between phones and the server. Version 1; every field that is added must be optional, since phones
//! run old clients for weeks.

use std::{fmt, str::FromStr};

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, value::RawValue};
use sha2::{Digest, Sha256};

use crate::{
    id::{DeviceId, Epoch, PersonId, ThingId},
    op::OpHash,
    thing::{ThingKind, ThingRef},
    time::Millis,
};

/// What the server says to one op.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub outcome: Outcome,
    /// The `seq` under which the op's effect is pulled; 0 where it has none (yet).
    #[serde(default)]
    pub seq: u64,
    /// When the server received it, by the server's clock.
    pub at: Millis,
}

impl Receipt {
    /// Whether the op waits on: the server has put it off, or says something of which only a newer client knows what it
    /// means for the op. Either way it is kept and asked for again.
    pub fn leaves_open(&self) -> bool {
        match self.outcome {
            Outcome::Deferred => true,
            Outcome::Unknown(_) => self.seq == 0,
            _ => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Applied,
    /// Applied on top of someone else's change; nothing of either is missing.
    Merged,
    /// Someone else changed the same words first. Theirs stand, these are kept beside them for author and curators.
    ConflictKept,
    /// Kept until the server knows what to do with it; or not kept, since its person has signed out on that device and
    /// it is no story of theirs. Either way the phone asks again.
    Deferred,
    /// Not taken. It stays on the phone until its person has decided.
    Rejected(#[serde(deserialize_with = "reason")] Reason),
    /// The thing was erased for good.
    Erased,
    /// What a newer server has said, as it said it: a store keeps it so, and a newer client can ask again.
    #[serde(untagged)]
    Unknown(Value),
}

/// A reason of a shape that nobody here knows is a reason all the same.
fn reason<'de, D: Deserializer<'de>>(given: D) -> Result<Reason, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(given)?).unwrap_or(Reason::Other))
}

/// Why an op was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Not JSON of the shape of an op.
    Malformed,
    /// A field breaks a rule: too long, blank, not a day, not an id.
    Invalid,
    TooLarge,
    NotAllowed,
    /// The op names another person, or a device that belongs to one.
    NotYours,
    /// Somebody else moved the story on meanwhile.
    MovedOn,
    /// A reason that a newer server knows.
    #[serde(other)]
    Other,
}

/// The answer to a push: one receipt per line, in the same order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushAnswer {
    pub epoch: Epoch,
    pub receipts: Vec<Receipt>,
    /// The server holds another op under the next number: this profile was cloned or rolled back. The receipts end
    /// before it; the device goes on under a new id.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cloned: bool,
    /// The server's position once these were written, under its mark: should its database go back in time, the phone
    /// can prove that it did. Older servers do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Token>,
    /// The same before it is signed, from the ledger. Never travels.
    #[serde(skip)]
    pub head: Option<Cursor>,
}

impl PushAnswer {
    /// The answer as it travels.
    pub fn signed(self, key: &SigningKey) -> Self {
        let position = self.head.map(|head| key.sign_cursor(&head));
        Self { position, head: None, ..self }
    }
}

/// How many ops one push may hold.
pub const PUSH_OPS: usize = 1_000;
/// How many bytes the body of one push may have at the server. Phones that were installed before [`BODY_BYTES`] was
/// smaller fill it.
pub const PUSH_BYTES: usize = 2 * 1024 * 1024;
/// How many bytes a phone sends in one body. Proxies refuse large ones, nginx from 1 MiB on unless it is told otherwise,
/// and the phone cannot know what is between it and the server.
pub const BODY_BYTES: usize = 900_000;
/// How many bytes a single op may have: six parts of 10,000 characters, with room for escapes.
pub const OP_BYTES: usize = 512 * 1024;
/// How many records one page of a pull holds at most.
pub const PAGE_RECORDS: usize = 500;
/// How many bytes one page of a pull holds at most, before compression; one record at least. With thumbnails, which
/// hardly compress, about 280 KB travel: 45 seconds at 50 kbit/s.
pub const PAGE_BYTES: usize = 384 * 1024;
/// The smallest page that a phone asks for, in bytes: 45 seconds at 1.5 kbit/s. A line that is slower than that is none.
pub const LEAST_PAGE_BYTES: usize = 8 * 1024;

/// The first line of a page. The records follow, one a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageHeader {
    pub epoch: Epoch,
    /// Where to go on from, once this page is safely stored.
    pub cursor: Token,
    /// The `seq` up to which the phone then knows everything it may see.
    pub seq: u64,
    pub more: bool,
    /// The cursor that was sent does not fit this server; it starts from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<Reset>,
    /// Who may see what follows. Older servers do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<PersonId>,
    /// How many records follow, so that a page which was cut off is not taken as whole. Older servers do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<u32>,
    /// Stories this person may see in all.
    pub stories: u64,
    /// Stories that are taken from this person's view after the cursor that was sent, on this page and on those that
    /// follow, without a word that it was meant. Older servers do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmeant: Option<u64>,
    /// Whether the phone is given only the newest of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// The server's position, if there is more, as in [`PushAnswer::position`]: what was changed between the cursor and
    /// that is not in this page, and would come with none if the database went back to where the cursor fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Token>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reset {
    /// The server was restored from a backup.
    Restored,
    /// Only this phone's cursor does not fit.
    Cursor,
}

/// One line of a page: the latest state of a thing, or that it is gone from this person's view.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    pub kind: ThingKind,
    pub id: ThingId,
    pub seq: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Box<RawValue>>,
    /// The server's own mark on this state, by which a phone can hand it back after a restore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac: Option<RecordMac>,
    /// Gone on purpose: an administrator or a rule of retention did it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub meant: bool,
}

impl Record {
    pub fn thing(&self) -> ThingRef {
        ThingRef { kind: self.kind.clone(), id: self.id }
    }
}

/// A page as it travels: the header, then one record a line, each line with its end.
pub fn page_text(header: &PageHeader, records: impl IntoIterator<Item = Record>) -> String {
    let mut lines = String::new();
    let mut count = 0;
    for record in records {
        lines.push_str(&serde_json::to_string(&record).expect("a record is plain data"));
        lines.push('\n');
        count += 1;
    }
    let header = PageHeader { records: Some(count), ..header.clone() };
    let mut text = serde_json::to_string(&header).expect("a header is plain data");
    text.push('\n');
    text.push_str(&lines);
    text
}

/// A running hash over the ops that were applied, so that a server that went back in time is noticed.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Chain(pub [u8; 16]);

impl Chain {
    /// The chain after one more op, applied `at` this moment of the server's clock. No content goes into it but the hash
    /// of the op's bytes. The moment does, since what stands holds it: a database that went back and was sent the same ops
    /// again is not where it was.
    pub fn next(self, device: DeviceId, device_seq: u64, hash: &OpHash, at: Millis) -> Self {
        let digest = Sha256::new()
            .chain_update(self.0)
            .chain_update(device.uuid().as_bytes())
            .chain_update(device_seq.to_be_bytes())
            .chain_update(hash.0)
            .chain_update(at.0.to_be_bytes())
            .finalize();
        let mut chain = [0; 16];
        chain.copy_from_slice(&digest[..16]);
        Self(chain)
    }
}

/// How far a device has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub epoch: Epoch,
    pub seq: u64,
    pub chain: Chain,
}

/// The key of the server's marks. Lives outside the database, so that a restored backup still knows its own.
#[derive(Clone)]
pub struct SigningKey(pub [u8; 32]);

type HmacSha256 = Hmac<Sha256>;

impl SigningKey {
    fn mac<const N: usize>(&self, parts: &[&[u8]]) -> [u8; N] {
        let mut mac = HmacSha256::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let mut out = [0; N];
        out.copy_from_slice(&mac.finalize().into_bytes()[..N]);
        out
    }

    pub fn sign_cursor(&self, cursor: &Cursor) -> Token {
        let mac: [u8; 16] = self.mac(&[b"cursor", &cursor.to_bytes()]);
        Token(format!("{}.{}.{}.{}", cursor.epoch, cursor.seq, Hex(&cursor.chain.0), Hex(&mac)))
    }

    /// The cursor in `token`, if this key signed it.
    pub fn open_cursor(&self, token: &Token) -> Option<Cursor> {
        let mut parts = token.0.split('.');
        let cursor = Cursor {
            epoch: parts.next()?.parse().ok()?,
            seq: parts.next()?.parse().ok()?,
            chain: Chain(unhex(parts.next()?)?),
        };
        (self.sign_cursor(&cursor) == *token).then_some(cursor)
    }

    /// The mark on a text of the server's own, for one use and no other.
    pub fn seal(&self, usage: &str, text: &str) -> [u8; 16] {
        self.mac(&[b"seal", usage.as_bytes(), text.as_bytes()])
    }

    /// The mark on one state of one thing: 96 bits, enough against guessing one answer at a time.
    pub fn mark(&self, epoch: Epoch, thing: &ThingRef, seq: u64, state: &str) -> RecordMac {
        RecordMac(self.mac(&[
            b"record",
            epoch.uuid().as_bytes(),
            thing.kind.key().as_bytes(),
            thing.id.uuid().as_bytes(),
            &seq.to_be_bytes(),
            state.as_bytes(),
        ]))
    }
}

impl Cursor {
    fn to_bytes(self) -> Vec<u8> {
        [self.epoch.uuid().as_bytes().as_slice(), &self.seq.to_be_bytes(), &self.chain.0].concat()
    }
}

/// A cursor as phones keep it: signed, and nothing for them to read but which of two is further.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(pub String);

impl Token {
    /// The one with the higher `seq` of two of the same epoch; the first, if neither is.
    pub fn further<'a>(one: Option<&'a Self>, other: Option<&'a Self>) -> Option<&'a Self> {
        let seq = |token: &Self| token.0.split('.').nth(1).and_then(|seq| seq.parse::<u64>().ok());
        if other.and_then(seq) > one.and_then(seq) { other } else { one }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordMac(pub [u8; 12]);

impl From<RecordMac> for String {
    fn from(mac: RecordMac) -> String {
        Hex(&mac.0).to_string()
    }
}

impl TryFrom<String> for RecordMac {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        unhex(&text).map(Self).ok_or("is not a mark")
    }
}

impl fmt::Debug for RecordMac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Hex(&self.0), f)
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Hex(&self.0), f)
    }
}

impl FromStr for Chain {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        unhex(text).map(Self).ok_or(())
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Hex(&self.0), f)
    }
}

/// Bytes written in lower-case hexadecimal.
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Exactly `N` bytes from hexadecimal.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::StoryId;

    fn cursor() -> Cursor {
        Cursor { epoch: Epoch::mint(Millis(1), &[7; 10]), seq: 42, chain: Chain([3; 16]) }
    }

    #[test]
    fn a_cursor_is_opened_only_by_the_key_that_signed_it() {
        let key = SigningKey([1; 32]);
        let token = key.sign_cursor(&cursor());
        assert_eq!(key.open_cursor(&token), Some(cursor()));
        assert_eq!(SigningKey([2; 32]).open_cursor(&token), None);
        let forged = Token(token.0.replace(".42.", ".43."));
        assert_eq!(key.open_cursor(&forged), None);
        for odd in ["", "...", "a.b.c.d", "å.1.2.3"] {
            assert_eq!(key.open_cursor(&Token(odd.into())), None);
        }
    }

    #[test]
    fn of_two_tokens_the_one_with_the_higher_seq_is_further() {
        let key = SigningKey([1; 32]);
        let [nine, ten] = [9, 10].map(|seq| key.sign_cursor(&Cursor { seq, ..cursor() }));
        assert_eq!(Token::further(Some(&nine), Some(&ten)), Some(&ten));
        assert_eq!(Token::further(Some(&ten), Some(&nine)), Some(&ten));
        assert_eq!(Token::further(None, Some(&nine)), Some(&nine));
        assert_eq!(Token::further(Some(&nine), None), Some(&nine));
        let odd = Token("from the future".into());
        assert_eq!(Token::further(Some(&nine), Some(&odd)), Some(&nine));
    }

    #[test]
    fn a_mark_fits_one_state_of_one_thing() {
        let key = SigningKey([1; 32]);
        let thing = ThingRef::story(StoryId::mint(Millis(1), &[1; 10]));
        let epoch = Epoch::mint(Millis(1), &[1; 10]);
        let mark = key.mark(epoch, &thing, 1, "{}");
        assert_ne!(mark, key.mark(epoch, &thing, 2, "{}"));
        assert_ne!(mark, key.mark(epoch, &thing, 1, "{ }"));
        let text = serde_json::to_string(&mark).unwrap();
        assert_eq!(serde_json::from_str::<RecordMac>(&text).unwrap(), mark);
    }

    #[test]
    fn a_reason_from_a_newer_server_is_understood_as_other() {
        let receipt: Receipt =
            serde_json::from_str(r#"{"outcome":{"rejected":"full_moon"},"at":1,"colour":"red"}"#).unwrap();
        assert_eq!(receipt.outcome, Outcome::Rejected(Reason::Other));
        let spoken = r#"{"outcome":{"rejected":{"because":["full","moon"]}},"at":1}"#;
        let receipt: Receipt = serde_json::from_str(spoken).unwrap();
        assert_eq!(receipt.outcome, Outcome::Rejected(Reason::Other));
    }

    #[test]
    fn an_outcome_from_a_newer_server_is_kept_as_it_was_said() {
        for said in [r#""postponed""#, r#"{"postponed":{"until":[1,"full moon"]}}"#] {
            let outcome: Outcome = serde_json::from_str(said).unwrap();
            assert_eq!(serde_json::to_string(&outcome).unwrap(), said);
            assert!(Receipt { outcome: outcome.clone(), seq: 0, at: Millis(1) }.leaves_open());
            assert!(!Receipt { outcome, seq: 7, at: Millis(1) }.leaves_open(), "its effect is pulled");
        }
        for known in [Outcome::Applied, Outcome::ConflictKept, Outcome::Rejected(Reason::MovedOn)] {
            let said = serde_json::to_string(&known).unwrap();
            assert_eq!(serde_json::from_str::<Outcome>(&said).unwrap(), known);
        }
    }
}
