//! Accounts of many files cost little.

use serde_json::json;

use crate::kit::start;

#[test]
fn twenty_thousand_files_are_listed_in_pages_of_two_thousand() {
    let (simulator, account, client) = start();
    for index in 0..20_000u64 {
        account.write_generated(&format!("/d{:02}/f{index:05}", index % 50), 100 + index % 100, index);
    }
    let (entries, cursor) = client.list(json!({"path": "", "recursive": true}));
    assert_eq!(entries.len(), 20_050);
    assert_eq!(simulator.calls("files/list_folder") + simulator.calls("files/list_folder/continue"), 11);
    account.delete("/d00");
    assert_eq!(client.changes(&cursor).0.len(), 1, "a deleted folder is one entry");
    let answer = client.rpc("files/delete_v2", json!({"path": "/d01"}));
    assert_eq!(answer.status, 200);
}

#[test]
fn the_end_of_a_large_file_is_made_without_the_rest() {
    let (_simulator, account, client) = start();
    account.write_generated("/a", 64 << 20, 9);
    let tail = client.download("files/download", json!({"path": "/a"}), &[("range", "bytes=67108860-")]);
    assert_eq!((tail.status, tail.body.len()), (206, 4));
    assert_eq!(tail.body, account.read("/a").unwrap()[(64 << 20) - 4..]);
}
