//! Builds the browser's half: wasm, its glue, styles and icons, into `target/site`.

use std::{
    fs,
    path::{Path, PathBuf},
};

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

/// What the browser is sent in two parts: the page, and the engine that runs beside it.
#[derive(Clone, Copy)]
struct Module {
    package: &'static str,
    name: &'static str,
}

const MODULES: [Module; 2] =
    [Module { package: "frontend", name: "solsken" }, Module { package: "engine", name: "engine" }];

/// A module as wasm-bindgen has made it ready: `name.js` and `name_bg.wasm`.
pub struct Glue {
    pub name: &'static str,
    pub folder: PathBuf,
}

/// The engine's search without the engine, for measurements only.
const SEARCHBENCH: Module = Module { package: "searchbench", name: "searchbench" };

pub const WASM: &str = "wasm32-unknown-unknown";

impl Build {
    pub fn run(self) -> Result<()> {
        add_target()?;
        self.wasm(&MODULES)?;
        let glue = MODULES.map(|module| self.glue(module)).into_iter().collect::<Result<Vec<_>>>()?;
        assets::bundle(&glue, self.release)
    }

    /// The engine's search, built as the engine is built; returns the folder with it.
    pub fn searchbench(self) -> Result<PathBuf> {
        add_target()?;
        self.wasm(&[SEARCHBENCH])?;
        Ok(self.glue(SEARCHBENCH)?.folder)
    }

    fn profile(self) -> &'static str {
        if self.release { "wasm" } else { "wasm-dev" }
    }

    fn folder(self) -> PathBuf {
        target().join(WASM).join(self.profile())
    }

    fn wasm(self, modules: &[Module]) -> Result<()> {
        let mut build = cargo();
        build.args(["build", "--lib", "--target", WASM, "--profile", self.profile()]);
        for module in modules {
            build.args(["--package", module.package]);
        }
        run(&mut build)
    }

    fn glue(self, module: Module) -> Result<Glue> {
        glue(&self.folder().join(format!("{}.wasm", module.package)), module.name, self.release)
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
fn glue(wasm: &Path, name: &'static str, release: bool) -> Result<Glue> {
    let folder = target().join("glue").join(name);
    let glue = Glue { name, folder: folder.clone() };
    let stamp = folder.join("of");
    let bytes = fs::read(wasm).with_context(|| format!("{} was not built", wasm.display()))?;
    let hash = assets::hash(&bytes);
    if fs::read_to_string(&stamp).is_ok_and(|done| done == hash) {
        return Ok(glue);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(wasm)
        .web(true)?
        .typescript(false)
        .remove_name_section(release)
        .out_name(name)
        .generate(&folder)
        .context("wasm-bindgen")?;
    fs::write(stamp, hash)?;
    Ok(glue)
}
