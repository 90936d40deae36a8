//! Commands that are crates of their own, `simulate` and `fuzz`: they run on the server's real parts, and nothing else
//! here should wait for the server to be built.

use std::ffi::OsStr;

use anyhow::Result;
use clap::Args;

use crate::{postgres, tools};

#[derive(Args)]
#[command(disable_help_flag = true)]
pub struct Apart {
    /// Go to the command as they are; `--help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub args: Vec<String>,
}

impl Apart {
    /// Optimised: a million seeds or ten million inputs take long enough.
    pub fn run(self, package: &str) -> Result<()> {
        if self.args.iter().any(|arg| arg.ends_with("postgres")) {
            postgres::provide()?;
        }
        let cargo = ["run", "--quiet", "--release", "--package", package, "--"];
        tools::run(tools::cargo().args(cargo).args(self.args))
    }
}

/// As the tests are built, so that a run of all checks builds nothing twice.
pub fn check(package: &str, args: &[impl AsRef<OsStr>]) -> Result<()> {
    tools::run(tools::cargo().args(["run", "--quiet", "--package", package, "--"]).args(args))
}
