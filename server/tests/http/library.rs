//! One question, one answer: the library for phones that do not hold everything.

use axum::http::StatusCode;
use domain::{
    id::{LabelId, StoryId},
    label::{Label, LabelKind},
    person::Role,
    story::{Audience, Story},
    text::{Name, StoryText},
    thing::{ThingRef, fields},
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use serde_json::json;
use server::clock;

use crate::house::House;

#[tokio::test]
async fn nobody_reads_the_library_without_having_joined() {
    let house = House::open().await;
    let id = StoryId::mint(clock::now(), &clock::randomness());
    for question in [
        json!({ "list": {} }),
        json!({ "story": id }),
        json!({ "related": [id, 3] }),
        json!({ "history": id }),
        json!("mine"),
        json!({ "home": "2026-11-22" }),
        json!("labels"),
        json!("paths"),
        json!({ "path": id }),
    ] {
        let reply = house.post("/api/v1/library", None, &question).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{question}");
    }
}

#[tokio::test]
async fn an_id_that_leads_nowhere_is_answered_with_nothing() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let id = StoryId::mint(clock::now(), &clock::randomness());
    for (question, answer) in [
        (json!({ "story": id }), json!({ "story": null })),
        (json!({ "related": [id, 3] }), json!({ "cards": [] })),
        (json!({ "history": id }), json!({ "history": [] })),
        (json!({ "path": id }), json!({ "path": null })),
    ] {
        let reply = house.post("/api/v1/library", Some(&elin), &question).await;
        assert_eq!((reply.status, reply.json()), (StatusCode::OK, answer), "{question}");
    }
}

#[tokio::test]
async fn a_list_is_read_page_by_page_each_story_once() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let mut told = Vec::new();
    for n in 0..7 {
        told.push(json!(house.tell(&elin, &format!("Berättelse {n}"), "Regn på växtrean").await));
    }
    let mut read = Vec::new();
    for offset in [0, 3, 6, 9] {
        let question = json!({ "list": { "offset": offset, "limit": 3 } });
        let reply = house.post("/api/v1/library", Some(&elin), &question).await.json();
        assert_eq!(reply["listing"]["total"], 7);
        let cards = reply["listing"]["cards"].as_array().unwrap().clone();
        read.extend(cards.into_iter().map(|card| card["id"].clone()));
    }
    read.reverse();
    assert_eq!(read, told, "newest first");
}

#[tokio::test]
async fn a_question_without_measure_is_answered_within_it() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    house.tell(&elin, "Regn", "Regn på växtrean").await;
    let far = u64::MAX;
    for list in [
        json!({ "limit": far }),
        json!({ "offset": far, "limit": far }),
        json!({ "text": "regn ".repeat(5_000), "limit": 10 }),
        json!({ "text": "\u{0}\" OR 1=1 -- % _ * ( \u{202e} 🌞", "limit": 10 }),
    ] {
        let reply = house.post("/api/v1/library", Some(&elin), &json!({ "list": list })).await;
        assert_eq!(reply.status, StatusCode::OK, "{:.80}: {}", list.to_string(), reply.body);
    }
    for day in ["0000-01-01", "9999-12-31"] {
        let reply = house.post("/api/v1/library", Some(&elin), &json!({ "home": day })).await;
        assert_eq!(reply.status, StatusCode::OK, "{day}");
    }
    let story = house.tell(&elin, "Snö", "Snö på växtrean").await;
    let reply = house.post("/api/v1/library", Some(&elin), &json!({ "related": [story, far] })).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
}

#[tokio::test]
async fn whatever_people_write_is_taken_and_can_be_searched_for() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let mut runner = TestRunner::deterministic();
    let texts = proptest::collection::vec(proptest::string::string_regex("(?s).{1,120}").unwrap(), 150);
    let texts = texts.new_tree(&mut runner).unwrap().current();
    let odd = [
        "ﬁ ﬂ Ǆ ǅ İ ı ß ẞ ΐ",
        "e\u{301}\u{301}\u{301}\u{301}",
        "a\u{202e}\u{200d}\u{feff}",
        "👩‍👩‍👧‍👦🏳️‍🌈",
        "''\"\"--**((^~:",
    ];
    let odd = odd.map(str::to_owned).into_iter().chain([format!("{0}{0}", "å".repeat(5_000))]);
    let sound = |text: &String| StoryText::new(text.clone()).is_ok();
    for text in texts.into_iter().chain(odd).filter(sound) {
        house.tell(&elin, "", &text).await;
        let question = json!({ "list": { "text": text, "limit": 3 } });
        let reply = house.post("/api/v1/library", Some(&elin), &question).await;
        assert_eq!(reply.status, StatusCode::OK, "{text:?}: {}", reply.body);
    }
}

