//! Shared folders, team spaces, and whose eyes a call looks through.

use dropbox_simulator::{Access, App};
use serde_json::json;

use crate::kit::{Client, shorten, start};

#[test]
fn a_shared_folder_is_seen_by_its_members() {
    let (simulator, ann, client) = start();
    ann.write("/Office/Shared/a.txt", b"1");
    let space = ann.share("/Office/Shared");
    let bob = simulator.add_account("Bob Example", "bob@example.com");
    bob.mount(space, "/From Ann", Access::Viewer);
    let his = Client::new(&simulator, &bob);
    let (entries, cursor) = his.list(json!({"path": "", "recursive": true}));
    assert_eq!(shorten(&entries), ["folder /From Ann", "file /From Ann/a.txt"]);
    assert_eq!(entries[0]["sharing_info"]["shared_folder_id"], space.to_string());
    assert_eq!(entries[1]["sharing_info"]["read_only"], true);
    ann.write("/Office/Shared/b.txt", b"2");
    let (entries, cursor) = his.changes(&cursor);
    assert_eq!(shorten(&entries), ["file /From Ann/b.txt"]);
    let refused = his.upload("files/upload", json!({"path": "/From Ann/c"}), b"1").error();
    assert_eq!(refused["reason"], json!({".tag": "no_write_permission"}));
    bob.unmount("/From Ann");
    assert_eq!(shorten(&his.changes(&cursor).0), ["deleted /From Ann"]);
    let left = his.rpc("files/list_folder", json!({"path": format!("ns:{space}")})).ok();
    assert_eq!(left["entries"].as_array().unwrap().len(), 2, "a member sees what is not mounted");
    assert!(left["entries"][0].get("path_lower").is_none(), "{left}");
    bob.leave(space);
    let gone = his.rpc("files/list_folder", json!({"path": format!("ns:{space}")})).error();
    assert_eq!(gone["path"][".tag"], "not_found");
    let folders = client.rpc("sharing/list_folders", json!({})).ok();
    assert_eq!(folders["entries"][0]["path_lower"], "/office/shared");
}

#[test]
fn a_new_mount_brings_its_content() {
    let (simulator, ann, _) = start();
    ann.write("/S/a", b"1");
    let space = ann.share("/S");
    let bob = simulator.add_account("Bob Example", "bob@example.com");
    let his = Client::new(&simulator, &bob);
    let (_, cursor) = his.list(json!({"path": "", "recursive": true}));
    let (_, plain) = his.list(json!({"path": "", "recursive": true, "include_mounted_folders": false}));
    bob.mount(space, "/M", Access::Editor);
    assert_eq!(shorten(&his.changes(&cursor).0), ["folder /M", "file /M/a"]);
    assert_eq!(shorten(&his.changes(&plain).0), ["folder /M"]);
}

#[test]
fn a_path_root_moves_the_paths() {
    let (simulator, ann, client) = start();
    ann.write("/mine", b"1");
    let home = ann.home_namespace();
    let root = ann.join_team_space(None);
    let info = client.rpc("users/get_current_account", json!(null)).ok()["root_info"].clone();
    assert_eq!((&info["root_namespace_id"], &info["home_path"]), (&json!(root.to_string()), &json!("/Ann Example")));
    let metadata = |path: &str, root: serde_json::Value| {
        let bearer = format!("Bearer {}", client.token);
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("dropbox-api-path-root", &root.to_string()),
        ];
        client.send("/2/files/get_metadata", &headers, json!({"path": path}).to_string().as_bytes())
    };
    let at_root = json!({".tag": "root", "root": root.to_string()});
    assert_eq!(metadata("/ann example/mine", at_root).ok()["path_display"], "/Ann Example/mine");
    assert_eq!(metadata("/mine", json!({".tag": "home"})).ok()["path_display"], "/mine");
    let wrong = metadata("/mine", json!({".tag": "root", "root": home.to_string()}));
    assert_eq!(
        (wrong.status, &wrong.json()["error"]["invalid_root"]["root_namespace_id"]),
        (422, &json!(root.to_string()))
    );
    let other = simulator.add_account("Bob", "bob@example.com").home_namespace();
    let foreign = metadata("/mine", json!({".tag": "namespace_id", "namespace_id": other.to_string()}));
    assert_eq!((foreign.status, &foreign.json()["error"][".tag"]), (422, &json!("no_permission")));
}

#[test]
fn an_app_with_a_folder_sees_nothing_else() {
    let (simulator, ann, _) = start();
    ann.write("/secret", b"1");
    ann.write("/Apps/Backup/a", b"1");
    simulator.add_app(App { folder: Some("Backup".into()), ..App::new("folderapp") });
    let client = Client::with_token(&simulator, ann.token_of("folderapp", None));
    let (entries, cursor) = client.list(json!({"path": "", "recursive": true}));
    assert_eq!(shorten(&entries), ["file /a"]);
    ann.write("/other", b"1");
    ann.write("/Apps/Backup/b", b"1");
    assert_eq!(shorten(&client.changes(&cursor).0), ["file /b"]);
    let id = ann.id_of("/secret").unwrap();
    assert_eq!(client.rpc("files/get_metadata", json!({"path": id})).error()["path"][".tag"], "not_found");
    client.upload("files/upload", json!({"path": "/new"}), b"1").ok();
    assert!(ann.read("/Apps/Backup/new").is_some());
    let refused = client.rpc("sharing/list_folders", json!({}));
    assert_eq!((refused.status, &refused.json()["error"][".tag"]), (401, &json!("route_access_denied")));
}
