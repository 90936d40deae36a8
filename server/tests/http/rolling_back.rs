//! The database goes back under the same epoch, and phones prove that it did.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use domain::{
    id::Epoch,
    person::Role,
    sync::{
        handback::HandBackAnswer,
        wire::{Outcome, PushAnswer, Reset, Token},
    },
    thing::{ThingRef, fields},
};
use server::{
    clock,
    store::{BackupFile, BackupStore, Store, sqlite::SqliteStore},
};

use crate::house::{Guest, House, request};

/// The library as it lies there now.
struct Snapshot {
    epoch: Epoch,
    file: std::path::PathBuf,
}

async fn snapshot(house: &House) -> Snapshot {
    let file = house.folder.path().join("test.snapshot");
    house.store.back_up(&file, clock::now()).await.unwrap();
    // What comes next does so in another millisecond.
    let then = clock::now();
    while clock::now() == then {
        tokio::task::yield_now().await;
    }
    Snapshot { epoch: house.store.head().await.unwrap().epoch, file }
}

/// Puts the snapshot in place behind the back of the server that runs.
async fn roll_back(house: &House, snapshot: &Snapshot) {
    let other = SqliteStore::open(&house.folder.path().join("solsken.db"), snapshot.epoch).await.unwrap();
    let backup = BackupFile::open(&snapshot.file).await.unwrap();
    other.replace(&backup, snapshot.epoch).await.unwrap();
    backup.close().await;
    other.close().await;
}

fn story(guest: &Guest, title: &str) -> String {
    let id = domain::id::StoryId::mint(clock::now(), &clock::randomness());
    guest.create(ThingRef::story(id), fields(&guest.story(title, "Det hände efter kopian.")))
}

/// Pushes as a phone does that knows this position, and perhaps is not signed in any more.
async fn push(house: &House, guest: &Guest, known: &Token, body: String) -> PushAnswer {
    let push = Request::builder().method(Method::POST);
    let push = push.uri(format!("/api/v1/sync/push?known={}", known.0));
    let push = push.header(header::AUTHORIZATION, format!("Bearer {}", guest.push_token));
    let reply = house.ask(push.body(Body::from(body)).unwrap()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    serde_json::from_str(&reply.body).unwrap()
}

async fn epoch(house: &House) -> Epoch {
    house.store.head().await.unwrap().epoch
}

async fn has(house: &House, guest: &Guest, title: &str) -> bool {
    let records = house.pull(guest).await;
    records.iter().filter_map(|record| record.state.as_ref()).any(|state| state.get().contains(title))
}

#[tokio::test]
async fn a_receipt_proves_that_the_database_went_back() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let micke = house.join(Role::Member, "Micke", "Färg").await;
    let before = snapshot(&house).await;
    let told = story(&elin, "Förlorad");
    let receipt = house.push(&elin, std::slice::from_ref(&told)).await.position.unwrap();
    roll_back(&house, &before).await;
    let house = house.started_again().await;
    // The number of the receipt goes to another op, and further ones follow.
    for title in ["Ett", "Två"] {
        house.done(&micke, story(&micke, title)).await;
    }
    assert_eq!(epoch(&house).await, before.epoch, "nobody has noticed");
    // A phone that is signed out asks with an empty push.
    let answer = push(&house, &elin, &receipt, String::new()).await;
    assert_ne!(answer.epoch, before.epoch);
    assert_eq!(push(&house, &elin, &receipt, told).await.receipts[0].outcome, Outcome::Applied);
    assert_eq!(epoch(&house).await, answer.epoch, "the same receipt proves nothing a second time");
    assert!(has(&house, &micke, "Förlorad").await && has(&house, &elin, "Två").await);
}

