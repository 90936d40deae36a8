//! How soon Solsken is there, in a real Chromium over a weak link on a slow processor: `end2end/bench/startup.js` says how.

use std::{path::PathBuf, process::Stdio};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::{browsers, end2end, figures, stories::Tell, tools::target};

#[derive(Args)]
pub struct Startup {
    /// Stories on the phone.
    #[arg(long, default_value_t = 10_000)]
    count: usize,
    /// Fresh browser profiles; medians over them are shown.
    #[arg(long, default_value_t = 3)]
    runs: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct Figures {
    runs: usize,
    slower: u32,
    stories_on_phone: String,
    first_usable_ms: f64,
    first_bytes: u64,
    with_everything_for_offline_bytes: u64,
    offline_list_usable_ms: f64,
    save_p50_ms: f64,
    save_p95_ms: f64,
}

impl Startup {
    pub fn run(self) -> Result<()> {
        browsers::provide()?;
        end2end::build()?;
        end2end::packages()?;
        let stories = self.stories()?;
        let mut bench = end2end::command("node");
        bench.arg("bench/startup.js").env("STORIES", stories).env("RUNS", self.runs.to_string());
        let output = bench.stderr(Stdio::inherit()).output().context("node cannot be started")?;
        if !output.status.success() {
            bail!("the measurement failed ({})", output.status);
        }
        let measured: Figures = serde_json::from_slice(&output.stdout)?;
        println!("{}", serde_json::to_string_pretty(&measured)?);
        println!("{}", figures::write("startup", &measured)?.display());
        Ok(())
    }

    fn stories(&self) -> Result<PathBuf> {
        let file = target().join(format!("stories-{}.jsonl", self.count));
        Tell { count: self.count, seed: 1, out: Some(file.clone()) }.run()?;
        Ok(file)
    }
}
