//! Upload sessions, of both types.

use serde_json::{Value, json};

use crate::kit::{Client, start};

const BLOCK: usize = 4 << 20;

fn begin(client: &Client, arg: Value) -> String {
    let started = client.upload("files/upload_session/start", arg, b"").ok();
    started["session_id"].as_str().unwrap().to_owned()
}

fn cursor(session: &str, offset: usize) -> Value {
    json!({"session_id": session, "offset": offset})
}

#[test]
fn bytes_may_come_with_every_call_of_a_sequential_session() {
    let (_simulator, account, client) = start();
    let started = client.upload("files/upload_session/start", json!({}), b"one ").ok();
    let session = started["session_id"].as_str().unwrap();
    let append = json!({"cursor": cursor(session, 4)});
    let appended = client.upload("files/upload_session/append_v2", append.clone(), b"two ");
    assert_eq!((appended.status, appended.text().as_str()), (200, "null"));
    let again = client.upload("files/upload_session/append_v2", append, b"two ").error();
    assert_eq!(again, json!({".tag": "incorrect_offset", "correct_offset": 8}));
    let finish =
        json!({"cursor": cursor(session, 8), "commit": {"path": "/a", "client_modified": "2020-02-02T02:02:02Z"}});
    let file = client.upload("files/upload_session/finish", finish.clone(), b"three").ok();
    assert_eq!((&file["size"], &file["client_modified"]), (&json!(13), &json!("2020-02-02T02:02:02Z")));
    assert_eq!(account.read("/a").unwrap(), b"one two three");
    let gone = client.upload("files/upload_session/finish", finish, b"").error();
    assert_eq!(gone["lookup_failed"][".tag"], "not_found");
}

#[test]
fn a_batch_commits_closed_sessions_only() {
    let (_simulator, _account, client) = start();
    let open = begin(&client, json!({}));
    let closed = begin(&client, json!({"close": true}));
    let late = client.upload("files/upload_session/append_v2", json!({"cursor": cursor(&closed, 0)}), b"x").error();
    assert_eq!(late, json!({".tag": "closed"}));
    let entry = |session: &str, path: &str| json!({"cursor": cursor(session, 0), "commit": {"path": path}});
    let entries = json!({"entries": [entry(&open, "/open"), entry(&closed, "/closed")]});
    let answer = client.rpc("files/upload_session/finish_batch_v2", entries).ok();
    assert_eq!(answer["entries"][0]["failure"]["lookup_failed"][".tag"], "not_closed");
    assert_eq!(answer["entries"][1]["size"], 0);
}

#[test]
fn concurrent_sessions_hold_to_blocks_of_four_mebibytes() {
    let (_simulator, account, client) = start();
    let concurrent = json!({"session_type": {".tag": "concurrent"}});
    let with_data = client.upload("files/upload_session/start", concurrent.clone(), b"x").error();
    assert_eq!(with_data, json!({".tag": "concurrent_session_data_not_allowed"}));
    let closed = json!({"session_type": "concurrent", "close": true});
    let closed = client.upload("files/upload_session/start", closed, b"").error();
    assert_eq!(closed, json!({".tag": "concurrent_session_close_not_allowed"}));
    let session = begin(&client, concurrent);
    let append = |offset: usize, close: bool, bytes: &[u8]| {
        let arg = json!({"cursor": cursor(&session, offset), "close": close});
        client.upload("files/upload_session/append_v2", arg, bytes)
    };
    assert_eq!(append(5, false, &[0; BLOCK]).error()[".tag"], "concurrent_session_invalid_offset");
    assert_eq!(append(0, false, &[0; 5]).error()[".tag"], "concurrent_session_invalid_data_size");
    assert_eq!(append(BLOCK, true, b"end").status, 200);
    let finish = || {
        let arg = json!({"cursor": cursor(&session, BLOCK + 3), "commit": {"path": "/a"}});
        client.upload("files/upload_session/finish", arg, b"")
    };
    assert_eq!(finish().error()[".tag"], "concurrent_session_missing_data");
    assert_eq!(append(0, false, &vec![7; BLOCK]).status, 200);
    assert_eq!(finish().ok()["size"], BLOCK + 3);
    let bytes = account.read("/a").unwrap();
    assert!(bytes[..BLOCK].iter().all(|byte| *byte == 7) && &bytes[BLOCK..] == b"end");
}

#[test]
fn sessions_live_for_a_week() {
    let (simulator, _account, client) = start();
    let session = begin(&client, json!({}));
    simulator.advance(std::time::Duration::from_secs(6 * 86_400));
    let client = Client::new(&simulator, &simulator.account());
    let append = |bytes| client.upload("files/upload_session/append_v2", json!({"cursor": cursor(&session, 0)}), bytes);
    assert_eq!(append(b"").status, 200);
    simulator.advance(std::time::Duration::from_secs(86_401));
    let client = Client::new(&simulator, &simulator.account());
    let late = client.upload("files/upload_session/append_v2", json!({"cursor": cursor(&session, 0)}), b"");
    assert_eq!(late.error(), json!({".tag": "not_found"}));
}

#[test]
fn a_batch_of_pieces_is_taken_piece_by_piece() {
    let (simulator, _account, client) = start();
    let session = begin(&client, json!({}));
    let part =
        |session: &str, offset: usize, length: usize| json!({"cursor": cursor(session, offset), "length": length});
    let append = |entries: Vec<Value>, bytes: &[u8]| {
        client.upload("files/upload_session/append_batch", json!({"entries": entries}), bytes)
    };
    let answer = append(vec![part(&session, 0, 3), part("pid_upload_session:x", 0, 2)], b"abcde").ok();
    assert_eq!(answer["entries"][0], json!({".tag": "success"}));
    assert_eq!(answer["entries"][1], json!({".tag": "failure", "failure": {".tag": "not_found"}}));
    assert_eq!(append(vec![part(&session, 3, 3)], b"abcde").error(), json!({".tag": "length_mismatch"}));
    assert_eq!(simulator.violations(), []);
    let many = (0..501).map(|_| part(&session, 3, 0)).collect();
    assert_eq!(append(many, b"").status, 431, "501 entries do not fit into the headers that proxies let through");
    simulator.configure(|options| options.limits.header_bytes = 1 << 20);
    let many = (0..501).map(|_| part(&session, 3, 0)).collect();
    assert_eq!(append(many, b"").status, 400);
    assert_eq!(simulator.violations().len(), 1);
}

#[test]
fn a_body_may_have_its_limit_and_no_more() {
    let (simulator, _account, client) = start();
    simulator.configure(|options| options.limits.body = 1000);
    client.upload("files/upload", json!({"path": "/a"}), &[0; 1000]).ok();
    let answer = client.upload("files/upload", json!({"path": "/b"}), &[0; 1001]).error();
    assert_eq!(answer, json!({".tag": "payload_too_large"}));
}