#[tokio::test]
async fn a_pull_with_a_receipt_or_with_a_cursor_proves_it_too() {
    for by_cursor in [true, false] {
        let house = House::open().await;
        let elin = house.join(Role::Member, "Elin", "Färg").await;
        let early = house.get("/api/v1/sync/pull", Some(&elin)).await.page().0.cursor;
        let before = snapshot(&house).await;
        let receipt = house.push(&elin, &[story(&elin, "Förlorad")]).await.position.unwrap();
        let late = house.get("/api/v1/sync/pull", Some(&elin)).await.page().0.cursor;
        roll_back(&house, &before).await;
        let house = house.started_again().await;
        let fits = house.get(&format!("/api/v1/sync/pull?cursor={}", early.0), Some(&elin)).await.page().0;
        assert_eq!((fits.epoch, fits.reset), (before.epoch, None));
        let path = match by_cursor {
            true => format!("/api/v1/sync/pull?cursor={}", late.0),
            false => format!("/api/v1/sync/pull?cursor={}&known={}", early.0, receipt.0),
        };
        let header = house.get(&path, Some(&elin)).await.page().0;
        assert_eq!(header.reset, Some(Reset::Restored), "by cursor: {by_cursor}");
        assert_ne!(header.epoch, before.epoch);
        let again = house.get(&path, Some(&elin)).await.page().0;
        assert_eq!((again.epoch, again.reset), (header.epoch, Some(Reset::Restored)));
    }
}

#[tokio::test]
async fn what_bears_no_mark_of_the_server_proves_nothing() {
    let (house, other) = (House::open().await, House::open().await);
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let stranger = other.join(Role::Member, "Elin", "Färg").await;
    let before = epoch(&house).await;
    let own = house.push(&elin, &[story(&elin, "Kvar")]).await.position.unwrap();
    let seq = house.store.head().await.unwrap().seq;
    let bent = Token(own.0.replacen(&format!(".{seq}."), &format!(".{}.", seq + 9), 1));
    assert_ne!(bent, own);
    let foreign = other.push(&stranger, &[story(&stranger, "Annan")]).await.position.unwrap();
    for claim in [bent, foreign, own, Token("rubbish".into()), Token(String::new())] {
        assert_eq!(push(&house, &elin, &claim, String::new()).await.epoch, before, "{claim:?}");
        let path = format!("/api/v1/sync/pull?cursor={0}&known={0}", claim.0);
        assert_eq!(house.get(&path, Some(&elin)).await.page().0.epoch, before, "{claim:?}");
    }
}

#[tokio::test]
async fn who_joined_after_the_snapshot_is_let_in_again_by_their_receipt() {
    let house = House::open().await;
    house.join(Role::Admin, "Siv", "Kontor").await;
    let before = snapshot(&house).await;
    let micke = house.join(Role::Member, "Micke", "Trädgård").await;
    let told = story(&micke, "Förlorad");
    let receipt = house.push(&micke, std::slice::from_ref(&told)).await.position.unwrap();
    roll_back(&house, &before).await;
    let house = house.started_again().await;
    let answer = push(&house, &micke, &receipt, told).await;
    assert_eq!(answer.receipts[0].outcome, Outcome::Applied);
    assert!(has(&house, &micke, "Förlorad").await);
}

