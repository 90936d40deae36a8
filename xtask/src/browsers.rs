//! The browsers and fonts that the end to end tests need: found, or installed where that is possible.

use std::path::Path;

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

pub fn provide() -> Result<()> {
    for program in ["node", "npm"] {
        if on_path(program).is_none() {
            bail!(
                "The browser tests need Node.js 20 or later with npm: install it, or run `cargo xtask test --no-browsers`."
            );
        }
    }
    let missing: Vec<&str> =
        NEEDED.iter().filter(|(file, _)| !Path::new(file).exists()).map(|(_, package)| *package).collect();
    install("The browser tests", &missing)
}
