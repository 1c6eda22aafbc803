//! A storage that asks before each operation which changes something: to stop there, or to let somebody else go first.

use std::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering::SeqCst},
};

use larder_connect::{Durability, ObjectInfo, ObjectName, PackBody, Promises, Put, Sent, Storage};
use larder_dropbox::DropboxStorage;
use larder_model::Result;

pub struct Stepping {
    inner: DropboxStorage,
    next: AtomicU64,
    before: Box<dyn Fn(u64) -> Result<()> + Send + Sync>,
}

impl Stepping {
    /// `before` is told the number of each operation, from 0.
    pub fn new(inner: DropboxStorage, before: impl Fn(u64) -> Result<()> + Send + Sync + 'static) -> Self {
        Self { inner, next: AtomicU64::new(0), before: Box::new(before) }
    }

    fn go<T>(&self, call: impl FnOnce(&DropboxStorage) -> Result<T>) -> Result<T> {
        (self.before)(self.next.fetch_add(1, SeqCst))?;
        call(&self.inner)
    }
}

impl Storage for Stepping {
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

    fn put_pack(&self, name: &ObjectName, body: PackBody, is_lasting: bool) -> Result<Sent> {
        self.go(|inner| inner.put_pack(name, body, is_lasting))
    }

    fn get(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        self.inner.get(name, range)
    }

    fn doubt(&self, name: &ObjectName) -> bool {
        self.inner.doubt(name)
    }

    fn list(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        self.inner.list(folder)
    }

    fn glance(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        self.inner.glance(folder)
    }

    fn known(&self, name: &ObjectName) -> Option<ObjectInfo> {
        self.inner.known(name)
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
