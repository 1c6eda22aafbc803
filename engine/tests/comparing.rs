//! Differences a part at a time, histories of paths, and what takes the space: each compared with a plainer way to the same answer.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{collections::BTreeMap, ops::ControlFlow, sync::Arc};

use larder_engine::{
    CheckLevel, History, Presence, Reader, Side, SnapshotInfo, Totals, Tree, Unwatched, check, diff, diff_trees, usage,
};
use larder_model::TreePath;
use larder_testkit::{Larder, Rng, edits, generate, tree::MemoryTree};

const CACHE_LEN: usize = 8 << 20;
const SEEDS: std::ops::Range<u64> = 0..12;

/// A store with some snapshots of one tree, the oldest first.
fn written(seed: u64, count: usize) -> (Larder, Reader, Vec<SnapshotInfo>) {
    let larder = Larder::new();
    let mut rng = Rng::new(seed);
    let tree = generate::tree(&mut rng, &larder.clock, 150).shared();
    for number in 0..600 {
        tree.lock().write(format!("many/file-{number:04}"), format!("{number}").into_bytes());
    }
    for _ in 0..count {
        larder.backup(&tree);
        edits::edit(&mut rng, &mut tree.lock(), 12);
        for _ in 0..20 {
            tree.lock().write(format!("many/file-{:04}", rng.below(700)), rng.bytes(9));
        }
    }
    let reader = Reader::open(Arc::new(larder.open()), CACHE_LEN).unwrap();
    let snapshots = reader.snapshots().unwrap().snapshots;
    (larder, reader, snapshots)
}

type Row = (String, larder_engine::Change);

fn part(
    before: &Tree,
    after: &Tree,
    path: &TreePath,
    from: Option<&TreePath>,
    limit: usize,
) -> (Vec<Row>, Option<TreePath>) {
    let (mut rows, mut last) = (Vec::new(), None);
    let (_, flow) = diff_trees(before, after, path, from, &mut |row| {
        rows.push((row.path.to_string(), row.change));
        last = Some(row.path.clone());
        Ok(if rows.len() == limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })
    .unwrap();
    (rows, last.filter(|_| flow.is_break()))
}

#[test]
fn differences_in_parts_are_all_differences() {
    for seed in SEEDS {
        let (_, reader, snapshots) = written(seed, 2);
        let trees = [reader.tree(&snapshots[0]).unwrap(), reader.tree(&snapshots[1]).unwrap()];
        let mut whole = Vec::new();
        let sides = [Side::Snapshot(&snapshots[0], b"/"), Side::Snapshot(&snapshots[1], b"/")];
        diff(reader.store(), &sides[0], &sides[1], &mut |row| {
            whole.push((row.path.to_string(), row.change));
            Ok(())
        })
        .unwrap();
        assert!(whole.len() > 10, "seed {seed}: {} differences", whole.len());
        for limit in [1, 3, 7, 1000] {
            let (mut rows, mut from) = (Vec::new(), None);
            loop {
                let (some, next) = part(&trees[0], &trees[1], &TreePath::top(), from.as_ref(), limit);
                rows.extend(some);
                from = next;
                if from.is_none() {
                    break;
                }
            }
            assert_eq!(rows, whole, "seed {seed}, {limit} at a time");
        }
    }
}

#[test]
fn a_file_has_one_difference() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write("a", &b"one"[..]);
    larder.backup(&tree);
    tree.lock().write("a", &b"two"[..]);
    larder.backup(&tree);
    let reader = Reader::open(Arc::new(larder.open()), CACHE_LEN).unwrap();
    let snapshots = reader.snapshots().unwrap().snapshots;
    let trees = [reader.tree(&snapshots[0]).unwrap(), reader.tree(&snapshots[1]).unwrap()];
    let path = trees[0].roots()[0].child(b"a");
    let (rows, next) = part(&trees[0], &trees[1], &path, None, 1);
    assert_eq!(rows, [("/".to_owned(), larder_engine::Change::Modified)]);
    assert_eq!(part(&trees[0], &trees[1], &path, next.as_ref(), 1).0, []);
}

