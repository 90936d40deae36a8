//! What search owes: the order of `domain::search::Index` over what the reader may see, whatever came before.

use std::sync::Arc;

use domain::{
    Object,
    id::{DeviceId, LabelId, PersonId, StoryId},
    label::LabelKind,
    op::{Change, Edit, Op, TextEdit},
    person::{Reader, Role},
    ports::{Library, Question},
    query::{Filter, ListQuery, Listing},
    story::{Status, StoryKind},
    sync::ledger::{From, Incoming, Push},
    thing::ThingRef,
    time::Millis,
};
use server::{
    commands::import::{import, read_lines},
    library::ReadersLibrary,
    store::Store,
};

use crate::{
    backends::{Backend, Place, contract},
    epoch,
};

contract! {
    a_search_finds_another_inflection
    a_mistyped_word_is_mended
    a_restricted_story_is_found_by_those_who_may_see_it
    a_restricted_story_shows_in_no_count_and_no_completion
    a_story_that_was_withdrawn_is_not_found
    a_story_that_goes_to_fewer_is_lost_to_the_others
    a_changed_story_is_found_by_its_new_words_and_not_by_its_old
    a_story_is_found_by_the_new_name_of_its_label
    a_story_is_found_by_the_label_that_took_its_labels_place
    an_answer_is_narrowed_and_counted
    pages_follow_one_another
}

pub const DEMO: &str = include_str!("../../../demo/stories.jsonl");

/// Stories with an id, by which they are told apart here.
pub const SHOP: &str = r#"
{"id":"01900000-0000-7000-8000-000000000001","kind":"turnaround","title":"Pelargonerna","situation":"Kunden ringde om sina pelargoner.","action":"Vi omplacerade dem.","department":"Växter","site":"Borås","tags":["byte"],"values":["Omtanke"],"author":"Elin"}
{"id":"01900000-0000-7000-8000-000000000002","kind":"colleague","title":"Kassan","situation":"En kund väntade vid kassan.","action":"Vi ringde på hjälp.","department":"Kassa","site":"Borås","tags":["byte","lång kö"],"author":"Micke"}
{"id":"01900000-0000-7000-8000-000000000003","kind":"turnaround","title":"Ringsignalen","situation":"Hemligt: kunden ringde igen.","action":"Vi lyssnade.","department":"Kassa","site":"Visby","audience":"department","author":"Micke"}
{"id":"01900000-0000-7000-8000-000000000004","kind":"turnaround","title":"Bara min","situation":"Kunden ringde mig.","action":"Jag grät.","department":"Kassa","audience":"author","author":"Micke"}
"#;

pub async fn empty(backend: Backend, most_pending: i64) -> (Place, Arc<dyn Store>) {
    let place = backend.place().await;
    let store = place.open_with(epoch(), Some(most_pending)).await.unwrap();
    (place, store)
}

pub async fn tell(store: &Arc<dyn Store>, lines: &str) {
    let (stories, bad) = read_lines(lines.as_bytes());
    assert!(bad.is_empty(), "{bad:?}");
    import(store.as_ref(), &stories).await.unwrap();
}

async fn shop(backend: Backend) -> (Place, Arc<dyn Store>) {
    let (place, store) = empty(backend, 2).await;
    tell(&store, SHOP).await;
    (place, store)
}

pub fn story(number: u8) -> StoryId {
    format!("01900000-0000-7000-8000-0000000000{number:02}").parse().unwrap()
}

pub fn label(kind: LabelKind, name: &str) -> LabelId {
    LabelId::named(kind, name)
}

pub fn reader(name: &str, role: Role, department: &str) -> Reader {
    let department = Some(label(LabelKind::Department, department));
    Reader { person: PersonId::named(name), role, department }
}

pub fn visitor() -> Reader {
    reader("Sara", Role::Member, "Växter")
}

pub async fn ask(store: &Arc<dyn Store>, reader: Reader, query: ListQuery) -> Listing {
    let library = ReadersLibrary { store: store.clone(), reader: Some(reader) };
    library.ask(Question::List(query)).await.unwrap().try_into().unwrap()
}

pub async fn found(store: &Arc<dyn Store>, reader: Reader, text: &str) -> Vec<StoryId> {
    let listing = ask(store, reader, ListQuery::first_page(text, Filter::default())).await;
    assert_eq!(listing.total, listing.cards.len(), "what has no card is not counted");
    ids(&listing)
}

/// In the order of their ids.
async fn found_at_all(store: &Arc<dyn Store>, reader: Reader, text: &str) -> Vec<StoryId> {
    let mut found = found(store, reader, text).await;
    found.sort();
    found
}

pub fn ids(listing: &Listing) -> Vec<StoryId> {
    listing.cards.iter().map(|card| card.id).collect()
}

