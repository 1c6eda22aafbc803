//! gc that is faster than a backup: it deletes what the backup has found in the store and not yet named. The backup notices, and
//! looks at everything once more.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use larder_engine::{
    BackupOptions, BackupReport, CheckLevel, GcOptions, Monitor, Unwatched, backup, check, gc, remove,
};
use larder_model::Result;
use larder_testkit::{
    Larder, Rng,
    compare::{Kept, assert_same},
    tree::{MemorySource, MemoryTree, SharedTree, Trouble},
};

/// Remembers what people were told.
#[derive(Default)]
struct Warnings(Mutex<Vec<String>>);

impl Monitor for Warnings {
    fn warn(&self, message: &str) {
        self.0.lock().unwrap().push(message.to_owned());
    }
}

/// A tree whose first file is already in the store, in a snapshot of another origin.
fn scene() -> (Larder, SharedTree) {
    let larder = Larder::new();
    back_up_stranger(&larder);
    let mut tree = MemoryTree::new(&larder.clock);
    tree.write("first", first_file());
    tree.write("last", Rng::new(2).bytes(20_000));
    let tree = tree.shared();
    larder.clock.advance_secs(10);
    (larder, tree)
}

fn first_file() -> Vec<u8> {
    Rng::new(1).bytes(20_000)
}

fn back_up_stranger(larder: &Larder) {
    let mut tree = MemoryTree::new(&larder.clock);
    tree.write("first", first_file());
    larder.backup_of(&MemorySource::new(&tree.shared()).named("stranger")).unwrap();
}

/// A backup during which, `times` times, when its last file is opened, all other snapshots go and gc deletes what they held.
fn overtaken(larder: &Larder, tree: &SharedTree, times: u32, monitor: &dyn Monitor) -> Result<BackupReport> {
    let opened = AtomicU32::new(0);
    let other = larder.clone();
    let source = MemorySource::new(tree).on_open(move |path| {
        if !path.as_bytes().ends_with(b"last") || opened.fetch_add(1, SeqCst) >= times {
            return;
        }
        let store = other.open();
        remove(&store, &store.snapshots().unwrap().snapshots).unwrap();
        gc(&store, &GcOptions::default(), &Unwatched).unwrap();
    });
    backup(&larder.open(), &source, &BackupOptions::default(), monitor)
}

#[test]
fn a_backup_that_gc_has_overtaken_looks_once_more() {
    let (larder, tree) = scene();
    let warnings = Warnings::default();
    let report = overtaken(&larder, &tree, 1, &warnings).unwrap();
    assert_eq!(warnings.0.lock().unwrap().len(), 1, "it says why it takes longer");
    let store = larder.open();
    let (restored, _) = larder.restored(&store, &store.snapshot(report.snapshot.unwrap()).unwrap()).unwrap();
    assert_same(&tree.keep(), &restored, Kept::Restored, "after gc was faster");
    assert!(check(&store, CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap().problems.is_empty());
}

/// Between the attempts somebody stores the file again, so that the second one finds it as the first one did.
struct StoresItAgain(Larder);

impl Monitor for StoresItAgain {
    fn warn(&self, _: &str) {
        back_up_stranger(&self.0);
    }
}

#[test]
fn a_backup_that_gc_overtakes_twice_says_so_and_stores_no_snapshot() {
    let (larder, tree) = scene();
    let problem = overtaken(&larder, &tree, 2, &StoresItAgain(larder.clone())).unwrap_err();
    assert!(problem.message().ends_with("refer to, twice"), "{problem}");
    assert!(larder.storage.names("snapshots").is_empty());
    larder.backup(&tree);
}

#[test]
fn a_stream_cannot_be_read_once_more() {
    let (larder, tree) = scene();
    tree.lock().trouble("last", Trouble::Stream);
    let warnings = Warnings::default();
    let problem = overtaken(&larder, &tree, 1, &warnings).unwrap_err();
    assert!(problem.message().ends_with("about to refer to"), "{problem}");
    assert!(warnings.0.lock().unwrap().is_empty());
    assert!(larder.storage.names("snapshots").is_empty());
}
