//! Search over terms that the store keeps, ranked by `domain::search` as on the phone.
//!
//! ```text
//! push ─▶ search_documents: the terms of each story, by number   (pending until folded)
//!            └─ many at a time ─▶ search_lists: for each term who may see it ─▶ documents by key
//! ask  ─▶ Reading: lists, with the pending documents instead of what the lists say of them ─▶ domain::search
//! ```
//!
//! **Why lists of our own and not FTS5.** Asked for the documents of one term and key after another, FTS5 takes 60 to 150
//! ns for each posting (50,000 stories, contentless, `detail=none`, on two cores), and a query may read 262,144 of them:
//! more than the 30 ms that a search may take. It tells how many documents a term has only by reading them all, and so
//! would need a table of counts beside it, with some 120 rows to be changed for each story. Here a posting takes one to
//! two bytes and a few ns, and the counts lie with them.
//!
//! **Pending documents.** Bringing one story into the lists of its 120 terms would rewrite megabytes. So a story that
//! changes is only noted as pending, with what the lists say of it; every query looks through the pending ones, which are
//! read once for each version of the index; and a thousand of them are folded into the lists at once.
//!
//! **Who may see what.** Stories that not everyone may see lie in lists of their own, one set for each audience (scope,
//! department and owner as in `things`). A [`Reading`] opens those of its reader and no others. Stories that are not in
//! the library (deleted, archived, in review) are not in the index.
//!
//! **Facts.** A story's kind and labels are terms too, behind a mark that no word has. To narrow by a label is to meet its
//! list. To count facets, the lists of all facts are kept in memory turned round, by story ([`FactTable`]), until they are
//! written again. Lists of the library without a search are counted so too: the states of 50,000 stories are 60 MB to look
//! through, their facts some 500 KB.
//!
//! **Remembered between searches** ([`Kept`]): what is pending, all terms, facts and ids by document, and what short words
//! begin. Each says of which version, writing of the lists or beginning of the index it is, so that nothing has to be told
//! when another server writes.

mod beginnings;
mod codec;
mod documents;
mod fact_table;
mod facts;
mod fold;
mod ids;
mod narrow;
mod pending;
mod source;
mod terms;
mod write;

use std::{
    cell::RefCell,
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use domain::{
    id::StoryId,
    person::Reader,
    search::{Document, Evaluated, Scored, evaluate, related},
};
use tokio::runtime::Handle;

use self::{
    beginnings::{Beginnings, MostUsed},
    fact_table::FactTable,
    ids::Ids,
    narrow::Documents,
    pending::Pending,
    source::Reading,
    terms::Terms,
};
use super::{Columns, Connection, Dialect, SqlStore, Statement, library::push_visible};
use crate::{
    search::analyzer,
    store::{LibraryStore, SearchAsk, SearchStore, StoreError, StoreResult, StoriesFound},
};

pub(super) use fold::MOST_PENDING;
pub(super) use write::{begin_anew, begin_anew_if_changed, index, renamed};

/// Stories that are still to be indexed, one of them at most.
const WAITING: &str = "SELECT story FROM search_queue LIMIT 1";

/// What is kept in memory between queries. Each part says which version it is of, so that it does not matter who wrote.
#[derive(Debug, Default)]
pub struct Kept {
    pending: Mutex<Arc<Pending>>,
    terms: Mutex<Terms>,
    facts: Mutex<Option<Arc<FactTable>>>,
    ids: Mutex<Ids>,
    beginnings: Mutex<Beginnings>,
}

#[async_trait]
impl<D: Dialect> SearchStore for SqlStore<D> {
    async fn search(&self, reader: &Reader, ask: SearchAsk) -> StoreResult<StoriesFound> {
        self.with_reading(reader, move |reading| search(reading, &ask)).await
    }

    async fn list(&self, reader: &Reader, ask: SearchAsk) -> StoreResult<Option<StoriesFound>> {
        self.with_reading(reader, move |reading| list(reading, &ask)).await
    }

    async fn related(&self, reader: &Reader, id: StoryId, limit: usize) -> StoreResult<Vec<StoryId>> {
        let Some(known) = self.stories(reader, &[id]).await?.into_iter().next() else {
            return Ok(Vec::new());
        };
        let names = self.names(&[known.story.author]).await?;
        self.with_reading(reader, move |reading| {
            let document = Document::named(&known.story, &names);
            let evaluated = related(reading, analyzer(), &document)?;
            // The story itself is mostly the first.
            let (best, _) = evaluated.top(reading, limit + 1, &mut |_| true)?;
            let mut ids = story_ids(reading, &best)?;
            ids.retain(|other| *other != id);
            ids.truncate(limit);
            Ok(ids)
        })
        .await
    }

    async fn index_more(&self) -> StoreResult<bool> {
        if self.reading().await?.first(Statement::new(WAITING)).await?.is_none() {
            return Ok(false);
        }
        let mut tx = self.writing().await?;
        let more = write::index_queued(&mut *tx).await?;
        fold::when_due(&mut *tx, self.most_pending).await?;
        tx.commit().await?;
        Ok(more)
    }
}

impl<D: Dialect> SqlStore<D> {
    /// Lets `read` read the index as `reader` may see it, where it may wait for the store.
    async fn with_reading<T: Send + 'static>(
        &self,
        reader: &Reader,
        read: impl FnOnce(&Reading<D>) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        let mut tx = self.snapshot().await?;
        let state = tx
            .one(Statement::new("SELECT version, begun, folds, stories, documents FROM search_state"))
            .await?;
        let kept = Arc::clone(&self.search);
        let pending = kept.pending(&mut *tx, state.number("version")?).await?;
        let reading = Reading {
            stories: state.number("stories")?,
            documents: state.number("documents")?,
            begun: state.number("begun")?,
            folds: state.number("folds")?,
            audiences: audiences(&mut *tx, reader).await?,
            pending,
            snapshot: RefCell::new(tx),
            runtime: Handle::current(),
            kept,
        };
        let done = tokio::task::spawn_blocking(move || read(&reading)).await;
        done.map_err(|error| StoreError::corrupt("an index", error))?
    }
}

