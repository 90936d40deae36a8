//! A library as one file: an SQLite database with the library's own tables, whatever database they come from, and
//! beside them the files that belong to it. So a backup can be looked into with any SQLite, and what was kept in SQLite
//! can go on in PostgreSQL.
//!
//! What is derived for search is left out: it is made anew.

use std::path::Path;

use async_trait::async_trait;
use domain::{
    id::Epoch,
    sync::{handback::Forks, ledger::Head},
    time::Millis,
};
use sqlx::SqlitePool;

use super::{Columns, Connection, Dialect, SqlStore, Statement, Value, ledger, search};
use crate::store::{BackupFile, BackupStore, BackupSummary, StoreError, StoreResult, sqlite::SqliteStore};

/// Rows that are read and written at a time.
const ROWS: usize = 500;

/// A table that a backup holds.
struct Table {
    name: &'static str,
    /// By these its rows are read in order; no two have the same.
    key: &'static [(&'static str, Type)],
    rest: &'static [(&'static str, Type)],
    /// The database numbers its rows by itself.
    numbered: bool,
}

#[derive(Clone, Copy)]
enum Type {
    Number,
    Flag,
    Text,
    Bytes,
}

use Type::{Bytes, Flag, Number, Text};

/// A table that needs rows of another one stands behind it.
const TABLES: [Table; 7] = [
    Table {
        name: "things",
        key: &[("number", Number)],
        rest: &[
            ("kind", Text),
            ("id", Bytes),
            ("seq", Number),
            ("state", Text),
            ("scope", Text),
            ("department", Bytes),
            ("owner", Bytes),
            ("narrowed", Number),
            ("meant", Flag),
        ],
        numbered: true,
    },
    Table {
        name: "ops",
        key: &[("device", Bytes), ("device_seq", Number)],
        rest: &[
            ("hash", Bytes),
            ("kind", Text),
            ("thing", Bytes),
            ("actor", Bytes),
            ("outcome", Text),
            ("seq", Number),
            ("received_at", Number),
            ("chain", Bytes),
            ("waits", Text),
            ("bytes", Text),
        ],
        numbered: false,
    },
    Table {
        name: "stories",
        key: &[("number", Number)],
        rest: &[
            ("id", Bytes),
            ("published_at", Number),
            ("kind", Text),
            ("department", Bytes),
            ("site", Bytes),
            ("author", Bytes),
            ("listed", Flag),
        ],
        numbered: false,
    },
    Table { name: "story_labels", key: &[("story", Number), ("label", Bytes)], rest: &[], numbered: false },
    Table {
        name: "devices",
        key: &[("id", Bytes)],
        rest: &[("person", Bytes), ("push_token_hash", Bytes), ("created_at", Number)],
        numbered: false,
    },
    Table {
        name: "sessions",
        key: &[("token_hash", Bytes)],
        rest: &[("person", Bytes), ("created_at", Number), ("ended_at", Number)],
        numbered: false,
    },
    Table {
        name: "invites",
        key: &[("id", Bytes)],
        rest: &[
            ("code_hash", Bytes),
            ("link_hash", Bytes),
            ("role", Text),
            ("uses_left", Number),
            ("expires_at", Number),
            ("created_at", Number),
        ],
        numbered: false,
    },
];

impl Table {
    fn columns(&self) -> impl Iterator<Item = &(&'static str, Type)> {
        self.key.iter().chain(self.rest)
    }

    /// The names of these columns, with commas between them.
    fn names<'a>(columns: impl Iterator<Item = &'a (&'static str, Type)>) -> String {
        columns.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    /// Copies every row, and says how many there were.
    async fn copy(&self, from: &mut impl Connection, to: &mut impl Connection) -> StoreResult<u64> {
        let mut copied = 0;
        let mut after: Option<Vec<Value>> = None;
        loop {
            let rows = from.all(self.page(after)).await?;
            let Some(last) = rows.last() else { return Ok(copied) };
            after = Some(values(last, self.key.iter())?);
            to.run(self.insert(&rows, to)?).await?;
            copied += rows.len() as u64;
        }
    }

    fn page(&self, after: Option<Vec<Value>>) -> Statement {
        let (columns, key) = (Self::names(self.columns()), Self::names(self.key.iter()));
        let mut page = Statement::new(format!("SELECT {columns} FROM {}", self.name));
        if let Some(after) = after {
            page.push(&format!(" WHERE ({key}) > ")).push_list(after);
        }
        page.push(&format!(" ORDER BY {key} LIMIT ")).push_bind(ROWS);
        page
    }

    fn insert<C: Connection>(&self, rows: &[impl Columns], _to: &C) -> StoreResult<Statement> {
        let numbers = if self.numbered { C::WITH_ITS_NUMBERS } else { "" };
        let columns = Self::names(self.columns());
        let mut insert = Statement::new(format!("INSERT INTO {} ({columns}) {numbers} VALUES ", self.name));
        for (at, row) in rows.iter().enumerate() {
            insert.push(if at == 0 { "" } else { ", " }).push_list(values(row, self.columns())?);
        }
        Ok(insert)
    }
}

fn values<'a>(
    row: &impl Columns,
    columns: impl Iterator<Item = &'a (&'static str, Type)>,
) -> StoreResult<Vec<Value>> {
    let value = |(name, kind): &(&'static str, Type)| {
        Ok(match kind {
            Number => row.optional_integer(name)?.into(),
            Flag => row.flag(name)?.into(),
            Text => row.optional_text(name)?.map(str::to_owned).into(),
            Bytes => row.optional_bytes(name)?.map(<[u8]>::to_vec).into(),
        })
    };
    columns.map(value).collect()
}

