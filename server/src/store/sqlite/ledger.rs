use async_trait::async_trait;
use domain::{
    id::{Epoch, PersonId},
    person::{Person, Reader},
    sync::{
        ledger::{Head, Ledger, LoggedOp, Needs, Push, Row as LedgerRow, ScopeNeed, Written},
        wire::{Chain, Cursor, PushAnswer, Reset},
    },
    thing::{ThingKind, ThingRef, read},
};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::{SqliteStore, rows};
use crate::store::{LedgerStore, PageAsk, PageRows, StoreError, StoreResult};

/// Rows in one statement; SQLite takes 32,766 parameters.
const CHUNK: usize = 200;

/// The columns that [`rows::stored_row`] reads.
pub(super) const THING_COLUMNS: &str = "things.kind, things.id, things.seq, things.state, things.scope, things.department, things.owner, things.narrowed, things.meant";

#[async_trait]
impl LedgerStore for SqliteStore {
    async fn head(&self) -> StoreResult<Head> {
        head(&mut *self.readers.acquire().await?).await
    }

    async fn push(&self, pushes: &[Push]) -> StoreResult<Vec<PushAnswer>> {
        // IMMEDIATE: the lock is held from here until commit, so that commit order is seq order.
        let mut tx = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let start = head(&mut tx).await?;
        let mut ledger = Ledger::new(start);
        loop {
            let needs = ledger.missing(pushes);
            if needs.is_empty() {
                break;
            }
            load(&mut tx, &needs, &mut ledger).await?;
        }
        let answers = pushes.iter().map(|push| ledger.push(push)).collect();
        write(&mut tx, ledger.written(), start.seq, self.most_pending).await?;
        tx.commit().await?;
        Ok(answers)
    }

    async fn page(&self, ask: &PageAsk) -> StoreResult<PageRows> {
        // A transaction, so that head, chain and rows are of one moment.
        let mut tx = self.readers.begin().await?;
        let head = head(&mut tx).await?;
        let reader = reader(&mut tx, ask.person).await?.unwrap_or(Reader {
            person: ask.person,
            role: Default::default(),
            department: None,
        });
        let reset = match ask.after {
            Some(cursor) if cursor.epoch != head.epoch => Some(Reset::Restored),
            Some(cursor) if !fits(&mut tx, &head, &cursor).await? => Some(Reset::Cursor),
            _ => None,
        };
        let after = if reset.is_some() { 0 } else { ask.after.map_or(0, |cursor| cursor.seq) };
        let stories = super::library::count_visible(&mut tx, &reader).await?;
        let unmeant = count_taken(&mut tx, &reader, after).await?;
        let (rows, seq, more) = match reset {
            Some(_) => (Vec::new(), 0, true),
            None => scan(&mut tx, ask, &reader, after, stories, &head).await?,
        };
        let chain = chain_at(&mut tx, seq).await?;
        tx.commit().await?;
        Ok(PageRows { head, reader, reset, rows, seq, chain, more, stories, unmeant })
    }

    async fn history(&self, thing: &ThingRef) -> StoreResult<Vec<LoggedOp>> {
        let found = sqlx::query("SELECT * FROM ops WHERE thing = ? AND kind = ? AND seq > 0 ORDER BY seq")
            .bind(rows::blob(thing.id.uuid()))
            .bind(thing.kind.key())
            .fetch_all(&self.readers)
            .await?;
        found.iter().map(rows::logged_op).collect()
    }

