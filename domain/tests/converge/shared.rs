//! Several people on one phone; phones that may not read; and clocks that nobody can rely on.

use domain::{
    Object,
    id::{DeviceId, LabelId, PersonId, StoryId},
    label::LabelKind,
    op::{Change, Edit, Op, OpBytes},
    story::{Audience, Story},
    sync::{
        ledger::{From, Incoming, Push},
        memory::Phone,
        phone::{Block, Done, LibraryRow, Page, Transaction},
        round::Trouble,
        wire::{BODY_BYTES, Outcome, Token},
    },
    text::StoryText,
    thing::{ThingKind, ThingRef, fields},
    time::Millis,
};

use crate::world::{Act, World};

const ELIN: usize = 0;
const MICKE: usize = 2;
const KARIN: usize = 3;

fn department(name: &str) -> LabelId {
    LabelId::named(LabelKind::Department, name)
}

fn set(field: &str, value: serde_json::Value) -> Change {
    Change::Edit(Edit { set: Object::from_iter([(field.to_owned(), value)]), ..Edit::default() })
}

impl World {
    fn tell_for(&mut self, phone: usize, audience: Audience, place: &str) -> ThingRef {
        let mut story = Story::blank(self.phones[phone].0);
        story.situation = Some(StoryText::new("regn").unwrap());
        (story.audience, story.department) = (audience, Some(department(place)));
        let thing = ThingRef::story(StoryId::mint(Millis(self.now), &self.randomness()));
        self.tell(phone, thing.clone(), Change::Create(fields(&story)));
        thing
    }

    fn works_in(&mut self, name: &str, place: &str) {
        let place = set("department", serde_json::json!(department(place)));
        self.made_by_server(vec![(ThingRef::person(PersonId::named(name)), place)]);
    }

    /// Whoever sits at `phone` is shown exactly what the server lets them see.
    fn shows_what_they_may_see(&self, phone: usize) {
        let reader = self.server.reader(self.phones[phone].0);
        assert_eq!(self.phones[phone].2.shown_to(&reader), self.visible(phone));
    }
}

/// Elin in paint, Micke in building; each has told for their own department, and Elin for herself.
fn two_departments() -> World {
    let mut world = World::new();
    world.works_in("Elin", "Färg");
    world.works_in("Micke", "Bygg");
    for (phone, place) in [(ELIN, "Färg"), (MICKE, "Bygg")] {
        world.tell_for(phone, Audience::Department, place);
        world.tell_for(phone, Audience::Everyone, place);
        world.tell_for(phone, Audience::Author, place);
    }
    world.settle();
    world
}

#[test]
fn on_a_shared_phone_each_sees_what_they_may_and_no_more() {
    let mut world = two_departments();
    let unsent = world.tell_for(ELIN, Audience::Author, "Färg");
    world.sign_in(ELIN, "Micke");
    let micke = world.server.reader(PersonId::named("Micke"));
    let shown = world.phones[ELIN].2.shown_to(&micke);
    assert!(!shown.contains_key(&unsent) && shown.is_empty(), "before a word from the server");
    assert_eq!(world.sync(ELIN, &[]), None);
    world.shows_what_they_may_see(ELIN);
    assert!(world.server.rows.contains_key(&unsent), "what Elin told is sent all the same");
    world.sign_in(ELIN, "Elin");
    assert_eq!(world.sync(ELIN, &[]), None);
    world.shows_what_they_may_see(ELIN);
    assert!(world.visible(ELIN).contains_key(&unsent));
}

#[test]
fn the_same_person_reads_on_where_they_were() {
    let mut world = two_departments();
    let cursor = world.phones[ELIN].2.library.cursor.clone();
    world.sign_in(ELIN, "Elin");
    assert_eq!(world.phones[ELIN].2.library.cursor, cursor);
    assert!(cursor.is_some());
}

/// Elin's page is still on its way when Micke signs in.
#[test]
fn a_page_for_somebody_else_is_not_taken() {
    for first in [true, false] {
        let mut world = two_departments();
        let asked = world.phones[ELIN].2.library.cursor.clone().filter(|_| !first);
        if first {
            world.phones[ELIN].2.write(domain::sync::phone::Writes {
                library: Some(Default::default()),
                forgets_library: true,
                ..Default::default()
            });
        }
        let body = world.server.pull(PersonId::named("Elin"), asked.as_ref());
        let page = Page::parse(asked, &body).unwrap();
        world.sign_in(ELIN, "Micke");
        let absorb = Transaction::Absorb { page };
        assert_eq!(world.phones[ELIN].2.transact(&absorb), Ok(Done::NotOurs));
        assert!(world.phones[ELIN].2.blocks.is_empty());
        assert_eq!(world.sync(ELIN, &[]), None);
        world.shows_what_they_may_see(ELIN);
    }
}

