//! Signing in, keeping what comes of it, and renewing it once for all.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fake;

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use dropbox_client::credentials::{Credentials, FileKeeper, Keeper};
use dropbox_client::sign_in::{BACKUP, SignIn};
use dropbox_client::{Access, Class, Client, Endpoint, Secret, Settings};
use fake::{Answer, Asked, Fake};

const SPACE: &str = r#"{"used":1,"allocation":{".tag":"other_kind"}}"#;
const ENDED: &str = r#"{"error_summary":"expired_access_token/.","error":{".tag":"expired_access_token"}}"#;

/// How the second process is told where to call and what to keep.
const CHILD: &str = "DROPBOX_CLIENT_TEST_CHILD";

fn kept(access_ends: u64) -> Credentials {
    Credentials {
        version: Credentials::VERSION,
        app_key: "key".into(),
        app_secret: None,
        account_id: Some("dbid:A".into()),
        scopes: vec!["files.metadata.read".into()],
        refresh_token: Some(Secret::new("refresh-secret")),
        access_token: Some(Secret::new("sl.old-secret")),
        access_ends: Some(access_ends),
        access_seconds: Some(14_400),
    }
}

/// Takes only the new token; the token endpoint is slow, so that others come meanwhile.
fn script(asked: &Asked, _: usize) -> Answer {
    if asked.path == "/oauth2/token" {
        std::thread::sleep(Duration::from_millis(300));
        return Answer::json(r#"{"access_token":"sl.new-secret","token_type":"bearer","expires_in":14400}"#);
    }
    match asked.header("authorization") {
        Some("Bearer sl.new-secret") => Answer::json(SPACE),
        _ => Answer::status(401, ENDED),
    }
}

fn client(endpoint: Endpoint, keeper: FileKeeper) -> Client {
    Client::new(Settings { endpoint, ..Settings::new(Access::Kept(Arc::new(keeper))) }).unwrap()
}

fn renewals(fake: &Fake) -> usize {
    fake.asked().iter().filter(|asked| asked.path == "/oauth2/token").count()
}

#[test]
fn many_threads_renew_once_and_the_refresh_token_stays() {
    let folder = tempfile::tempdir().unwrap();
    let keeper = FileKeeper::of_account(folder.path(), "dbid:A");
    keeper.store(&kept(u64::MAX / 2)).unwrap();
    let fake = Fake::new(script);
    let clients = [client(fake.endpoint(), keeper.clone()), client(fake.endpoint(), keeper.clone())];
    std::thread::scope(|scope| {
        for i in 0..8 {
            let client = clients[i % 2].clone();
            scope.spawn(move || client.space_usage().unwrap());
        }
    });
    assert_eq!(renewals(&fake), 1);
    let form = fake.asked().into_iter().find(|asked| asked.path == "/oauth2/token").unwrap();
    assert_eq!(form.body_text(), "grant_type=refresh_token&refresh_token=refresh-secret&client_id=key");
    assert_eq!(form.header("content-type"), Some("application/x-www-form-urlencoded"));
    let after = keeper.load().unwrap().unwrap();
    assert_eq!(after.refresh_token, Some(Secret::new("refresh-secret")));
    assert_eq!(after.access_token, Some(Secret::new("sl.new-secret")));
    assert_eq!(after.scopes, ["files.metadata.read"]);
}

#[test]
fn two_processes_renew_once() {
    let folder = tempfile::tempdir().unwrap();
    let keeper = FileKeeper::of_account(folder.path(), "dbid:A");
    keeper.store(&kept(1)).unwrap();
    let fake = Fake::new(script);
    let task = format!("{}\n{}", fake.address, keeper.path().display());
    let child = |_| {
        let test = std::env::current_exe().unwrap();
        let mut command = Command::new(test);
        command.args(["--exact", "what_the_second_process_does", "--nocapture"]).env(CHILD, &task).spawn().unwrap()
    };
    let children: Vec<_> = (0..3).map(child).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(renewals(&fake), 1);
    assert_eq!(fake.asked().len(), 4, "and nobody called with the old token, which had ended");
}

/// Does something only as a child of the test above.
#[test]
fn what_the_second_process_does() {
    let Ok(task) = std::env::var(CHILD) else { return };
    let (address, path) = task.split_once('\n').unwrap();
    client(Endpoint::at(address).unwrap(), FileKeeper::at(path)).space_usage().unwrap();
}

#[test]
fn tokens_are_renewed_before_they_end() {
    let folder = tempfile::tempdir().unwrap();
    let keeper = FileKeeper::of_account(folder.path(), "dbid:A");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    keeper.store(&kept(now + 200)).unwrap();
    let fake = Fake::new(script);
    client(fake.endpoint(), keeper).space_usage().unwrap();
    let paths: Vec<String> = fake.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(paths, ["/oauth2/token", "/2/users/get_space_usage"]);
}

#[test]
fn a_sign_in_that_was_revoked_is_told_and_not_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let keeper = FileKeeper::of_account(folder.path(), "dbid:A");
    keeper.store(&kept(1)).unwrap();
    let revoked = r#"{"error":"invalid_grant","error_description":"refresh token is invalid or revoked"}"#;
    let fake = Fake::new(move |_, _| Answer::status(400, revoked));
    let error = client(fake.endpoint(), keeper).space_usage().unwrap_err();
    assert_eq!(error.class(), Class::Credentials);
    assert!(error.to_string().contains("Sign in again"), "{error}");
    assert_eq!(fake.asked().len(), 1);
}

