//! Signing in, with a person's part played: the address is read, access allowed, and the code given on standard input. The simulator
//! refuses what Dropbox refuses.

mod keyring;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::Stdio,
    time::Duration,
};

use crate::support::dropbox::{ALL_SCOPES, World};

const KEY: &str = "--app-key appkey1";

/// What a sign-in came to.
struct Ended {
    code: i32,
    address: String,
    stdout: String,
    stderr: String,
}

impl World {
    /// Signs in as a person does, giving the code that Dropbox gives, or another.
    fn sign_in(&self, options: &str, code: Option<&str>) -> Ended {
        let line = self.line(&format!("larder auth dropbox --name mydropbox {options}"));
        let mut command = self.sandbox.shell(&line);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = match serde_json::from_str::<serde_json::Value>(&line) {
            Ok(event) => event["address"].as_str().unwrap().to_owned(),
            Err(_) => line.trim_end().to_owned(),
        };
        let given = self.dropbox.approve(&address).unwrap();
        let code = code.unwrap_or(&given);
        child.stdin.take().unwrap().write_all(format!("{code}\n").as_bytes()).unwrap();
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        Ended { code: output.status.code().unwrap(), address, stdout: rest, stderr }
    }
}

/// A value of the query of an address.
fn value_of(address: &str, key: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    let value = query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))?;
    Some(value.replace("%3A", ":").replace("%2F", "/").replace('+', " "))
}

#[test]
fn the_name_then_serves_for_everything() {
    let world = World::new();
    let ended = world.sign_in(&format!("{KEY} --no-browser"), None);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(value_of(&ended.address, "client_id").as_deref(), Some("appkey1"));
    assert_eq!(value_of(&ended.address, "code_challenge_method").as_deref(), Some("S256"));
    assert_eq!((value_of(&ended.address, "scope"), value_of(&ended.address, "redirect_uri")), (None, None));
    assert_eq!(
        ended.stdout,
        "auth: signed in as Ann Example <ann@example.com>; @mydropbox serves as source, destination, store\n"
    );
    assert_eq!(world.ok("larder source show mydropbox"), "location:       dropbox:/\n");
    assert_eq!(world.ok("larder destination show mydropbox"), "location:       dropbox:/\n");
    assert_eq!(world.ok("larder store show mydropbox"), "location:       dropbox:/Larder\n");
    let used = "source @mydropbox; destination @mydropbox; store @mydropbox";
    let id = world.dropbox.account().id();
    assert_eq!(world.ok("larder auth list"), format!("mydropbox  dropbox  {id}  {used}\n"));
    let checked = world.ok("larder source check mydropbox; larder store check mydropbox");
    for part in ["Ann Example <ann@example.com>", "0 B used", "files.content.read", "/Larder is not there yet"] {
        assert!(checked.contains(part), "{checked}");
    }
    world.dropbox.account().write("/Larder/old", b"x");
    let checked = world.ok("larder store check mydropbox");
    assert!(checked.contains("/Larder is a folder"), "{checked}");
    world.has_kept_the_rules();
}

#[test]
fn what_is_asked_for_is_what_the_purpose_needs() {
    let world = World::new();
    let ended = world.sign_in(&format!("{KEY} --access backup"), None);
    assert_eq!(
        value_of(&ended.address, "scope").as_deref(),
        Some("account_info.read files.metadata.read files.content.read")
    );
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.contains("serves as source\n"), "{}", ended.stdout);
    world.fails(66, "larder store show mydropbox");
}

#[test]
fn a_secret_comes_from_a_file_and_stays() {
    let world = World::new();
    world.has_app("withsecret", |app| app.secret = Some("app-secret".to_owned()));
    world.sandbox.ok("printf 'app-secret\\n' > secret; printf wrong > wrong");
    let ended = world.sign_in("--app-key withsecret --app-secret-file wrong", None);
    assert_eq!(ended.code, 77);
    assert!(ended.stderr.contains("its secret is wrong"), "{}", ended.stderr);
    let has_secret = || world.credentials().unwrap().contains("app-secret");
    let ended = world.sign_in("--app-key withsecret --app-secret-file secret", None);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(has_secret());
    // Neither has to be given again.
    assert_eq!(world.sign_in("", None).code, 0);
    assert!(has_secret());
    assert_eq!(world.sign_in(KEY, None).code, 0);
    assert!(!has_secret());
}

