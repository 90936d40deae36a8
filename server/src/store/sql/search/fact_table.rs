//! Which facts hold of each document, in memory, as the lists have it. Facets of a search are counted by going through
//! what it found; the lists of facts have every document of the library several times.

use std::collections::HashMap;

use super::{
    codec::{Place, each_group},
    source::lists_of,
};
use crate::store::{
    StoreResult,
    sql::{Columns, Connection},
};

#[derive(Debug)]
pub struct FactTable {
    /// How often the lists had been written.
    pub folds: i64,
    /// The facts' terms.
    facts: Vec<u32>,
    /// Where the facts of each document start in `held`, and where the last one's end.
    starts: Vec<u32>,
    /// Places in `facts`.
    held: Vec<u32>,
}

impl FactTable {
    /// Of so many documents, whoever may see them.
    pub async fn load<C: Connection>(
        connection: &mut C,
        folds: i64,
        facts: Vec<u32>,
        documents: u32,
    ) -> StoreResult<Self> {
        let lists = connection.all(lists_of::<C>("place, counts, postings", facts.clone())).await?;
        let places: HashMap<u32, u32> = facts.iter().copied().zip(0..).collect();
        let mut starts = vec![0_u32; documents as usize + 1];
        each_held(&lists, &places, |document, _| {
            if let Some(count) = starts.get_mut(document + 1) {
                *count += 1;
            }
        })?;
        let mut end = 0;
        for start in &mut starts {
            end += *start;
            *start = end;
        }
        let mut held = vec![0; end as usize];
        let mut next = starts.clone();
        each_held(&lists, &places, |document, fact| {
            if document + 1 < starts.len() {
                held[next[document] as usize] = fact;
                next[document] += 1;
            }
        })?;
        Ok(Self { folds, facts, starts, held })
    }

    /// Of how many of some documents each fact holds, by its term.
    pub fn count(&self, documents: impl Iterator<Item = u32>) -> HashMap<u32, usize> {
        let mut counts = vec![0; self.facts.len()];
        for document in documents {
            let at = document as usize;
            if let Some([start, end]) = self.starts.get(at..at + 2).and_then(|range| range.as_array()) {
                for fact in &self.held[*start as usize..*end as usize] {
                    counts[*fact as usize] += 1;
                }
            }
        }
        self.facts.iter().copied().zip(counts).collect()
    }
}

/// Calls `each` with every document of these lists and the place of the fact that holds of it.
fn each_held(
    lists: &[impl Columns],
    places: &HashMap<u32, u32>,
    mut each: impl FnMut(usize, u32),
) -> StoreResult<()> {
    for list in lists {
        let Some(fact) = places.get(&Place(list.number("place")?).term()) else { continue };
        each_group(
            list.bytes("counts")?,
            list.bytes("postings")?,
            |_| true,
            |_, documents| documents.iter().for_each(|document| each(*document as usize, *fact)),
        );
    }
    Ok(())
}
