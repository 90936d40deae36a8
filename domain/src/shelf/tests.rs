use super::*;
use crate::{
    label::Label,
    query::Filter,
    story::Audience,
    text::{Name, StoryText},
    thing::fields,
};

fn story(text: &str, at: i64) -> Story {
    let mut story = Story::blank(PersonId::named("Elin"));
    story.situation = Some(StoryText::new(text).unwrap());
    story.published_at = Some(Millis(at));
    story.received_at = Some(Millis(at));
    story.tags = vec![LabelId::named(LabelKind::Tag, text)];
    story
}

fn id(n: u8) -> StoryId {
    StoryId::mint(Millis(1), &[n; 10])
}

fn line(thing: &ThingRef, seq: u64, state: Option<&Object>) -> String {
    let record = Record {
        kind: thing.kind.clone(),
        id: thing.id,
        seq,
        state: state.map(|state| serde_json::value::to_raw_value(state).unwrap()),
        mac: None,
        meant: false,
    };
    serde_json::to_string(&record).unwrap()
}

fn tag(name: &str) -> String {
    let id = LabelId::named(LabelKind::Tag, name);
    line(&ThingRef::label(LabelKind::Tag, id), 1, Some(&fields(&Label::new(Name::new(name).unwrap()))))
}

fn shelf() -> (Shelf, String) {
    let block = [
        tag("kö"),
        line(&ThingRef::story(id(1)), 2, Some(&fields(&story("kö", 10)))),
        line(&ThingRef::story(id(2)), 3, Some(&fields(&story("kö", 20)))),
    ]
    .join("\n");
    let mut shelf = Shelf::default();
    shelf.absorb(0, &block);
    (shelf, block)
}

#[test]
fn a_place_leads_to_the_record() {
    let (shelf, block) = shelf();
    let Some(Place::Block { number: 0, start, len }) = shelf.place(id(2)) else { panic!("it is in block 0") };
    let text = &block[start as usize..(start + len) as usize];
    assert_eq!(serde_json::from_str::<Record>(text).unwrap().id, id(2).into());
}

#[test]
fn the_newest_come_first_and_are_counted() {
    let (shelf, _) = shelf();
    let listed = shelf.newest(&Filter::default(), 0, 10);
    assert_eq!(listed.ids, [id(2), id(1)]);
    assert_eq!(
        listed.facets.tags.iter().map(|(tag, n)| (tag.name.as_str(), *n)).collect::<Vec<_>>(),
        [("kö", 2)]
    );
    assert_eq!(shelf.newest(&Filter::default(), 1, 10).ids, [id(1)]);
    let other = Filter { tag: Some(LabelId::named(LabelKind::Tag, "annat")), ..Filter::default() };
    let listed = shelf.newest(&other, 0, 10);
    assert_eq!((listed.total, listed.unfiltered), (0, 2));
}

#[test]
fn only_tags_of_stories_that_one_sees_can_be_chosen() {
    let (mut shelf, _) = shelf();
    shelf.absorb(1, &tag("sjukskriven"));
    let tags = |shelf: &Shelf| shelf.labels().tags.into_iter().map(|tag| tag.name).collect::<Vec<_>>();
    assert_eq!(tags(&shelf), ["kö"]);
    shelf.absorb(2, &line(&ThingRef::story(id(3)), 4, Some(&fields(&story("sjukskriven", 30)))));
    assert_eq!(tags(&shelf), ["kö", "sjukskriven"]);
}

#[test]
fn a_later_record_replaces_an_earlier_one_and_gone_takes_it_away() {
    let (mut shelf, _) = shelf();
    shelf.absorb(1, &line(&ThingRef::story(id(1)), 9, Some(&fields(&story("annat", 30)))));
    assert_eq!(shelf.newest(&Filter::default(), 0, 10).ids, [id(1), id(2)]);
    shelf.absorb(2, &line(&ThingRef::story(id(1)), 11, None));
    assert_eq!(shelf.newest(&Filter::default(), 0, 10).ids, [id(2)]);
    assert_eq!(shelf.place(id(1)), None);
}

#[test]
fn an_overlay_lies_on_top_and_can_be_lifted() {
    let (mut shelf, _) = shelf();
    let mut mine = story("nytt", 0);
    mine.published_at = None;
    let thing = ThingRef::story(id(3));
    shelf.set_overlay(&thing, Some((&fields(&mine), None)));
    assert_eq!(shelf.newest(&Filter::default(), 0, 10).ids, [id(3), id(2), id(1)], "one's own comes first");
    assert_eq!(shelf.pending(&thing), Some(Pending::default()));
    shelf.set_overlay(&thing, None);
    assert_eq!(shelf.newest(&Filter::default(), 0, 10).ids, [id(2), id(1)]);
    let mut deleted = story("kö", 10);
    deleted.deleted_at = Some(Millis(99));
    shelf.set_overlay(&ThingRef::story(id(1)), Some((&fields(&deleted), None)));
    assert_eq!(shelf.newest(&Filter::default(), 0, 10).ids, [id(2)]);
    shelf.set_overlay(&ThingRef::story(id(1)), None);
    assert_eq!(shelf.newest(&Filter::default(), 0, 10).total, 2, "what the server said is still there");
}

