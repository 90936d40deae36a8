//! `solsken backup` and `solsken restore`, on both databases.

use std::fs;

use domain::{id::StoryId, person::Role};
use server::{
    backup::{Kept, Schedule},
    media::Media,
};

use crate::{Desk, SAMPLES, serve::Serving, story};

const LATER: &str = "Kunden kom tillbaka med bullar till hela avdelningen.";

fn file(desk: &Desk, name: &str) -> String {
    desk.path().join(name).to_str().unwrap().to_owned()
}

/// The library goes back to where it stood, is searched as before, and what came between is not gone for good.
fn goes_back(desk: &Desk) {
    desk.import(SAMPLES);
    let before = desk.export();
    let found = desk.run(&["search", "väska", "--json"]).out;
    assert!(found.len() > 10, "{found}");
    let backup = file(desk, "monday.backup");
    let said = desk.run(&["backup", &backup]);
    assert!(said.ok && said.out.starts_with("72 stories"), "{}{}", said.out, said.err);

    desk.import(story(1, LATER, ""));
    let after = desk.export();
    assert!(after.contains(LATER));
    let said = desk.run(&["restore", &backup]);
    assert!(said.ok, "{}", said.err);
    assert_eq!(desk.export(), before);
    assert_eq!(desk.run(&["search", "väska", "--json"]).out, found);

    let kept = fs::read_dir(desk.data().join("before-restore")).unwrap().next().unwrap().unwrap().path();
    let said = desk.run(&["restore", kept.to_str().unwrap()]);
    assert!(said.ok, "{}", said.err);
    assert_eq!(desk.export(), after);
    // New rows get numbers that no row has.
    desk.import(story(2, "En rad till.", ""));
}

#[test]
fn a_library_in_sqlite_goes_back_to_its_backup() {
    goes_back(&Desk::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_library_in_postgresql_goes_back_to_its_backup() {
    goes_back(&Desk::with_postgres().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_sqlite_goes_on_in_postgresql() {
    let (one, other) = (Desk::new(), Desk::with_postgres().await);
    one.import(SAMPLES);
    let backup = file(&one, "moving.backup");
    assert!(one.run(&["backup", &backup]).ok);
    let said = other.run(&["restore", &backup]);
    assert!(said.ok, "{}", said.err);
    assert_eq!(other.export(), one.export());
    // The marks on what phones hold are known here too.
    let key = |desk: &Desk| fs::read(desk.data().join("secret.key")).ok();
    assert_eq!(key(&other), key(&one));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_runs_is_put_away_and_goes_back() {
    let desk = Desk::new();
    desk.import(SAMPLES);
    let serving = Serving::with(&["--data", desk.data().to_str().unwrap()]).await;
    let backup = file(&desk, "running.backup");
    let said = desk.run(&["backup", &backup]);
    assert!(said.ok, "{}", said.err);
    desk.import(story(1, LATER, ""));
    let epoch = desk.store().await.head().await.unwrap().epoch;
    let said = desk.run(&["restore", &backup]);
    assert!(said.ok && !said.out.contains("started again"), "{}{}", said.out, said.err);
    assert!(!desk.export().contains(LATER));
    let restored = desk.store().await.head().await.unwrap().epoch;
    assert_ne!(restored, epoch, "phones notice by the epoch");
    serving.stop.send(()).unwrap();
    serving.done.await.unwrap().unwrap();
}

#[test]
fn what_is_no_sound_backup_changes_nothing() {
    let desk = Desk::new();
    desk.import(SAMPLES);
    let before = desk.export();
    let backup = file(&desk, "whole.backup");
    assert!(desk.run(&["backup", &backup]).ok);
    let said = desk.run(&["backup", &backup]);
    assert!(!said.ok && said.err.contains("is there already"), "{}", said.err);

    let mut bytes = fs::read(&backup).unwrap();
    // Somewhere in the middle of the ops: their texts are there, and some are not what they were.
    let middle = bytes.len() / 2;
    bytes[middle..middle + 2_000].fill(0xAA);
    // One letter of a text is another: for the database that is as good.
    let mut altered = fs::read(&backup).unwrap();
    let word = altered.windows(4).position(|word| word == b"kund").unwrap();
    altered[word] = b'h';
    let odd = [
        ("empty.backup", Vec::new()),
        ("words.backup", b"What a lovely day for a backup.".to_vec()),
        ("half.backup", fs::read(&backup).unwrap()[..middle].to_vec()),
        ("bent.backup", bytes),
        ("altered.backup", altered),
    ];
    for (name, bytes) in odd {
        let said = desk.run(&["restore", desk.write(name, bytes).to_str().unwrap()]);
        assert!(!said.ok && said.err.contains(name), "{name}: {}{}", said.out, said.err);
        assert_eq!(desk.export(), before, "{name}");
    }
    let said = desk.run(&["restore", "nowhere.backup"]);
    assert!(!said.ok && said.err.contains("there is no backup at nowhere.backup"), "{}", said.err);
    let left: Vec<_> = fs::read_dir(desk.data()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(!left.iter().any(|file| file.to_string_lossy().contains("part")), "{left:?}");
}

#[cfg(unix)]
#[test]
fn nobody_else_on_the_machine_may_read_a_backup() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    desk.import(story(1, LATER, ""));
    let folder = desk.path().join("backups");
    fs::create_dir(&folder).unwrap();
    let said = desk.run(&["backup", folder.to_str().unwrap()]);
    assert!(said.ok, "{}", said.err);
    let file = fs::read_dir(&folder).unwrap().next().unwrap().unwrap();
    assert!(file.file_name().to_string_lossy().starts_with("solsken-20"), "named after the time");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn the_clock_makes_backups_and_takes_old_ones_away() {
    let desk = Desk::new();
    desk.import(story(1, LATER, ""));
    let folder = desk.path().join("kept");
    fs::create_dir(&folder).unwrap();
    for day in 1..=20 {
        fs::write(folder.join(format!("solsken-2026-03-{day:02}T030000Z.backup")), "old").unwrap();
    }
    fs::write(folder.join("solsken-notes.txt"), "not ours").unwrap();
    let schedule = Schedule { folder: folder.clone(), every: std::time::Duration::from_secs(3600) };
    let (store, media) = (desk.store().await, Media::open(None, &desk.data()).unwrap());
    schedule.make(Kept { store: store.as_ref(), media: &media, data: &desk.data() }).await.unwrap();
    let mut left: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left.len(), 10, "{left:?}");
    assert!(left[0].contains("03-01") && left[1].contains("03-08") && left[2].contains("03-15"), "{left:?}");
    assert_eq!(left.last().unwrap(), "solsken-notes.txt");
}

#[tokio::test]
async fn those_who_had_joined_are_known_after_a_restore() {
    let desk = Desk::new();
    desk.import(SAMPLES);
    let said = desk.run(&["invite", "--role", "admin"]);
    assert!(said.ok);
    let backup = file(&desk, "people.backup");
    assert!(desk.run(&["backup", &backup]).ok);
    let other = Desk::new();
    assert!(other.run(&["restore", &backup]).ok);
    let store = other.store().await;
    let id: StoryId =
        serde_json::from_str::<serde_json::Value>(SAMPLES.lines().next().unwrap()).unwrap()["id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
    let (_, story) = store.states(&[id]).await.unwrap().remove(0);
    let author = store.person(story.author).await.unwrap().unwrap();
    assert_eq!(author.role, Role::Member);
}
