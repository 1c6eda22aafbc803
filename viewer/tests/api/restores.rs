//! Restores: only where they are allowed, to where they were told, and what becomes of them.

use std::{
    fs,
    io::{BufRead, BufReader},
    sync::Arc,
    time::{Duration, Instant},
};

use larder_testkit::Rng;
use serde_json::{Value, json};

use crate::kit::{Client, Folders, Settings, Viewer, root, stored};

fn wait(client: &Client, task: &Value) -> Value {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let now = client.ok(&format!("/api/v1/tasks/{}", task["id"].as_str().unwrap()));
        if now["state"] != "running" {
            return now;
        }
        assert!(Instant::now() < deadline, "{now}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn with_folder(folder: &std::path::Path) -> Viewer {
    let larder = stored(|tree| {
        tree.write("docs/a.txt", &b"one"[..]);
        tree.write("docs/sub/b.txt", &b"two"[..]);
        tree.write("other", Rng::new(1).bytes(50_000));
    });
    let settings = Settings { destinations: Some(Arc::new(Folders(folder.to_owned()))), ..Settings::default() };
    Viewer::with(larder.open(), settings)
}

#[test]
fn a_selection_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let viewer = with_folder(folder.path());
    let mut client = viewer.client();
    let root = root(&client);
    let paths = json!([format!("{root}/docs"), format!("{root}/other")]);
    let order = json!({"snapshot": "latest", "paths": paths, "destination": "desk", "folder": "back", "dry_run": true});
    let rehearsed = client.post("/api/v1/restores", &order);
    assert_eq!(rehearsed.status, 202, "{}", rehearsed.text());
    let rehearsed = wait(&client, &rehearsed.json());
    assert_eq!(
        (rehearsed["state"].as_str(), rehearsed["report"]["written"].as_u64()),
        (Some("done"), Some(3)),
        "{rehearsed}"
    );
    assert!(!folder.path().join("back").exists());
    let order = json!({"snapshot": "latest", "paths": paths, "destination": "desk", "folder": "back"});
    let done = wait(&client, &client.clone().post("/api/v1/restores", &order).json());
    assert_eq!(
        (done["state"].as_str(), done["files_done"].as_u64(), done["bytes_done"].as_u64()),
        (Some("done"), Some(3), Some(50_006)),
        "{done}"
    );
    assert_eq!(fs::read(folder.path().join("back/docs/sub/b.txt")).unwrap(), b"two");
    assert_eq!(fs::read(folder.path().join("back/other")).unwrap().len(), 50_000);
    // A conflict writes nothing.
    fs::write(folder.path().join("back/docs/a.txt"), b"mine").unwrap();
    let failed = wait(&client, &client.clone().post("/api/v1/restores", &order).json());
    assert_eq!((failed["state"].as_str(), failed["problem"]["kind"].as_str()), (Some("failed"), Some("conflict")));
    assert_eq!(fs::read(folder.path().join("back/docs/a.txt")).unwrap(), b"mine");
    let typed =
        json!({"snapshot": "latest", "paths": [format!("{root}/docs/a.txt")], "folder": folder.path().join("typed")});
    assert_eq!(wait(&client, &client.clone().post("/api/v1/restores", &typed).json())["state"], "done");
    assert_eq!(fs::read(folder.path().join("typed/a.txt")).unwrap(), b"one");
    let all = client.ok("/api/v1/tasks");
    assert_eq!(all["items"].as_array().unwrap().len(), 4);
    assert_eq!(all["items"][0]["id"], "4");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let viewer = with_folder(folder.path());
    let mut client = viewer.client();
    let mut post = |place: Value| {
        let mut order = json!({"snapshot": "latest", "paths": ["/"]});
        order.as_object_mut().unwrap().extend(place.as_object().unwrap().clone());
        client.post("/api/v1/restores", &order).status
    };
    assert_eq!(post(json!({})), 400);
    assert_eq!(post(json!({"folder": "relative"})), 400);
    assert_eq!(post(json!({"destination": "none"})), 404);
    assert_eq!(post(json!({"destination": "desk", "paths": ["/no/such"]})), 404);
    assert_eq!(post(json!({"destination": "desk", "on_conflict": "maybe"})), 422);
    assert_eq!(post(json!({"destination": "desk", "snapshot": "ffffffff"})), 404);
    let viewer = Viewer::start(&stored(|tree| {
        tree.write("a", &b"one"[..]);
    }));
    let order = json!({"snapshot": "latest", "paths": ["/"], "folder": "/tmp"});
    assert_eq!(viewer.client().post("/api/v1/restores", &order).status, 403);
}

#[test]
fn those_who_watch_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let viewer = with_folder(folder.path());
    let mut client = viewer.client();
    let stream = client.begin("GET", "/api/v1/tasks/events", &[], b"");
    let order = json!({"snapshot": "latest", "paths": ["/"], "destination": "desk", "folder": "back"});
    let task = client.post("/api/v1/restores", &order).json();
    wait(&client, &task);
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    assert!(lines.by_ref().any(|line| line == "content-type: text/event-stream"));
    let mut is_event = false;
    let last = lines.find(|line| {
        is_event |= line == "event: task";
        line.starts_with("data: ") && line.contains("\"state\":\"done\"")
    });
    assert!(is_event && last.is_some());
}

#[test]
fn a_restore_can_be_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let larder = stored(|tree| {
        for number in 0..400 {
            tree.write(format!("file-{number}"), Rng::new(number).bytes(40_000));
        }
    });
    let settings = Settings { destinations: Some(Arc::new(Folders(folder.path().to_owned()))), ..Settings::default() };
    let viewer = Viewer::with(larder.open(), settings);
    let mut client = viewer.client();
    let csrf = client.csrf();
    let order = json!({"snapshot": "latest", "paths": ["/"], "destination": "desk", "folder": "back"});
    let task = client.post("/api/v1/restores", &order).json();
    let stopped = client.send(
        "DELETE",
        &format!("/api/v1/tasks/{}", task["id"].as_str().unwrap()),
        &[("x-larder-csrf", &csrf)],
        b"",
    );
    assert_eq!(stopped.status, 200);
    let ended = wait(&client, &task);
    assert!(ended["state"] == "stopped" || ended["state"] == "done", "{ended}");
    // The store goes on for everybody else.
    assert_eq!(client.get("/api/v1/snapshots/latest/entries?path=/").status, 200);
}
