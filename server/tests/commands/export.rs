//! `solsken export`: what came in goes out again, byte for byte.

use std::fs;

use domain::{
    Object,
    id::{DeviceId, LabelId, PersonId, StoryId},
    label::{Label, LabelKind},
    op::{Change, Op},
    person::{Person, Role},
    story::Story,
    sync::ledger::{From, Incoming, Push},
    text::{Name, StoryText},
    thing::{ThingRef, fields},
};
use proptest::{strategy::Strategy, strategy::ValueTree, test_runner::TestRunner};
use serde_json::json;
use server::clock;

use crate::{Desk, SAMPLES, story};

/// Imports this into an empty library and exports it.
fn once_around(content: &str) -> String {
    let desk = Desk::new();
    desk.import(content);
    desk.export()
}

#[test]
fn the_sample_library_comes_out_as_it_went_in() {
    assert_eq!(once_around(SAMPLES), SAMPLES);
}

#[test]
fn the_order_of_lines_and_keys_makes_no_difference() {
    let backwards: Vec<&str> = SAMPLES.lines().rev().collect();
    let key_by_key = |line: &&str| serde_json::from_str::<serde_json::Value>(line).unwrap().to_string();
    let shuffled: Vec<String> = backwards.iter().map(key_by_key).collect();
    assert_eq!(once_around(&shuffled.join("\n")), SAMPLES);
}

