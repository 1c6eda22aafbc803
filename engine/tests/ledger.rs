//! What cannot be taken as it was: unreadable, vanished, changed while it was read, carried over. Each has its row in the
//! ledger, and a listing that is not whole never makes a whole snapshot.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use larder_engine::{BackupReport, Completeness, SnapshotInfo, Store};
use larder_model::{Class, Flags, Kind, Skip, TreePath};
use larder_testkit::{
    Larder, Rng,
    tree::{MemorySource, MemoryTree, SharedTree, Trouble},
};

struct Taken {
    store: Store,
    info: SnapshotInfo,
    report: BackupReport,
    rows: Vec<Skip>,
}

fn take(larder: &Larder, tree: &SharedTree) -> Taken {
    let report = larder.backup(tree);
    let store = larder.open();
    let info = store.snapshot(report.snapshot.unwrap()).unwrap();
    let mut rows = Vec::new();
    store
        .ledger(&info, &mut |row| {
            rows.push(row);
            Ok(())
        })
        .unwrap();
    assert_eq!(report.missing, rows.iter().filter(|row| row.class == Class::Missing).count() as u64);
    assert_eq!(info.record.ledger_rows(), (report.missing, report.notes));
    Taken { store, info, report, rows }
}

impl Taken {
    fn flags(&self, path: &str) -> Option<Flags> {
        let tree = self.store.tree(&self.info).unwrap();
        let node = tree.node(&TreePath::new("/memory/place").joined(path)).ok()?;
        Some(node.unwrap().entry.meta.flags)
    }

    fn content(&self, path: &str) -> Vec<u8> {
        let tree = self.store.tree(&self.info).unwrap();
        let node = tree.node(&TreePath::new("/memory/place").joined(path)).unwrap().unwrap();
        let mut body = Vec::new();
        tree.read(&node, &mut body).unwrap();
        body
    }

    /// Path, reason and tag of the only row.
    #[track_caller]
    fn only_row(&self, class: Class, path: &str, reason: &str) -> &Skip {
        assert_eq!(self.rows.len(), 1, "{:?}", self.rows);
        let row = &self.rows[0];
        assert_eq!(row.path, TreePath::new("/memory/place").joined(path));
        assert_eq!((row.class, row.reason.as_str()), (class, reason), "{}", row.message);
        row
    }
}

fn some_files() -> (Larder, SharedTree) {
    let larder = Larder::new();
    let mut tree = MemoryTree::new(&larder.clock);
    for (path, len) in [("small", 100), ("folder/other", 200), ("folder/large", 40_000)] {
        tree.write(path, Rng::new(len as u64).bytes(len));
    }
    (larder, tree.shared())
}

#[test]
fn what_cannot_be_read_is_missing() {
    for path in ["small", "folder/large"] {
        let (larder, tree) = some_files();
        tree.lock().trouble(path, Trouble::Unreadable);
        let taken = take(&larder, &tree);
        assert_eq!(taken.only_row(Class::Missing, path, "unreadable").tag.as_deref(), Some("EACCES"));
        assert_eq!(taken.info.record.completeness(), Completeness::ItemsMissing);
        assert_eq!(taken.flags(path), None, "nothing stands where nothing could be read");
        tree.lock().trouble(path, None);
        let taken = take(&larder, &tree);
        assert_eq!((taken.rows.len(), taken.info.record.completeness()), (0, Completeness::Complete));
        assert!(taken.flags(path).is_some());
    }
}

