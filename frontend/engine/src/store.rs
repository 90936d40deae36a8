//! The phone's store: carries out the transactions of `domain::sync::phone` on IndexedDB.

mod attachments;

use std::{cell::RefCell, collections::BTreeSet, rc::Rc};

use domain::{
    id::{DeviceId, DraftId},
    op::{Change, Op},
    ports::KeepError,
    sync::phone::{
        AttachmentsWanted, Attention, Block, DeviceRow, Done, LibraryRow, OpRow, OpsWanted, Overlay,
        OverlaysWanted, PhoneError, Reads, Transaction, Wanted, Writes, holding,
    },
    thing::ThingRef,
};
use js_sys::{Array, Uint8Array};
use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::IdbDatabase;

use crate::idb::{Db, IdbError, Mode, Tx, between};

const NAME: &str = "solsken";
const VERSION: u32 = 2;

/// One person in this browser profile each.
const DEVICES: &str = "devices";
/// Every op told here, for at least 35 days after its receipt.
const OPS: &str = "ops";
const OVERLAYS: &str = "overlays";
/// Ops that the server did not take.
const ATTENTION: &str = "attention";
/// One row: how far the library has been read.
const LIBRARY: &str = "library";
/// Pulled records, some dozens a block.
const BLOCKS: &str = "blocks";
const SNAPSHOTS: &str = "snapshots";
pub const DRAFTS: &str = "drafts";
/// Photos and voice notes: where each has come to.
const ATTACHMENTS: &str = "attachments";
/// Their bytes, in parts.
const BYTES: &str = "bytes";
/// Small things by name.
pub const META: &str = "meta";

/// Since version 1.
const ALL: [&str; 9] = [DEVICES, OPS, OVERLAYS, ATTENTION, LIBRARY, BLOCKS, SNAPSHOTS, DRAFTS, META];
/// What the transactions of the engine touch. Snapshots come last: only a library that changes hands is forgotten with
/// them, and nobody who tells shall wait until one is written.
const ENGINE: [&str; 10] =
    [DEVICES, OPS, OVERLAYS, ATTENTION, LIBRARY, BLOCKS, DRAFTS, ATTACHMENTS, BYTES, SNAPSHOTS];
const ROW: &str = "row";

#[derive(Clone, Debug, Error)]
pub enum StoreError {
    #[error(transparent)]
    Idb(#[from] IdbError),
    #[error(transparent)]
    Phone(#[from] PhoneError),
    #[error("a row in the store cannot be read: {0}")]
    Row(String),
}

impl From<StoreError> for KeepError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Idb(IdbError::Full) => Self::Full,
            StoreError::Phone(PhoneError::NoDevice) => Self::SignedOut,
            _ => Self::Storage,
        }
    }
}

type Result<T> = std::result::Result<T, StoreError>;

/// What changed, for whoever shows it.
pub struct Changed {
    pub done: Done,
    pub blocks: Vec<Block>,
    pub overlays: Vec<(ThingRef, Option<Overlay>)>,
    pub library: Option<LibraryRow>,
    pub devices: Vec<DeviceRow>,
    pub queue: bool,
}

#[derive(Clone, Default)]
pub struct Store(Rc<RefCell<Option<Rc<Db>>>>);

impl Store {
    async fn db(&self) -> Result<Rc<Db>> {
        if let Some(db) = self.0.borrow().clone() {
            return Ok(db);
        }
        let db = Rc::new(Db::open(NAME, VERSION, make_stores).await?);
        *self.0.borrow_mut() = Some(db.clone());
        Ok(db)
    }

    /// Whether the store can be opened at all.
    pub async fn check(&self) -> Result<()> {
        self.db().await.map(|_| ())
    }

