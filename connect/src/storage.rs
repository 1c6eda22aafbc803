//! The role of a storage: whole objects under names, written once.

use std::{fmt, ops::Range, time::Duration};

use larder_model::{Problem, Result, Time};

use crate::PackBody;

/// The provider below a store. There is no compare-and-swap and no mutable object: what changes is a new name, created if absent.
pub trait Storage: Send + Sync {
    /// Shown to people.
    fn location(&self) -> String;

    fn promises(&self) -> Promises;

    /// Prepares an empty place for a new store: makes its folder, and in it those that objects will be put into, so that no run has
    /// to make one durable. Nothing to do for a provider without folders. Objects that are there already are left as they are; anything
    /// else that is there already is an error of kind `Conflict`, where the provider can tell.
    fn prepare(&self, folders: &[&str]) -> Result<()>;

    /// Stores an object whole or not at all. `parts` are its bytes in order. Of an object that exists already nothing is changed;
    /// [`Put::Existed`] is success when the size, and the provider's hash where there is one, are those of `parts`, else it is
    /// an error of kind `Conflict`. A lost answer may be retried.
    fn put(&self, name: &ObjectName, parts: &[&[u8]], durability: Durability) -> Result<Put>;

    /// Several small objects at once, for providers that charge by the call. Stops at the first error.
    fn put_batch(&self, objects: &[(ObjectName, Vec<u8>)], durability: Durability) -> Result<()> {
        objects.iter().try_for_each(|(name, body)| self.put(name, &[body], durability).map(drop))
    }

    /// Stores a pack, the bulk of a store, and takes over its bytes. Like [`Storage::put`] with [`Durability::Barrier`], but a provider
    /// that makes many objects appear at once may let the name wait for the next barrier: until then others do not see it, and that
    /// other bytes have the name already is an error of the barrier. Reads by the same client see it at once. `is_lasting` says that
    /// parts of it will be read again and again.
    fn put_pack(&self, name: &ObjectName, body: PackBody, is_lasting: bool) -> Result<Sent> {
        let _ = is_lasting;
        self.put(name, &[&body], Durability::Barrier)?;
        Ok(Sent { memory: body.into_parts().0, hash: None })
    }