#[test]
fn an_older_version_is_carried_over() {
    for (path, trouble) in
        [("small", Trouble::Unreadable), ("folder/large", Trouble::BreaksOff(10_000)), ("small", Trouble::Undescribed)]
    {
        let (larder, tree) = some_files();
        take(&larder, &tree);
        let before = tree.lock().at(path).unwrap().body.to_bytes();
        tree.lock().write(path, &b"newer, and not to be read"[..]);
        tree.lock().trouble(path, trouble);
        // Twice: what is stale stays so, and is tried again each time.
        for _ in 0..2 {
            let taken = take(&larder, &tree);
            if trouble == Trouble::BreaksOff(10_000) {
                break; // It is too short by now for reading to break off.
            }
            taken.only_row(Class::Missing, path, "stale");
            assert!(taken.flags(path).unwrap().has(Flags::STALE), "{path}, {trouble:?}");
            assert_eq!(taken.content(path), before);
        }
        tree.lock().trouble(path, None);
        let taken = take(&larder, &tree);
        assert!(taken.rows.is_empty(), "{:?}", taken.rows);
        assert_eq!(taken.content(path), b"newer, and not to be read");
        assert!(!taken.flags(path).unwrap().has(Flags::STALE));
    }
}

#[test]
fn a_file_whose_reading_breaks_off_is_missing() {
    let (larder, tree) = some_files();
    tree.lock().trouble("folder/large", Trouble::BreaksOff(10_000));
    let taken = take(&larder, &tree);
    assert_eq!(taken.only_row(Class::Missing, "folder/large", "unreadable").tag.as_deref(), Some("EIO"));
    assert_eq!(taken.flags("folder/large"), None, "half a file is none");
}

/// The chunks that others had in hand when it broke off are there for files that have the same.
#[test]
fn one_that_breaks_off_while_threads_help_with_it_takes_nothing_from_others() {
    for seed in 0..10 {
        let (mut larder, tree) = some_files();
        larder.threads = 4;
        let noise = Rng::new(seed).bytes(2 << 20);
        let after = (seed + 1) * 180_000;
        for path in ["broken", "whole"] {
            tree.lock().write(path, noise.clone());
        }
        tree.lock().trouble("broken", Trouble::BreaksOff(after));
        let taken = take(&larder, &tree);
        taken.only_row(Class::Missing, "broken", "unreadable");
        assert!(taken.content("whole") == noise, "{after}");
    }
}

#[test]
fn a_folder_that_cannot_be_listed_makes_the_snapshot_partial() {
    for trouble in [Trouble::Unreadable, Trouble::BreaksOff(0)] {
        let (larder, tree) = some_files();
        tree.lock().trouble("folder", trouble);
        let taken = take(&larder, &tree);
        taken.only_row(Class::Missing, "folder", "unreadable");
        assert_eq!(taken.info.record.completeness(), Completeness::Partial);
        assert!(taken.flags("folder").unwrap().has(Flags::PARTIAL));
        assert_eq!(taken.flags("folder/other"), None);
        tree.lock().trouble("folder", None);
        let taken = take(&larder, &tree);
        assert_eq!(taken.info.record.completeness(), Completeness::Complete);
        assert!(!taken.flags("folder").unwrap().has(Flags::PARTIAL));
        assert!(taken.flags("folder/other").is_some());
    }
}

#[test]
fn a_folder_that_cannot_be_listed_any_more_is_carried_over() {
    let (larder, tree) = some_files();
    let whole = take(&larder, &tree);
    tree.lock().trouble("folder", Trouble::Unreadable);
    let taken = take(&larder, &tree);
    taken.only_row(Class::Missing, "folder", "stale");
    assert_eq!(taken.info.record.completeness(), Completeness::Partial);
    let flags = taken.flags("folder").unwrap();
    assert!(flags.has(Flags::PARTIAL) && flags.has(Flags::STALE));
    assert_eq!(taken.content("folder/large"), whole.content("folder/large"));
    assert_eq!(taken.info.record.totals(), whole.info.record.totals());
}

#[test]
fn what_vanishes_is_noted() {
    let (larder, tree) = some_files();
    tree.lock().trouble("folder/other", Trouble::Vanishes);
    let taken = take(&larder, &tree);
    taken.only_row(Class::Note, "folder/other", "vanished");
    assert_eq!(taken.info.record.completeness(), Completeness::Complete);
    assert_eq!(taken.flags("folder/other"), None);
}

