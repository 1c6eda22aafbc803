//! Snapshots that no honest writer makes. Whatever they say: nothing is written outside the place that was named, nothing
//! panics, memory stays bounded, and what is wrong is an error or a missing item.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod builds;
mod looking;
mod nested;
mod restoring;

use larder_engine::Totals;
use larder_model::{Problem, ProblemKind};
use larder_testkit::{Larder, hostile::HostileWriter};

use builds::Build;

/// What a test may take, the bomb of 16 MiB that it makes and the caches included. Nothing that a snapshot says may make it more.
const PEAK_MIB: u64 = 100;
fn written(build: Build) -> (Larder, larder_engine::SnapshotInfo) {
    let larder = Larder::new();
    let mut writer = HostileWriter::new(&larder);
    let root = build(&mut writer);
    let id = writer.finish(root, Totals { files: u64::MAX, folders: u64::MAX, bytes: u64::MAX });
    let info = larder.open().snapshot(id).unwrap();
    (larder, info)
}

fn assert_damage(problem: &Problem, what: &str) {
    let known = matches!(problem.kind(), ProblemKind::Damaged | ProblemKind::Unsupported);
    assert!(known, "{what}: {:?}: {problem}", problem.kind());
}
