//! Asks the crate `seek` what the server's search finds, and how fast: a crate of its own, since it opens the server's
//! stores, and nothing else here should wait for the server to be built.

use std::{path::Path, process::Stdio};

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;

use crate::{postgres, tools::cargo};

/// What `seek TASK` says of a place (`sqlite`, `postgres`, `fts5`) that took in `stories`.
pub struct Seek<'a> {
    pub task: &'a str,
    pub on: &'a str,
    pub stories: &'a Path,
    pub queries: &'a Path,
    /// Optimised; otherwise as the tests are built, so that nothing is built twice.
    pub release: bool,
}

impl Seek<'_> {
    pub fn run<T: DeserializeOwned>(self) -> Result<T> {
        if self.on == "postgres" {
            postgres::provide()?;
        }
        let mut seek = cargo();
        seek.args(["run", "--quiet", "--package", "seek"]);
        if self.release {
            seek.arg("--release");
        }
        seek.args(["--", self.task, "--on", self.on]);
        seek.arg("--stories").arg(self.stories.canonicalize()?);
        seek.arg("--queries").arg(self.queries.canonicalize()?);
        let output = seek.stderr(Stdio::inherit()).output().context("cargo cannot be started")?;
        ensure!(output.status.success(), "seek on {} failed ({})", self.on, output.status);
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}
