//! Lines and proxies that let nothing large through, in either direction.

use std::collections::BTreeMap;

use domain::{
    id::StoryId,
    op::{Change, Edit, TextEdit},
    story::Story,
    sync::{
        round::Trouble,
        sizes::Sizes,
        wire::{BODY_BYTES, PAGE_BYTES, PAGE_RECORDS},
    },
    text::StoryText,
    thing::{ThingRef, fields},
    time::Millis,
};

use crate::world::World;

const ELIN: usize = 0;
const MICKE: usize = 2;

/// Tells stories of so many bytes on a phone that is offline.
fn tell(world: &mut World, phone: usize, count: usize, bytes: usize) {
    for _ in 0..count {
        let id = StoryId::mint(Millis(world.now), &world.randomness());
        let mut story = Story::blank(world.phones[phone].0);
        let parts = [&mut story.situation, &mut story.action, &mut story.outcome, &mut story.lesson];
        for (at, part) in parts.into_iter().enumerate() {
            let text = bytes.saturating_sub(at * StoryText::MAX_CHARS).min(StoryText::MAX_CHARS);
            *part = (text > 0).then(|| StoryText::new("x".repeat(text)).unwrap());
        }
        world.told.push(id);
        world.tell(phone, ThingRef::story(id), Change::Create(fields(&story)));
    }
}

/// Rounds until one ends without trouble, and the troubles before.
fn troubles(world: &mut World, phone: usize) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    while let Some(trouble) = world.sync(phone, &[]) {
        troubles.push(trouble);
        assert!(troubles.len() < 30, "it never gets through: {troubles:?}");
    }
    troubles
}

fn sent(world: &World, phone: usize) -> bool {
    world.phones[phone].2.devices.values().all(|row| row.unsent() == 0)
}

#[test]
fn a_push_is_never_larger_than_what_proxies_pass() {
    let mut world = World::new();
    tell(&mut world, ELIN, 60, 39_000);
    assert_eq!(world.sync(ELIN, &[]), None);
    assert!(sent(&world, ELIN));
    let largest = *world.line.pushed.iter().max().unwrap();
    assert!(largest < 1_000_000 && largest > BODY_BYTES / 2, "{largest}");
}

#[test]
fn a_proxy_with_a_limit_of_its_own_gets_half_as_much_until_all_is_sent() {
    let mut world = World::new();
    world.line.most_pushed = Some((100_000, Trouble::TooLarge));
    tell(&mut world, ELIN, 30, 39_000);
    assert_eq!(world.sync(ELIN, &[]), None, "it says no at once, so all of it is in one round");
    assert!(sent(&world, ELIN));
    let failed = world.line.pushed.iter().filter(|size| **size > 100_000).count();
    assert!(failed <= 8, "{:?}", world.line.pushed);
}

#[test]
fn a_push_that_takes_too_long_is_half_as_large_in_the_next_round_and_what_there_is_to_read_is_read() {
    let mut world = World::new();
    tell(&mut world, MICKE, 1, 1_000);
    assert_eq!(world.sync(MICKE, &[]), None);
    world.line.most_pushed = Some((100_000, Trouble::Timeout));
    tell(&mut world, ELIN, 30, 39_000);
    world.line.pushed.clear();
    assert_eq!(world.sync(ELIN, &[]), Some(Trouble::Timeout));
    assert_eq!(world.line.pushed.len(), 1, "forty-five seconds once a round");
    let read = ThingRef::story(world.told[0]);
    assert!(world.phones[ELIN].2.shown().contains_key(&read));
    // Whatever the next tab is, it begins where this one stopped.
    assert!(troubles(&mut world, ELIN).len() <= 12);
    assert!(sent(&world, ELIN));
    world.line.most_pushed = None;
    world.line.pushed.clear();
    tell(&mut world, ELIN, 60, 39_000);
    assert_eq!(world.sync(ELIN, &[]), None);
    assert!(world.line.pushed.len() < 20, "on a good line it grows back: {:?}", world.line.pushed);
    assert_eq!(world.phones[ELIN].2.library.sizes, Sizes::default());
}

#[test]
fn an_op_that_nothing_lets_through_is_said_to_be_too_large_and_holds_up_nobody_elses() {
    let mut world = World::new();
    world.line.most_pushed = Some((10_000, Trouble::TooLarge));
    tell(&mut world, ELIN, 1, 39_000);
    world.sign_in(ELIN, "Micke");
    tell(&mut world, ELIN, 3, 1_000);
    for _ in 0..3 {
        assert_eq!(world.sync(ELIN, &[]), Some(Trouble::TooLarge));
    }
    let phone = &world.phones[ELIN].2;
    let unsent: Vec<u64> = phone.devices.values().map(|row| row.unsent()).collect();
    assert_eq!(unsent.iter().sum::<u64>(), 1, "it stays in the queue: {unsent:?}");
    assert!(phone.attention.is_empty(), "nobody has refused it for good");
    assert!(phone.shown().contains_key(&ThingRef::story(world.told[3])));
    world.line.most_pushed = None;
    assert_eq!(world.sync(ELIN, &[]), None);
    assert!(sent(&world, ELIN));
}

