//! A writer and gc on one store at a time: the real code, led through chosen and random interleavings of their storage
//! operations, with puts that others see late. Whatever the order, every snapshot that exists afterwards is whole.
//!
//! The scene is the one in which data could be lost: content of a snapshot that is being removed is just what a running backup
//! needs. The rules that prevent it are in docs/guarantees.md; each was found to be needed by dropping it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{sync::Arc, thread, time::Duration};

use larder_engine::{BackupOptions, CheckLevel, GcOptions, Unwatched, backup, check, gc, remove};
use larder_model::{Problem, SnapshotId};
use larder_testkit::{
    Larder, Rng, SimClock,
    compare::{Kept, assert_same},
    storage::{Actor, Gate, MemoryStorage, Order},
    tree::{Body, MemorySource, MemoryTree, SharedTree, Trouble},
};

/// Before the curtain: `old` holds what `new` is about to need, and is the only snapshot that does.
struct Scene {
    storage: MemoryStorage,
    old: MemoryTree,
    new: MemoryTree,
    first: SnapshotId,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Parent {
    /// The removed snapshot is the writer's parent.
    Removed,
    /// It is another source's, and the writer finds the content by its ids.
    Stranger,
}

const WRITER: usize = 0;
const COLLECTOR: usize = 1;

impl Scene {
    fn new(delay: Duration, parent: Parent) -> (Self, Larder) {
        let clock = SimClock::default();
        let storage = MemoryStorage::delayed(clock.clone(), delay);
        let larder = Larder::with_storage(storage.clone());
        let old = tree(&clock);
        let mut new = old.clone();
        new.write("new", &b"only in the second one"[..]);
        new.trouble("stale", Trouble::Unreadable);
        let source = MemorySource::new(&old.clone().shared());
        let source = if parent == Parent::Stranger { source.named("stranger") } else { source };
        let first = larder.backup_of(&source).unwrap().snapshot.unwrap();
        clock.advance_secs(3600);
        if parent == Parent::Stranger {
            new.remove("stale");
        }
        (Self { storage, old, new, first }, larder)
    }

    /// Lets writer and collector run in the order that `order` gives; returns how many operations each took.
    fn play(&self, larder: &Larder, order: Order, context: &str) -> [usize; 2] {
        let storage = self.storage.fork();
        let clock = larder.clock.clone();
        clock.advance_secs(60);
        let gate = Gate::new(2, order);
        let actors = [WRITER, COLLECTOR].map(|number| Arc::new(Actor::new(&gate, number, storage.client())));
        let [writer, collector] = actors;
        let ended = thread::scope(|scope| {
            let writing = scope.spawn(|| self.write(larder, writer));
            let collecting = scope.spawn(|| self.collect(larder, collector));
            (writing.join().unwrap(), collecting.join().unwrap())
        });
        ended.1.unwrap_or_else(|problem| panic!("{context}: gc: {problem}"));
        clock.advance_secs(3600);
        assert!(ended.0.is_ok(), "{context}: one collector makes nobody fail: {:?}", ended.0);
        let taken = gate.taken();
        let lines: Vec<_> =
            taken.iter().map(|(actor, what)| format!("  {} {what:.30}", ["writer", "gc    "][*actor])).collect();
        self.verify(&larder.on(storage), ended.0, &format!("{context}\n{}\n", lines.join("\n")));
        [WRITER, COLLECTOR].map(|actor| taken.iter().filter(|taken| taken.0 == actor).count())
    }

    fn write(&self, larder: &Larder, storage: Arc<Actor>) -> Result<SnapshotId, Problem> {
        let store = larder.open_on(storage)?;
        let source = MemorySource::new(&self.new.clone().shared());
        Ok(backup(&store, &source, &BackupOptions::default(), &Unwatched)?.snapshot.unwrap())
    }

    fn collect(&self, larder: &Larder, storage: Arc<Actor>) -> Result<(), Problem> {
        let store = larder.open_on(storage)?;
        remove(&store, &[store.snapshot(self.first)?])?;
        gc(&store, &GcOptions::default(), &Unwatched).map(drop)
    }

