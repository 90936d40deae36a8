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
    search::{Analyzer, Document, Index, Query, Synonyms},
    story::{Status, Story, StoryKind},
    sync::ledger::{From, Incoming, Push},
    thing::ThingRef,
    time::Millis,
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, TestRunner},
};
use server::{
    commands::import::{import, read_lines},
    library::ReadersLibrary,
    store::{Narrow, RawFacets, SearchAsk, Store},
};

use crate::{
    backends::{Backend, Place, contract},
    epoch, pushes,
    pushes::People,
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
    the_server_finds_what_the_phone_finds_in_its_order
    every_query_of_the_set_has_the_phones_top_ten_at_every_letter
    whatever_is_done_to_stories_the_server_finds_what_the_phone_finds
    a_long_library_is_listed_by_age_however_it_is_narrowed
    what_is_told_between_two_lists_is_counted_in_the_second
    what_is_told_between_two_searches_is_found_by_how_it_begins
    terms_of_another_version_are_made_anew
    a_server_that_goes_on_while_another_makes_the_terms_anew_finds_the_same_stories
}

const DEMO: &str = include_str!("../../../demo/stories.jsonl");
/// Queries to that library with what is relevant to them, as `cargo xtask eval-search` takes them.
const QUERY_SET: &str = include_str!("../../../demo/queries.jsonl");

/// Stories with an id, by which they are told apart here.
const SHOP: &str = r#"
{"id":"01900000-0000-7000-8000-000000000001","kind":"turnaround","title":"Pelargonerna","situation":"Kunden ringde om sina pelargoner.","action":"Vi omplacerade dem.","department":"Växter","site":"Borås","tags":["byte"],"values":["Omtanke"],"author":"Elin"}
{"id":"01900000-0000-7000-8000-000000000002","kind":"colleague","title":"Kassan","situation":"En kund väntade vid kassan.","action":"Vi ringde på hjälp.","department":"Kassa","site":"Borås","tags":["byte","lång kö"],"author":"Micke"}
{"id":"01900000-0000-7000-8000-000000000003","kind":"turnaround","title":"Ringsignalen","situation":"Hemligt: kunden ringde igen.","action":"Vi lyssnade.","department":"Kassa","site":"Visby","audience":"department","author":"Micke"}
{"id":"01900000-0000-7000-8000-000000000004","kind":"turnaround","title":"Bara min","situation":"Kunden ringde mig.","action":"Jag grät.","department":"Kassa","audience":"author","author":"Micke"}
"#;

async fn empty(backend: Backend, most_pending: i64) -> (Place, Arc<dyn Store>) {
    let place = backend.place().await;
    let store = place.open_with(epoch(), Some(most_pending)).await.unwrap();
    (place, store)
}

async fn tell(store: &Arc<dyn Store>, lines: &str) {
    let (stories, bad) = read_lines(lines.as_bytes());
    assert!(bad.is_empty(), "{bad:?}");
    import(store.as_ref(), &stories).await.unwrap();
}

async fn shop(backend: Backend) -> (Place, Arc<dyn Store>) {
    let (place, store) = empty(backend, 2).await;
    tell(&store, SHOP).await;
    (place, store)
}

fn story(number: u8) -> StoryId {
    format!("01900000-0000-7000-8000-0000000000{number:02}").parse().unwrap()
}

fn label(kind: LabelKind, name: &str) -> LabelId {
    LabelId::named(kind, name)
}

fn reader(name: &str, role: Role, department: &str) -> Reader {
    let department = Some(label(LabelKind::Department, department));
    Reader { person: PersonId::named(name), role, department }
}

fn visitor() -> Reader {
    reader("Sara", Role::Member, "Växter")
}

