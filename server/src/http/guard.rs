//! What holds for every answer, and how guessing is slowed.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::ports::JoinError;
use tower_http::csrf::{CsrfLayer, ProtectionError};

use super::{Server, error::AppError, session::came_by_https};
use crate::config::Config;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// For everything that is not a page: nothing may be loaded, framed or run.
const CSP_NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

const ALWAYS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(self), geolocation=(), payment=(), usb=(), interest-cohort=()",
    ),
];

pub async fn headers(State(server): State<Server>, request: Request, next: Next) -> Response {
    let https = came_by_https(&server, request.headers());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(CSP_NOTHING));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if https {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    response
}

/// Takes what changes something only from our own pages, as the browser's `Sec-Fetch-Site` says or, in older ones,
/// `Origin`. That is compared with the address in the settings, and with `Host`, which a proxy may have written anew.
/// [`refuse_other_sites`] goes around it.
pub fn same_origin(config: &Config) -> CsrfLayer {
    let layer = CsrfLayer::new();
    match config.named_url() {
        Some(url) => layer.add_trusted_origin(url.as_str()).expect("an address is an origin"),
        None => layer,
    }
}

/// Says in our own shape what [`same_origin`] refuses, and refuses whatever a browser says comes from another site, also
/// where the origin beside it is ours.
pub async fn refuse_other_sites(request: Request, next: Next) -> Response {
    let is_upload = request.uri().path().starts_with("/api/v1/attachments/");
    let said =
        [SEC_FETCH_SITE, header::ORIGIN, header::HOST].map(|name| request.headers().get(name).cloned());
    let comes_from_us = |site: &HeaderValue| site.is_empty() || site == "same-origin" || site == "none";
    if request.method().is_safe() || said[0].as_ref().is_none_or(comes_from_us) {
        let response = next.run(request).await;
        if response.extensions().get::<ProtectionError>().is_none() {
            return response;
        }
    }
    let [site, origin, host] = said;
    tracing::warn!(
        ?origin,
        ?host,
        ?site,
        "a page of another address than the server's was refused; see --url"
    );
    if is_upload {
        // Phones take 403 for the last word on an attachment, and this is none.
        return AppError::BadRequest("the request comes from a page of another address").into_response();
    }
    AppError::Join(JoinError::WrongAddress).into_response()
}

/// A page may run our own files and compile our wasm, and show the small pictures that come with its stories; with a nonce, also the data that it was rendered with.
pub fn csp_for_page(nonce: Option<&str>) -> HeaderValue {
    let nonce = nonce.map(|nonce| format!(" 'nonce-{nonce}'")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{nonce}; style-src 'self'; img-src 'self' blob: data:; \
         media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).expect("a nonce is base64")
}

/// Wrong codes, counted by address and all together. A shop floor shares one address, so that one's budget is
/// generous; the overall one is what keeps a code safe within its lifetime.
#[derive(Debug, Default)]
pub struct Guesses {
    wrong: Mutex<HashMap<String, Window>>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    began: Instant,
    wrong: u32,
}

const WINDOW: Duration = Duration::from_secs(10 * 60);
/// Wrong codes from one address in ten minutes.
const EACH: u32 = 20;
/// Wrong codes from everywhere in ten minutes. With 2³⁰ codes, 14 days of this find one of ten valid codes with a
/// chance of 10 · 200 · 2016 / 2³⁰ ≈ 0.4 %.
const ALL: u32 = 200;
const EVERYWHERE: &str = "*";

impl Guesses {
    /// Takes one try, if one is left. It is taken before the code is looked up: or a thousand guesses sent at once
    /// would all find the same one.
    pub fn take(&self, address: &str, now: Instant) -> bool {
        let mut wrong = self.lock();
        wrong.retain(|_, window| now.duration_since(window.began) <= WINDOW);
        let left = |who: &str, most: u32| wrong.get(who).is_none_or(|window| window.wrong < most);
        if !left(address, EACH) || !left(EVERYWHERE, ALL) {
            return false;
        }
        for who in [address, EVERYWHERE] {
            wrong.entry(who.to_owned()).or_insert(Window { began: now, wrong: 0 }).wrong += 1;
        }
        true
    }

    /// Gives a try back: the code was right.
    pub fn give_back(&self, address: &str) {
        let mut wrong = self.lock();
        for who in [address, EVERYWHERE] {
            if let Some(window) = wrong.get_mut(who) {
                window.wrong = window.wrong.saturating_sub(1);
            }
        }
        wrong.retain(|_, window| window.wrong > 0);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Window>> {
        self.wrong.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_is_slowed_and_forgiven_after_a_while() {
        let guesses = Guesses::default();
        let start = Instant::now();
        for _ in 0..EACH {
            assert!(guesses.take("a", start));
        }
        assert!(!guesses.take("a", start));
        assert!(guesses.take("b", start), "a neighbour is not punished");
        assert!(guesses.take("a", start + WINDOW + Duration::from_secs(1)));
    }

    #[test]
    fn many_addresses_share_one_budget() {
        let guesses = Guesses::default();
        let start = Instant::now();
        for n in 0..ALL {
            assert!(guesses.take(&n.to_string(), start));
        }
        assert!(!guesses.take("fresh", start));
        guesses.give_back("7");
        assert!(guesses.take("fresh", start), "a right code costs nothing");
    }
}
