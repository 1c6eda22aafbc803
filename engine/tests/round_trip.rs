//! What is backed up comes back as it was, costs little the second time, and does not depend on the number of threads.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    thread::{self, ThreadId},
};

use larder_connect::CountedStorage;
use larder_engine::{
    Amount, BackupOptions, CheckLevel, Completeness, Interrupt, Monitor, RestoreOptions, Store, Unwatched, backup,
    check, restore,
};
use larder_model::{Kind, ProblemKind, Skip, TreePath};
use larder_testkit::{
    Larder, Rng,
    compare::{Kept, assert_same},
    edits, generate,
    storage::MemoryStorage,
    tree::{Body, MemorySource, MemoryTarget, MemoryTree, SharedTree, Trouble},
};

/// Backs up, and asserts that listing and restoring give what is there.
fn back_up_and_compare(larder: &Larder, tree: &SharedTree, context: &str) -> Store {
    let report = larder.backup(tree);
    let store = larder.open();
    let info = store.snapshot(report.snapshot.unwrap()).unwrap();
    assert_eq!(info.record.completeness(), Completeness::Complete, "{context}");
    let expected = tree.keep();
    assert_same(&expected, &larder.listed(&store, &info).unwrap(), Kept::Listed, &format!("{context}, listed"));
    let (restored, restore) = larder.restored(&store, &info).unwrap();
    assert_same(&expected, &restored, Kept::Restored, &format!("{context}, restored"));
    assert_eq!((restore.missing, restore.notes), (0, 0), "{context}");
    store
}

#[test]
fn random_trees_and_edits_come_back() {
    for seed in 0..20 {
        println!("seed {seed}");
        let mut rng = Rng::new(seed);
        let mut larder = Larder::new();
        larder.threads = 1 + rng.below(4);
        let tree = generate::tree(&mut rng, &larder.clock, 60).shared();
        back_up_and_compare(&larder, &tree, &format!("seed {seed}"));
        for round in 0..3 {
            let changes = edits::edit(&mut rng, &mut tree.lock(), 6);
            back_up_and_compare(&larder, &tree, &format!("seed {seed}, round {round}, {changes:?}"));
        }
    }
}

/// With the chunks that real stores have.
#[test]
fn files_around_the_limits_come_back() {
    let larder = Larder::with_default_chunks(MemoryStorage::default());
    let tree = MemoryTree::new(&larder.clock).shared();
    let mut rng = Rng::new(1);
    const KIB: usize = 1 << 10;
    let mut bytes = 0;
    let around = [4, 16, 256, 512, 1024, 1536, 8192].map(|kib| [kib * KIB - 1, kib * KIB, kib * KIB + 1]);
    for len in [0, 1, 9000 * KIB].into_iter().chain(around.into_iter().flatten()) {
        tree.lock().write(format!("noise/{len}"), rng.bytes(len));
        tree.lock().write(format!("zeros/{len}"), vec![0; len]);
        bytes += 2 * len as u64;
    }
    let holes = Body::default().with_hole(5 << 20).with_data(rng.bytes(300 * KIB)).with_hole(1).with_data(*b"x");
    tree.lock().write("holes/data between", holes);
    tree.lock().write("holes/only", Body::default().with_hole(70 << 20));
    let store = back_up_and_compare(&larder, &tree, "limits");
    let info = store.find_snapshot("latest").unwrap();
    let (restored, report) = larder.restored(&store, &info).unwrap();
    for (path, holes) in [("holes/data between", (5 << 20) + 1), ("holes/only", 70 << 20)] {
        assert_eq!(restored.at(path).unwrap().body.hole_bytes(), holes, "holes of {path} stay holes");
    }
    assert!(report.bytes < bytes + (1 << 20), "holes are not written");
}

/// What is joined, what shares a frame and what has frames of its own take turns in the same memory. A third has been stored before, and
/// is dropped from it again.
#[test]
fn files_of_all_lengths_side_by_side_come_back() {
    for threads in [1, 4] {
        let larder = Larder { threads, ..Larder::with_default_chunks(MemoryStorage::default()) };
        let tree = MemoryTree::new(&larder.clock).shared();
        let (mut rng, mut before) = (Rng::new(3), vec![vec![7]]);
        for number in 0..2_500 {
            let most = *rng.pick(&[60, 900, 5_000, 5_000, 30_000, 290_000]);
            let len = rng.below(most);
            let bytes = if rng.chance(33) { rng.pick(&before).clone() } else { rng.bytes(len) };
            tree.lock().write(format!("{}/{number}", number % 3), bytes.clone());
            before.push(bytes);
        }
        back_up_and_compare(&larder, &tree, &format!("{threads} threads"));
        for number in (0..2_500).step_by(7) {
            let len = rng.below(9_000);
            tree.lock().write(format!("{}/{number}", number % 3), rng.bytes(len));
        }
        back_up_and_compare(&larder, &tree, &format!("{threads} threads, edited"));
    }
}

