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
    thing::{ThingKind, ThingRef, read},
    time::Millis,
};
use uuid::Uuid;

use super::Columns;
use crate::store::{StoreError, StoreResult};

pub fn uuid(row: &impl Columns, column: &str) -> StoreResult<Uuid> {
    Uuid::from_slice(row.bytes(column)?).map_err(|error| StoreError::corrupt("an id", error))
}

fn optional_uuid(row: &impl Columns, column: &str) -> StoreResult<Option<Uuid>> {
    row.optional_bytes(column)?.map(|_| uuid(row, column)).transpose()
}

pub fn fixed<const N: usize>(bytes: &[u8], what: &'static str) -> StoreResult<[u8; N]> {
    bytes.try_into().map_err(|_| StoreError::corrupt(what, format!("{} bytes", bytes.len())))
}

macro_rules! ids {
    ($($name:ident -> $id:ident)+) => {$(
        pub fn $name(row: &impl Columns, column: &str) -> StoreResult<$id> {
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
pub fn scope_department(scope: Scope) -> Option<Uuid> {
    match scope {
        Scope::Department(department) => Some(department.uuid()),
        _ => None,
    }
}

fn scope(row: &impl Columns) -> StoreResult<Scope> {
    let word = row.text("scope")?;
    let department = optional_uuid(row, "department")?.map(LabelId::from_uuid);
    match (word, department) {
        ("everyone", _) => Ok(Scope::Everyone),
        ("department", Some(department)) => Ok(Scope::Department(department)),
        ("curators", _) => Ok(Scope::Curators),
        ("owner", _) => Ok(Scope::Owner),
        (word, _) => Err(StoreError::corrupt("a scope", word)),
    }
}

/// The `kind` column.
pub fn kind(row: &impl Columns) -> StoreResult<ThingKind> {
    Ok(ThingKind::from(row.text("kind")?.to_owned()))
}

/// Columns: kind, id, seq, state, scope, department, owner, narrowed, meant.
pub fn stored_row(row: &impl Columns) -> StoreResult<StoredRow> {
    Ok(StoredRow {
        thing: ThingRef { kind: kind(row)?, id: thing_id(row, "id")? },
        seq: row.number("seq")?,
        state: row.text("state")?.to_owned(),
        scope: scope(row)?,
        owner: optional_uuid(row, "owner")?.map(PersonId::from_uuid),
        narrowed_at: row.number("narrowed")?,
        meant: row.flag("meant")?,
    })
}

pub fn ledger_row(row: &impl Columns) -> StoreResult<(ThingRef, LedgerRow)> {
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

/// The `state` column as what it tells of.
pub fn typed<T: serde::de::DeserializeOwned>(row: &impl Columns, what: &'static str) -> StoreResult<T> {
    read(&state(row.text("state")?)?).map_err(|error| StoreError::corrupt(what, error))
}

/// Columns: outcome, seq, received_at.
pub fn receipt(row: &impl Columns) -> StoreResult<Receipt> {
    let outcome = row.text("outcome")?;
    Ok(Receipt {
        outcome: serde_json::from_str(outcome).map_err(|error| StoreError::corrupt("a receipt", error))?,
        seq: row.number("seq")?,
        at: Millis(row.number("received_at")?),
    })
}

pub fn hash(row: &impl Columns) -> StoreResult<OpHash> {
    fixed(row.bytes("hash")?, "a hash").map(OpHash)
}

/// The `chain` column, where there is one.
pub fn chain(row: &impl Columns) -> StoreResult<Option<Chain>> {
    row.optional_bytes("chain")?.map(|bytes| fixed(bytes, "a chain").map(Chain)).transpose()
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
pub fn logged_op(row: &impl Columns) -> StoreResult<LoggedOp> {
    Ok(LoggedOp {
        device: device_id(row, "device")?,
        device_seq: row.number("device_seq")?,
        hash: hash(row)?,
        thing: ThingRef { kind: kind(row)?, id: thing_id(row, "thing")? },
        actor: person_id(row, "actor")?,
        receipt: receipt(row)?,
        chain: chain(row)?,
        waits: row.optional_text("waits")?.map(waits).transpose()?,
        bytes: row.text("bytes")?.to_owned(),
    })
}
