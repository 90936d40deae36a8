//! Bringing pending documents into the lists, many at a time: a list is rewritten once for all of them, and not once
//! for each word of each story.

use std::collections::{BTreeMap, HashMap};

use super::{
    codec::{Groups, Place, decode_groups, encode_groups},
    documents::{PendingRow, pending},
};
use crate::store::{
    StoreResult,
    sql::{Columns, Connection, Statement, Value},
};

/// Documents that may be pending. Each query looks through them, some 120 terms each.
pub const MOST_PENDING: i64 = 1_000;
/// Lists that are read and written together.
const CHUNK: usize = 2_000;

/// Folds if more than `most` are pending.
pub async fn when_due(tx: &mut impl Connection, most: i64) -> StoreResult<()> {
    let pending = tx.one(Statement::new("SELECT count(*) AS n FROM search_documents WHERE pending")).await?;
    if pending.number::<i64>("n")? > most { fold(tx).await } else { Ok(()) }
}

async fn fold(tx: &mut impl Connection) -> StoreResult<()> {
    let changes = changes(&pending(tx).await?);
    let lists: Vec<&[Change]> = changes.chunk_by(|a, b| a.place == b.place).collect();
    for chunk in lists.chunks(CHUNK) {
        fold_lists(tx, chunk).await?;
    }
    count_terms(tx, &changes).await?;
    tx.run(Statement::new("UPDATE search_documents SET pending = FALSE, listed_audience = NULL, listed_terms = NULL WHERE pending"))
        .await?;
    tx.run(Statement::new("UPDATE search_state SET version = version + 1, folds = folds + 1")).await?;
    Ok(())
}

/// A posting that comes or goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    place: Place,
    key: u8,
    document: u32,
    comes: bool,
}

/// Ascending: of a list, by key and document, what goes before what comes.
fn changes(pending: &[PendingRow]) -> Vec<Change> {
    let mut changes = Vec::new();
    for row in pending {
        for ((audience, terms), comes) in [(&row.listed, false), (&row.now, true)] {
            let Some(audience) = audience else { continue };
            changes.extend(terms.iter().map(|&(term, key)| Change {
                place: Place::of(term, *audience, row.document),
                key,
                document: row.document,
                comes,
            }));
        }
    }
    changes.sort_unstable();
    changes
}

async fn fold_lists(tx: &mut impl Connection, changed: &[&[Change]]) -> StoreResult<()> {
    let places: Vec<i64> = changed.iter().map(|changes| changes[0].place.0).collect();
    let lists =
        "SELECT place, counts, postings FROM search_lists WHERE place IN (SELECT value FROM json_each(?))";
    let mut known: HashMap<i64, Groups> = HashMap::new();
    for row in &tx.all(Statement::new(lists).bind(places)).await? {
        known.insert(row.number("place")?, decode_groups(row.bytes("counts")?, row.bytes("postings")?));
    }
    let mut written: Vec<[Value; 3]> = Vec::new();
    let mut emptied: Vec<i64> = Vec::new();
    for changes in changed {
        let place = changes[0].place.0;
        let mut groups = known.remove(&place).unwrap_or_default();
        changes.iter().for_each(|change| apply(&mut groups, change));
        groups.retain(|_, documents| !documents.is_empty());
        if groups.is_empty() {
            emptied.push(place);
        } else {
            let (counts, postings) = encode_groups(&groups);
            written.push([place.into(), counts.into(), postings.into()]);
        }
    }
    if !written.is_empty() {
        let mut query = Statement::new("INSERT INTO search_lists (place, counts, postings) ");
        query.push_rows(written);
        query.push(
            " ON CONFLICT (place) DO UPDATE SET counts = excluded.counts, postings = excluded.postings",
        );
        tx.run(query).await?;
    }
    if !emptied.is_empty() {
        let forget = "DELETE FROM search_lists WHERE place IN (SELECT value FROM json_each(?))";
        tx.run(Statement::new(forget).bind(emptied)).await?;
    }
    Ok(())
}

/// New documents mostly have the greatest numbers, so that little is moved.
fn apply(groups: &mut Groups, change: &Change) {
    let documents = groups.entry(change.key).or_default();
    match (documents.binary_search(&change.document), change.comes) {
        (Err(at), true) => documents.insert(at, change.document),
        (Ok(at), false) => {
            documents.remove(at);
        }
        (Ok(_), true) | (Err(_), false) => {}
    }
}

/// Brings the numbers of stories beside the terms up to date.
async fn count_terms(tx: &mut impl Connection, changes: &[Change]) -> StoreResult<()> {
    let mut more: Vec<(u32, i64)> = Vec::new();
    for change in changes.iter().filter(|change| change.place.audience() == 0) {
        let (term, one) = (change.place.term(), if change.comes { 1 } else { -1 });
        match more.last_mut() {
            Some((last, count)) if *last == term => *count += one,
            _ => more.push((term, one)),
        }
    }
    // Terms that gain as many go together: there are thousands of terms, and few numbers.
    let mut gaining: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
    for (term, count) in more.into_iter().filter(|(_, count)| *count != 0) {
        gaining.entry(count).or_default().push(term);
    }
    for (count, terms) in gaining {
        let gain =
            "UPDATE search_terms SET stories = stories + ? WHERE number IN (SELECT value FROM json_each(?))";
        tx.run(Statement::new(gain).bind(count).bind(terms)).await?;
    }
    Ok(())
}
