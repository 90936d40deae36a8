//! Pages as they are drawn for the first visit.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use domain::{
    id::{PathId, StoryId},
    path::{Path, Stop},
    person::Role,
    text::{Line, Title},
    thing::{ThingRef, fields},
};
use serde_json::json;
use server::clock;

use crate::house::{Guest, House, Reply, request};

const MARKUP: &str = r#"<script>alert(1)</script>&"'"#;
const ESCAPED: &str = "&lt;script&gt;alert(1)&lt;/script&gt;&amp;";

/// A library with one story and one path whose every text would be markup, if text were.
async fn trap(house: &House) -> (Guest, StoryId, PathId) {
    let author = house.join(Role::Member, MARKUP, &format!("Färg {MARKUP}")).await;
    let text = format!("{MARKUP}</textarea><!--<script>{MARKUP}");
    let story = house.tell(&author, MARKUP, &text).await;
    let id = PathId::mint(clock::now(), &clock::randomness());
    let path = Path {
        title: Title::new(MARKUP).unwrap(),
        purpose: Some(Line::new(&text).unwrap()),
        stops: vec![Stop { story, question: Some(Line::new(&text).unwrap()) }],
        author: author.id(),
        departments: Vec::new(),
        deleted_at: None,
    };
    house.done(&author, author.create(ThingRef::path(id), fields(&path))).await;
    (author, story, id)
}

fn every_page(story: StoryId, path: PathId) -> Vec<String> {
    let mut pages: Vec<String> =
        ["/", "/ga-med", "/beratta", "/bibliotek", "/lara", "/lara/ny", "/jag"].map(str::to_owned).into();
    pages.push(format!("/bibliotek?q={}&sort=colleague&tagg={story}", "%3Cscript%3Ealert(1)%3C/script%3E"));
    pages.push(format!("/berattelse/{story}"));
    pages.push(format!("/beratta/klar/{story}"));
    for end in ["", "/andra", "/visa", "/1"] {
        pages.push(format!("/lara/{path}{end}"));
    }
    pages
}

#[tokio::test]
async fn a_drawn_page_has_no_day_and_no_time_that_depend_on_the_zone_of_its_reader() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin W.", "Färg").await;
    let story = house.tell(&elin, "Kaffet", "En kund kom tillbaka med kaffe.").await;
    let today = clock::now().day();
    let months = "januari februari mars april maj juni juli augusti september oktober november december";
    let month = months.split(' ').nth(usize::from(today.month()) - 1).unwrap();
    let written = format!("{} {month}", today.day());
    for address in
        ["/".to_owned(), "/beratta".to_owned(), "/jag".to_owned(), format!("/beratta/klar/{story}")]
    {
        let html = house.get(&address, Some(&elin)).await.body;
        let (drawn, _) = html.split_once("id=\"seed\"").unwrap();
        for text in [written.as_str(), "<time", "max=\"20"] {
            assert!(!drawn.contains(text), "{address} says {text}");
        }
    }
}

#[tokio::test]
async fn a_drawn_page_carries_its_shape_and_the_shell_carries_none() {
    let house = House::open().await;
    for (address, is_hydrated) in [("/", true), ("/ga-med", true), ("/app-shell", false)] {
        let html = house.get(address, None).await.body;
        assert_eq!(html.matches(" data-shape=\"").count(), usize::from(is_hydrated), "{address}");
        assert_eq!(html.matches("name=\"format-detection\"").count(), 1, "{address}");
    }
}

#[tokio::test]
async fn a_remount_is_counted_for_anybody_and_only_with_a_known_reason() {
    let house = House::open().await;
    for (reason, status) in [
        ("altered", StatusCode::NO_CONTENT),
        ("trapped", StatusCode::NO_CONTENT),
        ("x", StatusCode::NOT_FOUND),
    ] {
        let reply = house.post(&format!("/api/v1/remounts/{reason}"), None, &json!(null)).await;
        assert_eq!(reply.status, status, "{reason}");
    }
}

