//! What is removed, and what never is.

use std::{thread, time::Duration};

use dropbox_simulator::{Access, FaultKind, When};
use larder_engine::RestoreOptions;
use larder_model::ProblemKind;

use super::kit::{World, bytes, dry_run, overwrite, small_files};

fn deleting() -> RestoreOptions {
    RestoreOptions { delete: true, ..overwrite() }
}

#[test]
fn what_the_snapshot_does_not_have_is_removed_in_batches() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 30, 3, 500));
    world.restore(&snapshot, "/Back");
    (0..1_200).for_each(|number| world.account.write(&format!("/Back/folder 1/surplus {number}"), b"x"));
    world.account.write("/Back/other/deep/file", b"x");
    world.account.write("/Outside/file", b"stays");
    let (report, _) = world.restore_with(&snapshot, "/Back", &deleting());
    assert_eq!((report.deleted, report.files, report.unchanged), (1_201, 0, 30));
    assert_eq!(world.simulator.calls("files/delete_batch"), 2);
    let deletions = world.simulator.log();
    let entries = deletions.iter().filter(|call| call.route == "files/delete_batch").flat_map(|call| {
        call.arg["entries"].as_array().unwrap().iter().filter(|entry| entry.get("parent_rev").is_some())
    });
    assert_eq!(entries.count(), 1_200, "each file is named with its revision");
    assert_eq!(world.account.paths().len(), 30 + 4 + 2);
}

#[test]
fn mounts_and_what_is_above_them_stay() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 6, 2, 500));
    world.restore(&snapshot, "/Back");
    let bob = world.simulator.add_account("Bob", "bob@example.com");
    bob.write("/Shared/file", b"of all");
    bob.make_folder("/Shared/inside");
    let namespace = bob.share("/Shared");
    world.account.mount(namespace, "/Back/above/mounted", Access::Editor);
    world.account.write("/Back/above/file", b"x");
    world.account.write("/Back/surplus", b"x");
    for _ in 0..2 {
        let (report, rows) = world.restore_with(&snapshot, "/Back", &deleting());
        assert_eq!(report.missing, 0);
        assert!(rows.reasons().contains(&"kept".to_owned()), "{:?}", rows.all());
    }
    assert_eq!(world.account.read("/Back/above/mounted/file").unwrap(), b"of all");
    assert_eq!(world.account.read("/Back/surplus"), None);
    assert_eq!(bob.read("/Shared/file").unwrap(), b"of all");
}

#[test]
fn a_store_is_never_removed_nor_restored_into() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 6, 2, 500));
    for object in ["config/config-00000001-0", "keys/slot-00000001-0", "packs/abc"] {
        world.account.write(&format!("/Backups/Larder/{object}"), b"x");
    }
    world.account.write("/surplus", b"x");
    let (report, rows) = world.restore_with(&snapshot, "", &deleting());
    assert_eq!(report.deleted, 1);
    assert!(rows.all().iter().any(|skip| skip.message.contains("Larder store")), "{:?}", rows.all());
    assert!(world.account.id_of("/Backups/Larder/packs/abc").is_some());
    let problem = world.try_restore(&snapshot, "/Backups/Larder", &deleting()).0.unwrap_err();
    assert!(problem.message().contains("Larder store"), "{problem}");
}

#[test]
fn what_changes_before_it_is_removed_stays() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 20, 2, 500));
    world.account.write("/Back/surplus", b"seen");
    world.account.write("/Back/other surplus", b"seen");
    world.simulator.configure(|options| options.limits.latency = Duration::from_millis(80));
    let (report, rows) = thread::scope(|scope| {
        scope.spawn(|| {
            while world.simulator.calls("files/upload_session/start_batch") == 0 {
                thread::sleep(Duration::from_millis(1));
            }
            world.account.write("/Back/surplus", b"changed");
        });
        world.try_restore(&snapshot, "/Back", &deleting())
    });
    assert_eq!(report.unwrap().deleted, 1);
    assert_eq!(rows.missing().iter().map(|skip| skip.reason.as_str()).collect::<Vec<_>>(), ["conflict"]);
    assert_eq!(world.account.read("/Back/surplus").unwrap(), b"changed");
}

