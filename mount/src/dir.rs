//! A folder of a snapshot, as the file system holds it.

use std::{
    hash::{BuildHasher, Hash, RandomState},
    sync::Arc,
};

use larder_engine::{Folder, Node, Tree};
use larder_model::{Result, SnapshotId, Time, TreePath};

/// What all folders of a snapshot share.
pub struct Opened {
    pub tree: Tree<'static>,
    pub id: SnapshotId,
    /// When it was taken: the time of what has none of its own.
    pub time: Time,
}

pub struct Dir {
    pub opened: Arc<Opened>,
    pub folder: Folder<'static>,
    pub path: TreePath,
}

impl Dir {
    /// The folder at a path.
    pub fn at(opened: Arc<Opened>, path: TreePath) -> Result<Self> {
        Ok(Self { folder: opened.tree.folder(&path)?, opened, path })
    }

    /// The folder behind an entry of this one.
    pub fn below(&self, node: &Node) -> Result<Self> {
        let folder = self.opened.tree.folder_of(node)?;
        Ok(Self { folder, opened: self.opened.clone(), path: self.path.child(&node.entry.name) })
    }

    /// How an entry is called in messages: `3f2a91c0:/home/ann/notes.txt`.
    pub fn shown(&self, name: &[u8]) -> String {
        format!("{}:{}", self.opened.id.short(), self.path.child(name))
    }

    /// What tells an entry of this folder apart from all others: for names of one file, which file that is.
    pub fn identity(&self, node: &Node, keys: &Keys) -> Identity {
        match node.entry.meta.link.filter(|_| !node.entry.is_dir()) {
            Some(link) => keys.identity(&(self.opened.id.0, link.device, link.inode)),
            None => keys.identity(&(self.opened.id.0, self.path.as_bytes(), &*node.entry.name)),
        }
    }
}

/// Two hashes: by the first a thing is found, by the second it is known to be the right one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Identity {
    pub place: u64,
    pub check: u64,
}

/// The keys of the two hashes, new for each mount: nobody can choose names that meet.
#[derive(Default)]
pub struct Keys(RandomState, RandomState);

impl Keys {
    pub fn identity(&self, of: &impl Hash) -> Identity {
        Identity { place: self.0.hash_one(of), check: self.1.hash_one(of) }
    }
}
