//! SQLite's FTS5 over the same texts, as bare as it comes: no library around it, no facets, no forgiveness.
//!
//! Of the words any may be missing, as with us; the last is also a beginning.

use std::{path::Path, time::Instant};

use anyhow::Result;
use domain::exchange::ExchangeStory;
use sqlx::{Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use crate::told;

pub struct Fts5 {
    connection: SqliteConnection,
    _folder: TempDir,
}

const MAKE: &str = "CREATE VIRTUAL TABLE stories USING fts5(
    title, tags, quote, situation, action, outcome, lesson, places, people,
    content = '', tokenize = 'unicode61 remove_diacritics 0', prefix = '2 3')";
const INSERT: &str =
    "INSERT INTO stories (title, tags, quote, situation, action, outcome, lesson, places, people)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

impl Fts5 {
    pub async fn open() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("solsken-fts5-").tempdir()?;
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("fts5.db"))
            .create_if_missing(true)
            .pragma("synchronous", "OFF")
            .pragma("cache_size", "-16384");
        let mut connection = SqliteConnection::connect_with(&options).await?;
        connection.execute(MAKE).await?;
        Ok(Self { connection, _folder: folder })
    }

    pub async fn import(&mut self, stories: &Path) -> Result<(usize, f64)> {
        let start = Instant::now();
        let told = told::for_many(stories, async |some| {
            let mut tx = self.connection.begin().await?;
            for story in some {
                let mut insert = sqlx::query(INSERT);
                for text in texts(story) {
                    insert = insert.bind(text);
                }
                insert.execute(&mut *tx).await?;
            }
            Ok(tx.commit().await?)
        });
        let told = told.await?;
        Ok((told, start.elapsed().as_secs_f64()))
    }

    pub async fn search(&mut self, text: &str, limit: usize) -> Result<()> {
        let Some(expression) = expression(text) else { return Ok(()) };
        let best = "SELECT rowid FROM stories WHERE stories MATCH ? ORDER BY rank LIMIT ?";
        let best = sqlx::query_scalar::<_, i64>(best).bind(expression).bind(limit as i64);
        best.fetch_all(&mut self.connection).await?;
        Ok(())
    }

    pub async fn stored_bytes(&mut self) -> Result<u64> {
        let size = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
        let bytes: i64 = sqlx::query_scalar(size).fetch_one(&mut self.connection).await?;
        Ok(bytes as u64)
    }
}

/// `"arg" OR "kund"*`; nothing if there is no word.
fn expression(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| format!("\"{word}\""))
        .collect();
    let beginning = if text.ends_with(char::is_alphanumeric) { "*" } else { "" };
    (!words.is_empty()).then(|| words.join(" OR ") + beginning)
}

fn texts(story: &ExchangeStory) -> [String; 9] {
    let line: serde_json::Value = serde_json::from_str(&story.to_line()).unwrap_or_default();
    let text = |field: &str| line[field].as_str().unwrap_or_default().to_owned();
    let list = |field: &str| -> Vec<String> {
        let names = line[field].as_array().into_iter().flatten();
        names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
    };
    [
        text("title"),
        [list("tags"), list("values")].concat().join(" "),
        text("quote"),
        text("situation"),
        text("action"),
        text("outcome"),
        text("lesson"),
        format!("{} {}", text("department"), text("site")),
        text("author"),
    ]
}