#[test]
fn a_folder_of_many_names_comes_back() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    for number in 0..3000 {
        tree.lock().write(format!("folder/file {number}"), number.to_string().into_bytes());
    }
    back_up_and_compare(&larder, &tree, "many names");
    tree.lock().remove("folder/file 1500");
    tree.lock().write("folder/file 15", &b"other"[..]);
    let before = larder.storage.total_len();
    back_up_and_compare(&larder, &tree, "many names, edited");
    let added = larder.storage.total_len() - before;
    assert!(added < 150_000, "two changes in a large folder add {added} bytes");
}

#[test]
fn an_unchanged_run_puts_start_record_intent_and_snapshot_only() {
    let larder = Larder::new();
    let tree = generate::tree(&mut Rng::new(7), &larder.clock, 200).shared();
    let first = larder.backup(&tree);
    larder.clock.advance_secs(10);
    let counted = Arc::new(CountedStorage::new(larder.storage.clone()));
    let store = larder.open_on(counted.clone()).unwrap();
    let before = counted.counts();
    let packs = larder.storage.names("packs");
    let second = backup(&store, &MemorySource::new(&tree), &BackupOptions::default(), &Unwatched).unwrap();
    let after = counted.counts();
    assert_eq!(after.puts - before.puts, 3, "start record, intent, snapshot");
    assert_eq!(after.deletes - before.deletes, 1, "the start record");
    assert!(after.barriers - before.barriers <= 3);
    assert_eq!(larder.storage.names("packs"), packs);
    assert_eq!(second.statistics.bytes_read, 0);
    assert_eq!(second.statistics.files_unchanged, first.statistics.files_new);
    let root = |id| store.snapshot(id).unwrap().record.root();
    assert_eq!(root(first.snapshot.unwrap()), root(second.snapshot.unwrap()), "the same tree has the same root page");
}

/// Names of one store's blobs do not depend on who stored them: a copy of the store, backed up into by many threads, has the
/// same root page.
#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    for seed in 0..5 {
        let mut larder = Larder::new();
        let mut rng = Rng::new(seed);
        let tree = generate::tree(&mut rng, &larder.clock, 400).shared();
        // Threads that have nothing else to do store parts of it, some of which are the same.
        let (noise, tail) = (rng.bytes(9 << 20), rng.bytes(12345));
        let large = Body::default().with_data(noise.clone()).with_hole(1 << 20).with_data(noise).with_data(tail);
        tree.lock().write("large", large);
        let empty = larder.storage.fork();
        let root = |larder: &Larder| {
            larder.backup(&tree);
            larder.open().find_snapshot("latest").unwrap().record.root()
        };
        let single = root(&larder);
        for threads in [2, 16] {
            larder = larder.on(empty.fork());
            larder.threads = threads;
            assert_eq!(root(&larder), single, "seed {seed}, {threads} threads");
            back_up_and_compare(&larder, &tree, &format!("seed {seed}, {threads} threads"));
        }
    }
}

/// Stops the run when so many bytes were read.
struct StopsAfter(u64, AtomicU64, Interrupt);

impl Monitor for StopsAfter {
    fn advance(&self, amount: Amount) {
        if self.1.fetch_add(amount.bytes, SeqCst) >= self.0 {
            self.2.set();
        }
    }
}

