//! A restored server gets back what live phones had read of it, whoever told it.

use domain::{
    id::PersonId,
    op::Change,
    sync::phone::{Done, Page, Transaction},
    thing::ThingRef,
};

use crate::world::{Act, Luck, World};

const ELIN: usize = 0;
const MICKE: usize = 2;
const KARIN: usize = 3;

/// Elin tells and changes a story after the backup was made, and Micke reads both. Then the server is restored, and her
/// phone is gone.
fn lost_with_its_phone() -> (World, ThingRef) {
    let mut world = World::new();
    let backup = world.server.clone();
    world.act(&Act::Tell { phone: ELIN, text: "a b".into() });
    world.act(&Act::Edit { phone: ELIN, story: 0, text: "a b c".into() });
    world.settle();
    world.server = backup;
    world.restore();
    let thing = ThingRef::story(world.told[0]);
    (world, thing)
}

#[test]
fn what_another_told_is_handed_back_whatever_befalls_the_message() {
    for luck in [vec![], vec![Luck::Arrives, Luck::RequestLost], vec![Luck::Arrives, Luck::AnswerLost]] {
        let (mut world, thing) = lost_with_its_phone();
        assert!(!world.server.rows.contains_key(&thing));
        let _ = world.sync(MICKE, &luck);
        assert_eq!(world.sync(MICKE, &[]), None);
        assert_eq!(world.server.rows[&thing].state["situation"], "a b c");
        assert!(!world.phones[MICKE].2.library.hands_back, "once is enough");
        // Nobody hands back a second time what is there.
        let ops = world.server.ops.len();
        assert_eq!(world.sync(KARIN, &[]), None);
        assert_eq!(world.server.ops.len(), ops);
        world.settle();
        assert_eq!(world.server.rows[&thing].state["situation"], "a b c", "her own ops come as well");
        world.check();
    }
}

/// Two tabs hear that the server was restored, one of them only when the other has read it to its end.
#[test]
fn a_reading_that_has_begun_anew_is_not_begun_anew_by_an_answer_from_before() {
    let (mut world, _) = lost_with_its_phone();
    let asked = world.phones[MICKE].2.library.cursor.clone();
    let body = world.server.pull(PersonId::named("Micke"), asked.as_ref());
    let page = Page::parse(asked, &body).unwrap();
    assert!(page.header.reset.is_some());
    assert_eq!(world.sync(MICKE, &[]), None);
    let phone = &mut world.phones[MICKE].2;
    let (library, devices) = (phone.library.clone(), phone.devices.clone());
    assert_eq!(phone.transact(&Transaction::StartOver { page }), Ok(Done::StartedOver));
    assert_eq!((&phone.library, &phone.devices), (&library, &devices));
}

#[test]
fn what_was_written_since_stands_and_the_other_text_is_kept_beside() {
    let (mut world, thing) = lost_with_its_phone();
    // Her phone offers the story again, and she goes on with it before anybody else comes by.
    assert_eq!(world.sync(ELIN, &[]), None);
    world.act(&Act::Edit { phone: ELIN, story: 0, text: "d".into() });
    assert_eq!(world.sync(ELIN, &[]), None);
    assert_eq!(world.sync(MICKE, &[]), None);
    assert_eq!(world.server.rows[&thing].state["situation"], "d");
    let kept = |text: &str| world.server.ops.values().any(|op| op.bytes.contains(text));
    assert!(kept("a b c"));
}

#[test]
fn a_deletion_that_a_restore_has_undone_stays_undone() {
    let mut world = World::new();
    world.act(&Act::Tell { phone: ELIN, text: "a".into() });
    world.settle();
    let backup = world.server.clone();
    let thing = ThingRef::story(world.told[0]);
    // By the server, so that no phone offers the op again.
    world.made_by_server(vec![(thing.clone(), Change::Delete)]);
    world.settle();
    world.server = backup;
    world.restore();
    world.settle();
    assert!(!world.server.rows[&thing].is_deleted());
}

#[test]
fn nobody_hands_back_what_the_server_never_said() {
    let (mut world, thing) = lost_with_its_phone();
    for block in world.phones[MICKE].2.blocks.values_mut() {
        block.lines = block.lines.replace("a b c", "made up");
    }
    assert_eq!(world.sync(MICKE, &[]), None);
    assert!(!world.server.rows.contains_key(&thing));
    let person = ThingRef::person(PersonId::named("Micke"));
    assert!(world.server.rows.contains_key(&person), "the rest is as it was");
}
