//! What a caller sends. One that cannot be read is answered in the same shape as every other error, and not with the
//! names of our types: by that shape a phone knows our refusals from those of a proxy.

use axum::{
    Json,
    extract::{FromRequest, Request},
};
use serde::de::DeserializeOwned;

use super::error::AppError;

/// JSON.
pub struct Body<T>(pub T);

/// Lines of JSON.
pub struct Lines(pub String);

impl<S: Send + Sync> FromRequest<S> for Lines {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AppError> {
        let read = String::from_request(request, state).await;
        read.map(Self).map_err(|rejection| AppError::Unreadable(rejection.status()))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AppError> {
        let read = Json::from_request(request, state).await;
        read.map(|Json(body)| Self(body)).map_err(|rejection| AppError::Unreadable(rejection.status()))
    }
}
