//! Signing in, listing, writing and reading.

use serde_json::json;

use crate::kit::{shorten, start};

#[test]
fn files_go_in_and_come_out() {
    let (simulator, account, client) = start();
    let written = client.upload("files/upload", json!({"path": "/Docs/Ü 😀.txt"}), b"hello").ok();
    assert_eq!(written["content_hash"], "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50");
    assert_eq!(written["path_lower"], "/docs/ü 😀.txt");
    assert!(written.get(".tag").is_none(), "{written}");
    let got = client.download("files/download", json!({"path": "/docs/ü 😀.TXT"}), &[]);
    assert_eq!((got.status, got.body.as_slice()), (200, b"hello".as_slice()));
    assert_eq!(got.result(), written);
    let (entries, _) = client.list(json!({"path": "", "recursive": true}));
    assert_eq!(shorten(&entries), ["folder /Docs", "file /Docs/Ü 😀.txt"]);
    assert_eq!(account.read("/Docs/Ü 😀.txt").unwrap(), b"hello");
    assert_eq!(simulator.calls("files/download"), 1);
    assert_eq!(simulator.bytes_out_of("files/download"), 5);
    assert_eq!(simulator.violations(), []);
}

#[test]
fn a_code_becomes_tokens_and_a_token_is_renewed() {
    let (simulator, _, mut client) = start();
    // From RFC 7636, appendix B.
    let (verifier, challenge) =
        ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    let address = format!(
        "{}/oauth2/authorize?client_id={}&response_type=code&token_access_type=offline&code_challenge={challenge}\
         &code_challenge_method=S256",
        simulator.endpoint(),
        dropbox_simulator::DEFAULT_APP
    );
    let code = simulator.approve(&address).unwrap();
    let form = |fields: &str| {
        let body = format!("{fields}&client_id={0}&client_id={0}", dropbox_simulator::DEFAULT_APP);
        client.send("/oauth2/token", &[("content-type", "application/x-www-form-urlencoded")], body.as_bytes())
    };
    let exchange = format!("grant_type=authorization_code&code={code}&code_verifier={verifier}");
    let tokens = form(&exchange).ok();
    let again = form(&exchange);
    assert_eq!((again.status, &again.json()["error"]), (400, &json!("invalid_grant")));
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let renewed = form(&format!("grant_type=refresh_token&refresh_token={refresh}")).ok();
    assert!(renewed.get("refresh_token").is_none(), "{renewed}");
    client.token = tokens["access_token"].as_str().unwrap().to_owned();
    assert_eq!(client.rpc("users/get_current_account", json!(null)).status, 200);
    simulator.expire_tokens();
    let expired = client.rpc("users/get_current_account", json!(null));
    assert_eq!((expired.status, &expired.json()["error"][".tag"]), (401, &json!("expired_access_token")));
}

#[test]
fn a_session_is_committed_by_a_batch() {
    let (_simulator, account, client) = start();
    let ids = client.rpc("files/upload_session/start_batch", json!({"num_sessions": 2})).ok();
    let cursor = |at: usize, offset: u64| json!({"session_id": ids["session_ids"][at], "offset": offset});
    let parts = json!({"entries": [
        {"cursor": cursor(0, 0), "length": 3, "close": true}, {"cursor": cursor(1, 0), "length": 2, "close": true},
    ]});
    let appended = client.upload("files/upload_session/append_batch", parts, b"onetw").ok();
    assert_eq!(appended, json!({"entries": [{".tag": "success"}, {".tag": "success"}]}));
    let entries: Vec<_> = [("/a/1", 3u64), ("/a/2", 9)]
        .iter()
        .enumerate()
        .map(|(at, (path, offset))| json!({"cursor": cursor(at, *offset), "commit": {"path": path, "mode": "add"}}))
        .collect();
    let finished = client.rpc("files/upload_session/finish_batch_v2", json!({"entries": entries})).ok();
    assert_eq!(finished["entries"][0]["path_display"], "/a/1");
    let failure = &finished["entries"][1]["failure"]["lookup_failed"];
    assert_eq!(failure, &json!({".tag": "incorrect_offset", "correct_offset": 2}));
    assert_eq!(account.read("/a/1").unwrap(), b"one");
}
