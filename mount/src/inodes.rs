//! Numbers for what the kernel knows. A number stays as long as the kernel remembers it, and comes out of what it stands for, so that
//! nothing has to be looked up to give it out again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use larder_engine::SnapshotInfo;

use crate::dir::{Dir, Identity};

/// The number of what is mounted itself. The kernel never forgets it.
pub const ROOT: u64 = 1;

/// What a number stands for.
#[derive(Clone)]
pub enum Item {
    /// A folder that no snapshot holds: `all`, `tags` and the like, by its path.
    Shelf(Arc<str>),
    /// A link from there to a snapshot.
    Link(Arc<str>),
    /// The top of a snapshot.
    Snapshot(Arc<SnapshotInfo>),
    /// The top of the snapshot that is mounted.
    Top(Arc<Dir>),
    /// An entry of a folder of a snapshot.
    Entry(Arc<Dir>, Arc<[u8]>),
}

struct Slot {
    item: Item,
    check: u64,
    lookups: u64,
    /// Whether it has extended attributes: mostly not, and programs ask for every file.
    has_xattrs: bool,
    /// The folder that it is, once it was opened.
    dir: Option<Arc<Dir>>,
}

pub struct Inodes(Mutex<HashMap<u64, Slot>>);

impl Inodes {
    pub fn new(root: Item, has_xattrs: bool) -> Self {
        let slot = Slot { item: root, check: 0, lookups: 1, has_xattrs, dir: None };
        Self(Mutex::new(HashMap::from([(ROOT, slot)])))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, inode: u64) -> Option<Item> {
        self.lock().get(&inode).map(|slot| slot.item.clone())
    }

    pub fn has_xattrs(&self, inode: u64) -> bool {
        self.lock().get(&inode).is_some_and(|slot| slot.has_xattrs)
    }

    /// The number of an item, which the kernel is being told of.
    pub fn enter(&self, identity: Identity, has_xattrs: bool, item: impl FnOnce() -> Item) -> u64 {
        let mut slots = self.lock();
        // Numbers up to the root's mean other things.
        let mut inode = identity.place.max(ROOT + 1);
        loop {
            match slots.get_mut(&inode) {
                Some(slot) if slot.check == identity.check && inode != ROOT => {
                    slot.lookups += 1;
                    return inode;
                }
                Some(_) => inode = inode.wrapping_add(1).max(ROOT + 1),
                None => {
                    slots
                        .insert(inode, Slot { item: item(), check: identity.check, lookups: 1, has_xattrs, dir: None });
                    return inode;
                }
            }
        }
    }

    /// The kernel has forgotten so many of the times that it was told.
    pub fn forget(&self, inode: u64, lookups: u64) {
        let mut slots = self.lock();
        let Some(slot) = slots.get_mut(&inode).filter(|_| inode != ROOT) else { return };
        slot.lookups = slot.lookups.saturating_sub(lookups);
        if slot.lookups == 0 {
            slots.remove(&inode);
        }
    }

    pub fn dir(&self, inode: u64) -> Option<Arc<Dir>> {
        self.lock().get(&inode)?.dir.clone()
    }

    pub fn keep_dir(&self, inode: u64, dir: &Arc<Dir>) {
        if let Some(slot) = self.lock().get_mut(&inode) {
            slot.dir = Some(dir.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf(path: &str) -> impl FnOnce() -> Item {
        let item = Item::Shelf(path.into());
        move || item
    }

    #[test]
    fn what_meets_in_its_place_gets_numbers_of_its_own() {
        let inodes = Inodes::new(Item::Shelf("".into()), false);
        let at = |check| Identity { place: 7, check };
        let first = inodes.enter(at(1), false, shelf("a"));
        let second = inodes.enter(at(2), false, shelf("b"));
        assert_ne!(first, second);
        assert_eq!(inodes.enter(at(1), false, shelf("a")), first);
        assert_eq!(inodes.enter(at(2), false, shelf("b")), second);
        for place in [0, 1, u64::MAX] {
            assert!(inodes.enter(Identity { place, check: 3 }, false, shelf("c")) > ROOT);
            assert!(inodes.enter(Identity { place, check: 4 }, false, shelf("d")) > ROOT);
        }
        inodes.forget(first, 1);
        assert!(inodes.get(first).is_some());
        inodes.forget(first, 1);
        assert!(inodes.get(first).is_none());
        inodes.forget(ROOT, 1000);
        assert!(inodes.get(ROOT).is_some());
    }
}