/// Older clients did not note whose library lies on the phone.
#[test]
fn a_library_that_nobody_claims_is_read_anew_where_several_have_sat() {
    let mut world = two_departments();
    world.sign_in(ELIN, "Micke");
    world.sign_in(ELIN, "Elin");
    world.server.page_records = 100;
    // What an older client has left: Micke's library, and Elin in front of it.
    let page = Page::parse(None, &world.server.pull(PersonId::named("Micke"), None)).unwrap();
    let store = &mut world.phones[ELIN].2;
    store.blocks = [(0, Block { number: 0, lines: page.lines })].into();
    let cursor = Some(page.header.cursor);
    store.library =
        LibraryRow { cursor, seq: page.header.seq, next_block: 1, complete: true, ..LibraryRow::default() };
    world.settle();
    world.shows_what_they_may_see(ELIN);
}

#[test]
fn a_library_that_only_one_person_can_have_read_is_theirs() {
    let mut world = two_departments();
    world.phones[ELIN].2.library.reader = None;
    let cursor = world.phones[ELIN].2.library.cursor.clone();
    world.settle();
    assert_eq!(world.phones[ELIN].2.library.handovers, 0);
    assert_eq!(world.phones[ELIN].2.library.reader, Some(PersonId::named("Elin")));
    assert_eq!(world.phones[ELIN].2.library.cursor, cursor);
}

#[test]
fn a_phone_that_may_not_read_hears_of_a_restore() {
    for signs_out in [true, false] {
        let mut world = World::new();
        world.settle();
        let backup = world.server.clone();
        world.act(&Act::Tell { phone: ELIN, text: "a".into() });
        world.settle();
        let told = ThingRef::story(world.told[0]);
        if signs_out {
            world.sign_out(ELIN);
        } else {
            // The server knows the session no more; what was told may still be sent.
            world.may_not_read.insert(ELIN);
        }
        world.server = backup;
        world.restore();
        let trouble = world.sync(ELIN, &[]);
        assert_eq!(trouble, (!signs_out).then_some(Trouble::SignedOut));
        assert!(world.server.rows.contains_key(&told), "what the server had lost is offered again");
    }
}

#[test]
fn a_receipt_from_before_a_restore_does_not_count() {
    let mut world = World::new();
    world.act(&Act::Tell { phone: ELIN, text: "a".into() });
    let backup = world.server.clone();
    let (person, device, store) = &mut world.phones[ELIN];
    let Ok(Done::Took(Some(batch))) =
        store.transact(&Transaction::Take { device: *device, deferred: None, bytes: BODY_BYTES })
    else {
        panic!("there is something to send");
    };
    let ops = batch.body.lines().map(Incoming::read).collect();
    let push = Push { from: From::Person(*person), ops, now: Millis(1) };
    let answer = world.server.push(&[push]).remove(0);
    // The answer is under way while the server is set back and another tab reads for the first time.
    world.server = backup;
    world.restore();
    let body = world.server.pull(PersonId::named("Elin"), None);
    let store = &mut world.phones[ELIN].2;
    let absorb = Transaction::Absorb { page: Page::parse(None, &body).unwrap() };
    assert!(matches!(store.transact(&absorb), Ok(Done::Absorbed { .. })));
    let receive =
        Transaction::Receive { device: batch.device, numbers: batch.numbers, starts: batch.starts, answer };
    assert!(store.transact(&receive).is_ok());
    world.settle();
    world.check();
}

/// A curator's phone knows a story that the restored server does not, and changes it twice. Between the two the
/// server's clock is set back.
#[test]
fn what_waited_is_done_in_the_order_in_which_it_was_told() {
    for clock in [[100, 200], [200, 100]] {
        let mut world = World::new();
        let thing = world.tell_for(ELIN, Audience::Everyone, "Färg");
        let (karin, device) = (world.phones[KARIN].0, DeviceId::mint(Millis(7), &[7; 10]));
        for ((device_seq, day), now) in [(1, "2026-02-03"), (2, "2026-02-04")].into_iter().zip(clock) {
            let change = set("occurred_on", day.into());
            let op = Op {
                device,
                device_seq,
                at: Millis(0),
                actor: karin,
                thing: thing.clone(),
                base: None,
                change,
            };
            let ops = vec![Incoming::read(OpBytes::of(&op).as_str())];
            let push = Push { from: From::Person(karin), ops, now: Millis(now) };
            assert_eq!(world.server.push(&[push])[0].receipts[0].outcome, Outcome::Deferred);
        }
        assert_eq!(world.sync(ELIN, &[]), None);
        assert_eq!(world.server.rows[&thing].state["occurred_on"], "2026-02-04");
    }
}

#[test]
fn nobody_is_shown_what_another_has_pending_for_herself() {
    let mut world = World::new();
    let hers = world.tell_for(ELIN, Audience::Author, "Färg");
    let ours = world.tell_for(ELIN, Audience::Everyone, "Färg");
    let micke = world.server.reader(PersonId::named("Micke"));
    let shown = world.phones[ELIN].2.shown_to(&micke);
    assert!(shown.contains_key(&ours) && !shown.contains_key(&hers));
    assert!(shown.keys().all(|thing| thing.kind == ThingKind::Story));
}

