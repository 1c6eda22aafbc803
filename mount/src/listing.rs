//! Folders that are open for listing.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use fuser::Errno;
use larder_engine::Node;

use crate::{
    catalog::{Child, Shelves},
    dir::Dir,
    world::{Answer, World},
};

/// Entries that are read at a time.
const ROWS: usize = 512;

/// A row of a listing.
pub enum Row<'r> {
    Itself,
    Parent,
    Child(&'r Shelves, &'r str, &'r str, &'r Child),
    Node(&'r Arc<Dir>, &'r Arc<Node>),
}

#[derive(Default)]
pub struct Listings {
    open: Mutex<HashMap<u64, Arc<Mutex<Listing>>>>,
    last: AtomicU64,
}

/// A folder, and where somebody is in it.
pub enum Listing {
    Shelf { shelves: Arc<Shelves>, path: Arc<str>, names: Vec<String> },
    Dir(DirListing),
}

pub struct DirListing {
    dir: Arc<Dir>,
    rows: Vec<Arc<Node>>,
    /// The number of the first of `rows`.
    first: u64,
    /// Where to go on after `rows`.
    next: Option<Box<[u8]>>,
    is_begun: bool,
}

impl Listings {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Mutex<Listing>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn open(&self, world: &World, inode: u64) -> Answer<u64> {
        let listing = match world.shelf(inode)? {
            Some(path) => {
                let shelves = world.shelves();
                let shelf = shelves.get(&path).ok_or(Errno::ENOENT)?;
                let names = shelf.children.keys().cloned().collect();
                Listing::Shelf { names, path, shelves }
            }
            None => Listing::Dir(DirListing::new(world.dir(inode)?)),
        };
        let handle = self.last.fetch_add(1, Relaxed) + 1;
        self.lock().insert(handle, Arc::new(Mutex::new(listing)));
        Ok(handle)
    }

    pub fn get(&self, handle: u64) -> Answer<Arc<Mutex<Listing>>> {
        self.lock().get(&handle).cloned().ok_or(Errno::EBADF)
    }

    pub fn close(&self, handle: u64) {
        self.lock().remove(&handle);
    }
}

impl Listing {
    /// Calls `add` with row after row from number `offset` on, and the number of the one behind it, until it says that there is no
    /// more room, or there are no more rows.
    pub fn rows(&mut self, world: &World, offset: u64, add: &mut dyn FnMut(u64, &Row) -> bool) -> Answer<()> {
        for (number, row) in [(0, Row::Itself), (1, Row::Parent)] {
            if offset <= number && add(number + 1, &row) {
                return Ok(());
            }
        }
        let mut row = offset.saturating_sub(2);
        match self {
            Self::Shelf { shelves, path, names } => {
                let children = shelves.get(path).map(|shelf| &shelf.children);
                for (number, name) in (0..).zip(names.iter()).skip(row as usize) {
                    if let Some(child) = children.and_then(|children| children.get(name))
                        && add(number + 3, &Row::Child(shelves, path, name, child))
                    {
                        break;
                    }
                }
                Ok(())
            }
            Self::Dir(listing) => {
                while let Some(node) = listing.row(world, row)? {
                    row += 1;
                    if add(row + 2, &Row::Node(&listing.dir, &node)) {
                        break;
                    }
                }
                Ok(())
            }
        }
    }
}

impl DirListing {
    fn new(dir: Arc<Dir>) -> Self {
        Self { dir, rows: Vec::new(), first: 0, next: None, is_begun: false }
    }

    /// A row by its number: mostly the next one. Who goes back begins anew.
    fn row(&mut self, world: &World, number: u64) -> Answer<Option<Arc<Node>>> {
        if number < self.first {
            *self = Self::new(self.dir.clone());
        }
        while number >= self.first + self.rows.len() as u64 {
            if self.is_begun && self.next.is_none() {
                return Ok(None);
            }
            self.load().map_err(|problem| world.fail(&self.dir.shown(b""), &problem))?;
        }
        Ok(self.rows.get((number - self.first) as usize).cloned())
    }

    fn load(&mut self) -> larder_model::Result<()> {
        let page = self.dir.folder.page(self.next.as_deref(), ROWS)?;
        self.first += self.rows.len() as u64;
        self.rows = page.nodes.into_iter().map(Arc::new).collect();
        (self.next, self.is_begun) = (page.next, true);
        Ok(())
    }
}
