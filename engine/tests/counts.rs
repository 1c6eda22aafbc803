//! What does not wobble: allocations, calls and bytes. Each bound is what the engine needs today and little more; one that is exceeded
//! says that a change made every user's backup dearer.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{ops::Range, sync::Arc};

use larder_connect::{CountedStorage, Counts, ObjectName, PackBody, Storage};
use larder_engine::{BackupOptions, CheckLevel, Unwatched, backup, check};
use larder_fs::FsStorage;
use larder_testkit::{
    Larder, Rng,
    storage::MemoryStorage,
    tree::{MemorySource, MemoryTree, SharedTree},
};

const MIB: usize = 1 << 20;

/// One file of noise.
fn noise(larder: &Larder, mib: usize) -> SharedTree {
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write("noise", Rng::new(7).bytes(mib * MIB));
    tree
}

/// Many files of noise, each of them a blob.
fn files(larder: &Larder, count: usize) -> SharedTree {
    files_of(larder, count, 40 << 10)
}

fn files_of(larder: &Larder, count: usize, len: usize) -> SharedTree {
    let (tree, mut rng) = (MemoryTree::new(&larder.clock).shared(), Rng::new(9));
    for number in 0..count {
        tree.lock().write(format!("{:02}/{number}", number % 10), rng.bytes(len));
    }
    tree
}

/// Allocations on the thread that does the work, and blobs that were stored. With small chunks, so that what a pack needs is little
/// beside what its blobs would.
fn allocations(tree: impl Fn(&Larder) -> SharedTree) -> (u64, u64) {
    let larder = Larder::new();
    let source = tree(&larder);
    let mut blobs = 0;
    let counted = allocation_counter::measure(|| blobs = larder.backup(&source).statistics.blobs_new);
    (counted.count_total, blobs)
}

#[test]
fn a_chunk_of_a_large_file_allocates_nothing() {
    let (few, many) = (allocations(|it| noise(it, 16)), allocations(|it| noise(it, 48)));
    let (more, blobs) = (many.0.saturating_sub(few.0), many.1 - few.1);
    println!("{more} allocations for {blobs} chunks");
    assert!(blobs > 1_000, "{blobs}");
    assert!(more * 8 <= blobs, "{more} allocations for {blobs} chunks");
}

#[test]
fn a_file_allocates_little() {
    let (few, many) = (allocations(|it| files(it, 200)), allocations(|it| files(it, 1_200)));
    let more = (many.0 - few.0) / 1_000;
    println!("{more} allocations a file");
    assert!(more <= 15, "{more} allocations a file");
}

/// Set D of the benchmark is made of such.
#[test]
fn a_tiny_file_allocates_less() {
    let (few, many) = (allocations(|it| files_of(it, 200, 900)), allocations(|it| files_of(it, 1_200, 900)));
    let more = (many.0 - few.0) / 1_000;
    println!("{more} allocations a file");
    assert!(more <= 4, "{more} allocations a file");
}

/// Each begins where the one before it ends, in the frame that both are compressed in, or at the front of the next one: not in a buffer
/// that is copied from.
#[test]
fn a_small_file_is_read_to_where_it_is_compressed() {
    // Also those that are joined.
    for (count, len) in [(400, 40 << 10), (5_000, 900)] {
        let larder = Larder::with_default_chunks(MemoryStorage::default());
        let tree = files_of(&larder, count, len);
        tree.lock().reads = Some(Vec::new());
        larder.backup(&tree);
        let reads = tree.lock().reads.take().unwrap();
        let follows = |pair: &&[Range<usize>]| pair[0].end == pair[1].start;
        let fronts: Vec<usize> = reads.windows(2).filter(|pair| !follows(pair)).map(|pair| pair[1].start).collect();
        println!("{} reads, {fronts:?}", reads.len());
        assert_eq!(reads.len(), count);
        // Frames of two mebibytes are filled in the same memory, from its front.
        assert_eq!(fronts, vec![reads[0].start; count * len / (2 * MIB)]);
    }
}

#[test]
fn an_unchanged_backup_waits_for_the_disk_twice() {
    let folder = tempfile::tempdir().unwrap();
    let larder = Larder::new();
    let storage = || Arc::new(FsStorage::new(folder.path().join("store")));
    larder.create_on(storage()).unwrap();
    let tree = files(&larder, 100);
    let syncs = || {
        let storage = storage();
        let store = larder.open_on(storage.clone()).unwrap();
        backup(&store, &MemorySource::new(&tree), &BackupOptions::default(), &Unwatched).unwrap();
        storage.syncs()
    };
    assert!(syncs() > 2);
    assert_eq!(syncs(), 2, "the snapshot and its folder");
}

