//! Many pushes, one commit: whoever arrives while a transaction is on its way to the disk shares the next one.

use std::{panic::AssertUnwindSafe, sync::Arc};

use domain::sync::{ledger::Push, wire::PushAnswer};
use futures::FutureExt;
use tokio::sync::{mpsc, oneshot, watch};

use crate::store::{Store, StoreError};

/// Pushes in one transaction, at most.
const TOGETHER: usize = 256;
/// Ops after which a transaction takes no more pushes. A longer one would keep the first waiting for the last.
const OPS_TOGETHER: usize = 256;
/// Pushes that may wait. Beyond this the server says that it is busy.
const WAITING: usize = 1_024;

struct Job {
    push: Push,
    reply: oneshot::Sender<Result<PushAnswer, Arc<StoreError>>>,
}

/// The one way to write ops.
#[derive(Clone)]
pub struct Writer {
    jobs: mpsc::Sender<Job>,
    /// The highest `seq` given: changes when there is news.
    news: watch::Receiver<u64>,
}

/// Why a push was not written. Phones keep it and come again.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WriteError {
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
    #[error("the server is stopping, or too many are waiting")]
    Busy,
}

impl Writer {
    /// Starts the task that writes. It ends, after what was begun, when every `Writer` is gone.
    pub fn start(store: Arc<dyn Store>) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let (tell, news) = watch::channel(0);
        tokio::spawn(write(store, waiting, tell));
        Self { jobs, news }
    }

    /// The answer to one push, once everything in it is on disk.
    pub async fn push(&self, push: Push) -> Result<PushAnswer, WriteError> {
        let (reply, answer) = oneshot::channel();
        self.jobs.try_send(Job { push, reply }).map_err(|_| WriteError::Busy)?;
        answer.await.map_err(|_| WriteError::Busy)?.map_err(WriteError::Store)
    }

    pub fn news(&self) -> watch::Receiver<u64> {
        self.news.clone()
    }
}

async fn write(store: Arc<dyn Store>, mut waiting: mpsc::Receiver<Job>, news: watch::Sender<u64>) {
    let mut jobs = Vec::new();
    loop {
        // What a rename or a new analyzer has left to be indexed comes between the pushes, never before one.
        while waiting.is_empty() && index_more(store.as_ref()).await {}
        let Some(first) = waiting.recv().await else { return };
        let mut ops = first.push.ops.len();
        jobs.push(first);
        while jobs.len() < TOGETHER
            && ops < OPS_TOGETHER
            && let Ok(next) = waiting.try_recv()
        {
            ops += next.push.ops.len();
            jobs.push(next);
        }
        let (pushes, replies): (Vec<_>, Vec<_>) = jobs.drain(..).map(|job| (job.push, job.reply)).unzip();
        // A push that this version cannot bear must not keep all later ones from being written.
        match AssertUnwindSafe(store.push(&pushes)).catch_unwind().await {
            Ok(Ok(answers)) => {
                tell_of(&answers, &news);
                // Whoever no longer waits for an answer finds it when they push again.
                replies.into_iter().zip(answers).for_each(|(reply, answer)| drop(reply.send(Ok(answer))));
            }
            Ok(Err(error)) => {
                tracing::error!(%error, source = ?std::error::Error::source(&error), "pushes were not written");
                let error = Arc::new(error);
                replies.into_iter().for_each(|reply| drop(reply.send(Err(error.clone()))));
            }
            // The panic has been noted where it arose. Those who came along with that push come again.
            Err(_) => replies.into_iter().for_each(drop),
        }
    }
}

/// Whether it is worth going on.
async fn index_more(store: &dyn Store) -> bool {
    match AssertUnwindSafe(store.index_more()).catch_unwind().await {
        Ok(Ok(more)) => more,
        Ok(Err(error)) => {
            tracing::error!(%error, source = ?std::error::Error::source(&error), "stories were not indexed");
            false
        }
        Err(_) => false,
    }
}

fn tell_of(answers: &[PushAnswer], news: &watch::Sender<u64>) {
    let receipts = answers.iter().flat_map(|answer| &answer.receipts);
    let highest = receipts.map(|receipt| receipt.seq).max().unwrap_or(0);
    news.send_if_modified(|seq| {
        let more = highest > *seq;
        *seq = highest.max(*seq);
        more
    });
}
