//! A database that goes back under the same epoch: a dump or a snapshot takes its place.

use std::sync::Arc;

use domain::{
    id::Epoch,
    sync::{
        ledger::{Head, Push},
        memory,
        wire::{Chain, Cursor, PushAnswer},
    },
    time::Millis,
};
use server::store::{BackupFile, Store, StoreError};

use crate::{
    KEY,
    backends::{Backend, Place, contract},
    epoch,
    pushes::{Act, People},
};

contract! {
    a_process_writes_nothing_to_a_database_that_is_behind_it
    a_position_that_the_database_lacks_begins_an_epoch_once
    a_process_that_sees_another_one_write_sees_no_rollback
    a_restore_is_no_rollback
}

fn fresh(n: u8) -> Epoch {
    Epoch::mint(Millis(i64::from(n)), &[n; 10])
}

/// A store with a backup of it, and the same pushes in memory.
struct Library {
    place: Place,
    store: Arc<dyn Store>,
    memory: memory::Server,
    people: People,
    /// Of the library when it stood at `then`.
    backup: tempfile::TempPath,
    then: Head,
}

impl Library {
    async fn with_a_backup(backend: Backend) -> Self {
        let (place, store) = backend.store().await;
        let memory = memory::Server::new(Head { epoch: epoch(), seq: 0, chain: Chain::default() }, KEY);
        let backup = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let then = memory.head;
        let mut library = Self { place, store, memory, people: People::new(), backup, then };
        let founding = library.people.founding();
        library.push(&founding).await;
        library.tell(0).await;
        library.store.back_up(&library.backup, Millis(77)).await.unwrap();
        library.then = library.memory.head;
        library
    }

    async fn push(&mut self, pushes: &[Push]) -> PushAnswer {
        let answers = self.store.push(pushes).await.unwrap();
        assert_eq!(answers, self.memory.push(pushes));
        assert_eq!(
            answers[0].head,
            Some(self.memory.head.into()),
            "an answer names where the library stands"
        );
        answers[0].clone()
    }

    async fn tell(&mut self, story: u8) -> PushAnswer {
        let pushes = self.people.pushes(&[Act::Tell { who: 0, story }]);
        self.push(&pushes[0]).await
    }

    /// Another process puts the backup in place; what it notes of a restore is of no account under the same epoch.
    async fn roll_back(&self, epoch: Epoch) {
        let other = self.place.open().await;
        let backup = BackupFile::open(&self.backup).await.unwrap();
        other.replace(&backup, epoch).await.unwrap();
        backup.close().await;
        other.close().await;
    }
}

async fn a_process_writes_nothing_to_a_database_that_is_behind_it(backend: Backend) {
    let mut library = Library::with_a_backup(backend).await;
    library.tell(1).await;
    library.roll_back(epoch()).await;
    let store = library.store.clone();
    let tell = library.people.pushes(&[Act::Tell { who: 1, story: 2 }]);
    assert!(matches!(store.push(&tell[0]).await, Err(StoreError::RolledBack)));
    assert_eq!(store.head().await.unwrap(), library.then);
    assert!(store.begin_epoch_if_rolled_back(&[], fresh(9)).await.unwrap());
    assert!(!store.begin_epoch_if_rolled_back(&[], fresh(10)).await.unwrap());
    let answer = store.push(&tell[0]).await.unwrap().remove(0);
    assert_eq!(answer.epoch, fresh(9));
    let fork = store.forks().await.unwrap().of(epoch(), fresh(9)).unwrap();
    assert_eq!(fork.whole, library.then.seq, "nobody has written since it went back");
    assert!(store.whole_until().await.unwrap().is_some());
}

async fn a_position_that_the_database_lacks_begins_an_epoch_once(backend: Backend) {
    let mut library = Library::with_a_backup(backend).await;
    let told = library.tell(1).await.head.unwrap();
    library.store.close().await;
    library.roll_back(epoch()).await;
    // A process that knows nothing of it goes on, and gives the numbers of the lost op to another one.
    let store = library.place.open().await;
    for story in [2, 3] {
        let tell = library.people.pushes(&[Act::Tell { who: 1, story }]);
        store.push(&tell[0]).await.unwrap();
    }
    let here = Cursor::from(store.head().await.unwrap());
    let then = Cursor::from(library.then);
    for position in [here, then, Cursor { seq: 0, chain: Chain::default(), ..here }] {
        assert!(store.has_been_at(&position).await.unwrap(), "{position:?}");
        assert!(!store.begin_epoch_if_rolled_back(&[position], fresh(8)).await.unwrap());
    }
    for position in [told, Cursor { seq: here.seq + 1, ..here }, Cursor { epoch: fresh(7), ..here }] {
        assert!(!store.has_been_at(&position).await.unwrap(), "{position:?}");
    }
    assert!(store.begin_epoch_if_rolled_back(&[told, then], fresh(9)).await.unwrap());
    assert_eq!(store.head().await.unwrap(), Head { epoch: fresh(9), seq: here.seq, chain: here.chain });
    let fork = store.forks().await.unwrap().of(epoch(), fresh(9)).unwrap();
    assert_eq!(fork.whole, then.seq, "whoever brought the proof had this position before it");
    for position in [told, here, then] {
        assert!(store.has_been_at(&position).await.unwrap(), "of an epoch that is over: {position:?}");
        assert!(!store.begin_epoch_if_rolled_back(&[position], fresh(10)).await.unwrap());
    }
}

async fn a_process_that_sees_another_one_write_sees_no_rollback(backend: Backend) {
    let mut library = Library::with_a_backup(backend).await;
    let other = library.place.open().await;
    for story in [1, 2, 3] {
        library.tell(story).await;
        let tell = library.people.pushes(&[Act::Tell { who: 1, story: 0 }, Act::Delete { who: 0, story }]);
        assert_eq!(other.push(&tell[0]).await.unwrap(), library.memory.push(&tell[0]));
    }
    for store in [&library.store, &other] {
        assert!(!store.begin_epoch_if_rolled_back(&[], fresh(9)).await.unwrap());
    }
}

async fn a_restore_is_no_rollback(backend: Backend) {
    let mut library = Library::with_a_backup(backend).await;
    let told = library.tell(1).await.head.unwrap();
    // Minted later than the first one.
    library.roll_back(fresh(5)).await;
    let store = &library.store;
    assert!(store.has_been_at(&told).await.unwrap());
    assert!(!store.begin_epoch_if_rolled_back(&[told], fresh(9)).await.unwrap());
    let tell = library.people.pushes(&[Act::Tell { who: 1, story: 2 }]);
    assert_eq!(store.push(&tell[0]).await.unwrap()[0].epoch, fresh(5));
}
