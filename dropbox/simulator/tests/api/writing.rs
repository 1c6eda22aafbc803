//! What is written when, and what is a conflict.

use dropbox_simulator::{Options, Simulator};
use serde_json::{Value, json};

use crate::kit::{Answer, Client, start, start_with};

fn put(client: &Client, path: &str, bytes: &[u8], more: Value) -> Answer {
    let mut arg = json!({"path": path});
    for (name, value) in more.as_object().unwrap() {
        arg[name] = value.clone();
    }
    client.upload("files/upload", arg, bytes)
}

fn reason(answer: Answer) -> String {
    let error = answer.error();
    assert_eq!(error[".tag"], "path", "{error}");
    assert!(error["upload_session_id"].as_str().unwrap().starts_with("pid_upload_session:"), "{error}");
    let reason = &error["reason"];
    let tag = reason[".tag"].as_str().unwrap();
    reason[tag][".tag"].as_str().map_or(tag.to_owned(), |inner| format!("{tag}/{inner}"))
}

#[test]
fn identical_content_is_no_conflict_and_writes_nothing() {
    let (_simulator, _account, client) = start();
    let first = put(&client, "/a", b"1", json!({"client_modified": "2020-01-01T00:00:00Z"})).ok();
    let second = put(&client, "/A", b"1", json!({"client_modified": "2021-01-01T00:00:00Z"})).ok();
    assert_eq!(first, second);
    assert_eq!(first["client_modified"], "2020-01-01T00:00:00Z");
    assert_eq!(reason(put(&client, "/a", b"1", json!({"strict_conflict": true}))), "conflict/file");
    assert_eq!(reason(put(&client, "/a", b"2", json!({}))), "conflict/file");
    let third = put(&client, "/a", b"2", json!({"mode": "overwrite"})).ok();
    assert_eq!(third["id"], first["id"]);
    assert_ne!(third["rev"], first["rev"]);
}

#[test]
fn an_update_needs_the_current_revision() {
    let (_simulator, account, client) = start();
    let first = put(&client, "/a", b"1", json!({})).ok();
    let update = json!({".tag": "update", "update": first["rev"]});
    put(&client, "/a", b"2", json!({"mode": update, "strict_conflict": true})).ok();
    assert_eq!(reason(put(&client, "/a", b"3", json!({"mode": update}))), "conflict/file");
    let renamed = put(&client, "/a", b"3", json!({"mode": update, "autorename": true})).ok();
    assert_eq!(renamed["name"], "a (conflicted copy)");
    account.delete("/a");
    assert_eq!(reason(put(&client, "/a", b"4", json!({"mode": update, "strict_conflict": true}))), "conflict/file");
    put(&client, "/a", b"4", json!({"mode": update})).ok();
}

#[test]
fn folders_and_files_are_in_each_others_way() {
    let (_simulator, account, client) = start();
    account.write("/folder/file.txt", b"1");
    assert_eq!(reason(put(&client, "/folder", b"1", json!({"mode": "overwrite"}))), "conflict/folder");
    assert_eq!(reason(put(&client, "/folder/file.txt/x", b"1", json!({}))), "conflict/file_ancestor");
    let renamed = put(&client, "/folder/file.txt", b"2", json!({"autorename": true})).ok();
    assert_eq!(renamed["path_display"], "/folder/file (1).txt");
    let folder = client.rpc("files/create_folder_v2", json!({"path": "/FOLDER"})).error();
    assert_eq!(folder["path"]["conflict"][".tag"], "folder");
    let made = client.rpc("files/create_folder_v2", json!({"path": "/new/deep"})).ok();
    assert_eq!(made["metadata"]["path_display"], "/new/deep");
    assert!(made["metadata"].get(".tag").is_none(), "{made}");
}

#[test]
fn what_failed_to_be_written_can_be_finished_elsewhere() {
    let (_simulator, account, client) = start();
    account.write("/a", b"1");
    let session = put(&client, "/a", b"other", json!({})).error()["upload_session_id"].clone();
    let finish = json!({"cursor": {"session_id": session, "offset": 5}, "commit": {"path": "/b"}});
    client.upload("files/upload_session/finish", finish, b"").ok();
    assert_eq!(account.read("/b").unwrap(), b"other");
}

#[test]
fn names_are_those_that_dropbox_takes() {
    let (_simulator, account, client) = start();
    let long = "ü".repeat(256);
    for (path, wanted) in [
        ("/desktop.INI", "disallowed_name"),
        ("/.DS_Store", "disallowed_name"),
        ("/a ", "malformed_path"),
        ("/a\\b", "malformed_path"),
        ("/a/", "malformed_path"),
        ("/a//b", "malformed_path"),
        ("/../b", "malformed_path"),
        (&format!("/{long}"), "malformed_path"),
    ] {
        assert_eq!(reason(put(&client, path, b"1", json!({}))), wanted, "{path}");
    }
    let odd = put(&client, "/dot. :*?\"<>|", b"1", json!({})).ok();
    assert_eq!(odd["name"], "dot. :*?\"<>|");
    let composed = put(&client, "/u\u{308}ber", b"1", json!({})).ok();
    assert_eq!(composed["path_display"], "/über");
    assert!(account.read("/ÜBER").is_some());
}

