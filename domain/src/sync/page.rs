//! What one person is sent of the library.

use serde_json::value::RawValue;

use crate::{
    access::Scope,
    id::{Epoch, PersonId},
    person::Reader,
    thing::{ThingKind, ThingRef},
};

use super::{
    ledger::Row,
    wire::{Record, SigningKey},
};

impl Row {
    /// Whether a pull that begins after the `seq` `after` takes this thing from `reader`'s library without a word that
    /// it was meant. What was changed since, out of their sight, is not taken a second time.
    pub fn is_taken_from(&self, kind: &ThingKind, reader: &Reader, after: u64) -> bool {
        let unseen = self.narrowed_at > after && !self.scope.admits(self.owner, reader);
        *kind == ThingKind::Story && unseen && !self.meant
    }
}

/// A thing as a store keeps it: its state is text, so that a pull never has to parse it.
#[derive(Clone, Debug)]
pub struct StoredRow {
    pub thing: ThingRef,
    pub seq: u64,
    pub state: String,
    pub scope: Scope,
    pub owner: Option<PersonId>,
    /// As in [`super::ledger::Row::narrowed_at`].
    pub narrowed_at: u64,
    pub meant: bool,
}

/// What a line holds beside the state: kind, id, `seq` and mark.
const LINE_BYTES: usize = 160;

/// How many rows a page of so many bytes holds, of rows whose lines have `sizes`: one at least, or nobody would ever read
/// on.
pub fn fitting(sizes: impl IntoIterator<Item = usize>, bytes: usize) -> usize {
    let (mut sum, mut count) = (0_usize, 0);
    for size in sizes {
        sum = sum.saturating_add(size);
        if sum > bytes && count > 0 {
            break;
        }
        count += 1;
    }
    count
}

impl StoredRow {
    /// About how many bytes the line about this thing has, for `reader`.
    pub fn line_bytes(&self, reader: &Reader) -> usize {
        let state = if self.scope.admits(self.owner, reader) { self.state.len() } else { 0 };
        LINE_BYTES + state
    }

    /// The line about this thing for `reader`: its state if they may see it, a word that it is gone if somebody lost
    /// sight of it, else nothing.
    pub fn record_for(&self, reader: &Reader, epoch: Epoch, key: &SigningKey) -> Option<Record> {
        self.record_after(0, reader, epoch, key)
    }

    /// The same for somebody who has read up to the `seq` `after`. If they still saw it then although others had lost
    /// it before, it is their own view that was changed, by a change of role or department: that is meant.
    pub fn record_after(
        &self,
        after: u64,
        reader: &Reader,
        epoch: Epoch,
        key: &SigningKey,
    ) -> Option<Record> {
        let record = Record {
            kind: self.thing.kind.clone(),
            id: self.thing.id,
            seq: self.seq,
            state: None,
            mac: None,
            meant: false,
        };
        if self.scope.admits(self.owner, reader) {
            let mac = key.mark(epoch, &self.thing, self.seq, &self.state);
            let state = RawValue::from_string(self.state.clone()).ok()?;
            return Some(Record { state: Some(state), mac: Some(mac), ..record });
        }
        (self.narrowed_at > 0).then_some(Record { meant: self.meant || self.narrowed_at <= after, ..record })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_holds_one_row_at_least_and_no_more_than_fit() {
        assert_eq!(fitting([], 100), 0);
        assert_eq!(fitting([500, 1], 100), 1);
        assert_eq!(fitting([50, 50, 1], 100), 2);
        assert_eq!(fitting([1, 500, 1], 100), 1);
        assert_eq!(fitting([1, 2, 3], usize::MAX), 3);
        assert_eq!(fitting([usize::MAX, usize::MAX], usize::MAX), 2);
    }
}
