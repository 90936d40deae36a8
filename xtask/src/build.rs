//! Builds the browser's half: wasm, its glue, styles and icons, into `target/site`.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use crate::{
    assets,
    tools::{cargo, output, root, run, target},
};

#[derive(Args, Clone, Copy)]
pub struct Build {
    /// The small build that phones are meant to get.
    #[arg(long)]
    pub release: bool,
}

pub const WASM: &str = "wasm32-unknown-unknown";

impl Build {
    pub fn run(self) -> Result<()> {
        add_target()?;
        let wasm = self.wasm()?;
        let glue = glue(&wasm, self.release)?;
        assets::bundle(&glue, self.release)
    }

    fn wasm(self) -> Result<PathBuf> {
        let profile = if self.release { "wasm" } else { "wasm-dev" };
        run(cargo().args([
            "build",
            "--package",
            "frontend",
            "--lib",
            "--target",
            WASM,
            "--profile",
            profile,
        ]))?;
        Ok(target().join(WASM).join(profile).join("frontend.wasm"))
    }

    /// The server's binary, with the assets inside if it is a release.
    pub fn server(self) -> Result<PathBuf> {
        let mut build = cargo();
        build.args(["build", "--package", "server", "--bin", "solsken"]);
        if self.release {
            build.arg("--release");
        }
        run(&mut build)?;
        Ok(target().join(if self.release { "release" } else { "debug" }).join("solsken"))
    }
}

fn add_target() -> Result<()> {
    let sysroot = output(cargo_rustc().args(["--print", "sysroot"]))?;
    if PathBuf::from(sysroot.trim()).join("lib/rustlib").join(WASM).is_dir() {
        return Ok(());
    }
    run(std::process::Command::new("rustup").current_dir(root()).args(["target", "add", WASM]))
        .context("the wasm target is missing, and rustup could not add it")
}

fn cargo_rustc() -> std::process::Command {
    let mut rustc = std::process::Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.current_dir(root());
    rustc
}

/// Binds the wasm to JavaScript, unless that was done for these very bytes.
fn glue(wasm: &PathBuf, release: bool) -> Result<PathBuf> {
    let folder = target().join("glue");
    let stamp = folder.join("of");
    let bytes = fs::read(wasm).with_context(|| format!("{} was not built", wasm.display()))?;
    let hash = assets::hash(&bytes);
    if fs::read_to_string(&stamp).is_ok_and(|done| done == hash) {
        return Ok(folder);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(wasm)
        .web(true)?
        .typescript(false)
        .remove_name_section(release)
        .out_name("solsken")
        .generate(&folder)
        .context("wasm-bindgen")?;
    fs::write(stamp, hash)?;
    Ok(folder)
}
