//! What stands at the destination: listed when it is asked for, and in as few calls as possible.
//!
//! Where many folders are looked into, everything below the place is listed at once, unless that turns out to take more calls than
//! the folders one by one would. A folder that is not there costs one call. Where a single file is restored and its folder is large, only
//! the file is asked for.

use dropbox_client::{Class, Error, ListFolder, names::fold};
use larder_model::{Entry, Kind, Problem, ProblemKind, Result};

use super::{inner::Inner, known::Standing, protection::is_store};
use crate::{
    listing::NodeId,
    problem::{app_folder_app, is_of_app_folder, problem, problem_alone},
};

/// So few folders are listed one by one.
pub const SINGLY_MAX: u64 = 3;

/// How often a listing is begun anew when Dropbox resets it.
const RESETS_MAX: u32 = 3;

/// Something that stands in a folder.
pub struct Found {
    /// As it is displayed.
    pub name: String,
    pub entry: Entry,
}

impl Inner {
    /// True when the place is there. Lists it, once.
    pub fn has_top(&self) -> Result<bool> {
        let mut standing = self.standing();
        if let Some(has_top) = standing.has_top {
            return Ok(has_top);
        }
        let place = self.place();
        self.refuse_place_in_store()?;
        let mut has_top = self.list_with_own(&mut standing, &place)?;
        self.go_underway();
        if !has_top && self.epoch() > 0 {
            has_top = self.ask(&mut standing, &place)?.is_some();
        }
        standing.has_top = Some(has_top);
        if has_top && is_store(&standing.listing, standing.alive(&place)) {
            let message = format!("cannot restore to {}: it holds a Larder store", self.location());
            return Err(Problem::new(ProblemKind::Conflict, message).hint("name another folder"));
        }
        Ok(has_top)
    }

    /// What stands under a name in a folder that is there.
    pub fn find(&self, folder: &str, name: &str) -> Result<Option<Found>> {
        let mut standing = self.standing();
        self.need(&mut standing, folder)?;
        let path = format!("{folder}/{name}");
        let node = if standing.large.contains(&fold(folder)) {
            self.ask(&mut standing, &path)?
        } else {
            standing.alive(&path)
        };
        // After writing, a listing that does not show something yet proves nothing.
        let node = match node {
            None if self.epoch() > 0 => self.ask(&mut standing, &path)?,
            node => node,
        };
        let found = node.and_then(|node| {
            let entry = standing.listing.entry(node)?;
            Some(Found { name: standing.listing.name(node).to_owned(), entry })
        });
        Ok(found)
    }

    /// What stands at a path, whatever listings say.
    pub fn find_again(&self, path: &str) -> Result<Option<Entry>> {
        let found = self.get(path).map_err(|error| problem(&error))?;
        let mut standing = self.standing();
        match &found {
            Some(found) => standing.take(found),
            None => standing.remove(path),
        }
        Ok(standing.alive(path).and_then(|node| standing.listing.entry(node)))
    }

    /// The names in a folder that is there.
    pub fn names_in(&self, folder: &str) -> Result<Vec<(String, Kind)>> {
        let mut standing = self.standing();
        if standing.large.remove(&fold(folder)) {
            self.list_one(&mut standing, folder, true)?;
        }
        self.need(&mut standing, folder)?;
        let Some(node) = standing.alive(folder) else { return Ok(Vec::new()) };
        let kind = |node| standing.listing.entry(node).map_or(Kind::Directory, |entry| entry.kind);
        Ok(standing
            .listing
            .children(node)
            .map(|child| (standing.listing.name(child).to_owned(), kind(child)))
            .collect())
    }

    /// True when listing everything below the place takes too many calls.
    pub fn is_vast(&self) -> bool {
        self.standing().is_vast
    }

    /// Has the items of a folder that is there listed.
    pub fn need_items(&self, folder: &str) -> Result<()> {
        self.need(&mut self.standing(), folder)
    }

    fn need(&self, standing: &mut Standing, folder: &str) -> Result<()> {
        if standing.is_listed(folder) || standing.large.contains(&fold(folder)) {
            return Ok(());
        }
        self.list(standing, folder).map(drop)
    }

