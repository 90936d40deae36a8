//! Whose a push credential is, and whose the session that comes with it. Those that are shown while some are being
//! looked up share the next look: with each push comes one, and a look of its own would cost as much as the push.

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc};

use domain::id::PersonId;
use futures::FutureExt;
use tokio::sync::{mpsc, oneshot};

use crate::{
    store::{SecretHash, Store, StoreError, StoreResult},
    writer::WriteError,
};

/// Credentials in one look, at most.
const TOGETHER: usize = 256;
/// That may wait; whoever comes then waits for a place.
const WAITING: usize = 1_024;

/// What a request shows of who sends it.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// The device's push credential.
    pub credential: SecretHash,
    /// The session of the browser's cookie.
    pub session: Option<SecretHash>,
}

/// Whose they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owners {
    pub credential: Option<PersonId>,
    /// `None` also if the session has ended.
    pub session: Option<PersonId>,
}

struct Question {
    shown: Shown,
    reply: oneshot::Sender<Result<Owners, Arc<StoreError>>>,
}

#[derive(Clone)]
pub struct Credentials(mpsc::Sender<Question>);

impl Credentials {
    /// Starts the task that looks. It ends when every `Credentials` is gone.
    pub fn start(store: Arc<dyn Store>) -> Self {
        let (questions, waiting) = mpsc::channel(WAITING);
        tokio::spawn(look(store, waiting));
        Self(questions)
    }

    /// Whose pushes the credential may carry, and who is signed in beside it.
    pub async fn owners(&self, shown: Shown) -> Result<Owners, WriteError> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Question { shown, reply }).await.map_err(|_| WriteError::Busy)?;
        answer.await.map_err(|_| WriteError::Busy)?.map_err(WriteError::Store)
    }
}

async fn look(store: Arc<dyn Store>, mut waiting: mpsc::Receiver<Question>) {
    let mut questions = Vec::new();
    while waiting.recv_many(&mut questions, TOGETHER).await > 0 {
        let shown: Vec<Shown> = questions.iter().map(|question| question.shown).collect();
        match AssertUnwindSafe(find(store.as_ref(), &shown)).catch_unwind().await {
            Ok(found) => answer(questions.drain(..), found.map_err(Arc::new)),
            // The panic has been noted where it arose. Those who asked come again.
            Err(_) => questions.clear(),
        }
    }
}

/// The people by credential, and by session.
type Found = (HashMap<SecretHash, PersonId>, HashMap<SecretHash, PersonId>);

async fn find(store: &dyn Store, shown: &[Shown]) -> StoreResult<Found> {
    let credentials: Vec<SecretHash> = shown.iter().map(|shown| shown.credential).collect();
    let sessions: Vec<SecretHash> = shown.iter().filter_map(|shown| shown.session).collect();
    let signed_in = async {
        if sessions.is_empty() { Ok(HashMap::new()) } else { store.people_of_sessions(&sessions).await }
    };
    futures::try_join!(store.people_of_push_tokens(&credentials), signed_in)
}

fn answer(questions: impl Iterator<Item = Question>, found: Result<Found, Arc<StoreError>>) {
    if let Err(error) = &found {
        tracing::error!(%error, source = ?std::error::Error::source(error), "credentials were not looked up");
    }
    for Question { shown: Shown { credential, session }, reply } in questions {
        let owners = found.as_ref().map(|(by_credential, by_session)| Owners {
            credential: by_credential.get(&credential).copied(),
            session: session.and_then(|session| by_session.get(&session).copied()),
        });
        // Whoever no longer waits shows it again.
        let _ = reply.send(owners.map_err(Arc::clone));
    }
}
