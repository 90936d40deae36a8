//! One SQLite file: WAL, `synchronous=FULL`, one writer and several readers.

use std::{borrow::Cow, path::Path, time::Duration};

use domain::id::Epoch;
use sqlx::{
    AssertSqlSafe, Pool, Sqlite, SqliteConnection, SqlitePool, Transaction,
    query::Query,
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow,
        SqliteSynchronous,
    },
};

use super::{
    StoreError, StoreResult,
    sql::{Connection, Dialect, Rows, SqlStore, Statement, Value},
};

/// Rows that a query may be ahead of whoever reads them. Each time it has to wait costs two changes of thread.
const ROWS_AHEAD: usize = 1_024;

/// In order; a store that was made by a newer version is refused.
const MIGRATIONS: [(i64, &str, &str); 5] = [
    (1, "start", include_str!("../../migrations/sqlite/0001_start.sql")),
    (2, "narrowed_at", include_str!("../../migrations/sqlite/0002_narrowed_at.sql")),
    (4, "ended_at", include_str!("../../migrations/sqlite/0004_ended_at.sql")),
    (5, "folds", include_str!("../../migrations/sqlite/0005_folds.sql")),
    (6, "begun", include_str!("../../migrations/sqlite/0006_begun.sql")),
];

/// How long a transaction waits for another process's lock before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const READERS: u32 = 4;
/// IMMEDIATE: the lock is held from here until commit.
const BEGIN_WRITING: &str = "BEGIN IMMEDIATE";

/// A library in an SQLite file.
pub type SqliteStore = SqlStore<Sqlite>;

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
            .row_buffer_size(ROWS_AHEAD)
            .pragma("cache_size", "-16384")
            .pragma("wal_autocheckpoint", "2000");
        // A connection to a file does not go away while it rests.
        let pool = || SqlitePoolOptions::new().test_before_acquire(false);
        let writer = pool().max_connections(1).connect_with(options.clone()).await?;
        super::migrator(&MIGRATIONS).run(&writer).await?;
        let readers = pool().max_connections(READERS).connect_with(options.read_only(true)).await?;
        Self::begin(writer, readers, epoch).await
    }

    /// A new file with nothing but empty tables in it, to be filled and then closed. Whoever fills it sees to it that it
    /// comes to rest on the disk.
    pub(super) async fn new_file(file: &Path) -> StoreResult<SqlitePool> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Off)
            .synchronous(SqliteSynchronous::Off);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        super::migrator(&MIGRATIONS).run(&pool).await?;
        Ok(pool)
    }

    /// A file that nobody else has open, brought to this version.
    pub(super) async fn known_file(file: &Path) -> StoreResult<SqlitePool> {
        let options = SqliteConnectOptions::new().filename(file).journal_mode(SqliteJournalMode::Delete);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        super::migrator(&MIGRATIONS).run(&pool).await?;
        Ok(pool)
    }
}

impl Dialect for Sqlite {
    async fn begin_writing(pool: &SqlitePool) -> StoreResult<Transaction<'static, Self>> {
        match pool.begin_with(BEGIN_WRITING).await {
            // SQLite has ended the transaction before this one by itself, as it does when the disk is full, and sqlx
            // thinks that it goes on: that connection is of no more use.
            Err(sqlx::Error::InvalidSavePointStatement) => {
                pool.acquire().await?.close().await?;
                Ok(pool.begin_with(BEGIN_WRITING).await?)
            }
            begun => Ok(begun?),
        }
    }

    async fn begin_reading(pool: &Pool<Self>) -> StoreResult<Transaction<'static, Self>> {
        Ok(pool.begin().await?)
    }
}

impl Connection for SqliteConnection {
    type Row = SqliteRow;

    const TERMS_AS_LINES: &'static str = "group_concat(term, char(10))";
    const TERM_HEAD: &'static str = "term";
    const LOOKED_UP: (&'static str, &'static str) = ("CROSS JOIN", "");
    const FIRST_KEY: usize = 0;
    const WITH_ITS_NUMBERS: &'static str = "";
    // The next number is above the highest there is.
    const NUMBER_ON: &'static [&'static str] = &[];

    async fn all(&mut self, statement: Statement) -> StoreResult<Vec<SqliteRow>> {
        Ok(query(statement)?.fetch_all(self).await?)
    }

    async fn run(&mut self, statement: Statement) -> StoreResult<u64> {
        Ok(query(statement)?.execute(self).await?.rows_affected())
    }
}

fn query(statement: Statement) -> StoreResult<Query<'static, Sqlite, SqliteArguments>> {
    let Statement { mut sql, mut values, rows } = statement;
    if let Some(rows) = rows {
        sql.to_mut().insert_str(rows.at, &placeholders(&rows));
        values.extend(rows.by_row());
    }
    let mut query = match sql {
        Cow::Borrowed(sql) => sqlx::query(sql),
        Cow::Owned(sql) => sqlx::query(AssertSqlSafe(sql)),
    };
    for value in values {
        query = match value {
            Value::Flag(flag) => query.bind(flag),
            Value::Number(number) => query.bind(number),
            Value::Text(text) => query.bind(text.map(Cow::into_owned)),
            Value::Bytes(bytes) => query.bind(bytes),
            Value::Numbers(numbers) => query.bind(json(&numbers)?),
            Value::Texts(texts) => query.bind(json(&texts)?),
        };
    }
    Ok(query)
}

/// `VALUES (?, ?), (?, ?), …`.
fn placeholders(rows: &Rows) -> String {
    let row = format!("({})", vec!["?"; rows.columns.len()].join(", "));
    format!("VALUES {}", vec![row.as_str(); rows.count()].join(", "))
}

/// A list as one parameter, for `json_each`.
fn json(values: &impl serde::Serialize) -> StoreResult<String> {
    serde_json::to_string(values).map_err(|error| StoreError::corrupt("a list", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn once_there_is_room_again_a_full_disk_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let options =
            SqliteConnectOptions::new().filename(folder.path().join("test.db")).create_if_missing(true);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        sqlx::query("CREATE TABLE words (word BLOB)").execute(&pool).await.unwrap();
        sqlx::query("PRAGMA max_page_count = 4").execute(&pool).await.unwrap();
        let write = async || {
            let mut tx = Sqlite::begin_writing(&pool).await?;
            sqlx::query("INSERT INTO words VALUES (zeroblob(40000))").execute(&mut *tx).await?;
            Ok(tx.commit().await?)
        };
        for _ in 0..3 {
            let full: StoreResult<()> = write().await;
            assert!(matches!(full, Err(StoreError::Full(_)) | Ok(())), "{full:?}");
        }
        sqlx::query("PRAGMA max_page_count = 4000").execute(&pool).await.unwrap();
        write().await.unwrap();
    }
}
