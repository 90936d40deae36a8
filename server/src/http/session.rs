//! Who is speaking.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use domain::{person::Reader, sync::ledger::From};

use super::{Server, error::AppError};
use crate::{credentials::Shown, returning, secrets, store::SecretHash};

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
        let https = came_by_https(server, &parts.headers);
        let Some(token) = cookie(&parts.headers, https) else { return Ok(Self(None)) };
        let known = server.store.person_of_session(&secrets::hash(token)).await?;
        let person = match known {
            Some(person) => Some(person),
            None => returning::session(server, token).await?,
        };
        let Some(person) = person else { return Ok(Self(None)) };
        let token = secrets::hash(token);
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

/// Someone who may push: by a device's own credential, which outlives signing out, or by a session. The credential lies
/// where the next person on a shared phone can read it, so that it has its person's rights only beside a session of the
/// same person, whose cookie no script can read.
pub struct Pusher(pub From);

impl FromRequestParts<Server> for Pusher {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, AppError> {
        let bearer = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(token) = bearer.and_then(|value| value.strip_prefix("Bearer ")) else {
            let session = Session::from_request_parts(parts, server).await?;
            return Ok(Self(From::Person(session.reader.person)));
        };
        let cookie = cookie(&parts.headers, came_by_https(server, &parts.headers));
        let shown = Shown { credential: secrets::hash(token), session: cookie.map(secrets::hash) };
        let owners = server.credentials.owners(shown).await?;
        let person = match owners.credential {
            Some(person) => person,
            None => returning::device(server, token).await?.ok_or(AppError::SignedOut)?,
        };
        let signed_in = match (owners.session, cookie) {
            (None, Some(cookie)) => returning::session(server, cookie).await?,
            (known, _) => known,
        };
        Ok(Self(if signed_in == Some(person) { From::Person(person) } else { From::SignedOut(person) }))
    }
}

/// With HTTPS the cookie is bound to this very host and to secure connections.
const SECURE_NAME: &str = "__Host-solsken";
const PLAIN_NAME: &str = "solsken";

/// The session's token. A plain cookie could have been set by a neighbouring host, to make this browser act as
/// somebody else: over HTTPS it is not looked at.
fn cookie(headers: &HeaderMap, https: bool) -> Option<&str> {
    let wanted = if https { SECURE_NAME } else { PLAIN_NAME };
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
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
    fn over_https_only_the_secure_cookie_is_taken() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=b; solsken=plain; __Host-solsken=secure"));
        assert_eq!(cookie(&headers, true), Some("secure"));
        assert_eq!(cookie(&headers, false), Some("plain"));
        assert!(set_cookie(Some("ab"), true).to_str().unwrap().starts_with("__Host-solsken=ab; Path=/; "));
        assert!(set_cookie(Some("ab"), true).to_str().unwrap().ends_with("; HttpOnly; SameSite=Lax; Secure"));
    }
}
