//! What a thing looked like after each of its ops.

use crate::{Object, thing::ThingRef};

use super::{From, Head, Incoming, Ledger, LoggedOp, Push};

/// The state of `thing` after each of `ops`, which are all its applied ops in order. The log is the truth: any state
/// can be made again from it.
pub fn states(head: Head, thing: &ThingRef, ops: &[LoggedOp]) -> Vec<Object> {
    let mut ledger = Ledger::new(head);
    let after = |op: &LoggedOp| {
        let push = [Push { from: From::System, ops: vec![Incoming::read(&op.bytes)], now: op.receipt.at }];
        ledger.load_nothing_for(&push);
        ledger.push(&push[0]);
        ledger.row(thing).map(|row| row.state.clone()).unwrap_or_default()
    };
    ops.iter().map(after).collect()
}

impl Ledger {
    /// Takes everything that `pushes` need and that is not loaded as not being there.
    fn load_nothing_for(&mut self, pushes: &[Push]) {
        loop {
            let needs = self.missing(pushes);
            if needs.is_empty() {
                return;
            }
            needs.things.into_iter().for_each(|thing| self.load_row(thing, None));
            needs.receipts.into_iter().for_each(|key| self.load_receipt(key, None));
            needs.devices.into_iter().for_each(|device| self.load_device(device, None));
            needs.waiting.into_iter().for_each(|thing| self.load_waiting(thing, Vec::new()));
            needs.scopes.into_iter().for_each(|scope| self.load_scope(scope));
        }
    }
}
