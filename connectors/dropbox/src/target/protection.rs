//! What is never removed: mounts of shared folders, what is in and above them, stores, and online documents.

use dropbox_client::names::fold;
use larder_model::Result;

use super::{inner::Inner, standing::Standing};
use crate::listing::{Listing, NodeId, State, TOP};

/// The folders of a store.
const STORE_MARKS: [&str; 3] = ["config", "keys", "packs"];

/// All folders of a store: a place below such a name may lie inside of a store.
const STORE_FOLDERS: [&str; 8] = ["config", "keys", "packs", "index", "snapshots", "runs", "marks", "records"];

impl Inner {
    /// Why something at a path must not be removed: others share it, it holds a store or is part of one, or it is an online document, of
    /// which snapshots hold an export only.
    pub fn protection(&self, path: &str) -> Result<Option<String>> {
        let mut standing = self.standing();
        let Some(node) = standing.alive(path) else { return Ok(None) };
        if let Some(why) = protection_from_above(&standing.listing, node) {
            return Ok(Some(why));
        }
        if standing.listing.state(node).has(State::FOLDER) && !standing.is_whole {
            // What lies deeper decides as well.
            self.list_below(&mut standing, path, u64::MAX)?;
        }
        let (mut mount, mut store, mut document) = (None, None, None);
        let listing = &standing.listing;
        listing.walk(node, &mut |below| {
            let item = listing.item(below);
            if item.as_ref().is_some_and(|item| item.mounts.is_some()) {
                mount.get_or_insert(below);
            }
            if item.is_some_and(|item| item.is_out_of_reach == Some(true)) {
                document.get_or_insert(below);
            }
            if is_store(listing, Some(below)) {
                store.get_or_insert(below);
            }
        });
        let told = |node: NodeId, what: &str| format!("{} stays: {what}", listing.path(node));
        Ok(mount
            .map(|node| told(node, "a shared folder is mounted there"))
            .or_else(|| store.map(|node| told(node, "it holds a Larder store")))
            .or_else(|| document.map(|node| told(node, "an online document cannot be backed up as it is"))))
    }

    /// The store that the place lies inside of, if it does. Asks only where a name on the way is one of a store's folders.
    pub fn store_above(&self) -> Result<Option<String>> {
        let place = self.place();
        let mut above = String::new();
        for name in place.split('/').skip(1) {
            if STORE_FOLDERS.contains(&fold(name).as_str()) {
                let mut around = Standing::default();
                self.list_around(&mut around, &above)?;
                if is_store(&around.listing, around.alive(&above)) {
                    return Ok(Some(above));
                }
            }
            above = format!("{above}/{name}");
        }
        Ok(None)
    }
}

/// Why nothing is removed from a folder that something lies in, however deep.
fn protection_from_above(listing: &Listing, node: NodeId) -> Option<String> {
    let mut above = node;
    while above != TOP {
        above = listing.parent(above);
        let told = |what: &str| Some(format!("{} stays: {what}", listing.path(node)));
        if is_store(listing, Some(above)) {
            return told("it lies in a Larder store");
        }
        if listing.item(above).is_some_and(|item| item.mounts.is_some()) {
            return told("it lies in a shared folder");
        }
    }
    None
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
