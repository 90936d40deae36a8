//! The lists as a [`Source`] of postings for one reader.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use domain::{
    id::StoryId,
    search::{AllFound, Found, Key, Near, Request, Source},
};
use sqlx::Transaction;
use tokio::runtime::Handle;

use super::{
    Kept,
    codec::{Place, TERM_SHIFT, each_count, each_group},
    pending::{Pending, Posting},
};
use crate::store::{
    StoreError, StoreResult,
    sql::{Columns, Connection, Dialect, Statement},
};

/// One snapshot of the index as one reader may see it. Lives on a thread where it may wait.
pub struct Reading<D: Dialect> {
    pub snapshot: RefCell<Transaction<'static, D>>,
    pub runtime: Handle,
    pub stories: u32,
    pub documents: u32,
    /// How often the index was begun anew.
    pub begun: i64,
    /// How often the lists were written.
    pub folds: i64,
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

impl<D: Dialect> Reading<D> {
    /// Waits for what is asked of the snapshot.
    pub fn ask<T>(&self, question: impl AsyncFnOnce(&mut D::Connection) -> StoreResult<T>) -> StoreResult<T> {
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
        let terms: Vec<String> = terms.iter().map(|term| (*term).to_owned()).collect();
        let numbers = Statement::new(
            "SELECT number, term FROM json_each(?) AS wanted CROSS JOIN search_terms WHERE term = wanted.value",
        )
        .bind(terms);
        let found = self.ask(async |snapshot| snapshot.all(numbers).await)?;
        found.iter().map(|row| Ok((row.text("term")?.to_owned(), row.number("number")?))).collect()
    }

    /// By term. A term that is only in pending documents has none.
    fn lists(&self, numbers: &[u32]) -> StoreResult<HashMap<u32, Lists>> {
        let counts = lists_of::<D::Connection>("place, counts", numbers.to_vec());
        let found = self.ask(async |snapshot| snapshot.all(counts).await)?;
        let mut lists = HashMap::new();
        for row in &found {
            let place = Place(row.number("place")?);
            if self.sees(place.audience()) {
                let list: &mut Lists = lists.entry(place.term()).or_default();
                list.places.push(place);
                each_count(row.bytes("counts")?, |key, documents, _| {
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
        let stories = Statement::new("SELECT stories FROM search_terms WHERE term = ?").bind(term.to_owned());
        let found = self.ask(async |snapshot| snapshot.first(stories).await)?;
        found.map_or(Ok(0), |row| row.number("stories"))
    }
}

/// Columns of all lists of some terms.
pub fn lists_of<C: Connection>(columns: &str, terms: Vec<u32>) -> Statement {
    let (before, after) = C::LOOKED_UP;
    let lists = format!(
        "SELECT {columns} FROM json_each(?) AS wanted {before} search_lists
         WHERE place >= wanted.value << {TERM_SHIFT} AND place < (wanted.value + 1) << {TERM_SHIFT} {after}"
    );
    Statement::new(lists).bind(terms)
}

impl<D: Dialect> Source for Reading<D> {
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
        let listed = self.kept.most_used(self, prefix, limit + recounted.len())?;
        let listed = listed.terms.iter().map(|(term, stories)| (term.as_str(), *stories));
        let as_listed = listed.filter(|(term, _)| self.pending.stories(term).is_none());
        let now = recounted.into_iter().filter(|(_, stories)| *stories > 0);
        let mut best: Vec<(&str, i64)> = as_listed.chain(now).collect();
        best.sort_by(|(a, one), (b, other)| other.cmp(one).then_with(|| a.cmp(b)));
        best.truncate(limit);
        Ok(best.into_iter().map(|(term, _)| term.to_owned()).collect())
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
        let lists = Statement::new(
            "SELECT place, counts, postings FROM search_lists WHERE place IN (SELECT value FROM json_each(?))",
        )
        .bind(places);
        let found = self.ask(async |snapshot| snapshot.all(lists).await)?;
        let mut lists: HashMap<i64, (&[u8], &[u8])> = HashMap::with_capacity(found.len());
        for row in &found {
            lists.insert(row.number("place")?, (row.bytes("counts")?, row.bytes("postings")?));
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
        let ids = self.kept.ids(self)?;
        let mut by_age: Vec<(StoryId, u32)> = Vec::with_capacity(documents.len());
        for document in documents.drain(..) {
            by_age.push((ids.of(document)?, document));
        }
        by_age.sort_unstable_by(|a, b| b.cmp(a));
        documents.extend(by_age.into_iter().take(limit).map(|(_, document)| document));
        Ok(())
    }
}