async fn ask(store: &Arc<dyn Store>, reader: Reader, query: ListQuery) -> Listing {
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

fn ids(listing: &Listing) -> Vec<StoryId> {
    listing.cards.iter().map(|card| card.id).collect()
}

/// The server changes a thing.
async fn change(store: &Arc<dyn Store>, thing: ThingRef, change: Change) {
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

fn set(field: &str, value: impl Into<serde_json::Value>) -> Change {
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

/// What a phone with the reader's stories holds.
struct Phone {
    index: Index,
    stories: Vec<(StoryId, Story)>,
    names: domain::names::Names,
    synonyms: Synonyms,
}

impl Phone {
    async fn of(store: &Arc<dyn Store>, reader: &Reader) -> Self {
        let exported = store.export(None, 100_000).await.unwrap();
        let ids: Vec<StoryId> = exported.iter().map(|(id, _)| *id).collect();
        let known = store.stories(reader, &ids).await.unwrap();
        let stories: Vec<(StoryId, Story)> = known
            .into_iter()
            .map(|known| (known.id, known.story))
            .filter(|(_, story)| story.status == Status::InLibrary)
            .collect();
        let people: Vec<PersonId> = stories.iter().map(|(_, story)| story.author).collect();
        let names = store.names(&people).await.unwrap();
        let analyzer = Arc::new(Analyzer::default());
        let synonyms = Synonyms::general(&analyzer);
        let mut index = Index::new(analyzer);
        for (slot, (id, story)) in (0..).zip(&stories) {
            index.insert(slot, *id.uuid().as_bytes(), 1, &Document::named(story, &names));
        }
        index.compact();
        Self { index, stories, names, synonyms }
    }

    fn found(&self, text: &str) -> (Vec<StoryId>, usize) {
        let query = Query::parse(text, self.index.analyzer(), &self.synonyms);
        let hits = self.index.search(&query, 600, |_| true);
        (hits.hits.iter().map(|hit| self.stories[hit.slot as usize].0).collect(), hits.total)
    }

    fn related(&self, id: StoryId) -> Vec<StoryId> {
        let slot = self.stories.iter().position(|(other, _)| *other == id).unwrap();
        let document = Document::named(&self.stories[slot].1, &self.names);
        let hits = self.index.related(slot as u32, &document, 5);
        hits.iter().map(|hit| self.stories[hit.slot as usize].0).collect()
    }
}

async fn finds_what_the_phone_finds(store: &Arc<dyn Store>, reader: &Reader, queries: &[&str]) {
    let phone = Phone::of(store, reader).await;
    for text in queries {
        let query = ListQuery { limit: 600, ..ListQuery::first_page(*text, Filter::default()) };
        let listing = ask(store, *reader, query).await;
        assert_eq!((ids(&listing), listing.total), phone.found(text), "«{text}»");
    }
    for (id, _) in phone.stories.iter().take(20) {
        assert_eq!(store.related(reader, *id, 5).await.unwrap(), phone.related(*id), "like {id}");
    }
}

const QUERIES: [&str; 28] = [
    "kund",
    "arg kund",
    "arga kunder väntade länge",
    "menade du",
    "menade du rygskott",
    "ryggskott ",
    "mandarin",
    "f",
    "fä",
    "färg som inte stämde",
    "farg",
    "lang ko",
    "äggskalsvit burk",
    "barn grät i kassan",
    "dagens hjälte",
    "erkände ett misstag",
    "reklamation",
    "presentkrot",
    "wedding",
    "the customer was unhappy",
    "bröllop",
    "dörr stängare",
    "e-post",
    "elin",
    "borås",
    "nyfikenhet",
    "1005",
    "xyzzyx",
];

async fn the_server_finds_what_the_phone_finds_in_its_order(backend: Backend) {
    for most_pending in [1, 30, 1_000] {
        let (_place, store) = empty(backend, most_pending).await;
        // In parts, so that lists are folded and others are not.
        let lines: Vec<&str> = DEMO.lines().collect();
        for part in lines.chunks(25) {
            tell(&store, &part.join("\n")).await;
        }
        tell(&store, SHOP).await;
        change(&store, ThingRef::story(story(1)), Change::Delete).await;
        change(&store, ThingRef::story(story(2)), set("audience", "department")).await;
        for reader in [visitor(), reader("Micke", Role::Member, "Kassa")] {
            finds_what_the_phone_finds(&store, &reader, &QUERIES).await;
        }
    }
}

async fn every_query_of_the_set_has_the_phones_top_ten_at_every_letter(backend: Backend) {
    let (_place, store) = empty(backend, 30).await;
    tell(&store, DEMO).await;
    let reader = visitor();
    let phone = Phone::of(&store, &reader).await;
    let queries: Vec<Object> = QUERY_SET.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(queries.len() >= 60);
    for query in queries {
        let query = query["q"].as_str().unwrap();
        for (at, c) in query.char_indices() {
            let typed = &query[..at + c.len_utf8()];
            let ten = ListQuery { limit: 10, ..ListQuery::first_page(typed, Filter::default()) };
            let (mut expected, total) = phone.found(typed);
            expected.truncate(10);
            let listing = ask(&store, reader, ten).await;
            assert_eq!((ids(&listing), listing.total), (expected, total), "«{typed}»");
        }
    }
}

async fn whatever_is_done_to_stories_the_server_finds_what_the_phone_finds(backend: Backend) {
    let mut runner = TestRunner::new(Config::default());
    for case in 0..16 {
        let acts = pushes::acts().new_tree(&mut runner).unwrap().current();
        let (_place, store) = empty(backend, [0, 2, 1_000][case % 3]).await;
        let mut people = People::new();
        store.push(&people.founding()).await.unwrap();
        for pushes in people.pushes(&acts) {
            store.push(&pushes).await.unwrap();
        }
        for person in people.all() {
            let reader = store.reader(person).await.unwrap().unwrap();
            let queries = ["ord 0", "ord 1", "ord 2 ", "tagg 1", "tagg", "elin", "odr 1", "vändning"];
            finds_what_the_phone_finds(&store, &reader, &queries).await;
            let place = Some(label(LabelKind::Department, "avdelning 0"));
            let tag = |n: u8| Some(label(LabelKind::Tag, &format!("tagg {n}")));
            let filters = [
                Filter::default(),
                Filter { tag: tag(0), ..Filter::default() },
                Filter { tag: tag(1), ..Filter::default() },
                Filter { department: place, tag: tag(2), ..Filter::default() },
                Filter { kind: Some(StoryKind::Turnaround), ..Filter::default() },
                Filter { kind: Some(StoryKind::Colleague), ..Filter::default() },
            ];
            lists_as_the_library_does(&store, &reader, &filters).await;
        }
    }
}

async fn a_long_library_is_listed_by_age_however_it_is_narrowed(backend: Backend) {
    let (_place, store) = empty(backend, 30).await;
    tell(&store, DEMO).await;
    let mut filters =
        vec![Filter::default(), Filter { kind: Some(StoryKind::Colleague), ..Filter::default() }];
    let names = store.names(&[]).await.unwrap();
    let tags = names.all(LabelKind::Tag).map(|tag| Filter { tag: Some(tag.id), ..Filter::default() });
    filters.extend(tags);
    lists_as_the_library_does(&store, &visitor(), &filters).await;
}

async fn what_is_told_between_two_lists_is_counted_in_the_second(backend: Backend) {
    for most_pending in [0, 15, 1_000] {
        let (_place, store) = empty(backend, most_pending).await;
        let lines: Vec<&str> = DEMO.lines().collect();
        for part in lines.chunks(12) {
            tell(&store, &part.join("\n")).await;
            lists_as_the_library_does(&store, &visitor(), &[Filter::default()]).await;
        }
        let told = store.newest(&visitor(), &Filter::default(), 0, 3).await.unwrap();
        for id in told {
            change(&store, ThingRef::story(id), Change::Delete).await;
            lists_as_the_library_does(&store, &visitor(), &[Filter::default()]).await;
        }
    }
}

async fn what_is_told_between_two_searches_is_found_by_how_it_begins(backend: Backend) {
    for most_pending in [0, 15, 1_000] {
        let (_place, store) = empty(backend, most_pending).await;
        let lines: Vec<&str> = DEMO.lines().collect();
        for part in lines.chunks(24) {
            tell(&store, &part.join("\n")).await;
            finds_what_the_phone_finds(&store, &visitor(), &["s", "k", "kö", "fö"]).await;
        }
    }
}

/// The quick way to list is the plain one, whatever the filter.
async fn lists_as_the_library_does(store: &Arc<dyn Store>, reader: &Reader, filters: &[Filter]) {
    for filter in filters {
        let labels = LabelKind::ALL.into_iter().filter_map(|kind| filter.label(kind));
        let narrow = Narrow { kind: filter.kind, labels: labels.map(|label| vec![label]).collect() };
        let ask = SearchAsk { narrow, offset: 1, limit: 2, ..SearchAsk::default() };
        let listed = store.list(reader, ask).await.unwrap().expect("nothing waits to be indexed");
        assert_eq!(listed.ids, store.newest(reader, filter, 1, 2).await.unwrap(), "{filter:?}");
        assert_eq!(listed.total, store.count(reader, filter).await.unwrap(), "{filter:?}");
        assert_eq!(listed.unfiltered, store.count(reader, &Filter::default()).await.unwrap());
        let sorted = |mut facets: RawFacets| {
            facets.kinds.sort();
            facets.labels.sort();
            (facets.kinds, facets.labels)
        };
        let plain = store.facets(reader, filter).await.unwrap();
        assert_eq!(sorted(listed.facets), sorted(plain), "{filter:?}");
    }
}

async fn terms_of_another_version_are_made_anew(backend: Backend) {
    let (place, store) = empty(backend, 30).await;
    tell(&store, DEMO).await;
    let before = found(&store, visitor(), "mandarin").await;
    store.close().await;
    place.connect().await.run("UPDATE search_state SET analyzer = 'another'").await;
    let store = place.open().await;
    assert_eq!(found(&store, visitor(), "mandarin").await, [], "nothing that was made by other rules");
    while store.index_more().await.unwrap() {}
    assert!(!before.is_empty());
    assert_eq!(found(&store, visitor(), "mandarin").await, before);
}

async fn a_server_that_goes_on_while_another_makes_the_terms_anew_finds_the_same_stories(backend: Backend) {
    let (place, store) = empty(backend, 30).await;
    tell(&store, SHOP).await;
    tell(&store, DEMO).await;
    // What is not in the library is given no number anew.
    change(&store, ThingRef::story(story(1)), Change::Delete).await;
    let first = async || ids(&ask(&store, visitor(), ListQuery::first_page("kund", Filter::default())).await);
    let before = first().await;
    assert!(before.len() > 10);
    place.connect().await.run("UPDATE search_state SET analyzer = 'another'").await;
    let newer = place.open().await;
    while newer.index_more().await.unwrap() {}
    assert_eq!(first().await, before);
}