/// What a history says has to be what stands there and what a comparison of neighbours says.
#[test]
fn a_history_is_what_its_snapshots_say() {
    for seed in 0..3 {
        let (_, reader, snapshots) = written(seed, 5);
        let trees: Vec<_> = snapshots.iter().map(|snapshot| reader.tree(snapshot).unwrap()).collect();
        let mut paths: Vec<TreePath> = Vec::new();
        for snapshot in &snapshots {
            let tree = reader.tree(snapshot).unwrap();
            tree.walk(&TreePath::top(), &mut |path, _| {
                paths.push(path.clone());
                Ok(())
            })
            .unwrap();
        }
        paths.sort();
        paths.dedup();
        let changes: Vec<BTreeMap<String, larder_engine::Change>> = snapshots
            .windows(2)
            .map(|pair| {
                let trees = [reader.tree(&pair[0]).unwrap(), reader.tree(&pair[1]).unwrap()];
                part(&trees[0], &trees[1], &TreePath::top(), None, usize::MAX).0.into_iter().collect()
            })
            .collect();
        let any = reader.tree(&snapshots[0]).unwrap();
        for path in paths.iter().step_by(5) {
            let mut history = History::new(&any, &snapshots, path.clone());
            for index in (0..snapshots.len()).rev() {
                let (presence, node) = history.row(index).unwrap();
                let stands = |index: usize| trees[index].node(path).ok().flatten();
                let (now, before) = (stands(index), index.checked_sub(1).and_then(stands));
                assert_eq!(node, now, "seed {seed}: {path} in {index}");
                let is_changed = index > 0 && {
                    let below = |other: &String| TreePath::new(other) == *path || path.contains(&TreePath::new(other));
                    let is_folder = now.as_ref().is_some_and(|node| node.entry.is_dir());
                    changes[index - 1]
                        .keys()
                        .any(|other| if is_folder { below(other) } else { *other == path.to_string() })
                };
                let expected = match (before, now) {
                    (None, None) => Presence::Absent,
                    (None, Some(_)) => Presence::Added,
                    (Some(_), None) => Presence::Removed,
                    (Some(_), Some(_)) if is_changed => Presence::Changed,
                    (Some(_), Some(_)) => Presence::Same,
                };
                assert_eq!(presence, expected, "seed {seed}: {path} in {index}");
            }
        }
    }
}

#[test]
fn histories_of_origins_are_apart() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write("a", &b"one"[..]);
    larder.backup(&tree);
    larder.backup_of(&larder_testkit::bulk::BulkSource { files: 3, changed: None }).unwrap();
    larder.backup(&tree);
    let reader = Reader::open(Arc::new(larder.open()), CACHE_LEN).unwrap();
    let snapshots = reader.snapshots().unwrap().snapshots;
    let any = reader.tree(&snapshots[0]).unwrap();
    let mut history = History::new(&any, &snapshots, any.roots()[0].child(b"a"));
    let states: Vec<_> = (0..3).map(|index| history.row(index).unwrap().0).collect();
    assert_eq!(states, [Presence::Added, Presence::Absent, Presence::Same]);
}

#[test]
fn usage_adds_up() {
    for seed in SEEDS {
        let (_, reader, snapshots) = written(seed, 2);
        let trees = [reader.tree(&snapshots[0]).unwrap(), reader.tree(&snapshots[1]).unwrap()];
        let path = trees[1].roots()[0].child(b"many");
        let sum = |tree: &Tree| {
            let mut totals = Totals::default();
            tree.list(&path, &mut |node| {
                totals += node.totals();
                Ok(())
            })
            .unwrap();
            totals
        };
        let whole = usage(&trees[1], &path, Some(&trees[0]), usize::MAX).unwrap();
        assert_eq!((whole.totals, whole.before), (sum(&trees[1]), Some(sum(&trees[0]))), "seed {seed}");
        let size = |row: &larder_engine::UsageRow| row.totals.bytes.max(row.before.map_or(0, |before| before.bytes));
        assert!(whole.rows.windows(2).all(|pair| size(&pair[0]) >= size(&pair[1])), "seed {seed}");
        let some = usage(&trees[1], &path, Some(&trees[0]), 10).unwrap();
        assert_eq!(some.rows, whole.rows[..10], "seed {seed}");
        assert_eq!(some.rest as usize + 10, whole.rows.len());
        let shown: u64 = some.rows.iter().map(|row| row.totals.bytes).sum();
        assert_eq!(shown + some.rest_totals.bytes, whole.totals.bytes);
        assert_eq!(usage(&trees[1], &path, None, 3).unwrap().before, None);
    }
}

#[test]
fn the_last_check_is_known() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write("a", &b"one"[..]);
    larder.backup(&tree);
    let store = larder.open();
    assert_eq!(store.last_check().unwrap(), None);
    check(&store, CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
    larder.clock.advance_secs(60);
    check(&store, CheckLevel::Quick, &Unwatched).unwrap();
    let last = store.last_check().unwrap().unwrap();
    assert_eq!((last.word(), last.problems, last.time.secs), ("quick", 0, larder.clock.now().secs));
}

/// What is stopped for one leaves the store to the others.
#[test]
fn a_store_can_be_had_with_another_interrupt() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write("a", &b"one"[..]);
    larder.backup(&tree);
    let store = larder.open();
    let interrupt = larder_engine::Interrupt::default();
    let other = store.with_interrupt(interrupt.clone());
    interrupt.set();
    let snapshot = store.find_snapshot("latest").unwrap();
    let walk = |store: &larder_engine::Store| store.tree(&snapshot).unwrap().walk(&TreePath::top(), &mut |_, _| Ok(()));
    assert!(walk(&other).is_err());
    assert!(walk(&store).is_ok());
}
