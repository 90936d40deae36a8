//! The versioned API that phones sync by.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, Query, State},
    http::{HeaderValue, header, request::Parts},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use domain::{
    id::Epoch,
    sync::{
        handback::{HandBackAnswer, taken_up},
        ledger::{From, Incoming, Push},
        wire::{Cursor, LEAST_PAGE_BYTES, Outcome, PAGE_BYTES, PAGE_RECORDS, PUSH_OPS, Receipt, Token},
    },
};
use futures::{Stream, StreamExt};
use serde::Deserialize;
use tokio_stream::wrappers::WatchStream;

use super::{
    Server,
    body::Lines,
    error::AppError,
    session::{Pusher, Session},
};
use crate::{clock, pull::Pull};

/// `POST /api/v1/sync/push`: one op a line. Answers with one receipt a line, each on disk before it is given.
pub async fn push(
    State(server): State<Server>,
    _: Known,
    Pusher(from): Pusher,
    Lines(body): Lines,
) -> Result<Response, AppError> {
    let lines: Vec<&str> = body.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.len() > PUSH_OPS {
        return Err(AppError::BadRequest("a push holds 1000 ops at most"));
    }
    let ops = lines.into_iter().map(Incoming::read).collect();
    let answer = server.writer.push(Push { from, ops, now: clock::now() }).await?;
    Ok(axum::Json(answer.signed(&server.key)).into_response())
}

/// The furthest position at which the phone knows the server to have been: `known=…`, under the server's mark, and beside
/// it perhaps a cursor. It is heard before anything else, also before anybody is asked who they are: a database that went
/// back in time may know nobody any more who joined since.
pub struct Known;

#[derive(Deserialize)]
struct KnownQuery {
    known: Option<Token>,
    cursor: Option<Token>,
}

impl FromRequestParts<Server> for Known {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, AppError> {
        // Whoever else reads the query says what is wrong with it.
        let Ok(Query(KnownQuery { known: Some(known), cursor })) = Query::try_from_uri(&parts.uri) else {
            return Ok(Self);
        };
        let Some(position) = server.key.open_cursor(&known) else { return Ok(Self) };
        if !server.store.has_been_at(&position).await? {
            let cursor = cursor.and_then(|cursor| server.key.open_cursor(&cursor));
            let positions: Vec<Cursor> = [position].into_iter().chain(cursor).collect();
            server.writer.hear(&positions).await?;
        }
        Ok(Self)
    }
}

#[derive(Deserialize)]
pub struct HandBackQuery {
    epoch: Epoch,
    known: Option<Token>,
}

/// `POST /api/v1/sync/handback?epoch=…`: records, one a line, as this server's before a restore has said them to the
/// phone. Answers with how many are in the library again, on disk; whoever brings the position that they know is told
/// the server's.
pub async fn hand_back(
    State(server): State<Server>,
    _: Known,
    _session: Session,
    Query(HandBackQuery { epoch, known }): Query<HandBackQuery>,
    Lines(body): Lines,
) -> Result<Response, AppError> {
    let answer = |taken, position| {
        axum::Json(match known {
            Some(_) => HandBackAnswer::Taken { taken, position },
            None => HandBackAnswer::Count(taken),
        })
    };
    let head = server.store.head().await?;
    let Some(fork) = server.store.forks().await?.of(epoch, head.epoch) else {
        return Ok(answer(0, None).into_response());
    };
    let ops: Vec<Incoming> = taken_up(&body, &fork, &server.key).into_iter().map(Incoming::of).collect();
    let written = server.writer.push(Push { from: From::System, ops, now: clock::now() }).await?;
    let written = written.signed(&server.key);
    let refused = |receipt: &&Receipt| matches!(receipt.outcome, Outcome::Rejected(_));
    let taken = written.receipts.iter().filter(|receipt| !refused(receipt)).count();
    Ok(answer(taken, written.position).into_response())
}

#[derive(Deserialize)]
pub struct PullQuery {
    cursor: Option<Token>,
    /// Phones on slow lines ask for smaller pages. Older ones do not know how to.
    bytes: Option<usize>,
}

/// `GET /api/v1/sync/pull?cursor=…&bytes=…`: a header line, then one record a line. The page holds no more than `bytes`,
/// but always one record.
pub async fn pull(
    State(server): State<Server>,
    _: Known,
    session: Session,
    Query(query): Query<PullQuery>,
) -> Result<Response, AppError> {
    let pull = Pull {
        person: session.reader.person,
        cursor: query.cursor.as_ref(),
        limit: PAGE_RECORDS,
        bytes: query.bytes.unwrap_or(PAGE_BYTES).clamp(LEAST_PAGE_BYTES, PAGE_BYTES),
        stories: server.config.phone_stories,
    };
    let mut pulled = pull.page(server.store.as_ref(), &server.key).await?;
    if let Some(cursor) = pulled.unfit
        && !server.store.has_been_at(&cursor).await?
    {
        server.writer.hear(&[cursor]).await?;
        pulled = pull.page(server.store.as_ref(), &server.key).await?;
    }
    let mime = HeaderValue::from_static("application/x-ndjson");
    Ok(([(header::CONTENT_TYPE, mime)], pulled.body).into_response())
}

/// `GET /api/v1/sync/news`: a word whenever there is something to pull. It says no more than that.
pub async fn news(
    State(server): State<Server>,
    _session: Session,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut stopping = server.stopping.clone();
    let stopped = Box::pin(async move { while stopping.changed().await.is_ok() {} });
    let news = WatchStream::from_changes(server.writer.news()).take_until(stopped);
    Sse::new(news.map(|seq| Ok(Event::default().data(seq.to_string())))).keep_alive(KeepAlive::default())
}