/// The server changes a thing.
pub async fn change(store: &Arc<dyn Store>, thing: ThingRef, change: Change) {
    let head = store.head().await.unwrap();
    let op = Op {
        device: DeviceId::mint(Millis(head.seq as i64 + 1), &[7; 10]),
        device_seq: 1,
        at: Millis(1),
        actor: PersonId::SYSTEM,
        thing,
        base: None,
        change,
    };
    let push = Push { from: From::System, ops: vec![Incoming::of(op)], now: Millis(50) };
    store.push(&[push]).await.unwrap();
}

pub fn set(field: &str, value: impl Into<serde_json::Value>) -> Change {
    Change::Edit(Edit { set: Object::from_iter([(field.to_owned(), value.into())]), ..Edit::default() })
}

async fn a_search_finds_another_inflection(backend: Backend) {
    let (_place, store) = shop(backend).await;
    let listing = ask(&store, visitor(), ListQuery::first_page("pelargon ", Filter::default())).await;
    assert_eq!(ids(&listing), [story(1)]);
    let hit = listing.cards[0].title.0.iter().find(|run| run.hit).unwrap();
    assert_eq!(hit.text, "Pelargonerna", "and marks it");
    assert_eq!(found_at_all(&store, visitor(), "kunder").await, [story(1), story(2)]);
}

async fn a_mistyped_word_is_mended(backend: Backend) {
    let (_place, store) = shop(backend).await;
    let listing = ask(&store, visitor(), ListQuery::first_page("pelagonerna ", Filter::default())).await;
    assert_eq!(ids(&listing), [story(1)]);
    assert_eq!(listing.corrected.as_deref(), Some("pelargonerna "));
}

async fn a_restricted_story_is_found_by_those_who_may_see_it(backend: Backend) {
    let (_place, store) = shop(backend).await;
    assert_eq!(found_at_all(&store, visitor(), "ringa").await, [story(1), story(2)]);
    let colleague = reader("Nils", Role::Member, "Kassa");
    assert_eq!(found_at_all(&store, colleague, "ringa").await, [story(1), story(2), story(3)]);
    let curator = reader("Karin", Role::Curator, "Växter");
    assert_eq!(found_at_all(&store, curator, "ringa").await, [story(1), story(2), story(3)]);
    let author = reader("Micke", Role::Member, "Växter");
    assert_eq!(found_at_all(&store, author, "ringa").await, [story(1), story(2), story(3), story(4)]);
}

async fn a_restricted_story_shows_in_no_count_and_no_completion(backend: Backend) {
    let (_place, store) = shop(backend).await;
    for word in ["hemligt ", "hemlig", "heligt ", "ringsignal"] {
        let listing = ask(&store, visitor(), ListQuery::first_page(word, Filter::default())).await;
        assert!(!ids(&listing).contains(&story(3)), "{word}");
    }
    let listing = ask(&store, visitor(), ListQuery::first_page("kund ", Filter::default())).await;
    assert_eq!((listing.total, listing.unfiltered), (2, 2));
    assert!(listing.facets.sites.iter().all(|(site, _)| site.name != "Visby"), "{:?}", listing.facets);
}

async fn a_story_that_was_withdrawn_is_not_found(backend: Backend) {
    let (_place, store) = shop(backend).await;
    change(&store, ThingRef::story(story(1)), Change::Delete).await;
    assert_eq!(found(&store, visitor(), "pelargon").await, []);
    let curator = reader("Karin", Role::Curator, "Växter");
    assert_eq!(found(&store, curator, "pelargon").await, []);
    change(&store, ThingRef::story(story(1)), Change::Restore).await;
    assert_eq!(found(&store, visitor(), "pelargon").await, [story(1)]);
    let archive = Change::Move { from: Status::InLibrary, to: Status::Archived };
    change(&store, ThingRef::story(story(1)), archive).await;
    assert_eq!(found(&store, visitor(), "pelargon").await, []);
}

async fn a_story_that_goes_to_fewer_is_lost_to_the_others(backend: Backend) {
    let (_place, store) = shop(backend).await;
    change(&store, ThingRef::story(story(2)), set("audience", "department")).await;
    assert_eq!(found_at_all(&store, visitor(), "ringa").await, [story(1)]);
    let colleague = reader("Nils", Role::Member, "Kassa");
    assert_eq!(found_at_all(&store, colleague, "ringa").await, [story(1), story(2), story(3)]);
}

async fn a_changed_story_is_found_by_its_new_words_and_not_by_its_old(backend: Backend) {
    for most_pending in [0, 1_000] {
        let (_place, store) = empty(backend, most_pending).await;
        tell(&store, SHOP).await;
        let text = TextEdit { from: "Vi omplacerade dem.".into(), to: "Vi gav henne en orkidé.".into() };
        let edit = Edit { text: [("action".to_owned(), text)].into(), ..Edit::default() };
        change(&store, ThingRef::story(story(1)), Change::Edit(edit)).await;
        assert_eq!(found(&store, visitor(), "orkidéer").await, [story(1)]);
        assert_eq!(found(&store, visitor(), "omplacerade ").await, []);
    }
}

