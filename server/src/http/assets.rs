use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};

use super::{Server, error::AppError};
use crate::site::Site;

/// The name of an asset changes with its content: it never has to be asked for again.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Always asked for anew, answered in a few bytes when nothing has changed.
const EACH_TIME: HeaderValue = HeaderValue::from_static("no-cache");
/// A worker has the policy that its script was served with: it fetches from here, and runs our scripts and our wasm.
const WORKER: HeaderValue =
    HeaderValue::from_static("default-src 'none'; connect-src 'self'; script-src 'self' 'wasm-unsafe-eval'");

pub async fn asset(
    State(server): State<Server>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let accepts =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let brotli = accepts.split(',').any(|coding| coding.trim().split(';').next() == Some("br"));
    // Missing assets are missing: never a page in their place.
    let file = server.site.asset(&format!("/assets/{path}"), brotli).ok_or(AppError::NotFound)?;
    let mut response = file.bytes.into_owned().into_response();
    let headers = response.headers_mut();
    let mime = HeaderValue::from_str(&file.mime).map_err(|_| AppError::Broken)?;
    if file.mime.contains("javascript") {
        headers.insert(header::CONTENT_SECURITY_POLICY, WORKER);
    }
    headers.insert(header::CONTENT_TYPE, mime);
    headers.insert(header::CACHE_CONTROL, FOR_EVER);
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if file.brotli {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    Ok(response)
}

pub async fn service_worker(State(server): State<Server>) -> Response {
    let script = match server.config.retire_worker {
        true => Site::retired_worker().to_owned(),
        false => server.site.service_worker(),
    };
    text(script, "text/javascript; charset=utf-8")
}

pub async fn manifest(State(server): State<Server>) -> Response {
    text(server.site.manifest(), "application/manifest+json")
}

fn text(body: String, mime: &'static str) -> Response {
    let mime = HeaderValue::from_static(mime);
    let headers = [
        (header::CONTENT_TYPE, mime),
        (header::CACHE_CONTROL, EACH_TIME),
        (header::CONTENT_SECURITY_POLICY, WORKER),
    ];
    (headers, body).into_response()
}
