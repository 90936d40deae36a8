//! The position of the library after the latest commit, in a file beside the database: should the database go back in
//! time while no server runs, the next start notices.
//!
//! The file is written after a commit and may lag behind: it is never ahead of what was committed. Where it is missing or
//! damaged, phones notice instead. It bears the server's mark, so that half of it is nothing.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use domain::sync::wire::{Cursor, SigningKey, Token};
use tokio::sync::watch;

const FILE: &str = "last-position";
/// Between two writes.
const EVERY: Duration = Duration::from_secs(1);

/// The file in one data folder.
#[derive(Clone)]
pub struct LastPosition {
    file: PathBuf,
    key: SigningKey,
}

impl LastPosition {
    pub fn new(data: &Path, key: SigningKey) -> Self {
        Self { file: data.join(FILE), key }
    }

    /// The position, if there is one under this key's mark.
    pub fn read(&self) -> Option<Cursor> {
        match fs::read_to_string(&self.file) {
            Ok(text) => {
                let position = self.key.open_cursor(&Token(text.trim().to_owned()));
                if position.is_none() {
                    tracing::warn!(
                        "{} is damaged or of another key, and is passed over",
                        self.file.display()
                    );
                }
                position
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!(%error, "{} cannot be read, and is passed over", self.file.display());
                None
            }
        }
    }

    /// Writes a committed position, unless one of the same epoch is there that is further: two servers may share a data
    /// folder.
    pub fn write(&self, position: &Cursor) -> io::Result<()> {
        let further = |known: Cursor| known.epoch == position.epoch && known.seq >= position.seq;
        if self.read().is_some_and(further) {
            return Ok(());
        }
        let part = self.file.with_extension(format!("{}.part", std::process::id()));
        let mut out = File::create(&part)?;
        writeln!(out, "{}", self.key.sign_cursor(position).0)?;
        out.sync_all()?;
        fs::rename(&part, &self.file)
    }

    /// Writes every position that comes, and the latest when several come quickly.
    pub async fn follow(self, mut positions: watch::Receiver<Option<Cursor>>) {
        while positions.changed().await.is_ok() {
            let latest = *positions.borrow_and_update();
            self.note(latest).await;
            tokio::time::sleep(EVERY).await;
        }
    }

    pub async fn note(&self, position: Option<Cursor>) {
        let Some(position) = position else { return };
        let this = self.clone();
        let written = tokio::task::spawn_blocking(move || this.write(&position)).await;
        if let Ok(Err(error)) = written {
            tracing::warn!(%error, "{} is not up to date", self.file.display());
        }
    }
}

/// Takes the file away: the library is another one from now on.
pub fn forget(data: &Path) -> io::Result<()> {
    match fs::remove_file(data.join(FILE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use domain::{id::Epoch, sync::wire::Chain, time::Millis};

    use super::*;

    fn position(epoch: u8, seq: u64) -> Cursor {
        Cursor {
            epoch: Epoch::mint(Millis(i64::from(epoch)), &[epoch; 10]),
            seq,
            chain: Chain([seq as u8; 16]),
        }
    }

    #[test]
    fn a_position_is_read_as_it_was_written_and_never_goes_back_within_an_epoch() {
        let folder = tempfile::tempdir().unwrap();
        let file = LastPosition::new(folder.path(), SigningKey([1; 32]));
        assert_eq!(file.read(), None);
        for (written, stands) in [((1, 5), (1, 5)), ((1, 4), (1, 5)), ((1, 6), (1, 6)), ((2, 3), (2, 3))] {
            file.write(&position(written.0, written.1)).unwrap();
            assert_eq!(file.read(), Some(position(stands.0, stands.1)));
        }
        assert_eq!(LastPosition::new(folder.path(), SigningKey([2; 32])).read(), None);
        forget(folder.path()).unwrap();
        forget(folder.path()).unwrap();
        assert_eq!(file.read(), None);
    }

    #[test]
    fn a_damaged_file_is_passed_over_and_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let file = LastPosition::new(folder.path(), SigningKey([1; 32]));
        for damaged in [&b""[..], b"half", b"\xff\xfe"] {
            fs::write(folder.path().join(FILE), damaged).unwrap();
            assert_eq!(file.read(), None);
        }
        file.write(&position(1, 1)).unwrap();
        assert_eq!(file.read(), Some(position(1, 1)));
    }
}