#[test]
fn a_lost_answer_to_a_deletion_is_looked_after() {
    for kind in [FaultKind::LostAnswer, FaultKind::Done503, FaultKind::NoAnswer] {
        let world = World::new();
        let snapshot = world.snapshot_of(&small_files(&world, 6, 2, 500));
        (0..30).for_each(|number| world.account.write(&format!("/Back/{number}"), b"x"));
        world.fault("files/delete_batch", When::First(1), kind);
        let (report, rows) = world.try_restore(&snapshot, "/Back", &deleting());
        let report = report.unwrap();
        assert_eq!((report.deleted, report.missing), (30, 0), "{kind:?}: {:?}", rows.all());
        assert_eq!(world.account.paths().len(), 9);
    }
}

#[test]
fn a_folder_that_is_too_large_for_one_deletion_goes_all_the_same() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 2, 1, 500));
    (0..10_500).for_each(|number| world.account.write(&format!("/Back/large/{}/{number}", number % 3), b"x"));
    let (report, _) = world.restore_with(&snapshot, "/Back", &deleting());
    assert_eq!((report.deleted, report.missing), (1, 0));
    assert_eq!(world.account.paths().len(), 4);
}

#[test]
fn includes_bound_what_is_removed() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 10, 2, 500));
    world.account.write("/Back/surplus.txt", &bytes(5, 1));
    world.account.write("/Back/surplus.jpg", &bytes(5, 1));
    let wanted: Box<larder_engine::Choose> = Box::new(|path, is_folder| {
        if is_folder || path.to_string().ends_with(".txt") {
            larder_engine::Wanted::Take
        } else {
            larder_engine::Wanted::Leave
        }
    });
    let how = RestoreOptions { wanted: Some(wanted), ..deleting() };
    let (report, _) = world.restore_with(&snapshot, "/Back", &how);
    assert_eq!((report.deleted, report.files), (1, 0));
    assert!(world.account.id_of("/Back/surplus.jpg").is_some());
}

#[test]
fn a_place_that_is_full_is_no_reason_to_remove_anything() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 20, 2, 50_000));
    world.account.write("/Back/surplus", &bytes(10_000, 1));
    world.account.set_quota(200_000);
    let problem = world.try_restore(&snapshot, "/Back", &deleting()).0.unwrap_err();
    assert_eq!(problem.kind(), ProblemKind::NoSpace, "{problem}");
    assert!(world.account.id_of("/Back/surplus").is_some());
}

/// A snapshot that has names which a store has as well.
#[test]
fn a_store_under_a_name_of_the_snapshot_is_not_touched() {
    let world = World::new();
    let mut tree = world.tree();
    for path in ["larder/mine", "larder/packs", "Backups/Larder/deep/mine", "outside"] {
        tree.write(path, bytes(300, 1));
    }
    let snapshot = world.snapshot_of(&tree.shared());
    let store = |at: &str| {
        for object in ["config/config-00000001-0", "keys/slot-00000001-0", "packs/ab/abc", "index/def"] {
            world.account.write(&format!("{at}/{object}"), b"x");
        }
    };
    store("/Larder");
    store("/Backups/Larder");
    let (told, _) = world.restore_with(&snapshot, "", &dry_run(deleting()));
    let (report, rows) = world.restore_with(&snapshot, "", &deleting());
    assert_eq!(format!("{told:?}"), format!("{report:?}"));
    assert_eq!((report.files, report.deleted, report.missing), (1, 0, 2), "{:?}", rows.all());
    assert!(rows.missing().iter().all(|skip| skip.message.contains("Larder store")), "{:?}", rows.all());
    assert_eq!(world.account.paths().iter().filter(|path| path.contains("arder/")).count(), 2 * 10);
}

