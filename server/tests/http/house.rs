//! A server with an empty library, people who join it, and what they send.

use std::{cell::Cell, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use clap::Parser;
use domain::{
    Object,
    id::{DeviceId, Epoch, PersonId, StoryId},
    op::{Change, Op, OpBytes},
    person::Role,
    story::Story,
    sync::wire::{Outcome, PageHeader, PushAnswer, Reason, Record, SigningKey},
    text::{StoryText, Title},
    thing::{ThingRef, fields},
    time::Millis,
    view::Me,
};
use serde_json::{Value, json};
use server::{
    clock,
    config::{Common, Config, Serve},
    credentials::Credentials,
    http::{Guesses, Server, router},
    media::Media,
    secrets,
    site::Site,
    store::{Invite, Store, sqlite::SqliteStore},
    writer::Writer,
};
use tokio::sync::watch;
use tower::ServiceExt;

/// The settings of `solsken serve`, read as the binary reads them.
#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    serve: Serve,
}

pub struct House {
    pub folder: tempfile::TempDir,
    pub store: Arc<dyn Store>,
    /// Held, since the house does not close before the test does.
    _open: watch::Sender<()>,
    router: Router,
    flags: Vec<String>,
    key: SigningKey,
}

/// An invite as it was handed out.
pub struct Handout {
    pub code: String,
    pub link: String,
}

pub const HOUR: i64 = 60 * 60 * 1000;

impl House {
    pub async fn open() -> Self {
        Self::with(&[]).await
    }

    pub async fn with(flags: &[&str]) -> Self {
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        Self::in_folder(tempfile::tempdir().unwrap(), flags, SigningKey(clock::random())).await
    }

    /// Another process on the same data, with the same key.
    pub async fn started_again(self) -> Self {
        let Self { folder, store, flags, key, .. } = self;
        store.close().await;
        Self::in_folder(folder, flags, key).await
    }

    async fn in_folder(folder: tempfile::TempDir, given: Vec<String>, key: SigningKey) -> Self {
        let data = folder.path().to_str().unwrap();
        let all = ["solsken", "--data", data].into_iter().chain(given.iter().map(String::as_str));
        let flags = Flags::parse_from(all);
        let config = Config::read(&flags.common, &flags.serve).unwrap();
        let epoch = Epoch::mint(clock::now(), &clock::randomness());
        let store: Arc<dyn Store> =
            Arc::new(SqliteStore::open(&config.data.join("solsken.db"), epoch).await.unwrap());
        let (open, stopping) = watch::channel(());
        let server = Server {
            key: key.clone(),
            writer: Writer::start(store.clone()),
            credentials: Credentials::start(store.clone()),
            media: Media::open(None, folder.path()).unwrap(),
            store: store.clone(),
            site: Arc::new(Site::bare()),
            config: Arc::new(config),
            guesses: Arc::new(Guesses::default()),
            stopping,
        };
        Self { folder, store, _open: open, router: router(server), flags: given, key }
    }

    pub async fn invite(&self, role: Role, uses: u32) -> Handout {
        self.invite_until(role, uses, Millis(clock::now().0 + HOUR)).await
    }

    pub async fn invite_until(&self, role: Role, uses: u32, expires_at: Millis) -> Handout {
        let handout = Handout { code: secrets::code(), link: secrets::link_secret() };
        let invite = Invite {
            id: uuid::Builder::from_random_bytes(clock::random()).into_uuid(),
            code: secrets::hash(&handout.code),
            link: secrets::hash(&handout.link),
            role,
            uses_left: uses,
            expires_at,
            created_at: clock::now(),
        };
        self.store.add_invite(&invite).await.unwrap();
        handout
    }

    pub async fn ask(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Reply {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
            bytes: body.into(),
        }
    }