    async fn begin_epoch(&self, epoch: Epoch) -> StoreResult<()> {
        sqlx::query("UPDATE meta SET value = ? WHERE key = 'epoch'")
            .bind(epoch.to_string())
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}

async fn head(connection: &mut SqliteConnection) -> StoreResult<Head> {
    let found = sqlx::query("SELECT key, value FROM meta WHERE key IN ('epoch', 'seq', 'chain')")
        .fetch_all(connection)
        .await?;
    let value = |key: &str| {
        let row = found.iter().find(|row| row.try_get("key").is_ok_and(|found: &str| found == key));
        row.and_then(|row| row.try_get::<String, _>("value").ok())
    };
    let corrupt = || StoreError::corrupt("a head", "without epoch, seq or chain");
    Ok(Head {
        epoch: value("epoch").and_then(|epoch| epoch.parse().ok()).ok_or_else(corrupt)?,
        seq: value("seq").and_then(|seq| seq.parse().ok()).ok_or_else(corrupt)?,
        chain: value("chain").and_then(|chain| chain.parse().ok()).ok_or_else(corrupt)?,
    })
}

pub(super) async fn reader(connection: &mut SqliteConnection, id: PersonId) -> StoreResult<Option<Reader>> {
    Ok(person(connection, id).await?.map(|known| Reader::of(id, &known)))
}

pub(super) async fn person(connection: &mut SqliteConnection, id: PersonId) -> StoreResult<Option<Person>> {
    let state: Option<String> =
        sqlx::query_scalar("SELECT state FROM things WHERE kind = 'person' AND id = ?")
            .bind(rows::blob(id.uuid()))
            .fetch_optional(connection)
            .await?;
    let known =
        |state: String| read(&rows::state(&state)?).map_err(|error| StoreError::corrupt("a person", error));
    state.map(known).transpose()
}

async fn load(tx: &mut SqliteConnection, needs: &Needs, ledger: &mut Ledger) -> StoreResult<()> {
    let things: Vec<_> = needs.things.iter().collect();
    for chunk in things.chunks(CHUNK) {
        let mut query = QueryBuilder::new("SELECT * FROM things WHERE (kind, id) IN ");
        query.push_tuples(chunk, |mut tuple, thing| {
            tuple.push_bind(thing.kind.key().to_owned()).push_bind(rows::blob(thing.id.uuid()));
        });
        chunk.iter().for_each(|thing| ledger.load_row((*thing).clone(), None));
        for row in query.build().fetch_all(&mut *tx).await? {
            let (thing, row) = rows::ledger_row(&row)?;
            ledger.load_row(thing, Some(row));
        }
    }
    let receipts: Vec<_> = needs.receipts.iter().collect();
    for chunk in receipts.chunks(CHUNK) {
        let mut query = QueryBuilder::new(
            "SELECT device, device_seq, hash, outcome, seq, received_at FROM ops WHERE (device, device_seq) IN ",
        );
        query.push_tuples(chunk, |mut tuple, (device, device_seq)| {
            tuple.push_bind(rows::blob(device.uuid())).push_bind(rows::signed(*device_seq));
        });
        chunk.iter().for_each(|key| ledger.load_receipt(**key, None));
        for row in query.build().fetch_all(&mut *tx).await? {
            let key = (rows::device_id(&row, "device")?, rows::seq(&row, "device_seq")?);
            ledger.load_receipt(key, Some((rows::hash(&row)?, rows::receipt(&row)?)));
        }
    }
    load_devices(tx, needs, ledger).await?;
    load_waiting(tx, needs, ledger).await?;
    load_scopes(tx, needs, ledger).await
}

async fn load_devices(tx: &mut SqliteConnection, needs: &Needs, ledger: &mut Ledger) -> StoreResult<()> {
    for device in &needs.devices {
        let owner = sqlx::query("SELECT person FROM devices WHERE id = ?")
            .bind(rows::blob(device.uuid()))
            .fetch_optional(&mut *tx)
            .await?;
        let owner = owner.map(|row| rows::person_id(&row, "person")).transpose()?;
        ledger.load_device(*device, owner);
    }
    Ok(())
}

async fn load_waiting(tx: &mut SqliteConnection, needs: &Needs, ledger: &mut Ledger) -> StoreResult<()> {
    let things: Vec<_> = needs.waiting.iter().collect();
    for chunk in things.chunks(CHUNK) {
        let mut query = QueryBuilder::new("SELECT * FROM ops WHERE waits IN (");
        let mut names = query.separated(", ");
        chunk.iter().for_each(|thing| {
            names.push_bind(thing.to_string());
        });
        query.push(") ORDER BY received_at, device, device_seq");
        let found = query.build().fetch_all(&mut *tx).await?;
        let mut waiting: std::collections::HashMap<String, Vec<LoggedOp>> = Default::default();
        for row in &found {
            waiting.entry(row.try_get("waits")?).or_default().push(rows::logged_op(row)?);
        }
        for thing in chunk {
            ledger.load_waiting((*thing).clone(), waiting.remove(&thing.to_string()).unwrap_or_default());
        }
    }
    Ok(())
}

async fn load_scopes(tx: &mut SqliteConnection, needs: &Needs, ledger: &mut Ledger) -> StoreResult<()> {
    for scope in &needs.scopes {
        let found = match scope {
            ScopeNeed::Department(department) => {
                sqlx::query("SELECT * FROM things WHERE scope = 'department' AND department = ?")
                    .bind(rows::blob(department.uuid()))
                    .fetch_all(&mut *tx)
                    .await?
            }
            ScopeNeed::Curators => {
                sqlx::query("SELECT * FROM things WHERE scope IN ('curators', 'department')")
                    .fetch_all(&mut *tx)
                    .await?
            }
        };
        for row in &found {
            let (thing, row) = rows::ledger_row(row)?;
            ledger.load_row(thing, Some(row));
        }
        ledger.load_scope(*scope);
    }
    Ok(())
}

async fn write(
    tx: &mut SqliteConnection,
    written: Written,
    before: u64,
    most_pending: i64,
) -> StoreResult<()> {
    for chunk in written.ops.chunks(CHUNK) {
        write_ops(tx, chunk).await?;
    }
    let renamed = super::search::renamed(tx, &written.rows).await?;
    for chunk in written.rows.chunks(CHUNK) {
        write_rows(tx, chunk).await?;
    }
    for (device, person) in &written.devices {
        sqlx::query("INSERT INTO devices (id, person, created_at) VALUES (?, ?, unixepoch() * 1000) ON CONFLICT DO NOTHING")
            .bind(rows::blob(device.uuid()))
            .bind(rows::blob(person.uuid()))
            .execute(&mut *tx)
            .await?;
    }
    if written.rows.iter().any(|(thing, _)| thing.kind == ThingKind::Story) {
        super::library::derive(tx, before).await?;
    }
    if !renamed.is_empty() || written.rows.iter().any(|(thing, _)| thing.kind == ThingKind::Story) {
        super::search::index(tx, before, &renamed, most_pending).await?;
    }
    if written.head.seq > before {
        sqlx::query(
            "UPDATE meta SET value = CASE key WHEN 'seq' THEN ? ELSE ? END WHERE key IN ('seq', 'chain')",
        )
        .bind(written.head.seq.to_string())
        .bind(written.head.chain.to_string())
        .execute(tx)
        .await?;
    }
    Ok(())
}

async fn write_ops(tx: &mut SqliteConnection, ops: &[LoggedOp]) -> StoreResult<()> {
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(
        "INSERT INTO ops (device, device_seq, hash, kind, thing, actor, outcome, seq, received_at, chain, waits, bytes) ",
    );
    let mut outcomes = Vec::with_capacity(ops.len());
    for op in ops {
        let outcome = serde_json::to_string(&op.receipt.outcome);
        outcomes.push(outcome.map_err(|error| StoreError::corrupt("a receipt", error))?);
    }
    query.push_values(ops.iter().zip(outcomes), |mut values, (op, outcome)| {
        values
            .push_bind(rows::blob(op.device.uuid()))
            .push_bind(rows::signed(op.device_seq))
            .push_bind(op.hash.0.to_vec())
            .push_bind(op.thing.kind.key().to_owned())
            .push_bind(rows::blob(op.thing.id.uuid()))
            .push_bind(rows::blob(op.actor.uuid()))
            .push_bind(outcome)
            .push_bind(rows::signed(op.receipt.seq))
            .push_bind(op.receipt.at.0)
            .push_bind(op.chain.map(|chain| chain.0.to_vec()))
            .push_bind(op.waits.as_ref().map(rows::waits_word))
            .push_bind(op.bytes.clone());
    });
    // A deferred op whose time has come is written again with its new receipt.
    query.push(
        " ON CONFLICT (device, device_seq) DO UPDATE SET outcome = excluded.outcome, seq = excluded.seq, \
         chain = excluded.chain, waits = excluded.waits",
    );
    query.build().execute(tx).await?;
    Ok(())
}

async fn write_rows(tx: &mut SqliteConnection, things: &[(ThingRef, LedgerRow)]) -> StoreResult<()> {
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(
        "INSERT INTO things (kind, id, seq, state, scope, department, owner, narrowed, meant) ",
    );
    let mut states = Vec::with_capacity(things.len());
    for (_, row) in things {
        states
            .push(serde_json::to_string(&row.state).map_err(|error| StoreError::corrupt("a state", error))?);
    }
    query.push_values(things.iter().zip(states), |mut values, ((thing, row), state)| {
        values
            .push_bind(thing.kind.key().to_owned())
            .push_bind(rows::blob(thing.id.uuid()))
            .push_bind(rows::signed(row.seq))
            .push_bind(state)
            .push_bind(rows::scope_word(row.scope))
            .push_bind(rows::scope_department(row.scope))
            .push_bind(row.owner.map(|owner| rows::blob(owner.uuid())))
            .push_bind(rows::signed(row.narrowed_at))
            .push_bind(row.meant);
    });
    query.push(
        " ON CONFLICT (kind, id) DO UPDATE SET seq = excluded.seq, state = excluded.state, scope = excluded.scope, \
         department = excluded.department, owner = excluded.owner, narrowed = excluded.narrowed, meant = excluded.meant",
    );
    query.build().execute(tx).await?;
    Ok(())
}

/// The chain after the last op at or before `seq`.
async fn chain_at(connection: &mut SqliteConnection, seq: u64) -> StoreResult<Chain> {
    let found: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT chain FROM ops WHERE seq <= ? AND seq > 0 ORDER BY seq DESC LIMIT 1")
            .bind(rows::signed(seq))
            .fetch_optional(connection)
            .await?;
    found.map_or(Ok(Chain::default()), rows::chain)
}

async fn fits(connection: &mut SqliteConnection, head: &Head, cursor: &Cursor) -> StoreResult<bool> {
    Ok(cursor.seq <= head.seq && chain_at(connection, cursor.seq).await? == cursor.chain)
}

/// The next things in `seq` order that are for this reader, up to where it looked, and whether there is more.
async fn scan(
    tx: &mut SqliteConnection,
    ask: &PageAsk,
    reader: &Reader,
    after: u64,
    stories: u64,
    head: &Head,
) -> StoreResult<(Vec<domain::sync::page::StoredRow>, u64, bool)> {
    let floor = if stories > ask.stories { floor(tx, reader, ask.stories).await? } else { 0 };
    let mut query = QueryBuilder::new(format!("SELECT {THING_COLUMNS} FROM things WHERE seq > "));
    query.push_bind(rows::signed(after)).push(" AND (narrowed > 0 OR ");
    super::library::push_visible(&mut query, reader);
    query.push(")");
    if floor > 0 {
        query.push(" AND (kind <> 'story' OR owner = ").push_bind(rows::blob(reader.person.uuid()));
        query.push(" OR seq > ").push_bind(rows::signed(floor)).push(")");
    }
    query.push(" ORDER BY seq LIMIT ").push_bind(rows::signed(ask.limit as u64 + 1));
    let found = query.build().fetch_all(tx).await?;
    let more = found.len() > ask.limit;
    let rows = found.iter().take(ask.limit).map(rows::stored_row).collect::<StoreResult<Vec<_>>>()?;
    let seq = if more { rows.last().map_or(after, |row| row.seq) } else { head.seq };
    Ok((rows, seq, more))
}

/// `domain::sync::ledger::Row::is_taken_from` in SQL.
async fn count_taken(connection: &mut SqliteConnection, reader: &Reader, after: u64) -> StoreResult<u64> {
    let mut query = QueryBuilder::new(
        "SELECT count(*) FROM things WHERE kind = 'story' AND narrowed > 0 AND NOT meant AND narrowed > ",
    );
    query.push_bind(rows::signed(after)).push(" AND ");
    super::library::push_visible(&mut query, reader);
    query.push(" IS NOT TRUE");
    let count: i64 = query.build_query_scalar().fetch_one(connection).await?;
    Ok(count as u64)
}

/// The `seq` below which a phone that holds only the newest `keep` stories is not given any.
async fn floor(tx: &mut SqliteConnection, reader: &Reader, keep: u64) -> StoreResult<u64> {
    let mut query = QueryBuilder::new("SELECT seq FROM things WHERE kind = 'story' AND ");
    super::library::push_visible(&mut query, reader);
    query.push(" ORDER BY seq DESC LIMIT 1 OFFSET ").push_bind(rows::signed(keep));
    let found: Option<i64> = query.build_query_scalar().fetch_optional(tx).await?;
    Ok(found.and_then(|seq| u64::try_from(seq).ok()).unwrap_or(0))
}
