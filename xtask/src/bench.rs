//! `cargo xtask bench NAME`: what Solsken costs, measured on this machine and written to `target/bench/NAME.json`.

mod peers;
mod search;
mod startup;

use anyhow::Result;
use clap::Subcommand;

#[derive(Subcommand)]
pub enum Bench {
    /// How soon it is there: first visit, a start without a network, a save.
    Startup(startup::Startup),
    /// What the phone's index costs, natively.
    SearchNative(search::Search),
}

impl Bench {
    pub fn run(self) -> Result<()> {
        match self {
            Self::Startup(startup) => startup.run(),
            Self::SearchNative(search) => search.run(),
        }
    }
}
