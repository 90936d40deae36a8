//! `cargo xtask bench load`: builds the release server and the crate `load`, and runs it.

use anyhow::Result;
use clap::Args;

use crate::{
    build::Build,
    postgres,
    tools::{self, root},
};

#[derive(Args)]
pub struct Load {
    /// Stories that are told in a round; some four ops for three of them.
    #[arg(long, default_value_t = 10_000)]
    count: usize,
    #[arg(long, default_value_t = 200)]
    clients: usize,
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

impl Load {
    /// A crate of its own, since it opens the server's stores: nothing else here should wait for the server.
    pub fn run(self) -> Result<()> {
        postgres::provide()?;
        let release = Build { release: true };
        release.run()?;
        let solsken = release.server()?;
        let mut load = tools::cargo();
        load.args(["run", "--quiet", "--release", "--package", "load", "--", "--solsken"]).arg(solsken);
        load.arg("--stories").arg(super::stories(self.count)?);
        load.arg("--out").arg(root().join("target/bench/load.json"));
        load.args(["--clients", &self.clients.to_string(), "--rounds", &self.rounds.to_string()]);
        tools::run(&mut load)
    }
}
