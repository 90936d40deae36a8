//! A server that was restored, and those who were there after the backup was made.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use domain::{
    id::Epoch,
    person::Role,
    sync::wire::{Outcome, PushAnswer},
    thing::{ThingRef, fields},
};
use serde_json::json;
use server::{clock, store::BackupFile};

use crate::house::{Guest, House, Reply, request};

/// Puts the library away now, so that it can be taken back later.
async fn backed_up(house: &House) -> BackupFile {
    let file = house.folder.path().join("test.backup");
    house.store.back_up(&file, clock::now()).await.unwrap();
    // Whoever joins next does so in another millisecond.
    tokio::time::sleep(std::time::Duration::from_millis(3)).await;
    BackupFile::open(&file).await.unwrap()
}

async fn restore(house: &House, backup: &BackupFile) -> Epoch {
    let epoch = Epoch::mint(clock::now(), &clock::randomness());
    house.store.replace(backup, epoch).await.unwrap();
    epoch
}

/// Pushes as a phone does that may not be signed in any more.
async fn push(house: &House, token: &str, line: String) -> Reply {
    let push = Request::builder().method(Method::POST).uri("/api/v1/sync/push");
    let push = push.header(header::AUTHORIZATION, format!("Bearer {token}"));
    house.ask(push.body(Body::from(line)).unwrap()).await
}

fn story(guest: &Guest, title: &str) -> String {
    let id = domain::id::StoryId::mint(clock::now(), &clock::randomness());
    guest.create(ThingRef::story(id), fields(&guest.story(title, "Det hände efter kopian.")))
}

#[tokio::test]
async fn who_joined_after_the_backup_is_let_in_again_with_what_they_told() {
    let house = House::open().await;
    house.join(Role::Admin, "Siv", "Kontor").await;
    let backup = backed_up(&house).await;
    let micke = house.join(Role::Curator, "Micke", "Trädgård").await;
    let told = story(&micke, "Efteråt");
    house.done(&micke, told.clone()).await;
    let epoch = restore(&house, &backup).await;

    let reply = house.get("/api/v1/sync/pull", Some(&micke)).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "nobody knows yet who that is");
    let reply = push(&house, &micke.push_token, told).await;
    let answer: PushAnswer = serde_json::from_str(&reply.body).unwrap();
    assert_eq!((answer.epoch, &answer.receipts[0].outcome), (epoch, &Outcome::Applied));
    let records = house.pull(&micke).await;
    let states: Vec<_> =
        records.iter().filter_map(|record| record.state.as_ref()).map(|state| state.get()).collect();
    for word in ["Efteråt", "Micke", "Trädgård", "\"curator\""] {
        assert!(states.iter().any(|state| state.contains(word)), "{word}: {states:?}");
    }
}

#[tokio::test]
async fn a_session_that_was_ended_stays_ended() {
    let house = House::open().await;
    let backup = backed_up(&house).await;
    let micke = house.join(Role::Member, "Micke", "Trädgård").await;
    restore(&house, &backup).await;
    push(&house, &micke.push_token, story(&micke, "Efteråt")).await;
    assert_eq!(house.get("/api/v1/sync/pull", Some(&micke)).await.status, StatusCode::OK);
    assert_eq!(house.post("/api/v1/sign-out", Some(&micke), &json!({})).await.status, StatusCode::OK);
    assert_eq!(house.get("/api/v1/sync/pull", Some(&micke)).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(push(&house, &micke.push_token, story(&micke, "Sist")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_comes_back_where_nothing_was_restored_or_from_before_the_backup() {
    let (house, other) = (House::open().await, House::open().await);
    let micke = house.join(Role::Member, "Micke", "Trädgård").await;
    let told = story(&micke, "Före");
    assert_eq!(push(&other, &micke.push_token, told.clone()).await.status, StatusCode::UNAUTHORIZED);
    // A library that never knew him, put away after he had joined.
    let backup = backed_up(&other).await;
    restore(&house, &backup).await;
    assert_eq!(push(&house, &micke.push_token, told).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(house.get("/api/v1/sync/pull", Some(&micke)).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn another_servers_seal_opens_nothing() {
    let (house, other) = (House::open().await, House::open().await);
    let backup = backed_up(&house).await;
    let stranger = other.join(Role::Admin, "Ingen", "Ingenstans").await;
    restore(&house, &backup).await;
    let reply = push(&house, &stranger.push_token, story(&stranger, "Hej")).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(house.get("/api/v1/sync/pull", Some(&stranger)).await.status, StatusCode::UNAUTHORIZED);
}

/// Hands back, as this person's phone would, lines that it has read in the epoch `read_in`.
async fn hand_back(house: &House, guest: &Guest, read_in: Epoch, lines: &[String]) -> u32 {
    let path = format!("/api/v1/sync/handback?epoch={read_in}");
    let request =
        request(Method::POST, &path, Some(guest)).header(header::CONTENT_TYPE, "application/x-ndjson");
    let reply = house.ask(request.body(Body::from(lines.join("\n"))).unwrap()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply.body.parse().unwrap()
}

#[tokio::test]
async fn what_a_lost_phone_told_comes_back_from_whoever_has_read_it() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let micke = house.join(Role::Member, "Micke", "Färg").await;
    let before = house.store.head().await.unwrap().epoch;
    let backup = backed_up(&house).await;
    house.done(&elin, story(&elin, "Efteråt")).await;
    let read = house.pull(&micke).await;
    let lines: Vec<String> = read.iter().map(|record| serde_json::to_string(record).unwrap()).collect();
    let is_told = |line: &&String| line.contains("Efteråt");
    assert_eq!(lines.iter().filter(is_told).count(), 1);
    assert_eq!(hand_back(&house, &micke, before, &lines).await, 0, "nothing is missing");

    let epoch = restore(&house, &backup).await;
    assert_eq!(hand_back(&house, &micke, epoch, &lines).await, 0, "of the present server nothing is missing");
    let forged: Vec<String> = lines.iter().map(|line| line.replace("Efteråt", "Påhittat")).collect();
    assert_eq!(hand_back(&house, &micke, before, &forged).await, 0);
    for _ in 0..2 {
        assert_eq!(
            hand_back(&house, &micke, before, &lines).await,
            1,
            "only what is younger than the backup"
        );
        let stories = house.pull(&elin).await;
        let states = stories.iter().filter_map(|record| record.state.as_ref());
        assert_eq!(states.filter(|state| state.get().contains("Efteråt")).count(), 1);
    }
    let stranger = request(Method::POST, &format!("/api/v1/sync/handback?epoch={before}"), None);
    let reply = house.ask(stranger.body(Body::from(lines.join("\n"))).unwrap()).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
}