impl Kept {
    async fn pending(&self, connection: &mut impl Connection, version: i64) -> StoreResult<Arc<Pending>> {
        let known = Arc::clone(&self.pending.lock().unwrap_or_else(PoisonError::into_inner));
        if known.version == version {
            return Ok(known);
        }
        let loaded = Arc::new(Pending::load(connection, version).await?);
        let mut kept = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.version < version {
            *kept = Arc::clone(&loaded);
        }
        Ok(loaded)
    }

    fn facts<D: Dialect>(&self, reading: &Reading<D>) -> StoreResult<Arc<FactTable>> {
        let known = self.facts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|known| known.folds == reading.folds) {
            return Ok(known);
        }
        let facts = reading.pending.facts.iter().map(|(number, _)| *number).collect();
        let (folds, documents) = (reading.folds, reading.documents);
        let loaded = reading
            .ask(async |snapshot| FactTable::load(snapshot, folds, facts, documents).await)
            .map(Arc::new)?;
        let mut kept = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_none_or(|kept| kept.folds < folds) {
            *kept = Some(Arc::clone(&loaded));
        }
        Ok(loaded)
    }

    fn ids<D: Dialect>(&self, reading: &Reading<D>) -> StoreResult<Ids> {
        let known = self.ids.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (begun, documents) = (reading.begun, reading.documents);
        if known.are_of(begun, documents) {
            return Ok(known);
        }
        let ids = reading.ask(async |snapshot| known.brought_up(snapshot, begun, documents).await)?;
        let mut kept = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        // A snapshot may be older than what another query has seen.
        if !kept.are_of(begun, documents) && kept.begun <= begun {
            kept.clone_from(&ids);
        }
        Ok(ids)
    }

    fn most_used<D: Dialect>(
        &self,
        reading: &Reading<D>,
        prefix: &str,
        most: usize,
    ) -> StoreResult<Arc<MostUsed>> {
        let known = || self.beginnings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(most_used) = known().of(prefix, most, reading.folds) {
            return Ok(most_used);
        }
        let most_used = reading.ask(async |snapshot| MostUsed::load(snapshot, prefix, most).await)?;
        let most_used = Arc::new(most_used);
        known().note(prefix, &most_used, reading.folds);
        Ok(most_used)
    }

    fn terms<D: Dialect>(&self, reading: &Reading<D>) -> StoreResult<Terms> {
        let known = self.terms.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let terms = reading.ask(async |snapshot| known.brought_up(snapshot).await)?;
        *self.terms.lock().unwrap_or_else(PoisonError::into_inner) = terms.clone();
        Ok(terms)
    }
}

/// The audiences whose stories a reader may see, everyone's among them.
async fn audiences(connection: &mut impl Connection, reader: &Reader) -> StoreResult<HashSet<u32>> {
    let mut query = Statement::new("SELECT number FROM search_audiences AS things WHERE ");
    push_visible(&mut query, reader);
    let found = connection.all(query).await?;
    found.iter().map(|row| row.number("number")).chain([Ok(0)]).collect()
}

fn search<D: Dialect>(reading: &Reading<D>, ask: &SearchAsk) -> StoreResult<StoriesFound> {
    let evaluated = evaluate(reading, analyzer(), &ask.query)?;
    let matches = Documents::of(reading, evaluated.matches.iter().map(|scored| scored.document));
    let passing = matches.narrowed(reading, &ask.narrow)?;
    let most = ask.offset.saturating_add(ask.limit);
    let (best, total) = evaluated.top(reading, most, &mut |document| passing.has(document))?;
    Ok(StoriesFound {
        ids: story_ids(reading, best.get(ask.offset..).unwrap_or_default())?,
        total,
        unfiltered: evaluated.matches.len(),
        facets: passing.facets(reading)?,
        evaluated,
    })
}

/// Nothing while the index is behind: a list that lacks stories would look as if they were lost.
fn list<D: Dialect>(reading: &Reading<D>, ask: &SearchAsk) -> StoreResult<Option<StoriesFound>> {
    if reading.ask(async |snapshot| snapshot.first(Statement::new(WAITING)).await)?.is_some() {
        return Ok(None);
    }
    let all = Documents::all(reading)?;
    let passing = all.narrowed(reading, &ask.narrow)?;
    Ok(Some(StoriesFound {
        ids: passing.newest(reading, ask.offset, ask.limit)?,
        total: passing.count(),
        unfiltered: all.count(),
        facets: passing.facets(reading)?,
        evaluated: Evaluated::default(),
    }))
}

fn story_ids<D: Dialect>(reading: &Reading<D>, best: &[Scored]) -> StoreResult<Vec<StoryId>> {
    let ids = reading.kept.ids(reading)?;
    best.iter().map(|scored| ids.of(scored.document)).collect()
}
