//! Reading what a push needs to be decided.

use std::collections::HashMap;

use domain::sync::ledger::{Ledger, LoggedOp, Needs, ScopeNeed};

use super::CHUNK;
use crate::store::{
    StoreResult,
    sql::{Columns, Connection, Statement, rows},
};

pub async fn load(tx: &mut impl Connection, needs: &Needs, ledger: &mut Ledger) -> StoreResult<()> {
    let things: Vec<_> = needs.things.iter().collect();
    for chunk in things.chunks(CHUNK) {
        // Joined, and in this order: asked whether a pair is `IN` a list, SQLite looks through the whole table.
        let mut query = Statement::new("SELECT things.* FROM (");
        let keys = chunk.iter().map(|thing| [thing.kind.key().to_owned().into(), thing.id.uuid().into()]);
        query.push_rows(keys);
        query.push(") AS wanted CROSS JOIN things WHERE things.kind = column1 AND things.id = column2");
        chunk.iter().for_each(|thing| ledger.load_row((*thing).clone(), None));
        for row in tx.all(query).await? {
            let (thing, row) = rows::ledger_row(&row)?;
            ledger.load_row(thing, Some(row));
        }
    }
    load_receipts(tx, needs, ledger).await?;
    load_devices(tx, needs, ledger).await?;
    load_waiting(tx, needs, ledger).await?;
    load_scopes(tx, needs, ledger).await
}

async fn load_receipts(tx: &mut impl Connection, needs: &Needs, ledger: &mut Ledger) -> StoreResult<()> {
    let receipts: Vec<_> = needs.receipts.iter().collect();
    for chunk in receipts.chunks(CHUNK) {
        let mut query = Statement::new("SELECT device, device_seq, hash, outcome, seq, received_at FROM (");
        let keys = chunk.iter().map(|(device, device_seq)| [device.uuid().into(), (*device_seq).into()]);
        query.push_rows(keys);
        query.push(") AS wanted CROSS JOIN ops WHERE device = column1 AND device_seq = column2");
        chunk.iter().for_each(|key| ledger.load_receipt(**key, None));
        for row in tx.all(query).await? {
            let key = (rows::device_id(&row, "device")?, row.number("device_seq")?);
            ledger.load_receipt(key, Some((rows::hash(&row)?, rows::receipt(&row)?)));
        }
    }
    Ok(())
}

async fn load_devices(tx: &mut impl Connection, needs: &Needs, ledger: &mut Ledger) -> StoreResult<()> {
    let devices: Vec<_> = needs.devices.iter().collect();
    for chunk in devices.chunks(CHUNK) {
        let mut query = Statement::new("SELECT id, person FROM devices WHERE id IN (");
        query.push_rows(chunk.iter().map(|device| [device.uuid().into()])).push(")");
        chunk.iter().for_each(|device| ledger.load_device(**device, None));
        for row in tx.all(query).await? {
            ledger.load_device(rows::device_id(&row, "id")?, Some(rows::person_id(&row, "person")?));
        }
    }
    Ok(())
}

async fn load_waiting(tx: &mut impl Connection, needs: &Needs, ledger: &mut Ledger) -> StoreResult<()> {
    let things: Vec<_> = needs.waiting.iter().collect();
    for chunk in things.chunks(CHUNK) {
        let mut query = Statement::new("SELECT * FROM ops WHERE waits IN ");
        query.push("(").push_rows(chunk.iter().map(|thing| [thing.to_string().into()]));
        query.push(") ORDER BY received_at, device, device_seq");
        let mut waiting: HashMap<String, Vec<LoggedOp>> = HashMap::new();
        for row in &tx.all(query).await? {
            waiting.entry(row.text("waits")?.to_owned()).or_default().push(rows::logged_op(row)?);
        }
        for thing in chunk {
            ledger.load_waiting((*thing).clone(), waiting.remove(&thing.to_string()).unwrap_or_default());
        }
    }
    Ok(())
}

async fn load_scopes(tx: &mut impl Connection, needs: &Needs, ledger: &mut Ledger) -> StoreResult<()> {
    for scope in &needs.scopes {
        let within = match scope {
            ScopeNeed::Department(department) => {
                Statement::new("SELECT * FROM things WHERE scope = 'department' AND department = ?")
                    .bind(department.uuid())
            }
            ScopeNeed::Curators => {
                Statement::new("SELECT * FROM things WHERE scope IN ('curators', 'department')")
            }
        };
        for row in &tx.all(within).await? {
            let (thing, row) = rows::ledger_row(row)?;
            ledger.load_row(thing, Some(row));
        }
        ledger.load_scope(*scope);
    }
    Ok(())
}
