//! Snapshots that the storage has lost: told of until somebody takes note of it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use larder_connect::ObjectName;
use larder_engine::{CheckLevel, Unwatched, accept_lost, check};
use larder_model::{ProblemKind, SnapshotId};
use larder_testkit::{Larder, Rng, generate};

/// A store with three snapshots of one tree.
fn scene() -> (Larder, [SnapshotId; 3]) {
    let larder = Larder::new();
    let tree = generate::tree(&mut Rng::new(1), &larder.clock, 10).shared();
    let taken = std::array::from_fn(|_| larder.backup(&tree).snapshot.unwrap());
    (larder, taken)
}

fn name(id: SnapshotId) -> ObjectName {
    ObjectName::new("snapshots", id)
}

fn problems(larder: &Larder) -> usize {
    check(&larder.open(), CheckLevel::Quick, &Unwatched).unwrap().problems.len()
}

#[test]
fn what_somebody_took_note_of_is_told_no_more() {
    let (larder, [first, second, third]) = scene();
    larder.storage.lose(&name(second));
    assert_eq!(problems(&larder), 1);
    let store = larder.open();
    let origin = store.snapshot(first).unwrap().record.origin();
    assert_eq!(accept_lost(&store).unwrap(), [(origin, 2)]);
    assert_eq!(problems(&larder), 0);
    assert!(accept_lost(&store).unwrap().is_empty(), "it is noted once");
    larder.storage.lose(&name(first));
    assert_eq!(problems(&larder), 1, "the next loss is told again");
    assert!(store.snapshot(third).is_ok());
}

#[test]
fn a_damaged_snapshot_is_not_lost() {
    let (larder, [_, second, _]) = scene();
    larder.storage.overwrite(&name(second), vec![0; 100]);
    let problem = accept_lost(&larder.open()).unwrap_err();
    assert!(problem.is(ProblemKind::Damaged), "{problem}");
    assert!(larder.storage.names("records").is_empty());
}