#[test]
fn a_hash_that_does_not_fit_is_refused() {
    let (_simulator, account, client) = start();
    let right = "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50";
    put(&client, "/a", b"hello", json!({"content_hash": right})).ok();
    let wrong = put(&client, "/b", b"hellO", json!({"content_hash": right})).error();
    assert_eq!(wrong, json!({".tag": "content_hash_mismatch"}));
    assert_eq!(account.read("/b"), None);
}

#[test]
fn a_full_account_takes_nothing_more() {
    let (_simulator, account, client) = start();
    account.set_quota(10);
    put(&client, "/a", &[0; 8], json!({})).ok();
    assert_eq!(reason(put(&client, "/b", &[0; 3], json!({}))), "insufficient_space");
    put(&client, "/a", &[1; 10], json!({"mode": "overwrite"})).ok();
    let usage = client.rpc("users/get_space_usage", json!(null)).ok();
    assert_eq!((&usage["used"], &usage["allocation"]["allocated"]), (&json!(10), &json!(10)));
}

#[test]
fn folders_are_made_and_deleted_in_batches() {
    let (_simulator, account, client) = start();
    account.write("/file", b"1");
    let made = client.rpc("files/create_folder_batch", json!({"paths": ["/a", "/a", "/b/c", "/file"]})).ok();
    assert_eq!(made[".tag"], "complete");
    let entries = made["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 3, "the same path twice is one");
    assert_eq!((&entries[0][".tag"], &entries[0]["metadata"]["name"]), (&json!("success"), &json!("a")));
    assert_eq!(
        entries[2]["failure"],
        json!({".tag": "path", "path": {".tag": "conflict", "conflict": {".tag": "file"}}})
    );
    let deleted = client.rpc("files/delete_batch", json!({"entries": [{"path": "/b"}, {"path": "/nothing"}]})).ok();
    assert_eq!(deleted["entries"][0]["metadata"][".tag"], "folder");
    let missing = json!({".tag": "path_lookup", "path_lookup": {".tag": "not_found"}});
    assert_eq!(deleted["entries"][1], json!({".tag": "failure", "failure": missing}));
    assert_eq!(account.paths(), ["/a/", "/file"]);
}

#[test]
fn a_deletion_may_name_the_revision() {
    let (_simulator, account, client) = start();
    account.write("/a", b"1");
    let old = account.rev_of("/a").unwrap();
    account.write("/a", b"2");
    let refused = client.rpc("files/delete_v2", json!({"path": "/a", "parent_rev": old})).error();
    assert_eq!(refused["path_write"]["conflict"][".tag"], "file");
    let current = account.rev_of("/a").unwrap();
    let gone = client.rpc("files/delete_v2", json!({"path": "/A", "parent_rev": current})).ok();
    assert_eq!(gone["metadata"][".tag"], "file");
}

#[test]
fn large_batches_are_jobs() {
    let mut options = Options::default();
    options.jobs.above = Some(1);
    options.jobs.polls = 2;
    let (_simulator, _account, client) = start_with(options);
    let job = client.rpc("files/create_folder_batch", json!({"paths": ["/a", "/b"]})).ok();
    assert_eq!(job[".tag"], "async_job_id");
    let check = |route: &str| client.rpc(route, json!({"async_job_id": job["async_job_id"]}));
    assert_eq!(check("files/delete_batch/check").error(), json!({".tag": "invalid_async_job_id"}));
    for _ in 0..2 {
        assert_eq!(check("files/create_folder_batch/check").ok(), json!({".tag": "in_progress"}));
    }
    assert_eq!(check("files/create_folder_batch/check").ok()[".tag"], "complete");
}

#[test]
fn emoji_are_refused_where_the_switch_says_so() {
    let (simulator, _account, client) = start_with(Options { only_basic_plane: true, ..Options::default() });
    assert_eq!(reason(put(&client, "/😀", b"1", json!({}))), "malformed_path");
    simulator.configure(|options| options.only_basic_plane = false);
    put(&client, "/😀", b"1", json!({})).ok();
}

#[test]
fn generated_files_are_the_same_every_time() {
    let read = || {
        let simulator = Simulator::start(Options::default()).unwrap();
        let account = simulator.account();
        account.write_generated("/big", 100_000, 7);
        account.read("/big").unwrap()
    };
    let bytes = read();
    assert_eq!(bytes.len(), 100_000);
    assert!(bytes == read());
}
