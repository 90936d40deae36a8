//! From an invite to a session and back out.

use std::fs;

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use domain::{
    label::LabelKind,
    person::Role,
    thing::{ThingKind, ThingRef},
    time::Millis,
};
use serde_json::json;
use server::clock;

use crate::house::{Guest, HOUR, House, device, form, request, walk};

#[tokio::test]
async fn whoever_has_an_invite_joins_with_the_role_it_gives() {
    let house = House::open().await;
    for role in Role::ALL {
        let invite = house.invite(role, 1).await;
        let seen = house.post("/api/v1/invite", None, &json!({ "code": invite.link })).await;
        assert_eq!(seen.json()["role"], json!(role), "a look uses nothing up");
        let device = device();
        let reply = house.post("/api/v1/join", None, &form(&invite.link, " Elin  W. ", "Färg", device)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let guest = Guest::welcomed(&reply, device);
        assert_eq!((guest.me.name.as_str(), guest.me.reader.role), ("Elin W.", role));
        assert_eq!(guest.me.department.unwrap().name, "Färg");
        assert_eq!(guest.me.site.unwrap().name, "Borås");
    }
    let names = house.store.names(&[]).await.unwrap();
    assert_eq!(names.all(LabelKind::Department).count(), 1, "the second does not make the department again");
}

#[tokio::test]
async fn a_code_is_understood_however_it_was_typed() {
    let house = House::open().await;
    let invite = house.invite(Role::Member, 1).await;
    let typed = format!(" {}-{} ", invite.code[..3].to_lowercase(), &invite.code[3..]);
    let reply = house.post("/api/v1/invite", None, &json!({ "code": typed })).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
}

#[tokio::test]
async fn an_invite_that_is_used_up_too_old_or_never_given_opens_nothing() {
    let house = House::open().await;
    house.join(Role::Member, "Elin", "Färg").await;
    let used = house.invite(Role::Admin, 1).await;
    let first = house.post("/api/v1/join", None, &form(&used.code, "Micke", "", device())).await;
    assert_eq!(first.status, StatusCode::OK);
    let old = house.invite_until(Role::Admin, 9, Millis(clock::now().0 - 1)).await;
    for code in [
        used.code.as_str(),
        &used.link,
        &old.code,
        &old.link,
        "ABCDEF",
        "",
        "'; DROP TABLE invites; --",
        "å\u{0}ß",
    ] {
        for (path, ask) in
            [("/api/v1/invite", json!({ "code": code })), ("/api/v1/join", form(code, "Micke", "", device()))]
        {
            let reply = house.post(path, None, &ask).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{code:?}");
            assert_eq!(reply.json(), json!({ "error": "no_such_invite" }), "nobody is told why");
            assert!(!reply.headers.contains_key(header::SET_COOKIE));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_invite_for_one_lets_one_in_however_many_come_at_once() {
    let house = House::open().await;
    let invite = house.invite(Role::Admin, 1).await;
    let forms: Vec<_> = (0..8).map(|n| form(&invite.code, &format!("Gäst {n}"), "", device())).collect();
    let replies =
        futures::future::join_all(forms.iter().map(|form| house.post("/api/v1/join", None, form))).await;
    let welcomed = replies.iter().filter(|reply| reply.status == StatusCode::OK).count();
    assert_eq!(welcomed, 1);
    for reply in replies.iter().filter(|reply| reply.status != StatusCode::OK) {
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{}", reply.body);
    }
    let micke = house.join(Role::Member, "Micke", "").await;
    let people: Vec<_> =
        house.pull(&micke).await.into_iter().filter(|record| record.kind == ThingKind::Person).collect();
    let present = people.iter().filter(|record| record.state.is_some()).count();
    assert_eq!(present, 2, "those who were turned away leave nobody behind: {people:?}");
}

#[tokio::test]
async fn a_name_is_asked_for_and_has_an_end() {
    let house = House::open().await;
    let invite = house.invite(Role::Member, 1).await;
    let long = "å".repeat(81);
    for (name, department, error) in [
        ("", "Färg", "no_name"),
        (" \n\t ", "Färg", "no_name"),
        (&long, "Färg", "too_long"),
        ("Elin", &long, "too_long"),
    ] {
        let reply = house.post("/api/v1/join", None, &form(&invite.code, name, department, device())).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(reply.json(), json!({ "error": error }));
    }
    let reply = house.post("/api/v1/join", None, &form(&invite.code, &"å".repeat(80), "", device())).await;
    assert_eq!(reply.status, StatusCode::OK, "the invite is still good: {}", reply.body);
}

#[tokio::test]
async fn wrong_codes_are_slowed_but_a_link_still_opens() {
    let house = House::open().await;
    let invite = house.invite(Role::Member, 9).await;
    let look = |code: String, address: &'static str| {
        let ask = request(Method::POST, "/api/v1/invite", None)
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-forwarded-for", format!("6.6.6.6, {address}"));
        house.ask(ask.body(Body::from(json!({ "code": code }).to_string())).unwrap())
    };
    for n in 0..20 {
        assert_eq!(look(format!("WRONG{n}"), "10.0.0.1").await.status, StatusCode::NOT_FOUND, "try {n}");
    }
    let slowed = look(invite.code.clone(), "10.0.0.1").await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS, "the right code too: or guessing would go on");
    assert_eq!(slowed.json(), json!({ "error": "slow_down" }));
    assert_eq!(
        look(invite.code.clone(), "10.0.0.2").await.status,
        StatusCode::OK,
        "a neighbour is not punished"
    );
    assert_eq!(
        look(invite.link.clone(), "10.0.0.1").await.status,
        StatusCode::OK,
        "128 bits cannot be guessed, so nobody can shut others out by guessing codes"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_all_at_once_gives_no_more_tries() {
    let house = House::open().await;
    let tries = (0..60).map(|n| json!({ "code": format!("WRONG{n}") })).collect::<Vec<_>>();
    let replies =
        futures::future::join_all(tries.iter().map(|ask| house.post("/api/v1/invite", None, ask))).await;
    let tried = replies.iter().filter(|reply| reply.status == StatusCode::NOT_FOUND).count();
    assert_eq!(tried, 20);
}

#[tokio::test]
async fn the_right_code_costs_no_try() {
    let house = House::open().await;
    let invite = house.invite(Role::Member, 100).await;
    for _ in 0..30 {
        let reply = house.post("/api/v1/invite", None, &json!({ "code": invite.code })).await;
        assert_eq!(reply.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_the_host() {
    for (flags, proto, prefix, end) in [
        (&[][..], "http", "solsken=", "; HttpOnly; SameSite=Lax"),
        (&[], "https", "__Host-solsken=", "; HttpOnly; SameSite=Lax; Secure"),
        (
            &["--url", "https://solsken.example"],
            "http",
            "__Host-solsken=",
            "; HttpOnly; SameSite=Lax; Secure",
        ),
    ] {
        let house = House::with(flags).await;
        let invite = house.invite(Role::Member, 1).await;
        let ask = request(Method::POST, "/api/v1/join", None)
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-forwarded-proto", proto);
        let form = form(&invite.code, "Elin", "", device());
        let reply = house.ask(ask.body(Body::from(form.to_string())).unwrap()).await;
        let cookie = reply.header(header::SET_COOKIE);
        assert!(
            cookie.starts_with(prefix) && cookie.contains("; Path=/; ") && cookie.ends_with(end),
            "{cookie}"
        );
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
}

#[tokio::test]
async fn over_https_a_cookie_that_a_neighbouring_host_may_have_set_is_not_taken() {
    let house = House::with(&["--url", "https://solsken.example"]).await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    assert_eq!(house.get("/api/v1/sync/pull", Some(&elin)).await.status, StatusCode::OK);
    let tossed = elin.cookie.replace("__Host-", "");
    let ask = request(Method::GET, "/api/v1/sync/pull", None).header(header::COOKIE, tossed);
    assert_eq!(house.ask(ask.body(Body::empty()).unwrap()).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn nothing_that_opens_a_door_lies_in_the_database() {
    let house = House::open().await;
    let invite = house.invite(Role::Admin, 1).await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let session = elin.cookie.split_once('=').unwrap().1;
    let mut found_elin = false;
    for file in walk(house.folder.path()) {
        let bytes = fs::read(file).unwrap();
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        found_elin |= holds("Elin");
        for secret in [session, &elin.push_token, &invite.code, &invite.link] {
            assert!(!holds(secret));
        }
    }
    assert!(found_elin, "the files were those of the library");
}

#[tokio::test]
async fn signing_out_leaves_the_way_for_unsent_work_and_no_other() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let reply = house.post("/api/v1/sign-out", Some(&elin), &json!({})).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.header(header::SET_COOKIE).starts_with("solsken=; Path=/; Max-Age=0"));

    let told = ThingRef::story(domain::id::StoryId::mint(clock::now(), &clock::randomness()));
    let line = elin.create(told, domain::thing::fields(&elin.story("Sent", "efter skiftet")));
    assert_eq!(
        house.push_body(&elin, line.clone()).await.status,
        StatusCode::UNAUTHORIZED,
        "the session is over"
    );
    let bearer = |method, path: &str, body: String| {
        let ask = request(method, path, None).header(header::CONTENT_TYPE, "application/json");
        let ask = ask.header(header::AUTHORIZATION, format!("Bearer {}", elin.push_token));
        house.ask(ask.body(Body::from(body)).unwrap())
    };
    let reply = bearer(Method::POST, "/api/v1/sync/push", line).await;
    assert_eq!(reply.json()["receipts"][0]["outcome"], "applied", "{}", reply.body);
    let renamed = elin.set(ThingRef::person(elin.id()), "name", json!("Nils"));
    let reply = bearer(Method::POST, "/api/v1/sync/push", renamed).await;
    assert_eq!(reply.json()["receipts"][0]["outcome"], "deferred", "{}", reply.body);
    let person = house.store.person(elin.id()).await.unwrap().unwrap();
    assert_eq!(person.name.as_str(), "Elin", "it carries stories and nothing else");
    for (method, path, body) in [
        (Method::GET, "/api/v1/sync/pull", json!({})),
        (Method::GET, "/api/v1/sync/news", json!({})),
        (Method::POST, "/api/v1/library", json!("mine")),
        (Method::POST, "/api/v1/device", json!({ "device": device() })),
        (Method::POST, "/api/v1/sign-out", json!({})),
    ] {
        let reply = bearer(method, path, body.to_string()).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{path}: it pushes and does nothing else");
    }
    let page = bearer(Method::GET, "/jag", String::new()).await;
    assert!(!page.body.contains("Elin"), "nor is a page drawn for it");
}

#[tokio::test]
async fn signing_out_on_one_phone_leaves_the_other_signed_in() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let micke = house.join(Role::Member, "Micke", "Färg").await;
    house.post("/api/v1/sign-out", Some(&elin), &json!({})).await;
    assert_eq!(house.get("/api/v1/sync/pull", Some(&elin)).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(house.get("/api/v1/sync/pull", Some(&micke)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_made_up_token_is_nobodys() {
    let house = House::open().await;
    for cookie in ["solsken=", "solsken=abc", "solsken", "__Host-solsken=\"x\"", "solsken=å"] {
        let ask = request(Method::GET, "/api/v1/sync/pull", None).header(header::COOKIE, cookie.as_bytes());
        assert_eq!(
            house.ask(ask.body(Body::empty()).unwrap()).await.status,
            StatusCode::UNAUTHORIZED,
            "{cookie}"
        );
    }
    for bearer in ["Bearer ", "Bearer x", "Basic eA==", ""] {
        let ask = request(Method::POST, "/api/v1/sync/push", None).header(header::AUTHORIZATION, bearer);
        assert_eq!(
            house.ask(ask.body(Body::empty()).unwrap()).await.status,
            StatusCode::UNAUTHORIZED,
            "{bearer}"
        );
    }
}

#[tokio::test]
async fn a_browser_that_lost_its_store_becomes_a_device_of_the_same_person_again() {
    let house = House::open().await;
    let elin = house.join(Role::Curator, "Elin", "Färg").await;
    let ask = json!({ "device": device() });
    assert_eq!(house.post("/api/v1/device", None, &ask).await.status, StatusCode::UNAUTHORIZED);
    let reply = house.post("/api/v1/device", Some(&elin), &ask).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(reply.json()["me"], json!(elin.me));
    let token = server::secrets::hash(reply.json()["push_token"].as_str().unwrap());
    let pushes_for = house.store.people_of_push_tokens(&[token]).await.unwrap();
    assert_eq!(pushes_for.get(&token), Some(&elin.id()));
}

#[tokio::test]
async fn nobody_takes_over_another_ones_device() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let micke = house.join(Role::Member, "Micke", "Färg").await;
    let reply = house.post("/api/v1/device", Some(&micke), &json!({ "device": elin.device })).await;
    assert_ne!(reply.status, StatusCode::OK);
    let token = server::secrets::hash(&elin.push_token);
    let pushes_for = house.store.people_of_push_tokens(&[token]).await.unwrap();
    assert_eq!(pushes_for.get(&token), Some(&elin.id()));
    let invite = house.invite(Role::Member, 1).await;
    let reply = house.post("/api/v1/join", None, &form(&invite.code, "Karin", "", elin.device)).await;
    assert_ne!(reply.status, StatusCode::OK);
    assert!(!reply.headers.contains_key(header::SET_COOKIE));
    let again = house.post("/api/v1/join", None, &form(&invite.code, "Karin", "", device())).await;
    assert_eq!(again.status, StatusCode::OK, "and the invite is still good");
}

#[tokio::test]
async fn an_invite_is_good_until_its_last_moment() {
    let house = House::open().await;
    let invite = house.invite_until(Role::Member, 1, Millis(clock::now().0 + HOUR)).await;
    let secret = server::secrets::hash(&invite.code);
    let at = |offset: i64| Millis(clock::now().0 + offset);
    assert!(house.store.find_invite(&secret, at(HOUR - 10_000)).await.unwrap().is_some());
    assert!(house.store.find_invite(&secret, at(HOUR + 10_000)).await.unwrap().is_none());
}
