//! Settings: flags before environment before the TOML file before what is usual.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use serde::Deserialize;
use thiserror::Error;

use crate::{address::Address, backup::Schedule};

/// Flags that every command takes.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// Folder of the database, the key and this build's assets.
    #[arg(long, global = true, value_name = "DIR", env = "SOLSKEN_DATA")]
    data: Option<PathBuf>,
    /// PostgreSQL database to keep the library in, as postgres://USER:PASSWORD@HOST/NAME. Without it, an SQLite file
    /// in the data folder.
    #[arg(long, global = true, value_name = "URL", env = "SOLSKEN_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// Bucket to keep photos and voice notes in, as s3://BUCKET/FOLDER, with credentials from AWS's usual variables.
    /// Without it, a folder in the data folder.
    #[arg(long, global = true, value_name = "URL", env = "SOLSKEN_ATTACHMENTS")]
    attachments: Option<String>,
    /// Settings in TOML. Without it, DIR/solsken.toml if there is one.
    #[arg(long, global = true, value_name = "FILE", env = "SOLSKEN_CONFIG")]
    config: Option<PathBuf>,
    #[allow(rustdoc::bare_urls, reason = "this is shown on the command line")]
    /// Address that phones reach this server by, such as https://solsken.example. Behind a proxy it is needed: what
    /// comes from pages of any other address is refused.
    #[arg(long, global = true, value_name = "URL", env = "SOLSKEN_URL")]
    url: Option<Address>,
}

/// Flags of `solsken serve`.
#[derive(Args, Clone, Debug, Default)]
pub struct Serve {
    /// Address to listen on.
    #[arg(long, value_name = "ADDR", env = "SOLSKEN_LISTEN")]
    listen: Option<SocketAddr>,
    /// How many stories a phone holds at most.
    #[arg(long, value_name = "N", env = "SOLSKEN_PHONE_STORIES")]
    phone_stories: Option<u64>,
    /// Folder for backups; DIR/backups without it. Best on another disk.
    #[arg(long, value_name = "DIR", env = "SOLSKEN_BACKUPS")]
    backups: Option<PathBuf>,
    /// Hours between two backups; 0 for none.
    #[arg(long, value_name = "N", env = "SOLSKEN_BACKUP_HOURS")]
    backup_hours: Option<u32>,
    /// Take the service worker away from every phone that comes by: until the server is started without this, they need
    /// the network to open Solsken. Nothing that was told is lost.
    #[arg(long)]
    pub retire_worker: bool,
    /// Load the sample library, and print links to join it.
    #[arg(long)]
    pub demo: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data: Option<PathBuf>,
    database: Option<String>,
    attachments: Option<String>,
    url: Option<Address>,
    listen: Option<SocketAddr>,
    phone_stories: Option<u64>,
    backups: Option<PathBuf>,
    backup_hours: Option<u32>,
}

/// What holds after flags, environment and file have been read.
#[derive(Clone, Debug)]
pub struct Config {
    pub data: PathBuf,
    /// A PostgreSQL database, instead of a file in `data`.
    pub database: Option<String>,
    /// A bucket for photos and voice notes, instead of a folder in `data`.
    pub attachments: Option<String>,
    pub listen: SocketAddr,
    url: Option<Address>,
    pub phone_stories: u64,
    pub backups: Option<Schedule>,
    pub retire_worker: bool,
}

#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("{file} cannot be read: {source}")]
    Unreadable { file: PathBuf, source: std::io::Error },
    #[error("{file}: {source}")]
    Wrong { file: PathBuf, source: Box<toml::de::Error> },
}

/// In the data folder.
const LAST_URL: &str = "url";
const USUAL_LISTEN: ([u8; 4], u16) = ([127, 0, 0, 1], 8080);
/// All text up to here lies on every phone; beyond it, the newest and one's own.
const USUAL_PHONE_STORIES: u64 = 20_000;
const USUAL_BACKUP_HOURS: u32 = 24;

impl Config {
    pub fn read(common: &Common, serve: &Serve) -> Result<Self, ConfigError> {
        let usual = PathBuf::from("data");
        let folder = common.data.as_ref().unwrap_or(&usual);
        let file = match &common.config {
            Some(file) => read_file(file)?,
            None => {
                let file = folder.join("solsken.toml");
                if file.exists() { read_file(&file)? } else { File::default() }
            }
        };
        let data = common.data.clone().or(file.data).unwrap_or(usual);
        let hours = serve.backup_hours.or(file.backup_hours).unwrap_or(USUAL_BACKUP_HOURS);
        let backups = serve.backups.clone().or(file.backups).unwrap_or_else(|| data.join("backups"));
        let every = Duration::from_secs(u64::from(hours) * 3600);
        Ok(Self {
            backups: (hours > 0).then_some(Schedule { folder: backups, every }),
            retire_worker: serve.retire_worker,
            data,
            database: common.database.clone().or(file.database),
            attachments: common.attachments.clone().or(file.attachments),
            listen: serve.listen.or(file.listen).unwrap_or(SocketAddr::from(USUAL_LISTEN)),
            url: common.url.clone().or(file.url),
            phone_stories: serve.phone_stories.or(file.phone_stories).unwrap_or(USUAL_PHONE_STORIES),
        })
    }

