//! The library, for phones that do not hold everything.

use axum::{Json, extract::State};
use domain::ports::{Answer, Library, Question, Unavailable};

use super::{Server, body::Body, error::AppError, session::Visitor};
use crate::library::ReadersLibrary;

/// `POST /api/v1/library`: one question, one answer.
pub async fn answer(
    State(server): State<Server>,
    Visitor(session): Visitor,
    Body(question): Body<Question>,
) -> Result<Json<Answer>, AppError> {
    let reader = session.map(|session| session.reader);
    let library = ReadersLibrary { store: server.store.clone(), reader };
    library.ask(question).await.map(Json).map_err(|why| match why {
        Unavailable::SignedOut => AppError::SignedOut,
        // The library has noted the cause.
        Unavailable::Unreachable | Unavailable::Storage | Unavailable::Broken => AppError::Broken,
    })
}