    /// The bytes of an object, or of a range of it. A range that goes beyond the end is an error of kind `Damaged`: the caller
    /// knows the sizes. An object that is not there is `NotFound`, and that only when the provider said so itself.
    fn get(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>>;

    /// Fills `bytes` with those of an object from `start` on: for who reads one range after another into the same memory.
    fn get_into(&self, name: &ObjectName, start: u64, bytes: &mut [u8]) -> Result<()> {
        let range = start..start + bytes.len() as u64;
        let got = self.get(name, Some(range.clone()))?;
        if got.len() != bytes.len() {
            return Err(beyond_end(name, &range, start + got.len() as u64));
        }
        bytes.copy_from_slice(&got);
        Ok(())
    }

    /// The same as [`Storage::get`], of what will be asked for again and again: pages of folders. A cache may keep it.
    fn get_lasting(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        self.get(name, range)
    }

    /// These are about to be read, each by itself. A cache may get small ones together.
    fn announce(&self, names: &[ObjectName]) -> Result<()> {
        let _ = names;
        Ok(())
    }

    /// Several small objects of one folder, for providers that charge by the call: calls `each` with those that came together. Whatever
    /// did not come is read by [`Storage::get`], which says why if it cannot be had.
    fn get_batch(&self, names: &[ObjectName], each: &mut dyn FnMut(&ObjectName, Vec<u8>)) -> Result<()> {
        let _ = (names, each);
        Ok(())
    }

    /// What was read of this object turned out not to be what it should be. True when reading it again could bring something else: it
    /// came out of a cache, or over a network. What was kept of the object is dropped.
    fn doubt(&self, name: &ObjectName) -> bool {
        let _ = name;
        false
    }

    /// All objects below a folder such as `packs`, in any order, as they are now. A folder that does not exist is empty. A listing that
    /// breaks off is an error. Unfinished uploads are not objects.
    fn list(&self, folder: &str) -> Result<Vec<ObjectInfo>>;

    /// The same, perhaps as it was at the last look, a minute ago at most; what this client did since is in it. It is never older than the
    /// last [`Storage::list`] of any folder. For providers that charge by the call.
    fn glance(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        self.list(folder)
    }

    /// The same as [`Storage::list`], object by object: of millions of packs, a listing in memory takes more than all else.
    fn list_each(&self, folder: &str, each: &mut dyn FnMut(ObjectInfo)) -> Result<()> {
        self.list(folder)?.into_iter().for_each(each);
        Ok(())
    }

    /// The same as [`Storage::glance`], object by object.
    fn glance_each(&self, folder: &str, each: &mut dyn FnMut(ObjectInfo)) -> Result<()> {
        self.glance(folder)?.into_iter().for_each(each);
        Ok(())
    }

    /// What is known of an object without asking: from looks before, and from what this client put.
    fn known(&self, name: &ObjectName) -> Option<ObjectInfo> {
        let _ = name;
        None
    }

    /// Removes an object; one that is not there is success.
    fn delete(&self, name: &ObjectName) -> Result<()>;

    /// Removes several objects, in any order.
    fn delete_batch(&self, names: &[ObjectName]) -> Result<()> {
        names.iter().try_for_each(|name| self.delete(name))
    }

    /// Returns when everything that was put with [`Durability::Barrier`] before the call survives a crash of the machine below.
    fn barrier(&self) -> Result<()>;

    /// Counts an object that is there already as put with [`Durability::Barrier`]: its writer may have been killed before its own
    /// barrier. Called before anything new refers to the packs of a killed run. Nothing to do where a put is durable at once.
    fn adopt(&self, name: &ObjectName) -> Result<()> {
        let _ = name;
        Ok(())
    }

    /// Puts an object in place of a damaged one of the same name. For repair only.
    fn replace_damaged(&self, name: &ObjectName, parts: &[&[u8]]) -> Result<()>;

    /// Brings back the newest of an object's earlier versions that `is_right` accepts by its size and the provider's hash, where the
    /// provider keeps what was deleted or replaced. `false` where it does not, or has none that is right.
    fn undelete(&self, name: &ObjectName, is_right: &dyn Fn(&ObjectInfo) -> bool) -> Result<bool> {
        let _ = (name, is_right);
        Ok(false)
    }

    /// Names of objects below a folder that were there once, where the provider remembers them. With `may_write` also those of a folder
    /// that is gone itself, which may have to be made again to be asked.
    fn deleted(&self, folder: &str, may_write: bool) -> Result<Vec<ObjectName>> {
        let _ = (folder, may_write);
        Ok(Vec::new())
    }
}

/// When a put object must be safe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Durability {
    /// From the next [`Storage::barrier`] on.
    Barrier,
    /// It may be lost together with the machine that wrote it: start records and intents protect a running writer, and a
    /// writer does not outlive its machine.
    Advisory,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Put {
    New,
    Existed,
}

/// A pack that was handed over.
#[derive(Debug, Default)]
pub struct Sent {
    /// The memory of it, or other memory, for the next one. What is in it does not matter.
    pub memory: Vec<u8>,
    /// The provider's own hash of it, computed over the bytes that were sent.
    pub hash: Option<Vec<u8>>,
}

/// What a storage can promise.
#[derive(Clone, Copy, Debug, Default)]
pub struct Promises {
    /// How long a put may stay invisible to others. gc waits for twice this.
    pub visibility_delay: Duration,
    /// Listings carry the provider's own content hash, of this kind in the registry of docs/format.md; 0: they carry none.
    pub hash_kind: u8,
    /// How long packs should be where it is calls that cost; 0: no matter.
    pub pack_len: u64,
    /// Deleted objects can be brought back for a while.
    pub undelete: bool,
}

/// What a listing tells of an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObjectInfo {
    pub name: ObjectName,
    pub size: u64,
    /// By the storage's own clock.
    pub modified: Time,
    /// The provider's own hash, where there is one.
    pub hash: Option<Vec<u8>>,
}

/// `folder/name` with both parts from `a-z 0-9 . _ -`, neither starting with a dot. Nothing else ever reaches a provider, so no
/// provider needs escaping.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName {
    text: String,
    slash: usize,
}

impl ObjectName {
    /// # Panics
    /// When a part is not a legal name; the callers make them from constants, numbers and hex.
    pub fn new(folder: &str, name: impl fmt::Display) -> Self {
        Self::parse(&format!("{folder}/{name}")).expect("object names are made of constants, numbers and hex")
    }

    /// The name of a foreign object that a listing showed, if it can be one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let (folder, name) = text.split_once('/')?;
        (is_part(folder) && is_part(name)).then(|| Self { text: text.to_owned(), slash: folder.len() })
    }

    pub fn folder(&self) -> &str {
        &self.text[..self.slash]
    }

    pub fn name(&self) -> &str {
        &self.text[self.slash + 1..]
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn is_part(part: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    !part.is_empty() && !part.starts_with('.') && part.bytes().all(legal)
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The bytes that a range asks for, out of an object that is held in memory. Shared by storages that keep whole objects.
pub fn slice_range(name: &ObjectName, body: &[u8], range: Option<Range<u64>>) -> Result<Vec<u8>> {
    let Some(range) = range else {
        return Ok(body.to_vec());
    };
    body.get(range.start as usize..range.end as usize)
        .map(<[u8]>::to_vec)
        .ok_or_else(|| beyond_end(name, &range, body.len() as u64))
}

/// The error for a range that goes beyond the end of an object.
pub fn beyond_end(name: &ObjectName, range: &Range<u64>, size: u64) -> Problem {
    Problem::damaged(format!("{name} has {size} bytes, but bytes {} to {} should be in it", range.start, range.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_names_pass() {
        assert!(ObjectName::parse("packs/00ff").is_some());
        for bad in ["packs", "packs/", "/x", "packs/.x", "packs/a/b", "packs/A", "../x", "packs/a b"] {
            assert!(ObjectName::parse(bad).is_none(), "{bad}");
        }
    }
}
