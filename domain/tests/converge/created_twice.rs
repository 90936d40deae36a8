//! One draft that two copies of a browser profile tell: both stories have its id.

use domain::{
    Object,
    attachment::{Attachment, MediaKind, Sha256Hash},
    id::{AttachmentId, LabelId, PathId, PersonId, StoryId},
    label::LabelKind,
    op::{Change, Edit, Op, OpBytes},
    path::Path,
    story::{Audience, Story},
    sync::{
        ledger::{From, Incoming, Push},
        wire::{Outcome, Reason},
    },
    text::{StoryText, Title},
    thing::{ThingKind, ThingRef, fields},
    time::Millis,
};

use crate::world::{Act, World};

const ELIN: usize = 0;
const MICKE: usize = 2;
const KARIN: usize = 3;
const TWIN: usize = 4;

/// Elin's browser profile is copied; phone 4 is the copy.
fn cloned() -> World {
    let mut world = World::new();
    world.settle();
    let twin = world.phones[ELIN].clone();
    world.phones.push(twin);
    world
}

fn draft() -> ThingRef {
    ThingRef::story(StoryId::mint(Millis(7), &[7; 10]))
}

fn tag(name: &str) -> LabelId {
    LabelId::named(LabelKind::Tag, name)
}

fn photo(n: u8) -> Attachment {
    Attachment {
        id: AttachmentId::mint(Millis(1), &[n; 10]),
        kind: MediaKind::Photo,
        media_type: "image/jpeg".into(),
        bytes: 100,
        sha256: Sha256Hash::of(&[n]),
        width: None,
        height: None,
        seconds: None,
        alt: None,
    }
}

fn story(text: &str) -> Story {
    Story { situation: Some(StoryText::new(text).unwrap()), ..Story::blank(PersonId::named("Elin")) }
}

impl World {
    fn tells(&mut self, phone: usize, story: &Story) {
        self.texts.extend(story.situation.iter().map(|text| text.as_str().to_owned()));
        self.tell(phone, draft(), Change::Create(fields(story)));
    }

    /// Every conflict that the server holds.
    fn conflicts(&self) -> Vec<&Object> {
        let rows = self.server.rows.iter().filter(|(thing, _)| thing.kind == ThingKind::Conflict);
        rows.map(|(_, row)| &row.state).collect()
    }

    fn outcomes(&self, thing: &ThingRef) -> Vec<Outcome> {
        let mut ops: Vec<_> = self.server.ops.values().filter(|op| op.thing == *thing).collect();
        ops.sort_by_key(|op| op.receipt.seq);
        ops.into_iter().map(|op| op.receipt.outcome.clone()).collect()
    }
}

#[test]
fn a_story_created_twice_keeps_both_texts() {
    let mut world = cloned();
    world.tells(ELIN, &story("den första texten"));
    world.tells(TWIN, &story("den andra texten"));
    world.settle();
    world.check();
    assert_eq!(world.server.rows[&draft()].state["situation"], "den första texten");
    let both = serde_json::json!({ "kept": "den första texten", "lost": "den andra texten" });
    assert_eq!(world.conflicts().len(), 1);
    assert_eq!(world.conflicts()[0]["texts"]["situation"], both);
    assert_eq!(world.outcomes(&draft()), [Outcome::Applied, Outcome::ConflictKept]);
    // As with edits that overlap: author and curators see it, and nobody else.
    for (phone, sees) in [(ELIN, true), (TWIN, true), (KARIN, true), (MICKE, false)] {
        let shown = world.phones[phone].2.shown();
        assert_eq!(shown.keys().any(|thing| thing.kind == ThingKind::Conflict), sees, "phone {phone}");
    }
}

#[test]
fn three_copies_that_create_a_story_keep_three_texts() {
    let mut world = cloned();
    let third = world.phones[ELIN].clone();
    world.phones.push(third);
    for (phone, text) in [(ELIN, "ett"), (TWIN, "två"), (5, "tre")] {
        world.tells(phone, &story(text));
    }
    world.settle();
    world.check();
    let mut lost: Vec<_> =
        world.conflicts().iter().map(|state| state["texts"]["situation"]["lost"].clone()).collect();
    lost.sort_by_key(ToString::to_string);
    assert_eq!(lost, ["tre", "två"]);
}

