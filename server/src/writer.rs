//! Many pushes, one commit: whoever arrives while a transaction is on its way to the disk shares the next one.

use std::{panic::AssertUnwindSafe, sync::Arc};

use domain::sync::{
    ledger::Push,
    wire::{Cursor, PushAnswer},
};
use futures::FutureExt;
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    clock,
    store::{Store, StoreError, StoreResult},
};

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
    store: Arc<dyn Store>,
    news: News,
    /// Has seen no change: whoever begins to listen hears at once of what was written before.
    heard: watch::Receiver<u64>,
}

/// What is said after a commit.
#[derive(Clone)]
struct News {
    /// The highest `seq` given in this epoch: changes when there is news.
    seq: watch::Sender<u64>,
    position: watch::Sender<Option<Cursor>>,
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
        let (seq, heard) = watch::channel(0);
        let news = News { seq, position: watch::channel(None).0 };
        tokio::spawn(write(store.clone(), waiting, news.clone()));
        Self { jobs, store, news, heard }
    }

    /// Hears of positions at which the library once was: begins a new epoch if the database is behind one of them.
    pub async fn hear(&self, positions: &[Cursor]) -> StoreResult<()> {
        begin_epoch_if_rolled_back(self.store.as_ref(), positions, &self.news).await
    }

    /// The answer to one push, once everything in it is on disk.
    pub async fn push(&self, push: Push) -> Result<PushAnswer, WriteError> {
        let (reply, answer) = oneshot::channel();
        self.jobs.try_send(Job { push, reply }).map_err(|_| WriteError::Busy)?;
        answer.await.map_err(|_| WriteError::Busy)?.map_err(WriteError::Store)
    }

    pub fn news(&self) -> watch::Receiver<u64> {
        self.heard.clone()
    }

    /// Where the library was after the latest commit of this process.
    pub fn position(&self) -> watch::Receiver<Option<Cursor>> {
        self.news.position.subscribe()
    }
}

async fn write(store: Arc<dyn Store>, mut waiting: mpsc::Receiver<Job>, news: News) {
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
        match AssertUnwindSafe(push(store.as_ref(), &pushes, &news)).catch_unwind().await {
            Ok(Ok(answers)) => {
                news.tell_of(&answers);
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

/// Writes pushes; to a database that went back in time, under a new epoch.
async fn push(store: &dyn Store, pushes: &[Push], news: &News) -> StoreResult<Vec<PushAnswer>> {
    match store.push(pushes).await {
        Err(StoreError::RolledBack) => {
            begin_epoch_if_rolled_back(store, &[], news).await?;
            store.push(pushes).await
        }
        written => written,
    }
}

async fn begin_epoch_if_rolled_back(store: &dyn Store, positions: &[Cursor], news: &News) -> StoreResult<()> {
    let epoch = clock::epoch_after(store.head().await?.epoch);
    if store.begin_epoch_if_rolled_back(positions, epoch).await? {
        // The next numbers may be lower than those that were told of.
        news.seq.send_replace(0);
    }
    Ok(())
}

impl News {
    fn tell_of(&self, answers: &[PushAnswer]) {
        if let Some(position) = answers.last().and_then(|answer| answer.head) {
            self.position.send_replace(Some(position));
        }
        let receipts = answers.iter().flat_map(|answer| &answer.receipts);
        let highest = receipts.map(|receipt| receipt.seq).max().unwrap_or(0);
        self.seq.send_if_modified(|seq| {
            let more = highest > *seq;
            *seq = highest.max(*seq);
            more
        });
    }
}
