//! Joining and leaving.

use std::{net::SocketAddr, time::Instant};

use axum::{
    Json,
    extract::{ConnectInfo, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use domain::{
    id::{DeviceId, PersonId},
    ports::{InviteView, JoinError, JoinForm, Labels},
    view::Me,
};
use serde::{Deserialize, Serialize};

use super::{
    Server,
    body::Body,
    error::AppError,
    session::{Session, came_by_https, set_cookie},
};
use crate::{
    clock,
    people::{self, Newcomer},
    returning, secrets,
    store::{Invite, Joined},
};

#[derive(Deserialize)]
pub struct Code {
    code: String,
}

/// `POST /api/v1/invite`: what an invite opens. Wrong codes are slowed; whether a code was never given, is used up
/// or too old, nobody is told.
pub async fn look_at_invite(
    State(server): State<Server>,
    from: From,
    Body(Code { code }): Body<Code>,
) -> Result<Json<InviteView>, AppError> {
    let invite = find(&server, &from, &code).await?;
    let names = server.store.names(&[]).await?;
    // Whoever holds an invite chooses a place, and has seen no story yet.
    Ok(Json(InviteView { role: invite.role, labels: Labels::of(&names).with_tags(|_| false) }))
}

#[derive(Deserialize)]
pub struct JoinAsk {
    #[serde(flatten)]
    form: JoinForm,
    device: DeviceId,
}

/// What a phone is given when its person joins.
#[derive(Serialize)]
pub struct Welcome {
    me: Me,
    push_token: String,
}

/// `POST /api/v1/join`: an invite becomes a person, a device and a session.
pub async fn join(
    State(server): State<Server>,
    from: From,
    headers: HeaderMap,
    Body(ask): Body<JoinAsk>,
) -> Result<Response, AppError> {
    let invite = find(&server, &from, &ask.form.code).await?;
    let newcomer = Newcomer::of(&ask.form, invite.role)?;
    let person = PersonId::mint(clock::now(), &clock::randomness());
    let session = returning::session_token(&server, person);
    let push_token = returning::push_token(&server, ask.device, person, &newcomer);
    let joined = Joined {
        person,
        device: ask.device,
        session: secrets::hash(&session),
        push_token: secrets::hash(&push_token),
        at: clock::now(),
    };
    // First the person, then the session: should the power go in between, the invite can still be used.
    let me = people::welcome(&server, person, &newcomer).await?;
    match server.store.join(invite.id, &joined).await {
        Ok(true) => {}
        came_to_nothing => {
            people::turn_away(&server, person).await?;
            came_to_nothing?;
            return Err(JoinError::NoSuchInvite.into());
        }
    }
    let cookie = set_cookie(Some(&session), came_by_https(&server, &headers));
    Ok(([(header::SET_COOKIE, cookie)], Json(Welcome { me, push_token })).into_response())
}

#[derive(Deserialize)]
pub struct DeviceAsk {
    device: DeviceId,
}

/// `POST /api/v1/device`: a browser that kept its cookie but lost its store gets a device anew.
pub async fn add_device(
    State(server): State<Server>,
    session: Session,
    Body(ask): Body<DeviceAsk>,
) -> Result<Json<Welcome>, AppError> {
    let reader = session.reader.person;
    let person = server.store.person(reader).await?.ok_or(AppError::SignedOut)?;
    let names = server.store.names(&[]).await?;
    let push_token = returning::push_token(&server, ask.device, reader, &Newcomer::known(&person, &names));
    server.store.add_device(ask.device, reader, &secrets::hash(&push_token), clock::now()).await?;
    Ok(Json(Welcome { me: Me::of(reader, &person, &names), push_token }))
}

/// `POST /api/v1/sign-out`: ends the session. The device's push credential stays, so that unsent work still arrives.
pub async fn sign_out(
    State(server): State<Server>,
    session: Session,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    server.store.end_session(&session.token, clock::now()).await?;
    let cookie = set_cookie(None, came_by_https(&server, &headers));
    Ok(([(header::SET_COOKIE, cookie)], Json(serde_json::json!({}))).into_response())
}

async fn find(server: &Server, from: &From, typed: &str) -> Result<Invite, AppError> {
    let typed = typed.trim();
    // Not slowed, or whoever guesses codes could keep out those who were sent a link.
    if secrets::is_link_secret(typed) {
        let link = server.store.find_invite(&secrets::hash(typed), clock::now()).await?;
        return link.ok_or(JoinError::NoSuchInvite.into());
    }
    if !server.guesses.take(&from.0, Instant::now()) {
        return Err(JoinError::SlowDown.into());
    }
    let code = secrets::hash(&secrets::tidy_code(typed));
    let found = server.store.find_invite(&code, clock::now()).await;
    if !matches!(found, Ok(None)) {
        server.guesses.give_back(&from.0);
    }
    found?.ok_or(JoinError::NoSuchInvite.into())
}

/// The address that asks, as the proxy in front names it, else the connection's own.
pub struct From(String);

impl axum::extract::FromRequestParts<Server> for From {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        _server: &Server,
    ) -> Result<Self, Self::Rejection> {
        let connection = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let behind_proxy = connection.is_none_or(|ip| ip.is_loopback());
        let forwarded = parts.headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
        // The last entry is the one our own proxy wrote; the others are what the caller claims.
        let named = forwarded.filter(|_| behind_proxy).and_then(|list| list.rsplit(',').next());
        let address = named.map(|name| name.trim().to_owned()).or(connection.map(|ip| ip.to_string()));
        Ok(Self(address.unwrap_or_default()))
    }
}
