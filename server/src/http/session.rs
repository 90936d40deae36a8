//! Who is speaking.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use domain::{id::PersonId, person::Reader};

use super::{Server, error::AppError};
use crate::{secrets, store::SecretHash};

/// Sessions last as long as browsers let cookies last: 400 days from the latest visit.
const COOKIE_SECONDS: u32 = 400 * 24 * 60 * 60;

/// Someone with a session.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    pub reader: Reader,
    pub token: SecretHash,
}

/// Perhaps someone with a session.
pub struct Visitor(pub Option<Session>);

impl FromRequestParts<Server> for Visitor {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, AppError> {
        let Some(token) = cookie(&parts.headers) else { return Ok(Self(None)) };
        let token = secrets::hash(token);
        let Some(person) = server.store.person_of_session(&token).await? else { return Ok(Self(None)) };
        let reader = server.store.reader(person).await?;
        Ok(Self(reader.map(|reader| Session { reader, token })))
    }
}

impl FromRequestParts<Server> for Session {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, AppError> {
        let Visitor(session) = Visitor::from_request_parts(parts, server).await?;
        session.ok_or(AppError::SignedOut)
    }
}

/// Someone who may push: by a device's own credential, which outlives signing out, or by a session.
pub struct Pusher(pub PersonId);

impl FromRequestParts<Server> for Pusher {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, AppError> {
        let bearer = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if let Some(token) = bearer.and_then(|value| value.strip_prefix("Bearer ")) {
            let person = server.store.person_of_push_token(&secrets::hash(token)).await?;
            return person.map(Self).ok_or(AppError::SignedOut);
        }
        let session = Session::from_request_parts(parts, server).await?;
        Ok(Self(session.reader.person))
    }
}

/// With HTTPS the cookie is bound to this very host and to secure connections.
const SECURE_NAME: &str = "__Host-solsken";
const PLAIN_NAME: &str = "solsken";

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut found = None;
    for (name, value) in pairs {
        match name {
            SECURE_NAME => return Some(value),
            PLAIN_NAME => found = Some(value),
            _ => {}
        }
    }
    found
}

/// Sets the session's cookie, or takes it away when there is no token.
pub fn set_cookie(token: Option<&str>, https: bool) -> HeaderValue {
    let (name, secure) = if https { (SECURE_NAME, "; Secure") } else { (PLAIN_NAME, "") };
    let age = if token.is_some() { COOKIE_SECONDS } else { 0 };
    let value = token.unwrap_or_default();
    let cookie = format!("{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&cookie).expect("a token is hexadecimal")
}

/// Whether the phone came by HTTPS: the settings say so, or the proxy in front does.
pub fn came_by_https(server: &Server, headers: &HeaderMap) -> bool {
    let forwarded = headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https");
    server.config.is_https() || forwarded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secure_cookie_is_taken_before_a_plain_one() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=b; solsken=plain; __Host-solsken=secure"));
        assert_eq!(cookie(&headers), Some("secure"));
        assert!(set_cookie(Some("ab"), true).to_str().unwrap().starts_with("__Host-solsken=ab; Path=/; "));
        assert!(set_cookie(Some("ab"), true).to_str().unwrap().ends_with("; HttpOnly; SameSite=Lax; Secure"));
    }
}