#[test]
fn a_reaction_on_its_way_is_counted_once() {
    let (mut shelf, _) = shelf();
    let (elin, kind) = (PersonId::named("Elin"), ReactionKind::Applause);
    let thing = ThingRef { kind: ThingKind::Reaction, id: ThingId::reaction(id(1), elin, kind.key()) };
    let reaction = crate::reaction::Reaction { story: id(1), person: elin, reaction: kind, on: true };
    shelf.set_overlay(&thing, Some((&fields(&reaction), None)));
    assert_eq!(shelf.tally_seen_by(id(1), elin).applause, 1);
    assert_eq!(shelf.reacted(id(1), elin), [kind]);
    // The server has counted it, and says so.
    let tally = Tally { applause: 1, ..Tally::default() };
    let lines =
        [line(&thing, 5, Some(&fields(&reaction))), line(&ThingRef::tally(id(1)), 6, Some(&fields(&tally)))];
    shelf.absorb(1, &lines.join("\n"));
    shelf.set_overlay(&thing, None);
    assert_eq!(shelf.tally_seen_by(id(1), elin).applause, 1);
}

#[test]
fn two_texts_are_told_to_the_author_and_to_whoever_wrote_what_was_set_aside() {
    let (mut shelf, _) = shelf();
    let [elin, karin, micke] = ["Elin", "Karin", "Micke"].map(PersonId::named);
    let conflict = |resolved: bool| {
        let state = serde_json::json!({
            "about": ThingRef::story(id(1)).to_string(),
            "by": karin,
            "at": 7,
            "texts": { "situation": { "kept": "kö", "lost": "lång kö" } },
            "resolved": resolved,
        });
        let thing = ThingRef { kind: ThingKind::Conflict, id: ThingId::from(id(9)) };
        line(&thing, 4, state.as_object())
    };
    shelf.absorb(1, &conflict(false));
    assert_eq!(shelf.met_stories(elin), BTreeSet::from([id(1)]));
    assert_eq!(shelf.met_stories(karin), BTreeSet::from([id(1)]));
    assert_eq!(shelf.met_stories(micke), BTreeSet::new());
    shelf.absorb(2, &conflict(true));
    assert_eq!(shelf.met_stories(elin), BTreeSet::new());
}

#[test]
fn a_snapshot_is_the_directory_again() {
    let (mut shelf, _) = shelf();
    let mut archived = story("kö", 40);
    archived.audience = Audience::Department;
    archived.status = Status::Archived;
    archived.kind = StoryKind::Colleague;
    shelf.absorb(5, &line(&ThingRef::story(id(7)), 12, Some(&fields(&archived))));
    let again = Shelf::from_bytes(&shelf.to_bytes()).unwrap();
    assert_eq!(again.next_block(), 6);
    assert_eq!(again.newest(&Filter::default(), 0, 10), shelf.newest(&Filter::default(), 0, 10));
    assert_eq!(again.place(id(7)), shelf.place(id(7)));
    assert_eq!(again.base_seq(id(7)), Some(12));
    assert_eq!(again.names(), shelf.names());
}

#[test]
fn a_damaged_snapshot_is_refused() {
    let bytes = shelf().0.to_bytes();
    for end in 0..bytes.len() {
        assert!(Shelf::from_bytes(&bytes[..end]).is_none(), "cut at {end}");
    }
    assert!(Shelf::from_bytes(&[bytes.as_slice(), &[0]].concat()).is_none());
}

#[test]
fn the_index_learns_of_what_changed_and_of_nothing_else() {
    let (mut shelf, _) = shelf();
    let first = shelf.take_unindexed();
    assert!(first.names);
    assert_eq!(first.slots.len(), 2);
    assert_eq!(shelf.take_unindexed(), Unindexed::default());
    let (one, two) = (shelf.slot_of(id(1)).unwrap(), shelf.slot_of(id(2)).unwrap());
    let (before, other) = (shelf.indexable(one).unwrap(), shelf.indexable(two).unwrap());

    let changed = story("kö", 10);
    shelf.set_overlay(&ThingRef::story(id(1)), Some((&fields(&changed), None)));
    assert_eq!(shelf.take_unindexed(), Unindexed { slots: vec![one], names: false });
    assert_ne!(shelf.indexable(one).unwrap().revision, before.revision);

    let called = Label::new(Name::new("väntan").unwrap());
    let thing = ThingRef { kind: ThingKind::Tag, id: LabelId::named(LabelKind::Tag, "kö").into() };
    shelf.absorb(1, &line(&thing, 5, Some(&fields(&called))));
    assert!(shelf.take_unindexed().names);
    assert_ne!(shelf.indexable(two).unwrap().revision, other.revision, "it is found by another word now");

    shelf.absorb(2, &line(&ThingRef::story(id(2)), 9, None));
    assert_eq!(shelf.indexable(two), None);
}

#[test]
fn a_snapshot_keeps_the_numbers_of_the_slots() {
    let (mut shelf, _) = shelf();
    shelf.absorb(1, &line(&ThingRef::story(id(1)), 9, None));
    let again = Shelf::from_bytes(&shelf.to_bytes()).unwrap();
    assert_eq!(again.slot_of(id(2)), shelf.slot_of(id(2)));
    assert_eq!(again.indexable(1), shelf.indexable(1));
    assert_eq!(again.indexable(0), None);
}
