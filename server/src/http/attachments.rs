//! Photos and voice notes: how their bytes come in, chunk by chunk, and how they go out.
//!
//! Whoever may see a story may see its attachments; whoever may change it may bring them. Nobody is asked what bytes
//! are: the story names their hash, and their type is read from themselves.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    attachment::{Attachment, Served, Sha256Hash},
    id::{AttachmentId, StoryId},
    person::{Reader, Role},
    story::Story,
    sync::{
        ledger::From,
        upload::{
            Refusal, UploadReceipt, UploadStatus, chunks,
            receiving::{self, NotKept},
        },
    },
    thing::ThingRef,
};
use serde::Deserialize;

use super::{
    Server,
    error::AppError,
    session::{Pusher, Session},
    sync::Known,
};
use crate::{
    clock,
    media::{Finished, Upload},
    people::Ops,
};

/// Nothing of it may run, load or be framed, whatever a browser takes it for.
const SANDBOX: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'");
/// Asked for anew each time, and answered in a few bytes: on a shared phone the next person may not see it.
const EACH_TIME: HeaderValue = HeaderValue::from_static("private, no-cache");

#[derive(Deserialize)]
pub struct Named {
    story: StoryId,
    id: AttachmentId,
}

#[derive(Deserialize)]
pub struct NamedChunk {
    story: StoryId,
    id: AttachmentId,
    chunk: u32,
}

/// `GET /api/v1/attachments/STORY/ID/upload`: which chunk is missing, or the receipt.
pub async fn status(
    State(server): State<Server>,
    _: Known,
    Pusher(from): Pusher,
    Path(Named { story, id }): Path<Named>,
) -> Result<Json<UploadStatus>, AppError> {
    let known = Brought::find(&server, from, story, id).await?;
    known.status(&server).await.map(Json)
}

/// `PUT /api/v1/attachments/STORY/ID/upload/NUMBER`: one chunk, with its `Content-Digest`. Chunks may come in any order
/// and more than once.
pub async fn chunk(
    State(server): State<Server>,
    _: Known,
    Pusher(from): Pusher,
    Path(NamedChunk { story, id, chunk }): Path<NamedChunk>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<UploadStatus>, AppError> {
    let known = Brought::find(&server, from, story, id).await?;
    let said = headers.get("content-digest").and_then(|field| field.to_str().ok());
    let said = said.and_then(Sha256Hash::from_content_digest);
    receiving::may_keep(&known.attachment, chunk, body.len() as u64, said, || Sha256Hash::of(&body))
        .map_err(|not_kept| match not_kept {
            NotKept::TooLarge => AppError::Refused(Refusal::TooLarge),
            NotKept::Differs => AppError::BadRequest("the chunk is not what its Content-Digest says"),
        })?;
    if known.receipt(&server).await?.is_none() {
        server.media.keep_chunk(known.upload(), chunk, body).await?;
    }
    known.status(&server).await.map(Json)
}

/// `POST /api/v1/attachments/STORY/ID/upload`: everything was sent. The answer has the receipt if it is what the story
/// says, and was written to the story for all to see.
pub async fn finish(
    State(server): State<Server>,
    _: Known,
    Pusher(from): Pusher,
    Path(Named { story, id }): Path<Named>,
) -> Result<Json<UploadStatus>, AppError> {
    let known = Brought::find(&server, from, story, id).await?;
    if known.receipt(&server).await?.is_some() || known.is_missing_chunks(&server).await? {
        return known.status(&server).await.map(Json);
    }
    match server.media.finish(known.upload()).await? {
        Finished::Served(served) => {
            known.note(&server, &served).await?;
            server.media.clear(known.upload()).await?;
        }
        Finished::Differs => {}
        Finished::Refused(refusal) => return Err(AppError::Refused(refusal)),
    }
    Brought::find(&server, from, story, id).await?.status(&server).await.map(Json)
}

/// An attachment of a story that somebody may change.
struct Brought {
    id: StoryId,
    seq: u64,
    story: Story,
    attachment: Attachment,
}

impl Brought {
    async fn find(
        server: &Server,
        from: From,
        id: StoryId,
        attachment: AttachmentId,
    ) -> Result<Self, AppError> {
        let reader = match from {
            From::Person(person) => server.store.reader(person).await?.ok_or(AppError::SignedOut)?,
            From::SignedOut(person) => Reader { person, role: Role::default(), department: None },
            From::System => unreachable!("the server sends itself no attachments"),
        };
        let seen = seen(server, &reader, id).await?;
        if !receiving::may_bring(&seen.story, &reader) {
            // A refusal would be final. Whoever has signed out may be allowed once they are back.
            let signed_out = matches!(from, From::SignedOut(_));
            return Err(if signed_out {
                AppError::SignedOut
            } else {
                AppError::Refused(Refusal::NotAllowed)
            });
        }
        let attachment = seen.story.attachment(attachment).cloned().ok_or(AppError::NotFound)?;
        Ok(Self { id, seq: seen.seq, story: seen.story, attachment })
    }

    fn upload(&self) -> Upload<'_> {
        Upload { story: self.id, attachment: &self.attachment }
    }

    /// The server's word, if it has every byte.
    async fn receipt(&self, server: &Server) -> Result<Option<UploadReceipt>, AppError> {
        let Some(served) = self.story.served(self.attachment.id) else { return Ok(None) };
        let there = server.media.has(served).await?;
        Ok(receiving::receipt(&self.story, &self.attachment, there, clock::now()))
    }

    async fn status(&self, server: &Server) -> Result<UploadStatus, AppError> {
        let mut receipt = self.receipt(server).await?;
        if let Some(receipt) = &mut receipt {
            receipt.position = Some(server.key.sign_cursor(&server.store.head().await?.into()));
        }
        let received = match receipt {
            Some(_) => 0,
            None => server.media.received(self.upload()).await?,
        };
        Ok(receiving::status(&self.attachment, receipt, received))
    }

    async fn is_missing_chunks(&self, server: &Server) -> Result<bool, AppError> {
        Ok(server.media.received(self.upload()).await? < chunks(self.attachment.bytes))
    }

    /// Writes to the story what is served from now on.
    async fn note(&self, server: &Server, served: &Served) -> Result<(), AppError> {
        let mut ops = Ops::based_on(self.seq);
        for change in receiving::served_from_now_on(&self.story, served) {
            ops.change(ThingRef::story(self.id), change);
        }
        server.writer.push(ops.push()).await?;
        Ok(())
    }
}

