//! `cargo xtask run | test`: everything there is to do in this house.

mod assets;
mod build;
mod run;
mod tools;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, run and check Solsken")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything and serve it.
    Run(run::Run),
    /// Build the browser's half and its assets into target/site.
    Build(build::Build),
}

fn main() -> Result<()> {
    match Cli::parse().task {
        Task::Run(run) => run.run(),
        Task::Build(build) => build.run(),
    }
}