#[test]
fn another_account_is_refused_and_signed_out_again() {
    let world = World::new();
    assert_eq!(world.sign_in(KEY, None).code, 0);
    let before = world.credentials();
    let bob = world.dropbox.add_account("Bob", "bob@example.com");
    world.dropbox.sign_in(&bob);
    let ended = world.sign_in(KEY, None);
    assert_eq!(ended.code, 77);
    assert!(ended.stderr.contains("bob@example.com, and `mydropbox` is another account"), "{}", ended.stderr);
    assert!(ended.stderr.contains("larder auth rm mydropbox"), "{}", ended.stderr);
    assert_eq!(world.credentials(), before);
    assert_eq!(world.dropbox.calls("auth/token/revoke"), 1);
    world.ok("larder source check mydropbox");
}

#[test]
fn missing_permissions_are_named() {
    let world = World::new();
    let only = |scopes: &[&str]| scopes.iter().map(|scope| (*scope).to_owned()).collect();
    world.has_app("readonly", |app| app.scopes = only(&ALL_SCOPES[..3]));
    world.has_app("listing", |app| app.scopes = only(&ALL_SCOPES[..2]));
    let ended = world.sign_in("--app-key readonly", None);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("lacks: files.content.write"), "{}", ended.stderr);
    assert!(ended.stdout.contains("serves as source\n"), "{}", ended.stdout);
    world.ok("larder destination add mydropbox dropbox:");
    let (code, stdout, _) = world.sandbox.run(&world.line("larder destination check mydropbox"));
    assert_eq!(code, 77, "{stdout}");
    assert!(stdout.contains("bad   permission") && stdout.contains("files.content.write"), "{stdout}");
    let ended = world.sign_in("--app-key listing", None);
    assert_eq!(ended.code, 77);
    assert!(ended.stderr.contains("lacks: files.content.read, files.content.write"), "{}", ended.stderr);
}

#[test]
fn an_app_folder_is_good_for_a_store_alone() {
    let world = World::new();
    world.has_app("appfolder", |app| app.folder = Some("Larder".to_owned()));
    let ended = world.sign_in("--app-key appfolder", None);
    assert_eq!(ended.code, 77);
    assert!(ended.stderr.contains("App folder") && ended.stderr.contains("Full Dropbox"), "{}", ended.stderr);
    assert_eq!(world.credentials(), None);
    let ended = world.sign_in("--app-key appfolder --access store", None);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let checked = world.ok("larder store check");
    assert!(checked.contains("sees its own folder only"), "{checked}");
    world.ok("larder source add mydropbox dropbox:");
    world.fails(77, "larder source check");
}

#[test]
fn no_code_is_no_sign_in() {
    let world = World::new();
    let said = world.fails(64, &format!("larder auth dropbox --name mydropbox {KEY}"));
    assert!(said.contains("no code was given"), "{said}");
    let ended = world.sign_in(KEY, Some("wrong"));
    assert_eq!(ended.code, 77, "{}", ended.stderr);
    assert!(ended.stderr.contains("paste the new code"), "{}", ended.stderr);
    let said = world.fails(77, "echo any > code; larder auth dropbox --name mydropbox --app-key nobody-s < code");
    assert!(said.contains("does not know this app key"), "{said}");
    assert_eq!(world.credentials(), None);
    world.fails(66, "larder source show mydropbox");
}

