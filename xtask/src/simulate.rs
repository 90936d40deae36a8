//! `cargo xtask simulate`: builds the simulator and runs it.

use anyhow::Result;
use clap::Args;

use crate::tools;

#[derive(Args)]
#[command(disable_help_flag = true)]
pub struct Simulate {
    /// Go to the simulator as they are; `--help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

impl Simulate {
    pub fn run(self) -> Result<()> {
        run(&self.args)
    }
}

/// A crate of its own, since it runs on the server's real stores too: nothing else here should wait for the server.
pub fn run(args: &[impl AsRef<std::ffi::OsStr>]) -> Result<()> {
    tools::run(tools::cargo().args(["run", "--quiet", "--package", "simulate", "--"]).args(args))
}