#[test]
fn a_place_in_a_store_is_refused() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 6, 2, 500));
    for object in ["config/config-00000001-0", "keys/slot-00000001-0", "packs/ab/abc"] {
        world.account.write(&format!("/Larder/{object}"), b"x");
    }
    for place in ["/Larder/packs", "/larder/PACKS/ab", "/Larder/index"] {
        let problem = world.try_restore(&snapshot, place, &deleting()).0.unwrap_err();
        assert!(problem.message().contains("Larder store"), "{problem}");
        assert_eq!(world.writes(), 0);
    }
    world.account.write("/Plain/packs/surplus", b"x");
    let (report, _) = world.restore_with(&snapshot, "/Plain/packs", &deleting());
    assert_eq!((report.files, report.deleted), (6, 1), "a name alone makes no store");
}

/// A snapshot holds an export of an online document at best, so nothing could bring the document back.
#[test]
fn online_documents_stay() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 6, 2, 500));
    world.restore(&snapshot, "/Back");
    for path in ["/Back/Plan.paper", "/Back/surplus/Plan.paper"] {
        world.account.add_paper(path, "# Plan", 0);
    }
    world.account.write("/Back/gone", b"x");
    let (report, rows) = world.restore_with(&snapshot, "/Back", &deleting());
    assert_eq!((report.deleted, report.missing), (1, 0));
    assert_eq!(rows.reasons().iter().filter(|reason| *reason == "kept").count(), 2, "{:?}", rows.all());
    assert!(world.account.id_of("/Back/Plan.paper").is_some());
    assert!(world.account.id_of("/Back/surplus/Plan.paper").is_some());
}

#[test]
fn what_is_in_a_mount_stays() {
    let world = World::new();
    let mut tree = world.tree();
    tree.write("mounted/wanted", bytes(20, 1));
    let snapshot = world.snapshot_of(&tree.shared());
    let bob = world.simulator.add_account("Bob", "bob@example.com");
    bob.write("/Shared/surplus", b"of all");
    let namespace = bob.share("/Shared");
    world.account.mount(namespace, "/Back/mounted", Access::Editor);
    let (report, rows) = world.restore_with(&snapshot, "/Back", &deleting());
    assert_eq!((report.files, report.deleted, report.missing), (1, 0, 0), "{:?}", rows.all());
    assert!(rows.reasons().contains(&"kept".to_owned()), "{:?}", rows.all());
    assert_eq!(bob.read("/Shared/surplus").unwrap(), b"of all");
    let mounted = world.snapshot_of(&small_files(&world, 2, 1, 20));
    let (report, _) = world.restore_with(&mounted, "/Back/mounted", &deleting());
    assert_eq!(report.deleted, 2, "a place that was named is no accident");
}

#[test]
fn many_surplus_folders_are_looked_into_at_once() {
    let world = World::new();
    let mut tree = world.tree();
    tree.write("file", bytes(20, 1));
    let snapshot = world.snapshot_of(&tree.shared());
    (0..40).for_each(|number| world.account.write(&format!("/Back/{number}/deep/x"), b"x"));
    let (report, _) = world.restore_with(&snapshot, "/Back", &deleting());
    assert_eq!((report.files, report.deleted), (1, 40));
    let listings = world.simulator.calls("files/list_folder");
    assert!(listings <= 6, "{listings} listings");
}

