//! What the browser is sent besides pages: the assets of this build, embedded in the binary, and the service worker
//! and manifest made from their list.

use std::{borrow::Cow, collections::BTreeMap};

use app::document::Assets;
use rust_embed::RustEmbed;
use serde::Deserialize;

#[derive(RustEmbed)]
#[folder = "../target/site"]
#[allow_missing = true]
struct Embedded;

#[derive(Deserialize)]
struct Listed {
    path: String,
    integrity: String,
    precache: bool,
}

/// The assets of this build.
pub struct Site {
    /// By the name that the source has.
    listed: BTreeMap<String, Listed>,
    /// Changes whenever any asset does.
    build: String,
}

#[derive(Debug, thiserror::Error)]
#[error("the browser's half is not in this binary: build it with `cargo xtask run` or `cargo xtask build`")]
pub struct NoAssets;

/// A file, as it is or compressed ahead of time.
pub struct File {
    pub bytes: Cow<'static, [u8]>,
    pub mime: String,
    pub brotli: bool,
}

impl Site {
    pub fn embedded() -> Result<Self, NoAssets> {
        let list = Embedded::get("assets.json").ok_or(NoAssets)?;
        let build = list.metadata.sha256_hash().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let listed = serde_json::from_slice(&list.data).map_err(|_| NoAssets)?;
        Ok(Self { listed, build })
    }

    /// A site without the browser's half: pages are rendered and phones sync, but nothing comes to life. For tests,
    /// which must not wait for the wasm to be built.
    pub fn bare() -> Self {
        Self { listed: BTreeMap::new(), build: "bare".to_owned() }
    }

    pub fn build(&self) -> &str {
        &self.build
    }

    /// A file under `/assets/`.
    pub fn asset(&self, path: &str, accepts_brotli: bool) -> Option<File> {
        let name = path.strip_prefix('/')?;
        if !name.starts_with("assets/") || name.ends_with(".br") {
            return None;
        }
        let mime = mime_guess::from_path(name).first_or_octet_stream().to_string();
        let compressed = accepts_brotli.then(|| Embedded::get(&format!("{name}.br"))).flatten();
        let brotli = compressed.is_some();
        let file = compressed.or_else(|| Embedded::get(name))?;
        Some(File { bytes: file.data, mime, brotli })
    }

    fn path(&self, name: &str) -> String {
        self.listed.get(name).map(|asset| asset.path.clone()).unwrap_or_default()
    }

    pub fn document_assets(&self) -> Assets {
        Assets {
            boot: self.path("boot.js"),
            js: self.path("solsken.js"),
            wasm: self.path("solsken.wasm"),
            css: self.path("solsken.css"),
            icon: self.path("logo.svg"),
            touch_icon: self.path("icon-180.png"),
        }
    }

    /// The service worker of this build: its precache list, and the hash of each file, filled in.
    pub fn service_worker(&self) -> String {
        let precache: BTreeMap<_, _> = self
            .listed
            .values()
            .filter(|asset| asset.precache)
            .map(|asset| (&asset.path, &asset.integrity))
            .collect();
        let precache = serde_json::to_string(&precache).unwrap_or_default();
        include_str!("../../public/sw.js")
            .replace("\"{build}\"", &format!("\"{}\"", self.build))
            .replace("\"{precache}\"", &precache)
    }

    pub fn manifest(&self) -> String {
        let mut text = include_str!("../../public/manifest.webmanifest").to_owned();
        for (name, asset) in &self.listed {
            text = text.replace(&format!("{{{name}}}"), &asset.path);
        }
        text
    }
}
