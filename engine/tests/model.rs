//! Random histories against a simple model: a map from snapshot to the tree that it was taken of. Trees are edited, backed up,
//! removed, collected; machines crash at random operations, and a second writer or gc comes in between. After each step every
//! snapshot of the model restores to exactly its tree.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use larder_engine::{BackupOptions, CheckLevel, GcOptions, Unwatched, backup, check, gc, remove};
use larder_model::{SnapshotId, TreePath};
use larder_testkit::{
    Larder, Rng,
    compare::{Kept, assert_same},
    edits, generate,
    storage::{Crash, CrashingStorage, Loss, When},
    tree::{MemorySource, MemoryTree, SharedTree},
};

const HISTORIES: u64 = 40;
const STEPS: usize = 14;
/// More than this, and the oldest is removed.
const SNAPSHOTS_MAX: usize = 4;

struct History {
    rng: Rng,
    larder: Larder,
    trees: [SharedTree; 2],
    model: BTreeMap<SnapshotId, MemoryTree>,
    story: Vec<String>,
}

#[test]
fn every_snapshot_restores_to_its_tree_whatever_happens() {
    for seed in 0..HISTORIES {
        println!("seed {seed}");
        let mut history = History::new(seed);
        for _ in 0..STEPS {
            history.step();
            history.verify();
        }
        history.end();
    }
}

