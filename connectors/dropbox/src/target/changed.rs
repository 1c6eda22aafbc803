//! Folders in which something has changed since they were looked at. Of a folder that is to be deleted Dropbox takes no revision, and
//! deletes whatever is in it by then: so it is asked first, and a folder with anything else in it than was seen stays.

use std::collections::HashSet;

use dropbox_client::{Class, Error, ListFolder, Metadata, names::fold};
use larder_model::Result;

use super::{inner::Inner, look::parent, removal::Surplus};
use crate::problem::problem;

impl Inner {
    /// Folders, folded, in which something has changed since they were looked at.
    pub fn changed_below(&self, all: &[Surplus]) -> Result<HashSet<String>> {
        let folders: HashSet<String> =
            all.iter().filter(|surplus| surplus.rev.is_none()).map(|surplus| fold(&surplus.path)).collect();
        let mut changed = HashSet::new();
        let mut cursors: Vec<String> =
            folders.iter().filter_map(|folder| self.standing().cursor_above(folder)).collect();
        cursors.sort_unstable();
        cursors.dedup();
        for cursor in cursors {
            match self.note_changed(cursor, &folders, &mut changed) {
                Ok(()) => {}
                // There is no telling what has changed: everything is compared anew.
                Err(error) if error.class() == Class::Relist => self.compare_anew(&folders, &mut changed)?,
                Err(error) => return Err(problem(&error)),
            }
        }
        Ok(changed)
    }

    fn note_changed(
        &self,
        mut cursor: String,
        folders: &HashSet<String>,
        changed: &mut HashSet<String>,
    ) -> Result<(), Error> {
        loop {
            let page = self.call(|client| client.list_folder_continue(&cursor))?;
            page.entries.iter().for_each(|entry| self.note_if_changed(entry, folders, changed));
            if !page.has_more {
                return Ok(());
            }
            cursor = page.cursor;
        }
    }

    fn compare_anew(&self, folders: &HashSet<String>, changed: &mut HashSet<String>) -> Result<()> {
        for folder in folders {
            let list = || self.call(|client| client.list_folder(&ListFolder::of(folder).recursively()));
            let mut page = match list() {
                Err(error) if error.is_not_found() => continue,
                page => page.map_err(|error| problem(&error))?,
            };
            loop {
                page.entries.iter().for_each(|entry| self.note_if_changed(entry, folders, changed));
                if !page.has_more {
                    break;
                }
                let cursor = page.cursor;
                page = self.call(|client| client.list_folder_continue(&cursor)).map_err(|error| problem(&error))?;
            }
        }
        Ok(())
    }

    fn note_if_changed(&self, entry: &Metadata, folders: &HashSet<String>, changed: &mut HashSet<String>) {
        let Some(path) = entry.path_lower().map(fold) else { return };
        let mut above = path.as_str();
        while !above.is_empty() && !folders.contains(above) {
            above = parent(above);
        }
        if !above.is_empty() && !self.standing().is_as_seen(entry) {
            changed.insert(above.to_owned());
        }
    }
}
