//! What a device sends after its person has signed out there.

use domain::{
    Object,
    id::{DeviceId, LabelId, PersonId, StoryId},
    label::{Label, LabelKind},
    op::{Change, Edit, Op, OpBytes},
    person::Role,
    story::Story,
    sync::{
        ledger::{From, Incoming, Push},
        wire::{Outcome, Receipt},
    },
    text::{Name, StoryText},
    thing::{ThingKind, ThingRef, fields},
    time::Millis,
};
use serde_json::json;

use crate::world::{Act, World};

const ELIN: usize = 0;
const MICKE: usize = 2;

fn applause(world: &World, story: usize) -> u64 {
    let tally = world.server.rows.get(&ThingRef::tally(world.told[story]));
    tally.and_then(|row| row.state["applause"].as_u64()).unwrap_or(0)
}

/// Micke's story is on Elin's phone. Without a network, she tells one, applauds his, and tells another.
fn elin_leaves_with_work_unsent() -> World {
    let mut world = World::new();
    world.act(&Act::Tell { phone: MICKE, text: "a".into() });
    world.settle();
    world.act(&Act::Tell { phone: ELIN, text: "b".into() });
    world.act(&Act::React { phone: ELIN, story: 0, on: true });
    world.act(&Act::Tell { phone: ELIN, text: "c".into() });
    world
}

#[test]
fn push_after_sign_out_takes_the_stories_around_a_reaction_and_keeps_the_reaction_on_the_phone() {
    let mut world = elin_leaves_with_work_unsent();
    let device = world.phones[ELIN].1;
    world.sign_in(ELIN, "Micke");
    assert_eq!(world.sync(ELIN, &[]), None);
    for story in [1, 2] {
        assert!(
            world.server.rows.contains_key(&ThingRef::story(world.told[story])),
            "what is behind it goes too"
        );
    }
    assert_eq!(applause(&world, 0), 0);
    let row = &world.phones[ELIN].2.devices[&device];
    assert_eq!((row.unsent(), row.has_deferred()), (0, true));
    assert!(world.phones[ELIN].2.attention.is_empty(), "nothing was refused");
}

#[test]
fn push_once_its_person_is_signed_in_again_decides_what_was_put_off_after_sign_out() {
    let mut world = elin_leaves_with_work_unsent();
    let device = world.phones[ELIN].1;
    world.sign_in(ELIN, "Micke");
    world.settle();
    world.sign_in(ELIN, "Elin");
    world.settle();
    assert_eq!(applause(&world, 0), 1);
    assert!(!world.phones[ELIN].2.devices[&device].has_deferred());
    world.check();
}

#[test]
fn number_of_an_op_put_off_after_sign_out_that_a_clone_has_used_blocks_and_loses_nothing() {
    let mut world = elin_leaves_with_work_unsent();
    // A clone of the profile from before the reaction tells a story under the reaction's number.
    let (person, device, phone) = world.phones[ELIN].clone();
    let (mut number, mut clone) = (0, phone.clone());
    clone.ops.retain(|(_, device_seq), op| {
        let before = op.thing.kind != ThingKind::Reaction && (number == 0 || *device_seq < number);
        number = if op.thing.kind == ThingKind::Reaction { *device_seq } else { number };
        before
    });
    clone.devices.get_mut(&device).unwrap().next = number;
    clone.overlays.retain(|thing, _| clone.ops.values().any(|op| op.thing == *thing));
    world.phones.push((person, device, clone));
    let cloned = world.phones.len() - 1;
    world.act(&Act::Tell { phone: cloned, text: "d".into() });

    world.sign_in(ELIN, "Micke");
    assert_eq!(world.sync(ELIN, &[]), None);
    assert_eq!(world.sync(cloned, &[]), None);
    // Another reaction, put off behind the one whose number is taken.
    world.settle();
    world.sign_in(ELIN, "Elin");
    world.settle();
    assert_eq!(applause(&world, 0), 1);
    assert!(world.phones[ELIN].2.devices.values().all(|row| row.unsent() == 0 && !row.has_deferred()));
    for story in 0..world.told.len() {
        assert!(world.server.rows.contains_key(&ThingRef::story(world.told[story])));
    }
}

#[test]
fn device_that_goes_on_under_another_id_keeps_its_push_credential() {
    let mut world = World::new();
    let device = world.phones[ELIN].1;
    world.phones[ELIN].2.devices.get_mut(&device).unwrap().push_token = Some("credential".into());
    let clone = world.phones[ELIN].clone();
    world.phones.push(clone);
    let cloned = world.phones.len() - 1;
    for (phone, text) in [(ELIN, "a"), (cloned, "b")] {
        world.act(&Act::Tell { phone, text: text.into() });
        world.sign_out(phone);
        assert_eq!(world.sync(phone, &[]), None);
    }
    let devices = &world.phones[cloned].2.devices;
    assert_eq!(devices.len(), 2, "it was a clone");
    for row in devices.values() {
        assert_eq!(row.push_token.as_deref(), Some("credential"));
    }
}

