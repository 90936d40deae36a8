//! The words of search: one analyzer and one set of synonyms for the whole server.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use domain::{
    search::{Analyzer, Evaluated, Highlighter, Query, Synonyms},
    view::Marker,
};

static ANALYZER: LazyLock<Analyzer> = LazyLock::new(Analyzer::default);
static SYNONYMS: LazyLock<Synonyms> = LazyLock::new(|| Synonyms::general(&ANALYZER));
static HIGHLIGHTER: LazyLock<Mutex<Highlighter>> = LazyLock::new(Mutex::default);

pub fn analyzer() -> &'static Analyzer {
    &ANALYZER
}

pub fn parse(text: &str) -> Query {
    Query::parse(text, &ANALYZER, &SYNONYMS)
}

/// Marks what `evaluated` met; one at a time, so that the words met before are known again.
pub fn mark<T>(evaluated: &Evaluated, marking: impl FnOnce(&mut Marker<'_>) -> T) -> T {
    let mut highlighter: MutexGuard<'_, Highlighter> =
        HIGHLIGHTER.lock().unwrap_or_else(PoisonError::into_inner);
    marking(&mut Marker { analyzer: &ANALYZER, highlighter: &mut highlighter, evaluated })
}