    /// Begins a transaction. A connection that the browser has lost is opened again, once.
    pub async fn begin(&self, stores: &[&str], mode: Mode) -> Result<Tx> {
        let db = self.db().await?;
        match db.begin(stores, mode).await {
            Ok(tx) => Ok(tx),
            Err(IdbError::Closed(_)) => {
                *self.0.borrow_mut() = None;
                Ok(self.db().await?.begin(stores, mode).await?)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Carries out one step of the engine: reads, plan and writes in one transaction, complete when this returns.
    pub async fn transact(&self, transaction: &Transaction) -> Result<Changed> {
        match self.try_transact(transaction).await {
            // The connection was lost on the way: nothing was written, so the step can be taken again.
            Err(StoreError::Idb(IdbError::Closed(_))) => {
                *self.0.borrow_mut() = None;
                self.try_transact(transaction).await
            }
            other => other,
        }
    }

    async fn try_transact(&self, transaction: &Transaction) -> Result<Changed> {
        let wanted = transaction.wants();
        let reads_only = matches!(transaction, Transaction::Survey | Transaction::Take { .. });
        let mode = if reads_only { Mode::Read } else { Mode::Write };
        let forgets = matches!(
            transaction,
            Transaction::SignIn { .. } | Transaction::StartOver { .. } | Transaction::Absorb { .. }
        );
        let stores = if forgets { &ENGINE[..] } else { &ENGINE[..ENGINE.len() - 1] };
        let tx = self.begin(stores, mode).await?;
        let reads = read(&tx, &wanted).await?;
        let (writes, done) = transaction.plan(&reads)?;
        write(&tx, &writes)?;
        tx.complete().await?;
        let refused = !writes.attention.is_empty() || !writes.settled_attention.is_empty();
        let queue = !writes.devices.is_empty() || refused;
        let Writes { blocks, overlays, library, devices, .. } = writes;
        Ok(Changed { done, blocks, overlays, library, devices, queue })
    }

    pub async fn devices(&self) -> Result<Vec<DeviceRow>> {
        let tx = self.begin(&[DEVICES], Mode::Read).await?;
        rows(tx.all(DEVICES, None)?.values().await?)
    }

    /// Nobody writes here any more. Unsent ops stay, with the credential to send them.
    pub async fn sign_out(&self) -> Result<()> {
        let tx = self.begin(&[DEVICES], Mode::Write).await?;
        let known: Vec<DeviceRow> = rows(tx.all(DEVICES, None)?.values().await?)?;
        for row in known.into_iter().filter(|row| row.current) {
            put(&tx, DEVICES, &row.device.to_string(), &DeviceRow { current: false, ..row })?;
        }
        Ok(tx.complete().await?)
    }

    pub async fn library(&self) -> Result<LibraryRow> {
        let tx = self.begin(&[LIBRARY], Mode::Read).await?;
        let found = tx.get(LIBRARY, &ROW.into())?.value().await?;
        Ok(optional(&found)?.unwrap_or_default())
    }

    pub async fn overlays(&self) -> Result<Vec<(ThingRef, Overlay)>> {
        let tx = self.begin(&[OVERLAYS], Mode::Read).await?;
        rows(tx.all(OVERLAYS, None)?.values().await?)
    }

    /// What was refused of whoever sits here.
    pub async fn attention(&self) -> Result<Vec<Attention>> {
        let tx = self.begin(&[DEVICES, ATTENTION], Mode::Read).await?;
        let (devices, refused) = (tx.all(DEVICES, None)?, tx.all(ATTENTION, None)?);
        let devices: Vec<DeviceRow> = rows(devices.values().await?)?;
        let mut refused: Vec<Attention> = rows(refused.values().await?)?;
        refused.retain(|row| row.is_for_whoever_sits_here(&devices));
        Ok(refused)
    }

    pub async fn let_go(&self, device: DeviceId, device_seq: u64) -> Result<()> {
        let tx = self.begin(&[ATTENTION], Mode::Write).await?;
        tx.delete(ATTENTION, &op_key(device, device_seq).into())?;
        Ok(tx.complete().await?)
    }

    /// Ops that have no receipt yet or that the server has put off, of all devices, oldest first.
    pub async fn unsent(&self) -> Result<Vec<OpRow>> {
        let tx = self.begin(&[DEVICES, OPS], Mode::Read).await?;
        let devices: Vec<DeviceRow> = rows(tx.all(DEVICES, None)?.values().await?)?;
        let mut unsent: Vec<OpRow> = Vec::new();
        for row in devices.iter().filter(|row| row.unsent() > 0 || row.has_deferred()) {
            let is_put_off = |number: &u64| row.deferred.get(number) == Some(&0);
            let first = row.deferred.keys().copied().find(is_put_off);
            let after = first.map_or(row.acked, |first| row.acked.min(first - 1));
            let waits = |op: &OpRow| op.device_seq > row.acked || is_put_off(&op.device_seq);
            unsent.extend(ops_after(&tx, row.device, after, None).await?.into_iter().filter(waits));
        }
        unsent.sort_by_key(|op| op.at);
        Ok(unsent)
    }

    /// Whether this thing was created in this browser profile.
    pub async fn has_created(&self, thing: &ThingRef) -> Result<bool> {
        let tx = self.begin(&[OPS], Mode::Read).await?;
        let ops: Vec<OpRow> = rows(tx.all(OPS, None)?.values().await?)?;
        let creates = |op: &OpRow| matches!(op.bytes.op(), Ok(Op { change: Change::Create(_), .. }));
        Ok(ops.iter().any(|op| op.thing == *thing && creates(op)))
    }

    pub async fn block(&self, number: u32) -> Result<Option<Vec<u8>>> {
        let tx = self.begin(&[BLOCKS], Mode::Read).await?;
        let found = tx.get(BLOCKS, &number.into())?.value().await?;
        Ok(found.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec))
    }

    /// Blocks from `from` on, in order, at most `limit`, each with its number.
    pub async fn blocks_from(&self, from: u32, limit: u32) -> Result<Vec<(u32, Vec<u8>)>> {
        let tx = self.begin(&[BLOCKS], Mode::Read).await?;
        let range = between(&from.into(), &u32::MAX.into())?;
        let found = tx.some(BLOCKS, &range, limit)?.values().await?;
        let lines =
            found.iter().filter_map(|value| value.dyn_into::<Uint8Array>().ok().map(|bytes| bytes.to_vec()));
        Ok((from..).zip(lines).collect())
    }

    pub async fn snapshot(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let tx = self.begin(&[SNAPSHOTS], Mode::Read).await?;
        let found = tx.get(SNAPSHOTS, &name.into())?.value().await?;
        Ok(found.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec))
    }

    pub async fn save_snapshot(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let tx = self.begin(&[SNAPSHOTS], Mode::Write).await?;
        tx.put(SNAPSHOTS, &name.into(), &Uint8Array::from(bytes))?;
        Ok(tx.complete().await?)
    }

    pub async fn meta(&self, key: &str) -> Result<Option<String>> {
        let tx = self.begin(&[META], Mode::Read).await?;
        Ok(tx.get(META, &key.into())?.value().await?.as_string())
    }

    /// Empty text takes the entry away.
    pub async fn set_meta(&self, key: &str, text: &str) -> Result<()> {
        let tx = self.begin(&[META], Mode::Write).await?;
        match text {
            "" => tx.delete(META, &key.into())?,
            text => tx.put(META, &key.into(), &text.into())?,
        }
        Ok(tx.complete().await?)
    }
}

fn make_stores(db: &IdbDatabase, old: u32) {
    let missing: [&[&str]; 2] = [&ALL, &[ATTACHMENTS, BYTES]];
    for name in missing.into_iter().skip(old as usize).flatten() {
        // It is not there: the database is older than it.
        let _ = db.create_object_store(name);
    }
}

async fn read(tx: &Tx, wanted: &Wanted) -> Result<Reads> {
    // What can be asked for at once is on its way together.
    let library = tx.get(LIBRARY, &ROW.into())?;
    let overlays = match &wanted.overlays {
        OverlaysWanted::None => Vec::new(),
        OverlaysWanted::All => vec![tx.all(OVERLAYS, None)?],
        OverlaysWanted::Of(things) => {
            let asked = things.iter().map(|thing| tx.get(OVERLAYS, &thing.to_string().into()));
            asked.collect::<std::result::Result<_, _>>()?
        }
    };
    let attached = match &wanted.attachments {
        AttachmentsWanted::None | AttachmentsWanted::IfNotOf(_) => Vec::new(),
        AttachmentsWanted::All => vec![tx.all(ATTACHMENTS, None)?],
        AttachmentsWanted::Of(ids) => {
            let asked = ids.iter().map(|id| tx.get(ATTACHMENTS, &id.to_string().into()));
            asked.collect::<std::result::Result<_, _>>()?
        }
    };
    let mut devices: Vec<DeviceRow> = rows(tx.all(DEVICES, None)?.values().await?)?;
    if !wanted.all_devices {
        devices.retain(|row| Some(row.device) == wanted.device);
    }
    let mut ops = Vec::new();
    for row in &devices {
        match wanted.ops {
            OpsWanted::None => {}
            OpsWanted::Unacknowledged => {
                ops.extend(
                    ops_after(tx, row.device, row.acked, Some(domain::sync::wire::PUSH_OPS as u32)).await?,
                );
            }
            OpsWanted::Deferred => {
                if let Some(first) = row.deferred.keys().next() {
                    ops.extend(ops_after(tx, row.device, first - 1, None).await?);
                }
            }
            OpsWanted::Open => ops.extend(ops_after(tx, row.device, row.open_after(), None).await?),
        }
    }
    let mut laid: Vec<(ThingRef, Overlay)> = Vec::new();
    for answer in overlays {
        match wanted.overlays {
            OverlaysWanted::All => laid = rows(answer.values().await?)?,
            _ => laid.extend(optional(&answer.value().await?)?),
        }
    }
    let mut attachments = Vec::new();
    for answer in attached {
        match wanted.attachments {
            AttachmentsWanted::All => attachments = rows(answer.values().await?)?,
            _ => attachments.extend(optional(&answer.value().await?)?),
        }
    }
    let library: LibraryRow = optional(&library.value().await?)?.unwrap_or_default();
    if let AttachmentsWanted::IfNotOf(_) = wanted.attachments
        && wanted.attachments.is_all(&library)
    {
        attachments = rows(tx.all(ATTACHMENTS, None)?.values().await?)?;
    }
    let held = if library.reads_again() { held(tx, &wanted.held).await? } else { BTreeSet::new() };
    Ok(Reads { devices, ops, overlays: laid.into_iter().collect(), attachments, library, held })
}

/// Which of these things the blocks show, some blocks at a time.
async fn held(tx: &Tx, things: &BTreeSet<ThingRef>) -> Result<BTreeSet<ThingRef>> {
    const AT_A_TIME: u32 = 64;
    let (mut held, mut from) = (BTreeSet::new(), 0);
    while !things.is_empty() {
        let range = between(&from.into(), &u32::MAX.into())?;
        let blocks = tx.some(BLOCKS, &range, AT_A_TIME)?.values().await?;
        for block in blocks.iter().filter_map(|value| value.dyn_into::<Uint8Array>().ok()) {
            let lines =
                String::from_utf8(block.to_vec()).map_err(|error| StoreError::Row(error.to_string()))?;
            holding(things, &mut held, &lines)?;
        }
        if blocks.length() < AT_A_TIME {
            break;
        }
        from += AT_A_TIME;
    }
    Ok(held)
}

async fn ops_after(tx: &Tx, device: DeviceId, after: u64, limit: Option<u32>) -> Result<Vec<OpRow>> {
    let range = between(&op_key(device, after + 1).into(), &op_key(device, u64::MAX).into())?;
    let answer = match limit {
        Some(limit) => tx.some(OPS, &range, limit)?,
        None => tx.all(OPS, Some(&range))?,
    };
    rows(answer.values().await?)
}

fn write(tx: &Tx, writes: &Writes) -> Result<()> {
    for row in &writes.devices {
        put(tx, DEVICES, &row.device.to_string(), row)?;
    }
    for (device, device_seq) in &writes.moved_ops {
        tx.delete(OPS, &op_key(*device, *device_seq).into())?;
    }
    for op in &writes.ops {
        put(tx, OPS, &op_key(op.device, op.device_seq), op)?;
    }
    for (thing, overlay) in &writes.overlays {
        match overlay {
            Some(overlay) => put(tx, OVERLAYS, &thing.to_string(), &(thing, overlay))?,
            None => tx.delete(OVERLAYS, &thing.to_string().into())?,
        }
    }
    for row in &writes.attention {
        put(tx, ATTENTION, &op_key(row.device, row.device_seq), row)?;
    }
    for (device, device_seq) in &writes.settled_attention {
        tx.delete(ATTENTION, &op_key(*device, *device_seq).into())?;
    }
    if writes.forgets_library {
        tx.clear(BLOCKS)?;
        tx.clear(SNAPSHOTS)?;
    }
    for block in &writes.blocks {
        tx.put(BLOCKS, &block.number.into(), &Uint8Array::from(block.lines.as_bytes()))?;
    }
    if let Some(library) = &writes.library {
        put(tx, LIBRARY, ROW, library)?;
    }
    for row in &writes.attachments {
        put(tx, ATTACHMENTS, &row.attachment.id.to_string(), row)?;
    }
    for id in &writes.dropped_attachments {
        attachments::drop_attachment(tx, *id)?;
    }
    if let Some(draft) = writes.told_draft {
        tx.delete(DRAFTS, &draft_key(draft))?;
    }
    Ok(())
}

pub fn draft_key(draft: DraftId) -> JsValue {
    draft.to_string().into()
}

/// Keys sort by device, then by number.
fn op_key(device: DeviceId, device_seq: u64) -> String {
    format!("{device}/{device_seq:020}")
}

pub fn put(tx: &Tx, store: &str, key: &str, row: &impl Serialize) -> Result<()> {
    let json = serde_json::to_string(row).map_err(|error| StoreError::Row(error.to_string()))?;
    Ok(tx.put(store, &key.into(), &json.into())?)
}

pub fn optional<T: DeserializeOwned>(value: &JsValue) -> Result<Option<T>> {
    value.as_string().map(|json| parse(&json)).transpose()
}

pub fn rows<T: DeserializeOwned>(values: Array) -> Result<Vec<T>> {
    values.iter().filter_map(|value| value.as_string()).map(|json| parse(&json)).collect()
}

fn parse<T: DeserializeOwned>(json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| StoreError::Row(error.to_string()))
}
