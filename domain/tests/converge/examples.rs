//! What befalls one story, step by step.

use domain::{
    id::{PersonId, StoryId},
    sync::{
        ledger::{From, Incoming, Push},
        wire::Outcome,
    },
    thing::{ThingKind, ThingRef},
    time::Millis,
};

use crate::world::{Act, Luck, World};

#[test]
fn overlapping_edits_keep_both_texts() {
    let mut world = World::new();
    world.act(&Act::Tell { phone: 0, text: "a b".into() });
    world.settle();
    world.act(&Act::Edit { phone: 0, story: 0, text: "a c".into() });
    world.act(&Act::Edit { phone: 3, story: 0, text: "a d".into() });
    world.sync(0, &[]);
    world.settle();
    world.check();
    let conflict = world.server.rows.iter().find(|(thing, _)| thing.kind == ThingKind::Conflict).unwrap().1;
    assert_eq!(conflict.state["texts"]["situation"], serde_json::json!({ "kept": "a c", "lost": "a d" }));
    assert_eq!(conflict.owner, Some(PersonId::named("Elin")), "the author is told");
}

#[test]
fn adding_a_tag_wins_over_removing_it_elsewhere() {
    for order in [[0, 3], [3, 0]] {
        let mut world = World::new();
        world.act(&Act::Tell { phone: 0, text: "a".into() });
        world.settle();
        world.act(&Act::Tag { phone: 0, story: 0, tag: 1, on: true });
        world.act(&Act::Tag { phone: 3, story: 0, tag: 1, on: false });
        for phone in order {
            world.sync(phone, &[]);
        }
        world.settle();
        let story = &world.server.rows[&ThingRef::story(world.told[0])];
        assert_eq!(story.state["tags"].as_array().unwrap().len(), 1);
        // Someone who has seen the tag can take it away.
        world.act(&Act::Tag { phone: 3, story: 0, tag: 1, on: false });
        world.settle();
        assert_eq!(world.server.rows[&ThingRef::story(world.told[0])].state.get("tags"), None);
    }
}

#[test]
fn a_cloned_profile_loses_nothing() {
    let mut world = World::new();
    world.act(&Act::Tell { phone: 0, text: "a".into() });
    let twin = world.phones[0].clone();
    world.phones.push(twin);
    world.act(&Act::Tell { phone: 0, text: "b".into() });
    world.act(&Act::Tell { phone: 4, text: "c".into() });
    world.settle();
    world.check();
    assert_eq!(world.visible(2).keys().filter(|thing| thing.kind == ThingKind::Story).count(), 3);
}

#[test]
fn an_edit_waits_for_the_story_it_is_about() {
    let mut world = World::new();
    world.act(&Act::Tell { phone: 0, text: "a b".into() });
    let whole = world.server.clone();
    world.settle();
    world.act(&Act::Edit { phone: 3, story: 0, text: "a b c".into() });
    // The server is set back to before it heard of the story; the curator's phone speaks first.
    world.server = whole;
    world.restored = true;
    world.sync(3, &[Luck::Arrives, Luck::RequestLost]);
    assert!(world.server.ops.values().any(|op| op.receipt.outcome == Outcome::Deferred));
    world.settle();
    let story = &world.server.rows[&ThingRef::story(world.told[0])];
    assert_eq!(story.state["situation"], "a b c");
    world.check();
}

#[test]
fn a_change_of_a_kind_from_the_future_is_kept_and_does_not_block() {
    let mut world = World::new();
    let (person, device, _) = world.phones[0];
    let line = format!(
        r#"{{"device":"{device}","device_seq":1,"at":1,"actor":"{person}","thing":{{"kind":"pulse","id":"{}"}},"change":{{"levitate":3}}}}"#,
        StoryId::mint(Millis(1), &[1; 10]),
    );
    let push = Push { from: From::Person(person), ops: vec![Incoming::read(&line)], now: Millis(1) };
    let answer = world.server.push(&[push]).remove(0);
    assert_eq!(answer.receipts[0].outcome, Outcome::Deferred);
    assert_eq!(world.server.ops[&(device, 1)].bytes, line);
}

/// What it means for the op, only a newer client knows. It is kept, shown and asked for again until there is a word that
/// is understood.
#[test]
fn an_answer_from_the_future_loses_nothing_and_is_asked_for_again() {
    let mut world = World::new();
    world.act(&Act::Tell { phone: 0, text: "a".into() });
    world.settle();
    world.newer_server = true;
    world.act(&Act::Edit { phone: 0, story: 0, text: "a b".into() });
    world.act(&Act::Edit { phone: 2, story: 0, text: "a c".into() });
    for phone in [0, 2] {
        assert_eq!(world.sync(phone, &[]), None, "it holds nothing up");
        assert!(world.phones[phone].2.overlays.contains_key(&ThingRef::story(world.told[0])));
        assert!(world.phones[phone].2.attention.is_empty(), "nobody knows yet");
    }
    world.newer_server = false;
    world.settle();
    world.check();
    assert_eq!(world.phones[2].2.attention.len(), 1, "it was not Micke's to change");
}

#[test]
fn nobody_pushes_in_another_name() {
    let mut world = World::new();
    world.act(&Act::Tell { phone: 0, text: "a".into() });
    let bytes = world.phones[0].2.ops.values().next().unwrap().bytes.clone();
    let micke = world.phones[2].0;
    let push = Push { from: From::Person(micke), ops: vec![Incoming::read(bytes.as_str())], now: Millis(1) };
    let answer = world.server.push(&[push]).remove(0);
    assert_eq!(answer.receipts[0].outcome, Outcome::Rejected(domain::sync::wire::Reason::NotYours));
    world.settle();
    world.check();
}
