//! How ids, scopes and receipts lie in columns.

use domain::{
    Object,
    access::Scope,
    id::{DeviceId, LabelId, PersonId, ThingId},
    op::OpHash,
    sync::{
        ledger::{LoggedOp, Row as LedgerRow, Waits},
        page::StoredRow,
        wire::{Chain, Receipt},
    },
    thing::ThingRef,
    time::Millis,
};
use sqlx::{Row, sqlite::SqliteRow};
use uuid::Uuid;

use crate::store::{StoreError, StoreResult};

pub fn blob(uuid: Uuid) -> Vec<u8> {
    uuid.as_bytes().to_vec()
}

fn uuid(row: &SqliteRow, column: &str) -> StoreResult<Uuid> {
    let bytes: Vec<u8> = row.try_get(column)?;
    Uuid::from_slice(&bytes).map_err(|error| StoreError::corrupt("an id", error))
}

fn optional_uuid(row: &SqliteRow, column: &str) -> StoreResult<Option<Uuid>> {
    let bytes: Option<Vec<u8>> = row.try_get(column)?;
    bytes
        .map(|bytes| Uuid::from_slice(&bytes).map_err(|error| StoreError::corrupt("an id", error)))
        .transpose()
}

fn fixed<const N: usize>(bytes: Vec<u8>, what: &'static str) -> StoreResult<[u8; N]> {
    bytes.try_into().map_err(|bytes: Vec<u8>| StoreError::corrupt(what, format!("{} bytes", bytes.len())))
}

macro_rules! ids {
    ($($name:ident -> $id:ident)+) => {$(
        pub fn $name(row: &SqliteRow, column: &str) -> StoreResult<$id> {
            uuid(row, column).map($id::from_uuid)
        }
    )+};
}

ids! { thing_id -> ThingId  person_id -> PersonId  device_id -> DeviceId  label_id -> LabelId }

/// The `scope` column's word.
pub fn scope_word(scope: Scope) -> &'static str {
    match scope {
        Scope::Everyone => "everyone",
        Scope::Department(_) => "department",
        Scope::Curators => "curators",
        Scope::Owner => "owner",
    }
}

/// The `department` column: whose scope it is.
pub fn scope_department(scope: Scope) -> Option<Vec<u8>> {
    match scope {
        Scope::Department(department) => Some(blob(department.uuid())),
        _ => None,
    }
}

fn scope(row: &SqliteRow) -> StoreResult<Scope> {
    let word: &str = row.try_get("scope")?;
    let department = optional_uuid(row, "department")?.map(LabelId::from_uuid);
    match (word, department) {
        ("everyone", _) => Ok(Scope::Everyone),
        ("department", Some(department)) => Ok(Scope::Department(department)),
        ("curators", _) => Ok(Scope::Curators),
        ("owner", _) => Ok(Scope::Owner),
        (word, _) => Err(StoreError::corrupt("a scope", word)),
    }
}

pub fn seq(row: &SqliteRow, column: &str) -> StoreResult<u64> {
    let seq: i64 = row.try_get(column)?;
    u64::try_from(seq).map_err(|error| StoreError::corrupt("a number", error))
}

/// Numbers in the store are signed; ours stay far below.
pub fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Columns: kind, id, seq, state, scope, department, owner, narrowed, meant.
pub fn stored_row(row: &SqliteRow) -> StoreResult<StoredRow> {
    Ok(StoredRow {
        thing: ThingRef { kind: row.try_get::<String, _>("kind")?.into(), id: thing_id(row, "id")? },
        seq: seq(row, "seq")?,
        state: row.try_get("state")?,
        scope: scope(row)?,
        owner: optional_uuid(row, "owner")?.map(PersonId::from_uuid),
        narrowed_at: seq(row, "narrowed")?,
        meant: row.try_get("meant")?,
    })
}

pub fn ledger_row(row: &SqliteRow) -> StoreResult<(ThingRef, LedgerRow)> {
    let stored = stored_row(row)?;
    let row = LedgerRow {
        seq: stored.seq,
        state: state(&stored.state)?,
        scope: stored.scope,
        owner: stored.owner,
        narrowed_at: stored.narrowed_at,
        meant: stored.meant,
    };
    Ok((stored.thing, row))
}

pub fn state(text: &str) -> StoreResult<Object> {
    serde_json::from_str(text).map_err(|error| StoreError::corrupt("a state", error))
}

/// Columns: outcome, seq, received_at.
pub fn receipt(row: &SqliteRow) -> StoreResult<Receipt> {
    let outcome: &str = row.try_get("outcome")?;
    Ok(Receipt {
        outcome: serde_json::from_str(outcome).map_err(|error| StoreError::corrupt("a receipt", error))?,
        seq: seq(row, "seq")?,
        at: Millis(row.try_get("received_at")?),
    })
}

pub fn hash(row: &SqliteRow) -> StoreResult<OpHash> {
    fixed(row.try_get("hash")?, "a hash").map(OpHash)
}

pub fn chain(bytes: Vec<u8>) -> StoreResult<Chain> {
    fixed(bytes, "a chain").map(Chain)
}

const FOR_AN_UPDATE: &str = "*";

pub fn waits_word(waits: &Waits) -> String {
    match waits {
        Waits::For(thing) => thing.to_string(),
        Waits::ForAnUpdate => FOR_AN_UPDATE.into(),
    }
}

fn waits(word: &str) -> StoreResult<Waits> {
    match word {
        FOR_AN_UPDATE => Ok(Waits::ForAnUpdate),
        word => word.parse().map(Waits::For).map_err(|()| StoreError::corrupt("a thing's name", word)),
    }
}

/// All columns of `ops`.
pub fn logged_op(row: &SqliteRow) -> StoreResult<LoggedOp> {
    Ok(LoggedOp {
        device: device_id(row, "device")?,
        device_seq: seq(row, "device_seq")?,
        hash: hash(row)?,
        thing: ThingRef { kind: row.try_get::<String, _>("kind")?.into(), id: thing_id(row, "thing")? },
        actor: person_id(row, "actor")?,
        receipt: receipt(row)?,
        chain: row.try_get::<Option<Vec<u8>>, _>("chain")?.map(chain).transpose()?,
        waits: row.try_get::<Option<&str>, _>("waits")?.map(waits).transpose()?,
        bytes: row.try_get("bytes")?,
    })
}
