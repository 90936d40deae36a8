//! `--database postgres://…`: the whole binary on PostgreSQL.

use crate::{Desk, SAMPLES, said, serve::Serving, story};

#[tokio::test]
async fn stories_go_in_come_out_and_are_found_as_in_a_file() {
    let (desk, file) = (Desk::with_postgres().await, Desk::new());
    let count = SAMPLES.lines().count();
    assert_eq!(desk.import(SAMPLES), format!("{count} new, 0 changed, 0 as they were, 0 skipped\n"));
    assert_eq!(desk.import(SAMPLES), format!("0 new, 0 changed, {count} as they were, 0 skipped\n"));
    assert_eq!(desk.export(), SAMPLES);
    file.import(SAMPLES);
    for question in ["kund", "arga kunder", "mandarinmanen", "färg", "wedding"] {
        let ask = ["search", question, "--json", "--limit", "100"];
        let (here, there) = (desk.run(&ask), file.run(&ask));
        assert!(here.ok && here.out.len() > 40, "{question}: {}", here.err);
        assert_eq!(here.out, there.out, "{question}");
    }
    assert!(!desk.data().join("solsken.db").exists());
}

#[tokio::test]
async fn an_invite_is_made_where_the_library_is() {
    let desk = Desk::with_postgres().await;
    let said = desk.run(&["invite", "--role", "curator"]);
    assert!(said.ok, "{}", said.err);
    let secret = said.out.split_once("/ga-med#").unwrap().1.split_whitespace().next().unwrap();
    let hash = server::secrets::hash(secret);
    let found = desk.store().await.find_invite(&hash, server::clock::now()).await.unwrap();
    assert_eq!(found.unwrap().role, domain::person::Role::Curator);
}

#[tokio::test]
async fn a_server_serves_from_it_and_keeps_its_key_in_the_data_folder() {
    let desk = Desk::with_postgres().await;
    let url = &desk.database.as_ref().unwrap().url;
    let serving = Serving::with(&["--data", desk.data().to_str().unwrap(), "--database", url]).await;
    serving.stop.send(()).unwrap();
    serving.done.await.unwrap().unwrap();
    assert!(desk.data().join("secret.key").exists() && !desk.data().join("solsken.db").exists());
}

#[tokio::test]
async fn a_flag_holds_before_the_environment_before_the_file() {
    let desk = Desk::with_postgres().await;
    let other = Desk::with_postgres().await;
    let urls = [&desk, &other].map(|desk| desk.database.as_ref().unwrap().url.clone());
    let file = Desk::new();
    desk.import(story(1, "i den ena", ""));
    file.import([story(1, "i filen", ""), story(2, "också", "")].concat());
    let exported = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut command = file.command(&["export"]);
        command.args(arguments).envs(environment.iter().copied());
        let said = said(command.output().unwrap());
        assert!(said.ok, "{}", said.err);
        said.out.lines().count()
    };
    assert_eq!(exported(&[], &[]), 2, "without any of them, the file in the data folder");
    file.write("data/solsken.toml", format!("database = \"{}\"", urls[0]));
    assert_eq!(exported(&[], &[]), 1);
    assert_eq!(exported(&[], &[("SOLSKEN_DATABASE", &urls[1])]), 0);
    assert_eq!(exported(&["--database", &urls[0]], &[("SOLSKEN_DATABASE", &urls[1])]), 1);
}

#[tokio::test]
async fn a_database_that_cannot_be_used_is_named_in_one_sentence() {
    let desk = Desk::with_postgres().await;
    let there = &desk.database.as_ref().unwrap().url;
    let (start, socket) = there.split_once('?').unwrap();
    let missing = format!("{}/finns_inte?{socket}", start.rsplit_once('/').unwrap().0);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("postgres://elin:hemligt@{}/solsken", taken.local_addr().unwrap());
    drop(taken);
    for (url, told) in [
        ("mysql://localhost/solsken", "must be given as postgres://"),
        ("postgres://localhost:många/solsken", "must be given as postgres://"),
        (&nobody, "the database solsken at 127.0.0.1:"),
        (&missing, "the database finns_inte at "),
        (&missing, "does not exist"),
        (&desk.database.as_ref().unwrap().url_of_a_guest().await, "permission denied"),
    ] {
        let said = desk.run(&["export", "--database", url]);
        assert!(!said.ok && said.out.is_empty() && said.err.contains(told), "{url}: {}", said.err);
        assert_eq!(said.err.lines().count(), 1, "{}", said.err);
        assert!(!said.err.contains("hemligt"), "{}", said.err);
    }
}
