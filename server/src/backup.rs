//! Backups: made by hand or by the clock, and taken back.

mod rotation;
mod seal;

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use domain::time::Millis;
use thiserror::Error;

use crate::{
    clock,
    media::{Media, MediaError},
    secrets,
    store::{BackupFile, BackupSummary, Store, StoreError},
};

/// Why there is no backup, or why it was not taken back.
#[derive(Debug, Error)]
pub enum BackupError {
    #[error("{0} is there already")]
    Exists(PathBuf),
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    #[error("{0} is no backup of Solsken, or not a sound one: {problem}", problem = told(.1))]
    Unsound(PathBuf, StoreError),
    #[error("{0} is not what was written when this backup was made: it was damaged or altered")]
    Altered(PathBuf),
    #[error("{}", told(.0))]
    Store(#[from] StoreError),
    #[error(transparent)]
    Media(#[from] MediaError),
}

fn told(error: &StoreError) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}

fn at(file: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let file = file.to_owned();
    |error| BackupError::File(file, error)
}

/// All that a server keeps, wherever it lies.
#[derive(Clone, Copy)]
pub struct Kept<'a> {
    pub store: &'a dyn Store,
    pub media: &'a Media,
    /// The data folder.
    pub data: &'a Path,
}

/// What was put away, or taken back.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    pub library: BackupSummary,
    /// Photos and voice notes.
    pub attachments: Attachments,
}

/// How many there are, and how many are not what they were and therefore left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attachments {
    pub whole: u64,
    pub damaged: u64,
}

/// A file beside its place, taken away again unless it comes to stand there.
struct Unfinished(PathBuf);

impl Unfinished {
    fn beside(file: &Path) -> Self {
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        Self(file.with_file_name(name))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        for end in ["", "-journal", "-wal", "-shm"] {
            let mut file = self.0.clone().into_os_string();
            file.push(end);
            // It is gone already, or was never there.
            let _ = fs::remove_file(file);
        }
    }
}

/// Writes the library and the files that belong to it into a new file, which is there whole, checked and on the disk, or
/// not at all.
pub async fn make(kept: Kept<'_>, file: &Path) -> Result<Done, BackupError> {
    if file.exists() {
        return Err(BackupError::Exists(file.to_owned()));
    }
    let part = Unfinished::beside(file);
    // Nobody else may look into it, from the first byte on.
    secrets::private_file(&part.0).map_err(at(&part.0))?;
    let library = kept.store.back_up(&part.0, clock::now()).await?;
    let backup = BackupFile::open(&part.0).await?;
    let key = kept.data.join(secrets::KEY_FILE);
    if key.exists() {
        backup.add(secrets::KEY_FILE.to_owned(), fs::read(&key).map_err(at(&key))?).await?;
    }
    // After the library: whatever it says is served was there before it said so.
    let mut attachments = Attachments::default();
    for name in kept.media.names().await? {
        // One that cannot be read keeps the texts from nothing.
        match kept.media.take_out(&name).await {
            Ok(Some(bytes)) => {
                backup.add(name, bytes.into()).await?;
                attachments.whole += 1;
            }
            Ok(None) => {
                tracing::error!("{name} is not what it was, and is in no backup from now on");
                attachments.damaged += 1;
            }
            Err(error) => {
                tracing::error!(%error, "{name} cannot be read, and is not in this backup");
                attachments.damaged += 1;
            }
        }
    }
    backup.close().await;
    seal::seal(&part.0).map_err(at(&part.0))?;
    File::open(&part.0).and_then(|file| file.sync_all()).map_err(at(&part.0))?;
    // Unlike renaming, this never takes the place of a file that came meanwhile.
    fs::hard_link(&part.0, file).map_err(at(file))?;
    sync_folder(file).map_err(at(file))?;
    Ok(Done { library, attachments })
}

