mod load;
mod page;
mod rollback;
mod write;

use async_trait::async_trait;
use domain::{
    id::{Epoch, PersonId},
    person::{Person, Reader},
    sync::{
        ledger::{Head, Ledger, LoggedOp, Push},
        rollback::Positions,
        wire::{Chain, Cursor, PushAnswer},
    },
    thing::ThingRef,
    time::Millis,
};

use super::{Columns, Connection, Dialect, SqlStore, Statement, rows};
use crate::store::{LedgerStore, PageAsk, PageRows, StoreError, StoreResult};

/// Rows in one statement; SQLite takes 32,766 parameters, PostgreSQL 65,535.
const CHUNK: usize = 200;

/// The columns that [`rows::stored_row`] reads.
pub(super) const THING_COLUMNS: &str = "things.kind, things.id, things.seq, things.state, things.scope, things.department, things.owner, things.narrowed, things.meant";

#[async_trait]
impl<D: Dialect> LedgerStore for SqlStore<D> {
    async fn head(&self) -> StoreResult<Head> {
        head(&mut *self.reading().await?).await
    }

    async fn push(&self, pushes: &[Push]) -> StoreResult<Vec<PushAnswer>> {
        // The lock is held from here until commit, so that commit order is seq order.
        let mut tx = self.writing().await?;
        let start = head(&mut *tx).await?;
        let seen = *self.seen();
        if rollback::find(&mut *tx, &start, seen, &[]).await?.is_some() {
            return Err(StoreError::RolledBack);
        }
        let mut ledger = Ledger::new(start);
        loop {
            let needs = ledger.missing(pushes);
            if needs.is_empty() {
                break;
            }
            load::load(&mut *tx, &needs, &mut ledger).await?;
        }
        let answers = pushes.iter().map(|push| ledger.push(push)).collect();
        let end = ledger.head();
        let now = pushes.iter().map(|push| push.now).max().unwrap_or(Millis(0));
        write::write(&mut *tx, ledger.written(), start.seq, now, self.most_pending).await?;
        tx.commit().await?;
        let (from, to) = (start.into(), end.into());
        self.seen().get_or_insert(Positions::at(from)).moved(from, to);
        Ok(answers)
    }

    async fn page(&self, ask: &PageAsk) -> StoreResult<PageRows> {
        // So that head, chain and rows are of one moment.
        let mut tx = self.snapshot().await?;
        let page = page::page(&mut *tx, ask).await?;
        tx.commit().await?;
        Ok(page)
    }

    async fn history(&self, thing: &ThingRef) -> StoreResult<Vec<LoggedOp>> {
        let history =
            Statement::new("SELECT * FROM ops WHERE thing = ? AND kind = ? AND seq > 0 ORDER BY seq")
                .bind(thing.id.uuid())
                .bind(thing.kind.key().to_owned());
        let found = self.reading().await?.all(history).await?;
        found.iter().map(rows::logged_op).collect()
    }

    async fn begin_epoch(&self, epoch: Epoch) -> StoreResult<()> {
        self.write(Statement::new("UPDATE meta SET value = ? WHERE key = 'epoch'").bind(epoch.to_string()))
            .await
    }

    async fn has_been_at(&self, position: &Cursor) -> StoreResult<bool> {
        let mut tx = self.snapshot().await?;
        let fits = rollback::has_been_at(&mut *tx, position).await?;
        tx.commit().await?;
        Ok(fits)
    }

    async fn begin_epoch_if_rolled_back(&self, positions: &[Cursor], epoch: Epoch) -> StoreResult<bool> {
        let mut tx = self.writing().await?;
        let start = head(&mut *tx).await?;
        let seen = *self.seen();
        let Some(lost) = rollback::find(&mut *tx, &start, seen, positions).await? else { return Ok(false) };
        rollback::begin_epoch(&mut *tx, &start, &lost, epoch).await?;
        tx.commit().await?;
        self.opened_at(Head { epoch, ..start });
        tracing::warn!(
            seq = start.seq,
            whole = lost.whole,
            "the database went back in time: a new epoch begins, and phones send again what it lacks"
        );
        Ok(true)
    }
}

pub(super) async fn head(connection: &mut impl Connection) -> StoreResult<Head> {
    let found = connection
        .all(Statement::new("SELECT key, value FROM meta WHERE key IN ('epoch', 'seq', 'chain')"))
        .await?;
    let value = |key: &str| {
        let row = found.iter().find(|row| row.text("key").is_ok_and(|found| found == key));
        row.and_then(|row| row.text("value").ok())
    };
    let corrupt = || StoreError::corrupt("a head", "without epoch, seq or chain");
    Ok(Head {
        epoch: value("epoch").and_then(|epoch| epoch.parse().ok()).ok_or_else(corrupt)?,
        seq: value("seq").and_then(|seq| seq.parse().ok()).ok_or_else(corrupt)?,
        chain: value("chain").and_then(|chain| chain.parse().ok()).ok_or_else(corrupt)?,
    })
}

pub(super) async fn reader(connection: &mut impl Connection, id: PersonId) -> StoreResult<Option<Reader>> {
    Ok(person(connection, id).await?.map(|known| Reader::of(id, &known)))
}

pub(super) async fn person(connection: &mut impl Connection, id: PersonId) -> StoreResult<Option<Person>> {
    let person = Statement::new("SELECT state FROM things WHERE kind = 'person' AND id = ?").bind(id.uuid());
    connection.first(person).await?.map(|row| rows::typed(&row, "a person")).transpose()
}

/// The chain after the last op at or before `seq`.
async fn chain_at(connection: &mut impl Connection, seq: u64) -> StoreResult<Chain> {
    let last = "SELECT chain FROM ops WHERE seq <= ? AND seq > 0 ORDER BY seq DESC LIMIT 1";
    let found = connection.first(Statement::new(last).bind(seq)).await?;
    Ok(found.as_ref().map(rows::chain).transpose()?.flatten().unwrap_or_default())
}
