//! Pushing and pulling: what a phone may send, what it is told, and what reaches whom.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use domain::{
    Object,
    id::{LabelId, PersonId, StoryId, ThingId},
    label::{Label, LabelKind},
    op::{Change, Edit, TextEdit},
    person::Role,
    reaction::{Reaction, ReactionKind},
    story::{Audience, Status},
    sync::wire::{LEAST_PAGE_BYTES, OP_BYTES, Outcome, PAGE_BYTES, PUSH_BYTES, PUSH_OPS, Reason, Reset},
    text::Name,
    thing::{ThingKind, ThingRef, fields},
    time::Millis,
};
use futures::StreamExt;
use serde_json::{Value, json};
use server::clock;

use crate::house::{Guest, House, device, line, refused, request};

fn new_story() -> ThingRef {
    ThingRef::story(StoryId::mint(clock::now(), &clock::randomness()))
}

/// An op that tells a story, as fields that can be bent.
fn told(guest: &Guest) -> Value {
    let line = guest.create(new_story(), fields(&guest.story("Regn", "Regn på växtrean")));
    serde_json::from_str(&line).unwrap()
}

#[tokio::test]
async fn a_story_told_on_one_phone_arrives_on_another() {
    let house = House::open().await;
    let (elin, micke) =
        (house.join(Role::Member, "Elin", "Färg").await, house.join(Role::Member, "Micke", "Trä").await);
    let story = house.tell(&elin, "Regn", "Regn på växtrean").await;
    let record = house.pull(&micke).await.into_iter().find(|record| record.id == story.into()).unwrap();
    let state: Value = serde_json::from_str(record.state.unwrap().get()).unwrap();
    assert_eq!(state["situation"], "Regn på växtrean");
    assert_eq!(state["author"], json!(elin.id()));
    assert!(record.mac.is_some(), "with the server's mark on it");
}

#[tokio::test]
async fn what_is_sent_twice_is_received_once() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let line = told(&elin).to_string();
    let first = house.push(&elin, std::slice::from_ref(&line)).await;
    let head = house.store.head().await.unwrap();
    assert_eq!(
        house.push(&elin, &[line.clone(), line.clone()]).await.receipts,
        [&first.receipts[..], &first.receipts].concat()
    );
    assert_eq!(house.store.head().await.unwrap(), head);
    // The same number with other bytes: this phone was cloned or rolled back.
    let answer = house.push(&elin, &[line.replace("Regn", "Snö")]).await;
    assert!(answer.cloned && answer.receipts.is_empty());
    assert_eq!(house.store.head().await.unwrap(), head);
}

#[tokio::test]
async fn a_line_that_cannot_be_read_is_answered_and_keeps_nothing_else_back() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let bad = [
        "}{".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        "\"\\ud800\"".to_owned(),
        format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)),
        told(&elin).to_string().replace("\"device_seq\":", "\"device_seq\":-"),
        told(&elin).to_string().replace("\"device_seq\":", "\"device_seq\":0.5e"),
        told(&elin).to_string().replacen("\"device\":\"", "\"device\":\"x", 1),
    ];
    let mut lines = bad.to_vec();
    lines.push(told(&elin).to_string());
    let answer = house.push(&elin, &lines).await;
    assert_eq!(answer.receipts.len(), lines.len());
    for (line, receipt) in bad.iter().zip(&answer.receipts) {
        assert_eq!(receipt.outcome, refused(Reason::Malformed), "{:.60}", line);
    }
    assert_eq!(answer.receipts.last().unwrap().outcome, Outcome::Applied);
}

#[tokio::test]
async fn a_story_without_words_or_with_too_many_is_refused() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let bend = |field: &str, value: Value| {
        let mut op = told(&elin);
        op["change"]["create"][field] = value;
        op.to_string()
    };
    for (field, value) in [
        ("situation", json!("   \n")),
        ("situation", json!("")),
        ("situation", json!("å".repeat(10_001))),
        ("situation", json!("a\u{0}b")),
        ("situation", json!(7)),
        ("title", json!("å".repeat(201))),
        ("occurred_on", json!("2026-02-30")),
        ("tags", json!(["not an id"])),
        ("department", json!("Färg")),
        ("language", json!("xx")),
        ("audience", json!("the world")),
        ("kind", Value::Null),
    ] {
        assert_eq!(house.outcome(&elin, bend(field, value)).await, refused(Reason::Invalid), "{field}");
    }
    assert_eq!(house.outcome(&elin, bend("situation", json!("å".repeat(10_000)))).await, Outcome::Applied);
    let party = bend("kind", json!("party"));
    assert_eq!(house.outcome(&elin, party).await, Outcome::Applied, "a kind that a newer phone knows");
}