#[test]
fn a_token_that_was_just_renewed_and_refused_again_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let keeper = FileKeeper::of_account(folder.path(), "dbid:A");
    keeper.store(&kept(u64::MAX / 2)).unwrap();
    let fake = Fake::new(|asked, before| match asked.path.as_str() {
        "/oauth2/token" => script(asked, before),
        _ => Answer::status(401, ENDED),
    });
    let error = client(fake.endpoint(), keeper).space_usage().unwrap_err();
    assert_eq!(error.class(), Class::Credentials);
    assert_eq!(fake.asked().len(), 3);
}

#[test]
fn files_are_private_and_debug_output_shows_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let keeper = FileKeeper::of_account(folder.path(), "dbid:A/../B");
    keeper.store(&kept(1)).unwrap();
    assert_eq!(keeper.path(), folder.path().join("dropbox-dbid-A----B.json"));
    assert_eq!(std::fs::metadata(keeper.path()).unwrap().permissions().mode() & 0o777, 0o600);
    let shown = format!("{:?} {:?}", keeper.load().unwrap(), kept(1));
    assert!(
        !shown.contains("secret\"") && !shown.contains("refresh-secret") && !shown.contains("old-secret"),
        "{shown}"
    );
    std::fs::write(keeper.path(), r#"{"access_token": refresh-secret"#).unwrap();
    let error = keeper.load().unwrap_err();
    assert!(!format!("{error} {error:?}").contains("refresh-secret"));
    keeper.remove().unwrap();
    assert_eq!(keeper.load().unwrap(), None);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no temporary file is left");
}

#[test]
fn a_code_becomes_credentials() {
    let fake = Fake::new(|_, _| {
        Answer::json(
            r#"{"access_token":"sl.a","token_type":"bearer","expires_in":14400,"refresh_token":"r",
            "scope":"account_info.read files.content.read","uid":"1","account_id":"dbid:A"}"#,
        )
    });
    let sign_in = SignIn::new(fake.endpoint(), "key", Some(Secret::new("app-secret")), Some(BACKUP)).unwrap();
    assert!(sign_in.address().starts_with(&format!("{}/oauth2/authorize?", fake.address)));
    let credentials = sign_in.finish(" the-code\n", Arc::new(|| false)).unwrap();
    assert_eq!(credentials.scopes, ["account_info.read", "files.content.read"]);
    assert_eq!(credentials.account_id.as_deref(), Some("dbid:A"));
    let form = fake.asked()[0].body_text();
    assert!(form.starts_with("grant_type=authorization_code&code=the-code&client_id=key&code_verifier="), "{form}");
    assert!(form.ends_with("&client_secret=app-secret"), "{form}");
    assert!(!format!("{sign_in:?}").contains("secret"));
}
