//! Keeps small objects and pages of a remote storage in a folder of this machine, and what is small for this process in memory.
//!
//! What is kept is kept under the provider's own hash of the whole object, as the latest look at the storage shows it: an object that was
//! replaced is another one here, and nothing is ever stale. It is sealed as it lies in the storage, and whoever reads it verifies it like
//! any read; what turns out wrong is dropped ([`Storage::doubt`]) and fetched again. The folder has a bound, and may be removed at any
//! time.

mod folder;
mod memory;

use std::{collections::HashSet, ops::Range};

use larder_model::Result;

use crate::{Durability, ObjectInfo, ObjectName, PackBody, Promises, Put, Sent, Storage, slice_range};

pub use folder::CacheFolder;
use memory::CacheMemory;

/// Larger pieces are not kept.
const KEPT_LEN_MAX: usize = 8 << 20;

/// Of an object up to this all is read when a part of it is asked for: the next part costs no call then.
const WHOLE_LEN_MAX: u64 = 1 << 20;

/// Folders whose objects are kept only where somebody says that they will be asked for again: packs are too large, and records of runs
/// live too short.
const PASSED: [&str; 2] = ["packs", "runs"];

/// A storage with a cache in front.
pub struct CachedStorage<S> {
    inner: S,
    memory: CacheMemory,
    folder: Option<CacheFolder>,
}

impl<S: Storage> CachedStorage<S> {
    /// Without a folder there is what this process keeps in memory.
    pub fn new(inner: S, folder: Option<CacheFolder>) -> Self {
        Self { inner, memory: CacheMemory::default(), folder }
    }

    /// What an object is kept under; `None` while its hash is not known.
    fn key(&self, name: &ObjectName) -> Option<String> {
        self.inner.known(name)?.hash.map(|hash| hash.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn keep(&self, key: &str, parts: &[&[u8]]) {
        let len = parts.iter().map(|part| part.len()).sum::<usize>();
        if len as u64 <= WHOLE_LEN_MAX {
            self.memory.write(key, parts.concat());
        }
        if let Some(folder) = self.folder.as_ref().filter(|_| len <= KEPT_LEN_MAX) {
            folder.write(key, parts);
        }
    }

    fn has(&self, key: &str) -> bool {
        self.memory.has(key) || self.folder.as_ref().is_some_and(|folder| folder.has(key))
    }

    fn kept(&self, key: &str) -> Option<Vec<u8>> {
        self.memory.read(key).or_else(|| self.folder.as_ref()?.read(key))
    }

    fn get_kept(
        &self,
        name: &ObjectName,
        range: Option<Range<u64>>,
        get: impl FnOnce(&S, Option<Range<u64>>) -> Result<Vec<u8>>,
    ) -> Result<Vec<u8>> {
        let Some(key) = self.key(name) else { return get(&self.inner, range) };
        if let Some(whole) = self.kept(&key) {
            return slice_range(name, &whole, range);
        }
        let part = |key: &str| match &range {
            Some(range) => format!("{key}-{}-{}", range.start, range.end),
            None => key.to_owned(),
        };
        if range.is_some()
            && let Some(bytes) = self.kept(&part(&key))
        {
            return Ok(bytes);
        }
        let is_small = self.inner.known(name).is_some_and(|info| info.size <= WHOLE_LEN_MAX);
        if range.is_some() && is_small {
            let whole = self.get_kept(name, None, get)?;
            return slice_range(name, &whole, range);
        }
        let bytes = get(&self.inner, range.clone())?;
        // The object may have been found to be another one meanwhile, and the bytes may be of the one or the other.
        if self.key(name).is_some_and(|after| after == key) {
            self.keep(&part(&key), &[&bytes]);
        }
        Ok(bytes)
    }
}

impl<S: Storage> Storage for CachedStorage<S> {
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
        let put = self.inner.put(name, parts, durability)?;
        if !PASSED.contains(&name.folder())
            && let Some(key) = self.key(name)
        {
            self.keep(&key, parts);
        }
        Ok(put)
    }

    fn put_batch(&self, objects: &[(ObjectName, Vec<u8>)], durability: Durability) -> Result<()> {
        self.inner.put_batch(objects, durability)
    }

    fn put_pack(&self, name: &ObjectName, body: PackBody, is_lasting: bool) -> Result<Sent> {
        let kept = (is_lasting && body.len() <= KEPT_LEN_MAX).then(|| body.to_vec());
        let sent = self.inner.put_pack(name, body, is_lasting)?;
        if let (Some(body), Some(hash)) = (kept, &sent.hash) {
            self.keep(&hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), &[&body]);
        }
        Ok(sent)
    }

    fn get(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        if PASSED.contains(&name.folder()) {
            return self.inner.get(name, range);
        }
        self.get_kept(name, range, |inner, range| inner.get(name, range))
    }

    fn get_lasting(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        self.get_kept(name, range, |inner, range| inner.get_lasting(name, range))
    }

    fn announce(&self, names: &[ObjectName]) -> Result<()> {
        let mut keys = HashSet::new();
        let is_wanted = |name: &&ObjectName| {
            let is_small = self.inner.known(name).is_some_and(|info| info.size <= WHOLE_LEN_MAX);
            let key = self.key(name).filter(|_| is_small);
            key.is_some_and(|key| !self.has(&key) && keys.insert(key))
        };
        let wanted: Vec<_> = names.iter().filter(is_wanted).cloned().collect();
        self.inner.get_batch(&wanted, &mut |name, bytes| {
            if let Some(key) = self.key(name) {
                self.keep(&key, &[&bytes]);
            }
        })
    }

    fn doubt(&self, name: &ObjectName) -> bool {
        let had_kept = self.key(name).is_some_and(|key| {
            let was_in_memory = self.memory.remove(&key);
            self.folder.as_ref().is_some_and(|folder| folder.remove(&key)) || was_in_memory
        });
        self.inner.doubt(name) || had_kept
    }

    fn list(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        self.inner.list(folder)
    }

    fn glance(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        self.inner.glance(folder)
    }

    fn list_each(&self, folder: &str, each: &mut dyn FnMut(ObjectInfo)) -> Result<()> {
        self.inner.list_each(folder, each)
    }

    fn glance_each(&self, folder: &str, each: &mut dyn FnMut(ObjectInfo)) -> Result<()> {
        self.inner.glance_each(folder, each)
    }

    fn known(&self, name: &ObjectName) -> Option<ObjectInfo> {
        self.inner.known(name)
    }

    fn delete(&self, name: &ObjectName) -> Result<()> {
        self.inner.delete(name)
    }

    fn delete_batch(&self, names: &[ObjectName]) -> Result<()> {
        self.inner.delete_batch(names)
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

    fn undelete(&self, name: &ObjectName, is_right: &dyn Fn(&ObjectInfo) -> bool) -> Result<bool> {
        self.inner.undelete(name, is_right)
    }

    fn deleted(&self, folder: &str, may_write: bool) -> Result<Vec<ObjectName>> {
        self.inner.deleted(folder, may_write)
    }
}