/// Packs of content are built where a disk can be written from, whether their memory is new or was another's before, and whoever fills
/// them: copying them into the page cache costs as much as all else about noise.
#[test]
fn the_bulk_of_a_store_goes_past_the_page_cache() {
    let folder = tempfile::tempdir().unwrap();
    let probe = FsStorage::new(folder.path());
    let memory = vec![0; 2 * MIB];
    let page = memory.as_ptr().align_offset(4096);
    probe.put_pack(&ObjectName::new("packs", "probe"), PackBody::new(memory, page), false).unwrap();
    if probe.bytes_uncached() == 0 {
        println!("skipped: the file system of {} has no such way", folder.path().display());
        return;
    }
    for threads in [1, 4] {
        let larder = Larder { threads, ..Larder::new() };
        let storage = Arc::new(FsStorage::new(folder.path().join(threads.to_string())));
        larder.create_on(storage.clone()).unwrap();
        let (store, tree) = (larder.open_on(storage.clone()).unwrap(), noise(&larder, 64));
        backup(&store, &MemorySource::new(&tree), &BackupOptions::default(), &Unwatched).unwrap();
        let mib = storage.bytes_uncached() >> 20;
        println!("{mib} MiB with {threads} threads");
        // The last pack may be too short to be worth it.
        assert!(mib >= 60, "{mib} MiB with {threads} threads");
    }
}

/// What `work` asks of the storage.
fn asked(storage: &CountedStorage<MemoryStorage>, work: impl FnOnce()) -> Counts {
    let before = storage.counts();
    work();
    storage.counts() - before
}

#[test]
fn calls_and_bytes_stay_within_their_bounds() {
    let larder = Larder::with_default_chunks(MemoryStorage::default());
    let storage = Arc::new(CountedStorage::new(larder.storage.clone()));
    let tree = noise(&larder, 64);
    let open = || larder.open_on(storage.clone()).unwrap();
    let run = || {
        backup(&open(), &MemorySource::new(&tree), &BackupOptions::default(), &Unwatched).unwrap();
    };
    let first = asked(&storage, run);
    println!("first: {first:?}");
    // Packs of 15 to 18 MiB, four or five as keys will have it, and one of pages; two index runs, start record, intent, snapshot. The padding
    // of a pack is half a mebibyte at most.
    assert!(first.puts <= 11, "{first:?}");
    assert!(first.bytes_put <= 64 * MIB as u64 * 104 / 100, "{first:?}");
    assert!(first.barriers <= 4, "{first:?}");
    let again = asked(&storage, run);
    println!("again: {again:?}");
    assert!(again.puts <= 3 && again.bytes_put <= 1 << 10, "{again:?}");
    let read = asked(&storage, || {
        assert!(check(&open(), CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap().problems.is_empty());
    });
    println!("check: {read:?}");
    assert!(read.bytes_got <= first.bytes_put * 104 / 100, "every byte is read once: {read:?}");
}

/// Noise that a worker has met says nothing about what comes after it: hexadecimal digits take half a byte each, in large files and in small ones.
#[test]
fn what_compresses_is_stored_in_fewer_bytes_whatever_stood_before_it() {
    let larder = Larder::with_default_chunks(MemoryStorage::default());
    let storage = Arc::new(CountedStorage::new(larder.storage.clone()));
    let mut rng = Rng::new(5);
    let tree = MemoryTree::new(&larder.clock).shared();
    let mut digits = |len: usize| rng.bytes(len / 2).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    for number in 0..3 {
        tree.lock().write(format!("{number}/digits"), digits(8 * MIB).into_bytes());
        tree.lock().write(format!("{number}/noise"), Rng::new(number).bytes(4 * MIB));
        for small in 0..200 {
            tree.lock().write(format!("{number}/small/{small}"), digits(20 << 10).into_bytes());
        }
    }
    let first = asked(&storage, || {
        let store = larder.open_on(storage.clone()).unwrap();
        backup(&store, &MemorySource::new(&tree), &BackupOptions::default(), &Unwatched).unwrap();
    });
    println!("first: {first:?}");
    let (noise, digits) = (3 * 4 * MIB, 3 * (8 * MIB + 200 * (20 << 10)));
    assert!(first.bytes_put <= (noise + digits * 6 / 10) as u64 * 104 / 100, "{first:?}");
}
