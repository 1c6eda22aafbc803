//! A storage on which not a block is left: removing snapshots and gc still work, for they are how space comes back.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{ops::Range, sync::Arc};

use larder_connect::{Durability, ObjectInfo, ObjectName, Promises, Put, Storage};
use larder_engine::{BackupOptions, CheckLevel, GcOptions, Unwatched, backup, check, gc, remove};
use larder_model::{Problem, ProblemKind, Result};
use larder_testkit::{
    Larder, Rng,
    compare::{Kept, assert_same},
    storage::{Crash, CrashingStorage, Loss, When},
    tree::{MemorySource, MemoryTree},
};

const BLOCK_LEN: u64 = 4096;
const FOLDERS: [&str; 8] = ["config", "keys", "packs", "index", "snapshots", "runs", "marks", "records"];

/// A storage that has as much room as what lies in it takes at the beginning, in whole blocks, as disks count.
struct Full {
    inner: Arc<dyn Storage>,
    blocks: u64,
}

impl Full {
    fn over(inner: Arc<dyn Storage>) -> Arc<Self> {
        let blocks = blocks(&*inner);
        Arc::new(Self { inner, blocks })
    }

    fn check_room(&self, parts: &[&[u8]]) -> Result<()> {
        let len: u64 = parts.iter().map(|part| part.len() as u64).sum();
        if blocks(&*self.inner) + len.div_ceil(BLOCK_LEN) <= self.blocks {
            return Ok(());
        }
        Err(Problem::new(ProblemKind::NoSpace, "the disk is full"))
    }
}

/// Of a machine that has stopped nobody wants to know.
fn blocks(storage: &dyn Storage) -> u64 {
    let listed = FOLDERS.iter().flat_map(|folder| storage.list(folder).unwrap_or_default());
    listed.map(|object| object.size.div_ceil(BLOCK_LEN)).sum()
}

impl Storage for Full {
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
        self.check_room(parts)?;
        self.inner.put(name, parts, durability)
    }

    fn get(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
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

/// A store with snapshots of a tree of which a part stays and the rest is another each time.
fn scene(snapshots: u64) -> (Larder, Vec<MemoryTree>) {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write("stays", Rng::new(0).bytes(50_000));
    let states = (1..=snapshots).map(|number| {
        tree.lock().write("changes", Rng::new(number).bytes(30_000));
        larder.backup(&tree);
        tree.keep()
    });
    let states = states.collect();
    (larder, states)
}

/// The snapshots that are left are whole, those of later backups as the last state, and a check finds nothing.
fn assert_whole(larder: &Larder, states: &[MemoryTree], context: &str) {
    let store = larder.open();
    for info in store.snapshots().unwrap().snapshots {
        let (restored, report) = larder.restored(&store, &info).unwrap();
        assert_eq!(report.missing, 0, "{context}");
        let state = &states[(info.record.sequence as usize).min(states.len()) - 1];
        assert_same(state, &restored, Kept::Restored, context);
    }
    let report = check(&store, CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
    assert!(report.problems.is_empty(), "{context}: {:?}", report.problems);
}

#[test]
fn snapshots_can_be_removed_and_their_space_comes_back() {
    for removed in [vec![0], vec![2], vec![0, 1, 2]] {
        let context = format!("without {removed:?}");
        let (larder, states) = scene(4);
        let before = larder.storage.total_len();
        let store = larder.open_on(Full::over(Arc::new(larder.storage.clone()))).unwrap();
        let all = store.snapshots().unwrap().snapshots;
        let chosen: Vec<_> = removed.iter().map(|number: &usize| all[*number].clone()).collect();
        remove(&store, &chosen).unwrap();
        assert_eq!(store.snapshots().unwrap().snapshots.len(), 4 - removed.len(), "{context}");
        assert_eq!(store.forgotten().unwrap().len(), removed.len(), "{context}");
        assert_whole(&larder, &states, &context);
        gc(&store, &GcOptions::default(), &Unwatched).unwrap();
        assert!(larder.storage.total_len() < before, "{context}: nothing came back");
        assert_whole(&larder, &states, &context);
        // There is room now, and the next backup goes on as ever.
        let report = larder.backup(&states[3].clone().shared());
        assert_eq!(report.statistics.files_new + report.statistics.files_changed, 0, "{context}");
        gc(&larder.open(), &GcOptions::default(), &Unwatched).unwrap();
    }
}

#[test]
fn gc_makes_room_for_its_marks_from_what_nobody_misses() {
    // Nothing but packs and index runs is left that could go.
    let (larder, states) = scene(4);
    let store = larder.open();
    gc(&store, &GcOptions::default(), &Unwatched).unwrap();
    assert!(larder.storage.names("runs").is_empty());
    remove(&store, &store.snapshots().unwrap().snapshots[1..3]).unwrap();
    let packs = larder.storage.names("packs").len();
    let full = larder.open_on(Full::over(Arc::new(larder.storage.clone()))).unwrap();
    gc(&full, &GcOptions::default(), &Unwatched).unwrap();
    assert!(larder.storage.names("packs").len() < packs);
    assert_whole(&larder, &states, "after gc");
    larder.backup(&states[3].clone().shared());
    assert_whole(&larder, &states, "after a backup");
}

#[test]
fn a_crash_on_a_full_storage_loses_at_most_the_note_of_a_removal() {
    let (larder, states) = scene(3);
    let act = |larder: &Larder, storage: Arc<CrashingStorage>| -> Result<()> {
        let store = larder.open_on(Full::over(storage))?;
        let oldest = store.snapshots()?.snapshots[0].clone();
        remove(&store, &[oldest])?;
        gc(&store, &GcOptions::default(), &Unwatched).map(drop)
    };
    let counting = Arc::new(CrashingStorage::new(larder.storage.fork(), None));
    act(&larder, counting.clone()).unwrap();
    println!("{} operations", counting.operations());
    for at in 0..counting.operations() {
        for when in [When::Before, When::After] {
            let storage = Arc::new(CrashingStorage::new(larder.storage.fork(), Some(Crash { at, when })));
            assert!(act(&larder, storage.clone()).is_err());
            for loss in [Loss::Nothing, Loss::Everything, Loss::Some(1)] {
                let context = format!("crash at {at}, {when:?}, {loss:?}");
                let after = larder.on(storage.survivors(loss));
                go_on(&after, &states, &context);
            }
        }
    }
}

/// All that is left is whole; only a removal that could not be noted may be called a loss, and the next backup and gc work.
fn go_on(larder: &Larder, states: &[MemoryTree], context: &str) {
    let store = larder.open();
    let list = store.snapshots().unwrap();
    assert!(list.damaged.is_empty() && list.snapshots.len() >= 2, "{context}");
    larder.clock.advance_secs(10);
    let tree = states[2].clone().shared();
    backup(&store, &MemorySource::new(&tree), &BackupOptions::default(), &Unwatched).unwrap();
    let store = larder.open();
    gc(&store, &GcOptions::default(), &Unwatched).unwrap();
    let store = larder.open();
    for info in store.snapshots().unwrap().snapshots {
        let (restored, report) = larder.restored(&store, &info).unwrap();
        assert_eq!(report.missing, 0, "{context}");
        let state = &states[(info.record.sequence as usize).min(states.len()) - 1];
        assert_same(state, &restored, Kept::Restored, context);
    }
    let report = check(&store, CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
    let is_unnoted = |item: &str| item.starts_with("origin ");
    assert!(report.problems.iter().all(|finding| is_unnoted(&finding.item)), "{context}: {:?}", report.problems);
}