#[tokio::test]
async fn what_a_newer_phone_sends_is_kept_until_the_server_knows_it() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let story = house.tell(&elin, "Regn", "Regn på växtrean").await;
    let known = elin.line(ThingRef::story(story), Change::Delete);
    let levitate = known.replace("\"delete\"", r#"{"levitate":{"metres":3}}"#);
    assert_eq!(house.outcome(&elin, levitate.clone()).await, Outcome::Deferred);
    assert_eq!(house.outcome(&elin, levitate).await, Outcome::Deferred, "and again");
    let pulse = elin.create(ThingRef::new(ThingKind::Other("pulse".into()), story), Object::new());
    assert_eq!(house.outcome(&elin, pulse).await, Outcome::Deferred);
    assert!(house.sees(&elin, story).await);
}

/// By this a phone that may not read hears whether the server was restored.
#[tokio::test]
async fn an_empty_push_is_told_which_epoch_it_is() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let answer = house.push(&elin, &[]).await;
    assert!(answer.receipts.is_empty() && !answer.cloned);
    let (header, _) = house.get("/api/v1/sync/pull", Some(&elin)).await.page();
    assert_eq!(answer.epoch, header.epoch);
}

#[tokio::test]
async fn a_page_says_whom_it_is_for_and_how_much_it_takes() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let karin = house.join(Role::Curator, "Karin", "Färg").await;
    let stories = [house.tell(&elin, "Regn", "Regn").await, house.tell(&elin, "Snö", "Snö").await];
    let micke = house.join(Role::Member, "Micke", "Bygg").await;
    let (header, _) = house.get("/api/v1/sync/pull", Some(&micke)).await.page();
    assert_eq!((header.reader, header.unmeant), (Some(micke.id()), Some(0)));
    for story in stories {
        house.done(&karin, karin.line(ThingRef::story(story), Change::Delete)).await;
    }
    let after = format!("/api/v1/sync/pull?cursor={}", header.cursor.0);
    let (header, _) = house.get(&after, Some(&micke)).await.page();
    assert_eq!(header.unmeant, Some(2));
    let after = format!("/api/v1/sync/pull?cursor={}", header.cursor.0);
    let (header, _) = house.get(&after, Some(&micke)).await.page();
    assert_eq!(header.unmeant, Some(0));
}

#[tokio::test]
async fn an_edit_that_overtakes_its_story_waits_for_it() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let thing = new_story();
    let first = elin.create(thing.clone(), fields(&elin.story("Regn", "Regn på växtrean")));
    let edit = TextEdit { from: "Regn".into(), to: "Snö".into() };
    let edit = Edit { text: [("title".to_owned(), edit)].into(), ..Edit::default() };
    let second = elin.line(thing.clone(), Change::Edit(edit));
    assert_eq!(
        house.outcome(&elin, second.clone()).await,
        Outcome::Deferred,
        "number 2 came before number 1"
    );
    assert_eq!(house.outcome(&elin, first).await, Outcome::Applied);
    assert_eq!(house.outcome(&elin, second).await, Outcome::Applied, "its receipt has changed meanwhile");
    let record = house.pull(&elin).await.into_iter().find(|record| record.thing() == thing).unwrap();
    assert!(record.state.unwrap().get().contains("Snö"));
}

#[tokio::test]
async fn a_gap_in_the_numbers_holds_nothing_up() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let mut ops: Vec<Value> = (0..3).map(|_| told(&elin)).collect();
    ops[2]["device_seq"] = json!(7_000_000);
    for op in [&ops[2], &ops[0], &ops[1]] {
        assert_eq!(house.outcome(&elin, op.to_string()).await, Outcome::Applied);
    }
}

#[tokio::test]
async fn a_number_that_no_phone_reaches_is_not_taken() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let head = house.store.head().await.unwrap();
    for seq in [0, i64::MAX as u64 + 1, u64::MAX] {
        let mut op = told(&elin);
        op["device_seq"] = json!(seq);
        for _ in 0..2 {
            assert_eq!(house.outcome(&elin, op.to_string()).await, refused(Reason::Malformed), "{seq}");
        }
    }
    assert_eq!(house.store.head().await.unwrap(), head);
}

