//! A page of what one person may read.

use domain::{
    person::Reader,
    sync::{
        ledger::Head,
        page::{StoredRow, fitting},
        wire::{Cursor, Reset},
    },
};

use super::{THING_COLUMNS, chain_at, head, reader};
use crate::store::{
    PageAsk, PageRows, StoreResult,
    sql::{Columns, Connection, Statement, library, rows},
};

pub async fn page(snapshot: &mut impl Connection, ask: &PageAsk) -> StoreResult<PageRows> {
    let head = head(snapshot).await?;
    let nobody = Reader { person: ask.person, role: Default::default(), department: None };
    let reader = reader(snapshot, ask.person).await?.unwrap_or(nobody);
    let reset = match ask.after {
        Some(cursor) if cursor.epoch != head.epoch => Some(Reset::Restored),
        Some(cursor) if !fits(snapshot, &head, &cursor).await? => Some(Reset::Cursor),
        _ => None,
    };
    let after = if reset.is_some() { 0 } else { ask.after.map_or(0, |cursor| cursor.seq) };
    let stories = library::count_visible(snapshot, &reader).await?;
    let unmeant = count_taken(snapshot, &reader, after).await?;
    let (rows, seq, more) = match reset {
        Some(_) => (Vec::new(), 0, true),
        None => scan(snapshot, ask, &reader, after, stories, &head).await?,
    };
    let chain = chain_at(snapshot, seq).await?;
    Ok(PageRows { head, reader, reset, rows, seq, chain, more, stories, unmeant })
}

async fn fits(snapshot: &mut impl Connection, head: &Head, cursor: &Cursor) -> StoreResult<bool> {
    Ok(cursor.seq <= head.seq && chain_at(snapshot, cursor.seq).await? == cursor.chain)
}

/// `domain::sync::ledger::Row::is_taken_from` in SQL.
async fn count_taken(snapshot: &mut impl Connection, reader: &Reader, after: u64) -> StoreResult<u64> {
    let mut query = Statement::new(
        "SELECT count(*) AS n FROM things WHERE kind = 'story' AND narrowed > 0 AND NOT meant AND narrowed > ",
    );
    query.push_bind(after).push(" AND (");
    library::push_visible(&mut query, reader);
    query.push(") IS NOT TRUE");
    snapshot.one(query).await?.number("n")
}

/// Rows that are read before it is known how large they are.
const FIRST_ROWS: usize = 32;

/// The next things in `seq` order that are for this reader, up to where it looked, and whether there is more.
async fn scan(
    snapshot: &mut impl Connection,
    ask: &PageAsk,
    reader: &Reader,
    after: u64,
    stories: u64,
    head: &Head,
) -> StoreResult<(Vec<StoredRow>, u64, bool)> {
    let floor = if stories > ask.stories { floor(snapshot, reader, ask.stories).await? } else { 0 };
    let (mut found, mut bytes, mut more): (Vec<StoredRow>, usize, bool) = (Vec::new(), 0, true);
    // No more is read than a page of this size is likely to hold: a library with thumbnails is large.
    while more && bytes <= ask.bytes && found.len() <= ask.limit {
        let wanted = match found.len() {
            0 => FIRST_ROWS,
            count => (ask.bytes - bytes) / (bytes / count).max(1) + 1,
        };
        let wanted = wanted.min(ask.limit + 1 - found.len());
        let from = found.last().map_or(after, |row| row.seq);
        let next = rows_after(snapshot, reader, floor, from, wanted).await?;
        more = next.len() == wanted;
        bytes += next.iter().map(|row| row.line_bytes(reader)).sum::<usize>();
        found.extend(next);
    }
    let fit = fitting(found.iter().map(|row| row.line_bytes(reader)), ask.bytes).min(ask.limit);
    let more = more || found.len() > fit;
    found.truncate(fit);
    let seq = if more { found.last().map_or(after, |row| row.seq) } else { head.seq };
    Ok((found, seq, more))
}

async fn rows_after(
    snapshot: &mut impl Connection,
    reader: &Reader,
    floor: u64,
    after: u64,
    limit: usize,
) -> StoreResult<Vec<StoredRow>> {
    let mut query = Statement::new(format!("SELECT {THING_COLUMNS} FROM things WHERE seq > "));
    query.push_bind(after).push(" AND (narrowed > 0 OR ");
    library::push_visible(&mut query, reader);
    query.push(")");
    if floor > 0 {
        query.push(" AND (kind <> 'story' OR owner = ").push_bind(reader.person.uuid());
        query.push(" OR seq > ").push_bind(floor).push(")");
    }
    query.push(" ORDER BY seq LIMIT ").push_bind(limit);
    snapshot.all(query).await?.iter().map(rows::stored_row).collect()
}

/// The `seq` below which a phone that holds only the newest `keep` stories is not given any.
async fn floor(snapshot: &mut impl Connection, reader: &Reader, keep: u64) -> StoreResult<u64> {
    let mut query = Statement::new("SELECT seq FROM things WHERE kind = 'story' AND ");
    library::push_visible(&mut query, reader);
    query.push(" ORDER BY seq DESC LIMIT 1 OFFSET ").push_bind(keep);
    snapshot.first(query).await?.map_or(Ok(0), |row| row.number("seq"))
}
