//! How soon Solsken is there, in a real Chromium over a weak link on a slow processor, beside a peer:
//! `end2end/bench/startup.js` says how.

use std::process::Stdio;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::{Deserialize, Serialize};

use super::peers::Actual;
use crate::{browsers, end2end, figures};

#[derive(Args)]
pub struct Startup {
    /// Stories on the phone.
    #[arg(long, default_value_t = 10_000)]
    count: usize,
    /// Fresh browser profiles; medians over them are shown.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Without the peer.
    #[arg(long)]
    alone: bool,
}

/// Medians; the quantiles of the saves are over all runs.
#[derive(Debug, Serialize, Deserialize)]
struct Figures {
    runs: usize,
    slower: u32,
    stories_on_phone: String,
    solsken: Visits,
    save_durable_p50_ms: f64,
    save_durable_p95_ms: f64,
    save_shown_p50_ms: f64,
    save_shown_p95_ms: f64,
    actual: Option<Visits>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Visits {
    first_usable_ms: f64,
    first_bytes: u64,
    with_everything_for_offline_bytes: u64,
    offline_list_usable_ms: f64,
}

impl Startup {
    pub fn run(self) -> Result<()> {
        browsers::provide()?;
        end2end::build()?;
        end2end::packages()?;
        let stories = super::stories(self.count)?;
        let mut bench = end2end::command("node");
        bench.arg("bench/startup.js").env("STORIES", stories).env("RUNS", self.runs.to_string());
        if !self.alone {
            let actual = Actual::provide()?;
            bench.env("ACTUAL", actual.server).env("ACTUAL_NODE", actual.node);
        }
        let output = bench.stderr(Stdio::inherit()).output().context("node cannot be started")?;
        if !output.status.success() {
            bail!("the measurement failed ({})", output.status);
        }
        let measured: Figures = serde_json::from_slice(&output.stdout)?;
        measured.print();
        println!("{}", figures::write("startup", &measured)?.display());
        Ok(())
    }
}

impl Figures {
    fn print(&self) {
        println!(
            "medians of {} runs, {}x slower, 1.6 Mbit/s, 150 ms; on the phone {}\n",
            self.runs, self.slower, self.stories_on_phone
        );
        let row = |what: &str, of: fn(&Visits) -> String| {
            let theirs = self.actual.as_ref().map_or_else(|| "–".into(), of);
            println!("{what:<36} {:>12} {theirs:>12}", of(&self.solsken));
        };
        println!("{:<36} {:>12} {:>12}", "", "Solsken", "Actual");
        row("first visit, usable", |visits| millis(visits.first_usable_ms));
        row("  over the wire until then", |visits| kilobytes(visits.first_bytes));
        row("  with everything for offline use", |visits| {
            kilobytes(visits.with_everything_for_offline_bytes)
        });
        row("second visit, server gone, usable", |visits| millis(visits.offline_list_usable_ms));
        let save = |what: &str, p50, p95| println!("{what:<36} {:>12} {:>12}", millis(p50), millis(p95));
        println!("\n{:<36} {:>12} {:>12}", "a save, from the tap", "p50", "p95");
        save("  until it is durable", self.save_durable_p50_ms, self.save_durable_p95_ms);
        save("  until the next screen says so", self.save_shown_p50_ms, self.save_shown_p95_ms);
    }
}

fn millis(ms: f64) -> String {
    format!("{ms:.0} ms")
}

fn kilobytes(bytes: u64) -> String {
    format!("{:.0} KB", bytes as f64 / 1_000.0)
}