/// Somebody's ops, each under the next number of one device.
struct Pushing {
    person: PersonId,
    device: DeviceId,
    next: u64,
}

impl Pushing {
    fn of(name: &str) -> Self {
        Self { person: PersonId::named(name), device: DeviceId::mint(Millis(5), &[77; 10]), next: 1 }
    }

    fn op(&mut self, thing: ThingRef, change: Change) -> OpBytes {
        let op = Op {
            device: self.device,
            device_seq: self.next,
            at: Millis(1),
            actor: self.person,
            thing,
            base: None,
            change,
        };
        self.next += 1;
        OpBytes::of(&op)
    }

    fn story(&mut self, n: u8) -> OpBytes {
        let story = Story { situation: StoryText::new("regn").ok(), ..Story::blank(self.person) };
        self.op(ThingRef::story(story_id(n)), Change::Create(fields(&story)))
    }
}

fn story_id(n: u8) -> StoryId {
    StoryId::mint(Millis(3), &[n; 10])
}

fn push(world: &mut World, from: From, op: &OpBytes) -> Receipt {
    let push = Push { from, ops: vec![Incoming::read(op.as_str())], now: Millis(9) };
    let answer = world.server.push(&[push]).remove(0);
    assert!(!answer.cloned);
    answer.receipts[0].clone()
}

fn set(field: &str, value: serde_json::Value) -> Change {
    Change::Edit(Edit { set: Object::from_iter([(field.to_owned(), value)]), ..Edit::default() })
}

#[test]
fn ledger_keeps_nothing_of_what_it_puts_off_after_sign_out() {
    let mut world = World::new();
    let mut karin = Pushing::of("Karin");
    let signed_out = From::SignedOut(karin.person);
    let value = ThingRef::label(LabelKind::Value, LabelId::named(LabelKind::Value, "Mod"));
    let label = fields(&Label::new(Name::new("Mod").unwrap()));
    let op = karin.op(value.clone(), Change::Create(label));
    let unknown =
        karin.op(value.clone(), Change::Delete).as_str().replace("\"delete\"", r#"{"levitate":{}}"#);
    let unknown = OpBytes::from_text(unknown).unwrap();
    // Waiting for a story that is not there, it would be applied with all of Karin's rights once that came.
    let early = karin.op(ThingRef::story(story_id(1)), Change::Delete);
    let large = karin.op(value.clone(), set("padding", json!("x".repeat(600_000))));
    let (ops, devices, head) = (world.server.ops.len(), world.server.devices.clone(), world.server.head);
    for op in [&op, &unknown, &early, &large, &op] {
        let receipt = push(&mut world, signed_out, op);
        assert_eq!((receipt.outcome, receipt.seq), (Outcome::Deferred, 0));
    }
    assert_eq!((world.server.ops.len(), &world.server.devices, world.server.head), (ops, &devices, head));
    let signed_in = From::Person(karin.person);
    assert_eq!(push(&mut world, signed_in, &op).outcome, Outcome::Applied);
    assert!(world.server.rows.contains_key(&value));
    assert_eq!(push(&mut world, signed_out, &op).outcome, Outcome::Applied, "its receipt, as it was given");
}

#[test]
fn op_put_off_after_sign_out_is_decided_by_what_its_person_may_do_by_then() {
    let mut world = World::new();
    world.act(&Act::Tell { phone: MICKE, text: "a".into() });
    world.settle();
    let mut karin = Pushing::of("Karin");
    let delete = karin.op(ThingRef::story(world.told[0]), Change::Delete);
    assert_eq!(push(&mut world, From::SignedOut(karin.person), &delete).outcome, Outcome::Deferred);
    let demoted = set("role", json!(Role::Member));
    world.made_by_server(vec![(ThingRef::person(karin.person), demoted)]);
    let outcome = push(&mut world, From::Person(karin.person), &delete).outcome;
    assert!(matches!(outcome, Outcome::Rejected(_)), "{outcome:?}");
}

#[test]
fn person_who_was_taken_out_of_the_library_has_no_role_in_it() {
    let mut world = World::new();
    world.act(&Act::Tell { phone: MICKE, text: "a".into() });
    world.settle();
    let mut karin = Pushing::of("Karin");
    world.made_by_server(vec![(ThingRef::person(karin.person), Change::Delete)]);
    let delete = karin.op(ThingRef::story(world.told[0]), Change::Delete);
    let outcome = push(&mut world, From::Person(karin.person), &delete).outcome;
    assert!(matches!(outcome, Outcome::Rejected(_)), "{outcome:?}");
    let own = karin.story(2);
    assert_eq!(push(&mut world, From::Person(karin.person), &own).outcome, Outcome::Applied);
}
