//! The role of a storage: whole objects under names, written once.

use std::{fmt, ops::Range, time::Duration};

use larder_model::{Problem, Result, Time};

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

    /// The bytes of an object, or of a range of it. A range that goes beyond the end is an error of kind `Damaged`: the caller
    /// knows the sizes. An object that is not there is `NotFound`, and that only when the provider said so itself.
    fn get(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>>;

    /// All objects below a folder such as `packs`, in any order. A folder that does not exist is empty. A listing that breaks off
    /// is an error. Unfinished uploads are not objects.
    fn list(&self, folder: &str) -> Result<Vec<ObjectInfo>>;

    /// Removes an object; one that is not there is success.
    fn delete(&self, name: &ObjectName) -> Result<()>;

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

    /// Brings back an object that was deleted, where the provider keeps deleted objects. `false` where it does not.
    fn undelete(&self, name: &ObjectName) -> Result<bool> {
        let _ = name;
        Ok(false)
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

/// What a storage can promise.
#[derive(Clone, Copy, Debug, Default)]
pub struct Promises {
    /// How long a put may stay invisible to others. gc waits for twice this.
    pub visibility_delay: Duration,
    /// Listings carry the provider's own content hash.
    pub hashes: bool,
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
