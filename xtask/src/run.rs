//! `cargo xtask run`: builds everything and serves it.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::{
    build::Build,
    tools::{root, run},
};

#[derive(Args)]
pub struct Run {
    #[command(flatten)]
    build: Build,
    /// Load the sample library, and print links to join it as member, curator and administrator.
    #[arg(long)]
    demo: bool,
    /// What follows goes to `solsken serve`, such as `--listen 0.0.0.0:8080`.
    #[arg(last = true)]
    serve: Vec<String>,
}

impl Run {
    pub fn run(self) -> Result<()> {
        self.build.run()?;
        let solsken = self.build.server()?;
        let mut serve = Command::new(solsken);
        serve.current_dir(root()).arg("serve").args(self.serve);
        if self.demo {
            serve.arg("--demo");
        }
        run(&mut serve)
    }
}