    /// Lists a folder, or everything if that is worth it; false when it is not there.
    pub fn list(&self, standing: &mut Standing, folder: &str) -> Result<bool> {
        let outline = self.outline();
        if outline.folders > SINGLY_MAX && !standing.is_vast {
            match self.list_below(standing, &self.place(), outline.folders)? {
                Some(true) => {
                    standing.is_whole = true;
                    return Ok(true);
                }
                Some(false) => return Ok(false),
                None => standing.is_vast = true,
            }
        }
        let is_single = outline.files <= 1 && outline.folders == 0;
        self.list_one(standing, folder, !is_single)
    }

    fn list_one(&self, standing: &mut Standing, folder: &str, whole: bool) -> Result<bool> {
        let most = if whole { u64::MAX } else { 1 };
        Ok(match self.pages(standing, &ListFolder::of(folder), most)? {
            Some(true) => {
                standing.listed.insert(fold(folder));
                true
            }
            Some(false) => {
                standing.listed.insert(fold(folder));
                false
            }
            None => {
                standing.large.insert(fold(folder));
                true
            }
        })
    }

    pub fn list_below(&self, standing: &mut Standing, folder: &str, pages_max: u64) -> Result<Option<bool>> {
        self.pages(standing, &ListFolder::of(folder).recursively(), pages_max)
    }

    /// Takes so many pages at most: `None` when there are more, `Some(false)` when the folder is not there.
    fn pages(&self, standing: &mut Standing, arguments: &ListFolder, most: u64) -> Result<Option<bool>> {
        for is_last in (0..RESETS_MAX).map(|reset| reset + 1 == RESETS_MAX) {
            match self.try_pages(standing, arguments, most) {
                Ok(listed) => return Ok(listed),
                Err(error) if error.class() == Class::Relist && !is_last => {}
                Err(error) => return self.unlistable(&arguments.path, &error),
            }
        }
        Err(Problem::failed("the listing was reset three times").hint("run the restore again"))
    }

    fn try_pages(&self, standing: &mut Standing, arguments: &ListFolder, most: u64) -> Result<Option<bool>, Error> {
        let mut page = self.call(|client| client.list_folder(arguments))?;
        let mut pages = 1;
        loop {
            page.entries.iter().for_each(|entry| standing.take(entry));
            if !page.has_more {
                if arguments.recursive {
                    standing.cursors.push((fold(&arguments.path), page.cursor));
                }
                return Ok(Some(true));
            }
            if pages >= most {
                return Ok(None);
            }
            page = self.call(|client| client.list_folder_continue(&page.cursor))?;
            pages += 1;
        }
    }

    fn unlistable(&self, path: &str, error: &Error) -> Result<Option<bool>> {
        if error.is_not_found() {
            return Ok(Some(false));
        }
        if error.has_tag("not_folder") && path == self.place() {
            let message = format!("cannot restore to {}: it is a file, and no folder", self.location());
            let problem = Problem::new(ProblemKind::Conflict, message).tag("not_folder");
            return Err(problem.hint("name a folder; it is made if it is missing"));
        }
        if is_of_app_folder(error) {
            return Err(app_folder_app().context(format!("cannot restore to {}", self.location())));
        }
        let problem = problem_alone(error).context(format!("cannot list {}", if path.is_empty() { "/" } else { path }));
        let is_other_namespace = error.class() == Class::PathRoot && self.options.namespace.is_some();
        Err(if is_other_namespace {
            problem.hint("the namespace is another account's, or no longer this one's: check `root_namespace`")
        } else {
            problem
        })
    }

    /// Asks for one item.
    fn ask(&self, standing: &mut Standing, path: &str) -> Result<Option<NodeId>> {
        let folded = fold(path);
        if let Some(asked) = standing.asked.get(&folded) {
            return Ok(*asked);
        }
        if let Some(found) = self.get(path).map_err(|error| problem(&error))? {
            standing.take(&found);
        }
        let node = standing.alive(path);
        standing.asked.insert(folded, node);
        Ok(node)
    }
}
