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
//! list, and to count facets is to count what lists share with the stories found.

mod codec;
mod documents;
mod facts;
mod fold;
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
    search::{Document, Request, Scored, Source, evaluate, related},
};
use serde::Serialize;
use sqlx::{QueryBuilder, Row, SqliteConnection};
use tokio::runtime::Handle;

use self::{facts::Fact, pending::Pending, source::Reading, terms::Terms};
use super::{SqliteStore, library::push_visible, rows};
use crate::{
    search::analyzer,
    store::{Narrow, RawFacets, SearchAsk, SearchStore, StoreError, StoreResult, StoriesFound},
};

pub(super) use fold::MOST_PENDING;
pub(super) use write::{begin_anew_if_changed, index, renamed};

/// What is kept in memory between queries. Each part says which version it is of, so that it does not matter who wrote.
#[derive(Debug, Default)]
pub struct Kept {
    pending: Mutex<Arc<Pending>>,
    terms: Mutex<Terms>,
}

#[async_trait]
impl SearchStore for SqliteStore {
    async fn search(&self, reader: &Reader, ask: SearchAsk) -> StoreResult<StoriesFound> {
        self.with_reading(reader, move |reading| search(reading, &ask)).await
    }

    async fn related(&self, reader: &Reader, id: StoryId, limit: usize) -> StoreResult<Vec<StoryId>> {
        use crate::store::LibraryStore;
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
        let waiting: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM search_queue)").fetch_one(&self.readers).await?;
        if !waiting {
            return Ok(false);
        }
        let mut tx = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let more = write::index_queued(&mut tx).await?;
        fold::when_due(&mut tx, self.most_pending).await?;
        tx.commit().await?;
        Ok(more)
    }
}

impl SqliteStore {
    /// Lets `read` read the index as `reader` may see it, where it may wait for the store.
    async fn with_reading<T: Send + 'static>(
        &self,
        reader: &Reader,
        read: impl FnOnce(&Reading) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        let mut tx = self.readers.begin().await?;
        let state =
            sqlx::query("SELECT version, stories, documents FROM search_state").fetch_one(&mut *tx).await?;
        let kept = Arc::clone(&self.search);
        let pending = kept.pending(&mut tx, state.try_get("version")?).await?;
        let reading = Reading {
            stories: state.try_get("stories")?,
            documents: state.try_get("documents")?,
            audiences: audiences(&mut tx, reader).await?,
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
    async fn pending(&self, connection: &mut SqliteConnection, version: i64) -> StoreResult<Arc<Pending>> {
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

    fn terms(&self, reading: &Reading) -> StoreResult<Terms> {
        let known = self.terms.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let terms = reading.ask(async |connection| known.brought_up(connection).await)?;
        *self.terms.lock().unwrap_or_else(PoisonError::into_inner) = terms.clone();
        Ok(terms)
    }
}

/// The audiences whose stories a reader may see, everyone's among them.
async fn audiences(connection: &mut SqliteConnection, reader: &Reader) -> StoreResult<HashSet<u32>> {
    let mut query = QueryBuilder::new("SELECT number FROM search_audiences AS things WHERE ");
    push_visible(&mut query, reader);
    let mut audiences: HashSet<u32> =
        query.build_query_scalar().fetch_all(connection).await?.into_iter().collect();
    audiences.insert(0);
    Ok(audiences)
}

fn search(reading: &Reading, ask: &SearchAsk) -> StoreResult<StoriesFound> {
    let evaluated = evaluate(reading, analyzer(), &ask.query)?;
    let mut passing = vec![false; reading.documents as usize];
    for scored in &evaluated.matches {
        set(&mut passing, scored.document);
    }
    for any_of in narrowing(&ask.narrow) {
        let having = documents_with(reading, &any_of)?;
        passing.iter_mut().zip(having).for_each(|(passes, has)| *passes &= has);
    }
    let passes = |document: u32| passing.get(document as usize) == Some(&true);
    let (best, total) =
        evaluated.top(reading, ask.offset.saturating_add(ask.limit), &mut |document| passes(document))?;
    Ok(StoriesFound {
        ids: story_ids(reading, best.get(ask.offset..).unwrap_or_default())?,
        total,
        unfiltered: evaluated.matches.len(),
        facets: count_facts(reading, &passing)?,
        evaluated,
    })
}

fn set(documents: &mut [bool], document: u32) {
    if let Some(set) = documents.get_mut(document as usize) {
        *set = true;
    }
}

/// For each thing to narrow by the facts of which one has to hold.
fn narrowing(narrow: &Narrow) -> Vec<Vec<String>> {
    let labels = narrow.labels.iter().map(|any_of| any_of.iter().map(|id| facts::label(*id)).collect());
    narrow.kind.map(|kind| vec![facts::kind(kind)]).into_iter().chain(labels).collect()
}

fn documents_with(reading: &Reading, any_of: &[String]) -> StoreResult<Vec<bool>> {
    let mut having = vec![false; reading.documents as usize];
    read_facts(reading, any_of, |_, documents| {
        documents.iter().for_each(|document| set(&mut having, *document));
    })?;
    Ok(having)
}

/// How many of the passing stories have each fact.
fn count_facts(reading: &Reading, passing: &[bool]) -> StoreResult<RawFacets> {
    let terms: Vec<String> = reading.ask(async |connection| {
        let query = "SELECT term FROM search_terms WHERE term < ?";
        Ok(sqlx::query_scalar(query).bind(facts::AFTER).fetch_all(connection).await?)
    })?;
    let mut counts = vec![0_usize; terms.len()];
    read_facts(reading, &terms, |at, documents| {
        counts[at] +=
            documents.iter().filter(|document| passing.get(**document as usize) == Some(&true)).count();
    })?;
    let mut facets = RawFacets::default();
    for (term, count) in terms.iter().zip(counts).filter(|(_, count)| *count > 0) {
        match facts::read(term) {
            Some(Fact::Kind(kind)) => facets.kinds.push((kind.to_owned(), count)),
            Some(Fact::Label(id)) => facets.labels.push((id, count)),
            None => {}
        }
    }
    Ok(facets)
}

/// Calls `each` with the place of a fact and documents of which it holds.
fn read_facts(reading: &Reading, terms: &[String], mut each: impl FnMut(usize, &[u32])) -> StoreResult<()> {
    let asked: Vec<&str> = terms.iter().map(String::as_str).collect();
    let found = reading.find(&asked)?;
    let (mut at, mut requests) = (Vec::new(), Vec::new());
    for (place, found) in found.iter().enumerate() {
        if let Some(found) = found {
            at.push(place);
            requests.push(Request {
                list: &found.list,
                keys: found.groups.iter().map(|(key, _)| *key).collect(),
            });
        }
    }
    reading.read(&requests, &mut |request, _, documents| each(at[request], documents))
}

fn story_ids(reading: &Reading, best: &[Scored]) -> StoreResult<Vec<StoryId>> {
    let numbers: Vec<u32> = best.iter().map(|scored| scored.document).collect();
    reading.ask(async |connection| {
        let query =
            "SELECT search_documents.id FROM json_each(?) AS wanted CROSS JOIN search_documents ON number = wanted.value
             ORDER BY wanted.key";
        let found = sqlx::query(query).bind(json(&numbers)?).fetch_all(connection).await?;
        found.iter().map(|row| rows::thing_id(row, "id").map(StoryId::from)).collect()
    })
}

/// A list as one parameter.
fn json(values: &(impl Serialize + ?Sized)) -> StoreResult<String> {
    serde_json::to_string(values).map_err(|error| StoreError::corrupt("a list", error))
}
