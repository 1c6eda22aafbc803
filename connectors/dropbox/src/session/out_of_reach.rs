//! What can be seen and never had: documents that cannot be exported, folders without access, and names that no snapshot can hold. No
//! cursor names it again, so it is remembered, and told by every run.

use dropbox_client::{FolderMetadata, Metadata, names::fold};
use larder_model::{Entry, Skip, TreePath, escape};

use super::Session;
use crate::{checkpoint::Kept, item::Item};

impl Session {
    /// Takes note of a folder that this account sees and may not look into.
    pub(super) fn note_access(&mut self, path: &str, folder: &FolderMetadata, item: Item) {
        if folder.sharing_info.as_ref().is_some_and(|sharing| sharing.no_access) {
            let item = Item { is_out_of_reach: Some(true), ..item };
            self.out_of_reach.insert(fold(path), Kept { path: path.to_owned(), item });
        }
    }

    /// Takes note of something under a name like `..`, which Dropbox should never have taken, or that it is gone.
    pub(super) fn note_name(&mut self, path: &str, entry: &Metadata) {
        let Some(id) = entry.id() else {
            self.out_of_reach.remove(&fold(path));
            return;
        };
        let item = Item { id: Some(id.to_owned()), is_out_of_reach: Some(true), ..Item::default() };
        self.out_of_reach.insert(fold(path), Kept { path: path.to_owned(), item });
    }

    /// Rows for the ledger.
    pub fn rows_of_out_of_reach(&self) -> impl Iterator<Item = Skip> {
        self.out_of_reach.values().map(|kept| {
            let path = TreePath::new(&kept.path);
            let id = kept.item.id.as_deref().unwrap_or("no id");
            if !is_storable(&kept.path) {
                let message =
                    format!("the name of \"{}\" can stand in no snapshot ({id})", escape(kept.path.as_bytes()));
                return Skip::missing(path, "unsupported", message).tagged("malformed_path");
            }
            if kept.item.is_folder() {
                let message = format!("what is in it cannot be seen: this account has no access ({id})");
                return Skip::missing(path, "unreadable", message).tagged("no_access");
            }
            let message = format!("it is an online document that Dropbox can neither send nor export ({id})");
            Skip::missing(path, "unsupported", message).tagged("unsupported_file")
        })
    }
}

/// Whether a snapshot can hold all names of a path.
pub(super) fn is_storable(path: &str) -> bool {
    path.split('/').skip(1).all(|name| Entry::is_safe_name(name.as_bytes()))
}
