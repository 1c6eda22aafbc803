//! The ways in which a backup beside gc would lose data, one by one: for each rule of the protocol the order of events in which that
//! rule alone saves the snapshot. Which test fails without which rule is in docs/guarantees.md, found by dropping them in turn.
//!
//! The scene is always the same: one pack holds what a snapshot that is being removed needs, and a backup that has found it there.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{sync::Arc, thread, time::Duration};

use larder_engine::{BackupOptions, CheckLevel, GcOptions, Unwatched, backup, check, gc, remove};
use larder_model::{Result, SnapshotId};
use larder_testkit::{
    Larder, Rng, SimClock,
    compare::{Kept, assert_same},
    storage::{Actor, Gate, MemoryStorage, Order},
    tree::{MemorySource, MemoryTree},
};

const WRITER: usize = 0;
const COLLECTOR: usize = 1;

/// How long puts stay invisible to others, where they do.
const DELAY: Duration = Duration::from_secs(30);

fn source(clock: &SimClock, identity: &str, has_own: bool) -> (MemorySource, MemoryTree) {
    let mut tree = MemoryTree::new(clock);
    tree.write("shared", Rng::new(1).bytes(20_000));
    if has_own {
        tree.write("own", Rng::new(2).bytes(5000));
    }
    (MemorySource::new(&tree.clone().shared()).named(identity), tree)
}

/// Plays the scenes, then lets the writer and then the collector go on to their ends. The backup must be whole.
fn play<const N: usize>(delay: Duration, scenes: [(usize, Option<&'static str>); N]) {
    let clock = SimClock::default();
    let storage = MemoryStorage::delayed(clock.clone(), delay);
    let larder = Larder::with_storage(storage.clone());
    let old = larder.backup_of(&source(&clock, "stranger", false).0).unwrap().snapshot.unwrap();
    // Nothing of that run is left that a first look would have to wait for.
    gc(&larder.open(), &GcOptions::default(), &Unwatched).unwrap();
    clock.advance_secs(3600);
    let gate = Gate::new(2, Order::scenes(scenes));
    let [writer, collector] = [WRITER, COLLECTOR].map(|number| Arc::new(Actor::new(&gate, number, storage.client())));
    let (source, tree) = source(&clock, "testkit", true);
    let written = thread::scope(|scope| {
        let writing = scope.spawn(|| write(&larder, writer, &source));
        let collecting = scope.spawn(|| collect(&larder, collector, old));
        collecting.join().unwrap().unwrap();
        writing.join().unwrap()
    });
    assert!(gate.missed().is_empty(), "nobody came to {:?}", gate.missed());
    clock.advance_secs(3600);
    let store = larder.open();
    let info = store.snapshot(written.unwrap()).unwrap();
    let (restored, report) = larder.restored(&store, &info).unwrap();
    let taken = gate.taken();
    let lines: Vec<_> =
        taken.iter().map(|(actor, what)| format!("  {} {what:.30}", ["writer", "gc    "][*actor])).collect();
    let context = format!("\n{}\n", lines.join("\n"));
    assert_eq!(report.missing, 0, "data is lost: {context}");
    assert_same(&tree, &restored, Kept::Restored, &context);
    let report = check(&store, CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
    assert!(report.problems.is_empty(), "{:?}: {context}", report.problems);
}

fn write(larder: &Larder, storage: Arc<Actor>, source: &MemorySource) -> Result<SnapshotId> {
    let store = larder.open_on(storage)?;
    Ok(backup(&store, source, &BackupOptions::default(), &Unwatched)?.snapshot.unwrap())
}

fn collect(larder: &Larder, storage: Arc<Actor>, old: SnapshotId) -> Result<()> {
    let store = larder.open_on(storage)?;
    remove(&store, &[store.snapshot(old)?])?;
    gc(&store, &GcOptions::default(), &Unwatched).map(drop)
}

/// The writer has looked at the marks for the last time and not yet put its snapshot: only its intent tells.
#[test]
fn the_intent_tells_of_a_snapshot_that_is_about_to_be() {
    play(Duration::ZERO, [(WRITER, Some("put snapshots/")), (COLLECTOR, None)]);
}

/// Both look before the other's object has become visible.
#[test]
fn waiting_makes_both_see_each_other() {
    play(DELAY, [(WRITER, Some("put snapshots/")), (COLLECTOR, None)]);
}

/// Everything is over before the writer looks: only the marks that stayed tell it that its index is out of date.
#[test]
fn tombstones_tell_of_packs_that_are_gone() {
    play(Duration::ZERO, [(WRITER, Some(".intent")), (COLLECTOR, None)]);
}

/// gc has looked for intents for the last time before the writer puts one: the writer must look after that.
#[test]
fn the_last_look_comes_after_the_intent() {
    play(Duration::ZERO, [(WRITER, Some(".intent")), (COLLECTOR, Some("delete packs/"))]);
}

/// The writer has ended, and its snapshot is not visible yet: only the intent is.
#[test]
fn only_gc_removes_intents() {
    play(
        DELAY,
        [
            (WRITER, Some("put snapshots/")),
            (COLLECTOR, Some("put marks/")),
            (COLLECTOR, Some("list marks")),
            (WRITER, None),
        ],
    );
}

/// gc has begun to trace before the writer's intent, and marks after the writer's last look: the second look finds the intent.
#[test]
fn gc_looks_again_after_it_has_marked() {
    play(
        Duration::ZERO,
        [
            (WRITER, Some(".intent")),
            (COLLECTOR, Some("put marks/")),
            (WRITER, Some("put snapshots/")),
            (COLLECTOR, None),
        ],
    );
}
