//! What `solsken` can be told to do.

mod backup;
mod demo;
mod export;
pub mod import;
mod invite;
mod restore;
mod search;
pub mod serve;

use std::{
    fs::DirBuilder,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{Parser, Subcommand};
use domain::id::Epoch;
use thiserror::Error;

use crate::{
    backup::BackupError,
    clock,
    config::{Common, Config, ConfigError, Serve},
    media::Media,
    site::NoAssets,
    store::{Store, StoreError, postgres::PostgresStore, sqlite::SqliteStore},
};

/// Solsken: true stories from the shop floor, told offline, found by the next who starts.
#[derive(Parser, Debug)]
#[command(name = "solsken", version)]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Serve the library to phones.
    Serve(Serve),
    /// Take in stories: JSON lines, or CSV with a header.
    Import(import::Import),
    /// Write all stories as JSON lines, ordered by id.
    Export(export::Export),
    /// Write the whole library into one file, also while a server is running.
    Backup(backup::Backup),
    /// Put what is in a backup in the place of the library.
    Restore(restore::Restore),
    /// Make an invite: prints a link, a QR code and a code to type.
    Invite(invite::MakeInvite),
    /// Search the library as an administrator would.
    Search(search::Search),
}

/// Why a command came to nothing, as its caller is told.
#[derive(Debug, Error)]
pub enum CommandError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{}{}", .0, cause(.0))]
    Store(#[from] StoreError),
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    NoAssets(#[from] NoAssets),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error("{0}")]
    Told(String),
}

fn cause(error: &StoreError) -> String {
    std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default()
}

type Done = Result<(), CommandError>;

impl Cli {
    pub async fn run(self) -> Done {
        let usual = Serve::default();
        let config = Config::read(
            &self.common,
            if let Command::Serve(serve) = &self.command { serve } else { &usual },
        )?;
        match self.command {
            Command::Serve(serve) => serve::run(config, serve.demo).await,
            Command::Import(import) => import.run(&config).await,
            Command::Export(export) => export.run(&config).await,
            Command::Backup(backup) => backup.run(&config).await,
            Command::Restore(restore) => restore.run(&config).await,
            Command::Invite(invite) => invite.run(&config).await,
            Command::Search(search) => search.run(&config).await,
        }
    }
}

/// In the data folder, where the settings name no other.
const DATABASE: &str = "solsken.db";

/// Opens the library: in the database that the settings name, or in the data folder, which is made if it is not there.
async fn open_store(config: &Config) -> Result<Arc<dyn Store>, CommandError> {
    make_private(&config.data).map_err(|error| CommandError::File(config.data.clone(), error))?;
    let epoch = Epoch::mint(clock::now(), &clock::randomness());
    if let Some(url) = &config.database {
        return Ok(Arc::new(PostgresStore::open(url, epoch).await?));
    }
    Ok(Arc::new(SqliteStore::open(&config.data.join(DATABASE), epoch).await?))
}

/// Where photos and voice notes lie.
fn open_media(config: &Config) -> Result<Media, CommandError> {
    Media::open(config.attachments.as_deref(), &config.data)
        .map_err(|error| CommandError::Told(error.to_string()))
}

/// Makes a folder, if it is not there, that other accounts of this machine cannot look into.
fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens a library for reading: where there is none, there is nothing to read, and none is made. A database on a server
/// is there because somebody made it for this.
async fn open_known(config: &Config) -> Result<Arc<dyn Store>, CommandError> {
    if config.database.is_none() && !config.data.join(DATABASE).exists() {
        return Err(CommandError::Told(format!("there is no library in {}", config.data.display())));
    }
    open_store(config).await
}