#[tokio::test]
async fn nobody_speaks_for_another_or_from_another_ones_phone() {
    let house = House::open().await;
    let (elin, micke) =
        (house.join(Role::Member, "Elin", "Färg").await, house.join(Role::Admin, "Micke", "Trä").await);
    let sent = told(&elin);
    house.done(&elin, sent.to_string()).await;
    let mut as_elin = told(&micke);
    as_elin["actor"] = json!(elin.id());
    let mut from_elins_phone = told(&micke);
    from_elins_phone["device"] = json!(elin.device);
    from_elins_phone["device_seq"] = json!(77);
    let mut as_the_server = told(&micke);
    as_the_server["actor"] = json!(PersonId::SYSTEM);
    let mut under_a_used_number = from_elins_phone.clone();
    under_a_used_number["device_seq"] = sent["device_seq"].clone();
    for op in [as_elin, from_elins_phone.clone(), as_the_server, under_a_used_number, sent] {
        let answer = house.push(&micke, &[op.to_string()]).await;
        assert!(!answer.cloned, "whether Elin has sent something is not Micke's business");
        assert_eq!(answer.receipts[0].outcome, refused(Reason::NotYours), "{op}");
    }
    // And the number that the stranger tried is still Elin's.
    let mut own = told(&elin);
    own["device_seq"] = json!(77);
    house.done(&elin, own.to_string()).await;
}

#[tokio::test]
async fn a_clock_that_is_a_year_off_changes_nothing_but_what_it_shows() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    const YEAR: i64 = 366 * 24 * 60 * 60 * 1000;
    for at in [clock::now().0 + YEAR, clock::now().0 - YEAR, 0, -1, i64::MAX, i64::MIN] {
        let thing = new_story();
        let mut told = elin.story("Klockan", "går fel");
        told.told_at = Some(Millis(at));
        let mut op = elin.op(thing.clone(), Change::Create(fields(&told)));
        op.at = Millis(at);
        house.done(&elin, line(&op)).await;
        let record = house.pull(&elin).await.into_iter().find(|record| record.thing() == thing).unwrap();
        let state: Value = serde_json::from_str(record.state.unwrap().get()).unwrap();
        let published = state["published_at"].as_i64().unwrap();
        assert!((published - clock::now().0).abs() < 60_000, "the library orders by the server's clock");
        let page = house.get(&format!("/berattelse/{}", thing.id), Some(&elin)).await;
        assert_eq!(page.status, StatusCode::OK, "and it can be shown: {at}");
    }
    assert_eq!(house.get("/jag", Some(&elin)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_only_the_server_writes_cannot_be_sent() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let thing = new_story();
    let mut state = fields(&elin.story("Regn", "Regn på växtrean"));
    state.extend([
        ("published_at".to_owned(), json!(9_000_000_000_000_i64)),
        ("deleted_at".to_owned(), json!(5)),
        ("status".to_owned(), json!("archived")),
        ("extra".to_owned(), json!({ "author": "Micke" })),
    ]);
    house.done(&elin, elin.create(thing.clone(), state)).await;
    for (field, value) in [
        ("extra", json!({ "id": new_story().id, "author": "Micke" })),
        ("author", json!(PersonId::named("Micke"))),
        ("published_at", json!(9_000_000_000_000_i64)),
        ("deleted_at", json!(5)),
        ("status", json!("archived")),
        ("added", json!("nonsense")),
    ] {
        house.outcome(&elin, elin.set(thing.clone(), field, value)).await;
    }
    let record = house.pull(&elin).await.into_iter().find(|record| record.thing() == thing).unwrap();
    let state: Object = serde_json::from_str(record.state.unwrap().get()).unwrap();
    assert_eq!(state["author"], json!(elin.id()));
    assert!(state["published_at"].as_i64().unwrap() < 8_000_000_000_000);
    for field in ["extra", "deleted_at", "status", "added"] {
        assert!(!state.contains_key(field), "{field}: {state:?}");
    }
}

#[tokio::test]
async fn a_push_has_limits() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let mut big = told(&elin);
    big["change"]["create"]["padding"] = json!("x".repeat(OP_BYTES));
    assert_eq!(house.outcome(&elin, big.to_string()).await, refused(Reason::TooLarge));
    let many = vec!["{}".to_owned(); PUSH_OPS + 1].join("\n");
    let many = house.push_body(&elin, many).await;
    assert_eq!(many.status, StatusCode::BAD_REQUEST);
    let huge = house.push_body(&elin, "x".repeat(PUSH_BYTES + 64 * 1024 + 1)).await;
    assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
    let not_utf8 = house.push_body(&elin, vec![b'{', 0xff, 0xfe, b'}']).await;
    assert_eq!(not_utf8.status, StatusCode::BAD_REQUEST);
    for reply in [many, huge, not_utf8] {
        assert!(reply.json()["error"].is_string(), "by this phones know it from a proxy's: {}", reply.body);
    }
    let large = "x".repeat(PUSH_BYTES);
    assert_eq!(house.push_body(&elin, large).await.status, StatusCode::OK, "as older clients send it");
    assert_eq!(house.push(&elin, &[]).await.receipts, []);
    let full: Vec<String> = (0..PUSH_OPS).map(|_| "{}".to_owned()).collect();
    assert_eq!(house.push(&elin, &full).await.receipts.len(), PUSH_OPS, "a full push is taken");
}

