//! All terms of a library in memory, for a source that keeps its postings elsewhere.

use super::{
    dictionary::{Dictionary, DictionaryWriter},
    near::{Near, for_each_near},
};
use crate::order::sort_by;

/// Terms in ascending order, packed: some six bytes each. A database cannot look for words with typing errors; with this
/// it need not. A term that is no longer in use may stay: ask with `in_use`.
#[derive(Default)]
pub struct TermList {
    count: usize,
    heads: Vec<u8>,
    terms: Vec<u8>,
}

impl TermList {
    /// Of terms that ascend by their bytes (as SQLite sorts them, and PostgreSQL with `COLLATE "C"`).
    pub fn new<'a>(terms: impl IntoIterator<Item = &'a str>) -> Self {
        let mut writer = DictionaryWriter::default();
        for term in terms {
            writer.push(term.as_bytes(), 0, 0, 0);
        }
        let (count, heads, terms) = writer.finish();
        Self { count, heads, terms }
    }

    /// The `limit` terms nearest to a word with their costs, ties by term, among those that are in use. What
    /// [`super::Source::near`] has to answer.
    pub fn near(
        &self,
        word: &Near,
        limit: usize,
        in_use: &mut dyn FnMut(&str) -> bool,
    ) -> Vec<(String, u32)> {
        let mut near: Vec<(u32, String)> = Vec::new();
        for_each_near(&self.dictionary(), word, &mut |cursor, cost| {
            near.extend(String::from_utf8(cursor.term.clone()).ok().map(|term| (cost, term)));
        });
        sort_by(&mut near, |a, b| a.cmp(b));
        near.into_iter()
            .filter(|(_, term)| in_use(term))
            .take(limit)
            .map(|(cost, term)| (term, cost))
            .collect()
    }

    fn dictionary(&self) -> Dictionary<'_> {
        Dictionary { count: self.count, heads: &self.heads, terms: &self.terms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::{lexicon::Lexicon, near::Tolerance};

    #[test]
    fn a_list_finds_the_nearest_terms_in_use() {
        let list = TermList::new(["kassa", "kasse", "kund", "lasagn", "lasagnett", "lasang", "last"]);
        let word = Near::new(&Lexicon::default(), "lasange", Tolerance::Errors, true);
        let found = |limit, unused: &str| {
            let near = list.near(&word, limit, &mut |term| term != unused);
            near.into_iter().map(|(term, _)| term).collect::<Vec<_>>()
        };
        assert_eq!(found(8, ""), ["lasagn"], "«lasang» is the word itself, without its ending");
        assert_eq!(found(8, "lasagn"), Vec::<String>::new());
        assert_eq!(found(0, ""), Vec::<String>::new());
    }
}
