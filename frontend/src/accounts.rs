//! Joining and leaving on this phone.

use std::rc::Rc;

use async_trait::async_trait;
use domain::{
    id::DeviceId,
    ports::{Accounts, InviteView, JoinError, JoinForm, KeepError},
    sync::{phone::DeviceRow, round::Trouble},
    view::Me,
};
use send_wrapper::SendWrapper;
use serde::{Deserialize, Serialize};

use crate::{
    drafts,
    entropy::{now, randomness, window},
    net::{self, Said},
    phone::{ME, Phone},
    store::StoreError,
    sync::Syncer,
};

pub struct PhoneAccounts(SendWrapper<(Rc<Phone>, Rc<Syncer>)>);

impl PhoneAccounts {
    pub fn new(phone: Rc<Phone>, syncer: Rc<Syncer>) -> Self {
        Self(SendWrapper::new((phone, syncer)))
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

#[async_trait]
impl Accounts for PhoneAccounts {
    fn invite_in_address(&self) -> Option<String> {
        let location = window().location();
        let secret = location.hash().ok()?.trim_start_matches('#').to_owned();
        if secret.len() < 6 || location.pathname().ok()? != "/ga-med" {
            return None;
        }
        // It must not stay in the history of a phone that others use.
        let path = location.pathname().ok()? + &location.search().ok()?;
        let history = window().history().ok()?;
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&path));
        Some(secret)
    }

    async fn look_at_invite(&self, code: &str) -> Result<InviteView, JoinError> {
        let code = code.to_owned();
        let ask =
            async move { answer(net::request("/api/v1/invite", &serde_json::json!({ "code": code })).await) };
        SendWrapper::new(ask).await
    }

    async fn join(&self, form: &JoinForm) -> Result<Me, JoinError> {
        let (phone, syncer) = (*self.0).clone();
        let form = form.clone();
        SendWrapper::new(async move {
            // A browser that cannot keep anything must not use up the invite.
            phone.store.check().await.map_err(|_| JoinError::Storage)?;
            let device = DeviceId::mint(now(), &randomness());
            let ask = JoinAsk { form: &form, device };
            let Welcome { me, push_token } = answer(net::request("/api/v1/join", &ask).await)?;
            settle_in(&phone, device, &me, push_token).await.map_err(|_| JoinError::Storage)?;
            syncer.poke();
            Ok(me)
        })
        .await
    }

    async fn sign_out(&self) -> Result<(), KeepError> {
        let (phone, syncer) = (*self.0).clone();
        SendWrapper::new(async move {
            // The session ends on the server if it can be reached; here it ends in any case.
            let _ = net::ask::<serde_json::Value>("/api/v1/sign-out", &serde_json::json!({})).await;
            phone.store.sign_out().await.map_err(KeepError::from)?;
            phone.store.set_meta(ME, "").await.map_err(KeepError::from)?;
            syncer.poke();
            Ok(())
        })
        .await
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

/// Notes who sits here from now on, and hands over what was begun before they joined.
async fn settle_in(phone: &Phone, device: DeviceId, me: &Me, push_token: String) -> Result<(), StoreError> {
    phone.store.set_current(DeviceRow::new(device, me.id, Some(push_token))).await?;
    let json = serde_json::to_string(me).map_err(|error| StoreError::Row(error.to_string()))?;
    phone.store.set_meta(ME, &json).await?;
    drafts::adopt(phone, me.id).await
}

/// A browser that kept its cookie but lost its store becomes a device again.
pub async fn settle_in_again(phone: &Phone) -> Option<Me> {
    let device = DeviceId::mint(now(), &randomness());
    let welcome = net::ask("/api/v1/device", &serde_json::json!({ "device": device })).await;
    let Welcome { me, push_token } = welcome.ok()?;
    settle_in(phone, device, &me, push_token).await.ok()?;
    Some(me)
}
