//! The bare loop: the very rows that a server has written, written once more by the database alone, many together, each
//! transaction on the disk before the next begins. Nothing is received, read, decided or analysed, nothing is written
//! twice, and no row crosses from one program to another: no server can be as fast.

use std::time::Instant;

use anyhow::Result;
use domain::{id::Epoch, time::Millis};
use server::store::{Store as _, sqlite::SqliteStore};
use sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use crate::serve::Store;

/// Ops in one transaction.
const TOGETHER: usize = 100;

/// The tables that pushes write, each with an indexed column of numbers by which it is cut into pieces. (The index of
/// `ops` is found only by who says again that it leaves out what has no `seq`.)
const TABLES: [(&str, &str); 7] = [
    ("things", "number"),
    ("ops", "seq > 0 AND seq"),
    ("stories", "number"),
    ("story_labels", "story"),
    ("search_terms", "number"),
    ("search_documents", "number"),
    ("search_lists", "place"),
];

/// How long it takes to write what `ops` ops left behind, in seconds.
pub async fn write(store: &Store, ops: usize) -> Result<f64> {
    let pieces = ops.div_ceil(TOGETHER);
    match &store.database {
        None => in_sqlite(store, pieces).await,
        Some(database) => in_postgres(&database.url, pieces).await,
    }
}

async fn in_sqlite(store: &Store, pieces: usize) -> Result<f64> {
    let folder = store.folder.path();
    let copy = folder.join("bare.db");
    let made = SqliteStore::open(&copy, Epoch::mint(Millis(1), &[1; 10])).await?;
    made.close().await;
    let options = SqliteConnectOptions::new()
        .filename(&copy)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(false)
        .pragma("cache_size", "-16384")
        .pragma("wal_autocheckpoint", "2000");
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let from = folder.join("solsken.db");
    connection.execute(AssertSqlSafe(format!("ATTACH '{}' AS written", from.display()))).await?;
    let mut steps = vec![Vec::new(); pieces];
    for (table, key) in TABLES {
        let column = key.rsplit(' ').next().unwrap_or(key);
        let keys = format!("SELECT {column} FROM written.{table} ORDER BY {column}");
        let keys: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(keys)).fetch_all(&mut connection).await?;
        for (step, (above, upto)) in steps.iter_mut().zip(cut(&keys, pieces)) {
            step.push(format!(
                "INSERT INTO main.{table} SELECT * FROM written.{table} WHERE {key} > {above} AND {column} <= {upto}"
            ));
        }
    }
    run(&mut connection, &steps).await
}

async fn in_postgres(url: &str, pieces: usize) -> Result<f64> {
    let mut connection = PgConnection::connect(url).await?;
    connection.execute("CREATE SCHEMA bare").await?;
    connection.execute("SET synchronous_commit = on").await?;
    let mut steps = vec![Vec::new(); pieces];
    for (table, key) in TABLES {
        let like = format!("CREATE TABLE bare.{table} (LIKE public.{table} INCLUDING ALL)");
        connection.execute(AssertSqlSafe(like)).await?;
        let column = key.rsplit(' ').next().unwrap_or(key);
        let keys = format!("SELECT {column} FROM public.{table} ORDER BY {column}");
        let keys: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(keys)).fetch_all(&mut connection).await?;
        for (step, (above, upto)) in steps.iter_mut().zip(cut(&keys, pieces)) {
            step.push(format!(
                "INSERT INTO bare.{table} OVERRIDING SYSTEM VALUE SELECT * FROM public.{table} WHERE {key} > {above} AND {column} <= {upto}"
            ));
        }
    }
    run(&mut connection, &steps).await
}

/// The keys in so many pieces of about the same number: what each is above, and up to where it goes.
fn cut(keys: &[i64], pieces: usize) -> Vec<(i64, i64)> {
    let end = |piece: usize| match piece * keys.len() / pieces {
        0 => i64::MIN,
        end => keys[end - 1],
    };
    (0..pieces).map(|piece| (end(piece), end(piece + 1))).collect()
}

async fn run<C>(connection: &mut C, steps: &[Vec<String>]) -> Result<f64>
where
    C: Connection,
    for<'c> &'c mut C: Executor<'c>,
{
    let start = Instant::now();
    for step in steps {
        connection.execute("BEGIN").await?;
        for statement in step {
            connection.execute(AssertSqlSafe(statement.clone())).await?;
        }
        connection.execute("COMMIT").await?;
    }
    Ok(start.elapsed().as_secs_f64())
}
