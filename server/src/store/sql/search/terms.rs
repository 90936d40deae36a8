//! All terms in memory, for words with typing errors.

use std::sync::Arc;

use domain::search::{Near, TermList};

use super::facts;
use crate::store::{
    StoreResult,
    sql::{Columns, Connection, Statement},
};

/// Terms are only ever added, so that a list of them stays good and what is new lies in a second one.
#[derive(Clone, Default)]
pub struct Terms {
    most: Part,
    newest: Part,
}

/// The terms with numbers up to `upto`.
#[derive(Clone, Default)]
struct Part {
    upto: u32,
    list: Arc<TermList>,
}

impl Terms {
    /// These terms with those that were added meanwhile.
    pub async fn brought_up(mut self, connection: &mut impl Connection) -> StoreResult<Self> {
        let highest = connection
            .one(Statement::new("SELECT coalesce(max(number), 0) AS upto FROM search_terms"))
            .await?;
        let upto: u32 = highest.number("upto")?;
        // A snapshot may be older than what another query has seen; it finds no stories for terms that came later.
        if upto <= self.newest.upto {
            return Ok(self);
        }
        // Rarely all of them: each time there are a quarter more.
        let all = upto - self.most.upto > 1_000 + self.most.upto / 4;
        if all {
            self.most = Part::load(connection, 0, upto).await?;
        }
        self.newest = Part::load(connection, self.most.upto, upto).await?;
        Ok(self)
    }

    /// The `limit` nearest to a word that are in use.
    pub fn near(
        &self,
        word: &Near,
        limit: usize,
        in_use: &mut dyn FnMut(&str) -> bool,
    ) -> Vec<(String, u32)> {
        let mut near = self.most.list.near(word, limit, in_use);
        near.extend(self.newest.list.near(word, limit, in_use));
        near.sort_by(|(one, a), (other, b)| (a, one).cmp(&(b, other)));
        near.truncate(limit);
        near
    }
}

impl Part {
    async fn load<C: Connection>(connection: &mut C, after: u32, upto: u32) -> StoreResult<Self> {
        // One value, since a row for each would take ten times as long. No term holds a line break.
        let terms = format!(
            "SELECT {} AS terms FROM (
                SELECT term FROM search_terms WHERE number > ? AND number <= ? AND term >= ? ORDER BY term) AS words",
            C::TERMS_AS_LINES
        );
        let terms = Statement::new(terms).bind(after).bind(upto).bind(facts::AFTER);
        let terms = connection.one(terms).await?;
        let list = TermList::new(terms.optional_text("terms")?.unwrap_or_default().lines());
        Ok(Self { upto, list: Arc::new(list) })
    }
}

impl std::fmt::Debug for Terms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terms").field("upto", &self.newest.upto).finish_non_exhaustive()
    }
}
