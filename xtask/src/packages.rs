//! Debian's packages, where something of them is missing.

use std::{path::PathBuf, process::Command};

use anyhow::{Result, bail};

use crate::tools::run;

/// Installs `packages`, or says in one sentence what `whoever` needs.
pub fn install(whoever: &str, packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let names = packages.join(" ");
    if on_path("apt-get").is_none() || !is_root() {
        bail!("{whoever} need {names}: install them with `sudo apt-get install {names}`.");
    }
    println!("installing {names}");
    let apt = |arguments: &[&str]| {
        run(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(arguments))
    };
    // A list of packages that is too old is fetched anew, but only then.
    let install = [&["install", "-y", "-q", "--no-install-recommends"], packages].concat();
    apt(&install).or_else(|_| apt(&["update", "-q"]).and_then(|()| apt(&install)))
}

pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

pub fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
