//! The lists as a [`Source`] of postings for one reader.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use domain::search::{AllFound, Found, Key, Near, Request, Source};
use sqlx::{Row, Sqlite, SqliteConnection, Transaction};
use tokio::runtime::Handle;

use super::{
    Kept,
    codec::{Place, TERM_SHIFT, each_count, each_group},
    json,
    pending::{Pending, Posting},
};
use crate::store::{StoreError, StoreResult};

/// One snapshot of the index as one reader may see it. Lives on a thread where it may wait.
pub struct Reading {
    pub snapshot: RefCell<Transaction<'static, Sqlite>>,
    pub runtime: Handle,
    pub stories: u32,
    pub documents: u32,
    /// Audiences that the reader belongs to.
    pub audiences: HashSet<u32>,
    pub pending: Arc<Pending>,
    pub kept: Arc<Kept>,
}

/// Where the postings of a term are.
pub struct Places {
    term: u32,
    places: Vec<Place>,
}

/// The lists of a term that the reader may read, and how many documents have each key there.
struct Lists {
    places: Vec<Place>,
    sums: [i64; Key::COUNT],
}

impl Default for Lists {
    fn default() -> Self {
        Self { places: Vec::new(), sums: [0; Key::COUNT] }
    }
}

impl Reading {
    /// Waits for what is asked of the snapshot.
    pub fn ask<T>(
        &self,
        question: impl AsyncFnOnce(&mut SqliteConnection) -> StoreResult<T>,
    ) -> StoreResult<T> {
        let mut snapshot = self.snapshot.borrow_mut();
        self.runtime.block_on(question(&mut snapshot))
    }

    fn sees(&self, audience: u32) -> bool {
        self.audiences.contains(&audience)
    }

    fn visible<'a>(&'a self, postings: &'a [Posting]) -> impl Iterator<Item = &'a Posting> {
        postings.iter().filter(|posting| self.sees(posting.audience))
    }

    fn numbers(&self, terms: &[&str]) -> StoreResult<HashMap<String, u32>> {
        let found = self.ask(async |connection| {
            let query = "SELECT number, term FROM json_each(?) AS wanted CROSS JOIN search_terms ON term = wanted.value";
            Ok(sqlx::query(query).bind(json(terms)?).fetch_all(connection).await?)
        })?;
        found.iter().map(|row| Ok((row.try_get("term")?, row.try_get("number")?))).collect()
    }

    /// By term. A term that is only in pending documents has none.
    fn lists(&self, numbers: &[u32]) -> StoreResult<HashMap<u32, Lists>> {
        let found = self.ask(async |connection| {
            let query = format!(
                "SELECT place, counts FROM json_each(?) AS wanted CROSS JOIN search_lists
                 ON place >= wanted.value << {TERM_SHIFT} AND place < (wanted.value + 1) << {TERM_SHIFT}"
            );
            Ok(sqlx::query(sqlx::AssertSqlSafe(query)).bind(json(numbers)?).fetch_all(connection).await?)
        })?;
        let mut lists = HashMap::new();
        for row in &found {
            let place = Place(row.try_get("place")?);
            if self.sees(place.audience()) {
                let list: &mut Lists = lists.entry(place.term()).or_default();
                list.places.push(place);
                each_count(row.try_get("counts")?, |key, documents, _| {
                    list.sums[usize::from(Key::from_byte(key).byte())] += i64::from(documents);
                });
            }
        }
        Ok(lists)
    }

    /// How many stories that everyone may see have a term.
    fn frequency(&self, term: &str) -> StoreResult<i64> {
        if let Some(stories) = self.pending.stories(term) {
            return Ok(stories);
        }
        self.ask(async |connection| {
            let query = "SELECT stories FROM search_terms WHERE term = ?";
            let stories: Option<i64> =
                sqlx::query_scalar(query).bind(term).fetch_optional(connection).await?;
            Ok(stories.unwrap_or(0))
        })
    }
}

impl Source for Reading {
    type Error = StoreError;
    type List = Places;

    fn stories(&self) -> StoreResult<u32> {
        Ok(self.stories)
    }

    fn documents(&self) -> StoreResult<u32> {
        Ok(self.documents)
    }

