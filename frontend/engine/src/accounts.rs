//! Joining and leaving on this phone.

use std::{rc::Rc, time::Duration};

use domain::{
    id::DeviceId,
    ports::{InviteView, JoinError, JoinForm},
    sync::{
        phone::{DeviceRow, Transaction},
        round::Trouble,
    },
    view::Me,
};
use serde::{Deserialize, Serialize};
use wasm_bindgen_futures::spawn_local;
use web::{now, randomness};

use crate::{
    drafts,
    net::{self, Said},
    phone::{ME, Phone},
    store::StoreError,
    sync::Syncer,
    tabs,
};

/// Somebody has signed out, and the server does not know it yet.
const LEAVING: &str = "leaving";
/// What begins or ends a session does so alone.
const SESSION: &str = "solsken-session";
/// How long a session that is to end waits for what was done in it to be sent.
const FAREWELL: Duration = Duration::from_secs(10);

pub struct Accounts {
    phone: Rc<Phone>,
    syncer: Rc<Syncer>,
}

impl Accounts {
    pub fn new(phone: Rc<Phone>, syncer: Rc<Syncer>) -> Self {
        Self { phone, syncer }
    }
}

#[derive(Serialize)]
struct JoinAsk<'a> {
    #[serde(flatten)]
    form: &'a JoinForm,
    device: DeviceId,
}

/// What the server gives to someone who joins.
#[derive(Deserialize)]
struct Welcome {
    me: Me,
    push_token: String,
}

impl Accounts {
    pub async fn look_at_invite(&self, code: &str) -> Result<InviteView, JoinError> {
        answer(net::request("/api/v1/invite", &serde_json::json!({ "code": code })).await)
    }

    pub async fn join(&self, form: &JoinForm) -> Result<Me, JoinError> {
        // A browser that cannot keep anything must not use up the invite.
        self.phone.store.check().await.map_err(|_| JoinError::Storage)?;
        let device = DeviceId::mint(now(), &randomness());
        let ask = JoinAsk { form, device };
        // A session that is just being ended must not take the new one's cookie with it.
        let joining = tabs::alone(SESSION, net::request("/api/v1/join", &ask));
        let Welcome { me, push_token } = answer(joining.await)?;
        self.settle_in(device, &me, push_token).await.map_err(|_| JoinError::Storage)?;
        self.syncer.poke();
        Ok(me)
    }

    /// Ends the session on this phone, at once and whether or not the server can be reached. What waits to be sent is
    /// still sent.
    pub async fn sign_out(&self) -> Result<(), StoreError> {
        let store = &self.phone.store;
        self.phone.sign_out().await?;
        store.set_meta(ME, "").await?;
        store.set_meta(LEAVING, "yes").await?;
        self.phone.page.set_me(None);
        self.phone.tabs.tell_changed();
        self.end_session();
        self.syncer.poke();
        Ok(())
    }

    /// Tells the server that whoever signed out here is gone, as soon as it can be told. Until then the browser still
    /// holds the cookie, and a page from the server would let the next person in under the name of the last.
    pub fn end_session(&self) {
        let (phone, syncer) = (self.phone.clone(), self.syncer.clone());
        spawn_local(async move { drop(end_session(&phone, &syncer).await) });
    }

    /// A browser that kept its cookie but lost its store becomes a device again.
    pub async fn settle_in_again(&self) {
        if self.phone.reader().is_some() {
            return;
        }
        if let Ok(Some(_)) = self.phone.store.meta(LEAVING).await {
            // The server has greeted somebody who signed out here without a network.
            self.phone.page.set_me(None);
            self.end_session();
            return;
        }
        let device = DeviceId::mint(now(), &randomness());
        let welcome = net::ask("/api/v1/device", &serde_json::json!({ "device": device })).await;
        match welcome {
            Ok(Welcome { me, push_token }) => {
                if self.settle_in(device, &me, push_token).await.is_ok() {
                    self.syncer.poke();
                }
            }
            Err(Trouble::SignedOut) => self.phone.page.set_me(None),
            Err(_) => {}
        }
    }

    /// Notes who sits here from now on, and hands over what was begun before they joined.
    async fn settle_in(&self, device: DeviceId, me: &Me, push_token: String) -> Result<(), StoreError> {
        let phone = &self.phone;
        let device = DeviceRow::new(device, me.id, Some(push_token));
        phone.transact(&Transaction::SignIn { device }).await?;
        let json = serde_json::to_string(me).map_err(|error| StoreError::Row(error.to_string()))?;
        phone.store.set_meta(ME, &json).await?;
        // The new session's cookie has taken the place of whatever there was.
        phone.store.set_meta(LEAVING, "").await?;
        phone.page.set_me(Some(me.clone()));
        // What somebody else has pending here is shown as far as this person may see it.
        phone.refresh().await?;
        drafts::adopt(phone, me.id).await?;
        phone.tabs.tell_changed();
        Ok(())
    }
}

async fn end_session(phone: &Phone, syncer: &Rc<Syncer>) -> Result<(), StoreError> {
    tabs::alone(SESSION, async {
        if phone.store.meta(LEAVING).await?.is_none() {
            return Ok(());
        }
        if !phone.store.unsent().await?.is_empty() {
            // Without the session the server takes nothing but stories.
            syncer.send(FAREWELL).await;
        }
        match net::ask::<serde_json::Value>("/api/v1/sign-out", &serde_json::json!({})).await {
            // A server that knows of no session has none to end.
            Ok(_) | Err(Trouble::SignedOut) => phone.store.set_meta(LEAVING, "").await?,
            Err(_) => {}
        }
        Ok(())
    })
    .await
}

fn answer<T>(said: Said<T, JoinError>) -> Result<T, JoinError> {
    match said {
        Said::Yes(answer) => Ok(answer),
        Said::No(error) => Err(error),
        Said::Trouble(Trouble::Server(429)) => Err(JoinError::SlowDown),
        Said::Trouble(Trouble::Server(_)) => Err(JoinError::Broken),
        Said::Trouble(_) => Err(JoinError::Unreachable),
    }
}
