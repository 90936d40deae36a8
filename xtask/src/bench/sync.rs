//! How fast a phone syncs, in a real Chromium, beside PouchDB and RxDB: `end2end/bench/sync.js` says how.

use std::process::Stdio;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::{Deserialize, Serialize};

use super::peers;
use crate::{browsers, end2end, figures};

#[derive(Args)]
pub struct Sync {
    /// Stories in the library.
    #[arg(long, default_value_t = 10_000)]
    count: usize,
    /// Rounds in which all take turns; medians over them are shown.
    #[arg(long, default_value_t = 3)]
    runs: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct Figures {
    runs: usize,
    stories: usize,
    told: usize,
    /// How many were waiting for a processor as each round began.
    loads: Vec<f64>,
    slowed: Vec<Slowed>,
    results: Vec<Taken>,
}

/// How many times longer the same work took in a slowed page, and in a worker of it.
#[derive(Debug, Serialize, Deserialize)]
struct Slowed {
    rate: u32,
    page: f64,
    worker: f64,
}

/// Medians.
#[derive(Debug, Serialize, Deserialize)]
struct Taken {
    /// `pull` or `push`.
    way: String,
    slower: u32,
    who: String,
    /// Documents at once; 0 where we have our own.
    batch: u32,
    seconds: f64,
    /// Bytes on the wire, headers and all.
    up: f64,
    down: f64,
    /// From the beginning of the sync until search has everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    searchable_s: Option<f64>,
    /// The longest task of the page meanwhile, 0 if none was longer than 50 ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    longest_task_ms: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    long_tasks: Option<f64>,
}

impl Sync {
    pub fn run(self) -> Result<()> {
        browsers::provide()?;
        end2end::build()?;
        end2end::packages()?;
        let mut bench = end2end::command("node");
        bench.arg("bench/sync.js").env("STORIES", super::stories(self.count)?);
        bench.env("RUNS", self.runs.to_string()).env("PEERS", peers::stores()?);
        let output = bench.stderr(Stdio::inherit()).output().context("node cannot be started")?;
        if !output.status.success() {
            bail!("the measurement failed ({})", output.status);
        }
        let measured: Figures = serde_json::from_slice(&output.stdout)?;
        measured.print();
        println!("{}", figures::write("sync", &measured)?.display());
        Ok(())
    }
}

impl Figures {
    fn print(&self) {
        println!("medians of {} rounds; times are ours to theirs, larger is better for us\n", self.runs);
        println!("load before each round: {:?}", self.loads);
        for Slowed { rate, page, worker } in &self.slowed {
            println!("made {rate}x slower: a page {page:.1}x, its worker {worker:.1}x");
        }
        for (way, what) in [("pull", "first sync"), ("push", "push")] {
            let count = if way == "pull" { self.stories } else { self.told };
            println!("\n{what} of {count}{:>15}{:>12}{:>8}{:>14}", "s", "to ours", "KB", "longest task");
            for taken in self.results.iter().filter(|taken| taken.way == way) {
                let ours = self
                    .results
                    .iter()
                    .find(|ours| ours.batch == 0 && ours.way == taken.way && ours.slower == taken.slower);
                taken.print(ours);
            }
        }
    }
}

impl Taken {
    fn print(&self, ours: Option<&Self>) {
        let batch = if self.batch > 0 { format!(" by {}", self.batch) } else { String::new() };
        let who = format!("{}x {}{batch}", self.slower, self.who);
        let times = ours.map_or(1.0, |ours| self.seconds / ours.seconds);
        let task = self.longest_task_ms.map(|task| format!("{task:.0} ms")).unwrap_or_default();
        let kilobytes = (self.up + self.down) / 1_000.0;
        println!("{who:<26}{:>9.2}{times:>12.1}{kilobytes:>8.0}{task:>14}", self.seconds);
    }
}
