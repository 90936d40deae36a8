//! Asking the index.

use super::{Index, source::Never};
use crate::search::{
    document::Document,
    evaluate::{Evaluated, evaluate},
    query::Query,
    related,
};

/// A story that matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    pub slot: u32,
    pub score: u32,
}

/// The best of what matches.
#[derive(Clone, Debug, Default)]
pub struct Hits {
    pub hits: Vec<Hit>,
    /// How many pass the filter.
    pub total: usize,
    pub evaluated: Evaluated,
}

impl Index {
    /// The `limit` best stories for a query among those whose slots pass `filter`; of equals, the newest id first.
    pub fn search(&self, query: &Query, limit: usize, filter: impl Fn(u32) -> bool) -> Hits {
        let evaluated = infallible(evaluate(self, self.analyzer(), query));
        self.hits(evaluated, limit, filter)
    }

    /// Every slot that matches an answered query, in no particular order: to count what each filter would leave.
    pub fn matching(&self, evaluated: &Evaluated) -> Vec<u32> {
        let starts = self.starts();
        let documents = evaluated.matches.iter().map(|scored| scored.document);
        documents.map(|document| self.slot(&starts, document)).collect()
    }

    /// The `limit` stories most like `document`, without the one in its own slot.
    pub fn related(&self, own: u32, document: &Document<'_>, limit: usize) -> Vec<Hit> {
        let evaluated = infallible(related::related(self, self.analyzer(), document));
        self.hits(evaluated, limit, |slot| slot != own).hits
    }

    fn hits(&self, evaluated: Evaluated, limit: usize, filter: impl Fn(u32) -> bool) -> Hits {
        let starts = self.starts();
        let slot = |document: u32| self.slot(&starts, document);
        let (top, total) = infallible(evaluated.top(self, limit, &mut |document| filter(slot(document))));
        let hits = top.iter().map(|scored| Hit { slot: slot(scored.document), score: scored.score });
        Hits { hits: hits.collect(), total, evaluated }
    }
}

fn infallible<T>(result: Result<T, Never>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}
