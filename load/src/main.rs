//! `cargo xtask bench load`: many clients against the release server on this machine, on each of its databases, beside
//! a bare loop that writes the same rows to the same kind of database.
//!
//! The clients are devices that joined by an invite and speak the API that phones speak. Each sends one op and waits
//! for its receipt before it sends the next: 70 % tell a story, 15 % edit one, 15 % react to one.

mod bare;
#[allow(clippy::unwrap_used, reason = "shared with the tests of the store")]
#[path = "../../server/tests/support/cluster.rs"]
mod cluster;
mod drive;
mod figures;
mod http;
mod phone;
mod pull;
mod serve;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use domain::exchange::ExchangeStory;
use serde::Serialize;

use crate::{figures::Figures, serve::Served};

#[derive(Parser)]
pub struct Load {
    /// The server's release binary.
    #[arg(long)]
    solsken: PathBuf,
    /// Stories in the exchange format; each is told once in a round.
    #[arg(long)]
    stories: PathBuf,
    /// Where to write the figures.
    #[arg(long)]
    out: PathBuf,
    #[arg(long, default_value_t = 200)]
    clients: usize,
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Only this database.
    #[arg(long, value_enum)]
    only: Option<Kind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Sqlite,
    Postgres,
}

fn main() -> Result<()> {
    // One thread: the server is to have the other processor.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(Load::parse().run())
}

impl Load {
    async fn run(self) -> Result<()> {
        let text = std::fs::read_to_string(&self.stories)
            .with_context(|| format!("{} cannot be read", self.stories.display()))?;
        let read = |line: &str| ExchangeStory::from_line(line).ok().context("a line is no story");
        let stories: Vec<ExchangeStory> = text.lines().map(read).collect::<Result<_>>()?;
        let mut figures = Figures::new(self.clients, stories.len());
        for round in 1..=self.rounds {
            for kind in [Kind::Sqlite, Kind::Postgres] {
                if self.only.is_none_or(|only| only == kind) {
                    eprintln!("round {round}, {kind:?}");
                    figures.add(kind, self.round(kind, &stories).await?);
                }
            }
        }
        figures.print();
        figures.write(&self.out)
    }

    async fn round(&self, kind: Kind, stories: &[ExchangeStory]) -> Result<figures::Round> {
        let served = Served::start(&self.solsken, kind).await?;
        let mut phones = drive::join(&served, self.clients).await?;
        let listening = drive::listen(&served, &phones).await?;
        let written = drive::write(&mut phones, stories).await?;
        let pulled = pull::measure(&served, &phones).await?;
        let peak_bytes = served.peak_bytes()?;
        drop((phones, listening));
        let store = served.stop();
        let bare_seconds = bare::write(&store, written.ops).await?;
        Ok(figures::Round { written, pulled, peak_bytes, bare_seconds })
    }
}