#[tokio::test]
async fn a_tag_that_only_others_stories_have_is_offered_to_nobody_else() {
    let house = House::open().await;
    let (elin, micke) =
        (house.join(Role::Member, "Elin", "Färg").await, house.join(Role::Member, "Micke", "Trä").await);
    for (name, audience) in [("kö", Audience::Everyone), ("sjukskriven", Audience::Author)] {
        let tag = LabelId::named(LabelKind::Tag, name);
        let label = Label::new(Name::new(name).unwrap());
        house.done(&elin, elin.create(ThingRef::label(LabelKind::Tag, tag), fields(&label))).await;
        let story = Story { tags: vec![tag], audience, ..elin.story("Regn", "Regn på växtrean") };
        let id = StoryId::mint(clock::now(), &clock::randomness());
        house.done(&elin, elin.create(ThingRef::story(id), fields(&story))).await;
    }
    let names = |labels: &serde_json::Value| {
        labels["tags"].as_array().unwrap().iter().map(|tag| tag["name"].clone()).collect::<Vec<_>>()
    };
    let offered = async |guest| {
        names(&house.post("/api/v1/library", Some(guest), &json!("labels")).await.json()["labels"])
    };
    assert_eq!(offered(&elin).await, ["kö", "sjukskriven"]);
    assert_eq!(offered(&micke).await, ["kö"]);
    let code = json!({ "code": house.invite(Role::Member, 1).await.code });
    let invite = house.post("/api/v1/invite", None, &code).await.json();
    assert_eq!(names(&invite["labels"]), [""; 0]);
    assert_ne!(invite["labels"]["departments"], json!([]));
}

#[tokio::test]
async fn a_search_finds_what_its_reader_may_see_and_no_more() {
    let house = House::open().await;
    let (elin, micke) =
        (house.join(Role::Member, "Elin", "Färg").await, house.join(Role::Member, "Micke", "Trä").await);
    let open = house.tell(&elin, "Regnet", "Regnet föll på växtrean").await;
    let hidden = house.tell(&elin, "Regnet igen", "Regnet föll på lagret").await;
    let thing = ThingRef::story(hidden);
    house.done(&elin, elin.set(thing, "audience", json!("author"))).await;
    let found = async |guest, text: &str| {
        let question = json!({ "list": { "text": text, "limit": 9 } });
        let listing = house.post("/api/v1/library", Some(guest), &question).await.json()["listing"].clone();
        let cards = listing["cards"].as_array().unwrap().clone();
        assert_eq!(listing["total"], json!(cards.len()));
        cards.into_iter().map(|card| card["id"].clone()).collect::<std::collections::HashSet<_>>()
    };
    assert_eq!(found(&elin, "regn").await, [json!(open), json!(hidden)].into());
    assert_eq!(found(&micke, "regn").await, [json!(open)].into());
    assert!(found(&micke, "lagret").await.is_empty());
    assert!(found(&elin, "solsken").await.is_empty());
}

#[tokio::test]
async fn every_text_that_a_story_had_can_be_read_again() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let story = house.tell(&elin, "Regn", "Regn på växtrean").await;
    let edit = domain::op::TextEdit { from: "Regn".into(), to: "Snö".into() };
    let edit = domain::op::Edit { text: [("title".to_owned(), edit)].into(), ..Default::default() };
    let thing = ThingRef::story(story);
    house.done(&elin, elin.line(thing, domain::op::Change::Edit(edit))).await;
    let reply = house.post("/api/v1/library", Some(&elin), &json!({ "history": story })).await.json();
    let texts: Vec<_> =
        reply["history"].as_array().unwrap().iter().map(|version| &version["texts"][0][1]).collect();
    assert_eq!(texts, ["Regn", "Snö"]);
}
