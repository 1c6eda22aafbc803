//! What is left out: by the user, and stores.

use std::sync::{Arc, Mutex};

use larder_connect::{OnExcluded, Source};

use super::kit::{World, bytes};

#[test]
fn exclusions_are_those_of_files_and_another_set_lists_anew() {
    let mut world = World::new();
    world.account.write("/keep/a.txt", b"a");
    world.account.write("/keep/b.tmp", b"b");
    world.account.write("/cache/deep/c.txt", b"c");
    world.account.write("/large", &bytes(5_000, 1));
    world.options.exclude = vec!["*.tmp".into(), "/cache/".into()];
    world.options.exclude_larger_than = Some(1_000);
    let report = world.backup();
    let paths: Vec<String> = world.content(&report).into_keys().collect();
    assert_eq!(paths, ["/keep/", "/keep/a.txt"]);
    world.account.write("/keep/d.tmp", b"d");
    world.account.write("/keep/a.txt", &bytes(2_000, 2));
    world.account.write("/cache/deep/e.txt", b"e");
    world.account.write("/keep/f.txt", b"f");
    let report = world.backup();
    let paths: Vec<String> = world.content(&report).into_keys().collect();
    assert_eq!(paths, ["/keep/", "/keep/f.txt"], "what has become too large is left out as well");
    world.options.exclude.clear();
    world.options.exclude_larger_than = None;
    let report = world.backup();
    assert_eq!(world.simulator.calls("files/list_folder"), 1);
    world.assert_same(&report, "nothing left out");
}

#[test]
fn only_what_is_included_is_taken() {
    let mut world = World::new();
    world.account.write("/a/x.jpg", b"x");
    world.account.write("/a/y.txt", b"y");
    world.options.include = vec!["*.jpg".into()];
    let report = world.backup();
    let paths: Vec<String> = world.content(&report).into_keys().collect();
    assert_eq!(paths, ["/a/", "/a/x.jpg"]);
}

#[test]
fn a_folder_that_holds_a_store_is_left_out_and_named_each_time() {
    let world = World::new();
    world.account.write("/mine", b"mine");
    let make_store = |at: &str| {
        for name in ["config/00000001-0", "keys/slot-00000001-0", "packs/abc", "index/def"] {
            world.account.write(&format!("{at}/{name}"), &bytes(1_000, 1));
        }
    };
    make_store("/Backups/Larder");
    let told = |report| {
        let rows = world.ledger(report);
        rows.iter().filter(|row| row.reason == "left-out").map(|row| row.path.to_string()).collect::<Vec<_>>()
    };
    let first = world.backup();
    assert_eq!(told(&first), ["/Backups/Larder"]);
    assert_eq!(world.content(&first).into_keys().collect::<Vec<_>>(), ["/Backups/", "/mine"]);
    world.account.write("/Backups/Larder/packs/new", b"new");
    make_store("/Second");
    let second = world.backup();
    assert_eq!(told(&second), ["/Backups/Larder", "/Second"]);
    assert_eq!(world.content(&second).into_keys().collect::<Vec<_>>(), ["/Backups/", "/mine"]);
    assert_eq!(world.downloads(), 0);
}

#[test]
fn a_folder_as_root_is_written_as_dropbox_writes_it() {
    let mut world = World::new();
    world.account.write("/Photos/Summer/a.jpg", b"a");
    world.account.write("/other", b"x");
    "photos/SUMMER/".clone_into(&mut world.options.path);
    let report = world.backup();
    assert_eq!(world.content(&report).into_keys().collect::<Vec<_>>(), ["/Photos/Summer/a.jpg"]);
    assert_eq!((report.totals.files, report.totals.folders), (1, 0));
    world.account.write("/Photos/Summer/b.jpg", b"b");
    "/Photos/Summer".clone_into(&mut world.options.path);
    let report = world.backup();
    assert_eq!(world.simulator.calls("files/list_folder"), 0, "the same folder, however it is typed");
    assert_eq!((report.totals.files, report.totals.folders), (2, 0));
    "/nowhere".clone_into(&mut world.options.path);
    let problem = world.try_backup().unwrap_err();
    assert!(problem.is(larder_model::ProblemKind::NotFound), "{problem}");
    "/other".clone_into(&mut world.options.path);
    let problem = world.try_backup().unwrap_err();
    assert!(problem.is(larder_model::ProblemKind::NotFound), "{problem}");
}

