//! Listings and cursors.

use std::time::Duration;

use dropbox_simulator::Options;
use serde_json::json;

use crate::kit::{shorten, start, start_with};

#[test]
fn a_recursive_listing_has_the_folder_itself_unless_it_is_the_root() {
    let (_simulator, account, client) = start();
    account.write("/a/b/c.txt", b"1");
    let recursive = |path: &str| shorten(&client.list(json!({"path": path, "recursive": true})).0);
    assert_eq!(recursive(""), ["folder /a", "folder /a/b", "file /a/b/c.txt"]);
    assert_eq!(recursive("/A"), ["folder /a", "folder /a/b", "file /a/b/c.txt"]);
    assert_eq!(shorten(&client.list(json!({"path": "/a"})).0), ["folder /a/b"]);
    let file = client.rpc("files/list_folder", json!({"path": "/a/b/c.txt"})).error();
    assert_eq!(file, json!({".tag": "path", "path": {".tag": "not_folder"}}));
    assert_eq!(client.rpc("files/list_folder", json!({"path": "/x"})).error()["path"][".tag"], "not_found");
}

#[test]
fn pages_may_be_short_empty_and_repeated_but_lose_nothing() {
    let mut options = Options::default();
    options.listing.short_pages = 0.4;
    options.listing.empty_pages = 0.3;
    options.listing.repeated = 0.3;
    let (simulator, account, client) = start_with(options);
    for index in 0..300 {
        account.write_generated(&format!("/f{index:03}"), 10, index);
    }
    let (entries, _) = client.list(json!({"path": "", "limit": 25}));
    let mut lines = shorten(&entries);
    assert!(lines.len() > 300, "something stands twice: {}", lines.len());
    lines.dedup();
    assert_eq!(lines.len(), 300);
    assert!(simulator.calls("files/list_folder/continue") > 12);
}

#[test]
fn cursors_tell_what_changed_in_order() {
    let (_simulator, account, client) = start();
    account.write("/a/b/c.txt", b"1");
    account.write("/keep", b"1");
    let (_, cursor) = client.list(json!({"path": "", "recursive": true}));
    assert_eq!(client.changes(&cursor).0.len(), 0);
    account.delete("/a");
    account.write("/a/new", b"2");
    account.rename("/keep", "/kept");
    account.write("/gone", b"2");
    account.delete("/gone");
    let (entries, next) = client.changes(&cursor);
    let lines = ["deleted /a", "folder /a", "file /a/new", "deleted /keep", "file /kept", "deleted /gone"];
    assert_eq!(shorten(&entries), lines);
    assert!(entries[0].get("id").is_none(), "a deleted entry has no id");
    // The old cursor still says the same; the new one nothing.
    assert_eq!(shorten(&client.changes(&cursor).0), lines);
    assert_eq!(client.changes(&next).0.len(), 0);
}

#[test]
fn listings_lag_behind_where_they_shall() {
    let mut options = Options::default();
    options.listing.lag = Duration::from_secs(60);
    let (simulator, account, client) = start_with(options);
    account.write("/old", b"1");
    simulator.advance(Duration::from_secs(60));
    account.write("/new", b"1");
    account.delete("/old");
    let (entries, cursor) = client.list(json!({"path": "", "recursive": true}));
    assert!(shorten(&entries).is_empty(), "what is new is not shown yet, and what is gone has nothing to show");
    assert_eq!(client.rpc("files/get_metadata", json!({"path": "/new"})).ok()["name"], "new", "whoever asks is told");
    assert_eq!(client.changes(&cursor).0.len(), 0);
    simulator.advance(Duration::from_secs(60));
    assert_eq!(shorten(&client.changes(&cursor).0), ["file /new", "deleted /old"]);
}

#[test]
fn a_change_of_case_alone_is_not_told() {
    let (_simulator, account, client) = start();
    account.write("/Name", b"1");
    let id = account.id_of("/name");
    let (_, cursor) = client.list(json!({"path": "", "recursive": true}));
    account.rename("/Name", "/NAME");
    assert_eq!(client.changes(&cursor).0.len(), 0);
    assert_eq!(shorten(&client.list(json!({"path": ""})).0), ["file /NAME"]);
    assert_eq!(account.id_of("/name"), id);
}

#[test]
fn changes_during_a_listing_come_after_it() {
    let (_simulator, account, client) = start();
    for name in ["/a", "/b", "/c", "/d"] {
        account.write(name, b"1");
    }
    let page = client.rpc("files/list_folder", json!({"path": "", "limit": 2})).ok();
    assert_eq!(page["has_more"], true);
    account.delete("/d");
    account.write("/a", b"2");
    account.write("/e", b"2");
    let (entries, _) = client.changes(page["cursor"].as_str().unwrap());
    assert_eq!(shorten(&entries), ["file /c", "deleted /d", "file /a", "file /e"]);
}

#[test]
fn a_cursor_outlives_neither_a_reset_nor_its_folder() {
    let (simulator, account, client) = start();
    account.write("/a/b", b"1");
    let (_, cursor) = client.list(json!({"path": "/a"}));
    let (_, other) = client.list(json!({"path": ""}));
    account.delete("/a");
    let go_on = |cursor: &str| client.rpc("files/list_folder/continue", json!({"cursor": cursor}));
    assert_eq!(go_on(&cursor).error(), json!({".tag": "path", "path": {".tag": "not_found"}}));
    simulator.reset_cursors();
    assert_eq!(go_on(&other).error(), json!({".tag": "reset"}));
    assert_eq!(client.list(json!({"path": ""})).0.len(), 0);
    assert_eq!(go_on("AAunknown").status, 400);
}

#[test]
fn the_latest_cursor_skips_what_is_there() {
    let (_simulator, account, client) = start();
    account.write("/a", b"1");
    let cursor = client.rpc("files/list_folder/get_latest_cursor", json!({"path": "", "recursive": true})).ok();
    account.write("/b", b"1");
    assert_eq!(shorten(&client.changes(cursor["cursor"].as_str().unwrap()).0), ["file /b"]);
}

#[test]
fn a_long_poll_ends_with_a_change() {
    let (_simulator, account, client) = start();
    let (_, cursor) = client.list(json!({"path": ""}));
    let answer = std::thread::scope(|scope| {
        let poll = scope.spawn(|| client.rpc("files/list_folder/longpoll", json!({"cursor": cursor, "timeout": 30})));
        std::thread::sleep(std::time::Duration::from_millis(200));
        account.write("/a", b"1");
        poll.join().unwrap()
    });
    assert_eq!(answer.ok(), json!({"changes": true}));
}

#[test]
fn deleted_and_undownloadable_files_are_listed_on_request() {
    let (_simulator, account, client) = start();
    account.write("/gone", b"1");
    account.delete("/gone");
    account.add_paper("/doc.paper", "# text", 0);
    assert_eq!(shorten(&client.list(json!({"path": ""})).0), ["file /doc.paper"]);
    assert_eq!(
        shorten(&client.list(json!({"path": "", "include_deleted": true})).0),
        ["file /doc.paper", "deleted /gone"]
    );
    assert_eq!(client.list(json!({"path": "", "include_non_downloadable_files": false})).0.len(), 0);
}

#[test]
fn parents_may_be_in_another_case() {
    let (_simulator, account, client) = start_with(Options { miscased_parents: true, ..Options::default() });
    account.write("/Top/Sub/Name.txt", b"1");
    let lines = shorten(&client.list(json!({"path": "", "recursive": true})).0);
    assert_eq!(lines, ["folder /Top", "folder /tOP/Sub", "file /tOP/sUB/Name.txt"]);
}
