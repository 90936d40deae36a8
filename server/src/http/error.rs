//! What a caller can be told: the one place where errors become statuses.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{ports::JoinError, sync::upload::Refusal};
use serde_json::json;

use crate::{media::MediaError, people::WelcomeError, store::StoreError, writer::WriteError};

#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error("sign in first")]
    SignedOut,
    #[error("there is nothing here")]
    NotFound,
    #[error("pages are only read")]
    WrongMethod,
    #[error("{0}")]
    BadRequest(&'static str),
    /// With the status that says why.
    #[error("{}", unreadable(*.0))]
    Unreadable(StatusCode),
    #[error("the server is busy; come again")]
    Busy,
    #[error("the server has no room left")]
    Full,
    #[error("something went wrong")]
    Broken,
    /// An attachment that is not taken.
    #[error("the attachment is not taken")]
    Refused(Refusal),
    #[error(transparent)]
    Join(#[from] JoinError),
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, source = ?std::error::Error::source(&error), "the store did not answer");
        Self::of(&error)
    }
}

impl From<MediaError> for AppError {
    fn from(error: MediaError) -> Self {
        tracing::error!(%error, source = ?std::error::Error::source(&error), "attachments were not kept or read");
        if error.is_full() { Self::Full } else { Self::Broken }
    }
}

impl From<WriteError> for AppError {
    fn from(error: WriteError) -> Self {
        match error {
            // The writer has noted the cause.
            WriteError::Store(error) => Self::of(&error),
            WriteError::Busy => Self::Busy,
        }
    }
}

impl From<WelcomeError> for AppError {
    fn from(error: WelcomeError) -> Self {
        match error {
            WelcomeError::Store(error) => error.into(),
            WelcomeError::Write(error) => error.into(),
        }
    }
}

impl AppError {
    fn of(error: &StoreError) -> Self {
        match error {
            StoreError::Busy(_) | StoreError::RolledBack => Self::Busy,
            StoreError::Full(_) => Self::Full,
            _ => Self::Broken,
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unreadable(status) => *status,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Full => StatusCode::INSUFFICIENT_STORAGE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Refused(Refusal::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Refused(Refusal::NotAllowed) => StatusCode::FORBIDDEN,
            Self::Refused(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Join(JoinError::NoSuchInvite) => StatusCode::NOT_FOUND,
            Self::Join(JoinError::SlowDown) => StatusCode::TOO_MANY_REQUESTS,
            Self::Join(JoinError::WrongAddress) => StatusCode::FORBIDDEN,
            Self::Join(JoinError::NoName | JoinError::TooLong) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Join(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = match self {
            Self::Join(error) => json!({ "error": error }),
            Self::Refused(refusal) => json!({ "error": refusal }),
            error => json!({ "error": error.to_string() }),
        };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static("2"));
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(header::ALLOW, header::HeaderValue::from_static("GET, HEAD"));
        }
        response
    }
}

fn unreadable(status: StatusCode) -> &'static str {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => "the body is too large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "the body must be application/json",
        _ => "the body is not what this address takes",
    }
}

pub async fn no_such_route() -> AppError {
    AppError::NotFound
}
