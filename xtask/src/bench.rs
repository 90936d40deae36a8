//! `cargo xtask bench NAME`: what Solsken costs, measured on this machine and written to `target/bench/NAME.json`.

mod load;
mod peers;
mod search;
mod startup;
mod sync;

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

use crate::{stories::Tell, tools::target};

#[derive(Subcommand)]
pub enum Bench {
    /// How soon it is there: first visit, a start without a network, a save.
    Startup(startup::Startup),
    /// The first sync of a whole library, and the push of what was told without a network, beside peers.
    Sync(sync::Sync),
    /// What many clients get out of the server, on each of its databases.
    Load(load::Load),
    /// What a keystroke costs: the phone's search in a browser beside a peer, and the server's beside bare FTS5.
    Search(search::Search),
    /// What the phone's index costs, natively.
    SearchNative(search::native::Search),
}

impl Bench {
    pub fn run(self) -> Result<()> {
        match self {
            Self::Startup(startup) => startup.run(),
            Self::Sync(sync) => sync.run(),
            Self::Load(load) => load.run(),
            Self::Search(search) => search.run(),
            Self::SearchNative(search) => search.run(),
        }
    }
}

/// So many stories of our generator, in a file; the same for all that are measured.
fn stories(count: usize) -> Result<PathBuf> {
    let file = target().join(format!("stories-{count}.jsonl"));
    Tell { count, seed: 1, out: Some(file.clone()) }.run()?;
    Ok(file)
}
