//! How those come back who joined after the backup was made that the server was restored from.
//!
//! A restored database knows neither their sessions nor their phones, nor themselves. What their phones hold says it all
//! under the server's own mark. Whatever is older than the backup and not in it was taken away on purpose.

use domain::{
    id::{DeviceId, PersonId},
    person::Role,
    text::Name,
    time::Millis,
};
use serde::{Deserialize, Serialize};

use crate::{
    clock,
    http::Server,
    people::{self, Newcomer, WelcomeError},
    secrets,
    store::StoreResult,
};

const SESSION: &str = "session";
const DEVICE: &str = "device";

/// What a session's token says of itself.
#[derive(Serialize, Deserialize)]
struct SessionPass {
    person: PersonId,
    at: Millis,
}

/// What a device's push credential says of itself: enough to let its person in again.
#[derive(Serialize, Deserialize)]
struct DevicePass {
    device: DeviceId,
    person: PersonId,
    role: Role,
    name: Name,
    site: Option<Name>,
    department: Option<Name>,
    at: Millis,
}

/// A token for a new session of this person.
pub fn session_token(server: &Server, person: PersonId) -> String {
    secrets::sealed_token(&server.key, SESSION, &SessionPass { person, at: clock::now() })
}

/// A push credential for a new device of this person.
pub fn push_token(server: &Server, device: DeviceId, person: PersonId, known: &Newcomer) -> String {
    let Newcomer { name, role, site, department } = known.clone();
    let pass = DevicePass { device, person, role, name, site, department, at: clock::now() };
    secrets::sealed_token(&server.key, DEVICE, &pass)
}

/// Whose session this was, if it was lost by a restore; from now on it is known again.
pub async fn session(server: &Server, token: &str) -> StoreResult<Option<PersonId>> {
    let Some(pass) = secrets::open_sealed::<SessionPass>(&server.key, SESSION, token) else {
        return Ok(None);
    };
    if !is_missing(server, pass.at).await? || server.store.person(pass.person).await?.is_none() {
        return Ok(None);
    }
    let known = server.store.add_session(&secrets::hash(token), pass.person, pass.at).await?;
    Ok(known.then_some(pass.person))
}

/// Whose device this was, if it was lost by a restore; from now on it is known again, and so is its person.
pub async fn device(server: &Server, token: &str) -> Result<Option<PersonId>, WelcomeError> {
    let Some(pass) = secrets::open_sealed::<DevicePass>(&server.key, DEVICE, token) else { return Ok(None) };
    if !is_missing(server, pass.at).await? {
        return Ok(None);
    }
    let DevicePass { device, person, role, name, site, department, at } = pass;
    if server.store.person(person).await?.is_none() {
        people::welcome(server, person, &Newcomer { name, role, site, department }).await?;
    }
    server.store.add_device_again(device, person, &secrets::hash(token), at).await?;
    tracing::info!("somebody is back who joined after the backup was made");
    Ok(Some(person))
}

/// Whether something of that moment can be missing because of a restore.
async fn is_missing(server: &Server, at: Millis) -> StoreResult<bool> {
    Ok(server.store.whole_until().await?.is_some_and(|until| at > until))
}
