//! What restores cost in calls.

use std::time::Duration;

use larder_model::Kind;

use super::kit::{World, bytes, dry_run, overwrite, small_files};

#[test]
fn ten_thousand_small_files_cost_at_most_130_calls() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 10_000, 40, 4_000));
    let report = world.restore(&snapshot, "/Back");
    assert_eq!((report.files, report.folders), (10_000, 40));
    println!("{}", world.simulator.summary());
    assert!(world.calls() <= 130, "{} calls", world.calls());
    let log = world.simulator.log();
    let headers = log.iter().filter(|call| call.route.ends_with("append_batch")).map(|call| call.arg.to_string().len());
    let longest = headers.max();
    assert!(longest.is_some_and(|longest| longest <= 16 << 10), "the longest argument has {longest:?} bytes");
    assert_eq!(world.account.paths().len(), 10_041);
    world.restore(&snapshot, "/Back");
    assert_eq!(world.writes(), 0, "a second run writes nothing");
    assert!(world.calls() <= 6, "{} calls", world.calls());
}

/// Files of the same size are taken for the same when room is asked for, so nobody knows how many come.
#[test]
fn replacing_ten_thousand_files_of_the_same_size_costs_no_more() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 10_000, 40, 400));
    for number in 0..10_000 {
        world.account.write(&format!("/Back/folder {}/file {number}", number % 40), &bytes(400, number + 77_777));
    }
    let (report, _) = world.restore_with(&snapshot, "/Back", &overwrite());
    assert_eq!(report.files, 10_000);
    assert!(world.calls() <= 130 + 6, "{} calls: {}", world.calls(), world.simulator.summary());
}

#[test]
fn eight_hundred_small_files_that_come_back_cost_at_most_40_calls() {
    let world = World::new();
    for number in 0..800 {
        world.account.write(&format!("/Files/{}/{number}", number % 25), &bytes(3_000, number));
    }
    (0..50).for_each(|number| world.account.write(&format!("/Others/{number}"), b"stays"));
    let (snapshot, before) = (world.snapshot(), world.content());
    world.account.delete("/Files");
    let report = world.restore(&snapshot, "");
    assert_eq!((report.files, report.unchanged), (800, 50));
    assert!(world.calls() <= 40, "{} calls: {}", world.calls(), world.simulator.summary());
    assert_eq!(world.content(), before);
    world.restore(&snapshot, "");
    assert_eq!(world.writes(), 0);
}

#[test]
fn a_single_file_costs_a_handful() {
    let world = World::new();
    (0..30).for_each(|number| world.account.write(&format!("/{number}/other"), b"x"));
    let mut tree = world.tree();
    tree.write("file", bytes(5_000, 1));
    let snapshot = world.snapshot_of(&tree.shared());
    world.restore(&snapshot, "/New/Folder");
    assert_eq!(world.account.read("/New/Folder/file"), Some(bytes(5_000, 1)));
    assert!(world.calls() <= 6, "{}", world.simulator.summary());
}

#[test]
fn only_what_differs_is_sent() {
    let world = World::new();
    let tree = small_files(&world, 60, 4, 2_000);
    let snapshot = world.snapshot_of(&tree);
    world.restore(&snapshot, "/Back");
    world.account.write("/Back/folder 1/file 1", b"another");
    world.account.delete("/Back/folder 2/file 2");
    let (report, _) = world.restore_with(&snapshot, "/Back", &overwrite());
    assert_eq!((report.files, report.unchanged, report.bytes), (2, 58, 4_000));
    assert!(world.simulator.bytes_in() < 8_000, "{}", world.simulator.bytes_in());
    assert_eq!(world.content_of(&snapshot), below(&world, "/Back"));
}

/// What is below a folder of the account, with paths from there.
fn below(world: &World, folder: &str) -> std::collections::BTreeMap<String, Vec<u8>> {
    let all = world.content().into_iter();
    let inside = all.filter_map(|(path, body)| Some((path.strip_prefix(folder)?.to_owned(), body)));
    inside.filter(|(path, _)| path != "/").collect()
}

