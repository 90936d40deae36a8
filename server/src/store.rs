//! Where the server keeps everything. The only room with SQL in it.
//!
//! A store does no thinking: what an op does is decided by `domain::sync::ledger`, what a card shows by
//! `domain::view`. `tests/store_contract.rs` says what is owed, and is run against every store.

pub mod postgres;
mod sql;
pub mod sqlite;

use std::{collections::HashMap, path::Path as FilePath};

use async_trait::async_trait;
use domain::{
    id::{DeviceId, Epoch, LabelId, PathId, PersonId, StoryId, WordingId},
    names::Names,
    path::Path,
    person::{Person, Reader, Role},
    query::Filter,
    reaction::{ReactionKind, Tally},
    search::{Evaluated, Query},
    story::{Story, StoryKind},
    sync::{
        handback::Forks,
        ledger::{Head, LoggedOp, Push},
        page::StoredRow,
        wire::{Chain, Cursor, PushAnswer, Reset},
    },
    thing::ThingRef,
    time::Millis,
    wording::Wording,
};
use sqlx::{
    SqlitePool,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};
use thiserror::Error;

/// What can go wrong with a store.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another writer holds the lock, or the database is starting or stopping. Trying again helps.
    #[error("the store is busy")]
    Busy(#[source] sqlx::Error),
    #[error("the disk is full")]
    Full(#[source] sqlx::Error),
    #[error("the store failed")]
    Failed(#[source] sqlx::Error),
    /// The settings name a database that is none, or that nobody answers for.
    #[error(transparent)]
    Postgres(#[from] postgres::PostgresError),
    #[error("the store was made by a newer solsken, or its migrations were changed")]
    Migration(#[source] MigrateError),
    /// The database is behind where this process left it. A new epoch has to begin before anything is written.
    #[error("the database went back in time")]
    RolledBack,
    /// Something in the store is not what we once wrote.
    #[error("the store holds {what} that cannot be read: {problem}")]
    Corrupt { what: &'static str, problem: String },
}

pub type StoreResult<T> = Result<T, StoreError>;

/// A store that can do all that the server needs.
#[async_trait]
pub trait Store: LedgerStore + LibraryStore + SearchStore + AccountStore + BackupStore {
    /// Lets every connection finish, so that nothing is left half done when the process ends.
    async fn close(&self);
}

/// The log of ops and the things they made.
#[async_trait]
pub trait LedgerStore: Send + Sync + 'static {
    async fn head(&self) -> StoreResult<Head>;

    /// Applies `pushes` in order in one transaction that no other writer shares, and returns one answer per push once
    /// it is on disk.
    ///
    /// Safe to repeat: an op already applied yields the receipt it got the first time. Nothing is written to a database
    /// that is behind where this process left it: [`StoreError::RolledBack`].
    async fn push(&self, pushes: &[Push]) -> StoreResult<Vec<PushAnswer>>;

    /// What a person reads after a cursor, from one snapshot.
    async fn page(&self, ask: &PageAsk) -> StoreResult<PageRows>;

    /// The ops on a thing, oldest first.
    async fn history(&self, thing: &ThingRef) -> StoreResult<Vec<LoggedOp>>;

    /// The server now speaks for another epoch: phones that come with a cursor of the old one start over.
    async fn begin_epoch(&self, epoch: Epoch) -> StoreResult<()>;

    /// Whether the database can have been at this position, at which the library once was.
    async fn has_been_at(&self, position: &Cursor) -> StoreResult<bool>;

    /// Begins `epoch` if the database went back in time: it is behind where this process left it, or behind one of
    /// `positions`. Says whether.
    async fn begin_epoch_if_rolled_back(&self, positions: &[Cursor], epoch: Epoch) -> StoreResult<bool>;
}

/// A question for a page of the library.
#[derive(Clone, Copy, Debug)]
pub struct PageAsk {
    pub person: PersonId,
    pub after: Option<Cursor>,
    /// Things to look at, at most. Some of them may not be for this person.
    pub limit: usize,
    /// How many bytes the page holds at most, before compression; one thing at least.
    pub bytes: usize,
    /// How many stories a phone is given, the newest and those of its own department and author first.
    pub stories: u64,
}

/// The answer to a [`PageAsk`].
#[derive(Clone, Debug)]
pub struct PageRows {
    pub head: Head,
    pub reader: Reader,
    pub reset: Option<Reset>,
    /// What is visible to the reader, or was.
    pub rows: Vec<StoredRow>,
    /// Everything up to here has been looked at.
    pub seq: u64,
    pub chain: Chain,
    pub more: bool,
    /// Stories that the reader may see.
    pub stories: u64,
    /// Stories that were taken from the reader's view after the cursor, and nobody has said that it was meant.
    pub unmeant: u64,
}

/// The library as one reader may see it.
#[async_trait]
pub trait LibraryStore: Send + Sync + 'static {
    async fn reader(&self, person: PersonId) -> StoreResult<Option<Reader>>;

    async fn person(&self, person: PersonId) -> StoreResult<Option<Person>>;

    /// The labels, and the names of `people`.
    async fn names(&self, people: &[PersonId]) -> StoreResult<Names>;

    async fn stories(&self, reader: &Reader, ids: &[StoryId]) -> StoreResult<Vec<KnownStory>>;

    /// The stories with these ids, whoever may see them. For imports.
    async fn states(&self, ids: &[StoryId]) -> StoreResult<Vec<(StoryId, Story)>>;

    /// Ids of the visible stories that pass the filter, newest first.
    async fn newest(
        &self,
        reader: &Reader,
        filter: &Filter,
        offset: usize,
        limit: usize,
    ) -> StoreResult<Vec<StoryId>>;

    async fn count(&self, reader: &Reader, filter: &Filter) -> StoreResult<usize>;

    /// How many visible stories were published before `at`.
    async fn count_before(&self, reader: &Reader, at: Millis) -> StoreResult<usize>;

    /// How many visible stories that pass the filter have each kind and label.
    async fn facets(&self, reader: &Reader, filter: &Filter) -> StoreResult<RawFacets>;

    async fn of_author(&self, author: PersonId) -> StoreResult<Vec<StoryId>>;

    async fn paths(&self, reader: &Reader) -> StoreResult<Vec<(PathId, Path)>>;

    async fn path(&self, reader: &Reader, id: PathId) -> StoreResult<Option<Path>>;

    /// The organisation's own words, by id.
    async fn wordings(&self, reader: &Reader) -> StoreResult<Vec<(WordingId, Wording)>>;

    /// All stories that stand in the library or will, ordered by id, from `after` on.
    async fn export(&self, after: Option<StoryId>, limit: usize) -> StoreResult<Vec<(StoryId, Story)>>;
}

/// A story with what stands around it.
#[derive(Clone, Debug)]
pub struct KnownStory {
    pub id: StoryId,
    pub seq: u64,
    pub story: Story,
    pub tally: Tally,
    /// The reader's own reactions.
    pub reacted: Vec<ReactionKind>,
}

/// Counts by kind and by label; which kind of label an id is, the caller knows.
#[derive(Clone, Debug, Default)]
pub struct RawFacets {
    pub kinds: Vec<(String, usize)>,
    pub labels: Vec<(LabelId, usize)>,
}

/// Stories found by what they tell, in the order of `domain::search`.
#[async_trait]
pub trait SearchStore: Send + Sync + 'static {
    /// Stories in the library that the reader may see and that answer the query, the best first.
    async fn search(&self, reader: &Reader, ask: SearchAsk) -> StoreResult<StoriesFound>;

    /// Stories in the library that the reader may see, newest first, whatever is asked for. `None` while the index lacks
    /// some: [`LibraryStore`] knows them all, if more slowly.
    async fn list(&self, reader: &Reader, ask: SearchAsk) -> StoreResult<Option<StoriesFound>>;

    /// Stories that are like one that the reader may see, the most alike first.
    async fn related(&self, reader: &Reader, id: StoryId, limit: usize) -> StoreResult<Vec<StoryId>>;

    /// Indexes some of the stories whose terms are not as they should be: made by another version, or with names that
    /// were changed since. Says whether there are more.
    async fn index_more(&self) -> StoreResult<bool>;
}

/// What to search for, and which of the answer to fetch.
#[derive(Clone, Debug, Default)]
pub struct SearchAsk {
    pub query: Query,
    pub narrow: Narrow,
    pub offset: usize,
    pub limit: usize,
}

/// What to narrow an answer by.
#[derive(Clone, Debug, Default)]
pub struct Narrow {
    pub kind: Option<StoryKind>,
    /// Of each of these lists one label has to be on the story: a label, and those that were merged into it.
    pub labels: Vec<Vec<LabelId>>,
}

/// The answer to a [`SearchAsk`].
#[derive(Clone, Debug, Default)]
pub struct StoriesFound {
    /// The page asked for.
    pub ids: Vec<StoryId>,
    pub total: usize,
    /// How many there would be if the answer were not narrowed.
    pub unfiltered: usize,
    pub facets: RawFacets,
    /// Why they were found.
    pub evaluated: Evaluated,
}

/// Who is who.
#[async_trait]
pub trait AccountStore: Send + Sync + 'static {
    async fn has_admin(&self) -> StoreResult<bool>;

    async fn add_invite(&self, invite: &Invite) -> StoreResult<()>;

    /// The invite with this code or link, if it can still be used at `now`.
    async fn find_invite(&self, secret: &SecretHash, now: Millis) -> StoreResult<Option<Invite>>;

    /// Uses an invite once and opens a session, together. `false` if somebody else used it up meanwhile.
    async fn join(&self, invite: uuid::Uuid, joined: &Joined) -> StoreResult<bool>;

    /// One more device of a person who is signed in.
    async fn add_device(
        &self,
        device: DeviceId,
        person: PersonId,
        push_token: &SecretHash,
        at: Millis,
    ) -> StoreResult<()>;

    /// A device that was lost by a restore. Does nothing if it is known with a credential, or as somebody else's.
    async fn add_device_again(
        &self,
        device: DeviceId,
        person: PersonId,
        push_token: &SecretHash,
        at: Millis,
    ) -> StoreResult<()>;

    /// A session that was lost by a restore. `false` if it has been ended meanwhile.
    async fn add_session(&self, token: &SecretHash, person: PersonId, at: Millis) -> StoreResult<bool>;

    async fn person_of_session(&self, token: &SecretHash) -> StoreResult<Option<PersonId>> {
        Ok(self.people_of_sessions(std::slice::from_ref(token)).await?.remove(token))
    }

    /// Whose these sessions are; those that have ended or are nobody's are left out.
    async fn people_of_sessions(&self, tokens: &[SecretHash]) -> StoreResult<HashMap<SecretHash, PersonId>>;

    /// Whose pushes these credentials may carry; those that are nobody's are left out.
    async fn people_of_push_tokens(
        &self,
        tokens: &[SecretHash],
    ) -> StoreResult<HashMap<SecretHash, PersonId>>;

    async fn end_session(&self, token: &SecretHash, at: Millis) -> StoreResult<()>;
}

/// A library as one file that can be put away.
#[async_trait]
pub trait BackupStore: Send + Sync + 'static {
    /// Writes everything, as it is at one moment, into a new file, and reads it back. Others go on meanwhile. It may not
    /// have reached the disk yet.
    async fn back_up(&self, file: &FilePath, now: Millis) -> StoreResult<BackupSummary>;

    /// Puts what is in a backup in the place of everything, in one transaction, and begins `epoch`.
    async fn replace(&self, backup: &BackupFile, epoch: Epoch) -> StoreResult<()>;

    /// When the backup was made from which this was restored last: what came after it may be missing.
    async fn forks(&self) -> StoreResult<Forks>;

    async fn whole_until(&self) -> StoreResult<Option<Millis>>;
}

