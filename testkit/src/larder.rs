//! A store for a test, made and opened in a moment: its slot is a key file, which needs no slow hashing, and its chunks are
//! small, so that small files exercise what large ones do.

use std::{collections::HashMap, sync::Arc};

use larder_connect::{ObjectName, Source, Storage, Target};
use larder_engine::{
    BackupOptions, BackupReport, Interrupt, RestoreOptions, RestoreReport, Settings, SnapshotInfo, Store, Unlock,
    Unwatched, backup, restore,
};
use larder_format::{
    chunker::{Method, Sizes},
    config::Config,
    container::{self, ObjectKind, Suite},
    keys::{EpochKeys, Identity},
    ring::Ring,
    slot::{OpenSlot, Slot},
};
use larder_model::{Kind, Result, TreePath};
use minicbor::Encoder;

use crate::{
    SimClock,
    storage::MemoryStorage,
    tree::{Body, MemorySource, MemoryTarget, MemoryTree, SharedTree},
};

/// Chunks of 1 to 7 KiB.
pub const SMALL_CHUNKS: Sizes = Sizes { min: 1 << 10, bits: 12, max: 7 << 10 };
const PACK_LEN: u32 = 1 << 20;
const KEY_FILE: &[u8] = b"a key file for tests, which holds no secret at all";

/// A store in memory, its clock and its key. What is opened through it has one worker thread, unless told otherwise.
#[derive(Clone)]
pub struct Larder {
    pub storage: MemoryStorage,
    pub clock: SimClock,
    pub interrupt: Interrupt,
    pub threads: usize,
}

impl Default for Larder {
    fn default() -> Self {
        Self::new()
    }
}

impl Larder {
    /// A store with small chunks.
    pub fn new() -> Self {
        Self::with_storage(MemoryStorage::new(SimClock::default()))
    }

    /// A store with small chunks in an empty storage.
    pub fn with_storage(storage: MemoryStorage) -> Self {
        let larder = Self::with_default_chunks(storage);
        larder.shrink_chunks();
        larder
    }

    /// A store as `create` makes it, in an empty storage.
    pub fn with_default_chunks(storage: MemoryStorage) -> Self {
        let larder = Self { clock: storage.clock().clone(), storage, interrupt: Interrupt::default(), threads: 1 };
        larder.create_on(Arc::new(larder.storage.clone())).unwrap();
        larder
    }

    /// The same store, as a copy of its storage has it.
    pub fn on(&self, storage: MemoryStorage) -> Self {
        Self { storage, ..self.clone() }
    }

    pub fn settings(&self) -> Settings {
        Settings {
            threads: self.threads,
            memory: Settings::MEMORY_DEFAULT,
            clock: self.clock.for_engine(),
            host: "testkit".to_owned(),
            process: 1,
            program: "testkit".to_owned(),
            interrupt: self.interrupt.clone(),
            own_runs: None,
        }
    }

    pub fn unlock() -> Unlock {
        Unlock::key_file(KEY_FILE.to_vec())
    }

    pub fn create_on(&self, storage: Arc<dyn Storage>) -> Result<Store> {
        Store::create(storage, &Self::unlock(), "test", None, self.settings())
    }

    pub fn open(&self) -> Store {
        self.open_on(Arc::new(self.storage.clone())).unwrap()
    }

    /// Opens the store through another storage, which leads to the same objects.
    pub fn open_on(&self, storage: Arc<dyn Storage>) -> Result<Store> {
        Store::open(storage, &mut |_| Ok(Self::unlock()), self.settings())
    }

    /// A snapshot of a tree, taken ten seconds later, when nothing in it is too young to be trusted.
    pub fn backup(&self, tree: &SharedTree) -> BackupReport {
        self.backup_of(&MemorySource::new(tree)).unwrap()
    }

    pub fn backup_of(&self, source: &dyn Source) -> Result<BackupReport> {
        self.clock.advance_secs(10);
        backup(&self.open(), source, &BackupOptions::default(), &Unwatched)
    }

