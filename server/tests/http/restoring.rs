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

use crate::house::{Guest, House, Reply};

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