#[test]
fn a_file_that_changes_is_read_again_twice_at_most() {
    for (times, settles) in [(1, true), (2, true), (3, false), (10, false)] {
        for path in ["small", "folder/large"] {
            let (larder, tree) = some_files();
            let before = tree.lock().at(path).unwrap().body.to_bytes();
            tree.lock().trouble(path, Trouble::Changes(times));
            let taken = take(&larder, &tree);
            let body = taken.content(path);
            assert!(body.starts_with(&before), "{path}");
            if settles {
                assert!(taken.rows.is_empty(), "{:?}", taken.rows);
                assert_eq!(body, tree.lock().at(path).unwrap().body.to_bytes(), "{path} after {times} changes");
            } else {
                taken.only_row(Class::Note, path, "changed");
                assert!(taken.flags(path).unwrap().has(Flags::CHANGED));
                assert_eq!(taken.info.record.completeness(), Completeness::Complete);
                let read = taken.report.statistics.bytes_read;
                assert!(read < 5 * (before.len() as u64 + 100) + 41_000, "{read} bytes are more than three readings");
            }
            // Whatever it was, it is read once more, and then it is right.
            tree.lock().trouble(path, None);
            let taken = take(&larder, &tree);
            assert!(taken.rows.is_empty());
            assert_eq!(taken.content(path), tree.lock().at(path).unwrap().body.to_bytes(), "{path}");
        }
    }
}

/// A file that was changed in the moment before it was read may change again without its times telling.
#[test]
fn a_racy_file_is_read_again_next_time() {
    let (larder, tree) = some_files();
    take(&larder, &tree);
    let inode = tree.lock().lookup(&TreePath::new("small")).unwrap();
    let source = MemorySource::new(&tree);
    let backup = || {
        let options = larder_engine::BackupOptions::default();
        let report = larder_engine::backup(&larder.open(), &source, &options, &larder_engine::Unwatched).unwrap();
        larder.open().snapshot(report.snapshot.unwrap()).unwrap()
    };
    tree.lock().write("small", &b"one"[..]);
    let times = tree.lock().get(inode).map(|found| (found.meta.mtime, found.meta.ctime)).unwrap();
    backup();
    // The same size and the same times: only reading can tell.
    tree.lock().write("small", &b"two"[..]);
    tree.lock().edit(inode, |found| (found.meta.mtime, found.meta.ctime) = times);
    larder.clock.advance_secs(60);
    let taken = take(&larder, &tree);
    assert_eq!(taken.content("small"), b"two");
    assert_eq!(take(&larder, &tree).report.statistics.bytes_read, 0, "once it is old, it need not be read any more");
}

#[test]
fn attributes_that_cannot_be_read_are_noted() {
    let (larder, tree) = some_files();
    tree.lock().add("empty", Kind::Directory);
    tree.lock().trouble("empty", Trouble::NoDetails);
    let taken = take(&larder, &tree);
    taken.only_row(Class::Note, "empty", "attributes");
    assert_eq!(taken.info.record.completeness(), Completeness::Complete);
    assert!(taken.flags("empty").is_some());
}

/// A ledger far longer than a record has room for.
#[test]
fn a_long_ledger_comes_back_whole() {
    let (larder, tree) = some_files();
    for number in 0..20_000 {
        tree.lock().write(format!("private/{number:05}"), &b"x"[..]);
        tree.lock().trouble(format!("private/{number:05}"), Trouble::Unreadable);
    }
    let taken = take(&larder, &tree);
    assert_eq!(taken.rows.len(), 20_000);
    assert!(taken.rows.is_sorted_by(|a, b| a.path < b.path));
    assert_eq!(taken.rows[123].path, TreePath::new("/memory/place/private/00123"));
}
