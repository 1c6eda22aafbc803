//! What goes wrong on the way: nothing is there twice, nothing is missing, and nobody is told otherwise.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use dropbox_simulator::{FaultKind, Options, When};
use larder_model::ProblemKind;

use super::kit::{World, bytes, overwrite, small_files};

/// Restores a tree with faults on, and looks whether all of it is there, once.
#[track_caller]
fn all_comes(world: &World, context: &str) {
    let mut tree = small_files(world, 300, 9, 700).keep();
    tree.write("large", bytes(9 << 20, 7));
    tree.add("empty/folder", larder_model::Kind::Directory);
    let snapshot = world.snapshot_of(&tree.shared());
    world.account.write("/Back/folder 1/file 1", b"is replaced");
    world.account.write("/Back/folder 1/file 10", &bytes(700, 10));
    let (report, rows) = world.try_restore(&snapshot, "/Back", &overwrite());
    let report = report.unwrap_or_else(|problem| panic!("{context}: {problem:?}"));
    assert_eq!((report.files, report.unchanged, report.missing), (300, 1, 0), "{context}: {:?}", rows.missing());
    let expected = world.content_of(&snapshot);
    let there: std::collections::BTreeMap<_, _> = world
        .content()
        .into_iter()
        .filter_map(|(path, body)| Some((path.strip_prefix("/Back")?.to_owned(), body)))
        .filter(|(path, _)| path != "/")
        .collect();
    assert!(there == expected, "{context}: {} of {}", there.len(), expected.len());
    let violations = world.simulator.violations();
    assert!(violations.is_empty(), "{context}: {violations:?}");
    world.simulator.clear_faults();
    let (again, _) = world.try_restore(&snapshot, "/Back", &Default::default());
    assert_eq!((again.unwrap().unchanged, world.writes()), (301, 0), "{context}");
}

#[test]
fn lost_answers_to_commits() {
    for kind in [FaultKind::LostAnswer, FaultKind::Done503, FaultKind::NoAnswer, FaultKind::Html503] {
        for when in [When::First(1), When::First(3), When::Every(2)] {
            let world = World::new();
            world.fault("files/upload_session/finish_batch_v2", when, kind);
            all_comes(&world, &format!("{kind:?} {when:?}"));
        }
    }
}

#[test]
fn lost_answers_to_folders() {
    for kind in [FaultKind::LostAnswer, FaultKind::Grpc500] {
        let world = World::new();
        world.fault("files/create_folder_batch", When::First(2), kind);
        all_comes(&world, &format!("{kind:?}"));
    }
}

#[test]
fn all_forms_of_being_told_to_slow_down() {
    for kind in [FaultKind::Plain429, FaultKind::Json429, FaultKind::Contention] {
        let world = World::new();
        world.fault("files/*", When::Every(6), kind);
        all_comes(&world, &format!("{kind:?}"));
    }
}

/// Says so when it is dropped, also by a test that failed.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// Another program commits all the time, so that some of ours are refused entry by entry.
#[test]
fn entries_that_are_refused_for_contention_are_committed_again() {
    let world = World::new();
    world.simulator.configure(|options| options.limits.write_hold = Duration::from_millis(300));
    let (world, is_done) = (&world, &AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let client = world.client();
            while !is_done.load(Relaxed) {
                std::thread::sleep(Duration::from_millis(300));
                for number in 0..2 {
                    let commit = dropbox_client::CommitInfo::overwrite(format!("/Elsewhere/{number}"));
                    let _ = client.upload(&commit, &dropbox_client::Content::from(&b"x"[..]));
                }
            }
        });
        let _done = Done(is_done);
        all_comes(world, "contention");
    });
}

#[test]
fn seeds_of_everything() {
    let first: u64 = std::env::var("LARDER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    for seed in first..first + 4 {
        println!("seed {seed}");
        let world = World::with(Options { seed, ..Options::default() });
        for (share, kind) in [
            (0.03, FaultKind::LostAnswer),
            (0.03, FaultKind::Html503),
            (0.02, FaultKind::Done503),
            (0.02, FaultKind::NoAnswer),
            (0.01, FaultKind::Contention),
        ] {
            world.fault("files/*", When::Chance(share), kind);
        }
        world.simulator.configure(|options| {
            options.listing.short_pages = 0.3;
            options.listing.empty_pages = 0.2;
            options.listing.repeated = 0.1;
        });
        all_comes(&world, &format!("seed {seed}"));
    }
}

#[test]
fn without_append_batch_each_file_has_a_session_and_commits_stay_batches() {
    let world = World::new();
    // Not even one entry is taken.
    world.simulator.configure(|options| options.limits.append_batch = 0);
    let snapshot = world.snapshot_of(&small_files(&world, 60, 3, 500));
    let (report, _) = world.try_restore(&snapshot, "/Back", &overwrite());
    assert_eq!(report.unwrap().files, 60);
    assert_eq!(world.simulator.calls("files/upload_session/start"), 60);
    assert!(world.simulator.calls("files/upload_session/append_batch") <= 12, "{}", world.simulator.summary());
    assert!(world.simulator.calls("files/upload_session/finish_batch_v2") <= 2);
}

