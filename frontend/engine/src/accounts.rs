//! Joining and leaving on this phone.

use std::rc::Rc;

use domain::{
    id::DeviceId,
    ports::{InviteView, JoinError, JoinForm},
    sync::{phone::DeviceRow, round::Trouble},
    view::Me,
};
use serde::{Deserialize, Serialize};
use web::{now, randomness};

use crate::{
    drafts,
    net::{self, Said},
    phone::{ME, Phone},
    store::StoreError,
    sync::Syncer,
};

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
        let Welcome { me, push_token } = answer(net::request("/api/v1/join", &ask).await)?;
        self.settle_in(device, &me, push_token).await.map_err(|_| JoinError::Storage)?;
        self.syncer.poke();
        Ok(me)
    }

    /// Ends the session on this phone. What waits to be sent is still sent.
    pub async fn sign_out(&self) -> Result<(), StoreError> {
        // The session ends on the server if it can be reached; here it ends in any case.
        let _ = net::ask::<serde_json::Value>("/api/v1/sign-out", &serde_json::json!({})).await;
        self.phone.store.sign_out().await?;
        self.phone.store.set_meta(ME, "").await?;
        self.phone.page.set_me(None);
        self.syncer.poke();
        Ok(())
    }

    /// A browser that kept its cookie but lost its store becomes a device again.
    pub async fn settle_in_again(&self) {
        if self.phone.reader().is_some() {
            return;
        }
        let device = DeviceId::mint(now(), &randomness());
        let welcome = net::ask("/api/v1/device", &serde_json::json!({ "device": device })).await;
        if let Ok(Welcome { me, push_token }) = welcome
            && self.settle_in(device, &me, push_token).await.is_ok()
        {
            self.syncer.poke();
        }
    }

    /// Notes who sits here from now on, and hands over what was begun before they joined.
    async fn settle_in(&self, device: DeviceId, me: &Me, push_token: String) -> Result<(), StoreError> {
        let phone = &self.phone;
        phone.store.set_current(DeviceRow::new(device, me.id, Some(push_token))).await?;
        let json = serde_json::to_string(me).map_err(|error| StoreError::Row(error.to_string()))?;
        phone.store.set_meta(ME, &json).await?;
        phone.page.set_me(Some(me.clone()));
        drafts::adopt(phone, me.id).await
    }
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