#[tokio::test]
async fn every_page_is_drawn_for_every_role_and_for_nobody() {
    let house = House::open().await;
    let (author, story, path) = trap(&house).await;
    let curator = house.join(Role::Curator, "Karin", "Trä").await;
    let admin = house.join(Role::Admin, "Sara", "Kassa").await;
    for guest in [Some(&author), Some(&curator), Some(&admin), None] {
        for address in every_page(story, path) {
            let reply = house.get(&address, guest).await;
            let what = format!("{address} for {:?}", guest.map(|guest| guest.me.reader.role));
            assert_eq!(reply.status, StatusCode::OK, "{what}");
            assert_eq!(reply.header(header::CONTENT_TYPE), "text/html; charset=utf-8", "{what}");
            assert_eq!(reply.header(header::CACHE_CONTROL), "no-store", "{what}");
            assert_runs_only_our_own(&reply, &what);
            assert!(guest.is_some() || !reply.body.contains("alert(1)") || address.contains("?q="), "{what}");
        }
    }
}

/// The policy allows no inline script or style, and the page has none: only data, under the page's own nonce.
fn assert_runs_only_our_own(reply: &Reply, what: &str) {
    let csp = reply.header(header::CONTENT_SECURITY_POLICY);
    assert!(csp.contains("default-src 'none'") && csp.contains("style-src 'self';"), "{what}: {csp}");
    assert!(csp.contains("script-src 'self' 'wasm-unsafe-eval'"), "{what}: {csp}");
    assert!(!csp.contains("'unsafe-inline'") && !csp.contains("'unsafe-eval'"), "{what}: {csp}");
    let html = &reply.body;
    for inline in [" style=", "<style", " onclick", " onload", " onerror", "javascript:"] {
        assert!(!html.contains(inline), "{what} has {inline}");
    }
    for script in html.split("<script").skip(1) {
        let (tag, rest) = script.split_once('>').unwrap();
        let data = tag.contains("type=\"application/json\"");
        assert!(data || is_hydrations_own(rest) || tag.contains(" src="), "{what}: <script{tag}>{rest:.200}");
    }
    let (scripts, ends) = (html.matches("<script").count(), html.matches("</script").count());
    assert_eq!(scripts, ends, "{what}: as many ends as beginnings");
}

/// The empty lists that hydration wants to find, `__INCOMPLETE_CHUNKS=[];` and the like: nobody's text is in them.
fn is_hydrations_own(script: &str) -> bool {
    let text = script.split("</script>").next().unwrap_or_default();
    let mut lists = text.split(';').filter(|list| !list.is_empty());
    lists.all(|list| {
        let name = list.strip_prefix("__").and_then(|list| list.strip_suffix("=[]"));
        name.is_some_and(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
    })
}

#[tokio::test]
async fn what_people_write_is_text_in_the_page_and_in_the_data_behind_it() {
    let house = House::open().await;
    let (author, story, path) = trap(&house).await;
    for address in [
        format!("/berattelse/{story}"),
        "/bibliotek".into(),
        "/".into(),
        "/jag".into(),
        format!("/lara/{path}"),
    ] {
        let html = house.get(&address, Some(&author)).await.body;
        assert!(html.contains(ESCAPED), "{address} shows it as it was written");
        assert!(!html.contains("<script>alert"), "{address}");
        let (_, seed) = html.split_once("id=\"seed\"").unwrap();
        let (_, seed) = seed.split_once('>').unwrap();
        let (seed, _) = seed.split_once("</script>").unwrap();
        assert!(!seed.contains('<'), "{address}: nothing in the data can end it");
        let seed: serde_json::Value = serde_json::from_str(seed).unwrap();
        assert!(seed.to_string().contains("<script>alert(1)</script>&"), "{address}: and it is whole");
    }
    let html = house.get(&format!("/berattelse/{story}"), Some(&author)).await.body;
    let (_, me) = html.split_once("data-me=\"").unwrap();
    let (me, _) = me.split_once('"').unwrap();
    let me = me
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#x27;", "'")
        .replace("&amp;", "&");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&me).unwrap()["name"], MARKUP, "{me}");
}

