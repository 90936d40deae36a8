//! The words of search: one analyzer for the whole server, and synonyms with what the organisation says.

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use domain::{
    id::WordingId,
    search::{Analyzer, Evaluated, Highlighter, Query, Synonyms},
    view::Marker,
    wording::Wording,
};

static ANALYZER: LazyLock<Analyzer> = LazyLock::new(Analyzer::default);
static GENERAL: LazyLock<Arc<Synonyms>> = LazyLock::new(|| Arc::new(Synonyms::general(&ANALYZER)));
/// What the organisation last said, and the synonyms with it.
static OWN: Mutex<Option<(Vec<Own>, Arc<Synonyms>)>> = Mutex::new(None);
static HIGHLIGHTER: LazyLock<Mutex<Highlighter>> = LazyLock::new(Mutex::default);

pub fn analyzer() -> &'static Analyzer {
    &ANALYZER
}

/// One of the organisation's wordings.
pub type Own = (WordingId, Wording);

pub fn parse(text: &str, own: &[Own]) -> Query {
    Query::parse(text, &ANALYZER, &synonyms(own))
}

fn synonyms(own: &[Own]) -> Arc<Synonyms> {
    if own.is_empty() {
        return GENERAL.clone();
    }
    let mut known = OWN.lock().unwrap_or_else(PoisonError::into_inner);
    match &*known {
        Some((said, synonyms)) if said == own => synonyms.clone(),
        _ => {
            let wordings = own.iter().map(|(_, wording)| wording);
            let synonyms = Arc::new(Synonyms::clone(&GENERAL).with_own(&ANALYZER, wordings));
            *known = Some((own.to_vec(), synonyms.clone()));
            synonyms
        }
    }
}

/// Marks what `evaluated` met; one at a time, so that the words met before are known again.
pub fn mark<T>(evaluated: &Evaluated, marking: impl FnOnce(&mut Marker<'_>) -> T) -> T {
    let mut highlighter: MutexGuard<'_, Highlighter> =
        HIGHLIGHTER.lock().unwrap_or_else(PoisonError::into_inner);
    marking(&mut Marker { analyzer: &ANALYZER, highlighter: &mut highlighter, evaluated })
}