/// A backup that is open.
#[derive(Debug)]
pub struct BackupFile {
    pool: SqlitePool,
    pub summary: BackupSummary,
}

/// What is in a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupSummary {
    pub made_at: Millis,
    pub stories: u64,
    pub ops: u64,
}

/// A secret as the store keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SecretHash(pub [u8; 32]);

#[derive(Clone, Debug)]
pub struct Invite {
    pub id: uuid::Uuid,
    pub code: SecretHash,
    pub link: SecretHash,
    pub role: Role,
    pub uses_left: u32,
    pub expires_at: Millis,
    pub created_at: Millis,
}

/// Someone who joins on a device.
#[derive(Clone, Debug)]
pub struct Joined {
    pub person: PersonId,
    pub device: DeviceId,
    pub session: SecretHash,
    pub push_token: SecretHash,
    pub at: Millis,
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned());
        match (code.as_deref(), &error) {
            // SQLite: SQLITE_BUSY and its kin, SQLITE_LOCKED, SQLITE_FULL.
            (Some("5" | "261" | "517" | "773" | "6"), _) => Self::Busy(error),
            // PostgreSQL: lock_not_available, deadlock, too many connections, admin shutdown, crash shutdown,
            // cannot connect now, disk_full.
            (Some("55P03" | "40P01" | "53300" | "57P01" | "57P02" | "57P03"), _) => Self::Busy(error),
            // Only a connection over a network fails so; the server behind it may be back in a moment.
            (_, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut) => Self::Busy(error),
            (Some("13" | "53100"), _) => Self::Full(error),
            _ => Self::Failed(error),
        }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            error => Self::Migration(error),
        }
    }
}

impl StoreError {
    pub(crate) fn corrupt(what: &'static str, problem: impl ToString) -> Self {
        Self::Corrupt { what, problem: problem.to_string() }
    }
}

/// sqlx's own `migrate!` would bring every driver into the macro crate; a list of files is as good.
fn migrator(files: &[(i64, &'static str, &'static str)]) -> Migrator {
    let migration = |(version, name, sql): &(i64, &'static str, &'static str)| {
        Migration::new(*version, (*name).into(), MigrationType::Simple, sqlx::SqlStr::from_static(sql), false)
    };
    Migrator::with_migrations(files.iter().map(migration).collect())
}
