//! A query answered: which stories match, in which order, and why.

use std::ops::Range;

use super::{
    alternatives::Way,
    analyzer::Analyzer,
    phrases::Phrase,
    plan::{Plan, PlannedList},
    query::Query,
    rank::{Scored, rank},
    source::Source,
};
use crate::order::{nth_greatest, sort_by};

/// The answer to a query over a source.
#[derive(Clone, Debug, Default)]
pub struct Evaluated {
    /// Every document that matches, in no particular order.
    pub matches: Vec<Scored>,
    /// Postings that were read.
    pub postings: u32,
    /// The terms that made documents match, ascending, with what each is to the query.
    pub(super) terms: Vec<(String, u32)>,
    /// The phrases that did.
    pub(super) phrases: Vec<Phrase>,
    /// Words of which nothing was found as they were written.
    pub corrections: Vec<Correction>,
}

/// A word of the query that was looked up as something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// Bytes of the query.
    pub range: Range<usize>,
    /// Terms that may have been meant, the likeliest first.
    pub terms: Vec<String>,
}

/// Answers `query`. The same stories give the same answer, whatever the source.
pub fn evaluate<S: Source>(source: &S, analyzer: &Analyzer, query: &Query) -> Result<Evaluated, S::Error> {
    if query.is_empty() {
        return Ok(Evaluated::default());
    }
    let plan = Plan::make(query, analyzer, source)?;
    let ranked = rank(&plan, source)?;
    Ok(Evaluated {
        matches: ranked.documents,
        postings: ranked.postings,
        terms: terms(query, &plan),
        phrases: phrases(&plan),
        corrections: corrections(query, &plan),
    })
}

impl Evaluated {
    /// The best `limit` of the documents that pass `filter`, by score, the newest of equals first; and how many pass.
    pub fn top<S: Source>(
        &self,
        source: &S,
        limit: usize,
        filter: &mut dyn FnMut(u32) -> bool,
    ) -> Result<(Vec<Scored>, usize), S::Error> {
        let mut passing: Vec<Scored> = self.matches.clone();
        passing.retain(|scored| filter(scored.document));
        let total = passing.len();
        let least = nth_greatest(passing.iter().map(|scored| scored.score), limit);
        passing.retain(|scored| scored.score >= least);
        sort_by(&mut passing, |a, b| b.score.cmp(&a.score));
        let mut top = Vec::new();
        for equals in passing.chunk_by(|a, b| a.score == b.score) {
            let room = limit - top.len();
            if room == 0 {
                break;
            }
            let mut documents: Vec<u32> = equals.iter().map(|scored| scored.document).collect();
            if documents.len() > 1 {
                source.newest_first(&mut documents, room)?;
            }
            let score = equals[0].score;
            top.extend(documents.into_iter().map(|document| Scored { document, score }));
        }
        Ok((top, total))
    }
}

fn terms<L>(query: &Query, plan: &Plan<L>) -> Vec<(String, u32)> {
    let mut terms: Vec<(String, u32)> = Vec::new();
    for list in &plan.lists {
        let alternative = &plan.alternatives.list[list.alternative];
        let function = query.words.get(alternative.word as usize).is_some_and(|word| word.function);
        // A phrase matches as a whole; its words alone tell nothing. Neither do those that hold a sentence together.
        if alternative.way != Way::Phrase && !function {
            let term = plan.alternatives.terms.get(list.term);
            terms.push((term.to_owned(), list.worth / 256));
        }
    }
    sort_by(&mut terms, |a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
    terms.dedup_by(|a, b| a.0 == b.0);
    terms
}

fn phrases<L>(plan: &Plan<L>) -> Vec<Phrase> {
    let mut phrases: Vec<Phrase> = Vec::new();
    for alternative in plan.lists.chunk_by(|a, b| a.alternative == b.alternative) {
        if plan.alternatives.list[alternative[0].alternative].way == Way::Phrase {
            let term = |list: &PlannedList| plan.alternatives.terms.get(list.term).to_owned();
            let weight = alternative.iter().map(|list| list.worth / 256).max().unwrap_or(0);
            phrases.push(Phrase { terms: alternative.iter().map(term).collect(), weight });
        }
    }
    phrases
}

fn corrections<L>(query: &Query, plan: &Plan<L>) -> Vec<Correction> {
    let mut corrections = Vec::new();
    for (at, word) in query.words.iter().enumerate() {
        let (mut written, mut meant) = (false, Vec::new());
        for list in &plan.lists {
            let alternative = &plan.alternatives.list[list.alternative];
            if alternative.word as usize == at {
                match alternative.way {
                    Way::Corrected | Way::Folded => meant.push((alternative.weight, list.term)),
                    Way::Word | Way::Joined | Way::Parts | Way::Completion => written = true,
                    Way::Derived | Way::Synonym | Way::Phrase => {}
                }
            }
        }
        if !written && !meant.is_empty() {
            // Of equally near terms the first of the dictionary comes first.
            sort_by(&mut meant, |a, b| b.0.cmp(&a.0));
            let term = |&(_, term): &(u32, u32)| plan.alternatives.terms.get(term).to_owned();
            corrections
                .push(Correction { range: word.range.clone(), terms: meant.iter().map(term).collect() });
        }
    }
    corrections
}