#[tokio::test]
async fn a_page_is_bounded_by_bytes_also_for_clients_that_do_not_ask() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    for number in 0..70 {
        house.tell(&elin, &format!("Regn {number}"), &"x".repeat(9_900)).await;
    }
    let all: Vec<ThingRef> = house.pull(&elin).await.iter().map(|record| record.thing()).collect();
    assert!(all.len() > 70);
    // What a line holds beside its state, and the header.
    let slack = 1_000;
    for (wish, most) in [
        (String::new(), PAGE_BYTES),
        ("bytes=40000".to_owned(), 40_000),
        ("bytes=1".to_owned(), LEAST_PAGE_BYTES.max(10_500)),
        (format!("bytes={}", u64::MAX), PAGE_BYTES),
    ] {
        let (mut read, mut pages, mut cursor) = (Vec::new(), 0, String::new());
        loop {
            let reply = house.get(&format!("/api/v1/sync/pull?{wish}{cursor}"), Some(&elin)).await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
            assert!(reply.body.len() <= most + slack, "{wish}: a page has {} bytes", reply.body.len());
            let (header, records) = reply.page();
            read.extend(records.iter().map(|record| record.thing()));
            (pages, cursor) = (pages + 1, format!("&cursor={}", header.cursor.0));
            if !header.more {
                break;
            }
        }
        assert_eq!(read, all, "{wish}");
        assert!(pages > 1, "{wish}");
    }
}

#[tokio::test]
async fn a_member_changes_only_what_is_their_own() {
    let house = House::open().await;
    let (elin, micke, karin) = (
        house.join(Role::Member, "Elin", "Färg").await,
        house.join(Role::Member, "Micke", "Färg").await,
        house.join(Role::Curator, "Karin", "Trä").await,
    );
    let story = ThingRef::story(house.tell(&elin, "Regn", "Regn på växtrean").await);
    let archive = || Change::Move { from: Status::InLibrary, to: Status::Archived };
    let value = || Change::Create(fields(&Label::new(Name::new("Mod").unwrap())));
    let mod_ = ThingRef::label(LabelKind::Value, LabelId::named(LabelKind::Value, "Mod"));
    let not_allowed = refused(Reason::NotAllowed);
    let in_elins_name = micke.create(new_story(), fields(&elin.story("Nej", "det sa jag aldrig")));
    for forbidden in [
        micke.line(story.clone(), Change::Delete),
        micke.set(story.clone(), "kind", json!("colleague")),
        micke.line(story.clone(), archive()),
        micke.line(mod_.clone(), value()),
        micke.set(ThingRef::person(micke.id()), "role", json!("admin")),
        micke.set(ThingRef::person(elin.id()), "name", json!("Nils")),
        micke.line(ThingRef::person(elin.id()), Change::Delete),
        micke.create(ThingRef::tally(story.id.into()), Object::from_iter([("applause".into(), json!(99))])),
        in_elins_name,
    ] {
        let outcome = house.outcome(&micke, forbidden.clone()).await;
        assert!(
            matches!(outcome, Outcome::Rejected(Reason::NotAllowed) | Outcome::Deferred),
            "{outcome:?}: {forbidden}"
        );
    }
    let own_status = elin.line(story.clone(), archive());
    assert_eq!(
        house.outcome(&elin, own_status).await,
        not_allowed,
        "what stands in the library curators decide"
    );
    for allowed in [
        karin.set(story.clone(), "kind", json!("colleague")),
        karin.line(story.clone(), archive()),
        karin.line(mod_, value()),
    ] {
        house.done(&karin, allowed).await;
    }
    let promote = karin.set(ThingRef::person(karin.id()), "role", json!("admin"));
    assert_eq!(house.outcome(&karin, promote).await, not_allowed);
    assert!(!house.sees(&micke, StoryId::from(story.id)).await, "archived");
}

