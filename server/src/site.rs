//! What the browser is sent besides pages: the assets of this build, embedded in the binary, and the service worker
//! and manifest made from their list.

mod earlier;

use std::{borrow::Cow, collections::BTreeMap, io, path::PathBuf, time::SystemTime};

use app::document::Assets;
use rust_embed::RustEmbed;
use serde::Deserialize;

use self::earlier::Earlier;

#[derive(RustEmbed)]
#[folder = "../target/site"]
#[allow_missing = true]
struct Embedded;

/// Where assets lie, here and in addresses.
const FOLDER: &str = "assets/";

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
    earlier: Option<Earlier>,
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
        Ok(Self { listed, build, earlier: None })
    }

    /// The same, with the assets of builds that were served from this folder before; this build's are left there too.
    pub fn with_earlier(self, folder: PathBuf) -> io::Result<Self> {
        let bytes = |path: String| {
            Some((path.strip_prefix(FOLDER)?.to_owned(), Embedded::get(&path)?.data.into_owned()))
        };
        let assets = Embedded::iter().filter_map(|path| bytes(path.into_owned()));
        Ok(Self { earlier: Some(Earlier::keep(folder, assets, SystemTime::now())?), ..self })
    }

    /// A site without the browser's half: pages are rendered and phones sync, but nothing comes to life. For tests,
    /// which must not wait for the wasm to be built.
    pub fn bare() -> Self {
        Self { listed: BTreeMap::new(), build: "bare".to_owned(), earlier: None }
    }

    pub fn build(&self) -> &str {
        &self.build
    }

    /// A file under `/assets/`.
    pub fn asset(&self, path: &str, accepts_brotli: bool) -> Option<File> {
        let name = path.strip_prefix('/')?.strip_prefix(FOLDER).filter(|name| !name.ends_with(".br"))?;
        let mime = mime_guess::from_path(name).first_or_octet_stream().to_string();
        let compressed = accepts_brotli.then(|| self.bytes(&format!("{name}.br"))).flatten();
        let brotli = compressed.is_some();
        let bytes = compressed.or_else(|| self.bytes(name))?;
        Some(File { bytes, mime, brotli })
    }

    fn bytes(&self, name: &str) -> Option<Cow<'static, [u8]>> {
        let ours = Embedded::get(&format!("{FOLDER}{name}")).map(|file| file.data);
        ours.or_else(|| self.earlier.as_ref()?.file(name).map(Cow::Owned))
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

    /// A service worker that takes itself away.
    pub fn retired_worker() -> &'static str {
        include_str!("../../public/sw-retired.js")
    }

    pub fn manifest(&self) -> String {
        let mut text = include_str!("../../public/manifest.webmanifest").to_owned();
        for (name, asset) in &self.listed {
            text = text.replace(&format!("{{{name}}}"), &asset.path);
        }
        text
    }
}
