//! What `solsken` owes to whoever types it: the real binary, on a data folder that goes with the test.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod backup;
#[path = "../support/cluster.rs"]
mod cluster;
mod config;
mod export;
mod import;
mod invite;
mod postgres;
mod serve;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use domain::id::Epoch;
use server::{
    clock,
    store::{Store, postgres::PostgresStore, sqlite::SqliteStore},
};

/// The sample library: in canonical form, ordered by id.
const SAMPLES: &str = include_str!("../../../demo/stories.jsonl");

/// A folder to work in, with a data folder in it.
struct Desk {
    folder: tempfile::TempDir,
    /// Where the library is, if it is not in the data folder.
    database: Option<cluster::Database>,
}

/// What the binary said.
struct Said {
    ok: bool,
    out: String,
    err: String,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), database: None }
    }

    /// With an empty PostgreSQL database, which the environment names.
    async fn with_postgres() -> Self {
        Self { database: Some(cluster::Database::bare().await), ..Self::new() }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let file = self.path().join(name);
        fs::write(&file, content).unwrap();
        file
    }

    /// `solsken` with these arguments, in a clean environment.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_solsken"));
        command.current_dir(self.path()).args(arguments).env_clear();
        command.envs(self.database.iter().map(|database| ("SOLSKEN_DATABASE", &database.url)));
        command
    }

    /// `solsken` on the usual data folder, which is `data` in the present one.
    fn run(&self, arguments: &[&str]) -> Said {
        said(self.command(arguments).output().unwrap())
    }

    /// Imports this as a file and gives back what was said on standard output.
    fn import(&self, content: impl AsRef<[u8]>) -> String {
        let file = self.write("import.jsonl", content);
        let said = self.run(&["import", file.to_str().unwrap()]);
        assert!(said.ok, "{}", said.err);
        said.out
    }

    fn export(&self) -> String {
        let said = self.run(&["export"]);
        assert!(said.ok, "{}", said.err);
        said.out
    }

    async fn store(&self) -> Box<dyn Store> {
        let epoch = Epoch::mint(clock::now(), &clock::randomness());
        match &self.database {
            Some(database) => Box::new(PostgresStore::open(&database.url, epoch).await.unwrap()),
            None => Box::new(SqliteStore::open(&self.data().join("solsken.db"), epoch).await.unwrap()),
        }
    }
}

fn said(output: Output) -> Said {
    Said {
        ok: output.status.success(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// One story a line, told by Elin; `rest` are further fields.
fn story(number: u8, situation: &str, rest: &str) -> String {
    let situation = serde_json::Value::from(situation);
    format!(
        "{{\"id\": \"01991601-324d-7436-af22-2e9528f591{number:02x}\", \"kind\": \"colleague\", \
         \"situation\": {situation}, \"author\": \"Elin W.\"{rest}}}\n"
    )
}
