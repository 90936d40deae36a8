//! One SQLite file: WAL, `synchronous=FULL`, one writer and several readers.

mod accounts;
mod ledger;
mod library;
mod rows;
mod search;

use std::{path::Path, sync::Arc, time::Duration};

use domain::id::Epoch;
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{StoreError, StoreResult};

/// In order; a store that was made by a newer version is refused.
const MIGRATIONS: [(i64, &str, &str); 2] = [
    (1, "start", include_str!("../../migrations/sqlite/0001_start.sql")),
    (2, "narrowed_at", include_str!("../../migrations/sqlite/0002_narrowed_at.sql")),
];

/// How long a transaction waits for another process's lock before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const READERS: u32 = 4;

/// A library in an SQLite file.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    /// One connection: writers of this process queue here and not at the file's lock.
    writer: SqlitePool,
    readers: SqlitePool,
    search: Arc<search::Kept>,
    most_pending: i64,
}

impl SqliteStore {
    /// Opens the file, makes it if it is not there, and brings it to this version. A new store begins `epoch`.
    pub async fn open(file: &Path, epoch: Epoch) -> StoreResult<Self> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("cache_size", "-16384")
            .pragma("wal_autocheckpoint", "2000");
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        super::migrator(&MIGRATIONS).run(&writer).await.map_err(StoreError::Migration)?;
        sqlx::query("INSERT INTO meta (key, value) VALUES ('epoch', ?), ('seq', '0'), ('chain', ?) ON CONFLICT DO NOTHING")
            .bind(epoch.to_string())
            .bind(domain::sync::wire::Chain::default().to_string())
            .execute(&writer)
            .await?;
        let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
        search::begin_anew_if_changed(&mut tx).await?;
        tx.commit().await?;
        let readers =
            SqlitePoolOptions::new().max_connections(READERS).connect_with(options.read_only(true)).await?;
        Ok(Self { writer, readers, search: Arc::default(), most_pending: search::MOST_PENDING })
    }

    /// Lets at most so many changed stories wait before they are brought into the lists of search. The fewer, the more
    /// there is to write and the less to look through for each query; what is found is the same.
    pub fn with_most_pending(self, most_pending: i64) -> Self {
        Self { most_pending, ..self }
    }

    /// Lets every connection finish, so that the file is whole when the process ends.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}