#[test]
fn a_browser_brings_the_code_without_pasting() {
    let world = World::new();
    // Instead of a browser: a program that keeps the address that it was to open.
    world
        .sandbox
        .ok("printf '#!/bin/sh\\necho \"$1\" > opened.tmp; mv opened.tmp opened\\n' > browser; chmod +x browser");
    let line = world.line(&format!("BROWSER=./browser exec larder auth dropbox --name mydropbox {KEY}"));
    let mut child = world.sandbox.shell(&line).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let opened = (0..200).find_map(|_| {
        std::thread::sleep(Duration::from_millis(50));
        std::fs::read_to_string(world.sandbox.work().join("opened")).ok()
    });
    let opened = opened.unwrap().trim_end().to_owned();
    assert_eq!(value_of(&opened, "redirect_uri").as_deref(), Some("http://localhost:53682/"));
    let code = world.dropbox.approve(&opened).unwrap();
    let state = value_of(&opened, "state").unwrap();
    let mut page = TcpStream::connect(("127.0.0.1", 53682)).unwrap();
    write!(page, "GET /?code={code}&state={state} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut shown = String::new();
    page.read_to_string(&mut shown).unwrap();
    assert!(shown.contains("You are signed in"), "{shown}");
    // Standard input is still open, and nothing was pasted.
    assert!(child.wait().unwrap().success());
    assert!(world.credentials().is_some());
    world.has_kept_the_rules();
}

#[test]
fn signing_out_ends_it_at_dropbox() {
    let world = World::new();
    assert_eq!(world.sign_in(KEY, None).code, 0);
    let said = world.ok("larder auth rm mydropbox");
    assert_eq!(said, "auth: mydropbox: ended the sign-in at Dropbox, and forgot it here\n");
    assert_eq!(world.dropbox.calls("auth/token/revoke"), 1);
    assert_eq!(world.credentials(), None);
    world.fails(77, "larder source check mydropbox");
    world.fails(66, "larder auth rm mydropbox");
    assert_eq!(world.sign_in(KEY, None).code, 0);
    let said = world.sandbox.fails(69, "LARDER_DROPBOX_ENDPOINT=http://127.0.0.1:1 larder auth rm mydropbox");
    assert!(said.contains("--local"), "{said}");
    assert!(world.credentials().is_some());
    world.ok("larder auth rm mydropbox --local");
    assert_eq!(world.credentials(), None);
}

#[test]
fn an_expired_token_of_rclone_s_is_renewed_at_first_use() {
    let world = World::new();
    world.rclone_has_it();
    for role in ["source", "destination", "store"] {
        world.ok(&format!("cat rclone.conf | larder {role} import mydropbox"));
    }
    assert_eq!(world.dropbox.total_calls(), 0);
    world.ok("larder source check mydropbox");
    assert_eq!(world.dropbox.calls("oauth2/token"), 1);
    world.ok("larder destination check mydropbox");
    assert_eq!(world.dropbox.calls("oauth2/token"), 1);
    // Whose it is was never said, and is asked before another account takes its place.
    let bob = world.dropbox.add_account("Bob", "bob@example.com");
    world.dropbox.sign_in(&bob);
    let ended = world.sign_in(KEY, None);
    assert_eq!(ended.code, 77, "{}", ended.stderr);
    assert!(ended.stderr.contains("another account"), "{}", ended.stderr);
    world.has_kept_the_rules();
}

#[test]
fn a_sign_in_of_larder_s_own_stays_beside_what_rclone_has() {
    let world = World::new();
    world.rclone_has_it();
    world.ok("sed -i '/client_id/d' rclone.conf");
    let import = "larder source import mydropbox --config rclone.conf";
    let said = world.fails(77, import);
    assert!(said.contains("larder auth dropbox --name mydropbox"), "{said}");
    assert_eq!(world.sign_in(KEY, None).code, 0);
    let before = world.credentials();
    let (code, _, stderr) = world.sandbox.run(&world.line(import));
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("signed in for Larder already"), "{stderr}");
    assert_eq!(world.credentials(), before);
}

#[test]
fn a_sign_in_that_was_revoked_says_so() {
    let world = World::new();
    world.rclone_has_it();
    world.ok("larder source import mydropbox --config rclone.conf");
    world.dropbox.account().revoke_tokens();
    let (code, stdout, _) = world.sandbox.run(&world.line("larder source check mydropbox"));
    assert_eq!(code, 77, "{stdout}");
    assert!(stdout.contains("revoked") && stdout.contains("larder auth dropbox --name mydropbox"), "{stdout}");
}

/// Every command that has to do with accounts, and no secret in anything that it says.
#[test]
fn no_secret_is_ever_shown() {
    let world = World::new();
    world.has_app("withsecret", |app| app.secret = Some("app-secret".to_owned()));
    let mut said = String::new();
    for option in ["--json", "-v"] {
        let ended = world.sign_in(&format!("--app-key withsecret --app-secret app-secret {option}"), None);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        said.push_str(&format!("{}{}{}", ended.address, ended.stdout, ended.stderr));
    }
    let kept: serde_json::Value = serde_json::from_str(&world.credentials().unwrap()).unwrap();
    let mut secrets = vec!["app-secret".to_owned(), "sl.".to_owned(), world.rclone_has_it()];
    secrets.extend(["access_token", "refresh_token"].map(|key| kept[key].as_str().unwrap().to_owned()));
    world.ok("sed -i 's/mydropbox/other/; s/^client_id/client_secret = app-secret\\nclient_id/' rclone.conf");
    for line in [
        "auth list",
        "source import other --config rclone.conf",
        "store import --config rclone.conf",
        "source show",
        "source show other",
        "store show",
        "source check",
        "store check other",
        "source set other pace=app-secret",
        "source set other token=app-secret",
        "source import nobody --config rclone.conf",
        "at @mydropbox ls",
        "at @mydropbox create",
        "restore -to @mydropbox latest",
        "source rm other",
        "auth rm other",
        "auth rm mydropbox",
    ] {
        for option in ["", "--json", "-v"] {
            let (_, stdout, stderr) = world.sandbox.run(&world.line(&format!("larder {line} {option}")));
            said.push_str(&stdout);
            said.push_str(&stderr);
        }
    }
    said.push_str(&world.sandbox.ok("cat ~/.config/larder/remotes.toml"));
    assert!(said.contains("@mydropbox") && said.contains("source: imported other"), "{said}");
    for secret in secrets {
        assert!(!said.contains(&secret), "{secret}: {said}");
    }
}
