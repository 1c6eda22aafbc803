//! The pages over a store in Dropbox, and restores from them into an account.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::Ui;
use crate::support::dropbox::World;

#[test]
fn a_store_in_dropbox_is_looked_at_with_few_calls() {
    let world = World::with_store();
    world.ok("larder at @mydropbox backup files -q");
    let ui = Ui::run(&world.sandbox, &world.line("exec larder at @mydropbox ui --no-browser"));
    let cookie = ui.open();
    let folder = format!("path={}/files", world.sandbox.work().display());
    let listing = format!("/api/v1/snapshots/latest/entries?{folder}");
    assert!(ui.get("/api/v1/store", &cookie).contains("\"name\":\"@mydropbox\""));
    assert!(ui.get(&listing, &cookie).contains("\"total\":7"));
    world.dropbox.reset_journal();
    for _ in 0..5 {
        assert!(ui.get(&listing, &cookie).starts_with("HTTP/1.1 200"));
        assert!(ui.get("/api/v1/store", &cookie).starts_with("HTTP/1.1 200"));
    }
    assert_eq!(world.dropbox.total_calls(), 0, "what was seen once costs nothing");
    let file = format!("/api/v1/snapshots/latest/content?{folder}/3/3.txt");
    assert!(ui.get(&file, &cookie).starts_with("HTTP/1.1 200"));
    assert!(world.dropbox.total_calls() <= 2, "{} calls for a file", world.dropbox.total_calls());
    assert_eq!(ui.end("TERM").0, Some(0));
    world.has_kept_the_rules();
}

/// At 60 ms a call, a second is sixteen of them: a folder with folders among 20,000 files is opened by fewer, on a machine that has never
/// seen the store.
#[test]
fn a_large_folder_is_opened_with_few_calls() {
    let world = World::with_store();
    let folder = world.sandbox.work().join("large");
    for number in 0..20_000 {
        let entry = folder.join(format!("entry {number:05}"));
        match number % 1000 {
            0 => std::fs::create_dir_all(entry).unwrap(),
            _ => drop(std::fs::File::create(entry).unwrap()),
        }
    }
    world.ok("larder at @mydropbox backup large -q; rm -rf ~/.cache");
    let ui = Ui::run(&world.sandbox, &world.line("exec larder at @mydropbox ui --no-browser"));
    let cookie = ui.open();
    let listing = format!("/api/v1/snapshots/latest/entries?limit=200&path={}", folder.display());
    world.dropbox.reset_journal();
    let answer = ui.get(&listing, &cookie);
    assert!(answer.contains("\"total\":20000") && answer.contains("entry 00199"), "{answer:.300}");
    let cold = world.dropbox.total_calls();
    assert!(cold <= 10, "{cold} calls: {:#}", world.dropbox.summary());
    world.dropbox.reset_journal();
    assert!(ui.get(&format!("{listing}&at=12345"), &cookie).contains("entry 12345"));
    let warm = world.dropbox.total_calls();
    println!("{cold} calls for the first rows, {warm} for some in the middle");
    assert!(warm <= 2, "{warm} calls: {:#}", world.dropbox.summary());
    assert_eq!(ui.end("TERM").0, Some(0));
    world.has_kept_the_rules();
}

/// Each is an object of its own: one after the other, thirty would take six seconds here.
#[test]
fn records_of_many_snapshots_are_read_side_by_side() {
    let world = World::with_store();
    world.ok("for i in $(seq 30); do larder at @mydropbox backup files -q || exit 1; done; rm -rf ~/.cache");
    world.dropbox.configure(|options| options.limits.latency = Duration::from_millis(200));
    let ui = Ui::run(&world.sandbox, &world.line("exec larder at @mydropbox ui --no-browser"));
    let cookie = ui.open();
    let began = Instant::now();
    let answer = ui.get("/api/v1/snapshots?limit=1", &cookie);
    assert!(answer.contains("\"total\":30"), "{answer}");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert_eq!(ui.end("TERM").0, Some(0));
    world.has_kept_the_rules();
}

#[test]
fn a_selection_is_restored_into_an_account() {
    let world = World::new();
    world.rclone_has_it();
    world.ok("larder destination import mydropbox --config rclone.conf -q; larder at ./save create -q");
    world.has_files(10);
    world.ok("larder at ./save backup files -q");
    let ui = Ui::run(&world.sandbox, &world.line("exec larder at ./save ui --no-browser --allow-restore"));
    let cookie = ui.open();
    assert!(ui.get("/api/v1/store", &cookie).contains("{\"name\":\"mydropbox\",\"kind\":\"dropbox\"}"));
    let session = ui.get("/api/v1/session", &cookie);
    let csrf = session.split("\"csrf\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let headers = format!("{cookie}x-larder-csrf: {csrf}\r\ncontent-type: application/json\r\n");
    let root = world.sandbox.work().join("files").display().to_string();
    let order = format!(r#"{{"snapshot":"latest","paths":["{root}/3"],"destination":"mydropbox","folder":"/Back"}}"#);
    let answer = ui.send("POST", "/api/v1/restores", &headers, &order);
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    for _ in 0..200 {
        if !ui.get("/api/v1/tasks/1", &cookie).contains("\"state\":\"running\"") {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    let task = ui.get("/api/v1/tasks/1", &cookie);
    assert!(task.contains("\"state\":\"done\""), "{task}");
    let paths = world.dropbox.account().paths();
    assert!(paths.iter().any(|path| path == "/Back/3/3.txt"), "{paths:?}");
    assert_eq!(ui.end("TERM").0, Some(0));
    world.has_kept_the_rules();
}
