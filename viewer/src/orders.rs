//! Folders in other orders than that of names, which they are stored in.
//!
//! To know which entry comes first, all have to be looked at once. What is kept of that is a row number for each, four bytes, so that a folder
//! of a million entries can be scrolled in any order, and nobody holds its entries.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use larder_engine::{Folder, Node};
use larder_model::{Result, SnapshotId, TreePath};

use crate::app::Stop;

/// Entries of a folder that is put into order: while that is done it takes 16 bytes each, and 4 afterwards.
pub const ROWS_MAX: u64 = 2_000_000;
/// Bytes of the orders that are kept. The newest is kept in any case.
const KEPT_LEN_MAX: usize = 16 << 20;
/// Entries that are read at a time.
const PAGE_ROWS: usize = 1000;
/// Rows that are so near each other are read at once: a leaf of a folder has some hundred.
const NEAR_ROWS: u64 = 128;

/// What an order is about: a folder of a snapshot, and the number of what it is sorted by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct About(pub SnapshotId, pub TreePath, pub u8);

/// What entries are sorted by; those that are alike in it stay in the order of their names.
pub type Key = (u64, u32);

/// Row numbers, the smallest key first.
pub type Sorted = Arc<[u32]>;

/// The orders that were asked for lately.
#[derive(Default)]
pub struct Orders {
    kept: Mutex<VecDeque<(About, Sorted)>>,
    /// One is made at a time: it bounds the memory, and who asks for the same again finds it made.
    making: Mutex<()>,
}

impl Orders {
    /// The order of a folder with no more than [`ROWS_MAX`] entries.
    pub fn get(&self, about: &About, folder: &Folder, stop: &Stop, key: impl Fn(&Node) -> Key) -> Result<Sorted> {
        if let Some(sorted) = self.find(about) {
            return Ok(sorted);
        }
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sorted) = self.find(about) {
            return Ok(sorted);
        }
        let sorted = sorted(folder, stop, key)?;
        let mut kept = self.lock();
        kept.push_back((about.clone(), sorted.clone()));
        let len = |kept: &VecDeque<(About, Sorted)>| kept.iter().map(|(_, rows)| size_of_val(&**rows)).sum::<usize>();
        while kept.len() > 1 && len(&kept) > KEPT_LEN_MAX {
            kept.pop_front();
        }
        Ok(sorted)
    }

    fn find(&self, about: &About) -> Option<Sorted> {
        self.lock().iter().find(|(known, _)| known == about).map(|(_, sorted)| sorted.clone())
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(About, Sorted)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sorted(folder: &Folder, stop: &Stop, key: impl Fn(&Node) -> Key) -> Result<Sorted> {
    let (mut keys, mut after) = (Vec::new(), None::<Box<[u8]>>);
    loop {
        stop.check()?;
        let page = folder.page(after.as_deref(), PAGE_ROWS)?;
        for node in &page.nodes {
            let (first, second) = key(node);
            keys.push((first, second, keys.len() as u32));
        }
        match page.next {
            Some(name) => after = Some(name),
            None => break,
        }
    }
    keys.sort_unstable();
    Ok(keys.into_iter().map(|(_, _, row)| row).collect())
}

/// The entries of these rows, in their order. Each part of the folder is read once.
pub fn nodes(folder: &Folder, stop: &Stop, rows: &[u32]) -> Result<Vec<Node>> {
    let mut places: Vec<(u64, usize)> = rows.iter().enumerate().map(|(place, row)| (u64::from(*row), place)).collect();
    places.sort_unstable();
    let mut nodes = Vec::new();
    for near in places.chunk_by(|a, b| b.0 - a.0 <= NEAR_ROWS) {
        stop.check()?;
        let (first, last) = (near[0].0, near[near.len() - 1].0);
        for node in slice(folder, first, (last - first + 1) as usize)?.into_iter().zip(first..) {
            if let Ok(index) = near.binary_search_by_key(&node.1, |place| place.0) {
                nodes.push((near[index].1, node.0));
            }
        }
    }
    nodes.sort_unstable_by_key(|(place, _)| *place);
    Ok(nodes.into_iter().map(|(_, node)| node).collect())
}

/// So many rows from one on. A damaged one among them is an error, and no shorter list.
pub fn slice(folder: &Folder, row: u64, len: usize) -> Result<Vec<Node>> {
    let mut nodes = folder.page_at(row, len)?.nodes;
    while nodes.len() < len {
        let more = folder.page_at(row + nodes.len() as u64, len - nodes.len())?.nodes;
        if more.is_empty() {
            break;
        }
        nodes.extend(more);
    }
    Ok(nodes)
}