#[test]
fn what_goes_in_a_folder_that_is_left_out_costs_nothing() {
    let mut world = World::new();
    world.account.write("/keep", b"a");
    world.account.write("/Cache/deep/c.txt", b"c");
    world.account.write("/Cache/deep/d.txt", b"d");
    world.options.exclude = vec!["/cache/".into()];
    world.backup();
    world.account.delete("/Cache/deep/c.txt");
    let report = world.backup();
    assert_eq!((world.simulator.calls("files/list_folder"), report.notes), (0, 0));
    assert_eq!(world.content(&report).into_keys().collect::<Vec<_>>(), ["/keep"]);
    world.account.delete("/Cache");
    world.backup();
    assert_eq!(world.simulator.calls("files/list_folder"), 0);
}

#[test]
fn where_a_store_was_files_count_again() {
    let world = World::new();
    world.account.write("/mine", b"mine");
    for name in ["config/00000001-0", "keys/slot-00000001-0", "packs/abc"] {
        world.account.write(&format!("/Backup/{name}"), &bytes(1_000, 1));
    }
    world.backup();
    world.account.delete("/Backup");
    world.account.write("/Backup/letter", b"letter");
    let report = world.backup();
    world.assert_same(&report, "a folder of the same name");
}

#[test]
fn rehash_reads_everything_again() {
    let world = World::new();
    (0..5).for_each(|number| world.account.write(&format!("/{number}"), &bytes(500, number)));
    world.backup();
    let options = larder_engine::BackupOptions { rehash: true, ..larder_engine::BackupOptions::default() };
    world.simulator.reset_journal();
    let store = world.larder.open();
    let report = larder_engine::backup(&store, &world.source(), &options, &larder_engine::Unwatched).unwrap();
    assert_eq!(world.downloads(), 5);
    assert_eq!(report.statistics.files_unchanged, 5);
}

#[test]
fn what_patterns_leave_out_is_told_to_those_who_ask() {
    let mut world = World::new();
    world.account.write("/keep/a.txt", b"a");
    world.account.write("/keep/b.tmp", b"b");
    world.account.write("/cache/deep/c.txt", b"c");
    world.account.write("/large", &bytes(5_000, 1));
    world.account.add_paper("/Plan.paper", "plan", 0);
    world.options.exclude = vec!["*.tmp".into(), "/cache/".into(), "*.paper".into()];
    world.options.exclude_larger_than = Some(1_000);
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = told.clone();
    world.options.on_excluded = Some(OnExcluded::new(move |path| heard.lock().unwrap().push(path.to_string())));
    world.backup();
    let mut paths = std::mem::take(&mut *told.lock().unwrap());
    paths.sort();
    assert_eq!(paths, ["/Plan.paper", "/cache", "/keep/b.tmp", "/large"]);
    world.account.write("/keep/new.tmp", b"new");
    world.backup();
    assert_eq!(*told.lock().unwrap(), ["/keep/new.tmp"], "of a run that asks for changes, what has changed");
}

/// A shared folder that is mounted nowhere, or any other namespace, is a place of its own.
#[test]
fn another_namespace_is_another_origin() {
    let mut world = World::new();
    world.account.write("/Office/Shared/a.txt", b"a");
    world.account.write("/mine", b"mine");
    let space = world.account.share("/Office/Shared").to_string();
    world.backup();
    world.options.namespace = Some(space.clone());
    let report = world.backup();
    assert_eq!(world.content(&report).into_keys().collect::<Vec<_>>(), ["/a.txt"]);
    assert_eq!(world.source().origin().root, format!("ns-{space}/"));
    world.account.write("/Office/Shared/sub/b.txt", b"b");
    (0..30).for_each(|number| world.account.write(&format!("/Office/Shared/many/{number}"), &bytes(500, number)));
    let report = world.backup();
    assert_eq!(world.simulator.calls("files/list_folder"), 0);
    assert_eq!(world.simulator.calls("files/download_zip"), 1);
    assert_eq!((report.totals.files, report.totals.folders, report.missing), (32, 2, 0));
    world.options.namespace = Some("999".to_owned());
    let problem = world.try_backup().unwrap_err();
    assert!(problem.is(larder_model::ProblemKind::NotFound), "{problem}");
    assert!(problem.message().contains("does not see the namespace 999"), "{problem}");
    world.options.namespace = None;
    let report = world.backup();
    world.assert_same(&report, "the account itself goes on where it was");
    assert_eq!(world.simulator.calls("files/list_folder"), 0);
}