fn sync_folder(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(folder) if folder != Path::new("") => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

/// A place in `folder` for a backup made now.
pub fn dated(folder: &Path) -> PathBuf {
    let mut now = clock::now();
    loop {
        let file = folder.join(rotation::name(now));
        if !file.exists() {
            return file;
        }
        now = now.plus(1_000);
    }
}

/// A sound backup, ready to be taken back.
pub struct Sound {
    backup: BackupFile,
    key: Option<Vec<u8>>,
    /// What is read is a copy: the backup stays as it is, and may lie where nothing can be written.
    _copy: Unfinished,
}

/// What was done to take a backup back.
#[derive(Debug)]
pub struct Restored {
    pub done: Done,
    /// The key of the server's marks is another one than before: a server that runs has to be started anew.
    pub key_changed: bool,
}

impl Sound {
    /// Looks whether a file is a backup, and whole.
    pub async fn open(data: &Path, file: &Path) -> Result<Self, BackupError> {
        let copy = Unfinished::beside(&data.join("restore"));
        fs::copy(file, &copy.0).map_err(at(file))?;
        if !seal::open(&copy.0).map_err(at(file))? {
            return Err(BackupError::Altered(file.to_owned()));
        }
        let unsound = |error| BackupError::Unsound(file.to_owned(), error);
        let backup = BackupFile::open(&copy.0).await.map_err(unsound)?;
        let key = backup.file(secrets::KEY_FILE).await.map_err(unsound)?;
        Ok(Self { backup, key, _copy: copy })
    }

    /// Puts what is in it in the place of the whole library.
    ///
    /// A new epoch begins: phones notice, keep all they have, and send again what the backup lacks.
    pub async fn restore(self, kept: Kept<'_>) -> Result<Restored, BackupError> {
        // Before the library: as ever, it says that something is served only once that is there.
        let mut attachments = Attachments::default();
        for name in self.backup.names().await? {
            if let Some(bytes) = self.backup.file(&name).await?.filter(|_| name != secrets::KEY_FILE) {
                match kept.media.put_back(&name, bytes).await? {
                    true => attachments.whole += 1,
                    false => attachments.damaged += 1,
                }
            }
        }
        let epoch = clock::epoch_after(kept.store.head().await?.epoch);
        kept.store.replace(&self.backup, epoch).await?;
        let library = self.backup.summary;
        self.backup.close().await;
        let key_changed = match self.key {
            Some(key) => {
                secrets::replace_key(kept.data, &key).map_err(at(&kept.data.join(secrets::KEY_FILE)))?
            }
            None => false,
        };
        Ok(Restored { done: Done { library, attachments }, key_changed })
    }
}

/// When backups are made by the clock, and where.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub folder: PathBuf,
    pub every: Duration,
}

/// A server that has just begun has other things to do.
const FIRST: Duration = Duration::from_secs(10 * 60);
/// After one that came to nothing.
const AGAIN: Duration = Duration::from_secs(60 * 60);

impl Schedule {
    /// Makes backups for as long as it is polled.
    pub async fn keep(&self, kept: Kept<'_>) {
        tokio::time::sleep(self.wait(clock::now()).max(FIRST)).await;
        loop {
            let wait = match self.make(kept).await {
                Ok(()) => self.every,
                Err(error) => {
                    tracing::error!("no backup was made: {error}");
                    AGAIN.min(self.every)
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// How long until the next backup is due.
    fn wait(&self, now: Millis) -> Duration {
        let newest = rotation::made_in(&self.folder).into_iter().map(|(made_at, _)| made_at).max();
        let Some(Millis(newest)) = newest else { return Duration::ZERO };
        let since = Duration::from_millis(u64::try_from(now.0 - newest).unwrap_or(0));
        self.every.saturating_sub(since)
    }

    /// Makes one now, and takes away those that are not needed any more.
    pub async fn make(&self, kept: Kept<'_>) -> Result<(), BackupError> {
        fs::create_dir_all(&self.folder).map_err(at(&self.folder))?;
        let file = dated(&self.folder);
        let made = make(kept, &file).await?;
        tracing::info!(
            stories = made.library.stories,
            attachments = made.attachments.whole,
            "backup made: {}",
            file.display()
        );
        for (_, old) in rotation::spent(rotation::made_in(&self.folder)) {
            match fs::remove_file(&old) {
                Ok(()) => tracing::info!("backup taken away: {}", old.display()),
                Err(error) => tracing::warn!("{}: {error}", old.display()),
            }
        }
        Ok(())
    }
}
