//! What a push credential still opens once its person has signed out, or beside somebody else's session.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use domain::{
    Object,
    id::{LabelId, PathId, PersonId, ShowingId, StoryId, ThingId, WordingId},
    label::{Label, LabelKind},
    op::{Change, Edit, TextEdit},
    path::{Path, Showing},
    person::Role,
    reaction::{Reaction, ReactionKind},
    story::Status,
    sync::wire::{Outcome, PushAnswer, Receipt},
    text::{Name, Title},
    thing::{ThingKind, ThingRef, fields},
    wording::Wording,
};
use serde_json::json;
use server::{clock, secrets};

use crate::house::{Guest, House, refused, request};

/// What the browser sends beside the push credential.
#[derive(Clone, Copy)]
enum Cookie<'a> {
    None,
    Of(&'a Guest),
}

async fn push(house: &House, bearer: &Guest, cookie: Cookie<'_>, lines: &[String]) -> Vec<Receipt> {
    let cookie = match cookie {
        Cookie::None => None,
        Cookie::Of(guest) => Some(guest),
    };
    let push = request(Method::POST, "/api/v1/sync/push", cookie)
        .header(header::AUTHORIZATION, format!("Bearer {}", bearer.push_token));
    let reply = house.ask(push.body(Body::from(lines.join("\n"))).unwrap()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let answer: PushAnswer = serde_json::from_str(&reply.body).unwrap();
    assert!(!answer.cloned);
    assert_eq!(answer.receipts.len(), lines.len());
    answer.receipts
}

async fn sign_out(house: &House, guest: &Guest) {
    let reply = house.post("/api/v1/sign-out", Some(guest), &json!({})).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
}

fn new_story() -> ThingRef {
    ThingRef::story(StoryId::mint(clock::now(), &clock::randomness()))
}

fn label(kind: LabelKind, name: &str) -> (ThingRef, Object) {
    (ThingRef::label(kind, LabelId::named(kind, name)), fields(&Label::new(Name::new(name).unwrap())))
}

fn told(guest: &Guest, thing: &ThingRef) -> String {
    guest.create(thing.clone(), fields(&guest.story("Regn", "Regn på växtrean")))
}

fn retitled(guest: &Guest, thing: &ThingRef) -> String {
    let edit = TextEdit { from: "Regn".into(), to: "Snö".into() };
    let edit = Edit { text: [("title".to_owned(), edit)].into(), ..Edit::default() };
    guest.line(thing.clone(), Change::Edit(edit))
}

/// A library with one thing of each kind that somebody could want to change, and whom it belongs to.
struct Library {
    house: House,
    admin: Guest,
    member: Guest,
    story: ThingRef,
    tag: ThingRef,
    path: ThingRef,
    wording: ThingRef,
}

impl Library {
    async fn open() -> Self {
        let house = House::open().await;
        let admin = house.join(Role::Admin, "Sara", "Färg").await;
        let member = house.join(Role::Member, "Elin", "Färg").await;
        let story = ThingRef::story(house.tell(&member, "Regn", "Regn på växtrean").await);
        let (tag, state) = label(LabelKind::Tag, "regn");
        house.done(&member, member.create(tag.clone(), state)).await;
        let path = ThingRef::path(PathId::mint(clock::now(), &clock::randomness()));
        house.done(&admin, admin.create(path.clone(), fields(&a_path(admin.id())))).await;
        let wording = ThingRef::new(ThingKind::Wording, WordingId::mint(clock::now(), &clock::randomness()));
        house.done(&admin, admin.create(wording.clone(), fields(&a_wording()))).await;
        Self { house, admin, member, story, tag, path, wording }
    }

    /// Everything that an administrator, or anybody, may do beyond telling stories, in the administrator's name.
    fn beyond_own_stories(&self) -> Vec<String> {
        let Self { admin, member, story, tag, path, wording, .. } = self;
        let id = StoryId::from(story.id);
        let reaction = Reaction { story: id, person: admin.id(), reaction: ReactionKind::Applause, on: true };
        let reaction_id = ThingId::reaction(id, admin.id(), ReactionKind::Applause.key());
        let showing =
            Showing { path: PathId::from(path.id), stories: vec![id], by: admin.id(), at: clock::now() };
        let new = |kind: ThingKind| ThingRef::new(kind, ShowingId::mint(clock::now(), &clock::randomness()));
        let created = |(thing, state): (ThingRef, Object)| admin.create(thing, state);
        vec![
            admin.set(ThingRef::person(member.id()), "role", json!("admin")),
            admin.set(ThingRef::person(admin.id()), "role", json!("member")),
            admin.set(ThingRef::person(admin.id()), "name", json!("Nils")),
            admin.set(ThingRef::person(member.id()), "name", json!("Nils")),
            admin.line(story.clone(), Change::Delete),
            retitled(admin, story),
            admin.line(story.clone(), Change::Move { from: Status::InLibrary, to: Status::Archived }),
            admin.set(tag.clone(), "name", json!("snö")),
            created(label(LabelKind::Value, "Mod")),
            created(label(LabelKind::Site, "Ystad")),
            created(label(LabelKind::Department, "Kassan")),
            admin.set(wording.clone(), "deleted_at", json!(1)),
            admin.line(wording.clone(), Change::Delete),
            admin.create(new(ThingKind::Wording), fields(&a_wording())),
            admin.line(path.clone(), Change::Delete),
            admin.create(new(ThingKind::Path), fields(&a_path(admin.id()))),
            admin.create(new(ThingKind::Showing), fields(&showing)),
            admin.create(ThingRef { kind: ThingKind::Reaction, id: reaction_id }, fields(&reaction)),
            admin.create(new(ThingKind::Other("pulse".into())), Object::new()),
            admin.line(story.clone(), Change::Delete).replace("\"delete\"", r#"{"levitate":{"metres":3}}"#),
        ]
    }

    /// What everybody's phone is given, as it stands.
    async fn everything(&self) -> Vec<String> {
        let records = self.house.pull(&self.member).await;
        let mut all: Vec<String> =
            records.iter().map(|record| serde_json::to_string(record).unwrap()).collect();
        all.sort();
        all
    }
}

fn a_path(author: PersonId) -> Path {
    Path {
        title: Title::new("Första veckan").unwrap(),
        purpose: None,
        stops: Vec::new(),
        author,
        departments: Vec::new(),
        deleted_at: None,
    }
}

fn a_wording() -> Wording {
    Wording { words: vec![Name::new("växtrea").unwrap(), Name::new("vrea").unwrap()], deleted_at: None }
}

fn all_put_off(receipts: &[Receipt], lines: &[String]) {
    for (receipt, line) in receipts.iter().zip(lines) {
        assert_eq!((&receipt.outcome, receipt.seq), (&Outcome::Deferred, 0), "{line}");
    }
}

#[tokio::test]
async fn push_credential_of_an_admin_who_signed_out_changes_nothing_but_their_own_stories() {
    let library = Library::open().await;
    let Library { house, admin, .. } = &library;
    sign_out(house, admin).await;
    let before = library.everything().await;
    let lines = library.beyond_own_stories();
    all_put_off(&push(house, admin, Cookie::None, &lines).await, &lines);
    // One by one too, and again: nothing depends on what came before.
    for line in &lines {
        all_put_off(&push(house, admin, Cookie::None, std::slice::from_ref(line)).await, &lines);
    }
    assert_eq!(library.everything().await, before);
    let thing = new_story();
    let own = push(house, admin, Cookie::None, &[told(admin, &thing)]).await;
    assert_eq!(own[0].outcome, Outcome::Applied, "what is behind all that goes");
    assert_eq!(library.everything().await.len(), before.len() + 1);
}

#[tokio::test]
async fn push_credential_beside_the_session_of_somebody_else_is_that_of_one_who_signed_out() {
    let library = Library::open().await;
    let Library { house, admin, member, .. } = &library;
    let before = library.everything().await;
    let lines = library.beyond_own_stories();
    all_put_off(&push(house, admin, Cookie::Of(member), &lines).await, &lines);
    assert_eq!(library.everything().await, before);
    // Nor does an administrator's session make another's credential more than it is.
    let archive = || Change::Move { from: Status::InLibrary, to: Status::Archived };
    let line = member.line(library.story.clone(), archive());
    all_put_off(&push(house, member, Cookie::Of(admin), std::slice::from_ref(&line)).await, &[line]);
    assert_eq!(library.everything().await, before);
}

#[tokio::test]
async fn push_credential_beside_a_session_of_its_person_has_all_their_rights() {
    let library = Library::open().await;
    let Library { house, admin, member, story, .. } = &library;
    let lines = library.beyond_own_stories();
    // First without the cookie: what was put off then is decided now.
    all_put_off(&push(house, admin, Cookie::None, &lines).await, &lines);
    let receipts = push(house, admin, Cookie::Of(admin), &lines).await;
    assert_eq!(receipts[0].outcome, Outcome::Applied, "the member is an administrator");
    assert_eq!(receipts[1].outcome, Outcome::Applied, "the administrator is a member");
    // From here on it is a member who speaks.
    assert_eq!(receipts[4].outcome, refused(domain::sync::wire::Reason::NotAllowed));
    assert!(house.sees(member, StoryId::from(story.id)).await);
    let person = house.store.person(member.id()).await.unwrap().unwrap();
    assert_eq!(person.role, Role::Admin);
}

#[tokio::test]
async fn push_credential_after_sign_out_brings_own_stories_with_their_changes_and_new_tags() {
    let library = Library::open().await;
    let Library { house, admin, member, .. } = &library;
    sign_out(house, admin).await;
    let (tag, state) = label(LabelKind::Tag, "snö");
    let (first, second) = (new_story(), new_story());
    let add = Object::from_iter([("tags".to_owned(), json!([tag.id]))]);
    let lines = [
        admin.create(tag.clone(), state),
        told(admin, &first),
        retitled(admin, &first),
        admin.line(first.clone(), Change::Edit(Edit { add, ..Edit::default() })),
        told(admin, &second),
        admin.line(second.clone(), Change::Delete),
        admin.line(second.clone(), Change::Restore),
        admin.line(second.clone(), Change::Delete),
    ];
    for receipt in push(house, admin, Cookie::None, &lines).await {
        assert_eq!(receipt.outcome, Outcome::Applied);
    }
    let records = house.pull(member).await;
    let state = |thing: &ThingRef| {
        let record = records.iter().find(|record| record.thing() == *thing);
        record.and_then(|record| record.state.as_ref()).map(|state| state.get().to_owned())
    };
    let first = state(&first).unwrap();
    assert!(first.contains("Snö") && first.contains(&tag.id.to_string()), "{first}");
    assert!(state(&tag).is_some());
    assert_eq!(state(&second), None, "it is deleted");
}

#[tokio::test]
async fn push_credential_is_that_of_one_who_signed_out_however_the_session_ended() {
    let library = Library::open().await;
    let Library { house, admin, member, .. } = &library;
    let session = admin.cookie.split_once('=').unwrap().1;
    house.store.end_session(&secrets::hash(session), clock::now()).await.unwrap();
    let line = admin.set(ThingRef::person(member.id()), "role", json!("admin"));
    let lines = [line];
    for cookie in [Cookie::Of(admin), Cookie::None] {
        all_put_off(&push(house, admin, cookie, &lines).await, &lines);
    }
}

#[tokio::test]
async fn op_put_off_after_sign_out_leaves_nothing_on_the_server() {
    let library = Library::open().await;
    let Library { house, admin, tag, .. } = &library;
    sign_out(house, admin).await;
    let large = admin.set(tag.clone(), "padding", json!("x".repeat(400_000)));
    let number = serde_json::from_str::<serde_json::Value>(&large).unwrap()["device_seq"].clone();
    let lines = [large];
    all_put_off(&push(house, admin, Cookie::None, &lines).await, &lines);
    let mut own: serde_json::Value = serde_json::from_str(&told(admin, &new_story())).unwrap();
    own["device_seq"] = number;
    let receipts = push(house, admin, Cookie::None, &[own.to_string()]).await;
    assert_eq!(receipts[0].outcome, Outcome::Applied, "its number is free");
}

/// Pushes of many people share a look at whose credentials and sessions they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pushes_of_many_people_at_once_are_each_taken_as_their_own() {
    const PEOPLE: usize = 12;
    let house = House::open().await;
    let mut guests = Vec::new();
    for n in 0..PEOPLE {
        guests.push(house.join(Role::Member, &format!("Gäst {n}"), "Färg").await);
    }
    for round in 0..4 {
        let pushes = guests.iter().enumerate().map(|(at, guest)| {
            let neighbour = &guests[(at + 1) % PEOPLE];
            // Some beside their own session, some beside that of the next, some alone.
            let cookie = [Cookie::Of(guest), Cookie::Of(neighbour), Cookie::None][(at + round) % 3];
            let own_name =
                guest.set(ThingRef::person(guest.id()), "name", json!(format!("Gäst {at}.{round}")));
            let lines = [told(guest, &new_story()), own_name];
            let house = &house;
            async move { (at, push(house, guest, cookie, &lines).await) }
        });
        for (at, receipts) in futures::future::join_all(pushes).await {
            assert_eq!(receipts[0].outcome, Outcome::Applied, "guest {at} in round {round}");
            let expected = if (at + round) % 3 == 0 { Outcome::Applied } else { Outcome::Deferred };
            assert_eq!(receipts[1].outcome, expected, "guest {at} in round {round}");
        }
    }
}