#[test]
fn a_rehearsal_counts_what_a_restore_does_and_writes_nothing() {
    let world = World::new();
    let mut tree = small_files(&world, 60, 4, 2_000).keep();
    tree.add("empty/deep", Kind::Directory);
    tree.add_symlink("link", b"file");
    tree.write("odd\\name", bytes(10, 1));
    tree.write("Case", bytes(11, 1));
    tree.write("case", bytes(12, 1));
    let snapshot = world.snapshot_of(&tree.shared());
    world.restore_with(&snapshot, "/Back", &overwrite());
    world.account.write("/Back/folder 1/file 1", b"another");
    world.account.write("/Back/surplus", b"another");
    world.account.delete("/Back/folder 2");
    world.account.delete("/Back/empty");
    world.account.delete("/Back/Case");
    for delete in [false, true] {
        let how = larder_engine::RestoreOptions { delete, ..overwrite() };
        let (told, _) = world.restore_with(&snapshot, "/Back", &dry_run(how));
        assert_eq!(world.writes(), 0);
        let how = larder_engine::RestoreOptions { delete, ..overwrite() };
        let before = world.content();
        let (done, rows) = world.restore_with(&snapshot, "/Back", &how);
        assert_eq!(format!("{told:?}"), format!("{done:?}"), "{:?}", rows.all());
        assert_ne!(world.content(), before);
        if !delete {
            world.account.delete("/Back/folder 3/file 3");
        }
    }
}

#[test]
fn empty_folders_are_made_in_one_call() {
    let world = World::new();
    let mut tree = world.tree();
    for number in 0..300 {
        tree.add(format!("{}/{number}/below", number % 7), Kind::Directory);
    }
    let snapshot = world.snapshot_of(&tree.shared());
    let report = world.restore(&snapshot, "/Back");
    assert_eq!((report.files, report.folders), (0, 607));
    assert_eq!(world.simulator.calls("files/create_folder_batch"), 1);
    assert_eq!(world.account.paths().len(), 608);
    world.restore(&snapshot, "/Back");
    assert_eq!(world.writes(), 0);
    let wanted: Box<larder_engine::Choose> = Box::new(|_, _| larder_engine::Wanted::Leave);
    let nothing = larder_engine::RestoreOptions { wanted: Some(wanted), ..overwrite() };
    world.restore_with(&snapshot, "/Nothing/In it", &nothing);
    assert!(world.account.id_of("/Nothing/In it").is_some(), "the place itself is made");
}

#[test]
fn commits_never_overlap() {
    let world = World::new();
    world.simulator.configure(|options| {
        options.limits.write_hold = Duration::from_millis(30);
        options.limits.latency = Duration::from_millis(5);
    });
    let snapshot = world.snapshot_of(&small_files(&world, 2_500, 10, 300));
    world.restore(&snapshot, "/Back");
    let log = world.simulator.log();
    assert!(log.iter().all(|call| call.status == 200 || call.status == 409), "{}", world.simulator.summary());
    let commits = world.simulator.calls("files/upload_session/finish_batch_v2");
    assert_eq!((world.account.paths().len(), commits), (2_511, 3), "none was refused, and tried again");
}

#[test]
fn a_huge_account_is_not_listed_for_a_few_folders() {
    let world = World::new();
    (0..9_000).for_each(|number| world.account.write(&format!("/Huge/{}/{number}", number % 90), b"x"));
    world.simulator.configure(|options| options.listing.page = 100);
    let snapshot = world.snapshot_of(&small_files(&world, 50, 5, 300));
    world.restore(&snapshot, "");
    let listings = world.simulator.calls("files/list_folder") + world.simulator.calls("files/list_folder/continue");
    assert!(listings <= 12, "{listings} pages");
}

#[test]
fn a_run_is_forgiven_for_refusals_of_large_batches_and_remembers_them() {
    let world = World::new().with_notes();
    world.simulator.configure(|options| options.limits.append_batch = 30);
    let snapshot = world.snapshot_of(&small_files(&world, 500, 5, 300));
    let (report, _) = world.try_restore(&snapshot, "/Back", &Default::default());
    assert_eq!(report.unwrap().files, 500);
    let refused = |world: &World| world.simulator.log().iter().filter(|call| call.status >= 400).count();
    assert!(refused(&world) <= 12, "{}", refused(&world));
    world.simulator.configure(|options| options.limits.append_batch = 30);
    let (report, _) = world.try_restore(&snapshot, "/Again", &Default::default());
    assert_eq!(report.unwrap().files, 500);
    assert_eq!(refused(&world), 1, "only the listing of what is not there");
}
