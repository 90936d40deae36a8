//! Measured figures, kept in `target/bench/` for whoever compares them.

use std::{fs, path::PathBuf};

use anyhow::Result;
use serde::Serialize;

use crate::tools::root;

/// Writes `target/bench/<name>.json` and says where it is.
pub fn write(name: &str, figures: &impl Serialize) -> Result<PathBuf> {
    let folder = root().join("target/bench");
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{name}.json"));
    fs::write(&path, serde_json::to_string_pretty(figures)? + "\n")?;
    Ok(path)
}
