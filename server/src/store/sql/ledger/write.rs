//! Writing what a push has come to, and all that is derived from it.

use domain::{
    sync::ledger::{LoggedOp, Row as LedgerRow, Written},
    thing::{ThingKind, ThingRef},
    time::Millis,
};
use serde::Serialize;

use super::CHUNK;
use crate::store::{
    StoreError, StoreResult,
    sql::{Connection, Statement, Value, library, rows, search},
};

pub async fn write(
    tx: &mut impl Connection,
    written: Written,
    before: u64,
    now: Millis,
    most_pending: i64,
) -> StoreResult<()> {
    for chunk in written.ops.chunks(CHUNK) {
        write_ops(tx, chunk).await?;
    }
    let renamed = search::renamed(tx, &written.rows).await?;
    for chunk in written.rows.chunks(CHUNK) {
        write_rows(tx, chunk).await?;
    }
    for (device, person) in &written.devices {
        let device = Statement::new(
            "INSERT INTO devices (id, person, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(device.uuid())
        .bind(person.uuid())
        .bind(now.0);
        tx.run(device).await?;
    }
    let stories_changed = written.rows.iter().any(|(thing, _)| thing.kind == ThingKind::Story);
    if stories_changed {
        library::derive(tx, &written.rows, before).await?;
    }
    if stories_changed || !renamed.is_empty() {
        search::index(tx, before, &renamed, most_pending).await?;
    }
    if written.head.seq > before {
        let head =
            "UPDATE meta SET value = CASE key WHEN 'seq' THEN ? ELSE ? END WHERE key IN ('seq', 'chain')";
        let head =
            Statement::new(head).bind(written.head.seq.to_string()).bind(written.head.chain.to_string());
        tx.run(head).await?;
    }
    Ok(())
}

async fn write_ops(tx: &mut impl Connection, ops: &[LoggedOp]) -> StoreResult<()> {
    let mut query = Statement::new(
        "INSERT INTO ops (device, device_seq, hash, kind, thing, actor, outcome, seq, received_at, chain, waits, bytes) ",
    );
    let op = |op: &LoggedOp| -> StoreResult<[Value; 12]> {
        Ok([
            op.device.uuid().into(),
            op.device_seq.into(),
            op.hash.0.to_vec().into(),
            op.thing.kind.key().to_owned().into(),
            op.thing.id.uuid().into(),
            op.actor.uuid().into(),
            json(&op.receipt.outcome, "a receipt")?,
            op.receipt.seq.into(),
            op.receipt.at.0.into(),
            op.chain.map(|chain| chain.0.to_vec()).into(),
            op.waits.as_ref().map(rows::waits_word).into(),
            op.bytes.clone().into(),
        ])
    };
    query.push_rows(ops.iter().map(op).collect::<StoreResult<Vec<_>>>()?);
    // A deferred op whose time has come is written again with its new receipt.
    query.push(
        " ON CONFLICT (device, device_seq) DO UPDATE SET outcome = excluded.outcome, seq = excluded.seq, \
         chain = excluded.chain, waits = excluded.waits",
    );
    tx.run(query).await?;
    Ok(())
}

async fn write_rows(tx: &mut impl Connection, things: &[(ThingRef, LedgerRow)]) -> StoreResult<()> {
    let mut query = Statement::new(
        "INSERT INTO things (kind, id, seq, state, scope, department, owner, narrowed, meant) ",
    );
    let thing = |(thing, row): &(ThingRef, LedgerRow)| -> StoreResult<[Value; 9]> {
        Ok([
            thing.kind.key().to_owned().into(),
            thing.id.uuid().into(),
            row.seq.into(),
            json(&row.state, "a state")?,
            rows::scope_word(row.scope).into(),
            rows::scope_department(row.scope).into(),
            row.owner.map(|owner| owner.uuid()).into(),
            row.narrowed_at.into(),
            row.meant.into(),
        ])
    };
    query.push_rows(things.iter().map(thing).collect::<StoreResult<Vec<_>>>()?);
    query.push(
        " ON CONFLICT (kind, id) DO UPDATE SET seq = excluded.seq, state = excluded.state, scope = excluded.scope, \
         department = excluded.department, owner = excluded.owner, narrowed = excluded.narrowed, meant = excluded.meant",
    );
    tx.run(query).await?;
    Ok(())
}

fn json(value: &impl Serialize, what: &'static str) -> StoreResult<Value> {
    serde_json::to_string(value).map(Value::from).map_err(|error| StoreError::corrupt(what, error))
}
