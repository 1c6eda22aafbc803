//! The addresses below `/sim/`.

use serde_json::{Value, json};

use crate::kit::{Client, start};

fn post(client: &Client, path: &str, body: Value) -> u16 {
    client.send(path, &[], body.to_string().as_bytes()).status
}

#[test]
fn what_tests_do_by_library_others_do_by_http() {
    let (simulator, account, client) = start();
    let tokens = client.get("/sim/token", &[]).json();
    let client = Client::with_token(&simulator, tokens["access_token"].as_str().unwrap().to_owned());
    assert_eq!(post(&client, "/sim/edit", json!({"write": "/a/b", "text": "hello"})), 200);
    assert_eq!(post(&client, "/sim/edit", json!({"write": "/big", "size": 1000, "seed": 1})), 200);
    assert_eq!(post(&client, "/sim/edit", json!({"rename": "/big", "to": "/BIG"})), 200);
    assert_eq!(post(&client, "/sim/edit", json!({"delete": "/nothing"})), 400);
    assert_eq!(account.paths(), ["/BIG", "/a/", "/a/b"]);
    assert_eq!(post(&client, "/sim/edit", json!({"paper": "/p.paper", "text": "x"})), 200);
    let exported = client.download("files/export", json!({"path": "/p.paper"}), &[]);
    assert_eq!(exported.text(), "x");
    assert_eq!(post(&client, "/sim/edit", json!({"restrict": "/big"})), 200);
    let refused = client.download("files/download", json!({"path": "/big"}), &[]).error();
    assert_eq!(refused["path"][".tag"], "restricted_content");
    assert_eq!(post(&client, "/sim/edit", json!({"restrict": "/a"})), 400);
    assert_eq!(post(&client, "/sim/reset", json!(null)), 200);
    assert_eq!(post(&client, "/sim/fault", json!({"route": "files/download", "kind": "html_503", "call": 1})), 200);
    assert_eq!(post(&client, "/sim/fault", json!({"route": "files/download", "kind": "fire"})), 400);
    let get = || client.download("files/download", json!({"path": "/a/b"}), &[]);
    assert_eq!((get().status, get().status), (503, 200));
    let calls = client.get("/sim/calls", &[]).json();
    assert_eq!(calls["routes"]["files/download"]["calls"], 2);
    let log = client.get("/sim/log", &[]).json();
    assert_eq!((&log[1]["status"], &log[1]["arg"]), (&json!(200), &json!({"path": "/a/b"})));
    assert_eq!((&log[1]["bytes_out"], log.as_array().unwrap().len()), (&json!(5), 2));
    assert_eq!(post(&client, "/sim/reset", json!(null)), 200);
    assert_eq!(simulator.total_calls(), 0);
    assert_eq!(post(&client, "/sim/options", json!({"expire_tokens": true})), 200);
    assert_eq!(get().json()["error"][".tag"], "expired_access_token");
}
