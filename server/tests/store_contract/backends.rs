//! The stores that the contract is held against.

use std::sync::Arc;

use domain::id::Epoch;
use server::store::{Store, StoreResult, postgres::PostgresStore, sqlite::SqliteStore};
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};

use crate::{cluster::Database, epoch};

#[derive(Clone, Copy, Debug)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// Where one test keeps its library. It goes with the test.
pub enum Place {
    File(tempfile::TempDir),
    Database(Database),
}

/// Each of these tests, once for each store.
macro_rules! contract {
    ($($test:ident)+) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    super::$test($crate::backends::Backend::Sqlite).await;
                }
            )+
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    super::$test($crate::backends::Backend::Postgres).await;
                }
            )+
        }
    };
}

pub(crate) use contract;

impl Backend {
    /// Where nothing is yet.
    pub async fn place(self) -> Place {
        match self {
            Self::Sqlite => Place::File(tempfile::tempdir().unwrap()),
            Self::Postgres => Place::Database(Database::fresh(epoch()).await),
        }
    }

    /// A store in which nothing is yet.
    pub async fn store(self) -> (Place, Arc<dyn Store>) {
        let place = self.place().await;
        let store = place.open().await;
        (place, store)
    }
}

impl Place {
    pub async fn open(&self) -> Arc<dyn Store> {
        self.open_with(epoch(), None).await.unwrap()
    }

    pub async fn open_with(&self, epoch: Epoch, most_pending: Option<i64>) -> StoreResult<Arc<dyn Store>> {
        Ok(match self {
            Self::File(folder) => {
                let store = SqliteStore::open(&folder.path().join("test.db"), epoch).await?;
                Arc::new(most_pending.into_iter().fold(store, SqliteStore::with_most_pending))
            }
            Self::Database(database) => {
                let store = PostgresStore::open(&database.url, epoch).await?;
                Arc::new(most_pending.into_iter().fold(store, PostgresStore::with_most_pending))
            }
        })
    }

    /// A connection past the store.
    pub async fn connect(&self) -> Raw {
        match self {
            Self::File(folder) => {
                let url = format!("sqlite://{}", folder.path().join("test.db").display());
                Raw::Sqlite(SqliteConnection::connect(&url).await.unwrap())
            }
            Self::Database(database) => Raw::Postgres(PgConnection::connect(&database.url).await.unwrap()),
        }
    }
}

pub enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Raw {
    pub async fn run(&mut self, sql: &'static str) {
        match self {
            Self::Sqlite(connection) => drop(connection.execute(sql).await.unwrap()),
            Self::Postgres(connection) => drop(connection.execute(sql).await.unwrap()),
        }
    }
}
