//! Clocks that go wrong, runs that last too long, and people who stop a run.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
};

use larder_connect::CountedStorage;
use larder_engine::{
    Amount, BackupOptions, CheckLevel, GcOptions, Interrupt, Monitor, RestoreOptions, Unwatched, backup, check, gc,
    restore,
};
use larder_model::ProblemKind;
use larder_testkit::{
    Larder, Rng,
    compare::{Kept, assert_same},
    generate,
    storage::{Fault, FaultyStorage, MemoryStorage, Operation, Rule},
    tree::{MemorySource, MemoryTarget, MemoryTree, SharedTree},
};

fn files(larder: &Larder, count: usize) -> SharedTree {
    let mut tree = MemoryTree::new(&larder.clock);
    let mut rng = Rng::new(1);
    for number in 0..count {
        tree.write(format!("{:02}/{number}", number % 10), rng.bytes(60_000));
    }
    tree.shared()
}

fn assert_latest_is(larder: &Larder, tree: &SharedTree, context: &str) {
    let store = larder.open();
    let (restored, _) = larder.restored(&store, &store.find_snapshot("latest").unwrap()).unwrap();
    assert_same(&tree.keep(), &restored, Kept::Restored, context);
}

/// The newest snapshot of an origin is the one with the highest number, whatever clocks said.
#[test]
fn a_clock_that_was_turned_back_confuses_nobody() {
    let larder = Larder::new();
    let tree = generate::tree(&mut Rng::new(1), &larder.clock, 30).shared();
    let first = larder.backup(&tree).snapshot.unwrap();
    larder.clock.advance_secs(-400 * 24 * 3600);
    tree.lock().write("added", &b"in the past"[..]);
    let report = larder.backup(&tree);
    let store = larder.open();
    let second = store.snapshot(report.snapshot.unwrap()).unwrap();
    assert_eq!((second.record.sequence, second.record.parent()), (2, Some(first)));
    let third = store.snapshot(larder.backup(&tree).snapshot.unwrap()).unwrap();
    assert_eq!(third.record.parent(), Some(second.id), "the parent is the newest by number");
    gc(&store, &GcOptions::default(), &Unwatched).unwrap();
    let (restored, _) = larder.restored(&store, &third).unwrap();
    assert_same(&tree.keep(), &restored, Kept::Restored, "after the clock was turned back");
    assert!(check(&store, CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap().problems.is_empty());
}

/// gc protects a run for 30 days. One that took longer may refer to what is gone, so it must not commit.
#[test]
fn a_run_of_thirty_one_days_does_not_commit() {
    let larder = Larder::new();
    let tree = files(&larder, 10);
    for (days, commits) in [(29, true), (31, false)] {
        tree.lock().write("changed", days.to_string().into_bytes());
        let before = larder.storage.names("snapshots").len();
        let (clock, is_first) = (larder.clock.clone(), AtomicBool::new(true));
        let slow = MemorySource::new(&tree).on_open(move |_| {
            if is_first.swap(false, SeqCst) {
                clock.advance_secs(days * 24 * 3600);
            }
        });
        let ended = larder.backup_of(&slow);
        assert_eq!(ended.is_ok(), commits, "{days} days: {:?}", ended.err());
        assert_eq!(larder.storage.names("snapshots").len(), before + usize::from(commits));
        larder.backup(&tree);
        assert_latest_is(&larder, &tree, "run again");
    }
}

#[test]
fn an_interrupted_run_goes_on_where_it_was() {
    let mut larder = Larder::new();
    let tree = files(&larder, 60);
    let data = tree.lock().bytes();
    let interrupt = Interrupt::default();
    larder.interrupt = interrupt.clone();
    let opened = AtomicU32::new(0);
    let source = MemorySource::new(&tree).on_open(move |_| {
        if opened.fetch_add(1, SeqCst) == 40 {
            interrupt.set();
        }
    });
    let problem = larder.backup_of(&source).unwrap_err();
    assert!(problem.is(ProblemKind::Interrupted), "{problem}");
    assert!(larder.storage.names("snapshots").is_empty());
    assert!(larder.storage.names("runs").is_empty(), "a run that was stopped in good order leaves no start record");
    let kept = larder.storage.total_len();
    assert!(kept > data / 2, "what was read before is kept: {kept} of {data} bytes");
    larder.interrupt = Interrupt::default();
    larder.backup(&tree);
    assert_latest_is(&larder, &tree, "after the interruption");
    let stored = larder.storage.total_len();
    assert!(stored < data * 12 / 10, "nothing is stored twice: {stored} bytes for {data}");
}

/// A put whose answer is lost, and is tried again, makes no second snapshot and no error.
#[test]
fn lost_answers_change_nothing() {
    let larder = Larder::new();
    let tree = files(&larder, 5);
    for folder in ["runs", "packs", "index", "snapshots"] {
        tree.lock().write("changed", folder.as_bytes());
        larder.clock.advance_secs(10);
        let rule = Rule { operation: Operation::Put, folder, calls: 0..1, fault: Fault::AnswerLost };
        let faulty = FaultyStorage::new(larder.storage.clone(), [rule]);
        let retrying = Arc::new(CountedStorage::new(larder_connect::RetryStorage::new(faulty, 3)));
        let store = larder.open_on(retrying).unwrap();
        let before = larder.storage.names("snapshots").len();
        backup(&store, &MemorySource::new(&tree), &BackupOptions::default(), &Unwatched).unwrap();
        assert_eq!(larder.storage.names("snapshots").len(), before + 1, "{folder}");
        assert_latest_is(&larder, &tree, folder);
    }
}

#[test]
fn a_full_storage_is_named_and_what_was_stored_is_not_lost() {
    let larder = Larder::new();
    let tree = files(&larder, 60);
    larder.clock.advance_secs(10);
    let full = Arc::new(FaultyStorage::new(larder.storage.clone(), []).with_space(2_500_000));
    let store = larder.open_on(full).unwrap();
    let ended = backup(&store, &MemorySource::new(&tree), &BackupOptions::default(), &Unwatched);
    let problem = ended.unwrap_err();
    assert!(problem.is(ProblemKind::NoSpace), "{problem}");
    assert!(problem.hint_text().is_some());
    assert!(larder.storage.names("snapshots").is_empty());
    assert!(larder.storage.names("packs").len() >= 2);
    let report = larder.backup(&tree);
    assert!(report.statistics.bytes_stored < 2_000_000, "the packs that were put are taken over");
    assert_latest_is(&larder, &tree, "with room again");
}

/// An error of the storage ends a run as what it is, and never as damage.
#[test]
fn an_unreachable_storage_is_never_called_damaged() {
    let larder = Larder::new();
    let tree = files(&larder, 5);
    larder.backup(&tree);
    for operation in [Operation::Get, Operation::List, Operation::Put] {
        for call in 0..30 {
            let fault = Fault::Fail(ProblemKind::Unreachable);
            let rule = Rule { operation, folder: "", calls: call..u64::MAX, fault };
            let faulty = Arc::new(FaultyStorage::new(larder.storage.fork(), [rule]));
            let ended = larder.open_on(faulty).and_then(|store| {
                check(&store, CheckLevel::Data { share: 1.0 }, &Unwatched).map(|report| report.problems)
            });
            match ended {
                Ok(problems) => assert!(problems.is_empty(), "{operation:?} {call}: {problems:?}"),
                Err(problem) => assert!(problem.is(ProblemKind::Unreachable), "{operation:?} {call}: {problem}"),
            }
        }
    }
}

/// Stops the restore that it watches with the first piece that is written, and counts how many are.
#[derive(Default)]
struct StopsAtOnce {
    interrupt: Interrupt,
    pieces: AtomicU32,
}

impl Monitor for StopsAtOnce {
    fn advance(&self, amount: Amount) {
        if amount.bytes > 0 {
            self.pieces.fetch_add(1, SeqCst);
            self.interrupt.set();
        }
    }
}

#[test]
fn an_interrupted_restore_ends_with_the_frame_at_hand() {
    let mut larder = Larder::with_default_chunks(MemoryStorage::default());
    let tree = files(&larder, 300);
    larder.backup(&tree);
    let stops = StopsAtOnce::default();
    larder.interrupt = stops.interrupt.clone();
    let store = larder.open();
    let newest = store.snapshots().unwrap().snapshots.pop().unwrap();
    let target = MemoryTarget::empty(&larder.clock);
    let problem = restore(&store, &newest, None, &target, &RestoreOptions::default(), &stops).unwrap_err();
    assert!(problem.is(ProblemKind::Interrupted), "{problem}");
    // A frame ends with the file that fills two mebibytes.
    let pieces = stops.pieces.load(SeqCst);
    assert!(pieces <= u32::div_ceil(2 << 20, 60_000), "{pieces} of 300");
}
