//! Bringing pending documents into the lists, many at a time: a list is rewritten once for all of them, and not once
//! for each word of each story.

use std::collections::HashMap;

use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::{
    codec::{Groups, Place, decode_groups, encode_groups},
    documents::{PendingRow, pending},
    json,
};
use crate::store::StoreResult;

/// Documents that may be pending. Each query looks through them, some 120 terms each.
pub const MOST_PENDING: i64 = 1_000;
/// Lists that are read and written together.
const CHUNK: usize = 2_000;

/// Folds if more than `most` are pending.
pub async fn when_due(tx: &mut SqliteConnection, most: i64) -> StoreResult<()> {
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM search_documents WHERE pending").fetch_one(&mut *tx).await?;
    if count > most { fold(tx).await } else { Ok(()) }
}

async fn fold(tx: &mut SqliteConnection) -> StoreResult<()> {
    let changes = changes(&pending(tx).await?);
    let lists: Vec<&[Change]> = changes.chunk_by(|a, b| a.place == b.place).collect();
    for chunk in lists.chunks(CHUNK) {
        fold_lists(tx, chunk).await?;
    }
    count_terms(tx, &changes).await?;
    sqlx::query(
        "UPDATE search_documents SET pending = 0, listed_audience = NULL, listed_terms = NULL WHERE pending",
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query("UPDATE search_state SET version = version + 1").execute(tx).await?;
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

async fn fold_lists(tx: &mut SqliteConnection, lists: &[&[Change]]) -> StoreResult<()> {
    let places: Vec<i64> = lists.iter().map(|changes| changes[0].place.0).collect();
    let found = sqlx::query(
        "SELECT place, counts, postings FROM search_lists WHERE place IN (SELECT value FROM json_each(?))",
    )
    .bind(json(&places)?)
    .fetch_all(&mut *tx)
    .await?;
    let mut known: HashMap<i64, Groups> = HashMap::new();
    for row in &found {
        known.insert(row.try_get("place")?, decode_groups(row.try_get("counts")?, row.try_get("postings")?));
    }
    let mut written: Vec<(i64, Vec<u8>, Vec<u8>)> = Vec::new();
    let mut emptied: Vec<i64> = Vec::new();
    for changes in lists {
        let place = changes[0].place.0;
        let mut groups = known.remove(&place).unwrap_or_default();
        changes.iter().for_each(|change| apply(&mut groups, change));
        groups.retain(|_, documents| !documents.is_empty());
        if groups.is_empty() {
            emptied.push(place);
        } else {
            let (counts, postings) = encode_groups(&groups);
            written.push((place, counts, postings));
        }
    }
    if !written.is_empty() {
        let mut query: QueryBuilder<Sqlite> =
            QueryBuilder::new("INSERT INTO search_lists (place, counts, postings) ");
        query.push_values(written, |mut values, (place, counts, postings)| {
            values.push_bind(place).push_bind(counts).push_bind(postings);
        });
        query.push(
            " ON CONFLICT (place) DO UPDATE SET counts = excluded.counts, postings = excluded.postings",
        );
        query.build().execute(&mut *tx).await?;
    }
    if !emptied.is_empty() {
        sqlx::query("DELETE FROM search_lists WHERE place IN (SELECT value FROM json_each(?))")
            .bind(json(&emptied)?)
            .execute(tx)
            .await?;
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
async fn count_terms(tx: &mut SqliteConnection, changes: &[Change]) -> StoreResult<()> {
    let mut more: Vec<(u32, i64)> = Vec::new();
    for change in changes.iter().filter(|change| change.place.audience() == 0) {
        let (term, one) = (change.place.term(), if change.comes { 1 } else { -1 });
        match more.last_mut() {
            Some((last, count)) if *last == term => *count += one,
            _ => more.push((term, one)),
        }
    }
    more.retain(|(_, count)| *count != 0);
    sqlx::query(
        "UPDATE search_terms SET stories = stories + (more.value ->> 1)
         FROM json_each(?) AS more WHERE number = more.value ->> 0",
    )
    .bind(json(&more)?)
    .execute(tx)
    .await?;
    Ok(())
}
