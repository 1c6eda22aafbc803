//! Tries again what may pass: faults that the connector itself called passing, with growing pauses.

use std::{ops::Range, thread, time::Duration};

use larder_model::{Result, Retry};

use crate::{Durability, ObjectInfo, ObjectName, PackBody, Promises, Put, Sent, Storage};

const PAUSE_FIRST: Duration = Duration::from_millis(200);

/// A storage that repeats calls which failed with an error that advises it. Every call of [`Storage`] may be repeated: puts are
/// create-if-absent with comparison, deletes are idempotent.
#[derive(Debug)]
pub struct RetryStorage<S> {
    inner: S,
    retries_max: u32,
}

impl<S: Storage> RetryStorage<S> {
    pub fn new(inner: S, retries_max: u32) -> Self {
        Self { inner, retries_max }
    }

    fn retry<T>(&self, mut call: impl FnMut(&S) -> Result<T>) -> Result<T> {
        let mut pause = PAUSE_FIRST;
        for _ in 0..self.retries_max {
            match call(&self.inner) {
                Err(problem) if problem.retry_advice() != Retry::Never => {
                    thread::sleep(if let Retry::After(wait) = problem.retry_advice() { wait } else { pause });
                    pause *= 2;
                }
                done => return done,
            }
        }
        call(&self.inner)
    }
}

impl<S: Storage> Storage for RetryStorage<S> {
    fn location(&self) -> String {
        self.inner.location()
    }

    fn promises(&self) -> Promises {
        self.inner.promises()
    }

    fn prepare(&self, folders: &[&str]) -> Result<()> {
        self.retry(|inner| inner.prepare(folders))
    }

    fn put(&self, name: &ObjectName, parts: &[&[u8]], durability: Durability) -> Result<Put> {
        self.retry(|inner| inner.put(name, parts, durability))
    }

    fn put_batch(&self, objects: &[(ObjectName, Vec<u8>)], durability: Durability) -> Result<()> {
        self.retry(|inner| inner.put_batch(objects, durability))
    }

    /// The bytes are given away at the first try, so a second one needs a copy.
    fn put_pack(&self, name: &ObjectName, body: PackBody, is_lasting: bool) -> Result<Sent> {
        self.retry(|inner| inner.put_pack(name, body.clone(), is_lasting))
    }

    fn get(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        self.retry(|inner| inner.get(name, range.clone()))
    }

    fn get_lasting(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        self.retry(|inner| inner.get_lasting(name, range.clone()))
    }

    fn announce(&self, names: &[ObjectName]) -> Result<()> {
        self.retry(|inner| inner.announce(names))
    }

    fn get_batch(&self, names: &[ObjectName], each: &mut dyn FnMut(&ObjectName, Vec<u8>)) -> Result<()> {
        self.retry(|inner| inner.get_batch(names, &mut *each))
    }

    fn doubt(&self, name: &ObjectName) -> bool {
        self.inner.doubt(name)
    }

    fn list(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        self.retry(|inner| inner.list(folder))
    }

    fn glance(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        self.retry(|inner| inner.glance(folder))
    }

    fn known(&self, name: &ObjectName) -> Option<ObjectInfo> {
        self.inner.known(name)
    }

    fn delete(&self, name: &ObjectName) -> Result<()> {
        self.retry(|inner| inner.delete(name))
    }

    fn delete_batch(&self, names: &[ObjectName]) -> Result<()> {
        self.retry(|inner| inner.delete_batch(names))
    }

    fn barrier(&self) -> Result<()> {
        self.retry(|inner| inner.barrier())
    }

    fn adopt(&self, name: &ObjectName) -> Result<()> {
        self.retry(|inner| inner.adopt(name))
    }

    fn replace_damaged(&self, name: &ObjectName, parts: &[&[u8]]) -> Result<()> {
        self.retry(|inner| inner.replace_damaged(name, parts))
    }

    fn undelete(&self, name: &ObjectName, is_right: &dyn Fn(&ObjectInfo) -> bool) -> Result<bool> {
        self.retry(|inner| inner.undelete(name, is_right))
    }

    fn deleted(&self, folder: &str, may_write: bool) -> Result<Vec<ObjectName>> {
        self.retry(|inner| inner.deleted(folder, may_write))
    }
}
