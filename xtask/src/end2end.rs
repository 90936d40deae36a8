//! Runs the scripts of `end2end` on a release build.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result};

use crate::{
    browsers,
    build::Build,
    tools::{root, run, target},
};

fn folder() -> PathBuf {
    root().join("end2end")
}

/// The packages that the scripts need, exactly as they were locked.
pub fn packages() -> Result<()> {
    let install = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    run(Command::new("npm").current_dir(folder()).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1").args(install))
        .context("the scripts in end2end need packages from npm")
}

/// What phones get, and the binary that serves it.
pub fn build() -> Result<()> {
    let release = Build { release: true };
    release.run()?;
    release.server().map(drop)
}

/// A command in `end2end` that knows where the binary is.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder()).env("SOLSKEN", target().join("release/solsken"));
    command
}

/// Takes the README's pictures anew.
pub fn pictures() -> Result<()> {
    browsers::provide()?;
    build()?;
    packages()?;
    run(command("node").arg("pictures.js"))
}
