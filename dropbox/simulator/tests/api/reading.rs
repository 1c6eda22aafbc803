//! Downloads, revisions and what cannot be downloaded.

use serde_json::json;

use crate::kit::start;

#[test]
fn ranges_are_parts_of_the_file() {
    let (_simulator, account, client) = start();
    account.write("/a", b"0123456789");
    let get = |range: &str| client.download("files/download", json!({"path": "/a"}), &[("range", range)]);
    for (range, bytes, shown) in
        [("bytes=2-4", "234", "bytes 2-4/10"), ("bytes=7-", "789", "bytes 7-9/10"), ("bytes=-2", "89", "bytes 8-9/10")]
    {
        let answer = get(range);
        assert_eq!((answer.status, answer.text().as_str(), answer.header("content-range")), (206, bytes, shown));
        assert_eq!(answer.result()["size"], 10);
    }
    assert_eq!(get("bytes=10-").status, 416);
    account.write("/empty", b"");
    let empty = client.download("files/download", json!({"path": "/empty"}), &[("range", "bytes=0-")]);
    assert_eq!(empty.status, 416);
}

#[test]
fn a_revision_is_downloaded_after_it_was_replaced() {
    let (_simulator, account, client) = start();
    account.write("/a", b"old");
    let (rev, id) = (account.rev_of("/a").unwrap(), account.id_of("/a").unwrap());
    account.write("/a", b"new");
    let get = |path: &str| client.download("files/download", json!({"path": path}), &[]);
    let old = get(&format!("rev:{rev}"));
    assert_eq!((old.text().as_str(), &old.result()["rev"]), ("old", &json!(rev)));
    assert_eq!(get(&id).text(), "new");
    account.rename("/a", "/b");
    assert_eq!(get(&id).text(), "new");
    let namespace = account.home_namespace();
    assert_eq!(get(&format!("ns:{namespace}/b")).text(), "new");
    account.delete("/b");
    assert_eq!(get(&id).error()["path"][".tag"], "not_found");
}

#[test]
fn an_old_revision_is_restored() {
    let (_simulator, account, client) = start();
    account.write("/a", b"one");
    let first = account.rev_of("/a").unwrap();
    account.write("/a", b"two");
    account.delete("/a");
    let list = client.rpc("files/list_revisions", json!({"path": "/a", "limit": 1})).ok();
    assert_eq!((&list["is_deleted"], &list["has_more"]), (&json!(true), &json!(true)));
    assert_eq!(list["entries"][0]["size"], 3);
    assert!(list["server_deleted"].is_string());
    let wrong = client.rpc("files/restore", json!({"path": "/a", "rev": "0123456789"})).error();
    assert_eq!(wrong, json!({".tag": "invalid_revision"}));
    let restored = client.rpc("files/restore", json!({"path": "/a", "rev": first})).ok();
    assert_ne!(restored["rev"], first);
    assert_eq!(account.read("/a").unwrap(), b"one");
    let list = client.rpc("files/list_revisions", json!({"path": "/a"})).ok();
    assert_eq!((list["entries"].as_array().unwrap().len(), &list["is_deleted"]), (3, &json!(false)));
}

#[test]
fn some_files_cannot_be_downloaded() {
    let (_simulator, account, client) = start();
    account.write("/a", b"1");
    let get = || client.download("files/download", json!({"path": "/a"}), &[]);
    account.set_restricted("/a", true);
    assert_eq!(get().error()["path"][".tag"], "restricted_content");
    account.set_restricted("/a", false);
    account.set_locked("/a", true);
    assert_eq!(get().error()["path"][".tag"], "locked");
    account.set_locked("/a", false);
    account.set_unsupported("/a", true);
    assert_eq!(get().error(), json!({".tag": "unsupported_file"}));
    account.make_folder("/f");
    let folder = client.download("files/download", json!({"path": "/f"}), &[]).error();
    assert_eq!(folder["path"][".tag"], "not_file");
    account.add_symlink("/link", "../target");
    let link = client.rpc("files/get_metadata", json!({"path": "/link"})).ok();
    assert_eq!(link["symlink_info"], json!({"target": "../target"}));
}

#[test]
fn paper_is_exported_when_it_is_ready() {
    let (_simulator, account, client) = start();
    account.add_paper("/Doc.paper", "# text", 1);
    let shown = client.rpc("files/get_metadata", json!({"path": "/doc.paper"})).ok();
    assert_eq!((&shown["is_downloadable"], &shown["export_info"]["export_as"]), (&json!(false), &json!("markdown")));
    assert!(shown.get("content_hash").is_none(), "{shown}");
    let export =
        |format: &str| client.download("files/export", json!({"path": "/Doc.paper", "export_format": format}), &[]);
    assert_eq!(export("pdf").error(), json!({".tag": "invalid_export_format"}));
    assert_eq!(export("html").error(), json!({".tag": "retry_error"}));
    let answer = export("markdown");
    assert_eq!((answer.text().as_str(), &answer.result()["export_metadata"]["name"]), ("# text", &json!("Doc.md")));
    let download = client.download("files/download", json!({"path": "/Doc.paper"}), &[]).error();
    assert_eq!(download, json!({".tag": "unsupported_file"}));
    account.write("/plain", b"1");
    let plain = client.download("files/export", json!({"path": "/plain"}), &[]).error();
    assert_eq!(plain, json!({".tag": "non_exportable"}));
}

#[test]
fn metadata_tells_of_what_was_deleted() {
    let (_simulator, account, client) = start();
    account.write("/Gone", b"1");
    account.delete("/Gone");
    let get = |deleted: bool| client.rpc("files/get_metadata", json!({"path": "/gone", "include_deleted": deleted}));
    assert_eq!(get(false).error()["path"][".tag"], "not_found");
    let shown = json!({".tag": "deleted", "name": "Gone", "path_lower": "/gone", "path_display": "/Gone"});
    assert_eq!(get(true).ok(), shown);
}

#[test]
fn a_download_may_be_a_get_and_may_be_known() {
    let (_simulator, account, client) = start();
    account.write("/a", b"1");
    let bearer = format!("Bearer {}", client.token);
    let path = "/2/files/download?arg=%7B%22path%22%3A%22%2Fa%22%7D";
    let got = client.get(path, &[("authorization", &bearer)]);
    assert_eq!((got.status, got.text().as_str()), (200, "1"));
    let etag = got.header("etag").to_owned();
    let known = client.get(path, &[("authorization", &bearer), ("if-none-match", &etag)]);
    assert_eq!(known.status, 304);
}