    fn find(&self, terms: &[&str]) -> StoreResult<AllFound<Places>> {
        let numbers = self.numbers(terms)?;
        let mut lists = self.lists(&numbers.values().copied().collect::<Vec<_>>())?;
        let found = |term: &&str| {
            let term = *numbers.get(*term)?;
            let Lists { places, mut sums } = lists.remove(&term).unwrap_or_default();
            for (postings, one) in [(self.pending.added(term), 1), (self.pending.removed(term), -1)] {
                self.visible(postings).for_each(|posting| sums[usize::from(posting.key)] += one);
            }
            let groups: Vec<(Key, u32)> = (0..)
                .zip(sums)
                .filter(|(_, sum)| *sum > 0)
                .map(|(key, sum)| (Key::from_byte(key), sum as u32))
                .collect();
            (!groups.is_empty()).then_some(Found { list: Places { term, places }, groups })
        };
        Ok(terms.iter().map(found).collect())
    }

    fn completions(&self, prefix: &str, limit: usize) -> StoreResult<Vec<String>> {
        let recounted: Vec<(&str, i64)> = self.pending.recounted(prefix).collect();
        let found = self.ask(async |connection| {
            // char(1114111) sorts behind everything that goes on from the prefix.
            let query = "SELECT term, stories FROM search_terms
                 WHERE term >= ?1 AND term < ?1 || char(1114111) AND stories > 0 ORDER BY stories DESC, term LIMIT ?2";
            let enough = rows_limit(limit + recounted.len());
            Ok(sqlx::query(query).bind(prefix).bind(enough).fetch_all(connection).await?)
        })?;
        let mut best: Vec<(i64, String)> = Vec::new();
        for row in &found {
            let term: String = row.try_get("term")?;
            if self.pending.stories(&term).is_none() {
                best.push((row.try_get("stories")?, term));
            }
        }
        let now = recounted.into_iter().filter(|(_, stories)| *stories > 0);
        best.extend(now.map(|(term, stories)| (stories, term.to_owned())));
        best.sort_by(|(one, a), (other, b)| other.cmp(one).then_with(|| a.cmp(b)));
        best.truncate(limit);
        Ok(best.into_iter().map(|(_, term)| term).collect())
    }

    fn near(&self, word: &Near, limit: usize) -> StoreResult<Vec<(String, u32)>> {
        let terms = self.kept.terms(self)?;
        let mut failed = None;
        let near = terms.near(word, limit, &mut |term| match self.frequency(term) {
            Ok(stories) => stories > 0,
            Err(error) => {
                failed = Some(error);
                false
            }
        });
        failed.map_or(Ok(near), Err)
    }

    fn read(
        &self,
        requests: &[Request<'_, Places>],
        each: &mut dyn FnMut(usize, Key, &[u32]),
    ) -> StoreResult<()> {
        let places: Vec<i64> =
            requests.iter().flat_map(|request| request.list.places.iter().map(|place| place.0)).collect();
        let found = self.ask(async |connection| {
            let query = "SELECT place, counts, postings FROM search_lists WHERE place IN (SELECT value FROM json_each(?))";
            Ok(sqlx::query(query).bind(json(&places)?).fetch_all(connection).await?)
        })?;
        let mut lists: HashMap<i64, (&[u8], &[u8])> = HashMap::with_capacity(found.len());
        for row in &found {
            lists.insert(row.try_get("place")?, (row.try_get("counts")?, row.try_get("postings")?));
        }
        for (at, request) in requests.iter().enumerate() {
            let wanted = |key: u8| request.keys.binary_search(&Key::from_byte(key)).is_ok();
            for place in &request.list.places {
                let Some((counts, postings)) = lists.get(&place.0) else { continue };
                each_group(counts, postings, wanted, |key, documents| {
                    if !self.pending.is_empty() {
                        documents.retain(|document| !self.pending.is_void(*document));
                    }
                    each(at, Key::from_byte(key), documents);
                });
            }
            for posting in self.visible(self.pending.added(request.list.term)) {
                if wanted(posting.key) {
                    each(at, Key::from_byte(posting.key), &[posting.document]);
                }
            }
        }
        Ok(())
    }

    fn newest_first(&self, documents: &mut Vec<u32>, limit: usize) -> StoreResult<()> {
        let found = self.ask(async |connection| {
            let query = "SELECT number FROM search_documents WHERE number IN (SELECT value FROM json_each(?))
                 ORDER BY id DESC LIMIT ?";
            let newest = sqlx::query_scalar(query).bind(json(documents)?).bind(rows_limit(limit));
            Ok(newest.fetch_all(connection).await?)
        })?;
        *documents = found;
        Ok(())
    }
}

fn rows_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
