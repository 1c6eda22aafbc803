//! `larder demo` runs on any machine and leaves nothing behind.

use std::fs;

use serde_json::Value;

use crate::support::sandbox::Sandbox;

#[test]
fn the_demo_shows_the_main_job_and_cleans_up() {
    let sandbox = Sandbox::new();
    let shown = sandbox.ok("larder demo");
    for command in ["create", "backup ./files", "ls", "diff", "find", "cat", "restore -to", "check --data", "info"] {
        assert!(shown.contains(&format!("$ larder at ./save {command}")), "{command}\n{shown}");
    }
    assert!(shown.contains("are the same, byte for byte"), "{shown}");
    assert_eq!(fs::read_dir(sandbox.path().join("tmp")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(sandbox.path().join("home")).unwrap().count(), 0, "it touches no memory of the user");
}

/// Programs that follow the tour read an event a line: words, commands with what they printed, and the end.
#[test]
fn the_demo_is_told_in_events() {
    let sandbox = Sandbox::new();
    let shown = sandbox.ok("larder demo --json");
    let events: Vec<Value> = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let keys = |event: &Value| event.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    let (last, rest) = events.split_last().unwrap();
    for event in rest {
        match event["event"].as_str().unwrap() {
            "text" => assert_eq!(keys(event), "event text"),
            "command" => {
                assert_eq!(keys(event), "event command stdout code");
                assert_eq!(event["code"], 0, "{event}");
            }
            other => unreachable!("no event of the demo is called {other}"),
        }
    }
    assert_eq!(last["event"], "result", "{last}");
    let commands: Vec<_> = rest.iter().filter_map(|event| event["command"].as_str()).collect();
    let wanted = ["create", "backup ./files", "ls", "diff", "find", "cat", "restore -to", "check --data", "info"];
    for command in wanted {
        assert!(
            commands.iter().any(|it| it.starts_with(&format!("larder at ./save {command}"))),
            "{command}: {commands:?}"
        );
    }
    let backup = rest.iter().find(|event| event["command"] == "larder at ./save backup ./files").unwrap();
    let id = backup["stdout"].as_str().unwrap().trim_end();
    assert!(id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{backup}");
}