#[test]
fn a_second_create_shares_the_transaction_of_the_first() {
    let mut world = World::new();
    let elin = world.phones[ELIN].0;
    let push = |n: u8, text: &str| {
        let op = Op {
            device: domain::id::DeviceId::mint(Millis(5), &[n; 10]),
            device_seq: 1,
            at: Millis(0),
            actor: elin,
            thing: draft(),
            base: None,
            change: Change::Create(fields(&story(text))),
        };
        Push {
            from: From::Person(elin),
            ops: vec![Incoming::read(OpBytes::of(&op).as_str())],
            now: Millis(9),
        }
    };
    world.server.push(&[push(60, "ett"), push(61, "två")]);
    assert_eq!(world.conflicts().len(), 1);
}

#[test]
fn the_tags_and_photos_of_a_second_create_are_added() {
    let mut world = cloned();
    let one =
        Story { tags: vec![tag("a"), tag("b")], attachments: vec![photo(1), photo(2)], ..story("samma") };
    let other =
        Story { tags: vec![tag("b"), tag("c")], attachments: vec![photo(2), photo(3)], ..story("samma") };
    world.tells(ELIN, &one);
    world.tells(TWIN, &other);
    world.settle();
    world.check();
    let state = &world.server.rows[&draft()].state;
    assert_eq!(state["tags"].as_array().unwrap().len(), 3);
    assert_eq!(state["attachments"].as_array().unwrap().len(), 3);
    assert!(world.conflicts().is_empty(), "the texts are the same");
    // Nothing of it is undone by sending it once more.
    let untag = Edit {
        remove: Object::from_iter([("tags".into(), serde_json::json!([tag("c")]))]),
        ..Edit::default()
    };
    world.tell(KARIN, draft(), Change::Edit(untag));
    world.settle();
    world.restore();
    world.settle();
    assert_eq!(world.server.rows[&draft()].state["tags"].as_array().unwrap().len(), 2);
}

#[test]
fn more_photos_than_a_story_may_have_are_refused_and_stay_on_the_phone() {
    let mut world = cloned();
    let with =
        |numbers: std::ops::Range<u8>| Story { attachments: numbers.map(photo).collect(), ..story("foto") };
    world.tells(ELIN, &with(0..5));
    world.tells(TWIN, &Story { situation: StoryText::optional("andra").unwrap(), ..with(5..7) });
    world.settle();
    world.check();
    assert_eq!(world.outcomes(&draft()), [Outcome::Rejected(Reason::Invalid), Outcome::Applied]);
    assert_eq!(world.phones[TWIN].2.needs_its_person().count(), 1);
}

#[test]
fn the_same_content_created_again_is_no_conflict() {
    let mut world = cloned();
    world.tells(ELIN, &story("samma text"));
    world.now += 1_000;
    world.tells(TWIN, &Story { told_at: Some(Millis(world.now)), ..story("samma text") });
    world.settle();
    world.check();
    assert!(world.conflicts().is_empty());
    assert_eq!(world.outcomes(&draft()), [Outcome::Applied, Outcome::Applied]);
}

#[test]
fn the_same_content_created_again_after_an_edit_is_no_conflict() {
    let mut world = cloned();
    world.tells(ELIN, &story("samma text"));
    world.sync(ELIN, &[]);
    for text in ["en annan text", "en tredje text"] {
        world.told = vec![draft().id.into()];
        world.act(&Act::Edit { phone: ELIN, story: 0, text: text.into() });
    }
    world.sync(ELIN, &[]);
    world.tells(TWIN, &Story { told_at: Some(Millis(1)), ..story("samma text") });
    world.settle();
    world.check();
    assert!(world.conflicts().is_empty());
    assert_eq!(world.server.rows[&draft()].state["situation"], "en tredje text");
}

