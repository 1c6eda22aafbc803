//! What goes wrong on purpose.

use dropbox_simulator::{Fault, FaultKind, Simulator, When};
use serde_json::json;

use crate::kit::start;

fn strike(simulator: &Simulator, route: &str, kind: FaultKind) {
    simulator.clear_faults();
    simulator.add_fault(Fault { route: route.into(), when: When::Call(1), kind });
}

#[test]
fn refusals_have_the_forms_that_were_seen() {
    let (simulator, _account, client) = start();
    for (kind, status, content_type, tag) in [
        (FaultKind::Grpc500, 500, "application/grpc", ""),
        (FaultKind::Json502, 502, "application/json", ""),
        (FaultKind::Html503, 503, "text/html; charset=utf-8", ""),
        (FaultKind::ExpiredToken, 401, "application/json", "expired_access_token"),
        (FaultKind::InvalidToken, 401, "application/json", "invalid_access_token"),
        (FaultKind::MissingScope, 401, "application/json", "missing_scope"),
        (FaultKind::Plain429, 429, "text/plain; charset=utf-8", ""),
        (FaultKind::Forbidden, 403, "application/json", "invalid_account_type"),
        (FaultKind::NotFound, 409, "application/json", "path"),
    ] {
        strike(&simulator, "files/get_metadata", kind);
        let answer = client.rpc("files/get_metadata", json!({"path": "/a"}));
        assert_eq!((answer.status, answer.header("content-type")), (status, content_type), "{kind:?}");
        if !tag.is_empty() {
            assert_eq!(answer.json()["error"][".tag"], tag);
        }
    }
    strike(&simulator, "files/*", FaultKind::Contention);
    let answer = client.upload("files/upload", json!({"path": "/a"}), b"1");
    assert_eq!((answer.status, answer.header("retry-after")), (429, ""));
    let error = answer.json()["error"].clone();
    assert_eq!(error, json!({"reason": {".tag": "too_many_write_operations"}}));
}

#[test]
fn an_answer_is_lost_after_the_deed() {
    let (simulator, account, client) = start();
    strike(&simulator, "files/upload", FaultKind::LostAnswer);
    assert!(client.try_upload("files/upload", json!({"path": "/a"}), b"1").is_err());
    assert_eq!(account.read("/a").unwrap(), b"1");
    strike(&simulator, "files/upload", FaultKind::NoAnswer);
    assert!(client.try_upload("files/upload", json!({"path": "/b"}), b"1").is_err());
    assert_eq!(account.read("/b"), None);
    strike(&simulator, "files/upload", FaultKind::Done503);
    assert_eq!(client.upload("files/upload", json!({"path": "/c"}), b"1").status, 503);
    assert!(account.read("/c").is_some());
}

#[test]
fn downloads_are_cut_shortened_and_damaged() {
    let (simulator, account, client) = start();
    account.write_generated("/a", 1_000_000, 3);
    let whole = account.read("/a").unwrap();
    let get = || client.try_download("files/download", json!({"path": "/a"}), &[]);
    strike(&simulator, "files/download", FaultKind::ResetBody);
    assert!(get().is_err());
    strike(&simulator, "files/download", FaultKind::Truncate);
    let short = get().unwrap();
    assert_eq!((short.body.len(), &short.result()["size"]), (500_000, &json!(1_000_000)));
    assert_eq!(short.header("content-length"), "500000");
    strike(&simulator, "files/download", FaultKind::Flip);
    let flipped = get().unwrap().body;
    assert_eq!(flipped.iter().zip(&whole).filter(|(one, two)| one != two).count(), 1);
    assert!(get().unwrap().body == whole);
}

#[test]
fn chance_is_the_same_for_the_same_seed() {
    let run = || {
        let (simulator, _account, client) = start();
        simulator.add_fault(Fault { route: "*".into(), when: When::Chance(0.5), kind: FaultKind::Html503 });
        (0..20).map(|_| client.rpc("files/list_folder", json!({"path": ""})).status).collect::<Vec<_>>()
    };
    let statuses = run();
    assert_eq!(statuses, run());
    assert!(statuses.contains(&200) && statuses.contains(&503));
}
