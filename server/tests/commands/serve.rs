//! `solsken serve`, over a real port.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use clap::Parser;
use server::{
    commands::{CommandError, serve::serve},
    config::{Common, Config, Serve},
    site::Site,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

use crate::Desk;

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    serve: Serve,
}

/// A server that says it is well.
pub struct Serving {
    address: SocketAddr,
    pub stop: oneshot::Sender<()>,
    pub done: JoinHandle<Result<(), CommandError>>,
}

impl Serving {
    pub async fn with(flags: &[&str]) -> Self {
        let flags = Flags::parse_from(["solsken"].iter().chain(flags));
        let config = Config::read(&flags.common, &flags.serve).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            let _ = stopped.await;
        };
        let done = tokio::spawn(serve(config, listener, Site::bare(), false, stopped));
        let mut phone = TcpStream::connect(address).await.unwrap();
        let answer = say(&mut phone, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("ok\n"), "{answer}");
        Self { address, stop, done }
    }
}

async fn say(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 64 * 1024];
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut answer)).await.unwrap().unwrap();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

fn post(path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\n{headers}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_asked_to_stop_does_so_although_news_is_listened_to() {
    let desk = Desk::new();
    let said = desk.run(&["invite", "--role", "member"]);
    let secret = said.out.split_once("/ga-med#").unwrap().1.split_whitespace().next().unwrap();
    let Serving { address, stop, done } = Serving::with(&["--data", desk.data().to_str().unwrap()]).await;
    let mut phone = TcpStream::connect(address).await.unwrap();
    let form = format!(
        "{{\"code\": \"{secret}\", \"name\": \"Elin\", \"site\": \"\", \"department\": \"\", \"language\": \"sv\", \
         \"device\": \"01991601-324d-7436-af22-2e9528f59101\"}}"
    );
    let answer = say(&mut phone, &post("/api/v1/join", "", &form)).await;
    let cookie = answer.split_once("set-cookie: ").unwrap().1.split(';').next().unwrap().to_owned();
    let mut news = TcpStream::connect(address).await.unwrap();
    let listen = format!("GET /api/v1/sync/news HTTP/1.1\r\nhost: x\r\ncookie: {cookie}\r\n\r\n");
    assert!(say(&mut news, &listen).await.contains("text/event-stream"));

    let asked = Instant::now();
    stop.send(()).unwrap();
    let done = tokio::time::timeout(Duration::from_secs(20), done).await.unwrap().unwrap();
    assert!(done.is_ok(), "{done:?}");
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    assert!(TcpStream::connect(address).await.is_err(), "nobody answers any more");
    let left: Vec<_> =
        std::fs::read_dir(desk.data()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(!left.iter().any(|file| file.to_string_lossy().ends_with("-wal")), "the file is whole: {left:?}");
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = Desk::new().run(&["serve", "--listen", &address]);
    // Without the browser's half in the binary it says so first.
    let told =
        said.err.contains(&format!("cannot listen on {address}")) || said.err.contains("cargo xtask build");
    assert!(!said.ok && told, "{}", said.err);
}

#[test]
fn an_invite_leads_to_where_the_server_was_last() {
    let desk = Desk::new();
    std::fs::create_dir(desk.data()).unwrap();
    std::fs::write(desk.data().join("url"), "http://127.0.0.1:18733").unwrap();
    let said = desk.run(&["invite", "--role", "member"]);
    assert!(said.out.contains("http://127.0.0.1:18733/ga-med#"), "{}", said.out);
    let said = desk.run(&["invite", "--role", "member", "--url", "https://solsken.example"]);
    assert!(said.out.contains("https://solsken.example/ga-med#"), "{}", said.out);
}

/// Starts a server on the data folder and stops it again.
async fn served(desk: &Desk) -> domain::id::Epoch {
    let Serving { stop, done, .. } = Serving::with(&["--data", desk.data().to_str().unwrap()]).await;
    stop.send(()).unwrap();
    done.await.unwrap().unwrap();
    let store = desk.store().await;
    let epoch = store.head().await.unwrap().epoch;
    store.close().await;
    epoch
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_was_put_back_while_no_server_ran_is_noticed_at_the_next_start() {
    let desk = Desk::new();
    desk.import(crate::story(1, "Kunden kom tillbaka med en burk färg.", ""));
    let database = desk.data().join("solsken.db");
    let epoch = served(&desk).await;
    let snapshot = std::fs::read(&database).unwrap();
    desk.import(crate::story(2, "Kunden kom tillbaka med bullar.", ""));
    assert_eq!(served(&desk).await, epoch, "what another process has written is no rollback");
    std::fs::write(&database, &snapshot).unwrap();
    let noticed = served(&desk).await;
    assert_ne!(noticed, epoch);
    assert_eq!(served(&desk).await, noticed, "once is enough");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_without_a_sound_last_position_begins_no_epoch() {
    let desk = Desk::new();
    let epoch = served(&desk).await;
    let file = desk.data().join("last-position");
    for damaged in [&b""[..], b"half of it", b"\xff\xfe"] {
        std::fs::write(&file, damaged).unwrap();
        assert_eq!(served(&desk).await, epoch);
        assert!(std::fs::read(&file).unwrap().len() > 60, "it is written anew");
    }
    std::fs::remove_file(&file).unwrap();
    assert_eq!(served(&desk).await, epoch);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_backup_begins_one_epoch_and_the_next_start_no_other() {
    let desk = Desk::new();
    desk.import(crate::story(1, "Kunden kom tillbaka med en burk färg.", ""));
    let backup = desk.path().join("monday.backup").to_str().unwrap().to_owned();
    assert!(desk.run(&["backup", &backup]).ok);
    desk.import(crate::story(2, "Kunden kom tillbaka med bullar.", ""));
    let epoch = served(&desk).await;
    assert!(desk.run(&["restore", &backup]).ok);
    let restored = desk.store().await.head().await.unwrap().epoch;
    assert_ne!(restored, epoch);
    assert_eq!(served(&desk).await, restored);
}
