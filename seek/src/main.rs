//! The server's search on its real stores, in this process: `find` prints what it finds, for `cargo xtask eval-search`,
//! and `time` how long that takes, for `cargo xtask bench search`. Both print JSON.

#[allow(clippy::unwrap_used, reason = "shared with the tests of the store")]
#[path = "../../server/tests/support/cluster.rs"]
mod cluster;
mod fts5;
mod library;
mod stopwatch;
mod told;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::id::StoryId;
use serde::Serialize;

use crate::{fts5::Fts5, library::Library, stopwatch::Times, told::read_queries};

#[derive(Parser)]
struct Seek {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// The ids of the ten stories that each query finds first: a list of lists.
    Find(Over),
    /// How long each query takes as it is typed.
    Time(Over),
}

#[derive(Args)]
struct Over {
    #[arg(long, value_enum)]
    on: Place,
    /// Stories in the exchange format.
    #[arg(long)]
    stories: PathBuf,
    /// Queries, `{"q": "…"}` a line.
    #[arg(long)]
    queries: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Place {
    Sqlite,
    Postgres,
    /// SQLite's own full-text search over the same texts, with nothing of ours around it.
    Fts5,
}

/// How many are judged.
const DEPTH: usize = 10;
/// How many are shown at once.
const SHOWN: usize = 20;

#[derive(Serialize)]
struct Figures {
    stories: usize,
    /// From the file until everything is found.
    import_s: f64,
    /// What the database takes on the disk.
    stored_bytes: u64,
    queries: Times,
    keystrokes: Times,
}

#[tokio::main]
async fn main() -> Result<()> {
    match Seek::parse().task {
        Task::Find(over) => println!("{}", serde_json::to_string(&over.find().await?)?),
        Task::Time(over) => println!("{}", serde_json::to_string(&over.time().await?)?),
    }
    Ok(())
}

impl Over {
    async fn find(&self) -> Result<Vec<Vec<StoryId>>> {
        let library = Library::open(self.on).await?;
        library.import(&self.stories).await?;
        let mut found = Vec::new();
        for query in read_queries(&self.queries)? {
            found.push(library.search(&query, DEPTH).await?);
        }
        Ok(found)
    }

    async fn time(&self) -> Result<Figures> {
        let queries = read_queries(&self.queries)?;
        if self.on == Place::Fts5 {
            let mut fts5 = Fts5::open().await?;
            let (stories, import_s) = fts5.import(&self.stories).await?;
            let timed = stopwatch::time(&queries, async |text| fts5.search(text, SHOWN).await).await?;
            return Ok(Figures::new(stories, import_s, fts5.stored_bytes().await?, timed));
        }
        let library = Library::open(self.on).await?;
        let (stories, import_s) = library.import(&self.stories).await?;
        let timed =
            stopwatch::time(&queries, async |text| library.search(text, SHOWN).await.map(drop)).await?;
        Ok(Figures::new(stories, import_s, library.stored_bytes().await?, timed))
    }
}

impl Figures {
    fn new(stories: usize, import_s: f64, stored_bytes: u64, (queries, keystrokes): (Times, Times)) -> Self {
        Self { stories, import_s, stored_bytes, queries, keystrokes }
    }
}
