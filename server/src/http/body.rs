//! What a caller sends as JSON. One that cannot be read is answered in the same shape as every other error, and not
//! with the names of our types.

use axum::{
    Json,
    extract::{FromRequest, Request},
};
use serde::de::DeserializeOwned;

use super::error::AppError;

pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AppError> {
        let read = Json::from_request(request, state).await;
        read.map(|Json(body)| Self(body)).map_err(|rejection| AppError::Unreadable(rejection.status()))
    }
}
