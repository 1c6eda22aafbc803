//! What durability costs, counted.

use larder_connect::{Durability, ObjectName, Put, Storage};
use larder_fs::FsStorage;

fn put(storage: &FsStorage, object: &str, len: usize, durability: Durability) -> Put {
    storage.put(&ObjectName::parse(object).unwrap(), &[&vec![7; len]], durability).unwrap()
}

fn store() -> (tempfile::TempDir, FsStorage) {
    let folder = tempfile::tempdir().unwrap();
    let storage = FsStorage::new(folder.path());
    storage.prepare(&["packs", "index", "snapshots", "runs"]).unwrap();
    // As the first run finds it: in a process of its own.
    let storage = FsStorage::new(folder.path());
    (folder, storage)
}

#[test]
fn an_unchanged_run_costs_three_syncs_at_most() {
    let (_folder, storage) = store();
    put(&storage, "runs/start", 500, Durability::Advisory);
    storage.barrier().unwrap();
    put(&storage, "runs/intent", 500, Durability::Advisory);
    storage.barrier().unwrap();
    assert_eq!(storage.syncs(), 0, "nothing is waited for that may be lost");
    put(&storage, "snapshots/second", 4096, Durability::Barrier);
    storage.barrier().unwrap();
    assert!((1..=3).contains(&storage.syncs()), "{}", storage.syncs());
}

#[test]
fn a_run_of_many_packs_costs_eight_syncs_more_than_packs_at_most() {
    const PACKS: u64 = 40;
    let (_folder, storage) = store();
    put(&storage, "runs/start", 500, Durability::Advisory);
    for pack in 0..PACKS {
        put(&storage, &format!("packs/{pack}"), 2 << 20, Durability::Barrier);
    }
    storage.barrier().unwrap();
    put(&storage, "index/run", 100_000, Durability::Barrier);
    put(&storage, "runs/intent", 500, Durability::Advisory);
    storage.barrier().unwrap();
    put(&storage, "snapshots/second", 4096, Durability::Barrier);
    storage.barrier().unwrap();
    let syncs = storage.syncs();
    assert!((PACKS + 3..=PACKS + 8).contains(&syncs), "{syncs}");
}

#[test]
fn an_empty_barrier_costs_nothing() {
    let (_folder, storage) = store();
    for _ in 0..3 {
        storage.barrier().unwrap();
    }
    assert_eq!(storage.syncs(), 0);
}

#[test]
fn an_object_of_another_writer_is_synced_too() {
    let (folder, storage) = store();
    let other = FsStorage::new(folder.path());
    put(&other, "packs/same", 2 << 20, Durability::Advisory);
    assert_eq!(put(&storage, "packs/same", 2 << 20, Durability::Barrier), Put::Existed);
    storage.barrier().unwrap();
    assert!(storage.syncs() >= 2, "the object and its folder");
}

#[test]
fn an_adopted_object_is_synced() {
    let (folder, storage) = store();
    put(&FsStorage::new(folder.path()), "packs/killed", 2 << 20, Durability::Barrier);
    storage.adopt(&ObjectName::parse("packs/killed").unwrap()).unwrap();
    storage.barrier().unwrap();
    assert_eq!(storage.syncs(), 2, "the object and its folder");
    assert!(storage.adopt(&ObjectName::parse("packs/none").unwrap()).is_err());
}

#[test]
fn a_new_folder_is_made_durable_with_what_is_put_there() {
    let (_folder, storage) = store();
    put(&storage, "marks/a", 10, Durability::Barrier);
    storage.barrier().unwrap();
    assert_eq!(storage.syncs(), 3, "the object, its folder, and the store's folder");
    put(&storage, "marks/b", 10, Durability::Barrier);
    storage.barrier().unwrap();
    assert_eq!(storage.syncs(), 5);
}
