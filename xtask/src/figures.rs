//! Measured figures, kept in `target/bench/` for whoever compares them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Serialize;

/// Writes `target/bench/<name>.json` and says where it is.
pub fn write(name: &str, figures: &impl Serialize) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = xtask.parent().unwrap_or(xtask).join("target/bench");
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{name}.json"));
    fs::write(&path, serde_json::to_string_pretty(figures)? + "\n")?;
    Ok(path)
}
