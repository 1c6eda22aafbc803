//! What a large store costs, in counts: opening, look-ups, an unchanged backup, a folder's listing. The store is one of names and sizes
//! (`testkit/src/scale.rs`), small enough for every run of the tests; `cargo xtask bench scale` takes the same to 1 PB (docs/scale.md).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use larder_connect::{CountedStorage, Counts, Source, Storage};
use larder_engine::{BackupOptions, BackupReport, Reader, Store, Unwatched, backup};
use larder_testkit::{
    Larder,
    scale::{ClaimedStorage, Claims, MadeUpFiles},
    storage::MemoryStorage,
    tree::{MemorySource, MemoryTree},
};

const FILES: MadeUpFiles = MadeUpFiles { files: 20_000 };
/// Together more blocks than the cache of the index holds.
const CLAIMS: Claims = Claims { blobs: 600_000, blobs_a_run: 20_000 };
const BLOCKS_A_RUN: u64 = 11;
/// Those of the claims, and one of each kind of the backup of the files.
const RUNS: u64 = 32;
/// What is read of a run to find its tail.
const TAIL_WINDOW: u64 = 256 << 10;
/// Config, keys, start records, snapshots and what else every command looks at.
const CALLS_OF_EACH: u64 = 24;

struct Scaled {
    larder: Larder,
    storage: Arc<CountedStorage<ClaimedStorage<MemoryStorage>>>,
}

impl Scaled {
    fn new(claims: Claims) -> Self {
        let larder = Larder::with_default_chunks(MemoryStorage::default());
        larder.backup_of(&FILES).unwrap();
        let (identity, keys) = larder.keys();
        claims.put_index(&larder.storage, &identity, &keys).unwrap();
        let storage = Arc::new(CountedStorage::new(ClaimedStorage::new(larder.storage.clone(), claims)));
        Self { larder, storage }
    }

    fn open(&self) -> Store {
        self.larder.open_on(self.storage.clone()).unwrap()
    }

    fn backup(&self, source: &dyn Source) -> BackupReport {
        self.larder.clock.advance_secs(10);
        backup(&self.open(), source, &BackupOptions::default(), &Unwatched).unwrap()
    }

    /// A file for each body.
    fn backup_bodies(&self, bodies: &mut dyn Iterator<Item = Vec<u8>>) -> BackupReport {
        let tree = MemoryTree::new(&self.larder.clock).shared();
        for (number, body) in bodies.enumerate() {
            tree.lock().write(format!("{number:06}"), body);
        }
        self.backup(&MemorySource::new(&tree))
    }

    /// What `work` asks of the storage.
    fn asked(&self, work: impl FnOnce()) -> Counts {
        let before = self.storage.counts();
        work();
        self.storage.counts() - before
    }
}

#[test]
fn calls_and_bytes_follow_the_work() {
    let scaled = Scaled::new(CLAIMS);
    let pages: u64 = scaled.larder.storage.list("packs").unwrap().iter().map(|info| info.size).sum();

    let open = scaled.asked(|| drop(Reader::open(Arc::new(scaled.open()), 1 << 20).unwrap()));
    println!("open: {open:?}");
    assert!(open.gets <= RUNS * 2 + CALLS_OF_EACH && open.lists <= 8, "{open:?}");
    assert!(open.bytes_got <= RUNS * (TAIL_WINDOW + 64) + (32 << 10), "{open:?}");

    let folder = scaled.asked(|| {
        let store = scaled.open();
        let tree = store.tree(&store.snapshots().unwrap().snapshots[0]).unwrap();
        let mut seen = 0;
        let mut each = |_| {
            seen += 1;
            Ok(())
        };
        tree.list(&FILES.folder_of(FILES.files / 2), &mut each).unwrap();
        assert_eq!(seen, 100);
    });
    println!("folder: {folder:?}");
    // A page for each level of the path, and the block of the index that tells where it is.
    assert!(folder.gets <= open.gets + 16, "{folder:?}");

    let again = scaled.asked(|| assert_eq!(scaled.backup(&FILES).statistics.files_unchanged, FILES.files));
    println!("again: {again:?}");
    assert!(again.puts <= 3 && again.bytes_put <= 4 << 10, "{again:?}");
    assert!(again.gets <= open.gets + CALLS_OF_EACH + pages / (256 << 10), "{again:?}");
    assert!(again.bytes_got <= open.bytes_got + pages + (128 << 10), "every page is read once: {again:?}");
}

#[test]
fn looking_for_many_blobs_does_not_ask_every_run_for_each() {
    let (scaled, count) = (Scaled::new(CLAIMS), 500);
    // Each run is asked as often as it has blocks, but 16 times at least, and is then read once as a whole.
    let learning = RUNS * (16 + BLOCKS_A_RUN);
    let others = RUNS * 2 + CALLS_OF_EACH;

    let blobs_new = |bodies: &mut dyn Iterator<Item = Vec<u8>>| scaled.backup_bodies(bodies).statistics.blobs_new;
    // Beside the bodies, some pages.
    let missed = scaled.asked(|| {
        let new = blobs_new(&mut CLAIMS.unknown(count));
        assert!((count..count + 40).contains(&new), "{new} new blobs");
    });
    println!("misses: {missed:?}");
    assert!(missed.gets <= others + learning + count / 5, "{missed:?}");

    let found = scaled.asked(|| assert!(blobs_new(&mut CLAIMS.known(count)) < 40));
    println!("hits: {found:?}");
    assert!(found.gets <= others + learning + count + count / 5, "{found:?}");
}

#[test]
fn an_unchanged_backup_takes_little_memory_for_each_pack() {
    let peak = |claims: Claims| {
        let scaled = Scaled::new(claims);
        let mut files = 0;
        let counted = allocation_counter::measure(|| files = scaled.backup(&FILES).statistics.files_unchanged);
        assert_eq!(files, FILES.files);
        counted.bytes_max
    };
    let few = Claims { blobs: 20_000, blobs_a_run: 20_000 };
    let each = (peak(CLAIMS) - peak(few)) / (CLAIMS.packs() - few.packs());
    println!("{each} bytes for each pack");
    // A row, and the pack among those that are known and those that are listed; and of each run's tail the blocks.
    assert!(each <= 128, "{each} bytes for each pack");
}