/// What only a backup has: the files that belong to the library, and when it was made.
const FILES: &str = "CREATE TABLE backup_files (name TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT";
const MADE_AT: &str = "backup_made_at";
/// Until when nothing is missing in a library that was restored.
pub(super) const WHOLE_UNTIL: &str = "whole_until";
/// Where this library parted from those that it was before it was restored.
const FORKS: &str = "forks";

pub(super) async fn forks(connection: &mut impl Connection) -> StoreResult<Forks> {
    let Some(text) = meta(connection, FORKS).await? else { return Ok(Forks::default()) };
    serde_json::from_str(&text).map_err(|error| StoreError::corrupt("forks", error))
}

pub(super) async fn set_forks(connection: &mut impl Connection, forks: &Forks) -> StoreResult<()> {
    let text = serde_json::to_string(forks).map_err(|error| StoreError::corrupt("forks", error))?;
    set_meta(connection, FORKS, text).await
}

#[async_trait]
impl<D: Dialect> BackupStore for SqlStore<D> {
    async fn back_up(&self, file: &Path, now: Millis) -> StoreResult<BackupSummary> {
        // Everything is of the moment at which this begins.
        let mut from = self.snapshot().await?;
        let pool = SqliteStore::new_file(file).await?;
        let mut to = pool.begin().await?;
        let head = ledger::head(&mut *from).await?;
        set_head(&mut *to, &head).await?;
        for kept in [WHOLE_UNTIL, FORKS] {
            if let Some(value) = meta(&mut *from, kept).await? {
                set_meta(&mut *to, kept, value).await?;
            }
        }
        set_meta(&mut *to, MADE_AT, now.0.to_string()).await?;
        for table in &TABLES {
            table.copy(&mut *from, &mut *to).await?;
        }
        to.run(Statement::new(FILES)).await?;
        to.commit().await?;
        from.commit().await?;
        check(&pool).await?;
        let summary = summary(&pool).await?;
        pool.close().await;
        Ok(summary)
    }

    async fn replace(&self, backup: &BackupFile, epoch: Epoch) -> StoreResult<()> {
        let mut from = backup.pool.begin().await?;
        let mut to = self.writing().await?;
        for table in TABLES.iter().rev() {
            to.run(Statement::new(format!("DELETE FROM {}", table.name))).await?;
        }
        for table in &TABLES {
            table.copy(&mut *from, &mut *to).await?;
        }
        for statement in <D::Connection as Connection>::NUMBER_ON {
            to.all(Statement::new(*statement)).await?;
        }
        search::begin_anew(&mut *to).await?;
        let head = ledger::head(&mut *from).await?;
        let mut forks = forks(&mut *from).await?;
        forks.add(head);
        set_forks(&mut *to, &forks).await?;
        let head = Head { epoch, ..head };
        set_head(&mut *to, &head).await?;
        set_meta(&mut *to, WHOLE_UNTIL, backup.summary.made_at.0.to_string()).await?;
        to.commit().await?;
        self.opened_at(head);
        Ok(())
    }

    async fn forks(&self) -> StoreResult<Forks> {
        forks(&mut *self.reading().await?).await
    }

    async fn whole_until(&self) -> StoreResult<Option<Millis>> {
        let until = meta(&mut *self.reading().await?, WHOLE_UNTIL).await?;
        until.map(|until| millis(&until)).transpose()
    }
}

