//! A machine that stops at any storage operation, before or after its effect, with what was not yet durable kept, lost, or some
//! of it lost: nothing that was there is damaged, nothing needs a repair, and the next backup goes on.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{collections::BTreeMap, sync::Arc};

use larder_engine::{BackupOptions, CheckLevel, GcOptions, Store, Unwatched, backup, check, gc, remove};
use larder_model::{Result, SnapshotId};
use larder_testkit::{
    Larder, Rng,
    compare::{Kept, assert_same},
    edits, generate,
    storage::{Crash, CrashingStorage, Loss, MemoryStorage, When},
    tree::{MemorySource, MemoryTree, SharedTree},
};

const LOSSES: [Loss; 4] = [Loss::Nothing, Loss::Everything, Loss::Some(1), Loss::Some(2)];

/// The scenario: three states of a tree, and what is done to a store with them.
struct Scenario {
    states: [MemoryTree; 3],
    larder: Larder,
}

/// What the scenario had achieved when it ended.
#[derive(Default)]
struct Achieved {
    /// Snapshots whose backup was reported as done, and which state they are of.
    taken: BTreeMap<SnapshotId, usize>,
    /// Removed, or about to be.
    removed: Option<SnapshotId>,
}

impl Scenario {
    fn new(seed: u64) -> Self {
        let larder = Larder::new();
        let mut rng = Rng::new(seed);
        let mut tree = generate::tree(&mut rng, &larder.clock, 25);
        let states = std::array::from_fn(|_| {
            edits::edit(&mut rng, &mut tree, 5);
            tree.clone()
        });
        Self { states, larder }
    }

    /// Backup, edit, backup, rm, gc, edit, backup. Ends at the first error.
    fn run(&self, storage: &Arc<CrashingStorage>, achieved: &mut Achieved) -> Result<()> {
        let store = self.larder.open_on(storage.clone())?;
        let first = self.take(&store, 0, achieved)?;
        self.take(&store, 1, achieved)?;
        achieved.removed = Some(first);
        remove(&store, &[store.snapshot(first)?])?;
        gc(&store, &GcOptions::default(), &Unwatched)?;
        self.take(&store, 2, achieved).map(drop)
    }

    fn take(&self, store: &Store, state: usize, achieved: &mut Achieved) -> Result<SnapshotId> {
        self.larder.clock.advance_secs(10);
        let source = MemorySource::new(&self.states[state].clone().shared());
        let report = backup(store, &source, &BackupOptions::default(), &Unwatched)?;
        let id = report.snapshot.unwrap();
        achieved.taken.insert(id, state);
        Ok(id)
    }

    /// What must hold on whatever survived.
    fn verify(&self, survivors: MemoryStorage, achieved: &Achieved, context: &str) {
        let larder = self.larder.on(survivors);
        larder.clock.advance_secs(1000);
        let store = larder.open();
        let list = store.snapshots().unwrap();
        assert!(list.damaged.is_empty(), "{context}: {:?}", list.damaged);
        for (id, state) in &achieved.taken {
            let info = list.snapshots.iter().find(|info| info.id == *id);
            assert!(info.is_some() || achieved.removed == Some(*id), "{context}: snapshot {state} is gone");
            if let Some(info) = info {
                let (restored, report) = larder.restored(&store, info).unwrap();
                assert_eq!(report.missing, 0, "{context}: snapshot {state}");
                assert_same(&self.states[*state], &restored, Kept::Restored, &format!("{context}: snapshot {state}"));
            }
        }
        self.go_on(&larder, context);
    }

