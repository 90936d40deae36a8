//! Noticing that the server's database went back in time under the same epoch: a snapshot or a dump took its place, or a
//! replica that lacked the latest commits took over. What was committed since is gone, although it has receipts, and the
//! numbers that those name are given to other ops.
//!
//! A [`Cursor`] names a position in the log: epoch, `seq` and chain. A database that does not have a position at which
//! the library is known to have been went back. The server knows such positions by itself ([`Positions`]), and phones
//! bring others: every answer carries the server's position under its mark, and phones send back the furthest one they
//! know. Then a new epoch begins, as after a restore from a backup, and the phones make the library whole.
//!
//! Only what bears the server's mark counts, so that nobody can make everybody read anew, and each position counts once:
//! the next one is of another epoch.

use crate::id::Epoch;

use super::{
    handback::Forks,
    ledger::Head,
    wire::{Chain, Cursor},
};

/// A position at which the library once was, and the chain that the database has at that `seq` now.
#[derive(Clone, Copy, Debug)]
pub struct Compared {
    pub position: Cursor,
    pub chain: Chain,
}

/// Positions at which one process has seen the library since it was opened, or since its epoch began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Positions {
    pub first: Cursor,
    pub last: Cursor,
}

/// What a database lacks that went back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollback {
    /// Up to here it has the same log as before, as far as the process can know that began anew; it may have more in
    /// common.
    pub whole: u64,
    /// Epochs that had begun since.
    pub lost_epochs: Vec<Epoch>,
}

impl Compared {
    /// Whether the database can have been at this position. Of an epoch that it does not know, only one that began
    /// after its own speaks against it: others it may have had before it was restored from a backup.
    fn fits(&self, head: &Head, forks: &Forks) -> bool {
        let Cursor { epoch, seq, chain } = self.position;
        match epoch == head.epoch {
            true => seq <= head.seq && chain == self.chain,
            false => epoch < head.epoch || forks.knows(epoch),
        }
    }
}

impl Positions {
    pub fn at(position: Cursor) -> Self {
        Self { first: position, last: position }
    }

    /// Notes that a transaction which began at `from` was committed and left the library at `to`. Of two transactions,
    /// the later one may be noted first.
    pub fn moved(&mut self, from: Cursor, to: Cursor) {
        if self.last.epoch != to.epoch {
            *self = Self { first: from, last: to };
        } else if to.seq > self.last.seq {
            self.last = to;
        }
    }
}

/// Whether the database at `head` went back, judged by what this process has seen and by positions that others bring.
pub fn find_rollback(
    head: &Head,
    forks: &Forks,
    own: Option<(Positions, Chain)>,
    brought: &[Compared],
) -> Option<Rollback> {
    let last = own.map(|(positions, chain)| Compared { position: positions.last, chain });
    let missing = |compared: &&Compared| !compared.fits(head, forks);
    let lost: Vec<&Compared> = last.iter().chain(brought).filter(missing).collect();
    if lost.is_empty() {
        return None;
    }
    let of_this_epoch = |position: &Cursor| position.epoch == head.epoch;
    // Whoever brings a position that is missing had this one before it.
    let in_common = brought.iter().filter(|compared| compared.fits(head, forks)).map(|one| one.position);
    let in_common = in_common.filter(of_this_epoch).map(|position| position.seq).max();
    let opened = own.map(|(positions, _)| positions.first).filter(of_this_epoch).map(|position| position.seq);
    // What was lost parted from what is here before each position that is missing: a process that began after that, or
    // beside which another one has written, has seen nothing of it.
    let parted = lost.iter().map(|compared| compared.position).filter(of_this_epoch).map(|one| one.seq).min();
    let likely = match last.filter(|last| !last.fits(head, forks)) {
        // Nobody here has written since it went back.
        Some(_) => [Some(head.seq), in_common],
        None => [in_common, opened],
    };
    let whole = likely.into_iter().flatten().find(|seq| parted.is_none_or(|parted| *seq < parted));
    let mut lost_epochs: Vec<Epoch> = lost.iter().map(|compared| compared.position.epoch).collect();
    lost_epochs.retain(|epoch| *epoch != head.epoch);
    Some(Rollback { whole: whole.unwrap_or(0), lost_epochs })
}

