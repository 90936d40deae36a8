//! The stores that the server's half can run on, behind one seam.

mod sql;

use std::fmt;

use clap::ValueEnum;
use domain::{
    id::{Epoch, PersonId},
    sync::{
        ledger::Push,
        memory::Server as Memory,
        rollback::Positions,
        wire::{PushAnswer, SigningKey, Token},
    },
};
use tempfile::TempPath;

use sql::Sql;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Store {
    /// The plainest that keeps the contract, and the quickest.
    Memory,
    /// The server's own, in a file of its own for each seed.
    Sqlite,
    /// The server's own, in a database of its own for each seed, on a PostgreSQL that is started for it.
    Postgres,
}

impl Store {
    /// A store with nothing in it but what `model` says: epoch, key, size of pages.
    pub fn open(self, model: Memory) -> Box<dyn Backend> {
        match self {
            Self::Memory => Box::new(model),
            Self::Sqlite => Box::new(Sql::sqlite(model)),
            Self::Postgres => Box::new(Sql::postgres(model)),
        }
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_possible_value().map_or(Ok(()), |value| f.write_str(value.get_name()))
    }
}

/// What the simulator needs of a server's store.
pub trait Backend {
    fn push(&mut self, pushes: &[Push]) -> Vec<PushAnswer>;
    /// A page as it travels.
    fn pull(&mut self, person: PersonId, cursor: Option<&Token>, bytes: usize) -> String;
    /// What must lie in it, in the plain form that the invariants look at.
    fn everything(&self) -> &Memory;
    fn set_key(&mut self, key: SigningKey);
    fn set_page_records(&mut self, records: usize);
    fn back_up(&self) -> Backup;
    /// Puts what lay there when the backup was made in the place of everything, behind the back of the server, which
    /// was stopped for it or not.
    fn roll_back(&mut self, backup: &Backup, process: Process);
    /// Hears of positions, under the server's mark, at which it once was. Whether `epoch` has begun.
    fn hear(&mut self, known: &[&Token], epoch: Epoch) -> bool;
    /// Puts a backup in the place of everything, and begins `epoch`.
    fn restore(&mut self, backup: &Backup, epoch: Epoch);
    /// Its insides, to break them. Only the memory store lets anyone at them.
    fn memory(&mut self) -> Option<&mut Memory>;
}

/// What becomes of the server's process when its database goes back in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Process {
    /// It goes on, and knows where it was.
    GoesOn,
    /// It begins anew, or goes back as well: a snapshot of the whole machine.
    BeginsAnew,
}

/// What was put away.
pub struct Backup {
    model: Memory,
    /// The server's own backup of a store of its own.
    file: Option<TempPath>,
}

impl Backup {
    pub fn epoch(&self) -> Epoch {
        self.model.head.epoch
    }
}

impl Backend for Memory {
    fn push(&mut self, pushes: &[Push]) -> Vec<PushAnswer> {
        Self::push(self, pushes)
    }

    fn pull(&mut self, person: PersonId, cursor: Option<&Token>, bytes: usize) -> String {
        self.pull_within(person, cursor, bytes)
    }

    fn everything(&self) -> &Memory {
        self
    }

    fn set_key(&mut self, key: SigningKey) {
        self.key = key;
    }

    fn set_page_records(&mut self, records: usize) {
        self.page_records = records;
    }

    fn back_up(&self) -> Backup {
        Backup { model: self.clone(), file: None }
    }

    fn restore(&mut self, backup: &Backup, epoch: Epoch) {
        Self::restore(self, &backup.model, epoch);
    }

    fn roll_back(&mut self, backup: &Backup, process: Process) {
        let seen = self.seen;
        *self = Self { key: self.key.clone(), page_records: self.page_records, ..backup.model.clone() };
        self.seen = match process {
            Process::GoesOn => seen,
            Process::BeginsAnew => Some(Positions::at(self.head.into())),
        };
    }

    fn hear(&mut self, known: &[&Token], epoch: Epoch) -> bool {
        self.begin_epoch_if_rolled_back(known, epoch)
    }

    fn memory(&mut self) -> Option<&mut Memory> {
        Some(self)
    }
}
