//! Who is let in, and what others can do: nothing.

use larder_testkit::tree::MemoryTree;
use serde_json::json;

use crate::kit::{Settings, Viewer, stored};

fn some(tree: &mut MemoryTree) {
    tree.write("a", &b"one"[..]);
}

const PRIVATE: [&str; 6] = [
    "/api/v1/store",
    "/api/v1/snapshots",
    "/api/v1/snapshots/latest/content?path=/a",
    "/api/v1/tasks/events",
    "/api/v1/openapi.json",
    "/api/v1/nothing",
];

#[test]
fn the_token_is_good_once() {
    let viewer = Viewer::start(&stored(some));
    let stranger = viewer.stranger();
    assert_eq!(stranger.get("/open?token=wrong").status, 401);
    assert_eq!(stranger.get("/open").status, 401);
    let client = viewer.client();
    let again = stranger.get(&format!("/open?token={}", viewer.token.as_deref().unwrap()));
    assert_eq!(again.status, 401);
    assert!(again.text().contains("used up") && again.header("content-type").starts_with("text/html"));
    // Whoever is in already comes in again: a page that is reloaded.
    assert_eq!(client.get("/open?token=wrong").status, 303);
    let cookie = client.cookie.clone().unwrap();
    assert!(cookie.starts_with(&format!("larder_session_{}=", viewer.address.port())), "{cookie}");
}

#[test]
fn the_cookie_is_for_this_site_only() {
    let viewer = Viewer::start(&stored(some));
    let opened = viewer.stranger().get(&format!("/open?token={}", viewer.token.as_deref().unwrap()));
    let cookie = opened.header("set-cookie");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "there is no TLS here, and a browser would drop it");
    assert_eq!(opened.header("location"), "/");
    assert_eq!(opened.header("referrer-policy"), "no-referrer");
}

#[test]
fn nothing_is_told_without_a_session() {
    let viewer = Viewer::start(&stored(some));
    let mut stranger = viewer.stranger();
    for path in PRIVATE {
        assert_eq!(stranger.problem(401, path)["kind"], "unauthorized", "{path}");
    }
    stranger.cookie = Some(format!("larder_session_{}=abc", viewer.address.port()));
    assert_eq!(stranger.problem(401, PRIVATE[0])["kind"], "unauthorized");
    let session = stranger.ok("/api/v1/session");
    assert_eq!((&session["authenticated"], &session["csrf"]), (&json!(false), &json!(null)));
    let refused = stranger.post("/api/v1/restores", &json!({}));
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, "Session realm=\"larder\""));
}

#[test]
fn a_session_ends_when_nobody_uses_it() {
    let larder = stored(some);
    let viewer = Viewer::start(&larder);
    let client = viewer.client();
    larder.clock.advance_secs(12 * 3600 - 1);
    client.ok("/api/v1/store");
    larder.clock.advance_secs(12 * 3600 - 1);
    client.ok("/api/v1/store");
    larder.clock.advance_secs(12 * 3600 + 1);
    assert_eq!(client.problem(401, "/api/v1/store")["kind"], "expired");
    let session = client.ok("/api/v1/session");
    assert_eq!((&session["authenticated"], &session["expired"]), (&json!(false), &json!(true)));
}