    /// An answer whose body never ends is not waited for.
    pub async fn open_stream(&self, request: Request<Body>) -> axum::response::Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub async fn post(&self, path: &str, guest: Option<&Guest>, body: &Value) -> Reply {
        let request = request(Method::POST, path, guest).header(header::CONTENT_TYPE, "application/json");
        self.ask(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub async fn get(&self, path: &str, guest: Option<&Guest>) -> Reply {
        self.ask(request(Method::GET, path, guest).body(Body::empty()).unwrap()).await
    }

    pub async fn join(&self, role: Role, name: &str, department: &str) -> Guest {
        let invite = self.invite(role, 1).await;
        let device = device();
        let form = form(&invite.code, name, department, device);
        let reply = self.post("/api/v1/join", None, &form).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        Guest::welcomed(&reply, device)
    }

    pub async fn push(&self, guest: &Guest, lines: &[String]) -> PushAnswer {
        let reply = self.push_body(guest, lines.join("\n")).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        serde_json::from_str(&reply.body).unwrap()
    }

    pub async fn push_body(&self, guest: &Guest, body: impl Into<Body>) -> Reply {
        let request = request(Method::POST, "/api/v1/sync/push", Some(guest));
        self.ask(request.body(body.into()).unwrap()).await
    }

    /// What became of one op.
    pub async fn outcome(&self, guest: &Guest, line: String) -> Outcome {
        let answer = self.push(guest, &[line]).await;
        assert!(!answer.cloned);
        answer.receipts[0].outcome.clone()
    }

    /// Pushes one op that must be taken as it is.
    pub async fn done(&self, guest: &Guest, line: String) {
        assert_eq!(self.outcome(guest, line).await, Outcome::Applied);
    }

    /// Tells a story that everyone may see.
    pub async fn tell(&self, guest: &Guest, title: &str, situation: &str) -> StoryId {
        let id = StoryId::mint(clock::now(), &clock::randomness());
        let told = guest.story(title, situation);
        self.done(guest, guest.create(ThingRef::story(id), fields(&told))).await;
        id
    }

    /// Everything that a guest's phone is given, from the first page to the last.
    pub async fn pull(&self, guest: &Guest) -> Vec<Record> {
        let mut all = Vec::new();
        let mut path = "/api/v1/sync/pull".to_owned();
        loop {
            let reply = self.get(&path, Some(guest)).await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
            let (header, records) = reply.page();
            all.extend(records);
            if !header.more {
                return all;
            }
            path = format!("/api/v1/sync/pull?cursor={}", header.cursor.0);
        }
    }

    /// Whether a story is among what a guest's phone is given.
    pub async fn sees(&self, guest: &Guest, story: StoryId) -> bool {
        let thing = ThingRef::story(story);
        self.pull(guest).await.iter().any(|record| record.thing() == thing && record.state.is_some())
    }
}

pub fn request(method: Method, path: &str, guest: Option<&Guest>) -> axum::http::request::Builder {
    let request = Request::builder().method(method).uri(path);
    match guest {
        Some(guest) => request.header(header::COOKIE, &guest.cookie),
        None => request,
    }
}

pub fn device() -> DeviceId {
    DeviceId::mint(clock::now(), &clock::randomness())
}

pub fn form(code: &str, name: &str, department: &str, device: DeviceId) -> Value {
    json!({ "code": code, "name": name, "site": "Borås", "department": department, "language": "sv", "device": device })
}

/// What came back.
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
    pub bytes: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// `name=value` of the cookie that was set.
    pub fn cookie(&self) -> String {
        self.header(header::SET_COOKIE).split(';').next().unwrap().to_owned()
    }

    /// The reply as one page of a pull.
    pub fn page(&self) -> (PageHeader, Vec<Record>) {
        let mut lines = self.body.lines();
        let header = serde_json::from_str(lines.next().unwrap()).unwrap();
        (header, lines.map(|line| serde_json::from_str(line).unwrap()).collect())
    }
}

/// Someone who has joined, on their phone.
pub struct Guest {
    pub cookie: String,
    pub push_token: String,
    pub me: Me,
    pub device: DeviceId,
    seq: Cell<u64>,
}

impl Guest {
    pub fn welcomed(reply: &Reply, device: DeviceId) -> Self {
        let welcome = reply.json();
        Self {
            cookie: reply.cookie(),
            push_token: welcome["push_token"].as_str().unwrap().to_owned(),
            me: serde_json::from_value(welcome["me"].clone()).unwrap(),
            device,
            seq: Cell::new(0),
        }
    }

    pub fn id(&self) -> PersonId {
        self.me.id
    }

    pub fn story(&self, title: &str, situation: &str) -> Story {
        Story {
            title: Title::optional(title).unwrap(),
            situation: Some(StoryText::new(situation).unwrap()),
            department: self.me.reader.department,
            ..Story::blank(self.id())
        }
    }

    /// The phone's next op, as it lies in the outbox.
    pub fn op(&self, thing: ThingRef, change: Change) -> Op {
        self.seq.set(self.seq.get() + 1);
        Op {
            device: self.device,
            device_seq: self.seq.get(),
            at: clock::now(),
            actor: self.id(),
            thing,
            base: None,
            change,
        }
    }

    pub fn line(&self, thing: ThingRef, change: Change) -> String {
        line(&self.op(thing, change))
    }

    pub fn create(&self, thing: ThingRef, state: Object) -> String {
        self.line(thing, Change::Create(state))
    }

    /// An op that sets one register.
    pub fn set(&self, thing: ThingRef, field: &str, value: Value) -> String {
        let set = Object::from_iter([(field.to_owned(), value)]);
        self.line(thing, Change::Edit(domain::op::Edit { set, ..Default::default() }))
    }
}

pub fn line(op: &Op) -> String {
    OpBytes::of(op).as_str().to_owned()
}

pub const fn refused(reason: Reason) -> Outcome {
    Outcome::Rejected(reason)
}

/// Every file in a folder and in those below it.
pub fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
