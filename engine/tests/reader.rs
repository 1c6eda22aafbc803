//! A reader that stays: it sees what is made meanwhile, survives gc, shares its caches between threads, and one slow read holds up nobody
//! else.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    ops::Range,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
};

use larder_connect::{CountedStorage, Durability, ObjectInfo, ObjectName, Promises, Put, Storage};
use larder_engine::{Change, GcOptions, Reader, Side, SnapshotInfo, Tree, Unwatched, gc, remove};
use larder_model::{ProblemKind, Result};
use larder_testkit::{Larder, Rng, storage::MemoryStorage, tree::MemoryTree};

const CACHE_LEN: usize = 24 << 20;

fn reader_on(larder: &Larder, storage: Arc<dyn Storage>) -> Reader {
    Reader::open(Arc::new(larder.open_on(storage).unwrap()), CACHE_LEN).unwrap()
}

fn read(tree: &Tree, name: &str) -> Result<Vec<u8>> {
    let node = tree.node(&tree.resolve(name.as_bytes())?)?.unwrap();
    let file = tree.file(&node)?;
    let mut bytes = vec![0; file.size() as usize];
    file.read_at(0, &mut bytes)?;
    Ok(bytes)
}

fn newest(reader: &Reader) -> SnapshotInfo {
    reader.snapshots().unwrap().snapshots.pop().unwrap()
}

#[test]
fn snapshots_that_are_made_meanwhile_can_be_read() {
    let larder = Larder::new();
    let counted = Arc::new(CountedStorage::new(larder.storage.clone()));
    let reader = reader_on(&larder, counted.clone());
    assert!(reader.snapshots().unwrap().snapshots.is_empty());
    let tree = MemoryTree::new(&larder.clock).shared();
    let mut rng = Rng::new(2);
    for round in 0..5 {
        let bytes = rng.bytes(40_000);
        tree.lock().write("file", bytes.clone());
        larder.backup(&tree);
        let info = newest(&reader);
        assert_eq!(read(&reader.tree(&info).unwrap(), "file").unwrap(), bytes, "round {round}");
    }
    let before = counted.counts();
    assert_eq!(reader.snapshots().unwrap().snapshots.len(), 5);
    let after = counted.counts();
    assert_eq!((after.gets - before.gets, after.lists - before.lists), (0, 1), "records are read once");
}

#[test]
fn what_is_not_there_is_looked_for_once_and_not_for_ever() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write("file", Rng::new(2).bytes(400_000));
    larder.backup(&tree);
    for pack in larder.storage.names("packs") {
        if larder.storage.body(&pack).unwrap().len() > 300_000 {
            larder.storage.lose(&pack);
        }
    }
    let counted = Arc::new(CountedStorage::new(larder.storage.clone()));
    let reader = reader_on(&larder, counted.clone());
    let tree = reader.tree(&newest(&reader)).unwrap();
    for _ in 0..3 {
        assert!(read(&tree, "file").is_err_and(|problem| problem.is(ProblemKind::Damaged)));
    }
    let before = counted.counts();
    for _ in 0..20 {
        assert!(read(&tree, "file").is_err());
    }
    assert_eq!(counted.counts().lists, before.lists);
}

#[test]
fn gc_may_run_under_a_reader() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    let mut rng = Rng::new(6);
    let kept = rng.bytes(60_000);
    tree.lock().write("kept", kept.clone());
    for number in 0..10 {
        tree.lock().write(format!("gone {number}"), rng.bytes(60_000));
    }
    larder.backup(&tree);
    let reader = reader_on(&larder, Arc::new(larder.storage.clone()));
    let first = newest(&reader);
    for number in 0..10 {
        tree.lock().remove(format!("gone {number}"));
    }
    tree.lock().write("new", &b"new"[..]);
    larder.backup(&tree);
    let second = newest(&reader);
    let store = larder.open();
    remove(&store, &[first]).unwrap();
    larder.clock.advance_secs(100_000);
    gc(&store, &GcOptions::default(), &Unwatched).unwrap();
    larder.clock.advance_secs(100_000);
    gc(&larder.open(), &GcOptions::default(), &Unwatched).unwrap();
    assert_eq!(reader.snapshots().unwrap().snapshots.len(), 1);
    let tree = reader.tree(&second).unwrap();
    assert_eq!(read(&tree, "kept").unwrap(), kept);
    assert_eq!(read(&tree, "new").unwrap(), b"new");
}