#[test]
fn a_session_can_be_ended() {
    let viewer = Viewer::start(&stored(some));
    let mut client = viewer.client();
    let csrf = client.csrf();
    assert_eq!(client.send("DELETE", "/api/v1/session", &[], b"").status, 403);
    client.ok("/api/v1/store");
    let ended = client.send("DELETE", "/api/v1/session", &[("x-larder-csrf", &csrf)], b"");
    assert_eq!(ended.status, 204);
    assert!(ended.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(client.problem(401, "/api/v1/store")["kind"], "expired");
}

#[test]
fn what_changes_something_needs_the_token_of_the_session() {
    let viewer = Viewer::start(&stored(some));
    let mut client = viewer.client();
    let csrf = client.csrf();
    let body = json!({"snapshot": "latest", "paths": ["/"], "format": "tar"}).to_string();
    let json = ("content-type", "application/json");
    let post = |headers: &[(&str, &str)]| client.send("POST", "/api/v1/downloads", headers, body.as_bytes()).status;
    assert_eq!(post(&[json]), 403);
    assert_eq!(post(&[json, ("x-larder-csrf", "wrong")]), 403);
    assert_eq!(post(&[json, ("x-larder-csrf", &csrf)]), 201);
    let own = format!("http://{}", viewer.address);
    assert_eq!(post(&[json, ("x-larder-csrf", &csrf), ("origin", &own)]), 201);
    for foreign in ["http://evil.example", "null", "http://127.0.0.1:1"] {
        assert_eq!(post(&[json, ("x-larder-csrf", &csrf), ("origin", foreign)]), 403, "{foreign}");
    }
    // A form of another site cannot say that it is JSON.
    assert_eq!(post(&[("content-type", "text/plain"), ("x-larder-csrf", &csrf)]), 415);
}

#[test]
fn other_names_are_not_answered_to() {
    let viewer = Viewer::start(&stored(some));
    let client = viewer.client();
    let port = viewer.address.port();
    for host in
        [format!("evil.example:{port}"), "127.0.0.1".to_owned(), format!("127.0.0.1:{}", port ^ 1), String::new()]
    {
        for path in ["/", "/api/v1/store", "/open?token=x"] {
            let reply = client.get_with(path, &[("host", &host)]);
            assert_eq!(reply.status, 421, "{host} {path}");
        }
    }
    for host in [format!("localhost:{port}"), format!("[::1]:{port}")] {
        assert_eq!(client.get_with("/api/v1/store", &[("host", &host)]).status, 200, "{host}");
    }
    assert_eq!(client.get_with("/api/v1/store", &[("sec-fetch-site", "cross-site")]).status, 403);
    assert_eq!(client.get_with("/api/v1/store", &[("sec-fetch-site", "same-origin")]).status, 200);
}

#[test]
fn every_answer_is_protected() {
    let viewer = Viewer::start(&stored(some));
    let client = viewer.client();
    for path in ["/", "/anything", "/api/v1/store", "/api/v1/nothing", "/open?token=x", "/assets/none.js"] {
        let reply = client.get(path);
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe-eval") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert_eq!(reply.header("referrer-policy"), "no-referrer", "{path}");
        assert!(reply.header("access-control-allow-origin").is_empty(), "{path}");
    }
    assert_eq!(client.get("/api/v1/store").header("cache-control"), "no-store");
}

#[test]
fn a_password_lets_in_and_a_wrong_one_takes_its_time() {
    let settings = Settings { password: Some("open sesame"), ..Settings::default() };
    let viewer = Viewer::with(stored(some).open(), settings);
    assert!(viewer.token.is_none());
    let mut client = viewer.stranger();
    assert_eq!(client.get("/open?token=").status, 401);
    assert_eq!(client.ok("/api/v1/session")["needs_password"], true);
    let began = std::time::Instant::now();
    assert_eq!(client.post("/api/v1/session", &json!({"password": "Open sesame"})).status, 401);
    assert!(began.elapsed() >= std::time::Duration::from_secs(1));
    let signed_in = client.post("/api/v1/session", &json!({"password": "open sesame"}));
    assert_eq!(signed_in.status, 204);
    client.take_cookie(&signed_in);
    client.ok("/api/v1/store");
}

#[test]
fn requests_have_bounds() {
    let viewer = Viewer::start(&stored(some));
    let mut client = viewer.client();
    let csrf = client.csrf();
    let headers = [("content-type", "application/json"), ("x-larder-csrf", csrf.as_str())];
    let large = vec![b' '; (1 << 20) + 1];
    assert_eq!(client.send("POST", "/api/v1/downloads", &headers, &large).status, 413);
    assert_eq!(client.send("POST", "/api/v1/downloads", &headers, b"{").status, 400);
    assert_eq!(client.send("POST", "/api/v1/downloads", &headers, b"{}").status, 422);
    assert_eq!(client.send("PUT", "/api/v1/store", &headers, b"{}").status, 405);
    assert_eq!(client.get(&format!("/api/v1/store?{}", "x".repeat(80_000))).status / 100, 4);
    let many: Vec<String> = (0..10_001).map(|number| format!("/{number}")).collect();
    let reply = client.post("/api/v1/downloads", &json!({"snapshot": "latest", "paths": many, "format": "zip"}));
    assert_eq!((reply.status, &reply.json()["kind"]), (413, &json!("too_large")));
}