    /// The next backup needs no repair, gc works, and check finds nothing.
    fn go_on(&self, larder: &Larder, context: &str) {
        let tree: SharedTree = self.states[2].clone().shared();
        let id = larder.backup(&tree).snapshot.unwrap();
        let store = larder.open();
        let report = check(&store, CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
        assert!(report.problems.is_empty(), "{context}: {:?}", report.problems);
        gc(&store, &GcOptions::default(), &Unwatched).unwrap();
        let store = larder.open();
        let (restored, _) = larder.restored(&store, &store.snapshot(id).unwrap()).unwrap();
        assert_same(&self.states[2], &restored, Kept::Restored, &format!("{context}: after gc"));
        let report = check(&store, CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
        assert!(report.problems.is_empty(), "{context}, after gc: {:?}", report.problems);
    }
}

#[test]
fn a_crash_at_any_operation_damages_nothing() {
    let scenario = Scenario::new(1);
    let empty = scenario.larder.storage.fork();
    let whole = Arc::new(CrashingStorage::new(empty.fork(), None));
    let mut achieved = Achieved::default();
    scenario.run(&whole, &mut achieved).unwrap();
    scenario.verify(whole.survivors(Loss::Nothing), &achieved, "no crash");
    let operations = whole.operations();
    println!("{operations} operations");
    assert!(operations > 30, "a scenario with packs, marks and deletions");
    for at in 0..operations {
        for when in [When::Before, When::After] {
            let storage = Arc::new(CrashingStorage::new(empty.fork(), Some(Crash { at, when })));
            let mut achieved = Achieved::default();
            let ended = scenario.run(&storage, &mut achieved);
            assert!(ended.is_err() || storage.has_crashed(), "{at}: the crash was passed by");
            for loss in LOSSES {
                let context = format!("crash at {at} of {operations}, {when:?}, {loss:?}");
                scenario.verify(storage.survivors(loss), &achieved, &context);
            }
        }
    }
}

/// Making the store can be cut short too: it is there or it is not, and when it is not, `create` can be repeated.
#[test]
fn a_crash_while_a_store_is_made_leaves_none_or_a_whole_one() {
    let larder = Larder::new();
    let empty = MemoryStorage::new(larder.clock.clone());
    let counting = Arc::new(CrashingStorage::new(empty.fork(), None));
    larder.create_on(counting.clone()).unwrap();
    for at in 0..counting.operations() {
        for when in [When::Before, When::After] {
            let storage = Arc::new(CrashingStorage::new(empty.fork(), Some(Crash { at, when })));
            assert!(larder.create_on(storage.clone()).is_err());
            for loss in LOSSES {
                let survivors = Arc::new(storage.survivors(loss));
                let is_there = larder.open_on(survivors.clone()).is_ok();
                let made = larder.create_on(survivors.clone());
                assert!(is_there != made.is_ok(), "at {at}, {when:?}, {loss:?}: {:?}", made.err());
                larder.open_on(survivors).unwrap();
            }
        }
    }
}

/// A dozen runs that were stopped, each a little later than the one before, store no byte twice that matters.
#[test]
fn killed_runs_are_adopted() {
    let larder = Larder::new();
    let mut rng = Rng::new(4);
    let tree = MemoryTree::new(&larder.clock).shared();
    for number in 0..120 {
        tree.lock().write(format!("{:02}/{number}", number % 12), rng.bytes(100_000));
    }
    let data = tree.lock().bytes();
    let mut storage = larder.storage.clone();
    for run in 0..12 {
        let crash = Crash { at: 1 + run % 3, when: if run % 2 == 0 { When::After } else { When::Before } };
        let crashing = Arc::new(CrashingStorage::new(storage, Some(crash)));
        larder.clock.advance_secs(10);
        let store = larder.open_on(crashing.clone()).unwrap();
        let ended = backup(&store, &MemorySource::new(&tree), &BackupOptions::default(), &Unwatched);
        assert!(ended.is_err(), "run {run} was to be killed");
        storage = crashing.survivors(Loss::Nothing);
        let stored = storage.total_len();
        assert!(stored * 10 <= data * 16, "after {run} killed runs {stored} bytes hold {data}");
    }
    let larder = larder.on(storage);
    let report = larder.backup(&tree);
    let stored = larder.storage.total_len();
    assert!(stored * 10 <= data * 16, "{stored} bytes hold {data}");
    assert!(report.statistics.bytes_stored < data, "what killed runs stored was taken over");
    let store = larder.open();
    let (restored, _) = larder.restored(&store, &store.find_snapshot("latest").unwrap()).unwrap();
    assert_same(&tree.keep(), &restored, Kept::Restored, "after the killed runs");
    // Their start records stay until they expire; then gc clears all away that nobody needs.
    larder.clock.advance_secs(31 * 24 * 3600);
    gc(&store, &GcOptions::default(), &Unwatched).unwrap();
    assert!(larder.storage.names("runs").is_empty());
    let stored = larder.storage.total_len();
    assert!(stored * 10 <= data * 12, "after gc {stored} bytes hold {data}");
}
