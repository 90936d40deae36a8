//! How phones and the server agree, as state machines without IO.
//!
//! Both sides follow the same pattern: say what must be read ([`ledger::Needs`], [`phone::Wanted`]), read it inside
//! one transaction, let a pure function decide, and write what it decided in that same transaction. A store does no
//! thinking, and one simulator can run both engines and crash them between any two steps.
//!
//! * [`wire`]: what travels: pushes, receipts, pages, cursors.
//! * [`page`]: what one person is sent of the library.
//! * [`ledger`]: the server's half: applies ops, gives each a `seq`, answers with receipts.
//! * [`phone`]: the phone's half: what one transaction on the phone reads and writes.
//! * [`memory`]: both stores in memory, for tests and the simulator.
//! * [`handback`]: what a phone hands back to a server that was restored.
//! * [`upload`]: how the bytes of photos and voice notes travel.
//! * [`rollback`]: whether the server's database went back in time.
//! * [`sizes`]: how large a push or a page may be on this phone's line.
//! * [`round`]: one round of push and pull, and when to try again.

pub mod handback;
pub mod ledger;
pub mod memory;
pub mod page;
pub mod phone;
pub mod rollback;
pub mod round;
pub mod sizes;
pub mod upload;
pub mod wire;