#[test]
fn a_filter_that_refuses_one_text_holds_up_no_more_than_what_comes_after_it() {
    let mut world = World::new();
    world.line.refuses = Some(("DROP TABLE", Trouble::NotSolsken));
    tell(&mut world, ELIN, 10, 100);
    let id = StoryId::mint(Millis(world.now), &world.randomness());
    let mut story = Story::blank(world.phones[ELIN].0);
    story.situation = Some(StoryText::new("Kassan sa DROP TABLE till alla.").unwrap());
    world.tell(ELIN, ThingRef::story(id), Change::Create(fields(&story)));
    for _ in 0..8 {
        assert_eq!(world.sync(ELIN, &[]), Some(Trouble::NotSolsken));
    }
    let unsent: u64 = world.phones[ELIN].2.devices.values().map(|row| row.unsent()).sum();
    assert_eq!(unsent, 1);
}

#[test]
fn every_op_that_was_put_off_is_asked_for_in_each_round_however_small_pushes_are() {
    let mut world = World::new();
    world.newer_server = true;
    tell(&mut world, ELIN, 12, 1_000);
    assert_eq!(world.sync(ELIN, &[]), None);
    world.line.most_pushed = Some((2_000, Trouble::TooLarge));
    assert_eq!(world.sync(ELIN, &[]), None);
    world.line.pushed.clear();
    world.newer_server = false;
    assert_eq!(world.sync(ELIN, &[]), None);
    assert!(world.phones[ELIN].2.devices.values().all(|row| !row.has_deferred()));
}

#[test]
fn what_the_server_goes_on_putting_off_holds_up_nobody_elses_words_on_a_slow_line() {
    let mut world = World::new();
    for _ in 0..6 {
        let nobody_told = StoryId::mint(Millis(world.now), &world.randomness());
        let text = TextEdit { from: String::new(), to: "x".repeat(3_000) };
        let edit = Edit { text: BTreeMap::from([("situation".into(), text)]), ..Edit::default() };
        world.tell(ELIN, ThingRef::story(nobody_told), Change::Edit(edit));
    }
    assert_eq!(world.sync(ELIN, &[]), None);
    let deferred = world.phones[ELIN].1;
    world.sign_in(ELIN, "Micke");
    world.line.most_pushed = Some((5_500, Trouble::Timeout));
    tell(&mut world, ELIN, 10, 2_600);
    let failed = troubles(&mut world, ELIN);
    assert!(failed.len() <= 16, "{failed:?}");
    assert!(sent(&world, ELIN));
    assert!(world.phones[ELIN].2.devices[&deferred].has_deferred(), "they still wait");
    world.line.most_pushed = None;
    for _ in 0..16 {
        assert_eq!(world.sync(ELIN, &[]), None);
    }
    world.line.pushed.clear();
    assert_eq!(world.sync(ELIN, &[]), None);
    assert_eq!(world.line.pushed.len(), 1, "on a good line they go together again: {:?}", world.line.pushed);
}

#[test]
fn a_page_is_bounded_by_bytes_and_smaller_after_one_took_too_long() {
    let mut world = World::new();
    world.server.page_records = PAGE_RECORDS;
    tell(&mut world, MICKE, 60, 39_000);
    assert_eq!(world.sync(MICKE, &[]), None);
    world.line.pulled.clear();
    world.line.most_pulled = Some(90_000);
    let failed = troubles(&mut world, ELIN);
    assert!(failed.len() < 16, "{failed:?}");
    assert!(world.line.pulled.iter().all(|size| *size < PAGE_BYTES + 100_000), "{:?}", world.line.pulled);
    assert_eq!(world.phones[ELIN].2.shown(), world.visible(ELIN));
    world.line.most_pulled = None;
    tell(&mut world, MICKE, 60, 39_000);
    assert_eq!(world.sync(MICKE, &[]), None);
    assert_eq!(world.sync(ELIN, &[]), None);
    assert_eq!(world.phones[ELIN].2.library.sizes, Sizes::default(), "on a good line it grows back");
}

#[test]
fn a_record_that_is_larger_than_a_page_comes_alone() {
    let mut world = World::new();
    world.server.page_records = PAGE_RECORDS;
    world.server.page_bytes = 1;
    tell(&mut world, MICKE, 3, 39_000);
    world.settle();
    world.check();
}