    /// The address that goes into links.
    pub fn url(&self) -> String {
        self.url.as_ref().map(Address::to_string).unwrap_or_else(|| {
            let host = match self.listen.ip() {
                ip if ip.is_unspecified() => "localhost".to_owned(),
                std::net::IpAddr::V6(ip) => format!("[{ip}]"),
                ip => ip.to_string(),
            };
            format!("http://{host}:{}", self.listen.port())
        })
    }

    /// Leaves the address for other commands on this data, which make links.
    pub fn leave_url(&self) -> io::Result<()> {
        fs::write(self.data.join(LAST_URL), self.url())
    }

    /// With the address that a server on this data was last reached by, unless the settings name one.
    pub fn with_last_url(self) -> Self {
        let last = || fs::read_to_string(self.data.join(LAST_URL)).ok()?.parse().ok();
        Self { url: self.url.clone().or_else(last), ..self }
    }

    /// Whether phones come by HTTPS, as far as the settings say.
    pub fn is_https(&self) -> bool {
        self.url.as_ref().is_some_and(Address::is_https)
    }

    /// The address that the settings name, if they do.
    pub fn named_url(&self) -> Option<&Address> {
        self.url.as_ref()
    }
}

fn read_file(file: &Path) -> Result<File, ConfigError> {
    let text = fs::read_to_string(file)
        .map_err(|source| ConfigError::Unreadable { file: file.to_owned(), source })?;
    toml::from_str(&text)
        .map_err(|source| ConfigError::Wrong { file: file.to_owned(), source: Box::new(source) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common(data: &Path) -> Common {
        Common { data: Some(data.to_owned()), database: None, attachments: None, config: None, url: None }
    }

    #[test]
    fn a_flag_holds_before_the_file() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join("solsken.toml"),
            "listen = \"0.0.0.0:9000\"\nurl = \"https://a.example/\"",
        )
        .unwrap();
        let config = Config::read(&common(folder.path()), &Serve::default()).unwrap();
        assert_eq!((config.listen.port(), config.url().as_str()), (9000, "https://a.example"));
        assert!(config.is_https());
        let serve = Serve { listen: Some(SocketAddr::from(([0, 0, 0, 0], 7000))), ..Serve::default() };
        assert_eq!(Config::read(&common(folder.path()), &serve).unwrap().listen.port(), 7000);
    }

    #[test]
    fn backups_are_made_every_day_unless_told_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let read = |serve: &Serve| Config::read(&common(folder.path()), serve).unwrap().backups;
        let usual = read(&Serve::default()).unwrap();
        assert_eq!((usual.folder, usual.every.as_secs()), (folder.path().join("backups"), 86_400));
        assert!(read(&Serve { backup_hours: Some(0), ..Serve::default() }).is_none());
    }

    #[test]
    fn address_of_another_shape_in_the_file_is_refused_and_named() {
        let folder = tempfile::tempdir().unwrap();
        for url in ["solsken.example", "ftp://a.example", "", "https://a.example/under"] {
            fs::write(folder.path().join("solsken.toml"), format!("url = {url:?}")).unwrap();
            let error = Config::read(&common(folder.path()), &Serve::default()).unwrap_err().to_string();
            assert!(error.contains("solsken.toml") && error.contains("such as https://"), "{error}");
        }
    }

    #[test]
    fn address_that_an_earlier_version_left_and_that_is_none_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let read = || Config::read(&common(folder.path()), &Serve::default()).unwrap().with_last_url().url();
        fs::write(folder.path().join(LAST_URL), "a.example").unwrap();
        assert_eq!(read(), "http://127.0.0.1:8080");
        fs::write(folder.path().join(LAST_URL), "https://A.example").unwrap();
        assert_eq!(read(), "https://a.example");
    }

    #[test]
    fn a_misspelt_setting_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("solsken.toml"), "lisen = \"0.0.0.0:9000\"").unwrap();
        let error = Config::read(&common(folder.path()), &Serve::default()).unwrap_err().to_string();
        assert!(error.contains("lisen"), "{error}");
    }
}
