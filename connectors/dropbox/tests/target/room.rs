//! Full accounts.

use dropbox_simulator::{FaultKind, When};
use larder_model::ProblemKind;

use super::kit::{World, bytes, overwrite, small_files};

#[test]
fn what_surely_does_not_fit_is_not_begun() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 100, 3, 10_000));
    world.account.set_quota(900_000);
    let problem = world.try_restore(&snapshot, "/Back", &Default::default()).0.unwrap_err();
    assert_eq!(problem.kind(), ProblemKind::NoSpace, "{problem}");
    assert_eq!((world.writes(), world.account.paths().len()), (0, 0));
    world.account.set_quota(1_000_000);
    world.restore(&snapshot, "/Back");
    // What replaces something of its own size fits, and so does what is there already.
    for number in 0..100 {
        world.account.write(&format!("/Back/folder {}/file {number}", number % 3), &bytes(9_999, number));
    }
    let (report, _) = world.restore_with(&snapshot, "/Back", &overwrite());
    assert_eq!((report.files, report.missing), (100, 0));
    world.restore(&snapshot, "/Back");
}

/// Somebody else fills the account meanwhile, or Dropbox counts differently.
#[test]
fn an_account_that_is_full_stops_at_once() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 3_000, 3, 1_000));
    world.account.set_quota(1_200_000);
    // The question is not answered: then it is tried.
    world.fault("users/get_space_usage", When::Always, FaultKind::Html503);
    world.account.set_quota(1_200_000);
    let mut world = world;
    world.retries = 0;
    let problem = world.try_restore(&snapshot, "/Back", &Default::default()).0.unwrap_err();
    assert_eq!(problem.kind(), ProblemKind::NoSpace, "{problem}");
    assert!(world.simulator.calls("files/upload_session/finish_batch_v2") <= 2);
    world.has_kept_the_rules();
}

/// Surplus is removed last, so it makes no room for what comes before.
#[test]
fn what_is_removed_afterwards_is_no_room() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 20, 2, 10_000));
    world.account.write("/Back/surplus/file", &bytes(150_000, 1));
    world.account.set_quota(300_000);
    let how = larder_engine::RestoreOptions { delete: true, ..overwrite() };
    let problem = world.try_restore(&snapshot, "/Back", &how).0.unwrap_err();
    assert_eq!((problem.kind(), world.writes()), (ProblemKind::NoSpace, 0), "{problem}");
}
