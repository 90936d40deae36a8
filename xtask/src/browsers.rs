//! The browsers and fonts that the end to end tests need: found, or installed where that is possible.

use std::{path::Path, process::Command};

use anyhow::{Result, bail};

use crate::packages::{install, on_path};

/// A program, and the Debian package that brings it.
const NEEDED: [(&str, &str); 6] = [
    ("/usr/bin/chromium", "chromium"),
    ("/usr/bin/firefox-esr", "firefox-esr"),
    ("/usr/bin/WebKitWebDriver", "webkit2gtk-driver"),
    ("/usr/bin/Xvfb", "xvfb"),
    ("/usr/share/fonts/truetype/roboto", "fonts-roboto"),
    ("/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf", "fonts-noto-core"),
];

/// Programs that may come from anywhere, and the Debian package that brings them where there are none.
const NODE: [(&str, &str); 2] = [("node", "nodejs"), ("npm", "npm")];
/// The oldest major version of Node.js that Playwright runs on.
const NODE_VERSION: u32 = 20;

pub fn provide() -> Result<()> {
    let missing = NODE.iter().filter(|(program, _)| on_path(program).is_none());
    let missing: Vec<&str> = missing.map(|(_, package)| *package).collect();
    install("The browser tests", &missing)?;
    if node_version().is_none_or(|version| version < NODE_VERSION) {
        bail!(
            "The browser tests need Node.js {NODE_VERSION} or later: install it, or run `cargo xtask test --no-browsers`."
        );
    }
    let missing: Vec<&str> =
        NEEDED.iter().filter(|(file, _)| !Path::new(file).exists()).map(|(_, package)| *package).collect();
    install("The browser tests", &missing)
}

/// The major version: 22 of `v22.4.0`.
fn node_version() -> Option<u32> {
    let output = Command::new("node").arg("--version").output().ok()?;
    let version = str::from_utf8(&output.stdout).ok()?;
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}
