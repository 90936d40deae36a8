//! The server, over HTTP.

use std::time::Duration;

use domain::sync::{round::Trouble, wire::Token};
use js_sys::Uint8Array;
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestInit, Response};

use crate::scope;

/// An answer that takes longer is no answer.
const PATIENCE: Duration = Duration::from_secs(45);
/// What a line carries that is worth waiting for, in bytes a second. Only a body that cannot be made smaller is given
/// the time that it takes.
const SLOWEST: u32 = 4_000;

/// One request. `Ok` holds status and body of whatever answered.
async fn send(
    method: &str,
    path: &str,
    body: Option<&JsValue>,
    headers: &[(&str, &str)],
) -> Result<(u16, String), Trouble> {
    send_within(PATIENCE, method, path, body, headers).await
}

async fn send_within(
    patience: Duration,
    method: &str,
    path: &str,
    body: Option<&JsValue>,
    headers: &[(&str, &str)],
) -> Result<(u16, String), Trouble> {
    let response = answer(patience, method, path, body, headers).await?;
    // As bytes: a browser's own text would be made of it, and made into bytes again.
    let text = String::from_utf8(body_of(&response).await?);
    Ok((response.status(), text.unwrap_or_default()))
}

async fn answer(
    patience: Duration,
    method: &str,
    path: &str,
    body: Option<&JsValue>,
    headers: &[(&str, &str)],
) -> Result<Response, Trouble> {
    let init = RequestInit::new();
    init.set_method(method);
    init.set_signal(Some(&AbortSignal::timeout_with_u32(patience.as_millis() as u32)));
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
    // Its head has come, so there is a network, and something that answers.
    let cut_off = |error: JsValue| match why(&error) {
        Trouble::Unreachable => Trouble::CutOff,
        trouble => trouble,
    };
    let buffer = JsFuture::from(response.array_buffer().map_err(cut_off)?).await.map_err(cut_off)?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

fn why(error: &JsValue) -> Trouble {
    match error.dyn_ref::<web_sys::DomException>().map(web_sys::DomException::name).as_deref() {
        Some("TimeoutError" | "AbortError") => Trouble::Timeout,
        _ => Trouble::Unreachable,
    }
}

/// What an answer means that is no success. The server says why in JSON (`{"error": …}`); what comes without that is of
/// a proxy, a filter or a captive portal, and says nothing about who is signed in or what the server takes.
fn refused(status: u16, body: &str) -> Trouble {
    #[derive(serde::Deserialize)]
    struct Ours {
        #[serde(rename = "error")]
        _error: serde::de::IgnoredAny,
    }
    let ours = serde_json::from_str::<Ours>(body).is_ok();
    match status {
        401 if ours => Trouble::SignedOut,
        408 => Trouble::Timeout,
        413 => Trouble::TooLarge,
        // A proxy that finds no server behind it says so in its own words.
        500..=599 => Trouble::Server(status),
        _ if ours => Trouble::Server(status),
        _ => Trouble::NotSolsken,
    }
}

/// The body of a successful answer.
pub async fn get(path: &str) -> Result<String, Trouble> {
    match send("GET", path, None, &[]).await? {
        (200, body) => Ok(body),
        (status, body) => Err(refused(status, &body)),
    }
}

/// Pushes lines of ops with a device's own credential. A single line is given as long as it takes on a slow line.
pub async fn push<T: DeserializeOwned>(path: &str, body: &str, token: Option<&str>) -> Result<T, Trouble> {
    let patience = match body.trim_end().contains('\n') {
        true => PATIENCE,
        false => PATIENCE + Duration::from_secs(1) * (body.len() as u32 / SLOWEST),
    };
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("content-type", "application/x-ndjson")];
    headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
    match send_within(patience, "POST", path, Some(&body.into()), &headers).await? {
        (200, body) => serde_json::from_str(&body).map_err(|_| Trouble::NotSolsken),
        (status, body) => Err(refused(status, &body)),
    }
}

/// The path with those tokens that there are. They need no escapes.
pub fn with_query<const N: usize>(path: &str, tokens: [(&str, Option<&Token>); N]) -> String {
    let mut path = path.to_owned();
    for (name, token) in tokens.into_iter().filter_map(|(name, token)| Some((name, token?))) {
        let mark = if path.contains('?') { '&' } else { '?' };
        path.push(mark);
        path.extend([name, "=", token.0.as_str()]);
    }
    path
}

/// Asks in JSON.
pub async fn ask<T: DeserializeOwned>(path: &str, question: &impl Serialize) -> Result<T, Trouble> {
    match post(path, question).await? {
        (200, body) => serde_json::from_str(&body).map_err(|_| Trouble::NotSolsken),
        (status, body) => Err(refused(status, &body)),
    }
}

/// The bytes of a successful answer.
pub async fn bytes(path: &str) -> Result<Vec<u8>, Trouble> {
    let response = answer(PATIENCE, "GET", path, None, &[]).await?;
    let bytes = body_of(&response).await?;
    match response.status() {
        200 => Ok(bytes),
        status => Err(refused(status, &String::from_utf8_lossy(&bytes))),
    }
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
        (status, body) => Err(refused(status, &body)),
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
            Err(_) => Said::Trouble(refused(status, &body)),
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
