//! What stands before every route.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use domain::person::Role;
use serde_json::json;

use crate::house::{House, Reply, request};

const HOST: &str = "solsken.example";

const URL: &str = "https://solsken.example";

/// Signs somebody out by a request with these headers, and with no `Host` but one among them.
async fn sign_out_as(house: &House, headers: &[(&str, &str)]) -> Reply {
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let ask = request(Method::POST, "/api/v1/sign-out", Some(&elin));
    let ask = headers.iter().fold(ask, |ask, (name, value)| ask.header(*name, *value));
    house.ask(ask.body(Body::empty()).unwrap()).await
}

async fn is_refused(house: &House, headers: &[(&str, &str)]) {
    let reply = sign_out_as(house, headers).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{headers:?}");
    assert_eq!(reply.json(), json!({ "error": "wrong_address" }), "in a shape that the page can show");
    assert_hardened(&reply, "refused");
}

async fn is_taken(house: &House, headers: &[(&str, &str)]) {
    assert_eq!(sign_out_as(house, headers).await.status, StatusCode::OK, "{headers:?}");
}

#[tokio::test]
async fn another_site_cannot_make_a_browser_act() {
    for flags in [&[][..], &["--url", URL]] {
        let house = House::with(flags).await;
        for site in ["cross-site", "same-site", "something-new"] {
            is_refused(&house, &[("host", HOST), ("sec-fetch-site", site)]).await;
            for origin in [URL, "https://evil.example", "null", "https://www.solsken.example"] {
                let headers = [("host", HOST), ("sec-fetch-site", site), ("origin", origin)];
                is_refused(&house, &headers).await;
            }
        }
        for origin in [
            "https://evil.example",
            "null",
            "https://solsken.example.evil.example",
            "https://solsken.example:8443",
            "https://www.solsken.example",
            "https://evil.example/https://solsken.example",
        ] {
            is_refused(&house, &[("host", HOST), ("origin", origin)]).await;
            is_refused(&house, &[("host", HOST), ("origin", origin), ("x-forwarded-host", "evil.example")])
                .await;
        }
        for headers in [
            &[("host", HOST), ("sec-fetch-site", "same-origin"), ("origin", URL)][..],
            &[("host", HOST), ("origin", URL)],
            &[("host", HOST), ("sec-fetch-site", "none")],
            &[("host", HOST)],
        ] {
            is_taken(&house, headers).await;
        }
    }
}

#[tokio::test]
async fn page_of_the_servers_address_is_let_in_whatever_a_proxy_makes_of_the_host() {
    for url in [URL, "HTTPS://Solsken.Example:443/"] {
        let house = House::with(&["--url", url]).await;
        for host in
            ["127.0.0.1:8080", "upstream", "solsken.example:443", "SOLSKEN.example", "solsken.example:8080"]
        {
            is_taken(&house, &[("host", host), ("origin", URL)]).await;
            is_taken(&house, &[("host", host), ("origin", URL), ("x-forwarded-host", HOST)]).await;
            is_taken(&house, &[("host", host), ("origin", URL), ("sec-fetch-site", "same-origin")]).await;
            is_refused(&house, &[("host", host), ("origin", "https://evil.example")]).await;
            is_refused(&house, &[("host", host), ("origin", "http://solsken.example:1")]).await;
            is_refused(&house, &[("host", host), ("origin", "null"), ("x-forwarded-host", HOST)]).await;
        }
        is_taken(&house, &[("origin", URL)]).await;
    }
    // Without an address in the settings, what the browser says itself is enough.
    let house = House::open().await;
    let headers = [("host", "127.0.0.1:8080"), ("sec-fetch-site", "same-origin"), ("origin", URL)];
    is_taken(&house, &headers).await;
    is_refused(&house, &[("host", "127.0.0.1:8080"), ("origin", URL)]).await;
}

#[tokio::test]
async fn upload_from_a_page_of_another_address_is_refused_so_that_the_phone_tries_again() {
    let house = House::open().await;
    let elin = house.join(Role::Member, "Elin", "Färg").await;
    let nothing = "00000000-0000-0000-0000-000000000000";
    let path = format!("/api/v1/attachments/{nothing}/{nothing}/upload/0");
    let ask = request(Method::PUT, &path, Some(&elin)).header("sec-fetch-site", "cross-site");
    let reply = house.ask(ask.body(Body::empty()).unwrap()).await;
    // Phones take 403 for the server's last word on an attachment.
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.body);
    assert!(reply.json()["error"].is_string());
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
