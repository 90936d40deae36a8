//! `cargo xtask faults`: the real server and a real browser on real bad days. `end2end/faults/*.js` say which.

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::{browsers, end2end, packages::is_root};

#[derive(Args)]
pub struct Faults {
    /// Only these.
    #[arg(value_enum)]
    only: Vec<Fault>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Fault {
    /// The server is killed 100 times while eight clients push.
    ServerKilled,
    /// Every connection of eight clients is cut after a random number of bytes.
    LinesCut,
    /// The server's disk fills up, five times.
    DiskFull,
    /// Chromium is killed 50 times while somebody tells.
    BrowserKilled,
    /// Every receipt comes after the disk has been told to write.
    Fsync,
}

impl Faults {
    pub fn run(self) -> Result<()> {
        browsers::provide()?;
        end2end::build()?;
        end2end::packages()?;
        let all = if self.only.is_empty() { Fault::value_variants().to_vec() } else { self.only };
        let failed: Vec<Fault> = all.iter().copied().filter(|fault| !fault.holds()).collect();
        println!("faults {}, failures {}", all.len(), failed.len());
        if !failed.is_empty() {
            bail!("not everything that was promised is there after {failed:?}");
        }
        Ok(())
    }
}

impl Fault {
    /// Whether nothing is missing, doubled or altered afterwards.
    fn holds(self) -> bool {
        let script = match self {
            Self::ServerKilled => "server-killed.js",
            Self::LinesCut => "lines-cut.js",
            Self::DiskFull => "disk-full.js",
            Self::BrowserKilled => "browser-killed.js",
            Self::Fsync => "fsync.js",
        };
        let program = format!("faults/{script}");
        // A disk that is small enough to fill takes a mount, which takes root: if only in a namespace of its own.
        let mut command = match self {
            Self::DiskFull if !is_root() => {
                let mut command = end2end::command("unshare");
                command.args(["--user", "--map-root-user", "--mount", "node"]);
                command
            }
            _ => end2end::command("node"),
        };
        match command.arg(program).status() {
            Ok(status) => status.success(),
            Err(error) => {
                println!("{script} cannot be run: {error}");
                false
            }
        }
    }
}
