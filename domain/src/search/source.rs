//! What search needs of whoever keeps the terms: the phone's index, or a database.

use super::{near::Near, postings::Key};

/// A place where terms and postings are kept.
///
/// Whoever holds the same stories must give the same answers here; all that comes after is the same code, so the same
/// stories come out in the same order. Everything is asked for in bulk, so that a database needs one round trip for
/// each call.
pub trait Source {
    type Error;
    /// What it takes to read the postings of a term: places in segments, the number of a row.
    type List;

    /// How many stories everyone may see.
    fn stories(&self) -> Result<u32, Self::Error>;

    /// Document numbers are below this.
    fn documents(&self) -> Result<u32, Self::Error>;

    /// For each term its postings by key, or nothing if it is not in use.
    fn find(&self, terms: &[&str]) -> Result<AllFound<Self::List>, Self::Error>;

    /// The `limit` terms that begin with `prefix` and stand in most of the stories everyone may see, ties by term. Terms
    /// that stand in none of those do not count.
    fn completions(&self, prefix: &str, limit: usize) -> Result<Vec<String>, Self::Error>;

    /// The `limit` terms nearest to a typed word with their costs, ties by term, among those that stand in stories
    /// everyone may see.
    fn near(&self, word: &Near, limit: usize) -> Result<Vec<(String, u32)>, Self::Error>;

    /// Reads groups of postings: calls `each` with the place of the request, the key and the documents, request after
    /// request. A group may come in several calls.
    fn read(
        &self,
        requests: &[Request<'_, Self::List>],
        each: &mut dyn FnMut(usize, Key, &[u32]),
    ) -> Result<(), Self::Error>;

    /// Puts `documents` in the order of their ids, the greatest (and so the newest) first, and keeps `limit`.
    fn newest_first(&self, documents: &mut Vec<u32>, limit: usize) -> Result<(), Self::Error>;
}

/// In the order in which terms were asked for.
pub type AllFound<L> = Vec<Option<Found<L>>>;

/// A term that is in use.
pub struct Found<L> {
    pub list: L,
    /// Keys ascending, each with the number of its documents.
    pub groups: Vec<(Key, u32)>,
}

impl<L> Found<L> {
    /// How many stories that everyone may see hold the term.
    pub fn frequency(&self) -> u32 {
        self.groups.iter().filter(|(key, _)| !key.restricted()).map(|(_, documents)| documents).sum()
    }
}

/// Some groups of one list.
pub struct Request<'a, L> {
    pub list: &'a L,
    /// Ascending.
    pub keys: Vec<Key>,
}
