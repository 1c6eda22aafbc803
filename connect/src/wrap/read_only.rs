//! Refuses everything that would change a storage.

use std::ops::Range;

use larder_model::{Problem, ProblemKind, Result};

use crate::{Durability, ObjectInfo, ObjectName, PackBody, Promises, Put, Sent, Storage};

/// A storage that can only be read.
#[derive(Debug)]
pub struct ReadOnlyStorage<S>(pub S);

impl<S: Storage> ReadOnlyStorage<S> {
    fn refuse<T>(&self) -> Result<T> {
        Err(Problem::new(ProblemKind::Denied, format!("{} is open for reading only", self.0.location())))
    }
}

impl<S: Storage> Storage for ReadOnlyStorage<S> {
    fn location(&self) -> String {
        self.0.location()
    }

    fn promises(&self) -> Promises {
        self.0.promises()
    }

    fn prepare(&self, _folders: &[&str]) -> Result<()> {
        self.refuse()
    }

    fn put(&self, _: &ObjectName, _: &[&[u8]], _: Durability) -> Result<Put> {
        self.refuse()
    }

    fn put_pack(&self, _: &ObjectName, _: PackBody, _: bool) -> Result<Sent> {
        self.refuse()
    }

    fn get(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        self.0.get(name, range)
    }

    fn get_lasting(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        self.0.get_lasting(name, range)
    }

    fn announce(&self, names: &[ObjectName]) -> Result<()> {
        self.0.announce(names)
    }

    fn get_batch(&self, names: &[ObjectName], each: &mut dyn FnMut(&ObjectName, Vec<u8>)) -> Result<()> {
        self.0.get_batch(names, each)
    }

    fn doubt(&self, name: &ObjectName) -> bool {
        self.0.doubt(name)
    }

    fn list(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        self.0.list(folder)
    }

    fn glance(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        self.0.glance(folder)
    }

    fn list_each(&self, folder: &str, each: &mut dyn FnMut(ObjectInfo)) -> Result<()> {
        self.0.list_each(folder, each)
    }

    fn glance_each(&self, folder: &str, each: &mut dyn FnMut(ObjectInfo)) -> Result<()> {
        self.0.glance_each(folder, each)
    }

    fn known(&self, name: &ObjectName) -> Option<ObjectInfo> {
        self.0.known(name)
    }

    fn delete(&self, _: &ObjectName) -> Result<()> {
        self.refuse()
    }

    fn barrier(&self) -> Result<()> {
        Ok(())
    }

    fn adopt(&self, _: &ObjectName) -> Result<()> {
        self.refuse()
    }

    fn replace_damaged(&self, _: &ObjectName, _: &[&[u8]]) -> Result<()> {
        self.refuse()
    }

    fn undelete(&self, _: &ObjectName, _: &dyn Fn(&ObjectInfo) -> bool) -> Result<bool> {
        self.refuse()
    }

    fn deleted(&self, folder: &str, _: bool) -> Result<Vec<ObjectName>> {
        self.0.deleted(folder, false)
    }
}