/// The call hangs, fails or loses its answer each time, and all others work.
#[test]
fn where_batches_never_get_done_each_file_has_a_session() {
    for kind in [FaultKind::Html503, FaultKind::LostAnswer, FaultKind::NoAnswer] {
        let mut world = World::new();
        world.retries = 0;
        let snapshot = world.snapshot_of(&small_files(&world, 120, 3, 500));
        world.fault("files/upload_session/append_batch", When::Always, kind);
        let (report, rows) = world.try_restore(&snapshot, "/Back", &overwrite());
        assert_eq!(report.unwrap().files, 120, "{kind:?}: {:?}", rows.all());
        let batches = world.simulator.calls("files/upload_session/append_batch");
        assert!(batches <= 4, "{kind:?}: {batches} batches, each of which may hang for minutes");
        assert_eq!(world.simulator.calls("files/upload_session/start"), 120);
    }
}

#[test]
fn a_slow_batch_is_waited_for() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 20, 3, 500));
    world.fault("files/upload_session/append_batch", When::First(1), FaultKind::Slow);
    let (report, _) = world.try_restore(&snapshot, "/Back", &overwrite());
    assert_eq!((report.unwrap().files, world.simulator.calls("files/upload_session/start")), (20, 0));
}

/// Proxies, and a Dropbox that has taken a call back, in all their words.
#[test]
fn calls_that_are_refused_as_a_whole_are_done_without() {
    for status in [400, 404, 405, 413, 414, 431, 501] {
        for route in ["files/upload_session/append_batch", "files/upload_session/start_batch"] {
            let world = World::new();
            let snapshot = world.snapshot_of(&small_files(&world, 40, 3, 500));
            world.fault(route, When::Always, FaultKind::Status(status));
            let (report, rows) = world.try_restore(&snapshot, "/Back", &overwrite());
            assert_eq!(report.unwrap().files, 40, "{route} {status}: {:?}", rows.all());
            assert_eq!(world.simulator.calls("files/upload_session/start"), 40, "{route} {status}");
        }
    }
}

#[test]
fn a_monthly_limit_stops_at_once() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 3_000, 3, 500));
    world.fault("files/upload_session/append_batch", When::Always, FaultKind::Forbidden);
    let problem = world.try_restore(&snapshot, "/Back", &overwrite()).0.unwrap_err();
    assert_eq!(problem.kind(), ProblemKind::Budget, "{problem}");
    assert!(world.simulator.calls("files/upload_session/append_batch") <= 6);
}

#[test]
fn a_server_that_is_gone_ends_the_restore() {
    let mut world = World::new();
    world.retries = 0;
    let snapshot = world.snapshot_of(&small_files(&world, 200, 3, 500));
    world.fault("files/upload_session/*", When::Always, FaultKind::NoAnswer);
    let problem = world.try_restore(&snapshot, "/Back", &overwrite()).0.unwrap_err();
    assert_eq!(problem.kind(), ProblemKind::Unreachable, "{problem}");
}

/// Dropbox forgets them at times; the content is still at hand.
#[test]
fn small_files_whose_sessions_are_gone_are_sent_anew() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 120, 3, 500));
    world.simulator.configure(|options| options.limits.latency = Duration::from_millis(60));
    let (report, rows) = std::thread::scope(|scope| {
        scope.spawn(|| {
            while world.simulator.calls("files/upload_session/finish_batch_v2") == 0 {
                std::thread::yield_now();
            }
            world.simulator.forget_sessions();
        });
        world.try_restore(&snapshot, "/Back", &overwrite())
    });
    let report = report.unwrap();
    assert_eq!((report.files, report.missing), (120, 0), "{:?}", rows.all());
    assert!(world.simulator.calls("files/upload_session/finish_batch_v2") >= 2, "the sessions were gone");
    assert_eq!(world.account.paths().len(), 124);
}

/// Whatever Dropbox says that it has: it has to be what was sent.
#[test]
fn another_hash_in_the_answer_to_a_commit_is_damage() {
    let world = World::new();
    let snapshot = world.snapshot_of(&small_files(&world, 20, 3, 500));
    world.fault("files/upload_session/finish_batch_v2", When::First(1), FaultKind::OtherHash);
    let (report, rows) = world.try_restore(&snapshot, "/Back", &overwrite());
    assert_eq!(report.unwrap().missing, 20);
    assert!(rows.missing().iter().all(|skip| skip.reason == "damaged"), "{:?}", rows.missing());
}
