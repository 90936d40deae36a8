//! The server's database goes back in time under the same epoch: a snapshot of the machine or of the database takes its
//! place, or a replica that lacks the latest commits.

use domain::{
    id::{Epoch, PersonId},
    op::{Change, Edit},
    sync::{
        ledger::{From, Incoming, Push},
        memory::Server,
        phone::DeviceRow,
        rollback::Positions,
        wire::{Cursor, SigningKey, Token},
    },
    thing::{ThingKind, ThingRef},
    time::Millis,
};

use crate::world::{Act, Luck, World};

const ELIN: usize = 0;
const MICKE: usize = 2;
const KARIN: usize = 3;

fn tell(phone: usize, text: &str) -> Act {
    Act::Tell { phone, text: text.to_owned() }
}

impl World {
    fn wipe(&mut self, phone: usize) {
        let (person, device, store) = &mut self.phones[phone];
        *store = Default::default();
        store.devices.insert(*device, DeviceRow::new(*device, *person, None));
    }

    fn stories(&self) -> usize {
        self.server.rows.keys().filter(|thing| thing.kind == ThingKind::Story).count()
    }

    /// The snapshot takes the place of the database, in whatever state the server's process is then.
    fn roll_back(&mut self, snapshot: &Server, process: Process) {
        let seen = self.server.seen;
        self.server = snapshot.clone();
        match process {
            Process::GoesBackToo => {}
            Process::BeginsAnew => self.server.seen = None,
            Process::GoesOn => self.server.seen = seen,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Process {
    /// A snapshot of the whole machine.
    GoesBackToo,
    BeginsAnew,
    GoesOn,
}

const PROCESSES: [Process; 3] = [Process::GoesBackToo, Process::BeginsAnew, Process::GoesOn];

/// Elin's phone has a receipt for what it told, and has not read it when the database goes back.
fn receipt_without_pull() -> (World, Server) {
    let mut world = World::new();
    world.settle();
    let snapshot = world.server.clone();
    world.act(&tell(ELIN, "a"));
    assert!(world.sync(ELIN, &[Luck::Arrives, Luck::RequestLost]).is_some());
    let (_, device, phone) = &world.phones[ELIN];
    assert_eq!(phone.devices[device].unsent(), 0, "it has its receipt");
    (world, snapshot)
}

#[test]
fn a_receipt_that_the_database_lacks_is_offered_again() {
    for process in PROCESSES {
        let (mut world, snapshot) = receipt_without_pull();
        world.roll_back(&snapshot, process);
        // Others take the numbers that the receipt named, and more.
        for text in ["b", "c", "d"] {
            world.act(&tell(MICKE, text));
            world.sync(MICKE, &[]);
        }
        world.settle();
        assert_eq!(world.stories(), 4, "{process:?}");
        assert_ne!(world.server.head.epoch, snapshot.head.epoch);
        world.check();
    }
}

#[test]
fn a_signed_out_phone_offers_again_what_the_database_lacks() {
    for process in PROCESSES {
        let (mut world, snapshot) = receipt_without_pull();
        world.sign_out(ELIN);
        world.roll_back(&snapshot, process);
        for text in ["b", "c", "d"] {
            world.act(&tell(MICKE, text));
            world.sync(MICKE, &[]);
        }
        assert_eq!(world.sync(ELIN, &[]), None);
        assert_eq!(world.stories(), 4, "{process:?}");
    }
}

#[test]
fn a_phone_that_tells_more_before_it_reads_brings_its_proof_first() {
    let (mut world, snapshot) = receipt_without_pull();
    world.roll_back(&snapshot, Process::GoesBackToo);
    // Its next push would be answered with a position of the database as it is now.
    world.act(&tell(ELIN, "b"));
    let _ = world.sync(ELIN, &[Luck::AnswerLost]);
    world.settle();
    assert_eq!(world.stories(), 2);
    world.check();
}

#[test]
fn a_phone_that_was_handed_over_keeps_its_proof() {
    let (mut world, snapshot) = receipt_without_pull();
    world.roll_back(&snapshot, Process::GoesBackToo);
    world.sign_in(ELIN, "Micke");
    world.act(&tell(MICKE, "b"));
    world.sync(MICKE, &[]);
    world.settle();
    assert_eq!(world.stories(), 2);
}

/// Elin's phone is gone; Micke has read what she told, and his cursor is ahead of the database.
#[test]
fn what_others_told_is_handed_back_after_a_rollback() {
    for process in PROCESSES {
        for (others, begins_anew) in (0..6).flat_map(|others| [(others, false), (others, true)]) {
            let mut world = World::new();
            world.settle();
            let snapshot = world.server.clone();
            for text in ["a", "c", "d"] {
                world.act(&tell(ELIN, text));
            }
            world.sync(ELIN, &[]);
            world.sync(MICKE, &[]);
            let things: Vec<ThingRef> = world.told.iter().copied().map(ThingRef::story).collect();
            world.wipe(ELIN);
            world.roll_back(&snapshot, process);
            for _ in 0..others {
                world.act(&tell(KARIN, "b"));
                world.sync(KARIN, &[]);
            }
            if begins_anew {
                // An update, say, before anybody has proved that the database went back.
                world.server.seen = Some(Positions::at(world.server.head.into()));
            }
            for phone in [MICKE, KARIN, MICKE] {
                world.sync(phone, &[]);
            }
            let is_there = |thing: &ThingRef| world.server.rows.contains_key(thing);
            assert!(things.iter().all(is_there), "{process:?}, {others} others, begins anew: {begins_anew}");
        }
    }
}

/// Micke has read a story that Karin has read before it was changed, and the server, which has written since, takes the
/// numbers of both for its own.
fn lost_below_the_fork() -> (World, ThingRef) {
    let mut world = World::new();
    world.settle();
    let snapshot = world.server.clone();
    world.act(&tell(ELIN, "a b"));
    for phone in [ELIN, KARIN] {
        world.sync(phone, &[]);
    }
    world.act(&Act::Edit { phone: ELIN, story: 0, text: "a b c".into() });
    world.act(&tell(ELIN, "d"));
    for phone in [ELIN, MICKE] {
        world.sync(phone, &[]);
    }
    let thing = ThingRef::story(world.told[0]);
    world.wipe(ELIN);
    world.roll_back(&snapshot, Process::BeginsAnew);
    let micke = ThingRef::person(PersonId::named("Micke"));
    world.made_by_server(vec![(micke.clone(), Change::Edit(Edit::default())), (micke, Change::Restore)]);
    world.server.seen = Some(Positions::at(world.server.head.into()));
    let proof = world.phones[MICKE].2.library.furthest().cloned().expect("he has read");
    assert!(world.server.begin_epoch_if_rolled_back(&[&proof], Epoch::mint(Millis(50), &[50; 10])));
    let fork = world.server.forks.of(snapshot.head.epoch, world.server.head.epoch).expect("another epoch");
    assert!(fork.whole >= snapshot.head.seq + 2, "so the server believes: {fork:?}");
    (world, thing)
}

#[test]
fn of_what_is_handed_back_below_the_fork_the_youngest_counts() {
    for phones in [[KARIN, MICKE], [MICKE, KARIN]] {
        let (mut world, thing) = lost_below_the_fork();
        for phone in phones {
            world.sync(phone, &[]);
        }
        assert_eq!(world.server.rows[&thing].state["situation"], "a b c", "{phones:?}");
        assert!(world.server.rows.keys().all(|thing| thing.kind != ThingKind::Conflict));
        let ops = world.server.ops.len();
        world.settle();
        assert_eq!(world.server.ops.len(), ops, "once is enough");
    }
}

#[test]
fn what_was_changed_since_the_snapshot_comes_back_without_conflicts() {
    let mut world = World::new();
    world.act(&tell(ELIN, "a b"));
    world.settle();
    let snapshot = world.server.clone();
    world.act(&Act::Edit { phone: ELIN, story: 0, text: "c d".into() });
    world.settle();
    world.roll_back(&snapshot, Process::BeginsAnew);
    world.settle();
    world.check();
    assert_eq!(world.server.rows[&ThingRef::story(world.told[0])].state["situation"], "c d");
    assert!(world.server.rows.keys().all(|thing| thing.kind != ThingKind::Conflict));
}

/// The administrator puts the same dump in place twice: the second time the epoch of the first is gone, too.
#[test]
fn a_database_that_goes_back_twice_is_noticed_twice() {
    let (mut world, snapshot) = receipt_without_pull();
    world.roll_back(&snapshot, Process::BeginsAnew);
    world.settle();
    let first = world.server.head.epoch;
    world.roll_back(&snapshot, Process::BeginsAnew);
    world.settle();
    assert!(![first, snapshot.head.epoch].contains(&world.server.head.epoch));
    assert_eq!(world.stories(), 1);
    world.check();
}

#[test]
fn a_process_that_goes_on_notices_without_any_phone() {
    let mut world = World::new();
    world.settle();
    let snapshot = world.server.clone();
    world.made_by_server(vec![(ThingRef::person(PersonId::named("Micke")), Change::Delete)]);
    world.roll_back(&snapshot, Process::GoesOn);
    let fresh = Epoch::mint(Millis(5), &[5; 10]);
    assert!(world.server.begin_epoch_if_rolled_back(&[], fresh));
    assert!(!world.server.begin_epoch_if_rolled_back(&[], Epoch::mint(Millis(6), &[6; 10])));
    assert_eq!(world.server.head.epoch, fresh);
}

#[test]
fn nothing_but_the_servers_mark_proves_a_rollback_and_each_position_only_once() {
    let mut world = World::new();
    world.settle();
    let head = world.server.head;
    let ahead = Cursor { epoch: head.epoch, seq: head.seq + 1, chain: head.chain };
    let fresh = |n| Epoch::mint(Millis(n), &[n as u8; 10]);
    let stranger = SigningKey([8; 32]).sign_cursor(&ahead);
    let here = world.server.key.sign_cursor(&head.into());
    let bent = Token(here.0.replacen(&format!(".{}.", head.seq), &format!(".{}.", head.seq + 1), 1));
    for token in [stranger, bent, here, Token("rubbish".into())] {
        assert!(!world.server.begin_epoch_if_rolled_back(&[&token], fresh(50)), "{token:?}");
    }
    let proof = world.server.key.sign_cursor(&ahead);
    assert!(world.server.begin_epoch_if_rolled_back(&[&proof], fresh(51)));
    assert!(!world.server.begin_epoch_if_rolled_back(&[&proof], fresh(52)));
}

#[test]
fn a_phone_keeps_no_receipt_once_it_has_read_further() {
    let (mut world, _) = receipt_without_pull();
    assert!(world.phones[ELIN].2.library.receipt.is_some());
    world.settle();
    assert_eq!(world.phones[ELIN].2.library.receipt, None);
}

#[test]
fn a_server_that_names_no_position_is_understood() {
    let mut world = World::new();
    world.older_server = true;
    world.act(&tell(ELIN, "a"));
    world.settle();
    world.check();
    assert_eq!(world.phones[ELIN].2.library.receipt, None);
}

#[test]
fn ops_that_a_database_gets_again_after_it_went_back_do_not_lead_to_the_position_it_had() {
    let (world, mut server) = receipt_without_pull();
    let before = world.server.head;
    let (person, _, phone) = &world.phones[ELIN];
    let ops = phone.ops.values().map(|op| Incoming::read(op.bytes.as_str())).collect();
    // A copy that was on its way for a long time. What stands then holds another moment than what Elin's phone has read.
    let now = Millis(world.now + 1_000_000);
    server.push(&[Push { from: From::Person(*person), ops, now }]);
    assert_eq!(server.head.seq, before.seq, "the same ops");
    assert_ne!(server.head.chain, before.chain);
}

#[test]
fn what_a_page_left_out_since_it_had_moved_on_is_not_missed_after_a_rollback() {
    for process in PROCESSES {
        let mut world = World::new();
        world.settle();
        for text in ["a", "b"] {
            world.act(&tell(ELIN, text));
        }
        world.sync(ELIN, &[]);
        let snapshot = world.server.clone();
        world.act(&Act::Edit { phone: ELIN, story: 0, text: "a c".into() });
        world.sync(ELIN, &[Luck::AnswerLost]);
        // The first story now comes after the second one, on a page that never arrives.
        world.server.page_records = 1;
        world.sync(MICKE, &[Luck::Arrives, Luck::RequestLost]);
        let read = world.server.key.open_cursor(world.phones[MICKE].2.library.cursor.as_ref().unwrap());
        assert!(read.unwrap().seq <= snapshot.head.seq, "his cursor fits");
        world.wipe(ELIN);
        world.roll_back(&snapshot, process);
        world.settle();
        let thing = ThingRef::story(world.told[0]);
        assert!(world.phones[MICKE].2.shown().contains_key(&thing), "{process:?}");
    }
}

#[test]
fn what_was_handed_back_and_lost_again_is_handed_back_again() {
    for process in PROCESSES {
        let (mut world, snapshot) = receipt_without_pull();
        world.server.page_records = 1_000;
        world.sync(MICKE, &[]);
        world.wipe(ELIN);
        world.roll_back(&snapshot, Process::BeginsAnew);
        world.sync(MICKE, &[Luck::Arrives, Luck::RequestLost]);
        let snapshot = world.server.clone();
        let thing = ThingRef::story(world.told[0]);
        // A page, the story, and no other page.
        world.sync(MICKE, &[Luck::Arrives, Luck::Arrives, Luck::RequestLost]);
        assert!(world.server.rows.contains_key(&thing) && !snapshot.rows.contains_key(&thing));
        world.roll_back(&snapshot, process);
        world.settle();
        assert!(world.server.rows.contains_key(&thing), "{process:?}");
    }
}
