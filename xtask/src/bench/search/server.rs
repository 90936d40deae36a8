//! The server's part.

use std::path::Path;

use anyhow::Result;
use clap::Args;
use serde::{Deserialize, Serialize};

use super::{against, queries};
use crate::{bench::stories, seek::Seek};

#[derive(Args)]
pub struct Server {
    /// Stories on the server. A million of them take some 6 GB of disk in each database, one after the other.
    #[arg(long, value_delimiter = ',', default_values_t = [100_000, 1_000_000])]
    server_sizes: Vec<usize>,
    /// Which databases.
    #[arg(long, value_delimiter = ',', default_values_t = ["sqlite".to_owned(), "postgres".into(), "fts5".into()])]
    on: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct OnServer {
    results: Vec<Taken>,
}

#[derive(Debug, Serialize)]
struct Taken {
    on: String,
    #[serde(flatten)]
    figures: Figures,
}

/// As `seek time` prints them.
#[derive(Debug, Serialize, Deserialize)]
struct Figures {
    stories: usize,
    import_s: f64,
    stored_bytes: u64,
    /// Whole queries.
    queries: Times,
    /// Whatever they begin with, each beginning once.
    keystrokes: Times,
}

#[derive(Debug, Serialize, Deserialize)]
struct Times {
    count: usize,
    p50_ms: f64,
    p95_ms: f64,
    max_ms: f64,
    slowest: String,
}

impl Server {
    pub fn measure(&self) -> Result<OnServer> {
        let queries = queries::file()?;
        let mut results = Vec::new();
        for size in &self.server_sizes {
            let stories = stories(*size)?;
            for on in &self.on {
                let taken = Taken { on: on.clone(), figures: time(on, &stories, &queries)? };
                taken.print();
                results.push(taken);
            }
            std::fs::remove_file(stories)?;
        }
        Ok(OnServer { results })
    }
}

fn time(on: &str, stories: &Path, queries: &Path) -> Result<Figures> {
    Seek { task: "time", on, stories, queries, release: true }.run()
}

impl OnServer {
    pub fn print(&self) {
        println!(
            "\n{:<32}{:>10}{:>8}{:>10}{:>24}{:>10}   slowest",
            "on a server", "import, s", "GB", "p50, ms", "p95, ms", "max, ms"
        );
        self.results.iter().for_each(Taken::print);
    }
}

impl Taken {
    fn print(&self) {
        let Self { on, figures } = self;
        let goals = [(100_000, 30.0), (1_000_000, 150.0)];
        let goal = goals.into_iter().find(|(most, _)| figures.stories <= *most && on != "fts5");
        let goal = goal.map(|(_, p95_ms)| p95_ms);
        for (what, times) in [("queries", &figures.queries), ("keystrokes", &figures.keystrokes)] {
            println!(
                "{:<32}{:>10.0}{:>8.2}{:>10.1}{:>24}{:>10.1}   «{}»",
                format!("{} {on}, {} {what}", figures.stories, times.count),
                figures.import_s,
                figures.stored_bytes as f64 / 1e9,
                times.p50_ms,
                against(times.p95_ms, goal),
                times.max_ms,
                times.slowest
            );
        }
    }
}
