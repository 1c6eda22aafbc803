//! Signing in, with a person's part played: the address is read, access allowed, and the code given on standard input.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::Stdio,
    time::Duration,
};

use crate::support::{
    dropbox::{FakeDropbox, value_of},
    sandbox::Sandbox,
};

const KEY: &str = "--app-key appkey1";

/// What a sign-in came to.
struct Ended {
    code: i32,
    address: String,
    stdout: String,
    stderr: String,
}

struct World {
    sandbox: Sandbox,
    dropbox: FakeDropbox,
}

impl World {
    fn new() -> Self {
        Self { sandbox: Sandbox::new(), dropbox: FakeDropbox::start() }
    }

    /// `line` with Dropbox elsewhere.
    fn line(&self, line: &str) -> String {
        format!("export LARDER_DROPBOX_ENDPOINT={}; {line}", self.dropbox.address)
    }

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
        if !address.is_empty() {
            let given = self.dropbox.allow(&address);
            let code = code.unwrap_or(&given);
            child.stdin.take().unwrap().write_all(format!("{code}\n").as_bytes()).unwrap();
        }
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        Ended { code: output.status.code().unwrap(), address, stdout: rest, stderr }
    }

    fn ok(&self, line: &str) -> String {
        self.sandbox.ok(&self.line(line))
    }

    fn fails(&self, code: i32, line: &str) -> String {
        self.sandbox.fails(code, &self.line(line))
    }

    fn credentials(&self) -> Option<String> {
        let file = self.sandbox.path().join("home/.local/share/larder/credentials/dropbox-mydropbox.json");
        std::fs::read_to_string(file).ok()
    }
}

#[test]
fn the_name_then_serves_for_everything() {
    let world = World::new();
    let ended = world.sign_in(&format!("{KEY} --no-browser"), None);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(value_of(&ended.address, "client_id").as_deref(), Some("appkey1"));
    assert_eq!((value_of(&ended.address, "scope"), value_of(&ended.address, "redirect_uri")), (None, None));
    assert_eq!(
        ended.stdout,
        "auth: signed in as Ann Example <ann@example.com>; @mydropbox serves as source, destination, store\n"
    );
    assert_eq!(world.ok("larder source show mydropbox"), "location:       dropbox:/\n");
    assert_eq!(world.ok("larder destination show mydropbox"), "location:       dropbox:/\n");
    assert_eq!(world.ok("larder store show mydropbox"), "location:       dropbox:/Larder\n");
    let listed = world.ok("larder auth list");
    assert_eq!(
        listed,
        "mydropbox  dropbox  dbid:AnnAnnAnn  source @mydropbox; destination @mydropbox; store @mydropbox\n"
    );
    let checked = world.ok("larder source check mydropbox; larder store check mydropbox");
    for part in ["Ann Example <ann@example.com>", "1.0 MiB used, 1.0 MiB free", "files.content.read", "will be made"] {
        assert!(checked.contains(part), "{checked}");
    }
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
fn a_secret_comes_from_a_file_or_the_environment_and_stays() {
    let world = World::new();
    world.sandbox.ok("printf 'app-secret\\n' > secret");
    assert_eq!(world.sign_in(&format!("{KEY} --app-secret-file secret"), None).code, 0);
    assert_eq!(world.sign_in("", None).code, 0);
    let bodies = world.dropbox.bodies_of("/oauth2/token");
    assert_eq!(bodies.len(), 2);
    for body in bodies {
        assert_eq!(value_of(&body, "client_secret").as_deref(), Some("app-secret"), "{body}");
        assert_eq!(value_of(&body, "client_id").as_deref(), Some("appkey1"), "{body}");
    }
    assert_eq!(world.sign_in("--app-key otherkey", None).code, 0);
    let last = world.dropbox.bodies_of("/oauth2/token").pop().unwrap();
    assert_eq!(value_of(&last, "client_secret"), None, "{last}");
}

#[test]
fn another_account_is_refused_and_signed_out_again() {
    let world = World::new();
    assert_eq!(world.sign_in(KEY, None).code, 0);
    let before = world.credentials();
    world.dropbox.is(|it| it.account = "dbid:BobBobBob");
    let ended = world.sign_in(KEY, None);
    assert_eq!(ended.code, 77);
    assert!(ended.stderr.contains("another account") && ended.stderr.contains("larder auth rm mydropbox"));
    assert_eq!(world.credentials(), before);
    assert_eq!(world.dropbox.bodies_of("/2/auth/token/revoke").len(), 1);
}

#[test]
fn missing_permissions_are_named() {
    let world = World::new();
    world.dropbox.is(|it| it.scopes = "account_info.read files.metadata.read files.content.read");
    let ended = world.sign_in(KEY, None);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("lacks: files.content.write"), "{}", ended.stderr);
    assert!(ended.stdout.contains("serves as source\n"), "{}", ended.stdout);
    let ended = world.sign_in(&format!("{KEY} --access restore"), None);
    assert_eq!(ended.code, 77);
    assert!(ended.stderr.contains("lacks: files.content.write"), "{}", ended.stderr);
    world.ok("larder destination add mydropbox dropbox:");
    let checked = world.sandbox.run(&world.line("larder destination check mydropbox"));
    assert_eq!(checked.0, 77, "{checked:?}");
    assert!(checked.1.contains("bad   permission") && checked.1.contains("files.content.write"), "{checked:?}");
    world.dropbox.is(|it| it.scopes = "files.metadata.read");
    let ended = world.sign_in(KEY, None);
    assert_eq!(ended.code, 77);
    assert!(ended.stderr.contains("account_info.read, files.content.read"), "{}", ended.stderr);
}