struct Seen {
    seq: u64,
    story: Story,
}

/// The story, if this reader may see it and it was not deleted.
async fn seen(server: &Server, reader: &Reader, id: StoryId) -> Result<Seen, AppError> {
    let found = server.store.stories(reader, &[id]).await?.into_iter().next();
    let known = found.filter(|known| known.story.deleted_at.is_none()).ok_or(AppError::NotFound)?;
    Ok(Seen { seq: known.seq, story: known.story })
}

/// `GET /api/v1/attachments/STORY/ID`: the bytes that are served, or a range of them.
pub async fn bytes(
    State(server): State<Server>,
    session: Session,
    Path(Named { story, id }): Path<Named>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let seen = seen(&server, &session.reader, story).await?;
    let served = seen.story.served(id).ok_or(AppError::NotFound)?;
    let tag = format!("\"{}\"", served.sha256);
    let asked = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let head = [
        (header::CONTENT_SECURITY_POLICY, SANDBOX),
        (header::CACHE_CONTROL, EACH_TIME),
        (header::VARY, HeaderValue::from_static("cookie")),
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (header::ETAG, text(&tag)?),
        (header::CONTENT_TYPE, text(&served.media_type)?),
    ];
    if asked(header::IF_NONE_MATCH).is_some_and(|tags| tags.split(',').any(|known| known.trim() == tag)) {
        return Ok((StatusCode::NOT_MODIFIED, head).into_response());
    }
    // A range of something else than what was begun with is no use: then all of it.
    let same = asked(header::IF_RANGE).is_none_or(|known| known == tag);
    let range = asked(header::RANGE).filter(|_| same).and_then(|range| Range::read(range, served.bytes));
    let (from, to) = match range {
        None => (0, served.bytes),
        Some(Range::Part(from, to)) => (from, to),
        Some(Range::Outside) => {
            let whole = [(header::CONTENT_RANGE, text(&format!("bytes */{}", served.bytes))?)];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, head, whole).into_response());
        }
    };
    let bytes = server.media.read(served, from..to).await?.ok_or(AppError::NotFound)?;
    Ok(match range {
        None => (head, bytes).into_response(),
        Some(_) => {
            let part = text(&format!("bytes {from}-{}/{}", to - 1, served.bytes))?;
            (StatusCode::PARTIAL_CONTENT, head, [(header::CONTENT_RANGE, part)], bytes).into_response()
        }
    })
}

fn text(value: &str) -> Result<HeaderValue, AppError> {
    HeaderValue::from_str(value).map_err(|_| AppError::Broken)
}

/// A `Range` field (RFC 9110, 14.2) with a single range; others are passed over, and answered with all bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    /// From and to, the end excluded.
    Part(u64, u64),
    Outside,
}

impl Range {
    fn read(field: &str, bytes: u64) -> Option<Self> {
        let (from, to) = field.strip_prefix("bytes=")?.split_once('-')?;
        let (from, to) = match (from.trim(), to.trim()) {
            ("", last) => (bytes.saturating_sub(last.parse().ok()?), bytes),
            (from, "") => (from.parse().ok()?, bytes),
            (from, to) => (from.parse().ok()?, to.parse::<u64>().ok()?.saturating_add(1).min(bytes)),
        };
        Some(if from < to { Self::Part(from, to) } else { Self::Outside })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_players_write_them() {
        assert_eq!(Range::read("bytes=0-", 10), Some(Range::Part(0, 10)));
        assert_eq!(Range::read("bytes=2-4", 10), Some(Range::Part(2, 5)));
        assert_eq!(Range::read("bytes=2-400", 10), Some(Range::Part(2, 10)));
        assert_eq!(Range::read("bytes=-3", 10), Some(Range::Part(7, 10)));
        assert_eq!(Range::read("bytes=10-", 10), Some(Range::Outside));
        assert_eq!(Range::read("bytes=-0", 10), Some(Range::Outside));
        for odd in
            ["bytes=", "bytes=a-b", "lines=1-2", "bytes=1-2,4-5", "bytes=--1", "bytes=5-99999999999999999999"]
        {
            assert_eq!(Range::read(odd, 10), None, "{odd}");
        }
    }
}
