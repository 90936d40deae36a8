//! The server's real stores. Beside each runs the memory store with the same pushes: the two must answer alike, and what
//! phones read of the real one must be what lies in the other.

use std::{fs, path::Path, rc::Rc, sync::Arc};

use domain::{
    id::{Epoch, PersonId},
    sync::{
        ledger::Push,
        memory::Server as Memory,
        wire::{PushAnswer, SigningKey, Token},
    },
};
use server::{
    pull::Pull,
    store::{Store, sqlite::SqliteStore},
};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::{Backend, Backup};

thread_local! {
    static RUNTIME: Rc<Runtime> =
        Rc::new(Builder::new_current_thread().enable_all().build().expect("a runtime can be made"));
}

pub struct Sql {
    store: Arc<dyn Store>,
    model: Memory,
    folder: TempDir,
}

struct Copy {
    model: Memory,
    folder: TempDir,
}

const FILE: &str = "solsken.db";

impl Sql {
    pub fn sqlite(model: Memory) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        Self::open(folder, model)
    }

    fn open(folder: TempDir, model: Memory) -> Self {
        let store = wait(SqliteStore::open(&folder.path().join(FILE), model.head.epoch));
        Self { store: Arc::new(store.expect("the store can be opened")), model, folder }
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.with(|runtime| runtime.block_on(future))
}

/// The database and what has not been written back to it yet. Nobody writes meanwhile.
fn copy(from: &Path) -> TempDir {
    let to = tempfile::tempdir().expect("a temporary folder can be made");
    for name in [FILE.to_owned(), format!("{FILE}-wal")] {
        if from.join(&name).exists() {
            fs::copy(from.join(&name), to.path().join(&name)).expect("a file can be copied");
        }
    }
    to
}

impl Backend for Sql {
    fn push(&mut self, pushes: &[Push]) -> Vec<PushAnswer> {
        let expected = self.model.push(pushes);
        let answers = wait(self.store.push(pushes)).expect("the store takes what it is given");
        assert_eq!(answers, expected, "the store answers as its contract says");
        let head = wait(self.store.head()).expect("the store says where it stands");
        assert_eq!(head, self.model.head, "the store stands where its contract says");
        answers
    }

    fn pull(&mut self, person: PersonId, cursor: Option<&Token>) -> String {
        let pull = Pull { person, cursor, limit: self.model.page_records, stories: u64::MAX };
        wait(pull.page(self.store.as_ref(), &self.model.key)).expect("the store can be read")
    }

    fn everything(&self) -> &Memory {
        &self.model
    }

    fn set_key(&mut self, key: SigningKey) {
        self.model.key = key;
    }

    fn set_page_records(&mut self, records: usize) {
        self.model.page_records = records;
    }

    fn back_up(&self) -> Box<dyn Backup> {
        Box::new(Copy { model: self.model.clone(), folder: copy(self.folder.path()) })
    }

    fn memory(&mut self) -> Option<&mut Memory> {
        None
    }
}

impl Backup for Copy {
    fn restored(&self, epoch: Epoch) -> Box<dyn Backend> {
        let mut restored = Sql::open(copy(self.folder.path()), self.model.clone());
        wait(restored.store.begin_epoch(epoch)).expect("the store can begin anew");
        restored.model.head.epoch = epoch;
        let head = wait(restored.store.head()).expect("the store says where it stands");
        assert_eq!(head, restored.model.head, "a restored store stands where its backup stood");
        Box::new(restored)
    }
}
