//! Which credentials stay, and which are replaced.

use std::os::unix::fs::PermissionsExt;

use super::*;
use larder_rclone::{read_dropbox, sections};

fn accounts() -> (tempfile::TempDir, Accounts) {
    let folder = tempfile::tempdir().unwrap();
    let accounts = Accounts { folder: folder.path().join("credentials") };
    (folder, accounts)
}

fn imported(app: &str, refresh: &str) -> Imported {
    let token = format!(r#"{{"access_token":"access","refresh_token":"{refresh}","expiry":"2024-01-31T12:00:00Z"}}"#);
    let text = format!("[x]\ntype = dropbox\ntoken = {token}\n{app}\n");
    read_dropbox(&sections(&text).unwrap()[0]).unwrap()
}

const OWN_APP: &str = "client_id = key\nclient_secret = s";

#[test]
fn credentials_are_one_file_an_account() {
    let (_folder, accounts) = accounts();
    assert!(accounts.only().is_err());
    assert_eq!(accounts.keep_imported("a.b", imported(OWN_APP, "one")).unwrap(), Kept::Taken);
    let credentials = accounts.need("a.b").unwrap();
    assert_eq!(credentials.refresh_token.as_ref().unwrap().expose(), "one");
    assert_eq!(credentials.access_ends, Some(1_706_702_400));
    assert_eq!(accounts.only().unwrap(), "a.b");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(accounts.keeper("a.b").file()), mode(&accounts.folder)), (0o600, 0o700));
    accounts.keep_imported("a-b", imported(OWN_APP, "two")).unwrap();
    assert_eq!(accounts.names().unwrap(), ["a-b", "a.b"]);
    assert_eq!(accounts.only().unwrap_err().kind(), ProblemKind::Usage);
    accounts.remove("a-b").unwrap();
    assert_eq!(accounts.need("a-b").err().unwrap().kind(), ProblemKind::Credentials);
}

#[test]
fn whose_they_are_is_noted_of_the_same_sign_in_only() {
    let (_folder, accounts) = accounts();
    accounts.keep_imported("x", imported(OWN_APP, "one")).unwrap();
    let old = accounts.need("x").unwrap();
    accounts.keep_imported("x", imported(OWN_APP, "two")).unwrap();
    accounts.note_id("x", &old, "dbid:1").unwrap();
    assert_eq!(accounts.need("x").unwrap().account_id, None);
    let new = accounts.need("x").unwrap();
    accounts.note_id("x", &new, "dbid:2").unwrap();
    assert_eq!(accounts.need("x").unwrap().account_id.as_deref(), Some("dbid:2"));
}

#[test]
fn what_cannot_be_renewed_replaces_nothing_that_can() {
    let (_folder, accounts) = accounts();
    accounts.keep_imported("x", imported("", "rclone-s")).unwrap();
    assert_eq!(accounts.need("x").unwrap().refresh_token, None);
    accounts.keep_imported("x", imported(OWN_APP, "one")).unwrap();
    assert_eq!(accounts.keep_imported("x", imported("", "rclone-s")).unwrap(), Kept::Better);
    assert_eq!(accounts.need("x").unwrap().app_key, "key");
}

#[test]
fn whose_they_are_is_forgotten_with_another_sign_in() {
    let (_folder, accounts) = accounts();
    accounts.keep_imported("x", imported(OWN_APP, "one")).unwrap();
    let known = Credentials { account_id: Some("dbid:1".to_owned()), ..accounts.need("x").unwrap() };
    accounts.keep("x", &known, None).unwrap();
    accounts.keep_imported("x", imported(OWN_APP, "one")).unwrap();
    assert!(accounts.need("x").unwrap().account_id.is_some());
    accounts.keep_imported("x", imported(OWN_APP, "two")).unwrap();
    assert!(accounts.need("x").unwrap().account_id.is_none());
}