/// A colleague's phone hands the story back as it was in the end; then its own phone offers again how it began.
#[test]
fn a_create_offered_again_after_a_hand_back_is_no_conflict() {
    let mut world = World::new();
    let backup = world.server.clone();
    world.act(&Act::Tell { phone: ELIN, text: "a b".into() });
    world.settle();
    world.act(&Act::Edit { phone: ELIN, story: 0, text: "c d".into() });
    world.settle();
    world.server = backup;
    world.restore();
    assert_eq!(world.sync(MICKE, &[]), None);
    let thing = ThingRef::story(world.told[0]);
    assert_eq!(world.server.rows[&thing].state["situation"], "c d");
    world.settle();
    world.check();
    assert!(world.conflicts().is_empty(), "{:?}", world.conflicts());
}

/// Both copies offer theirs again to a server that knows neither.
#[test]
fn both_texts_outlive_a_restore() {
    for order in [[ELIN, TWIN], [TWIN, ELIN]] {
        let mut world = cloned();
        let backup = world.server.clone();
        world.tells(ELIN, &story("ett"));
        world.tells(TWIN, &story("två"));
        world.settle();
        world.server = backup;
        world.restore();
        for phone in order {
            world.sync(phone, &[]);
        }
        world.settle();
        world.check();
        let stands = world.server.rows[&draft()].state["situation"].clone();
        let mut all = vec![stands];
        all.extend(world.conflicts().iter().map(|state| state["texts"]["situation"]["lost"].clone()));
        for text in ["ett", "två"] {
            assert!(all.contains(&text.into()), "{text} in {all:?}");
        }
    }
}

#[test]
fn a_second_text_for_the_author_alone_is_shown_to_no_curator() {
    let mut world = cloned();
    world.tells(ELIN, &story("för alla"));
    world.tells(TWIN, &Story { audience: Audience::Author, ..story("bara för mig") });
    world.settle();
    world.check();
    let sees =
        |phone: usize| world.phones[phone].2.shown().keys().any(|thing| thing.kind == ThingKind::Conflict);
    assert!(sees(ELIN) && sees(TWIN) && !sees(KARIN));
}

#[test]
fn edits_that_overlap_in_what_is_for_the_author_alone_are_shown_to_no_curator() {
    let mut world = cloned();
    world.tells(ELIN, &Story { audience: Audience::Author, ..story("a b") });
    world.settle();
    world.told = vec![draft().id.into()];
    world.act(&Act::Edit { phone: ELIN, story: 0, text: "a c".into() });
    world.act(&Act::Edit { phone: TWIN, story: 0, text: "a d".into() });
    world.settle();
    assert_eq!(world.conflicts().len(), 1);
    let karins = world.phones[KARIN].2.shown();
    assert!(karins.keys().all(|thing| thing.kind != ThingKind::Conflict));
}

#[test]
fn a_create_over_somebody_elses_story_is_refused() {
    let mut world = World::new();
    world.tells(ELIN, &story("hennes"));
    world.settle();
    let his = Story { author: PersonId::named("Micke"), ..story("hans") };
    world.tells(MICKE, &his);
    world.settle();
    assert_eq!(world.outcomes(&draft()), [Outcome::Rejected(Reason::NotAllowed), Outcome::Applied]);
    assert!(world.conflicts().is_empty());
}

#[test]
fn a_path_created_twice_keeps_both_titles() {
    let mut world = cloned();
    let thing = ThingRef::path(PathId::mint(Millis(7), &[7; 10]));
    for (phone, title) in [(ELIN, "Första veckan"), (TWIN, "Första dagen")] {
        let path = Path {
            title: Title::new(title).unwrap(),
            purpose: None,
            stops: Vec::new(),
            author: PersonId::named("Elin"),
            departments: Vec::new(),
            deleted_at: None,
        };
        world.tell(phone, thing.clone(), Change::Create(fields(&path)));
    }
    world.settle();
    world.check();
    assert_eq!(world.conflicts().len(), 1);
    assert_eq!(world.conflicts()[0]["texts"]["title"]["lost"], "Första dagen");
}
