//! `cargo xtask fuzz`: builds the fuzzer and runs it, optimised: ten million inputs are many.

use anyhow::Result;
use clap::Args;

use crate::tools;

#[derive(Args)]
#[command(disable_help_flag = true)]
pub struct Fuzz {
    /// Go to the fuzzer as they are; `--help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

impl Fuzz {
    pub fn run(self) -> Result<()> {
        tools::run(
            tools::cargo().args(["run", "--quiet", "--release", "--package", "fuzz", "--"]).args(self.args),
        )
    }
}