#[test]
fn a_run_that_is_stopped_while_threads_help_with_a_file_leaves_only_what_is_whole() {
    for stop in 1..10 {
        let mut larder = Larder::new();
        larder.threads = 4;
        let tree = MemoryTree::new(&larder.clock).shared();
        tree.lock().write("large", Rng::new(stop).bytes(2 << 20));
        let monitor = StopsAfter(stop * 200_000, AtomicU64::new(0), larder.interrupt.clone());
        let stopped = backup(&larder.open(), &MemorySource::new(&tree), &BackupOptions::default(), &monitor);
        assert_eq!(stopped.unwrap_err().kind(), ProblemKind::Interrupted);
        larder.interrupt = Interrupt::default();
        let stored = larder.storage.total_len();
        assert!(stored > stop * 80_000, "only {stored} bytes were worth keeping");
        back_up_and_compare(&larder, &tree, &format!("stopped after {} bytes", monitor.0));
        assert!(larder.storage.total_len() < 2_500_000, "what was stored is taken over");
        let checked = check(&larder.open(), CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
        assert!(checked.problems.is_empty(), "{:?}", checked.problems);
    }
}

/// Panics in the threads that write.
struct PanicsElsewhere {
    here: ThreadId,
    items: AtomicU64,
    rows: AtomicU64,
}

impl Monitor for PanicsElsewhere {
    fn advance(&self, _: Amount) {
        assert_eq!(thread::current().id(), self.here, "this panic belongs to the test");
    }

    fn item(&self, _: &dyn Fn() -> TreePath) {
        self.items.fetch_add(1, SeqCst);
    }

    fn skip(&self, _: &Skip) {
        self.rows.fetch_add(1, SeqCst);
    }
}

#[test]
fn a_restore_whose_writer_panics_ends_at_once_and_tells_nothing_of_files_that_it_did_not_try() {
    const FILES: u64 = 20_000;
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    for number in 0..FILES {
        tree.lock().write(format!("{:03}/{number}", number % 200), Rng::new(number).bytes(1_500));
    }
    let report = larder.backup(&tree);
    let store = larder.open();
    let info = store.snapshot(report.snapshot.unwrap()).unwrap();
    let target = MemoryTarget::empty(&larder.clock);
    let monitor = PanicsElsewhere { here: thread::current().id(), items: AtomicU64::new(0), rows: AtomicU64::new(0) };
    let restoring = || restore(&store, &info, None, &target, &RestoreOptions::default(), &monitor);
    assert!(catch_unwind(AssertUnwindSafe(restoring)).is_err());
    assert_eq!(monitor.rows.load(SeqCst), 0);
    assert!(monitor.items.load(SeqCst) < FILES, "the planner has walked on");
    assert!(target.log().len() < FILES as usize, "{} things were done", target.log().len());
}

#[test]
fn one_changed_file_adds_little() {
    let larder = Larder::new();
    let mut rng = Rng::new(3);
    let tree = MemoryTree::new(&larder.clock).shared();
    for number in 0..500 {
        tree.lock().write(format!("{:02}/{number}", number % 20), rng.bytes(2000));
    }
    tree.lock().write("large", rng.bytes(1 << 20));
    larder.backup(&tree);
    let before = larder.storage.total_len();
    let mut large = tree.lock().at("large").unwrap().body.to_bytes();
    large[500_000] ^= 1;
    tree.lock().write("large", large);
    let report = larder.backup(&tree);
    let added = larder.storage.total_len() - before;
    assert!(added < 60_000, "one byte in a megabyte adds {added} bytes");
    assert_eq!((report.statistics.files_changed, report.statistics.files_unchanged), (1, 500));
}

#[test]
fn a_dry_run_stores_nothing() {
    let larder = Larder::new();
    let tree = generate::tree(&mut Rng::new(5), &larder.clock, 50).shared();
    let before = larder.storage.names("");
    let options = BackupOptions { dry_run: true, ..BackupOptions::default() };
    let report = backup(&larder.open(), &MemorySource::new(&tree), &options, &Unwatched).unwrap();
    assert_eq!(report.snapshot, None);
    assert!(report.statistics.files_new > 0);
    assert_eq!(larder.storage.names(""), before);
}

#[test]
fn a_source_that_fails_at_its_end_leaves_no_snapshot() {
    let larder = Larder::new();
    let tree = generate::tree(&mut Rng::new(5), &larder.clock, 50).shared();
    let source = MemorySource::new(&tree).ending_with(larder_model::Problem::failed("the dump broke off"));
    let problem = larder.backup_of(&source).unwrap_err();
    assert!(problem.message().contains("the dump broke off"), "{problem}");
    assert!(larder.storage.names("snapshots").is_empty());
    assert!(larder.storage.names("runs").is_empty(), "a run that failed in good order leaves no start record");
    back_up_and_compare(&larder, &tree, "afterwards");
}

#[test]
fn a_stream_is_as_long_as_it_turns_out_to_be() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write("dump", Rng::new(1).bytes(100_000));
    tree.lock().trouble("dump", Trouble::Stream);
    back_up_and_compare(&larder, &tree, "a stream");
    let unchanged = larder.backup(&tree);
    assert_eq!(unchanged.statistics.bytes_read, 100_000, "a stream is read each time");
}

