//! Counts calls and bytes. Counts do not wobble where seconds do: tests and `--json` statistics read them.

use std::{
    ops::{Range, Sub},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use larder_model::Result;

use crate::{Durability, ObjectInfo, ObjectName, PackBody, Promises, Put, Sent, Storage};

/// A storage that counts what goes through it.
#[derive(Debug)]
pub struct CountedStorage<S> {
    inner: S,
    cells: Cells,
}

#[derive(Debug, Default)]
struct Cells {
    puts: AtomicU64,
    gets: AtomicU64,
    lists: AtomicU64,
    deletes: AtomicU64,
    barriers: AtomicU64,
    bytes_put: AtomicU64,
    bytes_got: AtomicU64,
}

/// Calls and bytes so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    pub puts: u64,
    pub gets: u64,
    pub lists: u64,
    pub deletes: u64,
    pub barriers: u64,
    pub bytes_put: u64,
    pub bytes_got: u64,
}

/// What came between two looks.
impl Sub for Counts {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            puts: self.puts - before.puts,
            gets: self.gets - before.gets,
            lists: self.lists - before.lists,
            deletes: self.deletes - before.deletes,
            barriers: self.barriers - before.barriers,
            bytes_put: self.bytes_put - before.bytes_put,
            bytes_got: self.bytes_got - before.bytes_got,
        }
    }
}

impl<S: Storage> CountedStorage<S> {
    pub fn new(inner: S) -> Self {
        Self { inner, cells: Cells::default() }
    }

    pub fn counts(&self) -> Counts {
        let cells = &self.cells;
        Counts {
            puts: cells.puts.load(Relaxed),
            gets: cells.gets.load(Relaxed),
            lists: cells.lists.load(Relaxed),
            deletes: cells.deletes.load(Relaxed),
            barriers: cells.barriers.load(Relaxed),
            bytes_put: cells.bytes_put.load(Relaxed),
            bytes_got: cells.bytes_got.load(Relaxed),
        }
    }
}

impl<S: Storage> Storage for CountedStorage<S> {
    fn location(&self) -> String {
        self.inner.location()
    }

    fn promises(&self) -> Promises {
        self.inner.promises()
    }

    fn prepare(&self, folders: &[&str]) -> Result<()> {
        self.inner.prepare(folders)
    }

    fn put(&self, name: &ObjectName, parts: &[&[u8]], durability: Durability) -> Result<Put> {
        self.cells.puts.fetch_add(1, Relaxed);
        self.cells.bytes_put.fetch_add(parts.iter().map(|part| part.len() as u64).sum(), Relaxed);
        self.inner.put(name, parts, durability)
    }

    fn put_batch(&self, objects: &[(ObjectName, Vec<u8>)], durability: Durability) -> Result<()> {
        self.cells.puts.fetch_add(1, Relaxed);
        self.cells.bytes_put.fetch_add(objects.iter().map(|(_, body)| body.len() as u64).sum(), Relaxed);
        self.inner.put_batch(objects, durability)
    }

    fn put_pack(&self, name: &ObjectName, body: PackBody, is_lasting: bool) -> Result<Sent> {
        self.cells.puts.fetch_add(1, Relaxed);
        self.cells.bytes_put.fetch_add(body.len() as u64, Relaxed);
        self.inner.put_pack(name, body, is_lasting)
    }

    fn get(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        self.cells.gets.fetch_add(1, Relaxed);
        let bytes = self.inner.get(name, range)?;
        self.cells.bytes_got.fetch_add(bytes.len() as u64, Relaxed);
        Ok(bytes)
    }

    fn get_lasting(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        self.cells.gets.fetch_add(1, Relaxed);
        let bytes = self.inner.get_lasting(name, range)?;
        self.cells.bytes_got.fetch_add(bytes.len() as u64, Relaxed);
        Ok(bytes)
    }

    fn announce(&self, names: &[ObjectName]) -> Result<()> {
        self.inner.announce(names)
    }

    fn get_batch(&self, names: &[ObjectName], each: &mut dyn FnMut(&ObjectName, Vec<u8>)) -> Result<()> {
        let mut has_come = false;
        let got = self.inner.get_batch(names, &mut |name, bytes| {
            has_come = true;
            self.cells.bytes_got.fetch_add(bytes.len() as u64, Relaxed);
            each(name, bytes);
        });
        self.cells.gets.fetch_add(u64::from(has_come), Relaxed);
        got
    }

    fn doubt(&self, name: &ObjectName) -> bool {
        self.inner.doubt(name)
    }

    fn list(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        self.cells.lists.fetch_add(1, Relaxed);
        self.inner.list(folder)
    }

    fn glance(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        self.cells.lists.fetch_add(1, Relaxed);
        self.inner.glance(folder)
    }

    fn list_each(&self, folder: &str, each: &mut dyn FnMut(ObjectInfo)) -> Result<()> {
        self.cells.lists.fetch_add(1, Relaxed);
        self.inner.list_each(folder, each)
    }

    fn glance_each(&self, folder: &str, each: &mut dyn FnMut(ObjectInfo)) -> Result<()> {
        self.cells.lists.fetch_add(1, Relaxed);
        self.inner.glance_each(folder, each)
    }

    fn known(&self, name: &ObjectName) -> Option<ObjectInfo> {
        self.inner.known(name)
    }

    fn delete(&self, name: &ObjectName) -> Result<()> {
        self.cells.deletes.fetch_add(1, Relaxed);
        self.inner.delete(name)
    }

    fn delete_batch(&self, names: &[ObjectName]) -> Result<()> {
        self.cells.deletes.fetch_add(1, Relaxed);
        self.inner.delete_batch(names)
    }

    fn barrier(&self) -> Result<()> {
        self.cells.barriers.fetch_add(1, Relaxed);
        self.inner.barrier()
    }

    fn adopt(&self, name: &ObjectName) -> Result<()> {
        self.inner.adopt(name)
    }

    fn replace_damaged(&self, name: &ObjectName, parts: &[&[u8]]) -> Result<()> {
        self.cells.puts.fetch_add(1, Relaxed);
        self.inner.replace_damaged(name, parts)
    }

    fn undelete(&self, name: &ObjectName, is_right: &dyn Fn(&ObjectInfo) -> bool) -> Result<bool> {
        self.inner.undelete(name, is_right)
    }

    fn deleted(&self, folder: &str, may_write: bool) -> Result<Vec<ObjectName>> {
        self.inner.deleted(folder, may_write)
    }
}
