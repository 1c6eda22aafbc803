//! Moving and copying.

use serde_json::json;

use crate::kit::start;

#[test]
fn a_move_keeps_ids_and_a_copy_does_not() {
    let (_simulator, account, client) = start();
    account.write("/a/b.txt", b"1");
    let (folder, file) = (account.id_of("/a"), account.id_of("/a/b.txt"));
    let copied = client.rpc("files/copy_v2", json!({"from_path": "/a", "to_path": "/copy"})).ok();
    assert_eq!(copied["metadata"][".tag"], "folder");
    let moved = client.rpc("files/move_v2", json!({"from_path": "/a", "to_path": "/new/a"})).ok();
    assert_eq!(moved["metadata"]["path_display"], "/new/a");
    assert_eq!((account.id_of("/new/a"), account.id_of("/new/a/b.txt")), (folder, file.clone()));
    assert_ne!(account.id_of("/copy/b.txt"), file);
    assert_eq!(account.paths(), ["/copy/", "/copy/b.txt", "/new/", "/new/a/", "/new/a/b.txt"]);
    // What is written where a file was moved from is another file.
    account.write("/a/b.txt", b"2");
    assert_ne!(account.id_of("/a/b.txt"), file);
}

#[test]
fn some_moves_cannot_be() {
    let (_simulator, account, client) = start();
    account.write("/a/b", b"1");
    account.write("/c", b"1");
    let move_to = |from: &str, to: &str| client.rpc("files/move_v2", json!({"from_path": from, "to_path": to}));
    assert_eq!(move_to("/x", "/y").error()["from_lookup"][".tag"], "not_found");
    assert_eq!(move_to("/c", "/a").error()["to"]["conflict"][".tag"], "folder");
    assert_eq!(move_to("/a", "/a/b2/a").error(), json!({".tag": "cant_move_folder_into_itself"}));
    assert_eq!(move_to("/c", "/C").error()["to"]["conflict"][".tag"], "file", "no change of case alone");
    let renamed = json!({"from_path": "/c", "to_path": "/a/b", "autorename": true});
    assert_eq!(client.rpc("files/move_v2", renamed).ok()["metadata"]["name"], "b (1)");
}

#[test]
fn a_batch_says_for_each_how_it_went() {
    let (_simulator, account, client) = start();
    account.write("/a", b"1");
    let entries = json!({"entries": [{"from_path": "/a", "to_path": "/b"}, {"from_path": "/a", "to_path": "/c"}]});
    let answer = client.rpc("files/move_batch_v2", entries).ok();
    assert_eq!(answer["entries"][0]["success"]["path_display"], "/b");
    let problem = json!({".tag": "from_lookup", "from_lookup": {".tag": "not_found"}});
    let failure = json!({".tag": "relocation_error", "relocation_error": problem});
    assert_eq!(answer["entries"][1], json!({".tag": "failure", "failure": failure}));
}
