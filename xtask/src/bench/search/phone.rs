//! The phone's part.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::{Deserialize, Serialize};

use super::{against, queries};
use crate::{
    bench::{peers, stories},
    browsers,
    build::Build,
    end2end,
    tools::target,
};

#[derive(Args)]
pub struct Phone {
    /// Stories on the phone.
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 50_000])]
    sizes: Vec<usize>,
    /// How many times slower the page is made.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 4])]
    slow: Vec<u32>,
    /// Fresh browser profiles; medians over them are shown.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct OnPhone {
    runs: usize,
    /// How many were waiting for a processor as each round began.
    loads: Vec<f64>,
    results: Vec<Taken>,
}

/// Medians.
#[derive(Debug, Serialize, Deserialize)]
struct Taken {
    stories: usize,
    slower: u32,
    who: String,
    /// Compiling the wasm.
    compile_ms: f64,
    /// Reading the lexicon.
    start_ms: f64,
    build_ms: f64,
    /// What JavaScript's heap and the wasm's memory have grown by: all of the memory, lexicon and free space included,
    /// after building, and in a new page after loading.
    heap_bytes: f64,
    heap_loaded_bytes: f64,
    stored_bytes: f64,
    /// Out of IndexedDB.
    read_ms: f64,
    /// From what was read until it can be searched.
    load_ms: f64,
    keystrokes: f64,
    key_p50_ms: f64,
    key_p95_ms: f64,
    key_max_ms: f64,
    slowest: String,
}

const OURS: &str = "Solsken";

impl Phone {
    pub fn measure(&self) -> Result<OnPhone> {
        browsers::provide()?;
        end2end::packages()?;
        for size in &self.sizes {
            stories(*size)?;
        }
        let glue = Build { release: true }.searchbench()?;
        let mut bench = end2end::command("node");
        bench.arg("bench/search.js").env("GLUE", glue).env("PEERS", peers::minisearch()?);
        bench.env("STORIES", target()).env("QUERIES", queries::file()?);
        bench.env("SIZES", list(&self.sizes)).env("RATES", list(&self.slow));
        bench.env("RUNS", self.rounds.to_string());
        let output = bench.stderr(Stdio::inherit()).output().context("node cannot be started")?;
        ensure!(output.status.success(), "the measurement failed ({})", output.status);
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

fn list(numbers: &[impl ToString]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

impl OnPhone {
    pub fn print(&self) {
        println!("\nin a page, medians of {} rounds; load before each {:?}", self.runs, self.loads);
        for ours in self.results.iter().filter(|taken| taken.who == OURS) {
            let of_theirs = |theirs: &&Taken| {
                theirs.who != OURS && theirs.stories == ours.stories && theirs.slower == ours.slower
            };
            if let Some(theirs) = self.results.iter().find(of_theirs) {
                print(ours, theirs);
            }
        }
    }
}

fn print(ours: &Taken, theirs: &Taken) {
    let (stories, slower) = (ours.stories, ours.slower);
    println!("\n{:<38}{:>28}{:>14}", format!("{stories} stories, {slower}x slower"), OURS, theirs.who);
    let row = |what: &str, of: fn(&Taken) -> f64, goal: Option<f64>| {
        println!("{what:<38}{:>28}{:>14.1}", against(of(ours), goal), of(theirs));
    };
    let p95 = if stories <= 10_000 || slower == 1 { 16.0 } else { 50.0 };
    let p95 = (stories <= 50_000).then_some(p95);
    let max = (stories <= 10_000).then_some(50.0);
    let load = (stories <= 10_000 && slower == 1).then_some(100.0);
    row("compile, ms", |taken| taken.compile_ms, None);
    row("lexicon, ms", |taken| taken.start_ms, None);
    row("build, ms", |taken| taken.build_ms, Some(theirs.build_ms / 2.0));
    row("heap after it, MB", |taken| taken.heap_bytes / 1e6, Some(theirs.heap_bytes / 2e6));
    row("stored, MB", |taken| taken.stored_bytes / 1e6, Some(theirs.stored_bytes / 2e6));
    row("read what is stored, ms", |taken| taken.read_ms, None);
    row("load it, ms", |taken| taken.load_ms, load);
    row("heap after it, MB", |taken| taken.heap_loaded_bytes / 1e6, Some(theirs.heap_loaded_bytes / 2e6));
    row("keystroke p50, ms", |taken| taken.key_p50_ms, None);
    row("keystroke p95, ms", |taken| taken.key_p95_ms, p95);
    row("keystroke max, ms", |taken| taken.key_max_ms, max);
    println!("{:<38}{:>28}{:>14}", "  with", ours.slowest, theirs.slowest);
}
