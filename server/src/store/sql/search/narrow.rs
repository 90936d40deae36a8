//! Sets of documents: narrowed and counted by facts, listed by age.

use domain::{
    id::StoryId,
    search::{Request, Source},
    story::StoryKind,
};

use super::{
    facts::{self, Fact},
    source::Reading,
};
use crate::store::{
    Narrow, RawFacets, StoreResult,
    sql::{Columns, Connection, Dialect, Statement, rows},
};

/// Some of the documents that the reader may see.
pub struct Documents(Vec<bool>);

/// Where at most one document in so many is meant, they are sorted by age; else all are gone through from the newest on.
const RARE: usize = 16;

impl Documents {
    pub fn of<D: Dialect>(reading: &Reading<D>, documents: impl IntoIterator<Item = u32>) -> Self {
        let mut set = vec![false; reading.documents as usize];
        for document in documents {
            if let Some(has) = set.get_mut(document as usize) {
                *has = true;
            }
        }
        Self(set)
    }

    /// All that are in the library: each is of some kind.
    pub fn all<D: Dialect>(reading: &Reading<D>) -> StoreResult<Self> {
        let kinds: Vec<String> =
            StoryKind::ALL.into_iter().chain([StoryKind::Other]).map(facts::kind).collect();
        Self::with_any(reading, &kinds)
    }

    /// Those of which one of some facts holds.
    fn with_any<D: Dialect>(reading: &Reading<D>, facts: &[String]) -> StoreResult<Self> {
        let mut having = Self::of(reading, []);
        read(reading, facts, |_, documents| {
            for document in documents {
                if let Some(has) = having.0.get_mut(*document as usize) {
                    *has = true;
                }
            }
        })?;
        Ok(having)
    }

    pub fn has(&self, document: u32) -> bool {
        self.0.get(document as usize) == Some(&true)
    }

    fn documents(&self) -> impl Iterator<Item = u32> {
        (0..).zip(&self.0).filter(|(_, has)| **has).map(|(document, _)| document)
    }

    pub fn count(&self) -> usize {
        self.0.iter().filter(|has| **has).count()
    }

    pub fn narrowed<D: Dialect>(&self, reading: &Reading<D>, narrow: &Narrow) -> StoreResult<Self> {
        let labels = narrow.labels.iter().map(|any| any.iter().map(|id| facts::label(*id)).collect());
        let kind = narrow.kind.map(|kind| vec![facts::kind(kind)]);
        let mut left = self.0.clone();
        for any in kind.into_iter().chain(labels) {
            let having = Self::with_any(reading, &any)?;
            left.iter_mut().zip(having.0).for_each(|(left, has)| *left &= has);
        }
        Ok(Self(left))
    }

    /// How many of them have each fact.
    pub fn facets<D: Dialect>(&self, reading: &Reading<D>) -> StoreResult<RawFacets> {
        let pending = &reading.pending;
        let as_listed = self.documents().filter(|document| !pending.is_void(*document));
        let counts = reading.kept.facts(reading)?.count(as_listed);
        let mut facets = RawFacets::default();
        for (number, term) in &pending.facts {
            let changed = pending.added(*number).iter().filter(|posting| self.has(posting.document)).count();
            let count = counts.get(number).copied().unwrap_or_default() + changed;
            match facts::read(term) {
                _ if count == 0 => {}
                Some(Fact::Kind(kind)) => facets.kinds.push((kind.to_owned(), count)),
                Some(Fact::Label(id)) => facets.labels.push((id, count)),
                None => {}
            }
        }
        Ok(facets)
    }

    /// In the order of the library, `limit` of them from `offset` on.
    pub fn newest<D: Dialect>(
        &self,
        reading: &Reading<D>,
        offset: usize,
        limit: usize,
    ) -> StoreResult<Vec<StoryId>> {
        let count = self.count();
        if count <= self.0.len() / RARE {
            return Ok(page(self.sorted(reading)?.into_iter(), offset, limit));
        }
        // Of so many newest stories of all, twice as many should be among these as are wanted.
        let wanted = offset.saturating_add(limit).min(count);
        let mut look_at = 100 + wanted.saturating_mul(2) * self.0.len() / count;
        loop {
            let newest = newest_of_all(reading, look_at)?;
            let ended = newest.len() < look_at;
            let found: Vec<StoryId> =
                newest.into_iter().filter(|(document, _)| self.has(*document)).map(|(_, id)| id).collect();
            if ended || found.len() >= wanted {
                return Ok(page(found.into_iter(), offset, limit));
            }
            look_at = look_at.saturating_mul(4);
        }
    }

    fn sorted<D: Dialect>(&self, reading: &Reading<D>) -> StoreResult<Vec<StoryId>> {
        let numbers: Vec<u32> = self.documents().collect();
        let sorted =
            "SELECT stories.id FROM json_each(?) AS wanted CROSS JOIN search_documents CROSS JOIN stories
             WHERE search_documents.number = wanted.value AND stories.number = story
             ORDER BY published_at DESC, stories.id DESC";
        let found = reading.ask(async |snapshot| snapshot.all(Statement::new(sorted).bind(numbers)).await)?;
        found.iter().map(|row| rows::thing_id(row, "id").map(StoryId::from)).collect()
    }
}

fn page(ids: impl Iterator<Item = StoryId>, offset: usize, limit: usize) -> Vec<StoryId> {
    ids.skip(offset).take(limit).collect()
}

/// The newest stories in the library, whoever may see them.
fn newest_of_all<D: Dialect>(reading: &Reading<D>, limit: usize) -> StoreResult<Vec<(u32, StoryId)>> {
    let newest = "SELECT search_documents.number, stories.id FROM stories CROSS JOIN search_documents
         WHERE story = stories.number AND listed ORDER BY published_at DESC, stories.id DESC LIMIT ?";
    let found = reading.ask(async |snapshot| snapshot.all(Statement::new(newest).bind(limit)).await)?;
    found.iter().map(|row| Ok((row.number("number")?, rows::thing_id(row, "id")?.into()))).collect()
}

/// Calls `each` with the place of a fact and documents of which it holds.
fn read<D: Dialect>(
    reading: &Reading<D>,
    facts: &[String],
    mut each: impl FnMut(usize, &[u32]),
) -> StoreResult<()> {
    let asked: Vec<&str> = facts.iter().map(String::as_str).collect();
    let found = reading.find(&asked)?;
    let (mut at, mut requests) = (Vec::new(), Vec::new());
    for (place, found) in found.iter().enumerate() {
        if let Some(found) = found {
            let keys = found.groups.iter().map(|(key, _)| *key).collect();
            at.push(place);
            requests.push(Request { list: &found.list, keys });
        }
    }
    reading.read(&requests, &mut |request, _, documents| each(at[request], documents))
}
