//! The documents that the lists do not have as they are now, sorted so that a query finds what it needs of them.

use std::{collections::BTreeMap, ops::Bound};

use super::{documents, facts};
use crate::store::{
    StoreResult,
    sql::{Columns, Connection, Statement},
};

/// What is pending in one version of the index.
#[derive(Debug, Default)]
pub struct Pending {
    pub version: i64,
    /// What the lists say of these documents does not count. By number, since every posting that is read is held
    /// against it.
    void: Vec<bool>,
    /// What counts instead, ascending.
    added: Vec<Posting>,
    /// What the lists say of the void ones, ascending.
    removed: Vec<Posting>,
    /// Terms of which more or fewer stories that everyone may see hold true than the lists say, ascending.
    recounted: BTreeMap<String, i64>,
    /// All facts that there are, with their terms.
    pub facts: Vec<(u32, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Posting {
    pub term: u32,
    pub audience: u32,
    pub key: u8,
    pub document: u32,
}

impl Pending {
    pub async fn load<C: Connection>(connection: &mut C, version: i64) -> StoreResult<Self> {
        let mut pending = Self { version, ..Self::default() };
        for row in documents::pending(connection).await? {
            // Documents come in ascending order.
            pending.void.resize(row.document as usize, false);
            pending.void.push(true);
            for ((audience, terms), out) in
                [(row.now, &mut pending.added), (row.listed, &mut pending.removed)]
            {
                let Some(audience) = audience else { continue };
                let document = row.document;
                out.extend(terms.into_iter().map(|(term, key)| Posting { term, audience, key, document }));
            }
        }
        pending.added.sort_unstable();
        pending.removed.sort_unstable();
        pending.recount(connection).await?;
        pending.facts = facts(connection).await?;
        Ok(pending)
    }

    async fn recount(&mut self, connection: &mut impl Connection) -> StoreResult<()> {
        let mut more: BTreeMap<u32, i64> = BTreeMap::new();
        for (postings, one) in [(&self.added, 1), (&self.removed, -1)] {
            for posting in postings.iter().filter(|posting| posting.audience == 0) {
                *more.entry(posting.term).or_default() += one;
            }
        }
        more.retain(|_, count| *count != 0);
        let numbers: Vec<u32> = more.keys().copied().collect();
        let terms =
            "SELECT number, term, stories FROM search_terms WHERE number IN (SELECT value FROM json_each(?))";
        for row in &connection.all(Statement::new(terms).bind(numbers)).await? {
            let more = more.get(&row.number("number")?).copied().unwrap_or_default();
            let stories: i64 = row.number("stories")?;
            self.recounted.insert(row.text("term")?.to_owned(), stories + more);
        }
        Ok(())
    }

    pub fn is_void(&self, document: u32) -> bool {
        self.void.get(document as usize) == Some(&true)
    }

    pub fn is_empty(&self) -> bool {
        self.void.is_empty()
    }

    /// What counts of a term instead of what the lists say of void documents.
    pub fn added(&self, term: u32) -> &[Posting] {
        of_term(&self.added, term)
    }

    pub fn removed(&self, term: u32) -> &[Posting] {
        of_term(&self.removed, term)
    }

    /// In how many stories that everyone may see a term stands, if it is other than the lists say.
    pub fn stories(&self, term: &str) -> Option<i64> {
        self.recounted.get(term).copied()
    }

    /// Terms with this beginning whose stories are other than the lists say, with how many those are.
    pub fn recounted<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, i64)> {
        let from = self.recounted.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        from.take_while(move |(term, _)| term.starts_with(prefix))
            .map(|(term, count)| (term.as_str(), *count))
    }
}

async fn facts<C: Connection>(connection: &mut C) -> StoreResult<Vec<(u32, String)>> {
    let facts = format!("SELECT number, term FROM search_terms WHERE {} < ? ORDER BY number", C::TERM_HEAD);
    let found = connection.all(Statement::new(facts).bind(facts::AFTER)).await?;
    found.iter().map(|row| Ok((row.number("number")?, row.text("term")?.to_owned()))).collect()
}

fn of_term(postings: &[Posting], term: u32) -> &[Posting] {
    let start = postings.partition_point(|posting| posting.term < term);
    let length = postings[start..].partition_point(|posting| posting.term == term);
    &postings[start..start + length]
}
