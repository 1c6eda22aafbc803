//! A storage on which each call costs: the rows of a large folder are counted by few of them, and are the same.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{ops::Range, sync::Arc};

use larder_connect::{CountedStorage, Durability, ObjectInfo, ObjectName, Promises, Put, Storage};
use larder_engine::Reader;
use larder_model::Result;
use larder_testkit::{Larder, SimClock, storage::MemoryStorage, tree::MemoryTree};

const ENTRIES: u64 = 240_000;

struct Far(MemoryStorage);

impl Storage for Far {
    fn location(&self) -> String {
        self.0.location()
    }
    fn promises(&self) -> Promises {
        Promises { pack_len: 32 << 20, ..self.0.promises() }
    }
    fn prepare(&self, folders: &[&str]) -> Result<()> {
        self.0.prepare(folders)
    }
    fn put(&self, name: &ObjectName, parts: &[&[u8]], durability: Durability) -> Result<Put> {
        self.0.put(name, parts, durability)
    }
    fn get(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        self.0.get(name, range)
    }
    fn list(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        self.0.list(folder)
    }
    fn delete(&self, name: &ObjectName) -> Result<()> {
        self.0.delete(name)
    }
    fn barrier(&self) -> Result<()> {
        self.0.barrier()
    }
    fn replace_damaged(&self, name: &ObjectName, parts: &[&[u8]]) -> Result<()> {
        self.0.replace_damaged(name, parts)
    }
}

/// Calls for counting the rows of the newest snapshot's root.
fn calls(larder: &Larder, storage: impl Storage + 'static) -> u64 {
    let counted = Arc::new(CountedStorage::new(storage));
    let store = Arc::new(larder.open_on(counted.clone()).unwrap());
    let reader = Reader::open(store.clone(), 24 << 20).unwrap();
    let tree = reader.tree(&store.find_snapshot("latest").unwrap()).unwrap();
    let folder = tree.folder(&tree.roots()[0]).unwrap();
    let before = counted.counts().gets;
    assert_eq!(folder.rows().unwrap(), ENTRIES);
    let gets = counted.counts().gets - before;
    let page = folder.page_at(23_456, 2).unwrap();
    assert_eq!(&*page.nodes[1].entry.name, b"entry 023457");
    gets
}

#[test]
fn rows_of_a_mixed_folder_are_counted_by_few_calls() {
    let larder = Larder::with_default_chunks(MemoryStorage::new(SimClock::default()));
    let mut tree = MemoryTree::new(&larder.clock);
    for number in 0..ENTRIES {
        match number % 50 {
            0 => drop(tree.write(format!("entry {number:06}/below"), Vec::new())),
            _ => drop(tree.write(format!("entry {number:06}"), Vec::new())),
        }
    }
    larder.backup(&tree.shared());
    let (near, far) = (calls(&larder, larder.storage.clone()), calls(&larder, Far(larder.storage.clone())));
    println!("{near} calls near, {far} far");
    assert!(far < near, "{near} calls near, {far} far");
    assert!(far <= 5, "{far} calls");
}