#[tokio::test]
async fn a_search_is_given_back_as_text() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let html = house.get("/bibliotek?q=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E", Some(&elin)).await.body;
    assert!(!html.contains("<img src=x"), "neither in the field nor in the data");
}

#[tokio::test]
async fn the_cookie_decides_the_language_then_the_browser_then_swedish() {
    let house = House::open().await;
    for (cookie, accepts, lang) in [
        ("", "", "sv"),
        ("", "en-GB,en;q=0.9", "en"),
        ("", "fi-FI, en;q=0.8, sv;q=0.5", "en"),
        ("", "sv-SE,sv;q=0.9,en;q=0.8", "sv"),
        ("", "*", "sv"),
        ("solsken-language=en", "sv", "en"),
        ("a=b; solsken-language=sv", "en", "sv"),
        ("solsken-language=\"><script>", "en", "en"),
        ("solsken-language=tlh", "", "sv"),
    ] {
        for page in ["/", "/ga-med", "/app-shell", "/finns-inte"] {
            let ask = request(Method::GET, page, None)
                .header(header::COOKIE, cookie)
                .header(header::ACCEPT_LANGUAGE, accepts);
            let html = house.ask(ask.body(Body::empty()).unwrap()).await.body;
            assert!(
                html.contains(&format!("<html lang=\"{lang}\"")),
                "{page} {cookie:?} {accepts:?}: {html:.60}"
            );
        }
    }
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_a_page_that_says_so() {
    let house = House::open().await;
    let (author, ..) = trap(&house).await;
    let unknown = StoryId::mint(clock::now(), &clock::randomness());
    for address in [
        "/finns-inte".to_owned(),
        "/berattelse/1".to_owned(),
        "/lara/ny/x".to_owned(),
        "/wp-login.php".to_owned(),
        "/%3Cscript%3E".to_owned(),
        "/%FF%FE".to_owned(),
        format!("/berattelse/{unknown}"),
        format!("/lara/{unknown}"),
        format!("/lara/{unknown}/visa"),
    ] {
        let reply = house.get(&address, Some(&author)).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{address}");
        assert_eq!(reply.header(header::CONTENT_TYPE), "text/html; charset=utf-8", "{address}");
        assert_runs_only_our_own(&reply, &address);
    }
}

#[tokio::test]
async fn the_shell_is_the_same_for_everyone() {
    let house = House::open().await;
    let (author, ..) = trap(&house).await;
    let signed_in = house.get("/app-shell", Some(&author)).await;
    let signed_out = house.get("/app-shell", None).await;
    assert_eq!(signed_in.status, StatusCode::OK);
    assert_eq!(signed_in.header(header::CONTENT_TYPE), "text/html; charset=utf-8");
    assert_eq!(signed_in.body, signed_out.body);
    assert!(!signed_in.body.contains("data-me=") && !signed_in.body.contains("nonce"));
    assert_runs_only_our_own(&signed_in, "the shell");
    assert!(
        !signed_in.header(header::CONTENT_SECURITY_POLICY).contains("nonce"),
        "a kept page repeats no nonce"
    );
}

#[tokio::test]
async fn a_nonce_is_used_once_and_stands_in_the_page_it_was_made_for() {
    let house = House::open().await;
    let (author, ..) = trap(&house).await;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..3 {
        let reply = house.get("/", Some(&author)).await;
        let csp = reply.header(header::CONTENT_SECURITY_POLICY).to_owned();
        let nonce = csp.split_once("'nonce-").unwrap().1.split('\'').next().unwrap().to_owned();
        assert!(nonce.len() >= 16 && reply.body.contains(&format!("nonce=\"{nonce}\"")), "{nonce}");
        assert!(seen.insert(nonce));
    }
}

#[tokio::test]
async fn a_page_that_was_asked_for_its_head_has_the_same_head() {
    let house = House::open().await;
    let (author, story, _) = trap(&house).await;
    let ask = request(Method::HEAD, &format!("/berattelse/{story}"), Some(&author));
    let reply = house.ask(ask.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.header(header::CONTENT_TYPE), "text/html; charset=utf-8");
}
