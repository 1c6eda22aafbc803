//! `larder demo` runs on any machine and leaves nothing behind.

use std::fs;

use serde_json::Value;

use crate::support::sandbox::Sandbox;

/// What the tour of files runs.
const OF_FILES: [&str; 9] =
    ["create", "backup ./files", "ls", "diff", "find", "cat", "restore -to", "check --data", "info"];

/// What the tour of Dropbox runs.
const OF_DROPBOX: [&str; 16] = [
    "auth dropbox --name mydropbox",
    "source check mydropbox",
    "at ./save create",
    "at ./save backup @mydropbox",
    "at ./save info latest --ledger",
    "at ./save ls",
    "at ./save diff",
    "at ./save cat",
    "at ./save restore -to",
    "at ./save check --data",
    "at ./save info",
    "at ./save restore -to @mydropbox latest",
    "at @mydropbox create",
    "at @mydropbox backup ./back",
    "at @mydropbox ls",
    "at @mydropbox check --quick",
];

fn left_nothing_behind(sandbox: &Sandbox) {
    assert_eq!(fs::read_dir(sandbox.path().join("tmp")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(sandbox.path().join("home")).unwrap().count(), 0, "it touches nothing of the user");
}

/// The number of calls that Dropbox counted in each run.
fn calls(shown: &str) -> Vec<u64> {
    let numbers = shown.split("(Dropbox counted ").skip(1);
    numbers.map(|rest| rest.split(' ').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn the_demo_tours_dropbox_and_cleans_up() {
    let sandbox = Sandbox::new();
    // What a user has set is for the user's own account, and not for this one.
    let shown = sandbox.ok("LARDER_DROPBOX_ENDPOINT=http://127.0.0.1:1 LARDER_STORE=/nowhere larder demo");
    for command in OF_DROPBOX {
        assert!(shown.contains(&format!("$ larder {command}")), "{command}\n{shown}");
    }
    assert!(shown.contains("are the same, byte for byte"), "{shown}");
    assert!(shown.contains("restricted_content"), "the ledger is shown\n{shown}");
    let calls = calls(&shown);
    let [first, changed, unchanged, restored, again, stored, checked] = calls[..] else { panic!("{calls:?}\n{shown}") };
    assert!(first < 20 && changed < 10, "{calls:?}");
    assert!(restored < 20 && again < 10 && stored < 20 && checked < 10, "{calls:?}");
    // One to ask, one to see that nothing has changed meanwhile, and one for what is missing.
    assert_eq!(unchanged, 3, "{shown}");
    left_nothing_behind(&sandbox);
}

#[test]
fn the_demo_of_files_shows_the_main_job_and_cleans_up() {
    let sandbox = Sandbox::new();
    let shown = sandbox.ok("larder demo files");
    for command in OF_FILES {
        assert!(shown.contains(&format!("$ larder at ./save {command}")), "{command}\n{shown}");
    }
    assert!(shown.contains("are the same, byte for byte"), "{shown}");
    left_nothing_behind(&sandbox);
}

/// Programs that follow a tour read an event a line: words, commands with what they printed, and the end.
fn events(tour: &str) -> Vec<Value> {
    let shown = Sandbox::new().ok(&format!("larder demo {tour} --json"));
    let events: Vec<Value> = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let keys = |event: &Value| event.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    let (last, rest) = events.split_last().unwrap();
    for event in rest {
        match event["event"].as_str().unwrap() {
            "text" => assert_eq!(keys(event), "event text"),
            "command" => assert_eq!(keys(event), "event command stdout code"),
            other => unreachable!("no event of the demo is called {other}"),
        }
    }
    assert_eq!(last["event"], "result", "{last}");
    rest.to_vec()
}

/// The command is among the events; its event.
fn event<'e>(events: &'e [Value], command: &str) -> &'e Value {
    let found = events.iter().find(|event| event["command"].as_str().is_some_and(|it| it.starts_with(command)));
    found.unwrap_or_else(|| panic!("{command}: {events:#?}"))
}

fn has_an_id(backup: &Value) {
    let id = backup["stdout"].as_str().unwrap().trim_end();
    assert!(id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{backup}");
}

#[test]
fn the_demo_of_files_is_told_in_events() {
    let events = events("files");
    for command in OF_FILES {
        let event = event(&events, &format!("larder at ./save {command}"));
        assert_eq!(event["code"], 0, "{event}");
    }
    has_an_id(event(&events, "larder at ./save backup ./files"));
}

#[test]
fn the_demo_of_dropbox_is_told_in_events() {
    let events = events("dropbox");
    for command in OF_DROPBOX {
        let code = if command.contains("backup @") { 3 } else { 0 };
        let event = event(&events, &format!("larder {command}"));
        assert_eq!(event["code"], code, "{event}");
    }
    has_an_id(event(&events, "larder at ./save backup @mydropbox"));
}
