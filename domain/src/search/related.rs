//! Stories like a given one: those that share the terms which tell most about it.

use super::{
    analyzer::{Analyzer, FUNCTION_MARK},
    document::{Document, Impacts},
    evaluate::Evaluated,
    plan::Plan,
    rank::rank,
    source::Source,
    vocabulary::Vocabulary,
};
use crate::order::sort_by;

/// Terms by which likeness is judged.
const TELLING: usize = 16;
/// Terms that are looked up to find the telling ones.
const LOOKED_UP: usize = 400;

/// Finds the stories that are like `document`. It is among them itself if it is in the source.
pub fn related<S: Source>(
    source: &S,
    analyzer: &Analyzer,
    document: &Document<'_>,
) -> Result<Evaluated, S::Error> {
    let mut vocabulary = Vocabulary::default();
    let mut levels: Vec<(u32, u32)> = Vec::new();
    Impacts::default().read(analyzer, &mut vocabulary, document, &mut |term, level| {
        levels.push((level, term));
    });
    let mut terms: Vec<(u32, &str)> = levels
        .iter()
        .map(|&(level, term)| (level, vocabulary.name(term)))
        .filter(|(_, term)| !is_function(analyzer, term))
        .collect();
    // The weightiest first, ties by term, so that the same are looked up everywhere.
    sort_by(&mut terms, |a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    terms.truncate(LOOKED_UP);
    let plan = Plan::of_terms(source, &terms, TELLING)?;
    let ranked = rank(&plan, source)?;
    Ok(Evaluated { matches: ranked.documents, postings: ranked.postings, ..Evaluated::default() })
}

fn is_function(analyzer: &Analyzer, term: &str) -> bool {
    term.ends_with(FUNCTION_MARK) || analyzer.function(term).english
}