impl BackupFile {
    /// Opens a backup that nobody else uses, brings it to this version and looks whether it is sound.
    pub async fn open(file: &Path) -> StoreResult<Self> {
        let pool = SqliteStore::known_file(file).await?;
        check(&pool).await?;
        let summary = summary(&pool).await?;
        Ok(Self { pool, summary })
    }

    /// Puts one more file into it.
    pub async fn add(&self, name: String, bytes: Vec<u8>) -> StoreResult<()> {
        let add =
            Statement::new("INSERT INTO backup_files (name, bytes) VALUES (?, ?)").bind(name).bind(bytes);
        self.pool.acquire().await?.run(add).await?;
        Ok(())
    }

    /// The names of the files in it, in order.
    pub async fn names(&self) -> StoreResult<Vec<String>> {
        let names = Statement::new("SELECT name FROM backup_files ORDER BY name");
        let rows = self.pool.acquire().await?.all(names).await?;
        rows.iter().map(|row| Ok(row.text("name")?.to_owned())).collect()
    }

    pub async fn file(&self, name: &str) -> StoreResult<Option<Vec<u8>>> {
        let file = Statement::new("SELECT bytes FROM backup_files WHERE name = ?").bind(name.to_owned());
        let row = self.pool.acquire().await?.first(file).await?;
        row.map(|row| Ok(row.bytes("bytes")?.to_vec())).transpose()
    }

    pub async fn close(self) {
        self.pool.close().await;
    }
}

/// Whether every page and every reference in the file is as it should be.
async fn check(pool: &SqlitePool) -> StoreResult<()> {
    let mut connection = pool.acquire().await?;
    let said = connection.one(Statement::new("PRAGMA integrity_check")).await?;
    let said = said.text("integrity_check")?;
    if said != "ok" {
        return Err(StoreError::corrupt("a backup", said));
    }
    match connection.all(Statement::new("PRAGMA foreign_key_check")).await?.len() {
        0 => Ok(()),
        lost => Err(StoreError::corrupt("a backup", format!("{lost} rows that belong to nothing"))),
    }
}

async fn summary(pool: &SqlitePool) -> StoreResult<BackupSummary> {
    let mut connection = pool.acquire().await?;
    let made_at = meta(&mut *connection, MADE_AT).await?;
    let made_at = made_at.ok_or_else(|| StoreError::corrupt("a backup", "not when it was made"))?;
    let mut count = async |from: &str| {
        let count = Statement::new(format!("SELECT count(*) AS rows FROM {from}"));
        connection.one(count).await?.number("rows")
    };
    Ok(BackupSummary {
        made_at: millis(&made_at)?,
        stories: count("things WHERE kind = 'story'").await?,
        ops: count("ops").await?,
    })
}

fn millis(text: &str) -> StoreResult<Millis> {
    text.parse().map(Millis).map_err(|_| StoreError::corrupt("a moment", text))
}

pub(super) async fn meta(connection: &mut impl Connection, key: &'static str) -> StoreResult<Option<String>> {
    let value = Statement::new("SELECT value FROM meta WHERE key = ?").bind(key);
    connection.first(value).await?.map(|row| Ok(row.text("value")?.to_owned())).transpose()
}

/// Changes rows rather than putting others in their place: whoever writes locks one of them.
pub(super) async fn set_meta(
    connection: &mut impl Connection,
    key: &'static str,
    value: String,
) -> StoreResult<()> {
    let set = Statement::new(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    );
    connection.run(set.bind(key).bind(value)).await?;
    Ok(())
}

pub(super) async fn set_head(connection: &mut impl Connection, head: &Head) -> StoreResult<()> {
    set_meta(connection, "epoch", head.epoch.to_string()).await?;
    set_meta(connection, "seq", head.seq.to_string()).await?;
    set_meta(connection, "chain", head.chain.to_string()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_table_is_put_away_or_can_be_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let pool = SqliteStore::new_file(&folder.path().join("empty.db")).await.unwrap();
        let mut connection = pool.acquire().await.unwrap();
        let columns = "SELECT m.name AS of, c.name AS name FROM sqlite_schema m, pragma_table_info(m.name) c \
                       WHERE m.type = 'table'";
        let elsewhere = |table: &str| {
            table.starts_with("search_") || ["meta", "_sqlx_migrations", "sqlite_sequence"].contains(&table)
        };
        for row in connection.all(Statement::new(columns)).await.unwrap() {
            let (table, column) = (row.text("of").unwrap(), row.text("name").unwrap());
            let kept = TABLES.iter().find(|known| known.name == table);
            let kept = kept.is_some_and(|kept| kept.columns().any(|(name, _)| *name == column));
            assert!(kept || elsewhere(table), "{table}.{column} is in no backup");
        }
    }
}