#[test]
fn two_snapshots_are_compared_with_what_is_loaded() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write("same", &b"same"[..]);
    larder.backup(&tree);
    let counted = Arc::new(CountedStorage::new(larder.storage.clone()));
    let reader = reader_on(&larder, counted.clone());
    let first = newest(&reader);
    tree.lock().write("added", &b"added"[..]);
    larder.backup(&tree);
    let second = newest(&reader);
    let compare = || {
        let mut rows = Vec::new();
        let (before, after) = (Side::Snapshot(&first, b""), Side::Snapshot(&second, b""));
        reader
            .diff(&before, &after, &mut |row| {
                rows.push((row.change, row.path.to_string()));
                Ok(())
            })
            .unwrap();
        rows
    };
    assert_eq!(compare(), [(Change::Added, "/added".to_owned())]);
    let before = counted.counts();
    assert_eq!(compare().len(), 1);
    assert_eq!(counted.counts(), before, "the second time nothing is read");
}

#[test]
fn many_threads_open_a_frame_once() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    let bytes = Rng::new(8).bytes(200_000);
    tree.lock().write("file", bytes.clone());
    larder.backup(&tree);
    let alone = Arc::new(CountedStorage::new(larder.storage.clone()));
    let reader = reader_on(&larder, alone.clone());
    assert_eq!(read(&reader.tree(&newest(&reader)).unwrap(), "file").unwrap(), bytes);
    let together = Arc::new(CountedStorage::new(larder.storage.clone()));
    let reader = reader_on(&larder, together.clone());
    let tree = reader.tree(&newest(&reader)).unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(read(&tree, "file").unwrap(), bytes));
        }
    });
    // Index blocks may be read twice, frames not.
    let (alone, together) = (alone.counts(), together.counts());
    assert!(together.bytes_got < alone.bytes_got + 150_000, "{together:?} is more than {alone:?}");
}

/// A storage whose reads of packs wait while the gate is shut, if they are of the range that it is shut for.
struct Hanging {
    inner: MemoryStorage,
    shut: Mutex<Option<ObjectName>>,
    opened: Condvar,
    waits: AtomicBool,
}

impl Storage for Hanging {
    fn location(&self) -> String {
        self.inner.location()
    }
    fn promises(&self) -> Promises {
        self.inner.promises()
    }
    fn prepare(&self, folders: &[&str]) -> Result<()> {
        self.inner.prepare(folders)
    }
    fn put(&self, name: &ObjectName, parts: &[&[u8]], durability: Durability) -> Result<Put> {
        self.inner.put(name, parts, durability)
    }
    fn get(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        let mut shut = self.shut.lock().unwrap();
        while shut.as_ref() == Some(name) {
            self.waits.store(true, Relaxed);
            shut = self.opened.wait(shut).unwrap();
        }
        drop(shut);
        self.inner.get(name, range)
    }
    fn list(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        self.inner.list(folder)
    }
    fn delete(&self, name: &ObjectName) -> Result<()> {
        self.inner.delete(name)
    }
    fn barrier(&self) -> Result<()> {
        self.inner.barrier()
    }
    fn replace_damaged(&self, name: &ObjectName, parts: &[&[u8]]) -> Result<()> {
        self.inner.replace_damaged(name, parts)
    }
}

#[test]
fn a_read_that_hangs_holds_up_nobody_else() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    let mut rng = Rng::new(9);
    tree.lock().write("first", rng.bytes(50_000));
    larder.backup(&tree);
    let packs = larder.storage.names("packs");
    let large = |name: &&ObjectName| larder.storage.body(name).unwrap().len() > 40_000;
    let hung = packs.iter().find(large).unwrap().clone();
    let second = rng.bytes(50_000);
    tree.lock().write("second", second.clone());
    larder.backup(&tree);
    let hanging = Arc::new(Hanging {
        inner: larder.storage.clone(),
        shut: Mutex::new(Some(hung)),
        opened: Condvar::new(),
        waits: AtomicBool::new(false),
    });
    let reader = reader_on(&larder, hanging.clone());
    let tree = reader.tree(&newest(&reader)).unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| read(&tree, "first").unwrap().len());
        while !hanging.waits.load(Relaxed) {
            thread::yield_now();
        }
        assert_eq!(read(&tree, "second").unwrap(), second);
        // A snapshot that comes now lets the index be read again beside the read that hangs.
        let third = rng.bytes(50_000);
        let source = MemoryTree::new(&larder.clock).shared();
        source.lock().write("third", third.clone());
        larder.backup(&source);
        assert_eq!(read(&reader.tree(&newest(&reader)).unwrap(), "third").unwrap(), third);
        assert!(!waiting.is_finished());
        *hanging.shut.lock().unwrap() = None;
        hanging.opened.notify_all();
        assert_eq!(waiting.join().unwrap(), 50_000);
    });
}