/// Micke wrote at a story that was not his to write at, and has gone. What was refused waits for him.
#[test]
fn what_was_refused_is_shown_to_whoever_told_it() {
    let mut world = World::new();
    world.act(&Act::Tell { phone: ELIN, text: "a".into() });
    world.settle();
    world.act(&Act::Edit { phone: MICKE, story: 0, text: "a b".into() });
    assert_eq!(world.sync(MICKE, &[]), None);
    for (name, count) in [("Elin", 0), ("Micke", 1)] {
        world.sign_in(MICKE, name);
        assert_eq!(world.phones[MICKE].2.needs_its_person().count(), count, "for {name}");
    }
    world.sign_out(MICKE);
    assert_eq!(world.phones[MICKE].2.needs_its_person().count(), 0, "for nobody");
}

/// Each store keeps when an op was received, and makes states again from that.
#[test]
fn what_waited_is_done_as_of_the_moment_it_was_received() {
    let mut world = World::new();
    let thing = world.tell_for(ELIN, Audience::Everyone, "Färg");
    let (karin, device) = (world.phones[KARIN].0, DeviceId::mint(Millis(7), &[7; 10]));
    let (at, change) = (Millis(0), Change::Delete);
    let op = Op { device, device_seq: 1, at, actor: karin, thing: thing.clone(), base: None, change };
    let ops = vec![Incoming::read(OpBytes::of(&op).as_str())];
    world.server.push(&[Push { from: From::Person(karin), ops, now: Millis(123) }]);
    assert_eq!(world.sync(ELIN, &[]), None);
    let logged = &world.server.ops[&(device, 1)];
    assert_eq!((&logged.receipt.outcome, logged.receipt.at), (&Outcome::Applied, Millis(123)));
    assert_eq!(world.server.rows[&thing].state["deleted_at"], 123);
}

/// A server that was restored lacks what Elin told, and her phone has noticed. Before it can offer that again, Micke and
/// then Elin sign in on it.
#[test]
fn what_is_offered_again_is_shown_after_somebody_else_has_read_here() {
    let mut world = World::new();
    world.settle();
    let backup = world.server.clone();
    let thing = world.tell_for(ELIN, Audience::Author, "Färg");
    world.settle();
    world.server = backup;
    world.restore();
    let asked = world.phones[ELIN].2.library.cursor.clone();
    let body = world.server.pull(PersonId::named("Elin"), asked.as_ref());
    let page = Page::parse(asked, &body).unwrap();
    assert_eq!(world.phones[ELIN].2.transact(&Transaction::StartOver { page }), Ok(Done::StartedOver));
    for name in ["Micke", "Elin"] {
        world.sign_in(ELIN, name);
        let reader = world.server.reader(PersonId::named(name));
        let shown = world.phones[ELIN].2.shown_to(&reader).contains_key(&thing);
        assert_eq!(shown, name == "Elin");
    }
    world.settle();
    world.shows_what_they_may_see(ELIN);
}

/// The clock of Elin's phone is set back between two changes, and the server that has received both is restored.
#[test]
fn what_is_offered_again_is_shown_in_the_order_in_which_it_was_told() {
    let mut world = World::new();
    world.act(&Act::Tell { phone: ELIN, text: "a".into() });
    world.settle();
    let backup = world.server.clone();
    let thing = ThingRef::story(world.told[0]);
    for (text, clock) in [("a b", 1_000_000), ("a b c", -500_000)] {
        world.now += clock;
        world.act(&Act::Edit { phone: ELIN, story: 0, text: text.into() });
    }
    world.settle();
    world.server = backup;
    world.restore();
    let pulled = |asked: Option<Token>| {
        let body = world.server.pull(PersonId::named("Elin"), asked.as_ref());
        Page::parse(asked, &body).unwrap()
    };
    let phone = &mut world.phones[ELIN].2;
    let page = pulled(phone.library.cursor.clone());
    assert_eq!(phone.transact(&Transaction::StartOver { page }), Ok(Done::StartedOver));
    let absorb = |phone: &mut Phone| {
        phone.transact(&Transaction::Absorb { page: pulled(phone.library.cursor.clone()) })
    };
    while let Ok(Done::Absorbed { more: true, .. }) = absorb(phone) {}
    let shown = phone.shown_to(&world.server.reader(PersonId::named("Elin")));
    assert_eq!(shown[&thing]["situation"], "a b c");
}

/// Elin's changes are answered while those that Karin made after her, on the same phone, are still on their way.
#[test]
fn whoever_wrote_last_on_a_shared_phone_is_shown_while_others_are_answered() {
    let mut world = World::new();
    world.act(&Act::Tell { phone: ELIN, text: "a".into() });
    world.act(&Act::Edit { phone: ELIN, story: 0, text: "a b".into() });
    world.sign_in(ELIN, "Karin");
    world.act(&Act::Edit { phone: ELIN, story: 0, text: "a b c".into() });
    world.sign_in(ELIN, "Karin");
    world.act(&Act::Tag { phone: ELIN, story: 0, tag: 1, on: true });
    world.settle();
    assert_eq!(world.server.rows[&ThingRef::story(world.told[0])].state["situation"], "a b c");
}