/// What was read again counts by what was found: small files, which lie in one blob together, larger ones, and large ones.
#[test]
fn what_is_read_again_and_the_same_is_unchanged() {
    let larder = Larder::new();
    let mut rng = Rng::new(8);
    let tree = MemoryTree::new(&larder.clock).shared();
    for (name, len) in [("a", 100), ("b", 200), ("c", 3000), ("chunks", 60_000), ("empty", 0), ("large", 5 << 20)] {
        tree.lock().write(name, rng.bytes(len));
    }
    larder.backup(&tree);
    let again = |rehash| {
        larder.clock.advance_secs(10);
        let options = BackupOptions { rehash, ..BackupOptions::default() };
        let done = backup(&larder.open(), &MemorySource::new(&tree), &options, &Unwatched).unwrap().statistics;
        (done.files_new, done.files_changed, done.files_unchanged, done.bytes_read)
    };
    assert_eq!(again(true), (0, 0, 6, tree.lock().bytes()));
    // New times, the same bytes.
    let chunks = tree.lock().at("chunks").unwrap().body.to_bytes();
    tree.lock().write("chunks", chunks);
    assert_eq!(again(false), (0, 0, 6, 60_000));
    for name in ["chunks", "empty", "large"] {
        tree.lock().write(name, rng.bytes(70_000));
    }
    assert_eq!(again(true).1, 3);
    // Of small files that lie in one blob, only those that have changed count as changed, whatever became of their neighbours.
    for number in 0..50 {
        tree.lock().write(format!("small/{number}"), rng.bytes(60));
    }
    assert_eq!(again(false).0, 50);
    for len in [60, 61] {
        tree.lock().write("small/25", rng.bytes(len));
        let (new, changed, unchanged, _) = again(true);
        assert_eq!((new, changed, unchanged), (0, 1, 55), "with {len} bytes");
    }
}

#[test]
fn folders_nested_deeply_come_back() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write(vec!["d"; 1500].join("/"), &b"at the bottom"[..]);
    tree.lock().add("empty", Kind::Directory);
    back_up_and_compare(&larder, &tree, "deep");
}

/// Names are shown escaped, and what is shown can be typed; a name that looks like an escaped one wins over what it would stand for.
#[test]
fn names_may_be_typed_as_they_are_shown() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    let names: [&[u8]; 6] = [b"c\x1bd", b"c\\x1bd", b"line\nbreak", b"\xff", b"back\\slash", b"plain"];
    for name in names {
        tree.lock().write([b"folder \x01/", name].concat(), name.to_vec());
    }
    larder.backup(&tree);
    let store = larder.open();
    let listed = store.tree(&store.find_snapshot("latest").unwrap()).unwrap();
    let read = |typed: &[u8]| {
        let node = listed.node(&listed.resolve(typed)?)?.unwrap();
        let mut bytes = Vec::new();
        listed.read(&node, &mut bytes).map(|()| bytes)
    };
    for name in names {
        let path = [b"/memory/place/folder \x01/", name].concat();
        assert_eq!(read(&path).unwrap(), name, "as it is");
        let shown = larder_model::escape(&path);
        if name != b"c\x1bd" {
            assert_eq!(read(shown.as_bytes()).unwrap(), name, "{shown}");
        }
    }
    // Where both are there, the exact name wins, and what is shown of it still stands for it.
    assert_eq!(read(b"/memory/place/folder \x01/c\\x1bd").unwrap(), b"c\\x1bd");
    tree.lock().remove(b"folder \x01/c\\x1bd");
    larder.backup(&tree);
    let listed = store.tree(&store.find_snapshot("latest").unwrap()).unwrap();
    let meant = listed.resolve(b"folder \\x01/c\\x1bd").unwrap();
    assert_eq!(meant.as_bytes(), b"/memory/place/folder \x01/c\x1bd");
    let problem = listed.node(&listed.resolve(b"nothing\\x1b").unwrap()).unwrap_err();
    assert!(problem.message().contains("nothing\\\\x1b"), "{problem}");
}
