//! A library in an SQL database.
//!
//! Every statement stands here once, in words that SQLite and PostgreSQL both understand. What they do differently (how
//! a transaction begins, what a list of values looks like) is a [`Dialect`], one file each: `store/sqlite.rs` and
//! `store/postgres.rs`. States are JSON that the databases keep and never look into: what is asked for by a part of one
//! is derived in Rust and has a column of its own, or is looked for as text and then read.

mod accounts;
mod backup;
mod columns;
mod ledger;
mod library;
mod rows;
mod search;
mod statement;

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use domain::{
    id::Epoch,
    sync::{ledger::Head, rollback::Positions, wire::Chain},
};
use sqlx::{Pool, Transaction};

pub use self::{
    columns::Columns,
    statement::{Rows, Statement, Value},
};
use super::{Store, StoreResult};

/// A library in a database that speaks `D`.
#[derive(Debug)]
pub struct SqlStore<D: Dialect> {
    /// One connection: writers of this process queue here and not at the database's lock.
    writer: Pool<D>,
    readers: Pool<D>,
    search: Arc<search::Kept>,
    most_pending: i64,
    /// Where this process has seen the library.
    seen: Mutex<Option<Positions>>,
}

/// One of the databases.
pub trait Dialect: sqlx::Database<Connection: Connection> {
    /// Begins a transaction that no other writer shares until it is committed: whoever else begins one waits, and is
    /// told that the store is [`Busy`](super::StoreError::Busy) when that takes too long. So commit order is seq order.
    fn begin_writing(
        pool: &Pool<Self>,
    ) -> impl Future<Output = StoreResult<Transaction<'static, Self>>> + Send;

    /// Begins a transaction that reads what was committed before it, and nothing that is committed meanwhile.
    fn begin_reading(
        pool: &Pool<Self>,
    ) -> impl Future<Output = StoreResult<Transaction<'static, Self>>> + Send;
}

/// What statements are put to: a connection, in a transaction or not.
pub trait Connection: Send {
    type Row: Columns;

    /// All terms of a `SELECT term … ORDER BY term` in one value, a line each.
    const TERMS_AS_LINES: &'static str;
    /// The beginning of `search_terms.term` by which terms are sorted in an index; it is at least
    /// [`INDEXED_CHARS`] long.
    const TERM_HEAD: &'static str;
    /// What stands before and after the table of a `FROM json_each(?) AS wanted … table WHERE …` so that the few rows
    /// that each value wants are looked up by index, however many the database takes them for.
    const LOOKED_UP: (&'static str, &'static str);
    /// The `key` of the first value of a list.
    const FIRST_KEY: usize;
    /// Stands between the columns and the values of an `INSERT` that brings the numbers of its rows along.
    const WITH_ITS_NUMBERS: &'static str;
    /// What is to be said to the database after that, so that new rows get new numbers.
    const NUMBER_ON: &'static [&'static str];

    /// All rows of the answer.
    fn all(&mut self, statement: Statement) -> impl Future<Output = StoreResult<Vec<Self::Row>>> + Send;

    /// How many rows were written.
    fn run(&mut self, statement: Statement) -> impl Future<Output = StoreResult<u64>> + Send;

    /// The first row of the answer, if there is one.
    fn first(&mut self, statement: Statement) -> impl Future<Output = StoreResult<Option<Self::Row>>> + Send {
        async { Ok(self.all(statement).await?.into_iter().next()) }
    }

    /// The only row of the answer.
    fn one(&mut self, statement: Statement) -> impl Future<Output = StoreResult<Self::Row>> + Send {
        async { Ok(self.first(statement).await?.ok_or(sqlx::Error::RowNotFound)?) }
    }
}

/// So many characters of a term count when a beginning is looked up; PostgreSQL's indexes hold no longer ones.
pub const INDEXED_CHARS: usize = 100;

impl<D: Dialect> SqlStore<D> {
    /// A store whose tables are there. If they are empty it begins `epoch`.
    pub(super) async fn begin(writer: Pool<D>, readers: Pool<D>, epoch: Epoch) -> StoreResult<Self> {
        let store = Self {
            writer,
            readers,
            search: Arc::default(),
            most_pending: search::MOST_PENDING,
            seen: Mutex::default(),
        };
        let mut tx = store.writing().await?;
        let meta = "INSERT INTO meta (key, value) VALUES ('epoch', ?), ('seq', '0'), ('chain', ?) ON CONFLICT DO NOTHING";
        tx.run(Statement::new(meta).bind(epoch.to_string()).bind(Chain::default().to_string())).await?;
        search::begin_anew_if_changed(&mut *tx).await?;
        let head = ledger::head(&mut *tx).await?;
        tx.commit().await?;
        store.opened_at(head);
        Ok(store)
    }

    /// Lets at most so many changed stories wait before they are brought into the lists of search. The fewer, the more
    /// there is to write and the less to look through for each query; what is found is the same.
    pub fn with_most_pending(self, most_pending: i64) -> Self {
        Self { most_pending, ..self }
    }

    fn seen(&self) -> MutexGuard<'_, Option<Positions>> {
        // A position is copied whole: there is no half of one.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The library was opened at `head`, or its epoch began there.
    fn opened_at(&self, head: Head) {
        *self.seen() = Some(Positions::at(head.into()));
    }

    async fn writing(&self) -> StoreResult<Transaction<'static, D>> {
        D::begin_writing(&self.writer).await
    }

    async fn snapshot(&self) -> StoreResult<Transaction<'static, D>> {
        D::begin_reading(&self.readers).await
    }

    async fn reading(&self) -> StoreResult<sqlx::pool::PoolConnection<D>> {
        Ok(self.readers.acquire().await?)
    }

    /// One change by itself.
    async fn write(&self, statement: Statement) -> StoreResult<()> {
        let mut tx = self.writing().await?;
        tx.run(statement).await?;
        Ok(tx.commit().await?)
    }
}

#[async_trait]
impl<D: Dialect> Store for SqlStore<D> {
    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}
