//! Folders as archives. Python's own reader checks that they are archives at all (`foreign/python.rs`).

use dropbox_simulator::Options;
use serde_json::json;

use crate::kit::{start, start_with};

#[test]
fn an_archive_has_the_folder_and_tells_sizes_late() {
    let (_simulator, account, client) = start();
    account.write("/Top/a.txt", b"hello");
    account.make_folder("/Top/empty");
    account.add_paper("/Top/doc.paper", "x", 0);
    let answer = client.download("files/download_zip", json!({"path": "/top"}), &[]);
    assert_eq!((answer.status, answer.header("content-length")), (200, ""));
    assert_eq!(answer.result()["metadata"]["name"], "Top");
    let names: Vec<_> = entries(&answer.body).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["Top/", "Top/a.txt", "Top/empty/"]);
    let (_, flags, size) = entries(&answer.body)[1].clone();
    assert_eq!((flags & 8, size), (8, 0), "the header does not know the size");
}

#[test]
fn archives_have_limits() {
    let mut options = Options::default();
    options.zip.entries = 4;
    options.zip.file_bytes = 100;
    let (_simulator, account, client) = start_with(options);
    let zip = |path: &str| client.download("files/download_zip", json!({"path": path}), &[]);
    account.write("/a/1", b"1");
    account.write("/a/2", b"1");
    assert_eq!(zip("/a").status, 200);
    account.write("/a/3", b"1");
    assert_eq!(zip("/a").error(), json!({".tag": "too_many_files"}));
    account.write_generated("/b/1", 100, 1);
    assert_eq!(zip("/b").error(), json!({".tag": "too_large"}));
    assert_eq!(zip("/b/1").error()["path"][".tag"], "not_folder");
    assert_eq!(zip("/x").error()["path"][".tag"], "not_found");
    assert_ne!(zip("").status, 200);
}

#[test]
fn archives_may_lack_files_and_the_top_folder() {
    let mut options = Options::default();
    options.zip.missing = 1.0;
    options.zip.top_folder = false;
    let (_simulator, account, client) = start_with(options);
    account.write("/a/sub/1", b"1");
    let answer = client.download("files/download_zip", json!({"path": "/a"}), &[]);
    let names: Vec<_> = entries(&answer.body).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["sub/"]);
}

/// Name, flags and size of each local header.
fn entries(zip: &[u8]) -> Vec<(String, u16, u32)> {
    let starts = (0..zip.len() - 4).filter(|at| zip[*at..].starts_with(b"PK\x03\x04"));
    let half = |at: usize| u16::from_le_bytes(zip[at..at + 2].try_into().unwrap());
    let read = |at: usize| {
        let length = half(at + 26) as usize;
        let name = String::from_utf8(zip[at + 30..at + 30 + length].to_vec()).unwrap();
        let size = u32::from_le_bytes(zip[at + 22..at + 26].try_into().unwrap());
        (name, half(at + 6), size)
    };
    starts.map(read).collect()
}
