//! How a backup of an account ends when not all is well.

use dropbox_simulator::{DEFAULT_APP, Options};

use super::{BACKUP, with_files};
use crate::support::dropbox::World;

#[test]
fn what_dropbox_withholds_is_in_the_ledger() {
    let world = with_files();
    world.dropbox.account().set_restricted("/Letters/uncle.txt", true);
    let (code, stdout, said) = world.sandbox.run(&world.line(BACKUP));
    assert_eq!((code, stdout.trim_end().len()), (3, 64), "{said}");
    let ledger = world.ok("larder at ./save info latest --ledger");
    assert!(
        ledger.contains("missing")
            && ledger.contains(" restricted_content ")
            && ledger.contains("/Letters/uncle.txt: "),
        "{ledger}"
    );
    // It is asked for again until it can be had.
    world.fails(3, BACKUP);
    world.dropbox.account().set_restricted("/Letters/uncle.txt", false);
    world.ok(BACKUP);
    assert_eq!(world.ok("larder at ./save cat latest:/Letters/uncle.txt"), "Dear uncle");
}

#[test]
fn a_revoked_sign_in_says_how_to_sign_in_again() {
    let world = with_files();
    world.ok(BACKUP);
    world.dropbox.account().revoke_tokens();
    let said = world.fails(77, BACKUP);
    assert!(said.contains("larder auth dropbox --name mydropbox"), "{said}");
    let world = World::new();
    world.sandbox.ok("larder at ./save create -q");
    world.ok("larder source add mydropbox dropbox:");
    let said = world.fails(77, BACKUP);
    assert!(said.contains("larder auth dropbox --name mydropbox"), "{said}");
}

#[test]
fn a_server_that_is_gone_is_no_damaged_store() {
    let world = with_files();
    world.ok(BACKUP);
    world.ok("larder source set mydropbox retries=0");
    let gone = "export LARDER_DROPBOX_ENDPOINT=http://127.0.0.1:1;";
    world.sandbox.fails(69, &format!("{gone} {BACKUP}"));
    assert_eq!(world.ok("larder at ./save ls").lines().count(), 1);
}

#[test]
fn a_path_that_is_not_there_is_said_so() {
    let world = with_files();
    let said = world.fails(66, "larder at ./save backup @mydropbox:/Nowhere");
    assert!(said.contains("there is no folder /Nowhere in this Dropbox"), "{said}");
    world.fails(66, "larder at ./save backup @other");
}

#[test]
fn a_spent_budget_stops_a_run_before_the_next_call() {
    let world = with_files();
    world.ok("larder source set mydropbox call_budget=2 zip=off");
    let said = world.fails(75, BACKUP);
    assert!(said.contains("budget"), "{said}");
    assert!(world.dropbox.total_calls() <= 4, "{}", world.dropbox.total_calls());
    assert_eq!(world.ok("larder at ./save ls"), "");
    world.ok("larder source set mydropbox call_budget=1000");
    world.ok(BACKUP);
}

#[test]
fn an_account_that_is_empty_now_is_no_snapshot() {
    let world = with_files();
    world.ok(BACKUP);
    for path in ["/Letters", "/Photos", "/Empty"] {
        world.dropbox.account().delete(path);
    }
    let said = world.fails(1, BACKUP);
    assert!(said.contains("although the last snapshot holds files"), "{said}");
    assert_eq!(world.ok("larder at ./save ls").lines().count(), 1);
    world.ok(&format!("{BACKUP} --allow-empty"));
}

#[test]
fn a_backup_needs_no_permission_to_write() {
    let world = World::new();
    world.dropbox.account().write("/a", b"x");
    let scopes = ["account_info.read", "files.metadata.read", "files.content.read"];
    let token = world.dropbox.account().token_of(DEFAULT_APP, Some(&scopes));
    let token = format!(r#"{{"access_token":"{token}","token_type":"bearer","expiry":"2099-01-31T12:00:00Z"}}"#);
    let config = format!("[mydropbox]\ntype = dropbox\nclient_id = {DEFAULT_APP}\ntoken = {token}\n");
    std::fs::write(world.sandbox.work().join("rclone.conf"), config).unwrap();
    world.ok("larder source import mydropbox --config rclone.conf -q; larder at ./save create -q");
    world.ok(BACKUP);
    world.dropbox.account().write("/b", b"y");
    world.ok(BACKUP);
    let writes = |route: &str| ["upload", "delete", "move", "copy", "create"].iter().any(|word| route.contains(word));
    let log = world.dropbox.log();
    assert!(log.iter().all(|call| call.status == 200 && !writes(&call.route)), "{log:?}");
    assert_eq!(world.ok("larder at ./save ls latest"), "a\nb\n");
}

/// Two runs at once with an access token that has ended: it is renewed for both.
#[test]
fn two_backups_renew_a_sign_in_once() {
    let world = World::with(Options::default());
    for number in 0..20 {
        world.dropbox.account().write(&format!("/{number}"), &[number; 1000]);
    }
    world.source();
    world.ok("larder at ./other create -q");
    let both = format!(
        "{BACKUP} > one & larder at ./other backup @mydropbox > two; second=$?; wait $!; exit $(($? + second))"
    );
    world.ok(&both);
    assert_eq!(world.dropbox.calls("oauth2/token"), 1);
    world.ok("larder at ./save ls -R latest > one; larder at ./other ls -R latest > two; cmp one two");
    world.has_kept_the_rules();
}
