//! A library in one of the server's databases. It goes with this.

use std::{path::Path, sync::Arc, time::Instant};

use anyhow::{Result, bail};
use domain::{
    id::{Epoch, StoryId},
    search::{Analyzer, Query, Synonyms},
    time::Millis,
};
use server::{
    commands::import::{administrator, import},
    store::{SearchAsk, Store, postgres::PostgresStore, sqlite::SqliteStore},
};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use crate::{Place, cluster::Database, told};

pub struct Library {
    store: Arc<dyn Store>,
    analyzer: Analyzer,
    synonyms: Synonyms,
    kept: Kept,
}

enum Kept {
    Folder(TempDir),
    Database(Database),
}

const FILE: &str = "solsken.db";

impl Library {
    pub async fn open(place: Place) -> Result<Self> {
        let epoch = Epoch::mint(Millis(1), &[1; 10]);
        let (store, kept): (Arc<dyn Store>, Kept) = match place {
            Place::Sqlite => {
                let folder = tempfile::Builder::new().prefix("solsken-seek-").tempdir()?;
                let store = SqliteStore::open(&folder.path().join(FILE), epoch).await?;
                (Arc::new(store), Kept::Folder(folder))
            }
            Place::Postgres => {
                let database = Database::fresh(epoch).await;
                Database::spare_the_disk().await;
                let store = PostgresStore::open(&database.url, epoch).await?;
                (Arc::new(store), Kept::Database(database))
            }
            Place::Fts5 => bail!("FTS5 alone holds no library"),
        };
        let analyzer = Analyzer::default();
        let synonyms = Synonyms::general(&analyzer);
        Ok(Self { store, analyzer, synonyms, kept })
    }

    /// Takes in a file of stories, as `solsken import` does; returns how many, and the seconds it took.
    pub async fn import(&self, stories: &Path) -> Result<(usize, f64)> {
        let start = Instant::now();
        let told =
            told::for_many(stories, async |some| Ok(import(self.store.as_ref(), some).await.map(drop)?));
        let told = told.await?;
        while self.store.index_more().await? {}
        Ok((told, start.elapsed().as_secs_f64()))
    }

    /// What somebody who may see everything finds: the best, facets and all, without their cards.
    pub async fn search(&self, text: &str, limit: usize) -> Result<Vec<StoryId>> {
        let query = Query::parse(text, &self.analyzer, &self.synonyms);
        let ask = SearchAsk { query, limit, ..SearchAsk::default() };
        Ok(self.store.search(&administrator(), ask).await?.ids)
    }

    pub async fn stored_bytes(&self) -> Result<u64> {
        match &self.kept {
            Kept::Folder(folder) => Ok(std::fs::metadata(folder.path().join(FILE))?.len()),
            Kept::Database(database) => {
                let mut connection = PgConnection::connect(&database.url).await?;
                let size = "SELECT pg_database_size(current_database())";
                let bytes: i64 = sqlx::query_scalar(size).fetch_one(&mut connection).await?;
                Ok(bytes as u64)
            }
        }
    }
}
