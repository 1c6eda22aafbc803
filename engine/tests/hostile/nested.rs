//! Folders in folders: more paths than anybody can walk, and deeper than any stack.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use larder_engine::{CheckLevel, GcOptions, RestoreOptions, SnapshotInfo, Unwatched, check, gc, restore};
use larder_fs::{FsTarget, TargetOptions};
use larder_testkit::{Larder, hostile::folder, memory::assert_peak_below, tree::MemoryTarget};

use super::{PEAK_MIB, builds::named, written};

/// Folders that hold themselves twice, over and over: few pages, more paths than anybody can walk.
#[test]
fn what_repeats_itself_is_looked_at_once() {
    let (larder, _) = written(|writer| {
        let mut page = named(writer, b"a");
        for _ in 0..60 {
            page = writer.leaf(&[folder("a", page), folder("b", page)]);
        }
        page
    });
    let began = Instant::now();
    check(&larder.open(), CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
    gc(&larder.open(), &GcOptions::default(), &Unwatched).unwrap();
    assert!(began.elapsed() < Duration::from_secs(20));
    assert_peak_below(PEAK_MIB, "folders that hold themselves");
}

/// 10,000 folders, each in the one before: a path of 20 kB at the bottom.
fn deep() -> (Larder, SnapshotInfo) {
    written(|writer| {
        let mut page = named(writer, b"a");
        for _ in 0..10_000 {
            page = writer.leaf(&[folder("d", page)]);
        }
        page
    })
}

#[test]
fn folders_nested_absurdly_deep_overflow_no_stack() {
    let (larder, info) = deep();
    let store = larder.open();
    check(&store, CheckLevel::Structure, &Unwatched).unwrap();
    gc(&store, &GcOptions::default(), &Unwatched).unwrap();
    // A rehearsal takes what the restore itself does, without a target that holds anything.
    let target = MemoryTarget::empty(&larder.clock);
    let options = RestoreOptions { dry_run: true, ..RestoreOptions::default() };
    let report = restore(&store, &info, None, &target, &options, &Unwatched).unwrap();
    assert_eq!((report.missing, report.files, report.folders), (0, 1, 10_000));
    assert_peak_below(PEAK_MIB, "deep folders");
}

#[test]
fn folders_nested_absurdly_deep_are_restored_within_bounds() {
    let (larder, info) = deep();
    larder_fs::raise_open_files_limit().unwrap();
    let place = tempfile::tempdir().unwrap();
    let target = FsTarget::new(place.path(), TargetOptions::default());
    let report = restore(&larder.open(), &info, None, &target, &RestoreOptions::default(), &Unwatched).unwrap();
    println!("{:?} MiB", larder_testkit::memory::peak_mib());
    // No program takes a path of this length at once, and the standard library runs out of handles: this is for `rm`.
    let removed = Command::new("rm").arg("-rf").arg(place.path().join("d")).status();
    assert_eq!((report.missing, report.files, report.folders), (0, 1, 10_000));
    assert!(removed.is_ok_and(|status| status.success()));
    assert_peak_below(PEAK_MIB, "deep folders");
}
