//! Folders that hold a store: they are left out and named, and what lies in them is only counted, for zips.

use dropbox_client::names::fold;
use larder_model::{Skip, TreePath};

use super::{Session, is_at_or_below};
use crate::listing::{NodeId, TOP};

/// A store's keys lie in files of this name, in a folder of that name.
const STORE_KEYS: &str = "keys";
const STORE_KEY: &str = "slot-";
const STORE_CONFIG: &str = "config";

impl Session {
    /// A store that is gone, or has lost what made it one, is no store any more; what lies there now was never told to this listing.
    pub(super) fn doubt_stores(&mut self, lower: &str) {
        let folded = fold(lower);
        let before = self.stores.len();
        self.stores.retain(|(store, _)| !is_at_or_below(store, &folded));
        let marks = [STORE_KEYS, STORE_CONFIG].map(|name| format!("/{name}"));
        let is_mark = |(store, _): &(String, String)| {
            folded.strip_prefix(store.as_str()).is_some_and(|rest| marks.iter().any(|mark| mark == rest))
        };
        self.is_doubtful |= before == self.stores.len() && self.stores.iter().any(is_mark);
    }

    pub(super) fn hide(&mut self, path: &str, bytes: u64) {
        let hidden = self.hidden.entry(self.listing.nearest(path)).or_default();
        *hidden = (hidden.0 + 1, hidden.1 + bytes);
    }

    pub(super) fn suspect(&mut self, path: &str) {
        let mut names = path.rsplit('/');
        let is_key = names.next().is_some_and(|name| name.starts_with(STORE_KEY)) && names.next() == Some(STORE_KEYS);
        if is_key {
            let above = path.len() - path.rsplitn(3, '/').take(2).map(|name| name.len() + 1).sum::<usize>();
            self.suspects.push(path[..above].to_owned());
        }
    }

    /// After pages were taken: leaves out folders that hold a store.
    pub fn leave_out_stores(&mut self) {
        for path in std::mem::take(&mut self.suspects) {
            let Some(node) = self.listing.find(&path).filter(|node| *node != TOP) else { continue };
            let has_config = self.listing.child(node, STORE_CONFIG).is_some();
            if has_config && !self.is_in_store(&path) {
                let path = self.listing.path_text(node);
                self.hide_all(node);
                self.listing.remove(&path);
                self.note_store(&path);
            }
        }
    }

    fn hide_all(&mut self, node: NodeId) {
        let above = self.listing.parent(node);
        let (mut entries, mut bytes) = (0, 0);
        let listing = &self.listing;
        listing.walk(node, &mut |node| {
            entries += 1;
            bytes += listing.item(node).and_then(|item| item.size).unwrap_or(0);
        });
        let hidden = self.hidden.entry(above).or_default();
        *hidden = (hidden.0 + entries, hidden.1 + bytes);
    }

    pub(super) fn note_store(&mut self, path: &str) {
        let message = format!("{path} is left out: it holds a Larder store");
        self.notes.push(Skip::note(TreePath::new(path), "left-out", message));
        self.stores.push((fold(path), path.to_owned()));
    }

    pub(super) fn is_in_store(&self, path: &str) -> bool {
        !self.stores.is_empty() && self.stores.iter().any(|(store, _)| is_at_or_below(&fold(path), store))
    }
}
