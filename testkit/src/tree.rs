//! A file system in memory: inodes, names, holes, hard links, extended attributes and troubles.
//!
//! It is a value: cloning it keeps a moment, to compare what comes back later with. [`MemorySource`] reads one and
//! [`MemoryTarget`] writes one.

mod account;
mod body;
mod change;
mod reading;
mod source;
mod target;

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use larder_model::{Entry, Kind, LinkId, Metadata, Stamp, TreePath};

use crate::SimClock;

pub use account::MemoryAccount;
pub use body::{Body, Extent};
pub use source::MemorySource;
pub use target::MemoryTarget;

/// The inode of the folder at the top.
pub const TOP: u64 = 2;
/// The device that all inodes are on.
const DEVICE: u64 = 7;

#[derive(Clone)]
pub struct MemoryTree {
    inodes: BTreeMap<u64, Inode>,
    next: u64,
    clock: SimClock,
    /// Where in memory those who read files wanted their bytes, read after read; if somebody wants to know.
    pub reads: Option<Vec<Range<usize>>>,
}

/// What a name stands for.
#[derive(Clone)]
pub struct Inode {
    pub kind: Kind,
    /// All but size, stamp and link, which are known otherwise.
    pub meta: Metadata,
    pub body: Body,
    pub children: BTreeMap<Box<[u8]>, u64>,
    /// Names that stand for it.
    names: u32,
    pub trouble: Option<Trouble>,
}

/// What is wrong with an item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// It cannot be opened or listed.
    Unreadable,
    /// It cannot even be described.
    Undescribed,
    /// Its extended attributes cannot be read.
    NoDetails,
    /// It changes each time it is read, so often.
    Changes(u32),
    /// It vanishes when it is opened.
    Vanishes,
    /// Reading or listing it breaks off, a file's after so many bytes.
    BreaksOff(u64),
    /// It is described as if it were so long, whatever it holds: as files in /proc are, and those that grow all the time.
    Misdescribed(u64),
    /// It is a stream: what it holds is known at its end.
    Stream,
}

impl MemoryTree {
    pub fn new(clock: &SimClock) -> Self {
        let mut tree = Self { inodes: BTreeMap::new(), next: TOP, clock: clock.clone(), reads: None };
        tree.add_inode(Kind::Directory);
        tree.inodes.get_mut(&TOP).unwrap().names = 1;
        tree
    }

    pub fn clock(&self) -> &SimClock {
        &self.clock
    }

    pub fn get(&self, inode: u64) -> Option<&Inode> {
        self.inodes.get(&inode).filter(|found| found.names > 0)
    }

    /// What stands at a path.
    pub fn lookup(&self, path: &TreePath) -> Option<u64> {
        path.names().try_fold(TOP, |inode, name| self.child(inode, name))
    }

    pub fn child(&self, folder: u64, name: &[u8]) -> Option<u64> {
        self.get(folder)?.children.get(name).copied()
    }

    pub fn at(&self, path: &str) -> Option<&Inode> {
        self.get(self.lookup(&TreePath::new(path))?)
    }

    /// Describes what stands under `name`, as a source would.
    pub fn describe(&self, inode: u64, name: &[u8]) -> Entry {
        let found = &self.inodes[&inode];
        let mut entry = Entry::new(name, found.kind);
        entry.meta = found.meta.clone();
        entry.meta.size = match found.trouble {
            Some(Trouble::Misdescribed(size)) => size,
            _ => found.body.len(),
        };
        entry.meta.stamp = Some(Stamp { inode });
        let is_linked = found.names > 1 && found.kind != Kind::Directory;
        entry.meta.link = is_linked.then_some(LinkId { device: DEVICE, inode });
        entry
    }

    /// Everything below the top, folders before what is in them, by name.
    pub fn walk(&self) -> Vec<(TreePath, u64)> {
        let mut all = Vec::new();
        let mut open = vec![(TreePath::top(), TOP)];
        while let Some((path, inode)) = open.pop() {
            for (name, child) in self.inodes[&inode].children.iter().rev() {
                open.push((path.child(name), *child));
            }
            if inode != TOP || !path.is_top() {
                all.push((path, inode));
            }
        }
        all
    }

    /// Bytes of all files, holes included, each inode once.
    pub fn bytes(&self) -> u64 {
        self.inodes.values().filter(|inode| inode.names > 0).map(|inode| inode.body.len()).sum()
    }

    pub fn shared(self) -> SharedTree {
        SharedTree(Arc::new(Mutex::new(self)))
    }
}

/// A tree that sources, targets and a test look at together.
#[derive(Clone)]
pub struct SharedTree(Arc<Mutex<MemoryTree>>);

impl SharedTree {
    pub fn lock(&self) -> MutexGuard<'_, MemoryTree> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tree as it is now.
    pub fn keep(&self) -> MemoryTree {
        self.lock().clone()
    }
}
