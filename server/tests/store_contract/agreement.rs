//! The server's search against the phone's, and against itself after its lists were written anew.

use std::sync::Arc;

use domain::{
    Object,
    id::{PersonId, StoryId},
    label::LabelKind,
    op::Change,
    person::{Reader, Role},
    query::{Filter, ListQuery},
    search::{Analyzer, Document, Index, Query, Synonyms},
    story::{Status, Story, StoryKind},
    thing::ThingRef,
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, TestRunner},
};
use server::store::{Narrow, RawFacets, SearchAsk, Store};

use crate::{
    backends::{Backend, contract},
    pushes,
    pushes::People,
    searches::{DEMO, SHOP, ask, change, empty, found, ids, label, reader, set, story, tell, visitor},
};

contract! {
    the_server_finds_what_the_phone_finds_in_its_order
    every_query_of_the_set_has_the_phones_top_ten_at_every_letter
    whatever_is_done_to_stories_the_server_finds_what_the_phone_finds
    a_long_library_is_listed_by_age_however_it_is_narrowed
    what_is_told_between_two_lists_is_counted_in_the_second
    what_is_told_between_two_searches_is_found_by_how_it_begins
    terms_of_another_version_are_made_anew
    a_server_that_goes_on_while_another_makes_the_terms_anew_finds_the_same_stories
}

/// Queries to that library with what is relevant to them, as `cargo xtask eval-search` takes them.
const QUERY_SET: &str = include_str!("../../../demo/queries.jsonl");

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
