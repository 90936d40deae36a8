//! What stands before every route.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use domain::person::Role;
use serde_json::json;

use crate::house::{House, Reply, request};

const HOST: &str = "solsken.example";

async fn sign_out_as(house: &House, headers: &[(&str, &str)]) -> Reply {
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let ask = request(Method::POST, "/api/v1/sign-out", Some(&elin)).header(header::HOST, HOST);
    let ask = headers.iter().fold(ask, |ask, (name, value)| ask.header(*name, *value));
    house.ask(ask.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn another_site_cannot_make_a_browser_act() {
    let house = House::open().await;
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", "https://solsken.example")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "https://solsken.example.evil.example")],
        &[("origin", "https://solsken.example:8443")],
    ] {
        let reply = sign_out_as(&house, headers).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{headers:?}");
        assert_hardened(&reply, "refused");
    }
    for headers in [
        &[("sec-fetch-site", "same-origin"), ("origin", "https://solsken.example")][..],
        &[("origin", "https://solsken.example")],
        &[],
    ] {
        assert_eq!(sign_out_as(&house, headers).await.status, StatusCode::OK, "{headers:?}");
    }
}

fn assert_hardened(reply: &Reply, what: &str) {
    assert_eq!(reply.header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(reply.header("referrer-policy"), "no-referrer", "{what}");
    assert_eq!(reply.header("x-frame-options"), "DENY", "{what}");
    let csp = reply.header("content-security-policy");
    assert!(csp.contains("default-src 'none'"), "{what}: {csp}");
    let lax = csp.contains("'unsafe-inline'") || csp.contains("'unsafe-eval'");
    assert!(!lax, "{what}: {csp}");
    assert!(!reply.header("cache-control").is_empty(), "{what}");
}

#[tokio::test]
async fn every_answer_is_hardened_also_the_ones_that_say_no() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    for (method, path, status) in [
        (Method::GET, "/", 200),
        (Method::GET, "/app-shell", 200),
        (Method::GET, "/sw.js", 200),
        (Method::GET, "/manifest.webmanifest", 200),
        (Method::GET, "/healthz", 200),
        (Method::HEAD, "/healthz", 200),
        (Method::GET, "/api/v1/sync/pull", 200),
        (Method::GET, "/finns-inte", 404),
        (Method::GET, "/assets/finns-inte.js", 404),
        (Method::GET, "/assets/../server/Cargo.toml", 404),
        (Method::GET, "/assets/..%2f..%2fCargo.toml", 404),
        (Method::GET, "/api/v1/finns-inte", 404),
        (Method::GET, "/api/finns-inte", 404),
        (Method::POST, "/api/v1/finns-inte", 404),
        (Method::GET, "/api/v1/join", 405),
        (Method::DELETE, "/api/v1/sync/push", 405),
        (Method::POST, "/api/v1/sync/pull", 405),
        (Method::PUT, "/healthz", 405),
        (Method::POST, "/", 405),
        (Method::DELETE, "/bibliotek", 405),
        (Method::POST, "/api/v1/join", 415),
    ] {
        let what = format!("{method} {path}");
        let reply = house.ask(request(method, path, Some(&elin)).body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status.as_u16(), status, "{what}");
        assert_hardened(&reply, &what);
    }
}

#[tokio::test]
async fn the_api_never_answers_with_a_page() {
    let house = House::open().await;
    for path in ["/api/v1/finns-inte", "/api/v1", "/api/", "/api/v2/sync/pull"] {
        let reply = house.get(path, None).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(reply.header(header::CONTENT_TYPE), "application/json", "{path}");
    }
}

#[tokio::test]
async fn bodies_have_an_end() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let huge = json!({ "code": "x".repeat(64 * 1024) });
    for path in ["/api/v1/invite", "/api/v1/join", "/api/v1/device", "/api/v1/library"] {
        let reply = house.post(path, Some(&elin), &huge).await;
        assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
}

#[tokio::test]
async fn what_is_not_json_of_the_right_shape_is_refused() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    for path in ["/api/v1/invite", "/api/v1/join", "/api/v1/device", "/api/v1/library"] {
        for body in [
            &b""[..],
            b"{",
            b"[]",
            b"7",
            b"{\"code\": 7}",
            b"{\"device\": \"x\"}",
            b"{\"code\": \"\xff\xfe\"}",
            b"\"\\ud800\"",
        ] {
            let ask =
                request(Method::POST, path, Some(&elin)).header(header::CONTENT_TYPE, "application/json");
            let reply = house.ask(ask.body(Body::from(body)).unwrap()).await;
            let refused = [StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY];
            assert!(refused.contains(&reply.status), "{path} {body:?}: {}", reply.status);
        }
        // What a form on another site could send without asking first.
        let ask = request(Method::POST, path, Some(&elin)).header(header::CONTENT_TYPE, "text/plain");
        let reply = house.ask(ask.body(Body::from("{\"code\": \"ABCDEF\"}")).unwrap()).await;
        assert_eq!(reply.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{path}");
    }
}

#[tokio::test]
async fn only_over_https_browsers_are_told_to_stay_there() {
    let house = House::open().await;
    assert_eq!(house.get("/healthz", None).await.header("strict-transport-security"), "");
    let house = House::with(&["--url", "https://solsken.example"]).await;
    assert_eq!(house.get("/healthz", None).await.header("strict-transport-security"), "max-age=31536000");
}

#[tokio::test]
async fn healthz_says_that_the_store_answers() {
    let house = House::open().await;
    let reply = house.get("/healthz", None).await;
    assert_eq!((reply.status, reply.body.as_str()), (StatusCode::OK, "ok\n"));
    house.store.close().await;
    let reply = house.get("/healthz", None).await;
    assert!(reply.status.is_server_error(), "and no longer when it does not");
}
