//! Accounts whose root moves: users who join a team.

use std::{thread, time::Duration};

use larder_engine::RestoreOptions;

use super::kit::{World, overwrite, small_files};

/// What was compared is where it was, and the rest goes there too.
#[test]
fn a_user_who_joins_a_team_in_the_middle_is_restored_to_where_it_began() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 300, 3, 500));
    world.account.write("/Back/surplus", b"x");
    world.account.write("/Back/folder 1/file 1", b"is replaced");
    let how = RestoreOptions { delete: true, ..overwrite() };
    world.simulator.configure(|options| options.limits.latency = Duration::from_millis(80));
    let (report, rows) = thread::scope(|scope| {
        scope.spawn(|| {
            while world.simulator.calls("files/upload_session/start_batch") == 0 {
                thread::sleep(Duration::from_millis(1));
            }
            world.account.join_team_space(None);
        });
        world.try_restore(&snapshot, "/Back", &how)
    });
    let report = report.unwrap();
    assert_eq!((report.files, report.deleted, report.missing), (300, 1, 0), "{:?}", rows.all());
    assert_eq!(world.account.paths().len(), 304);
}

/// What is known of the account is old: the first call tells, whatever it asks.
#[test]
fn a_root_that_is_known_no_more_is_asked_for_again() {
    for place in ["/Ann Example", "/Ann Example/Back", "/Ann Example/Back/deep"] {
        let world = World::new();
        let snapshot = world.snapshot_of(&small_files(&world, 30, 3, 500));
        world.account.join_team_space(None);
        let (report, rows) = world.restore_with(&snapshot, place, &overwrite());
        assert_eq!((report.files, report.missing), (30, 0), "{place}: {:?}", rows.all());
    }
}

/// Above it lies everything that the team shares.
#[test]
fn the_accounts_own_folder_stays_when_a_teams_space_is_restored() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 6, 2, 500));
    world.account.write("/own", b"x");
    world.account.join_team_space(None);
    let how = RestoreOptions { delete: true, ..overwrite() };
    let (report, rows) = world.try_restore(&snapshot, "", &how);
    // In a team's space itself members may not put anything.
    println!("{report:?} {:?}", rows.all());
    assert_eq!(world.account.read("/own").unwrap(), b"x");
    assert!(rows.all().iter().any(|skip| skip.reason == "kept"), "{:?}", rows.all());
}