#[tokio::test]
async fn a_role_holds_from_the_next_request_on() {
    let house = House::open().await;
    let (elin, admin) =
        (house.join(Role::Curator, "Elin", "Färg").await, house.join(Role::Admin, "Sara", "Kassa").await);
    let story = ThingRef::story(house.tell(&admin, "Regn", "Regn på växtrean").await);
    house.done(&elin, elin.set(story.clone(), "kind", json!("colleague"))).await;
    house.done(&admin, admin.set(ThingRef::person(elin.id()), "role", json!("member"))).await;
    let edit = elin.set(story, "kind", json!("turnaround"));
    assert_eq!(house.outcome(&elin, edit).await, refused(Reason::NotAllowed));
}

#[tokio::test]
async fn what_is_for_its_author_alone_nobody_else_is_shown_or_may_touch() {
    let house = House::open().await;
    let (elin, admin) =
        (house.join(Role::Member, "Elin", "Färg").await, house.join(Role::Admin, "Sara", "Färg").await);
    let story = house.tell(&elin, "Bara min", "hemligheten i lådan").await;
    let thing = ThingRef::story(story);
    assert!(house.sees(&admin, story).await);
    house.done(&elin, elin.set(thing.clone(), "audience", json!(Audience::Author))).await;
    assert!(house.sees(&elin, story).await && !house.sees(&admin, story).await);
    for (path, ask) in [
        (format!("/berattelse/{story}"), json!({ "story": story })),
        ("/bibliotek".to_owned(), json!({ "list": { "text": "hemligheten", "limit": 10 } })),
        ("/bibliotek?q=hemligheten".to_owned(), json!({ "history": story })),
        ("/".to_owned(), json!({ "related": [story, 5] })),
    ] {
        assert!(!house.get(&path, Some(&admin)).await.body.contains("hemligheten i"), "{path}");
        let reply = house.post("/api/v1/library", Some(&admin), &ask).await;
        assert!(!reply.body.contains("hemligheten i"), "{ask}: {}", reply.body);
    }
    for change in [
        admin.set(thing.clone(), "audience", json!(Audience::Everyone)),
        admin.line(thing.clone(), Change::Move { from: Status::InLibrary, to: Status::InReview }),
        admin.line(thing.clone(), Change::Delete),
    ] {
        let outcome = house.outcome(&admin, change.clone()).await;
        assert_eq!(outcome, refused(Reason::NotAllowed), "who remembers its id cannot publish it: {change}");
    }
    let applause = reaction(&admin, story, story, true);
    assert_eq!(house.outcome(&admin, applause).await, refused(Reason::NotAllowed));
}

#[tokio::test]
async fn what_is_for_a_department_is_seen_there_and_by_curators() {
    let house = House::open().await;
    let (elin, near, far, curator) = (
        house.join(Role::Member, "Elin", "Färg").await,
        house.join(Role::Member, "Micke", "Färg").await,
        house.join(Role::Member, "Lisa", "Trä").await,
        house.join(Role::Curator, "Karin", "Kassa").await,
    );
    let story = house.tell(&elin, "Regn", "Regn på växtrean").await;
    house.done(&elin, elin.set(ThingRef::story(story), "audience", json!(Audience::Department))).await;
    for (guest, sees) in [(&elin, true), (&near, true), (&far, false), (&curator, true)] {
        assert_eq!(house.sees(guest, story).await, sees, "{}", guest.me.name);
        let reply = house.post("/api/v1/library", Some(guest), &json!({ "story": story })).await;
        assert_eq!(!reply.json()["story"].is_null(), sees, "{}", guest.me.name);
    }
    let moves = far.set(ThingRef::person(far.id()), "department", json!(elin.me.reader.department));
    house.done(&far, moves).await;
    assert!(house.sees(&far, story).await, "whoever changes department sees it from then on");
}

/// A reaction to `story`, under the id of a reaction to `register`.
fn reaction(guest: &Guest, register: StoryId, story: StoryId, on: bool) -> String {
    let reaction = Reaction { story, person: guest.id(), reaction: ReactionKind::Applause, on };
    let id = ThingId::reaction(register, guest.id(), ReactionKind::Applause.key());
    guest.create(ThingRef { kind: ThingKind::Reaction, id }, fields(&reaction))
}

