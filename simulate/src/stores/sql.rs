//! The server's real stores. Beside each runs the memory store with the same pushes: the two must answer alike, and what
//! phones read of the real one must be what lies in the other. What is restored is a backup as the server makes it.

use std::{fs, rc::Rc, sync::Arc};

use domain::{
    id::{Epoch, PersonId},
    sync::{
        ledger::Push,
        memory::Server as Memory,
        wire::{Cursor, PushAnswer, SigningKey, Token},
    },
    time::Millis,
};
use server::{
    pull::Pull,
    store::{BackupFile, Store, postgres::PostgresStore, sqlite::SqliteStore},
};
use tempfile::{NamedTempFile, TempDir, TempPath};
use tokio::{
    runtime::{Builder, Runtime},
    sync::OnceCell,
};

use super::{Backend, Backup, Process};
use crate::cluster::Database;

thread_local! {
    static RUNTIME: Rc<Runtime> =
        Rc::new(Builder::new_current_thread().enable_all().build().expect("a runtime can be made"));
}

/// Whether PostgreSQL has been told to spare the disk.
static SPARED: OnceCell<()> = OnceCell::const_new();

pub struct Sql {
    store: Arc<dyn Store>,
    model: Memory,
    _place: Place,
}

/// Where a seed keeps its library. It goes with the seed.
enum Place {
    Folder { _folder: TempDir },
    Database { _database: Database },
}

impl Sql {
    pub fn sqlite(model: Memory) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let store = wait(SqliteStore::open(&folder.path().join("solsken.db"), model.head.epoch));
        let store = Arc::new(store.expect("the store can be opened"));
        Self { store, model, _place: Place::Folder { _folder: folder } }
    }

    pub fn postgres(model: Memory) -> Self {
        let database = wait(async {
            SPARED.get_or_init(Database::spare_the_disk).await;
            Database::fresh(model.head.epoch).await
        });
        let store = wait(PostgresStore::open(&database.url, model.head.epoch));
        let store = Arc::new(store.expect("the store can be opened"));
        Self { store, model, _place: Place::Database { _database: database } }
    }
}

impl Drop for Sql {
    fn drop(&mut self) {
        wait(self.store.close());
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.with(|runtime| runtime.block_on(future))
}

fn temporary_file() -> TempPath {
    NamedTempFile::new().expect("a temporary file can be made").into_temp_path()
}

impl Backend for Sql {
    fn push(&mut self, pushes: &[Push]) -> Vec<PushAnswer> {
        let expected = self.model.push(pushes);
        let answers = wait(self.store.push(pushes)).expect("the store takes what it is given");
        assert_eq!(answers, expected, "the store answers as its contract says");
        self.stands_where_it_should();
        answers
    }

    fn pull(&mut self, person: PersonId, cursor: Option<&Token>, bytes: usize) -> String {
        let pull = Pull { person, cursor, limit: self.model.page_records, bytes, stories: u64::MAX };
        wait(pull.page(self.store.as_ref(), &self.model.key)).expect("the store can be read").body
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

    fn back_up(&self) -> Backup {
        let file = temporary_file();
        wait(self.store.back_up(&file, Millis(0))).expect("a backup can be made");
        Backup { model: self.model.clone(), file: Some(file) }
    }

    fn restore(&mut self, backup: &Backup, epoch: Epoch) {
        // Whoever opens it may write to it, and it may be restored once more.
        let copy = temporary_file();
        fs::copy(backup.file.as_ref().expect("a backup of this store is a file"), &copy)
            .expect("a file can be copied");
        wait(async {
            let backup = BackupFile::open(&copy).await.expect("the backup is sound");
            self.store.replace(&backup, epoch).await.expect("the backup can be restored");
            backup.close().await;
        });
        self.model.restore(&backup.model, epoch);
        self.stands_where_it_should();
    }

    /// The same rows as in the backup, under the same epoch: what else a restore writes is not looked at before another
    /// begins. The process begins anew, whatever it is to do.
    fn roll_back(&mut self, backup: &Backup, _: Process) {
        let epoch = backup.epoch();
        self.restore(backup, epoch);
        Backend::roll_back(&mut self.model, backup, Process::BeginsAnew);
        self.stands_where_it_should();
    }

    fn hear(&mut self, known: &[&Token], epoch: Epoch) -> bool {
        let positions: Vec<Cursor> =
            known.iter().filter_map(|token| self.model.key.open_cursor(token)).collect();
        let began = wait(self.store.begin_epoch_if_rolled_back(&positions, epoch)).expect("the store hears");
        assert_eq!(began, self.model.hear(known, epoch), "the store notices as its contract says");
        self.stands_where_it_should();
        began
    }

    fn memory(&mut self) -> Option<&mut Memory> {
        None
    }
}

impl Sql {
    fn stands_where_it_should(&self) {
        let head = wait(self.store.head()).expect("the store says where it stands");
        assert_eq!(head, self.model.head, "the store stands where its contract says");
    }
}
