//! Looking whether a change was made.

use std::collections::{BTreeSet, HashMap};

use dropbox_client::{Error, GetMetadata, ListFolder, Metadata, names::fold};

use super::inner::Inner;

/// So many items are asked for one by one.
const SINGLE_MAX: usize = 4;

/// So many folders are listed one by one.
const FOLDERS_MAX: usize = 10;

impl Inner {
    /// What stands at each of these paths, now.
    pub fn look_at(&self, paths: &[&str]) -> Result<Vec<Option<Metadata>>, Error> {
        if paths.len() <= SINGLE_MAX {
            return paths.iter().map(|path| self.get(path)).collect();
        }
        let above: BTreeSet<String> = paths.iter().map(|path| parent(path).to_owned()).collect();
        let mut found = HashMap::new();
        if above.len() <= FOLDERS_MAX || self.is_vast() {
            for folder in above {
                self.list_into(&ListFolder::of(folder), &mut found)?;
            }
        } else {
            self.list_into(&ListFolder::of(self.place()).recursively(), &mut found)?;
        }
        Ok(paths.iter().map(|path| found.remove(&fold(path))).collect())
    }

    /// What stands at one path.
    pub fn get(&self, path: &str) -> Result<Option<Metadata>, Error> {
        match self.client().get_metadata(&GetMetadata::of(path)) {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_found() || error.has_tag("not_folder") => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn list_into(&self, arguments: &ListFolder, found: &mut HashMap<String, Metadata>) -> Result<(), Error> {
        let mut page = match self.client().list_folder(arguments) {
            Ok(page) => page,
            // Nothing stands there, so nothing in it does.
            Err(error) if error.is_not_found() || error.has_tag("not_folder") => return Ok(()),
            Err(error) => return Err(error),
        };
        loop {
            for entry in std::mem::take(&mut page.entries) {
                let Some(path) = entry.path_lower().map(fold) else { continue };
                if matches!(entry, Metadata::Deleted(_)) {
                    found.remove(&path);
                } else {
                    found.insert(path, entry);
                }
            }
            if !page.has_more {
                return Ok(());
            }
            page = self.client().list_folder_continue(&page.cursor)?;
        }
    }
}

/// The folder that a path is in; nothing for the root.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(above, _)| above)
}
