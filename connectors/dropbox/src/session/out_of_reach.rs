//! What can be seen and never had: documents that cannot be exported, and folders without access. No cursor names it again, so it is
//! remembered, and told by every run.

use dropbox_client::{FolderMetadata, names::fold};
use larder_model::{Skip, TreePath};

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

    /// Rows for the ledger.
    pub fn rows_of_out_of_reach(&self) -> impl Iterator<Item = Skip> {
        self.out_of_reach.values().map(|kept| {
            let path = TreePath::new(&kept.path);
            let id = kept.item.id.as_deref().unwrap_or("no id");
            if kept.item.is_folder() {
                let message = format!("what is in it cannot be seen: this account has no access ({id})");
                return Skip::missing(path, "unreadable", message).tagged("no_access");
            }
            let message = format!("it is an online document that Dropbox can neither send nor export ({id})");
            Skip::missing(path, "unsupported", message).tagged("unsupported_file")
        })
    }
}
