//! Memory stays within its bound whatever the size of files and folders. One test, so that it has a process of its own; the
//! most memory that the process ever had is what Linux says it was.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{io::Write, sync::Arc, time::Instant};

use larder_connect::Source;
use larder_engine::{BackupOptions, BackupReport, Store, Unwatched, backup};
use larder_fs::FsStorage;
use larder_model::{Time, TreePath};
use larder_testkit::{
    Larder, SimClock,
    bulk::BulkSource,
    memory::{assert_peak_below, peak_mib},
    storage::MemoryStorage,
    tree::{Body, Extent, MemoryTree},
};

const MIB: u64 = 1 << 20;

fn take(store: &Store, source: &dyn Source) -> BackupReport {
    // Old enough that no file is too young to be trusted.
    let options = BackupOptions { time: Some(Time::now()), ..BackupOptions::default() };
    backup(store, source, &options, &Unwatched).unwrap()
}

#[test]
fn memory_does_not_grow_with_files_and_folders() {
    a_terabyte_in_one_file();
    a_million_files_in_one_folder();
}

/// Half a gigabyte of data, spread over a terabyte of holes.
fn a_terabyte_in_one_file() {
    let clock = SimClock::default();
    let larder = Larder::with_default_chunks(MemoryStorage::new(clock.clone()));
    let mut body = Body::default();
    let data: Arc<[u8]> = larder_testkit::Rng::new(1).bytes(MIB as usize).into();
    for piece in 0..512 {
        body.push(Extent::Data(data.clone()));
        if piece % 2 == 1 {
            body.push(Extent::Hole((4 << 30) - 2 * MIB));
        }
    }
    let mut tree = MemoryTree::new(&clock);
    tree.write("disk image", body);
    assert_eq!(tree.bytes(), 1 << 40);
    let tree = tree.shared();
    let began = Instant::now();
    let report = larder.backup(&tree);
    assert_eq!(report.totals.bytes, 1 << 40);
    println!("a terabyte: {:?} MiB, {:?}", peak_mib(), began.elapsed());
    assert_peak_below(200, "a file of a terabyte");
    let unchanged = larder.backup(&tree);
    assert_eq!(unchanged.statistics.bytes_read, 0);
    read_some_of_it(&larder);
    assert_peak_below(200, "reading it");
}

/// Reads until enough was seen, as `head` would.
fn read_some_of_it(larder: &Larder) {
    struct Head(u64);
    impl Write for Head {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len() as u64).ok_or(std::io::ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let store = larder.open();
    let tree = store.tree(&store.find_snapshot("latest").unwrap()).unwrap();
    let node = tree.node(&TreePath::new("/memory/place/disk image")).unwrap().unwrap();
    assert!(tree.read(&node, &mut Head(3 << 30)).is_err());
}

fn a_million_files_in_one_folder() {
    const FILES: u32 = 1_000_000;
    let folder = tempfile::tempdir().unwrap();
    let larder = Larder::new();
    let storage = Arc::new(FsStorage::new(folder.path().join("store")));
    larder.create_on(storage.clone()).unwrap();
    let store = larder.open_on(storage).unwrap();
    let began = Instant::now();
    let mut source = BulkSource { files: FILES, changed: None };
    let first = take(&store, &source);
    assert_eq!(first.statistics.files_new, u64::from(FILES));
    println!("a million files: {:?} MiB, {:?}", peak_mib(), began.elapsed());
    let second = take(&store, &source);
    assert_eq!((second.statistics.files_unchanged, second.statistics.packs), (u64::from(FILES), 0));
    println!("again: {:?} MiB, {:?}", peak_mib(), began.elapsed());
    source.changed = Some(FILES / 2);
    let third = take(&store, &source);
    assert_eq!((third.statistics.files_changed, third.statistics.files_new), (1, 0));
    assert!(third.statistics.bytes_stored <= 2 * MIB, "{} bytes for one changed file", third.statistics.bytes_stored);
    let tree = store.tree(&store.snapshot(third.snapshot.unwrap()).unwrap()).unwrap();
    let mut count = 0;
    tree.list(&TreePath::new("/bulk"), &mut |_| {
        count += 1;
        Ok(())
    })
    .unwrap();
    assert_eq!(count, FILES);
    println!("listed: {:?} MiB, {:?}", peak_mib(), began.elapsed());
    assert_peak_below(300, "a million files");
}