/// Of a folder Dropbox takes no revision: what is in it by then goes with it.
#[test]
fn a_folder_in_which_something_changed_stays() {
    type Change = fn(&World);
    let changes: [(&str, Change); 3] = [
        ("changed", |world| world.account.write("/Back/surplus/deep/child", b"changed")),
        ("new", |world| world.account.write("/Back/surplus/deep/new", b"new")),
        ("folder", |world| world.account.make_folder("/Back/surplus/new")),
    ];
    for (what, change) in changes {
        for is_reset in [false, true] {
            let world = World::new();
            let snapshot = world.snapshot_of(&small_files(&world, 20, 2, 500));
            world.account.write("/Back/surplus/deep/child", b"seen");
            world.account.write("/Back/surplus/other", b"seen");
            world.account.write("/Back/plain/file", b"seen");
            world.simulator.configure(|options| options.limits.latency = Duration::from_millis(80));
            let (report, rows) = thread::scope(|scope| {
                scope.spawn(|| {
                    while world.simulator.calls("files/upload_session/start_batch") == 0 {
                        thread::sleep(Duration::from_millis(1));
                    }
                    change(&world);
                    if is_reset {
                        world.simulator.reset_cursors();
                    }
                });
                world.try_restore(&snapshot, "/Back", &deleting())
            });
            assert_eq!(report.unwrap().deleted, 1, "{what}");
            let missing: Vec<_> =
                rows.missing().iter().map(|skip| (skip.path.to_string(), skip.reason.clone())).collect();
            assert_eq!(missing.len(), 1, "{what}: {missing:?}");
            assert!(missing[0].0.ends_with("/surplus") && missing[0].1 == "conflict", "{what}: {missing:?}");
            assert!(world.account.id_of("/Back/surplus/deep/child").is_some(), "{what}");
            assert!(world.account.id_of("/Back/plain").is_none(), "{what}");
        }
    }
}

/// A folder that goes piece by piece: what was changed meanwhile stays, and is listed.
#[test]
fn what_changed_in_a_folder_that_is_too_large_for_one_deletion_is_listed() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 2, 1, 500));
    (0..10_500).for_each(|number| world.account.write(&format!("/Back/large/{number}"), b"x"));
    let (report, rows) = thread::scope(|scope| {
        scope.spawn(|| {
            // After it was asked what has changed, and before the folder is looked into.
            while world.simulator.calls("files/delete_batch") == 0 {
                thread::yield_now();
            }
            world.account.write("/Back/large/7", b"changed");
        });
        world.simulator.configure(|options| options.limits.latency = Duration::from_millis(80));
        world.try_restore(&snapshot, "/Back", &deleting())
    });
    let report = report.unwrap();
    assert_eq!((report.files, report.deleted, report.missing), (2, 0, 2), "{:?}", rows.missing());
    assert_eq!(world.account.read("/Back/large/7").unwrap(), b"changed");
    assert!(rows.missing().iter().any(|skip| skip.path.to_string() == "/Back/large/7"), "{:?}", rows.missing());
    assert_eq!(world.account.paths().len(), 2 + 3 + 1);
}

/// Dropbox calls a job failed, whatever it has done of it.
#[test]
fn a_job_that_fails_is_done_again() {
    for failing in [1, 3] {
        let world = World::new();
        let snapshot = world.snapshot_of(&small_files(&world, 6, 2, 500));
        (0..300).for_each(|number| world.account.write(&format!("/Back/{number}"), b"x"));
        world.simulator.configure(|options| options.jobs.failing = failing);
        let (report, rows) = world.try_restore(&snapshot, "/Back", &deleting());
        let report = report.unwrap();
        assert_eq!((report.deleted, report.missing), (300, 0), "{:?}", rows.all());
        assert_eq!(world.account.paths().len(), 9);
    }
}

#[test]
fn a_foreign_folder_in_a_store_is_no_place() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 6, 2, 500));
    for object in ["config/config-00000001-0", "keys/slot-00000001-0", "packs/ab/abc"] {
        world.account.write(&format!("/Backups/Larder/{object}"), b"x");
    }
    for place in ["/Backups/Larder/mine", "/backups/larder/mine/deeper"] {
        let problem = world.try_restore(&snapshot, place, &deleting()).0.unwrap_err();
        assert!(problem.message().contains("Larder store"), "{problem}");
        assert_eq!(world.writes(), 0);
    }
    world.restore(&snapshot, "/Backups/Other");
}
