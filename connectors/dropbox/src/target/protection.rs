//! What is never removed: mounts of shared folders, what is above them, and stores.

use larder_model::Result;

use super::inner::Inner;
use crate::listing::{Listing, NodeId, State};

/// The folders of a store.
const STORE_MARKS: [&str; 3] = ["config", "keys", "packs"];

impl Inner {
    /// Why something at a path must not be removed: others share it, or it holds a store.
    pub fn protection(&self, path: &str) -> Result<Option<String>> {
        let mut standing = self.standing();
        let Some(node) = standing.alive(path) else { return Ok(None) };
        if !standing.listing.state(node).has(State::FOLDER) {
            return Ok(None);
        }
        if !standing.is_whole {
            // What lies deeper decides as well.
            self.list_below(&mut standing, path, u64::MAX)?;
        }
        let (mut mount, mut store) = (None, None);
        let listing = &standing.listing;
        listing.walk(node, &mut |below| {
            if listing.item(below).is_some_and(|item| item.mounts.is_some()) {
                mount.get_or_insert(below);
            }
            if is_store(listing, Some(below)) {
                store.get_or_insert(below);
            }
        });
        let told = |node: NodeId, what: &str| format!("{} stays: {what}", listing.path(node));
        Ok(mount
            .map(|node| told(node, "a shared folder is mounted there"))
            .or_else(|| store.map(|node| told(node, "it holds a Larder store"))))
    }
}

/// True for a folder that has what a store has.
pub fn is_store(listing: &Listing, node: Option<NodeId>) -> bool {
    node.is_some_and(|node| {
        STORE_MARKS.iter().all(|mark| {
            let child = listing.child(node, mark).map(|child| listing.state(child));
            child.is_some_and(|state| state.has(State::ALIVE) && state.has(State::FOLDER))
        })
    })
}
