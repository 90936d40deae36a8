//! Whose a push credential is. Those that are shown while one is being looked up share the next look: with each push
//! comes one, and a look of its own would cost as much as the push.

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc};

use domain::id::PersonId;
use futures::FutureExt;
use tokio::sync::{mpsc, oneshot};

use crate::{
    store::{SecretHash, Store, StoreError},
    writer::WriteError,
};

/// Credentials in one look, at most.
const TOGETHER: usize = 256;
/// That may wait; whoever comes then waits for a place.
const WAITING: usize = 1_024;

struct Shown {
    credential: SecretHash,
    reply: oneshot::Sender<Result<Option<PersonId>, Arc<StoreError>>>,
}

#[derive(Clone)]
pub struct Credentials(mpsc::Sender<Shown>);

impl Credentials {
    /// Starts the task that looks. It ends when every `Credentials` is gone.
    pub fn start(store: Arc<dyn Store>) -> Self {
        let (shown, waiting) = mpsc::channel(WAITING);
        tokio::spawn(look(store, waiting));
        Self(shown)
    }

    /// Whose pushes this credential may carry.
    pub async fn person(&self, credential: SecretHash) -> Result<Option<PersonId>, WriteError> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Shown { credential, reply }).await.map_err(|_| WriteError::Busy)?;
        answer.await.map_err(|_| WriteError::Busy)?.map_err(WriteError::Store)
    }
}

async fn look(store: Arc<dyn Store>, mut waiting: mpsc::Receiver<Shown>) {
    let mut shown = Vec::new();
    while waiting.recv_many(&mut shown, TOGETHER).await > 0 {
        let credentials: Vec<SecretHash> = shown.iter().map(|shown| shown.credential).collect();
        match AssertUnwindSafe(store.people_of_push_tokens(&credentials)).catch_unwind().await {
            Ok(found) => answer(shown.drain(..), found.map_err(Arc::new)),
            // The panic has been noted where it arose. Those who asked come again.
            Err(_) => shown.clear(),
        }
    }
}

fn answer(shown: impl Iterator<Item = Shown>, found: Result<HashMap<SecretHash, PersonId>, Arc<StoreError>>) {
    if let Err(error) = &found {
        tracing::error!(%error, source = ?std::error::Error::source(error), "credentials were not looked up");
    }
    for Shown { credential, reply } in shown {
        let person = found.as_ref().map(|people| people.get(&credential).copied());
        // Whoever no longer waits shows it again.
        let _ = reply.send(person.map_err(Arc::clone));
    }
}
