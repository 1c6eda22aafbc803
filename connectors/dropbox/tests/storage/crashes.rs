//! A machine that stops at every operation on a store in Dropbox: what is there is whole, and the next run goes on.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use larder_connect::{Durability, ObjectInfo, ObjectName, Promises, Put, Sent, Storage};
use larder_dropbox::DropboxStorage;
use larder_engine::{CheckLevel, GcOptions, Unwatched, check, gc};
use larder_model::{Problem, Result};

use super::kit::{FOLDER, Place, back_up, content, tree};

/// A storage that stops for good before its n-th operation.
struct Stopping {
    inner: DropboxStorage,
    left: AtomicU64,
}

impl Stopping {
    fn go<T>(&self, call: impl FnOnce(&DropboxStorage) -> Result<T>) -> Result<T> {
        let is_alive = self.left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok();
        if is_alive { call(&self.inner) } else { Err(Problem::failed("the machine has stopped")) }
    }
}

impl Storage for Stopping {
    fn location(&self) -> String {
        self.inner.location()
    }

    fn promises(&self) -> Promises {
        self.inner.promises()
    }

    fn prepare(&self, folders: &[&str]) -> Result<()> {
        self.go(|inner| inner.prepare(folders))
    }

    fn put(&self, name: &ObjectName, parts: &[&[u8]], durability: Durability) -> Result<Put> {
        self.go(|inner| inner.put(name, parts, durability))
    }

    fn put_pack(&self, name: &ObjectName, body: Vec<u8>, is_lasting: bool) -> Result<Sent> {
        self.go(|inner| inner.put_pack(name, body, is_lasting))
    }

    fn get(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        self.inner.get(name, range)
    }

    fn list(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        self.inner.list(folder)
    }

    fn glance(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        self.inner.glance(folder)
    }

    fn delete(&self, name: &ObjectName) -> Result<()> {
        self.go(|inner| inner.delete(name))
    }

    fn barrier(&self) -> Result<()> {
        self.go(|inner| inner.barrier())
    }

    fn replace_damaged(&self, name: &ObjectName, parts: &[&[u8]]) -> Result<()> {
        self.go(|inner| inner.replace_damaged(name, parts))
    }
}

#[test]
fn a_stop_at_every_operation_costs_nothing_that_was_there() {
    let (mut stop, mut ended) = (0, false);
    while !ended {
        let place = Place::new();
        let tree = tree(7, 12);
        place.create();
        back_up(&place.open(), &tree).unwrap();
        let first = place.open().find_snapshot("latest").unwrap().id.to_string();
        let before = content(&place.open(), &first).unwrap();
        tree.lock().write("second", vec![9; 400_000]);
        let storage = Stopping { inner: place.storage(FOLDER), left: AtomicU64::new(stop) };
        ended = place.open_on(Arc::new(storage)).and_then(|store| back_up(&store, &tree)).is_ok();
        let store = place.open();
        assert_eq!(content(&store, &first).unwrap(), before, "stop {stop}");
        let report = check(&store, CheckLevel::Structure, &Unwatched).unwrap();
        assert!(report.problems.is_empty(), "stop {stop}: {:?}", report.problems);
        back_up(&place.open(), &tree).unwrap();
        let store = place.open();
        assert!(content(&store, "latest").unwrap().values().any(|body| body.len() == 400_000), "stop {stop}");
        for level in [CheckLevel::Quick, CheckLevel::Data { share: 1.0 }] {
            let report = check(&store, level, &Unwatched).unwrap();
            assert!(report.problems.is_empty(), "stop {stop}: {:?}", report.problems);
        }
        gc(&place.open(), &GcOptions::default(), &Unwatched).unwrap();
        assert_eq!(content(&place.open(), &first).unwrap(), before, "stop {stop}, after gc");
        place.has_kept_the_rules();
        stop += 1;
        assert!(stop < 60, "the backup never ends");
    }
    println!("{stop} stops");
    assert!(stop > 8);
}