impl History {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let mut larder = Larder::new();
        larder.threads = 1 + rng.below(3);
        let trees = std::array::from_fn(|_| generate::tree(&mut rng, &larder.clock, 20).shared());
        Self { rng, larder, trees, model: BTreeMap::new(), story: vec![format!("seed {seed}")] }
    }

    fn tell(&mut self, what: impl Into<String>) {
        self.story.push(what.into());
    }

    fn step(&mut self) {
        let days = *self.rng.pick(&[0, 0, 0, 1, 31]);
        self.larder.clock.advance_secs(days * 24 * 3600);
        match self.rng.below(10) {
            0..=2 => self.backup(),
            3..=4 => self.crashed_backup(),
            5..=6 => self.backup_with_company(),
            7 => self.remove_one(),
            8 => self.crashed_gc(),
            _ => self.collect(),
        }
        while self.model.len() > SNAPSHOTS_MAX {
            self.remove_one();
        }
    }

    fn edited(&mut self) -> (usize, SharedTree) {
        let which = self.rng.below(2);
        let changes = edits::edit(&mut self.rng, &mut self.trees[which].lock(), 3);
        if self.trees[which].lock().walk().is_empty() {
            self.trees[which].lock().write("the last one", &b"An empty source is an error."[..]);
        }
        self.tell(format!("  edits of {which}: {changes:?}"));
        (which, self.trees[which].clone())
    }

    fn source(which: usize, tree: &SharedTree) -> MemorySource {
        MemorySource::new(tree).named(["first", "second"][which])
    }

    fn backup(&mut self) {
        self.tell("backup");
        let (which, tree) = self.edited();
        let report = self.larder.backup_of(&Self::source(which, &tree)).unwrap();
        self.model.insert(report.snapshot.unwrap(), tree.keep());
    }

    fn random_crash(&mut self, operations: usize) -> (Crash, Loss) {
        let at = self.rng.below(operations) as u64;
        let when = if self.rng.chance(50) { When::Before } else { When::After };
        let loss = *self.rng.pick(&[Loss::Nothing, Loss::Everything, Loss::Some(at)]);
        (Crash { at, when }, loss)
    }

    fn crashed_backup(&mut self) {
        let (crash, loss) = self.random_crash(12);
        self.tell(format!("backup that crashes: {crash:?}, {loss:?}"));
        let (which, tree) = self.edited();
        let storage = Arc::new(CrashingStorage::new(self.larder.storage.clone(), Some(crash)));
        self.larder.clock.advance_secs(10);
        let store = self.larder.open_on(storage.clone()).unwrap();
        let ended = backup(&store, &Self::source(which, &tree), &BackupOptions::default(), &Unwatched);
        // A crash while the start record is removed changes nothing about the snapshot.
        if let Ok(report) = ended {
            self.model.insert(report.snapshot.unwrap(), tree.keep());
        }
        if storage.has_crashed() {
            self.larder.storage = storage.survivors(loss);
        }
    }

    /// While one tree is backed up, the other one is too, or gc runs, or a snapshot is removed.
    fn backup_with_company(&mut self) {
        let company = self.rng.below(3);
        let nth = self.rng.below(4);
        self.tell(format!("backup, and at file {nth} {}", ["a second backup", "gc", "rm and gc"][company]));
        let (which, tree) = self.edited();
        let (other, larder) = (self.trees[1 - which].clone(), self.larder.clone());
        let removed = self.model.keys().next().copied().filter(|_| company == 2);
        let second: Arc<std::sync::Mutex<Option<SnapshotId>>> = Arc::default();
        let (second_id, files) = (second.clone(), AtomicUsize::new(0));
        let hook = move |_: &TreePath| {
            if files.fetch_add(1, SeqCst) != nth {
                return;
            }
            let store = larder.open();
            if company == 0 {
                let report = larder.backup_of(&Self::source(1 - which, &other)).unwrap();
                *second_id.lock().unwrap() = report.snapshot;
                return;
            }
            if let Some(id) = removed {
                remove(&store, &[store.snapshot(id).unwrap()]).unwrap();
            }
            gc(&store, &GcOptions::default(), &Unwatched).unwrap();
        };
        match self.larder.backup_of(&Self::source(which, &tree).on_open(hook)) {
            Ok(report) => drop(self.model.insert(report.snapshot.unwrap(), tree.keep())),
            // What the run had found in the store is gone before it could name it. Nothing is lost, and it can be run again.
            Err(problem) => assert!(problem.message().starts_with("gc has deleted"), "{problem}"),
        }
        if let Some(id) = *second.lock().unwrap() {
            self.model.insert(id, self.trees[1 - which].keep());
        }
        if let Some(id) = removed {
            let is_gone = !self.larder.storage.names("snapshots").iter().any(|name| name.name() == id.to_string());
            if is_gone {
                self.model.remove(&id);
            }
        }
    }

    fn remove_one(&mut self) {
        let ids: Vec<_> = self.model.keys().copied().collect();
        if ids.is_empty() {
            return;
        }
        let id = *self.rng.pick(&ids);
        self.tell(format!("rm {}", id.short()));
        let store = self.larder.open();
        remove(&store, &[store.snapshot(id).unwrap()]).unwrap();
        self.model.remove(&id);
    }

    fn collect(&mut self) {
        self.tell("gc");
        gc(&self.larder.open(), &GcOptions::default(), &Unwatched).unwrap();
    }

    fn crashed_gc(&mut self) {
        let (crash, loss) = self.random_crash(16);
        self.tell(format!("gc that crashes: {crash:?}, {loss:?}"));
        let storage = Arc::new(CrashingStorage::new(self.larder.storage.clone(), Some(crash)));
        let store = self.larder.open_on(storage.clone()).unwrap();
        let _ = gc(&store, &GcOptions::default(), &Unwatched);
        if storage.has_crashed() {
            self.larder.storage = storage.survivors(loss);
        }
    }

    fn verify(&self) {
        let store = self.larder.open();
        let story = self.story.join("\n");
        let list = store.snapshots().unwrap();
        assert!(list.damaged.is_empty(), "{story}\n{:?}", list.damaged);
        for (id, tree) in &self.model {
            let info = list.snapshots.iter().find(|info| info.id == *id);
            let info = info.unwrap_or_else(|| panic!("{story}\nsnapshot {} is gone", id.short()));
            let (restored, report) = self.larder.restored(&store, info).unwrap();
            assert_eq!(report.missing, 0, "{story}\nsnapshot {}", id.short());
            assert_same(tree, &restored, Kept::Restored, &format!("{story}\nsnapshot {}", id.short()));
        }
    }

    /// At the end nothing is wrong with the store, and gc, once all runs have expired, keeps what is needed.
    fn end(&mut self) {
        let story = self.story.join("\n");
        self.larder.clock.advance_secs(32 * 24 * 3600);
        self.collect();
        self.collect();
        self.verify();
        let report = check(&self.larder.open(), CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
        // A crash may have lost a forget record together with the machine; nothing else may be amiss.
        let problems: Vec<_> = report.problems.iter().filter(|finding| !finding.item.starts_with("origin ")).collect();
        assert!(problems.is_empty() && report.harmless.is_empty(), "{story}\n{problems:?}\n{:?}", report.harmless);
        assert!(self.larder.storage.names("runs").is_empty(), "{story}");
        assert!(self.larder.storage.names("marks").is_empty(), "{story}");
    }
}