async fn a_story_is_found_by_the_new_name_of_its_label(backend: Backend) {
    let (_place, store) = shop(backend).await;
    let queue = ThingRef::label(LabelKind::Tag, label(LabelKind::Tag, "lång kö"));
    change(&store, queue, set("name", "snigelfart")).await;
    assert_eq!(found(&store, visitor(), "snigelfart ").await, [story(2)]);
    let site = ThingRef::label(LabelKind::Site, label(LabelKind::Site, "Borås"));
    change(&store, site, set("name", "Umeå")).await;
    assert_eq!(found_at_all(&store, visitor(), "umeå ").await, [story(1), story(2)]);
    let micke = ThingRef::person(PersonId::named("Micke"));
    change(&store, micke, set("name", "Torbjörn")).await;
    assert_eq!(found(&store, visitor(), "torbjörn ").await, [story(2)]);
    assert_eq!(found(&store, visitor(), "micke ").await, []);
}

async fn a_story_is_found_by_the_label_that_took_its_labels_place(backend: Backend) {
    let (_place, store) = shop(backend).await;
    let (queue, swap) = (label(LabelKind::Tag, "lång kö"), label(LabelKind::Tag, "byte"));
    change(&store, ThingRef::label(LabelKind::Tag, swap), set("merged_into", queue.to_string())).await;
    change(&store, ThingRef::label(LabelKind::Tag, queue), set("name", "snigelfart")).await;
    assert_eq!(found_at_all(&store, visitor(), "snigelfart ").await, [story(1), story(2)]);
    let filter = Filter { tag: Some(queue), ..Filter::default() };
    let listing = ask(&store, visitor(), ListQuery::first_page("kund ", filter)).await;
    assert_eq!(listing.total, 2, "and narrowing by it finds both");
}

async fn an_answer_is_narrowed_and_counted(backend: Backend) {
    let (_place, store) = shop(backend).await;
    let narrowed = async |filter| ask(&store, visitor(), ListQuery::first_page("kund ", filter)).await;
    let all = narrowed(Filter::default()).await;
    assert_eq!((all.total, all.unfiltered), (2, 2));
    assert_eq!(all.facets.kinds, [(StoryKind::Turnaround, 1), (StoryKind::Colleague, 1)]);
    let count = |counts: &[(domain::names::Named, usize)]| -> Vec<(String, usize)> {
        counts.iter().map(|(named, count)| (named.name.clone(), *count)).collect()
    };
    assert_eq!(count(&all.facets.tags), [("byte".into(), 2), ("lång kö".into(), 1)]);
    assert_eq!(count(&all.facets.sites), [("Borås".into(), 2)]);
    assert_eq!(count(&all.facets.departments), [("Kassa".into(), 1), ("Växter".into(), 1)]);
    assert_eq!(count(&all.facets.values), [("Omtanke".into(), 1)]);
    let filters = [
        (Filter { kind: Some(StoryKind::Turnaround), ..Filter::default() }, 1),
        (Filter { department: Some(label(LabelKind::Department, "Kassa")), ..Filter::default() }, 2),
        (Filter { value: Some(label(LabelKind::Value, "Omtanke")), ..Filter::default() }, 1),
        (Filter { tag: Some(label(LabelKind::Tag, "lång kö")), ..Filter::default() }, 2),
    ];
    for (filter, number) in filters {
        let listing = narrowed(filter).await;
        assert_eq!(ids(&listing), [story(number)], "{filter:?}");
        assert_eq!((listing.total, listing.unfiltered), (1, 2), "{filter:?}");
        assert_eq!(listing.facets.kinds.len(), 1, "{filter:?}");
    }
    let nowhere = Filter { site: Some(label(LabelKind::Site, "Visby")), ..Filter::default() };
    assert_eq!(narrowed(nowhere).await.total, 0);
}

async fn pages_follow_one_another(backend: Backend) {
    let (_place, store) = empty(backend, 20).await;
    tell(&store, DEMO).await;
    let page = async |offset, limit| {
        let query = ListQuery { offset, limit, ..ListQuery::first_page("kund", Filter::default()) };
        ask(&store, visitor(), query).await
    };
    let all = page(0, 600).await;
    assert!(all.total > 25, "{}", all.total);
    assert_eq!(all.cards.len(), all.total);
    let mut paged = Vec::new();
    for offset in (0..all.total + 10).step_by(10) {
        let next = page(offset, 10).await;
        assert_eq!(next.total, all.total);
        paged.extend(ids(&next));
    }
    assert_eq!(paged, ids(&all));
}
