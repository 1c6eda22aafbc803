//! Runs that store more than they keep in memory: index runs come in between. What they cost, and what becomes of them when a
//! machine stops.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use larder_connect::Storage;
use larder_engine::{BackupOptions, CheckLevel, Settings, Store, Unwatched, backup, check};
use larder_fs::FsStorage;
use larder_model::Problem;
use larder_testkit::{
    Larder, Rng,
    compare::{Kept, assert_same},
    storage::{Crash, CrashingStorage, Loss, MemoryStorage, When},
    tree::{MemorySource, MemoryTree, SharedTree},
};

/// Memory in flight that a blob without an index run takes its share of (`engine/src/run.rs`).
const MEMORY_PER_BLOB: u64 = 512;

/// Opens the store for runs that write an index run after so many blobs.
fn open(larder: &Larder, storage: Arc<dyn Storage>, uncovered_max: u64) -> Store {
    let settings = Settings { memory: uncovered_max * MEMORY_PER_BLOB, ..larder.settings() };
    larder.clock.advance_secs(10);
    Store::open(storage, &mut |_| Ok(Larder::unlock()), settings).unwrap()
}

fn files(larder: &Larder, count: usize, len: usize) -> SharedTree {
    let mut tree = MemoryTree::new(&larder.clock);
    let mut rng = Rng::new(1);
    for number in 0..count {
        tree.write(format!("{:02}/{number}", number % 30), rng.bytes(len));
    }
    tree.shared()
}

fn take(store: &Store, tree: &SharedTree) -> larder_engine::BackupReport {
    backup(store, &MemorySource::new(tree), &BackupOptions::default(), &Unwatched).unwrap()
}

fn assert_whole(larder: &Larder, tree: &SharedTree, context: &str) {
    larder.clock.advance_secs(1000);
    let store = larder.open();
    let (restored, report) = larder.restored(&store, &store.find_snapshot("latest").unwrap()).unwrap();
    assert_eq!(report.missing, 0, "{context}");
    assert_same(&tree.keep(), &restored, Kept::Restored, context);
    let report = check(&store, CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
    assert!(report.problems.is_empty(), "{context}: {:?}", report.problems);
}

/// N packs cost N + 8 syncs, and each index run in between one more.
#[test]
fn an_index_run_in_between_costs_one_sync() {
    const UNCOVERED_MAX: u64 = 500;
    let folder = tempfile::tempdir().unwrap();
    let larder = Larder::new();
    let storage = Arc::new(FsStorage::new(folder.path().join("store")));
    larder.create_on(storage).unwrap();
    let tree = files(&larder, 4000, 4200);
    let storage = Arc::new(FsStorage::new(folder.path().join("store")));
    let report = take(&open(&larder, storage.clone(), UNCOVERED_MAX), &tree);
    let index_runs = storage.list("index").unwrap().len() as u64;
    let between = report.statistics.blobs_new / UNCOVERED_MAX;
    println!("{} packs, {index_runs} index runs, {} syncs", report.statistics.packs, storage.syncs());
    // One for the packs that make it up to so many blobs, which are a few more.
    assert!((6..=between + 1).contains(&index_runs), "there were runs in between: {index_runs}");
    assert!(storage.syncs() <= report.statistics.packs + 8 + between, "{} syncs", storage.syncs());
}

#[test]
fn a_crash_of_a_run_with_index_runs_in_between_damages_nothing() {
    let larder = Larder::new();
    let tree = files(&larder, 24, 100_000);
    let before = larder.storage.fork();
    let whole = Arc::new(CrashingStorage::new(before.fork(), None));
    take(&open(&larder, whole.clone(), 4), &tree);
    let operations = whole.operations();
    let index_runs = larder.on(whole.survivors(Loss::Nothing)).storage.names("index").len();
    assert!(index_runs > 3, "{index_runs} index runs");
    for at in 0..operations {
        for when in [When::Before, When::After] {
            let storage = Arc::new(CrashingStorage::new(before.fork(), Some(Crash { at, when })));
            let store = open(&larder, storage.clone(), 4);
            let _ = backup(&store, &MemorySource::new(&tree), &BackupOptions::default(), &Unwatched);
            for loss in [Loss::Everything, Loss::Some(1), Loss::Some(2)] {
                go_on(&larder.on(storage.survivors(loss)), &tree, &format!("crash at {at}, {when:?}, {loss:?}"));
            }
        }
    }
    // After its end, too: the runs in between are never waited for.
    let ended = whole.survivors(Loss::Everything);
    assert!(larder.on(ended.fork()).storage.names("index").len() < index_runs);
    assert_whole(&larder.on(ended), &tree, "a crash right after the end");
}

/// A next backup, with index runs in between as well.
fn go_on(larder: &Larder, tree: &SharedTree, context: &str) {
    take(&open(larder, Arc::new(larder.storage.clone()), 4), tree);
    assert_whole(larder, tree, context);
}

/// What an index run names is referred to by the next writer without another look, so it must be durable when the run appears:
/// the first writer is killed, the second one ends well, and only then the machine stops.
#[test]
fn packs_are_durable_before_an_index_run_in_between_names_them() {
    let larder = Larder::new();
    let tree = files(&larder, 30, 100_000);
    let shared: MemoryStorage = larder.storage.client();
    let killed = Arc::new(CrashingStorage::new(shared, None));
    let source = MemorySource::new(&tree).ending_with(Problem::failed("it was killed"));
    backup(&open(&larder, killed.clone(), 1), &source, &BackupOptions::default(), &Unwatched).unwrap_err();
    let stored = larder.storage.total_len();
    let report = take(&open(&larder, Arc::new(larder.storage.clone()), 1), &tree);
    assert!(report.statistics.bytes_stored < stored / 10, "what the first one stored was referred to");
    assert_whole(
        &larder.on(killed.survivors(Loss::Everything)),
        &tree,
        "what the first one did not make sure of is lost",
    );
}
