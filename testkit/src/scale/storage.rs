//! A storage that shows packs which are not there.

use std::ops::Range;

use larder_connect::{Durability, ObjectInfo, ObjectName, PackBody, Promises, Put, Sent, Storage};
use larder_model::Result;

use super::Claims;

/// Lists the claimed packs beside the real ones of `inner`. Who reads a claimed pack is told that it is not there.
#[derive(Debug)]
pub struct ClaimedStorage<S> {
    inner: S,
    claims: Claims,
}

impl<S: Storage> ClaimedStorage<S> {
    pub fn new(inner: S, claims: Claims) -> Self {
        Self { inner, claims }
    }
}

impl<S: Storage> Storage for ClaimedStorage<S> {
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
        self.inner.put(name, parts, durability)
    }

    fn put_pack(&self, name: &ObjectName, body: PackBody, is_lasting: bool) -> Result<Sent> {
        self.inner.put_pack(name, body, is_lasting)
    }

    fn get(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        self.inner.get(name, range)
    }

    fn get_into(&self, name: &ObjectName, start: u64, bytes: &mut [u8]) -> Result<()> {
        self.inner.get_into(name, start, bytes)
    }

    fn list(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        let mut listed = Vec::new();
        self.list_each(folder, &mut |info| listed.push(info))?;
        Ok(listed)
    }

    fn list_each(&self, folder: &str, each: &mut dyn FnMut(ObjectInfo)) -> Result<()> {
        self.inner.list_each(folder, each)?;
        if folder == "packs" {
            self.claims.listed().for_each(each);
        }
        Ok(())
    }

    fn glance_each(&self, folder: &str, each: &mut dyn FnMut(ObjectInfo)) -> Result<()> {
        self.list_each(folder, each)
    }

    fn delete(&self, name: &ObjectName) -> Result<()> {
        self.inner.delete(name)
    }

    fn barrier(&self) -> Result<()> {
        self.inner.barrier()
    }

    fn adopt(&self, name: &ObjectName) -> Result<()> {
        self.inner.adopt(name)
    }

    fn replace_damaged(&self, name: &ObjectName, parts: &[&[u8]]) -> Result<()> {
        self.inner.replace_damaged(name, parts)
    }
}