    fn verify(&self, larder: &Larder, written: Result<SnapshotId, Problem>, context: &str) {
        let store = larder.open();
        match written {
            Ok(id) => {
                let info = store.snapshot(id).unwrap();
                let (restored, report) = larder.restored(&store, &info).unwrap();
                assert_eq!(report.missing, 0, "{context}");
                let mut expected = self.new.clone();
                // What could not be read is the parent's, or, without one that had it, not there.
                if restored.at("stale").is_none() && expected.at("stale").is_some() {
                    expected.remove("stale");
                }
                assert_same(&expected, &restored, Kept::Restored, context);
            }
            // Only one that comes too late for two collectors fails: safe, if not pleasant, and it can be run again.
            Err(problem) => assert!(problem.message().ends_with("refer to, twice"), "{context}: {problem}"),
        }
        let report = check(&store, CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
        assert!(report.problems.is_empty(), "{context}: {:?}", report.problems);
        // And once more, with the store that was left behind.
        let tree: SharedTree = self.old.clone().shared();
        let id = larder.backup(&tree).snapshot.unwrap();
        let (restored, _) = larder.restored(&store, &store.snapshot(id).unwrap()).unwrap();
        assert_same(&self.old, &restored, Kept::Restored, &format!("{context}, and a backup afterwards"));
    }
}

/// Everything that refers to blobs in a way of its own.
fn tree(clock: &SimClock) -> MemoryTree {
    let mut rng = Rng::new(1);
    let mut tree = MemoryTree::new(clock);
    tree.write("small/a", rng.bytes(100));
    tree.write("small/b", rng.bytes(200));
    tree.write("chunk", rng.bytes(4500));
    tree.write("tree", Body::from(rng.bytes(40_000)).with_hole(5000));
    tree.write("stale", rng.bytes(9000));
    tree.set_xattr("small", "user.long", &rng.bytes(900));
    tree.set_xattr("chunk", "user.long", &rng.bytes(901));
    tree
}

/// All schedules in which the writer is interrupted once and the collector at most once: the writer does `i` operations, the
/// collector `j`, then the writer ends, then the collector; and the same with the roles changed. Every `step`th of them.
fn explore(delay: Duration, parent: Parent, step: usize) {
    let (scene, larder) = Scene::new(delay, parent);
    let [writer, collector] = scene.play(&larder, Order::turns([(WRITER, u64::MAX)]), "the writer first");
    println!("{writer} operations of the writer, {collector} of the collector");
    for i in (0..=writer as u64).step_by(step) {
        for j in (0..=collector as u64).step_by(step) {
            for turns in [
                [(WRITER, i), (COLLECTOR, j), (WRITER, u64::MAX)],
                [(COLLECTOR, j), (WRITER, i), (COLLECTOR, u64::MAX)],
            ] {
                let context = format!("{parent:?}, delay {delay:?}, turns {turns:?}");
                scene.play(&larder, Order::turns(turns), &context);
            }
        }
    }
}

#[test]
fn one_interruption_each_when_puts_are_seen_at_once() {
    explore(Duration::ZERO, Parent::Removed, 1);
    explore(Duration::ZERO, Parent::Stranger, 2);
}

#[test]
fn one_interruption_each_when_puts_are_seen_late() {
    explore(Duration::from_secs(30), Parent::Removed, 2);
    explore(Duration::from_secs(30), Parent::Stranger, 3);
}

#[test]
fn random_schedules() {
    for delay in [0, 30] {
        for parent in [Parent::Removed, Parent::Stranger] {
            let (scene, larder) = Scene::new(Duration::from_secs(delay), parent);
            for seed in 0..150 {
                let context = format!("{parent:?}, delay {delay} s, random schedule {seed}");
                scene.play(&larder, Order::Random(Rng::new(seed)), &context);
            }
        }
    }
}

/// Two writers, of one source each, and two collectors, one of which removes the snapshot that both writers could use.
#[test]
fn two_writers_and_two_collectors() {
    for seed in 0..150 {
        let delay = Duration::from_secs(seed % 2 * 30);
        let (scene, larder) = Scene::new(delay, Parent::Removed);
        let gate = Gate::new(4, Order::Random(Rng::new(seed)));
        let actor = |number| Arc::new(Actor::new(&gate, number, scene.storage.client()));
        let (first, second, remover, collector) = (actor(0), actor(1), actor(2), actor(3));
        let trees = ["first", "second"].map(|name| {
            let mut tree = scene.old.clone();
            tree.write(name, name.as_bytes());
            tree
        });
        let take = |storage: Arc<Actor>, tree: &MemoryTree, name: &str| {
            let store = larder.open_on(storage)?;
            let source = MemorySource::new(&tree.clone().shared()).named(name);
            backup(&store, &source, &BackupOptions::default(), &Unwatched)
        };
        let ended = thread::scope(|scope| {
            let writers =
                [scope.spawn(|| take(first, &trees[0], "testkit")), scope.spawn(|| take(second, &trees[1], "another"))];
            let removing = scope.spawn(|| scene.collect(&larder, remover));
            let collecting = scope.spawn(|| {
                let store = larder.open_on(collector)?;
                gc(&store, &GcOptions::default(), &Unwatched).map(drop)
            });
            let ended = writers.map(|writer| writer.join().unwrap());
            removing.join().unwrap().unwrap_or_else(|problem| panic!("seed {seed}: rm and gc: {problem}"));
            collecting.join().unwrap().unwrap_or_else(|problem| panic!("seed {seed}: gc: {problem}"));
            ended
        });
        larder.clock.advance_secs(3600);
        for (ended, tree) in ended.into_iter().zip(&trees) {
            let written = ended.map(|report| report.snapshot.unwrap());
            let scene = Scene { storage: scene.storage.clone(), old: tree.clone(), new: tree.clone(), ..scene };
            scene.verify(&larder, written, &format!("seed {seed}"));
        }
    }
}