#[tokio::test]
async fn a_server_that_goes_on_notices_by_itself_and_says_that_there_is_news() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let before = snapshot(&house).await;
    for title in ["Ett", "Två", "Tre"] {
        house.done(&elin, story(&elin, title)).await;
    }
    roll_back(&house, &before).await;
    let news = request(Method::GET, "/api/v1/sync/news", Some(&elin)).body(Body::empty()).unwrap();
    let mut news = house.open_stream(news).await.into_body().into_data_stream();
    // Of what was written before.
    futures::StreamExt::next(&mut news).await.unwrap().unwrap();
    let answer = house.push(&elin, &[story(&elin, "Fyra")]).await;
    assert_ne!(answer.epoch, before.epoch);
    assert_eq!(answer.receipts[0].outcome, Outcome::Applied);
    futures::StreamExt::next(&mut news).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_a_lost_phone_told_comes_back_from_whoever_has_read_it() {
    for others in [0, 2] {
        let house = House::open().await;
        let elin = house.join(Role::Member, "Elin", "Färg").await;
        let micke = house.join(Role::Member, "Micke", "Färg").await;
        let before = snapshot(&house).await;
        house.done(&elin, story(&elin, "Förlorad")).await;
        let read = house.pull(&micke).await;
        let cursor = house.get("/api/v1/sync/pull", Some(&micke)).await.page().0.cursor;
        roll_back(&house, &before).await;
        let house = house.started_again().await;
        for _ in 0..others {
            house.done(&micke, story(&micke, "Annan")).await;
        }
        let path = format!("/api/v1/sync/pull?cursor={}", cursor.0);
        assert_eq!(house.get(&path, Some(&micke)).await.page().0.reset, Some(Reset::Restored));
        let lines: Vec<String> = read.iter().map(|record| serde_json::to_string(record).unwrap()).collect();
        let path = format!("/api/v1/sync/handback?epoch={}", before.epoch);
        let request =
            request(Method::POST, &path, Some(&micke)).header(header::CONTENT_TYPE, "application/x-ndjson");
        let reply = house.ask(request.body(Body::from(lines.join("\n"))).unwrap()).await;
        assert_eq!(reply.body, "1", "after {others} others");
        assert!(has(&house, &micke, "Förlorad").await);
    }
}

/// A request for which the phone gets an answer that it relies on: its method and path.
type Relied<'a> = (Method, &'a str);

#[tokio::test]
async fn uploads_and_what_is_handed_back_bring_the_position_too() {
    let anything = "01a13a00-0000-7000-8000-000000000001";
    let upload = format!("/api/v1/attachments/{anything}/{anything}/upload");
    let chunk = format!("{upload}/0");
    let handback = format!("/api/v1/sync/handback?epoch={anything}");
    let relied: [Relied; 4] =
        [(Method::GET, &upload), (Method::PUT, &chunk), (Method::POST, &upload), (Method::POST, &handback)];
    for (method, path) in relied {
        let house = House::open().await;
        let elin = house.join(Role::Member, "Elin", "Färg").await;
        let before = snapshot(&house).await;
        let lost = house.push(&elin, &[story(&elin, "Förlorad")]).await.position.unwrap();
        roll_back(&house, &before).await;
        let house = house.started_again().await;
        let mark = if path.contains('?') { '&' } else { '?' };
        let asked = format!("{path}{mark}known={}", lost.0);
        let asked = request(method.clone(), &asked, Some(&elin));
        let asked = asked.header(header::CONTENT_TYPE, "application/x-ndjson");
        house.ask(asked.body(Body::empty()).unwrap()).await;
        assert_ne!(epoch(&house).await, before.epoch, "{method} {path}");
    }
}

#[tokio::test]
async fn whoever_brings_a_position_with_what_is_handed_back_is_told_the_servers() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let before = snapshot(&house).await;
    house.done(&elin, story(&elin, "Förlorad")).await;
    let lines: Vec<String> =
        house.pull(&elin).await.iter().map(|record| serde_json::to_string(record).unwrap()).collect();
    let known = house.get("/api/v1/sync/pull", Some(&elin)).await.page().0.cursor;
    roll_back(&house, &before).await;
    let house = house.started_again().await;
    let path = format!("/api/v1/sync/handback?epoch={}&known={}", before.epoch, known.0);
    let asked =
        request(Method::POST, &path, Some(&elin)).header(header::CONTENT_TYPE, "application/x-ndjson");
    let reply = house.ask(asked.body(Body::from(lines.join("\n"))).unwrap()).await;
    let answer: HandBackAnswer = serde_json::from_str(&reply.body).unwrap();
    let HandBackAnswer::Taken { taken: 1, position: Some(position) } = answer else { panic!("{answer:?}") };
    assert_eq!(push(&house, &elin, &position, String::new()).await.position, Some(position));
}
