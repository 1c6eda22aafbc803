//! What is known of what stands at the destination, and of which folders it is all.

use std::collections::{HashMap, HashSet};

use dropbox_client::{Metadata, names::fold};

use super::protection::is_store;
use crate::{
    item::Item,
    listing::{Listing, NodeId, State, TOP},
};

/// What is known so far.
pub struct Standing {
    pub listing: Listing,
    /// Everything below the place is known.
    pub is_whole: bool,
    /// A whole listing takes too many calls.
    pub is_vast: bool,
    /// Folders, folded, below which everything is known.
    pub whole_below: HashSet<String>,
    /// Folders, folded, whose items are known.
    pub listed: HashSet<String>,
    /// Folders, folded, of which items are asked for one by one.
    pub large: HashSet<String>,
    pub asked: HashMap<String, Option<NodeId>>,
    /// Folders, folded, that were listed with all below them, and where what has changed since is told.
    pub cursors: Vec<(String, String)>,
    /// Whether the place is there.
    pub has_top: Option<bool>,
}

impl Default for Standing {
    fn default() -> Self {
        Self {
            listing: Listing::new(false),
            is_whole: false,
            is_vast: false,
            whole_below: HashSet::new(),
            listed: HashSet::new(),
            large: HashSet::new(),
            asked: HashMap::new(),
            cursors: Vec::new(),
            has_top: None,
        }
    }
}

impl Standing {
    pub fn take(&mut self, entry: &Metadata) {
        let Some(lower) = entry.path_lower() else { return };
        let above = entry.path_display().unwrap_or(lower).rsplit_once('/').map_or("", |(above, _)| above);
        let path = format!("{above}/{}", entry.name());
        match entry {
            Metadata::File(file) => drop(self.listing.put(&path, &Item::of_file(file))),
            Metadata::Folder(folder) => drop(self.listing.put(&path, &Item::of_folder(folder))),
            Metadata::Deleted(_) => self.listing.remove(lower),
        }
    }

    pub fn alive(&self, path: &str) -> Option<NodeId> {
        self.listing.find(path).filter(|node| *node == TOP || self.listing.state(*node).has(State::ALIVE))
    }

    pub fn is_listed(&self, folder: &str) -> bool {
        self.is_whole || self.is_known_below(folder) || self.listed.contains(&fold(folder))
    }

    /// True when all that lies below a folder is known.
    pub fn is_known_below(&self, folder: &str) -> bool {
        let folded = fold(folder);
        let ends = folded.match_indices('/').map(|(at, _)| at).chain([folded.len()]);
        ends.into_iter().any(|end| self.whole_below.contains(&folded[..end]))
    }

    /// Where is told what has changed below a folder since it was listed.
    pub fn cursor_above(&self, folder: &str) -> Option<String> {
        let folded = fold(folder);
        let is_above =
            |above: &str| folded.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.cursors.iter().find(|(above, _)| is_above(above)).map(|(_, cursor)| cursor.clone())
    }

    /// True when something is as it was when it was looked at.
    pub fn is_as_seen(&self, entry: &Metadata) -> bool {
        let seen = entry.path_lower().and_then(|path| self.alive(path)).and_then(|node| self.listing.item(node));
        match (entry, seen) {
            (Metadata::File(file), Some(seen)) => seen.rev.as_ref() == Some(&file.rev),
            (Metadata::Folder(_), Some(seen)) => seen.is_folder(),
            (Metadata::Deleted(_), _) => true,
            (_, None) => false,
        }
    }

    pub fn is_store_at(&self, folder: &str) -> bool {
        is_store(&self.listing, self.alive(folder))
    }

    /// Something is gone.
    pub fn remove(&mut self, path: &str) {
        self.listing.remove(path);
        self.asked.remove(&fold(path));
    }
}
