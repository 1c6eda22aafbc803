//! What stands there already, and what changes while a restore runs.

use std::{thread, time::Duration};

use dropbox_simulator::{Fault, FaultKind, When};
use larder_engine::{OnConflict, RestoreOptions};
use larder_model::{ProblemKind, Time};

use super::kit::{World, bytes, overwrite, small_files};

#[test]
fn a_conflict_writes_nothing() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 10, 2, 500));
    world.account.write("/Back/folder 1/FILE 1", b"mine");
    let (report, _) = world.try_restore(&snapshot, "/Back", &RestoreOptions::default());
    let problem = report.unwrap_err();
    assert_eq!(problem.kind(), ProblemKind::Conflict);
    assert_eq!(world.writes(), 0);
    world.has_kept_the_rules();
}

#[test]
fn what_stands_there_is_kept_or_replaced_as_asked() {
    let world = World::new();
    let mut tree = world.tree();
    for name in ["old", "new", "same"] {
        let inode = tree.write(name, bytes(50, 1));
        tree.edit(inode, |inode| inode.meta.mtime = Some(Time::new(1_000_000, 0)));
    }
    let snapshot = world.snapshot_of(&tree.shared());
    let stand = || {
        world.account.write_at("/Back/old", b"older", 900_000);
        world.account.write_at("/Back/new", b"newer", 1_100_000);
        world.account.write_at("/Back/same", &bytes(50, 1), 5);
    };
    for (on_conflict, expected) in
        [(OnConflict::Skip, (0, 2, 1)), (OnConflict::KeepNewer, (1, 1, 1)), (OnConflict::Overwrite, (2, 0, 1))]
    {
        stand();
        let how = RestoreOptions { on_conflict, ..RestoreOptions::default() };
        let (report, rows) = world.restore_with(&snapshot, "/Back", &how);
        assert_eq!((report.files, report.skipped, report.unchanged), expected, "{on_conflict:?}");
        let tells_time = rows.all().iter().any(|skip| skip.reason == "time");
        assert_eq!(tells_time, on_conflict != OnConflict::Skip, "a difference in time alone is told, and not written");
    }
    assert_eq!(world.account.read("/Back/new"), Some(bytes(50, 1)));
}

#[test]
fn the_fraction_of_a_second_that_dropbox_has_not_makes_nothing_newer() {
    let world = World::new();
    let mut tree = world.tree();
    let inode = tree.write("file", bytes(50, 1));
    tree.edit(inode, |inode| inode.meta.mtime = Some(Time::new(1_000_000, 500_000_000)));
    let snapshot = world.snapshot_of(&tree.shared());
    world.account.write_at("/Back/file", b"other", 1_000_000);
    let how = RestoreOptions { on_conflict: OnConflict::KeepNewer, ..RestoreOptions::default() };
    let (report, _) = world.restore_with(&snapshot, "/Back", &how);
    assert_eq!((report.files, report.skipped), (0, 1));
}

/// Somebody writes between the comparison and the commit.
#[test]
fn what_changes_meanwhile_is_not_overwritten() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 40, 2, 500));
    world.account.write("/Back/folder 0/file 0", b"was seen");
    world.account.write("/Back/folder 0/file 2", b"was seen as well");
    world.simulator.configure(|options| options.limits.latency = Duration::from_millis(100));
    let (report, rows) = thread::scope(|scope| {
        scope.spawn(|| {
            while world.simulator.calls("files/upload_session/start_batch") == 0 {
                thread::sleep(Duration::from_millis(1));
            }
            world.account.write("/Back/folder 0/file 0", b"changed");
            world.account.write("/Back/folder 1/file 1", b"came meanwhile");
            world.account.write("/Back/folder 1/file 3", &bytes(500, 3));
            world.account.delete("/Back/folder 0/file 2");
        });
        world.try_restore(&snapshot, "/Back", &overwrite())
    });
    world.has_kept_the_rules();
    let report = report.unwrap();
    let mut missing: Vec<_> = rows.missing().iter().map(|skip| (skip.path.to_string(), skip.reason.clone())).collect();
    missing.sort();
    let conflict = |path: &str| (format!("/memory/place/{path}"), "conflict".to_owned());
    assert_eq!(missing, [conflict("folder 0/file 0"), conflict("folder 0/file 2"), conflict("folder 1/file 1")]);
    assert_eq!((report.files, report.missing), (37, 3), "the same content that came meanwhile is no conflict");
    assert_eq!(world.account.read("/Back/folder 0/file 0").unwrap(), b"changed");
    assert_eq!(world.account.read("/Back/folder 1/file 1").unwrap(), b"came meanwhile");
    assert_eq!(world.account.read("/Back/folder 0/file 2"), None);
}

#[test]
fn a_file_gives_way_to_a_folder_and_a_folder_to_a_file() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 10, 2, 500));
    world.account.write("/Back/folder 0", b"a file");
    world.account.write("/Back/folder 1/file 1/deep", b"a folder");
    let (report, rows) = world.restore_with(&snapshot, "/Back", &overwrite());
    assert_eq!((report.files, report.missing), (10, 0), "{:?}", rows.all());
    assert_eq!(world.account.read("/Back/folder 1/file 1"), Some(bytes(500, 1)));
}

#[test]
fn a_place_that_is_a_file_is_named() {
    let world = World::new();
    world.account.write("/file", b"x");
    let snapshot = world.snapshot_of(&small_files(&world, 3, 2, 500));
    for place in ["/file", "/file/below"] {
        let problem = world.try_restore(&snapshot, place, &overwrite()).0.unwrap_err();
        assert_eq!(problem.kind(), ProblemKind::Conflict, "{problem}");
        assert!(problem.message().contains(place) && problem.message().contains("file"), "{problem}");
    }
    assert_eq!(world.account.paths(), ["/file"]);
}

#[test]
fn the_namespace_of_another_account_is_refused() {
    let world = World::new();
    let other = world.simulator.add_account("Bob", "bob@example.com");
    let mut world = world;
    world.options.namespace = Some(other.home_namespace().to_string());
    let snapshot = world.snapshot_of(&small_files(&world, 3, 2, 500));
    let problem = world.try_restore(&snapshot, "/Back", &overwrite()).0.unwrap_err();
    assert!(problem.message().contains("path root") && problem.hint_text().is_some(), "{problem}");
    assert_eq!(world.writes(), 0);
}

#[test]
fn a_sign_in_that_may_not_write_stops_before_anything_is_sent() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 300, 2, 500));
    world.simulator.add_fault(Fault {
        route: "files/upload_session/*".into(),
        when: When::Always,
        kind: FaultKind::MissingScope,
    });
    let problem = world.try_restore(&snapshot, "/Back", &overwrite()).0.unwrap_err();
    assert_eq!(problem.kind(), ProblemKind::Credentials);
    assert!(problem.message().contains("files.content.write"), "{problem}");
    assert_eq!(world.writes(), 1, "one refusal is enough");
}
