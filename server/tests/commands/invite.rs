//! `solsken invite`.

use domain::{person::Role, time::Millis};
use server::{clock, secrets};

use crate::Desk;

/// Link and code from what was printed.
fn handout(out: &str) -> (&str, &str) {
    let link = out.lines().map(str::trim).find(|line| line.starts_with("http")).unwrap();
    let code = out.split_once("type the code ").unwrap().1.split(' ').next().unwrap();
    (link, code)
}

#[tokio::test]
async fn link_and_code_open_the_same_door_for_as_many_and_as_long_as_was_said() {
    for (role, key) in [(Role::Member, "member"), (Role::Curator, "curator"), (Role::Admin, "admin")] {
        let desk = Desk::new();
        let said = desk.run(&[
            "invite",
            "--role",
            key,
            "--uses",
            "3",
            "--days",
            "2",
            "--url",
            "https://solsken.example",
        ]);
        assert!(said.ok, "{}", said.err);
        let (link, code) = handout(&said.out);
        let secret = link.strip_prefix("https://solsken.example/ga-med#").unwrap();
        let store = desk.store().await;
        let find = async |secret: &str, days: f64| {
            let at = Millis(clock::now().0 + (days * 86_400_000.0) as i64);
            store.find_invite(&secrets::hash(secret), at).await.unwrap()
        };
        let (by_link, by_code) = (find(secret, 0.0).await.unwrap(), find(code, 0.0).await.unwrap());
        assert_eq!((by_link.id, by_link.role, by_link.uses_left), (by_code.id, role, 3));
        assert!(find(code, 1.9).await.is_some() && find(code, 2.1).await.is_none());
    }
}

#[test]
fn a_link_can_be_read_by_a_camera() {
    let said = Desk::new().run(&["invite", "--role", "member"]);
    let blocks = said.out.lines().filter(|line| line.contains('█') || line.contains('▀')).count();
    assert!(blocks > 10, "{}", said.out);
    assert!(said.out.contains("http://127.0.0.1:8080/ga-med#"), "{}", said.out);
}

#[test]
fn no_two_invites_are_alike() {
    let desk = Desk::new();
    let (one, two) = (desk.run(&["invite", "--role", "member"]), desk.run(&["invite", "--role", "member"]));
    let ((link, code), (other_link, other_code)) = (handout(&one.out), handout(&two.out));
    assert!(link != other_link && code != other_code);
    assert_eq!(code.len(), 6);
}

#[test]
fn what_makes_no_sense_is_refused_with_what_would() {
    let desk = Desk::new();
    for (arguments, hint) in [
        (&["invite"][..], "--role"),
        (&["invite", "--role", "king"], "member, curator, admin"),
        (&["invite", "--role", "member", "--uses", "0"], "1..=10000"),
        (&["invite", "--role", "member", "--days", "366"], "1..=365"),
        (&["invit"], "invite"),
        (&[], "Usage: solsken"),
        (&["serve", "--listen", "överallt"], "--listen"),
        (&["search", "x", "--limit=many"], "--limit"),
    ] {
        let said = desk.run(arguments);
        assert!(!said.ok && said.err.contains(hint), "{arguments:?}: {}", said.err);
    }
    assert!(!desk.data().exists());
}
