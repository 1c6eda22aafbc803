//! Looking whether a change was made.
//!
//! Listings lag behind writes, so they only ever prove that something is there: before anything is judged missing or another's, it is
//! asked for by itself.

use std::collections::{BTreeSet, HashMap};

use dropbox_client::{Class, Error, GetMetadata, ListFolder, Metadata, names::fold};

use super::inner::Inner;

/// So many items are asked for one by one.
const SINGLE_MAX: usize = 4;

/// Pages that are worth listing everything at once, where items of several folders are looked for.
const PAGES_MAX: u64 = 10;

impl Inner {
    /// What stands at each of these paths, now.
    pub fn look_at(&self, paths: &[&str]) -> Result<Vec<Option<Metadata>>, Error> {
        if paths.len() <= SINGLE_MAX {
            return paths.iter().map(|path| self.get(path)).collect();
        }
        let above: BTreeSet<&str> = paths.iter().map(|path| parent(path)).collect();
        let mut found = HashMap::new();
        let everything = ListFolder::of(self.place()).recursively();
        let is_listed = above.len() > 1 && !self.is_vast() && self.list_into(&everything, &mut found, PAGES_MAX)?;
        if !is_listed {
            for folder in above {
                self.list_into(&ListFolder::of(folder), &mut found, u64::MAX)?;
            }
        }
        Ok(paths.iter().map(|path| found.remove(&fold(path))).collect())
    }

    /// The same, and what is not as it should be is asked for by itself: a listing alone never condemns.
    pub fn look_closely(
        &self,
        paths: &[&str],
        is_right: impl Fn(usize, &Metadata) -> bool,
    ) -> Result<Vec<Option<Metadata>>, Error> {
        let mut all = self.look_at(paths)?;
        if paths.len() > SINGLE_MAX {
            for (number, found) in all.iter_mut().enumerate() {
                if !found.as_ref().is_some_and(|found| is_right(number, found)) {
                    *found = self.get(paths[number])?;
                }
            }
        }
        Ok(all)
    }

    /// What stands at one path.
    pub fn get(&self, path: &str) -> Result<Option<Metadata>, Error> {
        match self.call(|client| client.get_metadata(&GetMetadata::of(path))) {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_found() || error.has_tag("not_folder") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes so many pages at most; false when there are more.
    fn list_into(
        &self,
        arguments: &ListFolder,
        found: &mut HashMap<String, Metadata>,
        most: u64,
    ) -> Result<bool, Error> {
        match self.try_list_into(arguments, found, most) {
            // Once is enough: what a listing does not show is asked for anyway.
            Err(error) if error.class() == Class::Relist => self.try_list_into(arguments, found, most),
            listed => listed,
        }
    }

    fn try_list_into(
        &self,
        arguments: &ListFolder,
        found: &mut HashMap<String, Metadata>,
        most: u64,
    ) -> Result<bool, Error> {
        let mut page = match self.call(|client| client.list_folder(arguments)) {
            Ok(page) => page,
            // Nothing stands there, so nothing in it does.
            Err(error) if error.is_not_found() || error.has_tag("not_folder") => return Ok(true),
            Err(error) => return Err(error),
        };
        for _ in 1..most {
            take_page(&mut page.entries, found);
            if !page.has_more {
                return Ok(true);
            }
            page = self.call(|client| client.list_folder_continue(&page.cursor))?;
        }
        take_page(&mut page.entries, found);
        Ok(!page.has_more)
    }
}

fn take_page(entries: &mut Vec<Metadata>, found: &mut HashMap<String, Metadata>) {
    for entry in std::mem::take(entries) {
        let Some(path) = entry.path_lower().map(fold) else { continue };
        if matches!(entry, Metadata::Deleted(_)) {
            found.remove(&path);
        } else {
            found.insert(path, entry);
        }
    }
}

/// The folder that a path is in; nothing for the root.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(above, _)| above)
}
