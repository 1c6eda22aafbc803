//! A commit that hangs: ten minutes, by a clock that runs faster than ours, then one look, and then only what is missing.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use dropbox_client::{Access, Client, Clock, Endpoint, Secret, Settings};
use dropbox_simulator::{FaultKind, Simulator, When};
use larder_dropbox::{Account, DropboxTarget};
use larder_engine::{RestoreReport, restore};

use super::kit::{Rows, World, overwrite, small_files};

const FINISH: &str = "files/upload_session/finish_batch_v2";

/// A second takes a millisecond.
struct FastClock(Instant);

impl Clock for FastClock {
    fn now(&self) -> Duration {
        self.0.elapsed() * 1000
    }

    fn time_of_day(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration / 1000);
    }

    fn random(&self) -> f64 {
        0.5
    }
}

fn client(simulator: &Simulator, token: String) -> Client {
    let (access, endpoint) = (Access::Token(Secret::new(token)), Endpoint::at(&simulator.endpoint()).unwrap());
    let clock = Arc::new(FastClock(Instant::now()));
    Client::new(Settings { endpoint, clock, pace: Some(100.0), ..Settings::new(access) }).unwrap()
}

fn back_up_and_restore(world: &World, files: usize) -> (RestoreReport, Rows) {
    let snapshot = world.snapshot_of(&small_files(world, files, 7, 300));
    let client = client(&world.simulator, world.account.token());
    let known = Account::ask(&client).unwrap();
    let options = larder_dropbox::TargetOptions { path: "/Back".into(), ..world.options.clone() };
    let target = DropboxTarget::new(&client, known, options).unwrap();
    world.simulator.reset_journal();
    let rows = Rows::default();
    let report = restore(&world.store(), &snapshot, None, &target, &overwrite(), &rows);
    (report.unwrap(), rows)
}

/// How many files each commit was about.
fn commits(world: &World) -> Vec<usize> {
    let log = world.simulator.log();
    let finishes = log.iter().filter(|call| call.route == FINISH);
    finishes.map(|call| call.arg["entries"].as_array().map_or(0, Vec::len)).collect()
}

#[test]
fn a_commit_that_hangs_and_was_not_made_is_made_in_smaller_ones() {
    let world = World::new();
    // Two in a row: the size falls from 1000 to 200, and then to 50.
    world.fault(FINISH, When::First(2), FaultKind::Hang);
    let began = Instant::now();
    let (report, rows) = back_up_and_restore(&world, 1_300);
    assert_eq!((report.files, report.missing), (1_300, 0), "{:?}", rows.all());
    assert_eq!(world.account.paths().len(), 1_300 + 7 + 1, "nothing is there twice");
    // What the hanging calls carried the simulator has not read as an argument.
    let sizes: Vec<_> = commits(&world).into_iter().skip(2).collect();
    assert!(sizes.iter().all(|size| *size <= 50), "{sizes:?}");
    assert_eq!(sizes.iter().sum::<usize>(), 1_300, "{sizes:?}");
    assert!(began.elapsed() > Duration::from_millis(1_200), "ten minutes each");
}

#[test]
fn a_commit_that_hangs_and_was_made_is_looked_for_and_not_made_again() {
    let world = World::new();
    world.fault(FINISH, When::First(1), FaultKind::DoneHang);
    let (report, rows) = back_up_and_restore(&world, 1_300);
    assert_eq!((report.files, report.missing), (1_300, 0), "{:?}", rows.all());
    assert_eq!(world.account.paths().len(), 1_300 + 7 + 1);
    let sizes = commits(&world);
    assert_eq!((sizes[0], sizes.iter().sum::<usize>()), (1_000, 1_300), "{sizes:?}");
    assert!(sizes[1..].iter().all(|size| *size <= 200), "{sizes:?}");
    // One to compare, and one after the call that hung.
    let listings = world.simulator.calls("files/list_folder");
    assert!(listings <= 2, "{listings} listings");
    assert_eq!(world.simulator.calls("files/get_metadata"), 0);
}

/// Two minutes are enough, twice; then each file has a session of its own.
#[test]
fn appends_that_hang_are_done_without() {
    let world = World::new();
    world.fault("files/upload_session/append_batch", When::Always, FaultKind::Hang);
    let began = Instant::now();
    let (report, rows) = back_up_and_restore(&world, 40);
    assert_eq!((report.files, report.missing), (40, 0), "{:?}", rows.all());
    let batches = world.simulator.calls("files/upload_session/append_batch");
    assert!(batches <= 3, "{batches} batches of two minutes each");
    assert!(began.elapsed() >= Duration::from_millis(240));
    assert_eq!(world.simulator.calls("files/upload_session/start"), 40);
}