#[tokio::test]
async fn applause_is_counted_once_a_person_and_only_in_its_own_register() {
    let house = House::open().await;
    let (elin, micke) =
        (house.join(Role::Member, "Elin", "Färg").await, house.join(Role::Member, "Micke", "Färg").await);
    let (one, other) = (house.tell(&elin, "Ett", "ett").await, house.tell(&elin, "Två", "två").await);
    for _ in 0..2 {
        house.done(&micke, reaction(&micke, one, one, true)).await;
    }
    // The register of the one story, said to be about the other: with the switch turned.
    house.outcome(&micke, reaction(&micke, one, other, false)).await;
    house.outcome(&micke, reaction(&micke, other, one, true)).await;
    house.done(&micke, reaction(&micke, one, one, true)).await;
    let reply = house.post("/api/v1/library", Some(&micke), &json!({ "story": one })).await;
    assert_eq!(reply.json()["story"]["tally"]["applause"], 1, "{}", reply.body);
    let reply = house.post("/api/v1/library", Some(&micke), &json!({ "story": other })).await;
    assert_eq!(reply.json()["story"]["tally"]["applause"], 0, "{}", reply.body);
}

#[tokio::test]
async fn a_cursor_that_is_not_ours_starts_that_phone_over() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let cursor = house.get("/api/v1/sync/pull", Some(&elin)).await.page().0.cursor.0;
    let mended = house.get(&format!("/api/v1/sync/pull?cursor={cursor}"), Some(&elin)).await.page().0;
    assert_eq!(mended.reset, None, "our own is taken");
    let (rest, mac) = cursor.rsplit_once('.').unwrap();
    let turned: String = mac.chars().rev().collect();
    for odd in ["", "x", "...", "%00", "a.b.c.d", "%F0%9F%8C%9E", &format!("{rest}.{turned}")] {
        let reply = house.get(&format!("/api/v1/sync/pull?cursor={odd}"), Some(&elin)).await;
        assert_eq!(reply.status, StatusCode::OK, "{odd}");
        let (header, records) = reply.page();
        assert_eq!(header.reset, Some(Reset::Cursor), "{odd}");
        assert!(records.is_empty());
    }
}

#[tokio::test]
async fn a_server_that_was_restored_says_so() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let cursor = house.get("/api/v1/sync/pull", Some(&elin)).await.page().0.cursor.0;
    house.store.begin_epoch(domain::id::Epoch::mint(clock::now(), &clock::randomness())).await.unwrap();
    let reply = house.get(&format!("/api/v1/sync/pull?cursor={cursor}"), Some(&elin)).await;
    assert_eq!(reply.page().0.reset, Some(Reset::Restored));
}

#[tokio::test]
async fn news_nudges_those_who_are_online_and_says_no_more() {
    let house = House::open().await;
    let (elin, micke) =
        (house.join(Role::Member, "Elin", "Färg").await, house.join(Role::Member, "Micke", "Färg").await);
    let ask = request(Method::GET, "/api/v1/sync/news", Some(&micke)).body(Body::empty()).unwrap();
    let response = house.open_stream(ask).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.into_body().into_data_stream();
    house.tell(&elin, "Regn", "Regn på växtrean").await;
    let word = tokio::time::timeout(Duration::from_secs(5), stream.next()).await.unwrap().unwrap().unwrap();
    let word = String::from_utf8(word.to_vec()).unwrap();
    let seq = word.strip_prefix("data: ").unwrap().trim();
    assert_eq!(seq.parse::<u64>().unwrap(), house.store.head().await.unwrap().seq, "{word}");
    let signed_out = request(Method::GET, "/api/v1/sync/news", None).body(Body::empty()).unwrap();
    assert_eq!(house.ask(signed_out).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_device_that_nobody_knew_becomes_its_first_senders() {
    let house = House::open().await;
    let (elin, micke) =
        (house.join(Role::Member, "Elin", "Färg").await, house.join(Role::Member, "Micke", "Färg").await);
    let fresh = json!(device());
    let mut first = told(&elin);
    first["device"] = fresh.clone();
    house.done(&elin, first.to_string()).await;
    let mut second = told(&micke);
    second["device"] = fresh;
    second["device_seq"] = json!(2);
    assert_eq!(house.outcome(&micke, second.to_string()).await, refused(Reason::NotYours));
}