impl From<Head> for Cursor {
    fn from(Head { epoch, seq, chain }: Head) -> Self {
        Self { epoch, seq, chain }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Millis;

    fn epoch(n: u8) -> Epoch {
        Epoch::mint(Millis(i64::from(n)), &[n; 10])
    }

    fn position(n: u8, seq: u64, chain: u8) -> Cursor {
        Cursor { epoch: epoch(n), seq, chain: Chain([chain; 16]) }
    }

    fn compared(position: Cursor, chain: u8) -> Compared {
        Compared { position, chain: Chain([chain; 16]) }
    }

    fn head(n: u8, seq: u64) -> Head {
        Head { epoch: epoch(n), seq, chain: Chain([1; 16]) }
    }

    fn find(head: Head, brought: &[Compared]) -> Option<Rollback> {
        find_rollback(&head, &Forks::default(), None, brought)
    }

    #[test]
    fn a_position_behind_the_head_with_its_chain_proves_nothing() {
        assert_eq!(find(head(1, 7), &[compared(position(1, 7, 1), 1), compared(position(1, 3, 2), 2)]), None);
    }

    #[test]
    fn a_position_beyond_the_head_or_with_another_chain_proves_a_rollback() {
        for lost in [compared(position(1, 8, 1), 1), compared(position(1, 7, 2), 1)] {
            assert_eq!(find(head(1, 7), &[lost]), Some(Rollback { whole: 0, lost_epochs: Vec::new() }));
        }
    }

    #[test]
    fn what_came_along_and_fits_is_in_common() {
        let brought = [compared(position(1, 5, 1), 1), compared(position(1, 8, 1), 1)];
        assert_eq!(find(head(1, 7), &brought).unwrap().whole, 5);
    }

    #[test]
    fn a_process_that_has_not_written_since_knows_how_much_is_in_common() {
        let own = Positions { first: position(1, 9, 1), last: position(1, 12, 1) };
        let found = find_rollback(&head(1, 7), &Forks::default(), Some((own, Chain([1; 16]))), &[]);
        assert_eq!(found.unwrap().whole, 7);
    }

    #[test]
    fn a_process_that_has_written_since_knows_where_it_began() {
        let own = Positions { first: position(1, 5, 1), last: position(1, 7, 1) };
        let lost = [compared(position(1, 8, 1), 1)];
        let found = find_rollback(&head(1, 7), &Forks::default(), Some((own, Chain([1; 16]))), &lost);
        assert_eq!(found.unwrap().whole, 5);
    }

    #[test]
    fn a_process_that_began_after_it_went_back_knows_nothing() {
        let own = Positions { first: position(1, 8, 1), last: position(1, 9, 1) };
        let lost = [compared(position(1, 8, 2), 1)];
        let found = find_rollback(&head(1, 9), &Forks::default(), Some((own, Chain([1; 16]))), &lost);
        assert_eq!(found.unwrap().whole, 0);
    }

    #[test]
    fn a_process_beside_which_another_one_has_written_knows_nothing() {
        let own = Positions { first: position(1, 5, 1), last: position(1, 8, 2) };
        let found = find_rollback(&head(1, 9), &Forks::default(), Some((own, Chain([1; 16]))), &[]);
        assert_eq!(found.unwrap().whole, 0);
    }

    #[test]
    fn an_epoch_that_began_later_and_is_unknown_proves_a_rollback_once() {
        let lost = [compared(position(2, 1, 1), 1)];
        let found = find(head(1, 7), &lost).unwrap();
        assert_eq!(found.lost_epochs, [epoch(2)]);
        let mut forks = Forks::default();
        forks.roll_back(&head(1, 7), &found);
        // The clock by which the new epoch began may have been behind.
        let now = Head { epoch: epoch(0), ..head(1, 7) };
        assert_eq!(find_rollback(&now, &forks, None, &lost), None);
        assert_eq!(find(head(3, 7), &lost), None, "an earlier epoch may be of before a restore");
    }
}
