//! Whether the database is behind positions at which the library once was.

use domain::{
    id::Epoch,
    sync::{
        handback::Forks,
        ledger::Head,
        rollback::{Compared, Positions, Rollback, find_rollback},
        wire::Cursor,
    },
};

use super::{chain_at, head};
use crate::store::{
    StoreResult,
    sql::{Columns, Connection, Statement, backup},
};

/// What the database at `head` has lost, by what this process has seen and by positions that others bring.
pub async fn find(
    connection: &mut impl Connection,
    head: &Head,
    own: Option<Positions>,
    brought: &[Cursor],
) -> StoreResult<Option<Rollback>> {
    let here = Cursor::from(*head);
    if own.iter().map(|own| own.last).chain(brought.iter().copied()).all(|position| position == here) {
        return Ok(None);
    }
    let own = match own {
        Some(own) => Some((own, chain_at(connection, own.last.seq).await?)),
        None => None,
    };
    let mut compared = Vec::with_capacity(brought.len());
    for position in brought {
        compared.push(Compared { position: *position, chain: chain_at(connection, position.seq).await? });
    }
    let forks = backup::forks(connection).await?;
    Ok(find_rollback(head, &forks, own, &compared))
}

/// Begins `epoch` after a rollback: where the database went back to is noted, so that phones hand back what it lacks, and
/// those who joined since are let in again.
pub async fn begin_epoch(
    tx: &mut impl Connection,
    head: &Head,
    rollback: &Rollback,
    epoch: Epoch,
) -> StoreResult<()> {
    let mut forks: Forks = backup::forks(tx).await?;
    forks.roll_back(head, rollback);
    backup::set_forks(tx, &forks).await?;
    if backup::meta(tx, backup::WHOLE_UNTIL).await?.is_none() {
        let latest = tx.one(Statement::new("SELECT max(received_at) AS at FROM ops")).await?;
        let whole_until = latest.optional_integer("at")?.unwrap_or(0);
        backup::set_meta(tx, backup::WHOLE_UNTIL, whole_until.to_string()).await?;
    }
    backup::set_head(tx, &Head { epoch, ..*head }).await
}

/// The head and what it has lost against one position.
pub async fn has_been_at(snapshot: &mut impl Connection, position: &Cursor) -> StoreResult<bool> {
    let head = head(snapshot).await?;
    Ok(find(snapshot, &head, None, std::slice::from_ref(position)).await?.is_none())
}
