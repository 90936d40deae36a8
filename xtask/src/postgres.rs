//! The PostgreSQL that the tests of the store start for themselves: found, or installed where that is possible.

use std::{fs, path::Path};

use anyhow::Result;

use crate::packages::{install, on_path};

/// Where Debian keeps each version in a folder of its own, off the path.
const DEBIANS: &str = "/usr/lib/postgresql";

pub fn provide() -> Result<()> {
    let versions = fs::read_dir(DEBIANS).into_iter().flatten().flatten();
    let found = versions.map(|version| version.path().join("bin")).any(|folder| has_server(&folder));
    let missing: &[&str] = if found || on_path("initdb").is_some() { &[] } else { &["postgresql"] };
    install("The tests of the store", missing)
}

fn has_server(folder: &Path) -> bool {
    ["initdb", "postgres", "pg_ctl"].iter().all(|program| folder.join(program).is_file())
}