    /// What a restore of all of a snapshot makes in an empty tree.
    pub fn restored(&self, store: &Store, snapshot: &SnapshotInfo) -> Result<(MemoryTree, RestoreReport)> {
        let target = MemoryTarget::empty(&self.clock);
        let report = self.restore_to(store, snapshot, &target)?;
        Ok((target.tree().keep(), report))
    }

    pub fn restore_to(&self, store: &Store, snapshot: &SnapshotInfo, target: &dyn Target) -> Result<RestoreReport> {
        restore(store, snapshot, None, target, &RestoreOptions::default(), &Unwatched)
    }

    /// What listing and reading a snapshot shows. Long extended attributes are left out.
    pub fn listed(&self, store: &Store, snapshot: &SnapshotInfo) -> Result<MemoryTree> {
        let tree = store.tree(snapshot)?;
        let root = tree.roots()[0].clone();
        let mut out = MemoryTree::new(&self.clock);
        let mut found = Vec::new();
        tree.walk(&root, &mut |path, node| {
            found.push((TreePath::new(&path.as_bytes()[root.as_bytes().len()..]), node.clone()));
            Ok(())
        })?;
        let mut originals = HashMap::new();
        for (path, node) in &found {
            let meta = node.entry.meta.clone();
            if let Some(link) = meta.link
                && let Some(original) = originals.insert(link, path.clone())
            {
                out.add_link(path.as_bytes(), original.as_bytes());
                continue;
            }
            let inode = out.add(path.as_bytes(), node.entry.kind);
            let mut body = Vec::new();
            if node.entry.kind == Kind::File {
                tree.read(node, &mut body)?;
            }
            out.set_body(inode, Body::from(body));
        }
        for (path, node) in found {
            let inode = out.lookup(&path).unwrap();
            out.edit(inode, |inode| inode.meta = node.entry.meta);
        }
        Ok(out)
    }

    /// The store's secrets, for tests that write what the engine would not.
    pub fn keys(&self) -> (Identity, EpochKeys) {
        Self::keys_of(&self.storage)
    }

    /// The secrets of any store that was made with [`Larder::unlock`].
    pub fn keys_of(storage: &dyn Storage) -> (Identity, EpochKeys) {
        let object = |name: &str| storage.get(&ObjectName::parse(name).unwrap(), None).unwrap();
        let slot: OpenSlot = Slot::from_object(&object("keys/slot-00000001-0")).unwrap().open(&Self::unlock()).unwrap();
        let identity = Identity::new(slot.identity.clone());
        let ring = Ring::from_object(&object("keys/ring-00000000-00000000-0"), &identity).unwrap();
        (identity, ring.open(&slot).unwrap())
    }

    /// Writes the config once more, with small chunks and packs.
    fn shrink_chunks(&self) {
        let (identity, _) = self.keys();
        for name in self.storage.names("config") {
            let config = Config::from_object(&self.storage.body(&name).unwrap(), &identity).unwrap();
            self.storage.overwrite(&name, small_config(&config, &identity));
        }
    }
}

/// The config object of docs/format.md §5, by hand.
fn small_config(config: &Config, identity: &Identity) -> Vec<u8> {
    let mut map = Encoder::new(Vec::new());
    map.map(12).unwrap();
    map.u8(0).unwrap().u32(config.generation).unwrap();
    map.u8(1).unwrap().bytes(&config.store().0).unwrap();
    map.u8(2).unwrap().u32(0).unwrap();
    map.u8(3).unwrap().i64(config.created).unwrap();
    for features in 5..8 {
        map.u8(features).unwrap().array(0).unwrap();
    }
    let Sizes { min, bits, max } = SMALL_CHUNKS;
    for (key, value) in (8..).zip([Method::default().id(), min, bits, max, PACK_LEN]) {
        map.u8(key).unwrap().u32(value).unwrap();
    }
    let mut body = map.into_writer();
    let key = identity.secret().derive("larder v0 config mac", &[]);
    let mac = blake3::keyed_hash(key.expose(), &body);
    body.extend_from_slice(mac.as_bytes());
    container::wrap(ObjectKind::Config, Suite::Plain, 0, &body).0
}