#[test]
fn apps_that_are_of_no_use_have_their_own_words() {
    let world = World::new();
    world.dropbox.is(|it| it.is_app_folder = true);
    let ended = world.sign_in(KEY, None);
    assert_eq!(ended.code, 77);
    assert!(ended.stderr.contains("App folder") && ended.stderr.contains("Full Dropbox"), "{}", ended.stderr);
    assert_eq!(world.credentials(), None);
    assert_eq!(world.sign_in(&format!("{KEY} --access store"), None).code, 0);
    for (refusal, words) in [
        (r#"{"error": "invalid_client", "error_description": "x"}"#, "does not know this app key"),
        (r#"{"error": "invalid_grant", "error_description": "x"}"#, "paste the new code"),
        ("This app has been disabled", "frozen"),
        ("This app has reached its user limit", "as many users"),
    ] {
        world.dropbox.is(|it| it.refusal = Some(refusal));
        let ended = world.sign_in(KEY, None);
        assert_eq!(ended.code, 77, "{refusal}: {}", ended.stderr);
        assert!(ended.stderr.contains(words), "{refusal}: {}", ended.stderr);
    }
}

#[test]
fn no_code_is_no_sign_in() {
    let world = World::new();
    let said = world.fails(64, &format!("larder auth dropbox --name mydropbox {KEY}"));
    assert!(said.contains("no code was given"), "{said}");
    let ended = world.sign_in(KEY, Some("wrong"));
    assert_eq!(ended.code, 77, "{}", ended.stderr);
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
    let redirect = value_of(&opened, "redirect_uri").unwrap();
    assert_eq!(redirect, "http://localhost:53682/");
    let code = world.dropbox.allow(&opened);
    let state = value_of(&opened, "state").unwrap();
    let mut page = TcpStream::connect(("127.0.0.1", 53682)).unwrap();
    write!(page, "GET /?code={code}&state={state} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut shown = String::new();
    page.read_to_string(&mut shown).unwrap();
    assert!(shown.contains("You are signed in"), "{shown}");
    // Standard input is still open, and nothing was pasted.
    assert!(child.wait().unwrap().success());
    let sent = world.dropbox.bodies_of("/oauth2/token").pop().unwrap();
    assert_eq!(value_of(&sent, "redirect_uri").as_deref(), Some("http://localhost:53682/"));
    assert!(world.credentials().is_some());
}

#[test]
fn signing_out_ends_it_at_dropbox() {
    let world = World::new();
    assert_eq!(world.sign_in(KEY, None).code, 0);
    let said = world.sandbox.run(&world.line("larder auth rm mydropbox"));
    assert_eq!(said.0, 0, "{said:?}");
    assert_eq!(world.dropbox.bodies_of("/2/auth/token/revoke").len(), 1);
    assert_eq!(world.credentials(), None);
    let said = world.fails(77, "larder source check mydropbox");
    assert!(said.contains("cannot be used"), "{said}");
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
    let token =
        r#"{"access_token":"sl.old-secret","refresh_token":"refresh-secret-2","expiry":"2024-01-31T12:00:00Z"}"#;
    let config =
        format!("[mydropbox]\ntype = dropbox\nclient_id = theirkey\nclient_secret = their-secret\ntoken = {token}\n");
    std::fs::write(world.sandbox.work().join("rclone.conf"), config).unwrap();
    for role in ["source", "destination", "store"] {
        world.ok(&format!("cat rclone.conf | larder {role} import mydropbox"));
    }
    assert!(world.dropbox.seen.lock().unwrap().is_empty());
    world.ok("larder source check mydropbox");
    let sent = world.dropbox.bodies_of("/oauth2/token");
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(value_of(&sent[0], "refresh_token").as_deref(), Some("refresh-secret-2"));
    assert_eq!(value_of(&sent[0], "client_id").as_deref(), Some("theirkey"));
    assert_eq!(value_of(&sent[0], "client_secret").as_deref(), Some("their-secret"));
    world.ok("larder destination check mydropbox");
    assert_eq!(world.dropbox.bodies_of("/oauth2/token").len(), 1);
    // Whose it is was never said, and is asked before another account takes its place.
    world.dropbox.is(|it| it.account = "dbid:BobBobBob");
    let ended = world.sign_in(KEY, None);
    assert_eq!(ended.code, 77, "{}", ended.stderr);
    assert!(ended.stderr.contains("another account"), "{}", ended.stderr);
}

/// Every command that has to do with accounts, and no secret in anything that it says.
#[test]
fn no_secret_is_ever_shown() {
    let world = World::new();
    let mut said = String::new();
    for option in ["--json", "-v"] {
        let ended = world.sign_in(&format!("{KEY} --app-secret app-secret {option}"), None);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        said.push_str(&format!("{}{}{}", ended.address, ended.stdout, ended.stderr));
    }
    let token =
        r#"{"access_token":"sl.imported-secret","refresh_token":"refresh-secret-2","expiry":"2024-01-31T12:00:00Z"}"#;
    let config = format!("[other]\ntype = dropbox\nclient_id = k\nclient_secret = their-secret\ntoken = {token}\n");
    std::fs::write(world.sandbox.work().join("rclone.conf"), config).unwrap();
    for line in [
        "auth list",
        "source import other --config rclone.conf",
        "store import --config rclone.conf",
        "source show",
        "source show other",
        "store show",
        "source check",
        "store check other",
        "source set other pace=refresh-secret",
        "source set other token=refresh-secret",
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
    assert!(said.contains("@mydropbox"), "{said}");
    assert!(!said.contains("-secret"), "{said}");
    let config = world.sandbox.ok("cat ~/.config/larder/remotes.toml");
    assert!(!config.contains("-secret"), "{config}");
}
