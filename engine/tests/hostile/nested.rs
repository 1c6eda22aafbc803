//! Folders in folders: more paths than anybody can walk, and deeper than any stack.

use std::time::{Duration, Instant};

use larder_engine::{CheckLevel, GcOptions, Unwatched, check, gc};
use larder_testkit::{hostile::folder, memory::assert_peak_below};

use super::{PEAK_MIB, builds::named, written};

/// Paths of 10,000 folders, each 20 kB long at the bottom, are held by the target in memory and by what compares it.
const DEEP_PEAK_MIB: u64 = 500;

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

#[test]
fn folders_nested_absurdly_deep_overflow_no_stack() {
    let (larder, info) = written(|writer| {
        let mut page = named(writer, b"a");
        for _ in 0..10_000 {
            page = writer.leaf(&[folder("d", page)]);
        }
        page
    });
    let store = larder.open();
    let (restored, report) = larder.restored(&store, &info).unwrap();
    assert_eq!((report.missing, restored.walk().len()), (0, 10_001));
    check(&store, CheckLevel::Structure, &Unwatched).unwrap();
    gc(&store, &GcOptions::default(), &Unwatched).unwrap();
    assert_peak_below(DEEP_PEAK_MIB, "deep folders");
}
