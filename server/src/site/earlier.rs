//! The assets of builds that were served from this data folder before, for pages that are still open and phones that
//! come back with half of an older build.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// How long after another build took its place an asset is still there.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Names the assets of the build that was served last, a line each.
const CURRENT: &str = "current";

#[derive(Debug)]
pub struct Earlier {
    folder: PathBuf,
}

impl Earlier {
    /// Leaves the assets of this build in the folder, and takes away those that were replaced long ago.
    pub fn keep(
        folder: PathBuf,
        assets: impl Iterator<Item = (String, Vec<u8>)>,
        now: SystemTime,
    ) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        let mut current = BTreeSet::new();
        for (name, bytes) in assets {
            let file = folder.join(&name);
            // A name changes with its content.
            if fs::metadata(&file).map_or(true, |found| found.len() != bytes.len() as u64) {
                write_whole(&file, &bytes)?;
            }
            current.insert(name);
        }
        let list = folder.join(CURRENT);
        let before = fs::read_to_string(&list).unwrap_or_default();
        for replaced in before.lines().filter(|name| is_name(name) && !current.contains(*name)) {
            // Its time begins now, however long it was served.
            if let Ok(file) = File::options().append(true).open(folder.join(replaced)) {
                file.set_modified(now)?;
            }
        }
        write_whole(&list, current.iter().map(String::as_str).collect::<Vec<_>>().join("\n").as_bytes())?;
        let kept = Self { folder };
        kept.forget(&current, now)?;
        Ok(kept)
    }

    fn forget(&self, current: &BTreeSet<String>, now: SystemTime) -> io::Result<()> {
        for file in fs::read_dir(&self.folder)?.flatten() {
            let name = file.file_name();
            if name == CURRENT || name.to_str().is_some_and(|name| current.contains(name)) {
                continue;
            }
            let replaced = file.metadata()?.modified()?;
            if now.duration_since(replaced).is_ok_and(|since| since > KEPT_FOR) {
                fs::remove_file(file.path())?;
            }
        }
        Ok(())
    }

    /// The bytes of an asset, by its name alone.
    pub fn file(&self, name: &str) -> Option<Vec<u8>> {
        is_name(name).then(|| fs::read(self.folder.join(name)).ok()).flatten()
    }
}

/// Whether this is a name as assets have it, and not a way out of the folder.
fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.' || c == '_';
    name != CURRENT && !name.starts_with('.') && name.chars().all(fits)
}

/// So that a file is there whole or not at all.
fn write_whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    fs::write(&part, bytes)?;
    fs::rename(&part, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn build(number: u8) -> impl Iterator<Item = (String, Vec<u8>)> {
        ["js", "js.br", "css"].into_iter().map(move |end| (format!("app-{number}.{end}"), vec![number; 9]))
    }

    #[test]
    fn an_asset_outlives_its_build_by_thirty_days() {
        let folder = tempfile::tempdir().unwrap();
        let keep = |number, now| Earlier::keep(folder.path().to_owned(), build(number), now).unwrap();
        let start = SystemTime::now();
        assert_eq!(keep(1, start).file("app-1.js"), Some(vec![1; 9]));
        // The first build was served for a year.
        let later = start + 365 * DAY;
        for (now, there) in [(later, true), (later + 29 * DAY, true), (later + 31 * DAY, false)] {
            let kept = keep(2, now);
            assert_eq!(kept.file("app-1.js").is_some(), there, "{now:?}");
            assert_eq!(kept.file("app-2.css"), Some(vec![2; 9]));
        }
        // Back to what was replaced: it is current again, and is not counted as old.
        let kept = keep(1, later + 32 * DAY);
        assert!(kept.file("app-1.js").is_some() && kept.file("app-2.js").is_some());
    }

    #[test]
    fn a_half_written_asset_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("app-1.js"), "half").unwrap();
        let kept = Earlier::keep(folder.path().to_owned(), build(1), SystemTime::now()).unwrap();
        assert_eq!(kept.file("app-1.js"), Some(vec![1; 9]));
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("secret.key"), "secret").unwrap();
        let assets = folder.path().join("assets");
        let kept = Earlier::keep(assets, build(1), SystemTime::now()).unwrap();
        for odd in ["../secret.key", "..", "", "current", "/etc/passwd", "a\\..\\b", "å.js", ".hidden"] {
            assert_eq!(kept.file(odd), None, "{odd}");
        }
    }
}