#[test]
fn what_is_odd_comes_out_the_second_time_as_it_did_the_first() {
    let odd = [
        story(1, "<script>alert(1)</script>&\"'\\ \u{7}\u{2028}\u{202e}🌞 e\u{301}", ", \"audience\": \"author\""),
        story(2, "  blanksteg runtom\t", ", \"status\": \"in_review\", \"language\": \"en\""),
        story(3, "taggar", ", \"tags\": [\"Mod\", \"mod\", \" lång  kö\"], \"values\": [\"mod\"], \"site\": \"borås\""),
        story(4, "taggar", ", \"tags\": [\"LÅNG KÖ\", \"mod\"], \"values\": [\"MOD\"], \"site\": \"Borås\""),
        story(5, "fält", ", \"zebra\": {\"b\": [1, null], \"a\": {}}, \"apa\": null, \"extra\": {\"id\": 1}, \"Title\": 1"),
        story(6, "tal", ", \"n\": [0, -0.0, 1.0, 1e300, 18446744073709551615, -9223372036854775808, 123456789012345678901]"),
        story(7, "avsändare", "").replace("Elin W.", " elin w. "),
        story(8, "sort", "").replace("colleague", "other"),
        story(9, "dag", ", \"occurred_on\": \"0000-02-29\", \"department\": \"Färg\", \"quote\": \" \""),
    ]
    .concat();
    let first = once_around(&odd);
    assert_eq!(first.lines().count(), 9);
    assert!(
        first.contains(r#""apa": null, "extra": {"id": 1}, "zebra": {"a": {}, "b": [1, null]}"#),
        "{first}"
    );
    assert_eq!(once_around(&first), first);
}

#[test]
fn every_number_survives_the_journey() {
    let mut runner = TestRunner::deterministic();
    let numbers = proptest::collection::vec(proptest::num::f64::NORMAL, 2_000);
    let numbers = numbers.new_tree(&mut runner).unwrap().current();
    let first = once_around(&story(1, "tal", &format!(", \"n\": {}", json!(numbers))));
    assert_eq!(once_around(&first), first);
    let read: serde_json::Value = serde_json::from_str(&first).unwrap();
    let read: Vec<String> = read["n"].as_array().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(read, numbers.iter().map(|n| json!(n).to_string()).collect::<Vec<_>>());
}

/// Ops as phones leave them behind: things whose names an import would take for one.
fn push(changes: Vec<(ThingRef, Change)>) -> Push {
    let device = DeviceId::mint(clock::now(), &clock::randomness());
    let op = |(at, (thing, change)): (usize, (ThingRef, Change))| Op {
        device,
        device_seq: at as u64 + 1,
        at: clock::now(),
        actor: PersonId::SYSTEM,
        thing,
        base: None,
        change,
    };
    let ops = changes.into_iter().enumerate().map(op).map(Incoming::of).collect();
    Push { from: From::System, ops, now: clock::now() }
}

fn minted(n: u8) -> StoryId {
    StoryId::mint(domain::time::Millis(i64::from(n)), &[n; 10])
}

#[tokio::test]
async fn names_that_differ_only_in_case_are_written_in_one_way() {
    let desk = Desk::new();
    desk.import("");
    let (mut changes, mut stories) = (Vec::new(), Vec::new());
    for (n, name) in ["Elin W.", "elin w.", "ELIN  W."].into_iter().enumerate() {
        let n = n as u8 + 1;
        let person = PersonId::from_uuid(minted(n).uuid());
        let name = Name::new(name).unwrap();
        let state =
            Person { name: name.clone(), role: Role::Member, site: None, department: None, joined_at: None };
        changes.push((ThingRef::person(person), Change::Create(fields(&state))));
        let (tag, place) =
            (LabelId::from_uuid(minted(n + 20).uuid()), LabelId::from_uuid(minted(n + 40).uuid()));
        for (kind, label) in [(LabelKind::Tag, tag), (LabelKind::Site, place)] {
            changes.push((ThingRef::label(kind, label), Change::Create(fields(&Label::new(name.clone())))));
        }
        stories.push((n, person, tag, place));
    }
    let tags: Vec<LabelId> = stories.iter().map(|(_, _, tag, _)| *tag).collect();
    for (n, person, _, place) in stories {
        let situation = Some(StoryText::new("a").unwrap());
        let told = Story { situation, tags: tags.clone(), site: Some(place), ..Story::blank(person) };
        changes.push((ThingRef::story(minted(n)), Change::Create(fields(&told))));
    }
    let store = desk.store().await;
    store.push(&[push(changes)]).await.unwrap();
    store.close().await;
    let first = desk.export();
    assert_eq!(first.matches("\"site\": \"Elin W.\", \"tags\": [\"Elin W.\"]").count(), 3, "{first}");
    assert_eq!(first.matches("\"author\": \"Elin W.\"").count(), 3, "{first}");
    assert_eq!(once_around(&first), first);
}

#[tokio::test]
async fn a_story_of_a_kind_that_only_newer_phones_know_can_be_imported_again() {
    let desk = Desk::new();
    desk.import(story(1, "a", ""));
    let mut told = fields(&Story {
        situation: Some(StoryText::new("fest").unwrap()),
        ..Story::blank(PersonId::named("Elin W."))
    });
    told.insert("kind".into(), json!("party"));
    let store = desk.store().await;
    store.push(&[push(vec![(ThingRef::story(minted(1)), Change::Create(told))])]).await.unwrap();
    store.close().await;
    let first = desk.export();
    assert_eq!(once_around(&first), first);
}

#[tokio::test]
async fn a_deleted_story_is_not_exported_and_a_key_of_ours_is_written_once() {
    let desk = Desk::new();
    desk.import([story(1, "kvar", ""), story(2, "borta", "")].concat());
    let id = |n: &str| n.parse::<StoryId>().unwrap();
    let (kept, deleted) =
        (id("01991601-324d-7436-af22-2e9528f59101"), id("01991601-324d-7436-af22-2e9528f59102"));
    let extra = json!({ "id": deleted, "author": "Micke", "status": "archived", "shelf": 7 });
    let set = Object::from_iter([("extra".to_owned(), extra)]);
    let edit = Change::Edit(domain::op::Edit { set, ..Default::default() });
    let store = desk.store().await;
    store
        .push(&[push(vec![(ThingRef::story(deleted), Change::Delete), (ThingRef::story(kept), edit)])])
        .await
        .unwrap();
    store.close().await;
    let line = desk.export();
    assert_eq!(line.lines().count(), 1);
    assert!(line.ends_with("\"author\": \"Elin W.\", \"language\": \"sv\", \"shelf\": 7}\n"), "{line}");
}

#[test]
fn an_export_can_be_written_to_a_file() {
    let desk = Desk::new();
    desk.import(SAMPLES);
    let said = desk.run(&["export", "--out", "ut.jsonl"]);
    assert!(said.ok && said.out.is_empty(), "{}", said.err);
    assert_eq!(fs::read_to_string(desk.path().join("ut.jsonl")).unwrap(), SAMPLES);
    let said = desk.run(&["export", "--out", "finns/inte.jsonl"]);
    assert!(!said.ok && said.err.contains("finns/inte.jsonl"), "{}", said.err);
}

#[test]
fn an_empty_library_is_exported_as_nothing() {
    let desk = Desk::new();
    desk.import("");
    assert_eq!(desk.export(), "");
}

#[test]
fn a_mistyped_folder_is_no_empty_library() {
    let desk = Desk::new();
    desk.import(SAMPLES);
    for asked in [&["export", "--data", "dat"][..], &["search", "kund", "--data", "dat"]] {
        let said = desk.run(asked);
        assert!(!said.ok && said.err.contains("there is no library in dat"), "{}", said.err);
    }
    assert!(!desk.path().join("dat").exists());
}

#[test]
fn a_query_may_begin_with_a_hyphen() {
    let desk = Desk::new();
    desk.import(SAMPLES);
    assert!(desk.run(&["search", "-10 grader"]).ok);
}

#[test]
fn an_imported_story_is_found_and_its_id_printed() {
    let desk = Desk::new();
    desk.import(SAMPLES);
    let said = desk.run(&["search", "mandarinmannen", "--json"]);
    assert!(said.ok, "{}", said.err);
    let ids: Vec<StoryId> = serde_json::from_str(&said.out).unwrap();
    let first = SAMPLES.lines().find(|line| line.contains("\"title\": \"Mandarinmannen\"")).unwrap();
    assert!(first.contains(&ids[0].to_string()) && ids.len() <= 10, "{ids:?}");
}
