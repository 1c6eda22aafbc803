//! Listings that lag behind writes: they show what is there, and prove nothing about what they do not show.

use std::time::Duration;

use dropbox_simulator::{FaultKind, When};
use larder_engine::RestoreOptions;

use super::kit::{World, overwrite, small_files};

fn lagging() -> World {
    let world = World::new();
    world.simulator.configure(|options| options.listing.lag = Duration::from_secs(3600));
    world
}

#[test]
fn a_commit_whose_answer_is_lost_is_found_all_the_same() {
    for kind in [FaultKind::LostAnswer, FaultKind::Done503] {
        let world = lagging();
        let snapshot = world.snapshot_of(&small_files(&world, 60, 3, 500));
        world.fault("files/upload_session/finish_batch_v2", When::First(1), kind);
        let (report, rows) = world.try_restore(&snapshot, "/Back", &overwrite());
        let report = report.unwrap();
        assert_eq!((report.files, report.missing), (60, 0), "{kind:?}: {:?}", rows.all());
        assert_eq!(world.account.paths().len(), 64, "nothing is there twice");
    }
}

#[test]
fn a_second_run_misses_nothing() {
    let world = lagging();
    let snapshot = world.snapshot_of(&small_files(&world, 60, 3, 500));
    world.restore(&snapshot, "/Back");
    let before = world.content();
    let (report, rows) = world.try_restore(&snapshot, "/Back", &overwrite());
    assert_eq!(report.unwrap().missing, 0, "{:?}", rows.all());
    assert_eq!(world.content(), before);
}

#[test]
fn verifying_does_not_judge_by_a_listing() {
    let world = lagging();
    let snapshot = world.snapshot_of(&small_files(&world, 60, 3, 500));
    let how = RestoreOptions { verify: true, ..overwrite() };
    let (report, rows) = world.restore_with(&snapshot, "/Back", &how);
    assert_eq!((report.files, report.missing), (60, 0), "{:?}", rows.all());
    // What was replaced stands in the listing as it was.
    let other = world.snapshot_of(&small_files(&world, 60, 3, 501));
    world.simulator.configure(|options| options.listing.lag = Duration::ZERO);
    let target = world.restore_with(&other, "/Back", &how);
    assert_eq!((target.0.files, target.0.missing), (60, 0), "{:?}", target.1.all());
}

/// A run right after another: the listing does not have yet what the first one wrote, and is waited for.
#[test]
fn a_second_run_within_the_lag_sends_nothing() {
    let world = World::new().with_notes();
    world.simulator.configure(|options| options.listing.lag = Duration::from_secs(3));
    let snapshot = world.snapshot_of(&small_files(&world, 60, 3, 500));
    world.restore(&snapshot, "/Back");
    let report = world.restore(&snapshot, "/Back");
    assert_eq!((report.unchanged, world.writes()), (60, 0), "{:#}", world.simulator.summary());
    // What somebody has changed since is late no more.
    world.account.write("/Back/folder 2/file 59", b"changed");
    world.simulator.advance(Duration::from_secs(10));
    let (report, _) = world.restore_with(&snapshot, "/Back", &overwrite());
    assert_eq!((report.files, report.unchanged), (1, 59));
}
