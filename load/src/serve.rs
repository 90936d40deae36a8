//! The release server on a store of its own.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use domain::{id::Epoch, time::Millis};
use tempfile::TempDir;

use crate::{Kind, cluster::Database, http::Connection};

pub struct Served {
    process: Running,
    solsken: PathBuf,
    store: Store,
    pub address: SocketAddr,
}

/// Killed when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a server has written. It goes with this.
pub struct Store {
    pub folder: TempDir,
    pub database: Option<Database>,
}

impl Served {
    pub async fn start(solsken: &Path, kind: Kind) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("solsken-load-").tempdir()?;
        let database = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some(Database::fresh(Epoch::mint(Millis(1), &[1; 10])).await),
        };
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let store = Store { folder, database };
        let mut serve = Command::new(solsken);
        serve.arg("serve").args(["--listen", &address.to_string()]).args(store.flags());
        serve.stdout(Stdio::null()).stderr(Stdio::null());
        let process = serve.spawn().with_context(|| format!("{} cannot be started", solsken.display()))?;
        let served = Self { process: Running(process), solsken: solsken.to_owned(), store, address };
        for _ in 0..400 {
            if is_well(address).await.is_ok() {
                return Ok(served);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("the server does not answer")
    }

    /// The secret of an invite for so many members.
    pub fn invite(&self, uses: usize) -> Result<String> {
        let mut invite = Command::new(&self.solsken);
        invite.args(["invite", "--role", "member", "--uses", &uses.to_string()]).args(self.store.flags());
        let output = invite.output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        let secret = said.split_once('#').and_then(|(_, rest)| rest.split_whitespace().next());
        let problem = || format!("no invite was made: {}", String::from_utf8_lossy(&output.stderr));
        Ok(secret.with_context(problem)?.to_owned())
    }

    /// The most memory that the server has had resident.
    pub fn peak_bytes(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
        let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kibibytes * 1024)
    }

    /// The server is gone; what it has written stays.
    pub fn stop(self) -> Store {
        drop(self.process);
        self.store
    }
}

/// It accepts connections before its store is open.
async fn is_well(address: SocketAddr) -> Result<()> {
    let answer = Connection::to(address).await?.ask("GET", "/healthz", "", "").await?;
    if answer.status == 200 { Ok(()) } else { bail!("{}", answer.status) }
}

impl Store {
    fn flags(&self) -> Vec<String> {
        let mut flags = vec!["--data".to_owned(), self.folder.path().display().to_string()];
        flags.extend(
            self.database.iter().flat_map(|database| ["--database".to_owned(), database.url.clone()]),
        );
        flags
    }
}
