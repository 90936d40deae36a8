//! Gathers what the browser is sent: names each file by its content, compresses it ahead of time, and lists it in
//! `target/site/assets.json`. The server embeds the folder; the service worker's precache list comes from the list.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    build::Glue,
    tools::{root, target},
};

/// What the server knows of an asset.
#[derive(Serialize)]
struct Asset {
    /// Where it is served.
    path: String,
    /// Subresource integrity: `sha256-` and base64.
    integrity: String,
    bytes: usize,
    /// The phone needs it to start without a network.
    precache: bool,
}

/// Hexadecimal SHA-256, as far as a file name needs it.
pub fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Writes `target/site` anew, if anything in it has changed.
pub fn bundle(modules: &[Glue], release: bool) -> Result<()> {
    let mut site = Site { folder: target().join("site.new"), assets: BTreeMap::new(), release };
    if site.folder.exists() {
        fs::remove_dir_all(&site.folder)?;
    }
    fs::create_dir_all(site.folder.join("assets"))?;
    for Glue { name, folder } in modules {
        site.hashed(&format!("{name}.wasm"), &fs::read(folder.join(format!("{name}_bg.wasm")))?, true)?;
        site.hashed(&format!("{name}.js"), &fs::read(folder.join(format!("{name}.js")))?, true)?;
    }
    // Each names what it loads, so the one that is loaded last comes first.
    for name in ["engine-boot.js", "media.js", "fields.js", "text-nodes.js", "boot.js"] {
        let script = site.filled_in(&fs::read_to_string(root().join("public").join(name))?);
        site.hashed(name, script.as_bytes(), true)?;
    }
    site.hashed("solsken.css", styles()?.as_bytes(), true)?;
    for file in files(&root().join("public/icons"))? {
        let name = file.file_name().and_then(|name| name.to_str()).context("an icon's name is not UTF-8")?;
        site.hashed(name, &fs::read(&file)?, name.ends_with(".svg"))?;
    }
    site.write_list()?;
    site.replace_old()
}

struct Site {
    folder: PathBuf,
    /// By the name that the source has.
    assets: BTreeMap<String, Asset>,
    release: bool,
}

impl Site {
    /// Adds a file whose name changes with its content, so that it can be cached for ever. Returns its path.
    fn hashed(&mut self, name: &str, bytes: &[u8], precache: bool) -> Result<String> {
        let (stem, extension) = name.rsplit_once('.').context("an asset has an extension")?;
        let path = format!("/assets/{stem}-{}.{extension}", hash(bytes));
        let file = self.folder.join(&path[1..]);
        fs::write(&file, bytes)?;
        if !matches!(extension, "png" | "ico") {
            let smaller = brotli(bytes, if self.release { 11 } else { 4 })?;
            fs::write(file.with_extension(format!("{extension}.br")), smaller)?;
        }
        let integrity = format!("sha256-{}", base64(&Sha256::digest(bytes)));
        let asset = Asset { path: path.clone(), integrity, bytes: bytes.len(), precache };
        self.assets.insert(name.to_owned(), asset);
        Ok(path)
    }

    /// The script without its comments, and with every `{name}` of an asset replaced by its path.
    fn filled_in(&self, script: &str) -> String {
        self.assets.iter().fold(without_lines_of_comment(script), |script, (name, asset)| {
            script.replace(&format!("{{{name}}}"), &asset.path)
        })
    }

    fn write_list(&self) -> Result<()> {
        fs::write(self.folder.join("assets.json"), serde_json::to_string_pretty(&self.assets)?)?;
        Ok(())
    }

    /// Puts the new folder where the server looks. Untouched if the list is the same, so that nothing is rebuilt.
    fn replace_old(self) -> Result<()> {
        let site = target().join("site");
        let list = |folder: &Path| fs::read(folder.join("assets.json")).ok();
        if list(&site) == list(&self.folder) {
            fs::remove_dir_all(&self.folder)?;
            return Ok(());
        }
        if site.exists() {
            fs::remove_dir_all(&site)?;
        }
        fs::rename(self.folder, site)?;
        Ok(())
    }
}

/// All styles in one file: the statement that orders the layers first, then every file in the order of its path.
fn styles() -> Result<String> {
    let style = root().join("style");
    let mut bundle = String::new();
    for file in ["tokens.css", "base.css"] {
        bundle.push_str(&fs::read_to_string(style.join(file)).with_context(|| format!("style/{file}"))?);
    }
    for folder in ["components", "pages"] {
        for file in files(&style.join(folder))? {
            bundle.push_str(&fs::read_to_string(file)?);
        }
    }
    Ok(without_comments(&bundle))
}

/// A script without the lines that are only comments: our scripts have no others that weigh anything, and no text in
/// which a line looks like one.
fn without_lines_of_comment(script: &str) -> String {
    let mut in_block = false;
    let is_code = |line: &&str| {
        let line = line.trim();
        let is_comment = in_block || line.starts_with("//") || line.starts_with("/*");
        in_block = (in_block || line.starts_with("/*")) && !line.ends_with("*/");
        !is_comment
    };
    script.lines().filter(is_code).collect::<Vec<_>>().join("\n")
}

fn without_comments(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    let lines = out.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.retain(|file| file.is_file());
    files.sort();
    Ok(files)
}

fn brotli(bytes: &[u8], quality: u32) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut out, 1 << 16, quality, 22);
    writer.write_all(bytes)?;
    drop(writer);
    Ok(out)
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let symbol = ALPHABET[(word >> (18 - 6 * place)) as usize & 63];
            text.push(if place <= chunk.len() { char::from(symbol) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_sent_without_its_lines_of_comment_and_with_all_of_its_code() {
        let script = "// one\nconst a = 1; // two\n/** three */\n/**\n * four\n */\n  // five\nconst b = \"/*\";\nrun();";
        assert_eq!(without_lines_of_comment(script), "const a = 1; // two\nconst b = \"/*\";\nrun();");
    }
}
