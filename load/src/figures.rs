//! What is said of it all in the end.

use std::{fs, path::Path};

use anyhow::Result;
use serde::Serialize;

use crate::{Kind, drive::Written, pull::Pulled};

pub struct Round {
    pub written: Written,
    pub pulled: Pulled,
    pub peak_bytes: u64,
    pub bare_seconds: f64,
}

/// Medians over the rounds.
#[derive(Serialize)]
pub struct Figures {
    clients: usize,
    stories: usize,
    databases: Vec<Database>,
}

#[derive(Serialize)]
struct Database {
    database: Kind,
    rounds: Vec<Row>,
    median: Row,
}

#[derive(Clone, Copy, Default, Serialize)]
struct Row {
    durable_ops_per_s: f64,
    bare_ops_per_s: f64,
    /// Of the bare loop, in this very round.
    share_of_bare: f64,
    push_p50_ms: f64,
    push_p99_ms: f64,
    pull_records_per_s: f64,
    pull_compressed_records_per_s: f64,
    server_peak_mb: f64,
}

impl Figures {
    pub fn new(clients: usize, stories: usize) -> Self {
        Self { clients, stories, databases: Vec::new() }
    }

    pub fn add(&mut self, database: Kind, round: Round) {
        let row = Row::of(&round);
        eprintln!("  {}", serde_json::to_string(&row).unwrap_or_default());
        match self.databases.iter_mut().find(|known| known.database == database) {
            Some(known) => known.rounds.push(row),
            None => self.databases.push(Database { database, rounds: vec![row], median: row }),
        }
        for known in &mut self.databases {
            known.median = Row::median(&known.rounds);
        }
    }

    pub fn print(&self) {
        println!("medians; {} clients, one op a push; {} stories told a round\n", self.clients, self.stories);
        print!("{:<38}", "");
        self.databases.iter().for_each(|database| print!("{:>12}", format!("{:?}", database.database)));
        println!();
        let row = |what: &str, of: fn(&Row) -> String| {
            print!("{what:<38}");
            self.databases.iter().for_each(|database| print!("{:>12}", of(&database.median)));
            println!();
        };
        row("durable ops/s", |row| format!("{:.0}", row.durable_ops_per_s));
        row("  bare loop with the same rows, ops/s", |row| format!("{:.0}", row.bare_ops_per_s));
        row("  share of the bare loop", |row| format!("{:.0} %", row.share_of_bare * 100.0));
        row("receipt, p50", |row| format!("{:.0} ms", row.push_p50_ms));
        row("receipt, p99", |row| format!("{:.0} ms", row.push_p99_ms));
        row("pull, records/s", |row| format!("{:.0}", row.pull_records_per_s));
        row("pull, compressed, records/s", |row| format!("{:.0}", row.pull_compressed_records_per_s));
        row("most memory of the server", |row| format!("{:.0} MB", row.server_peak_mb));
    }

    pub fn write(&self, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, serde_json::to_string_pretty(self)? + "\n")?;
        println!("\n{}", path.display());
        Ok(())
    }
}

impl Row {
    fn of(Round { written, pulled, peak_bytes, bare_seconds }: &Round) -> Self {
        let quantile = |share: f64| {
            let at = ((written.took.len() as f64 * share) as usize).min(written.took.len() - 1);
            written.took[at].as_secs_f64() * 1_000.0
        };
        let (ops, bare) = (written.ops as f64 / written.seconds, written.ops as f64 / bare_seconds);
        Self {
            durable_ops_per_s: ops,
            bare_ops_per_s: bare,
            share_of_bare: ops / bare,
            push_p50_ms: quantile(0.5),
            push_p99_ms: quantile(0.99),
            pull_records_per_s: pulled.plain,
            pull_compressed_records_per_s: pulled.compressed,
            server_peak_mb: *peak_bytes as f64 / 1e6,
        }
    }

    fn median(rounds: &[Self]) -> Self {
        let median = |of: fn(&Self) -> f64| {
            let mut sorted: Vec<f64> = rounds.iter().map(of).collect();
            sorted.sort_by(f64::total_cmp);
            (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2]) / 2.0
        };
        Self {
            durable_ops_per_s: median(|row| row.durable_ops_per_s),
            bare_ops_per_s: median(|row| row.bare_ops_per_s),
            share_of_bare: median(|row| row.share_of_bare),
            push_p50_ms: median(|row| row.push_p50_ms),
            push_p99_ms: median(|row| row.push_p99_ms),
            pull_records_per_s: median(|row| row.pull_records_per_s),
            pull_compressed_records_per_s: median(|row| row.pull_compressed_records_per_s),
            server_peak_mb: median(|row| row.server_peak_mb),
        }
    }
}
