//! The server, over HTTP.

use std::time::Duration;

use domain::sync::round::Trouble;
use js_sys::Uint8Array;
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestInit, Response};

use crate::scope;

/// An answer that takes longer is no answer. Long enough for a full page over a weak link.
const PATIENCE: Duration = Duration::from_secs(45);

/// One request. `Ok` holds status and body of whatever answered.
async fn send(
    method: &str,
    path: &str,
    body: Option<&JsValue>,
    headers: &[(&str, &str)],
) -> Result<(u16, String), Trouble> {
    let response = answer(method, path, body, headers).await?;
    // As bytes: a browser's own text would be made of it, and made into bytes again.
    let text = String::from_utf8(body_of(&response).await?);
    Ok((response.status(), text.unwrap_or_default()))
}

async fn answer(
    method: &str,
    path: &str,
    body: Option<&JsValue>,
    headers: &[(&str, &str)],
) -> Result<Response, Trouble> {
    let init = RequestInit::new();
    init.set_method(method);
    init.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE.as_millis() as u32)));
    if let Some(body) = body {
        init.set_body(body);
    }
    let all = Headers::new().map_err(|_| Trouble::Unreachable)?;
    for (name, value) in headers {
        all.set(name, value).map_err(|_| Trouble::Unreachable)?;
    }
    init.set_headers(&all);
    let response =
        JsFuture::from(scope().fetch_with_str_and_init(path, &init)).await.map_err(|error| why(&error))?;
    Ok(response.unchecked_into())
}

async fn body_of(response: &Response) -> Result<Vec<u8>, Trouble> {
    let buffer = response.array_buffer().map_err(|error| why(&error))?;
    let buffer = JsFuture::from(buffer).await.map_err(|error| why(&error))?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

fn why(error: &JsValue) -> Trouble {
    match error.dyn_ref::<web_sys::DomException>().map(web_sys::DomException::name).as_deref() {
        Some("TimeoutError" | "AbortError") => Trouble::Timeout,
        _ => Trouble::Unreachable,
    }
}

fn refused(status: u16) -> Trouble {
    match status {
        401 => Trouble::SignedOut,
        status => Trouble::Server(status),
    }
}

/// The body of a successful answer.
pub async fn get(path: &str) -> Result<String, Trouble> {
    match send("GET", path, None, &[]).await? {
        (200, body) => Ok(body),
        (status, _) => Err(refused(status)),
    }
}

/// Pushes lines of ops with a device's own credential.
pub async fn push<T: DeserializeOwned>(path: &str, body: &str, token: Option<&str>) -> Result<T, Trouble> {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("content-type", "application/x-ndjson")];
    headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
    match send("POST", path, Some(&body.into()), &headers).await? {
        (200, body) => serde_json::from_str(&body).map_err(|_| Trouble::NotSolsken),
        (status, _) => Err(refused(status)),
    }
}

/// Asks in JSON.
pub async fn ask<T: DeserializeOwned>(path: &str, question: &impl Serialize) -> Result<T, Trouble> {
    match post(path, question).await? {
        (200, body) => serde_json::from_str(&body).map_err(|_| Trouble::NotSolsken),
        (status, _) => Err(refused(status)),
    }
}

/// The bytes of a successful answer.
pub async fn bytes(path: &str) -> Result<Vec<u8>, Trouble> {
    let response = answer("GET", path, None, &[]).await?;
    if response.status() != 200 {
        return Err(refused(response.status()));
    }
    body_of(&response).await
}

/// One step of an upload: with bytes and their digest, if it has any.
pub async fn upload<T: DeserializeOwned, E: DeserializeOwned>(
    method: &str,
    path: &str,
    body: Option<(&[u8], &str)>,
    token: Option<&str>,
) -> Result<Said<T, E>, Trouble> {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers: Vec<_> = bearer.as_deref().map(|bearer| ("authorization", bearer)).into_iter().collect();
    headers.extend(body.map(|(_, digest)| ("content-digest", digest)));
    let bytes = body.map(|(bytes, _)| Uint8Array::from(bytes).into());
    match send(method, path, bytes.as_ref(), &headers).await? {
        // Only with these the server refuses what it is sent; with others it is the moment that is not right.
        answer @ (200 | 403 | 413 | 415, _) => Ok(read(answer)),
        (status, _) => Err(refused(status)),
    }
}

fn read<T: DeserializeOwned, E: DeserializeOwned>((status, body): (u16, String)) -> Said<T, E> {
    #[derive(serde::Deserialize)]
    struct Refusal<E> {
        error: E,
    }
    match status {
        200 => match serde_json::from_str(&body) {
            Ok(answer) => Said::Yes(answer),
            Err(_) => Said::Trouble(Trouble::NotSolsken),
        },
        status => match serde_json::from_str::<Refusal<E>>(&body) {
            Ok(refusal) => Said::No(refusal.error),
            Err(_) => Said::Trouble(refused(status)),
        },
    }
}

/// What the server says to a request that it may refuse with a reason of its own.
pub enum Said<T, E> {
    Yes(T),
    No(E),
    Trouble(Trouble),
}

/// Asks in JSON. What is refused with `{"error": …}` of our own comes back as `No`.
pub async fn request<T: DeserializeOwned, E: DeserializeOwned>(
    path: &str,
    question: &impl Serialize,
) -> Said<T, E> {
    match post(path, question).await {
        Ok(answer) => read(answer),
        Err(trouble) => Said::Trouble(trouble),
    }
}

async fn post(path: &str, question: &impl Serialize) -> Result<(u16, String), Trouble> {
    let body = serde_json::to_string(question).map_err(|_| Trouble::NotSolsken)?;
    send("POST", path, Some(&body.into()), &[("content-type", "application/json")]).await
}
