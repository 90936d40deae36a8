//! The terms that short beginnings go on with, in memory: tens of thousands begin with an `s`, and all of them are gone
//! through for those that most stories have. They stay the same until the lists are written again.

use std::{collections::HashMap, sync::Arc};

use crate::store::{
    StoreResult,
    sql::{Columns, Connection, INDEXED_CHARS, Statement},
};

/// A longer beginning has few terms, and is asked for more rarely.
const SHORT: usize = 2;
/// Sorts behind everything that a term goes on with.
const BEHIND: &str = "\u{10ffff}";

/// What was asked for between two writings of the lists.
#[derive(Debug, Default)]
pub struct Beginnings {
    folds: i64,
    known: HashMap<String, Arc<MostUsed>>,
}

/// The terms with a beginning that are in most stories, as the lists have them.
#[derive(Debug)]
pub struct MostUsed {
    /// Each with how many stories have it, descending.
    pub terms: Vec<(String, i64)>,
    /// Of so many at most.
    most: usize,
}

impl Beginnings {
    /// If they are known of the lists that were written so often.
    pub fn of(&self, prefix: &str, most: usize, folds: i64) -> Option<Arc<MostUsed>> {
        let known = (self.folds == folds).then(|| self.known.get(prefix))?;
        known.filter(|known| known.most >= most).map(Arc::clone)
    }

    pub fn note(&mut self, prefix: &str, most_used: &Arc<MostUsed>, folds: i64) {
        if prefix.chars().count() > SHORT || self.folds > folds {
            return;
        }
        if self.folds < folds {
            *self = Self { folds, ..Self::default() };
        }
        self.known.insert(prefix.to_owned(), Arc::clone(most_used));
    }
}

impl MostUsed {
    /// `most` terms at least, if there are as many.
    pub async fn load<C: Connection>(connection: &mut C, prefix: &str, most: usize) -> StoreResult<Self> {
        // So that a few more do not have to be asked for anew.
        let most = most.next_power_of_two();
        let head: String = prefix.chars().take(INDEXED_CHARS).collect();
        let most_used = format!(
            "SELECT term, stories FROM search_terms WHERE {head} >= ? AND {head} < ? AND term >= ? AND term < ?
             AND stories > 0 ORDER BY stories DESC, term LIMIT ?",
            head = C::TERM_HEAD
        );
        let most_used = Statement::new(most_used)
            .bind(head.clone())
            .bind(head + BEHIND)
            .bind(prefix.to_owned())
            .bind(prefix.to_owned() + BEHIND)
            .bind(most);
        let found = connection.all(most_used).await?;
        let terms = found.iter().map(|row| Ok((row.text("term")?.to_owned(), row.number("stories")?)));
        Ok(Self { terms: terms.collect::<StoreResult<_>>()?, most })
    }
}
