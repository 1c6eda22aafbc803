//! Where pages end and small files are joined: decided by keyed hashes of names alone.

use larder_model::BlobId;

use super::{ENTRIES_MAX, FolderChild, PageRef, Totals, encode_inner};
use crate::keys::Identity;

/// Zero bits that end a folder page, per level: 256 entries on average.
const FOLDER_BITS: u32 = 8;

/// Splits the names of a folder into leaf pages. Knowing names only, it lets every leaf be worked on alone, in any order, by any
/// thread.
pub struct FanOut<'a> {
    identity: &'a Identity,
}

impl<'a> FanOut<'a> {
    pub fn new(identity: &'a Identity) -> Self {
        Self { identity }
    }

    /// Calls `leaf` with each range of indices that makes a leaf, given the folder's sorted names.
    pub fn leaves<'n>(&self, names: impl Iterator<Item = &'n [u8]>, mut leaf: impl FnMut(std::ops::Range<usize>)) {
        let (mut start, mut end) = (0, 0);
        for name in names {
            end += 1;
            if end - start == ENTRIES_MAX || ends_page(self.identity.name_hash(name), 0) {
                leaf(start..end);
                start = end;
            }
        }
        if start < end {
            leaf(start..end);
        }
    }
}

fn ends_page(name_hash: u64, level: u8) -> bool {
    name_hash.trailing_zeros() >= FOLDER_BITS * (u32::from(level) + 1)
}

/// True when a group of joined files ends before this name.
pub fn starts_group(name_hash: u64) -> bool {
    name_hash >> 32 & 0x1f == 0
}

/// Builds the upper levels over a folder's leaves, in order. `store` keeps an encoded page and returns its id. `None` for a
/// folder without entries.
pub fn folder_levels<E>(
    identity: &Identity,
    mut children: Vec<FolderChild>,
    mut store: impl FnMut(Vec<u8>) -> Result<BlobId, E>,
) -> Result<Option<(PageRef, Totals)>, E> {
    let mut level = 0;
    while children.len() > 1 {
        level += 1;
        let mut parents = Vec::with_capacity(children.len() / 64 + 1);
        let mut start = 0;
        for end in 1..=children.len() {
            let hash = identity.name_hash(&children[end - 1].last_name);
            if end == children.len() || end - start == ENTRIES_MAX || ends_page(hash, level) {
                let group = &children[start..end];
                let page = PageRef { id: store(encode_inner(level, group))?, level };
                parents.push(FolderChild {
                    last_name: group[group.len() - 1].last_name.clone(),
                    page,
                    totals: sum(group),
                });
                start = end;
            }
        }
        children = parents;
    }
    Ok(children.pop().map(|root| (root.page, root.totals)))
}

fn sum(children: &[FolderChild]) -> Totals {
    let mut totals = Totals::default();
    children.iter().for_each(|child| totals += child.totals);
    totals
}
