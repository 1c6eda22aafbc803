//! Listings in pages, and cursors that tell what changed since.
//!
//! A cursor is a place in a listing and in the journals of the namespaces that the listing went through. A page shows
//! things as they are when it is made; what changed in between comes again from the journal. As with the real one, pages
//! may be short or empty although more follows, and a deleted folder is one entry.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::drive::name::fold;
use crate::drive::namespace::{Change, Namespace, ROOT};
use crate::drive::node::{Node, SpaceId};
use crate::drive::{Drive, Spot, View, is_below};
use crate::options::Listing;
use crate::random::Random;

#[derive(Debug, Default)]
pub struct Cursors {
    cursors: HashMap<String, Cursor>,
}

/// What a listing shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    pub recursive: bool,
    pub deleted: bool,
    pub mounted: bool,
    pub non_downloadable: bool,
}

#[derive(Clone, Debug)]
pub struct Cursor {
    view: View,
    /// The listed folder, inside of its mount.
    folder: Spot,
    /// Its folded path in its namespace.
    path: String,
    /// The folder itself is listed too.
    with_self: bool,
    /// It could be seen from the view when the listing began.
    was_visible: bool,
    scope: Scope,
    limit: usize,
    /// How far it lags behind writes.
    lag: Duration,
    pending: Vec<Pending>,
    positions: BTreeMap<SpaceId, usize>,
    again: Option<Value>,
    is_reset: bool,
}

/// A listing that is not yet through.
#[derive(Clone, Debug)]
struct Pending {
    items: Arc<[Item]>,
    next: usize,
}

#[derive(Clone, Debug)]
enum Item {
    There(Spot),
    Deleted(SpaceId, String),
}

/// Why a cursor does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CursorProblem {
    Unknown,
    Reset,
    /// The listed folder is gone.
    NotFound,
}

#[derive(Debug)]
pub struct Page {
    pub entries: Vec<Value>,
    pub has_more: bool,
}

impl Cursors {
    /// Keeps a cursor and returns its name.
    pub fn keep(&mut self, cursor: Cursor, random: &mut Random) -> String {
        let name = format!("AA{}{}", random.letters(90), self.cursors.len());
        self.cursors.insert(name.clone(), cursor);
        name
    }

    pub fn get(&self, name: &str, account: usize) -> Result<Cursor, CursorProblem> {
        let cursor = self.cursors.get(name).filter(|it| it.view.account == account);
        match cursor {
            None => Err(CursorProblem::Unknown),
            Some(cursor) if cursor.is_reset => Err(CursorProblem::Reset),
            Some(cursor) => Ok(cursor.clone()),
        }
    }

    /// For callers without an account.
    pub fn any(&self, name: &str) -> Result<&Cursor, CursorProblem> {
        match self.cursors.get(name) {
            None => Err(CursorProblem::Unknown),
            Some(cursor) if cursor.is_reset => Err(CursorProblem::Reset),
            Some(cursor) => Ok(cursor),
        }
    }

    /// Makes every cursor there is answer with `reset`.
    pub fn reset_all(&mut self) {
        self.cursors.values_mut().for_each(|cursor| cursor.is_reset = true);
    }
}

impl Cursor {
    /// Begins a listing of a folder that exists.
    pub fn begin(drive: &Drive, view: View, spot: Spot, scope: Scope, limit: usize, lag: Duration) -> Self {
        let folder = drive.enter(spot);
        let path = drive.space(folder.space).map(|space| folded(space, folder)).unwrap_or_default();
        let with_self = scope.recursive && !drive.is_root(view, spot) && !drive.is_root(view, folder);
        let mut cursor = Self {
            view,
            folder,
            path,
            with_self,
            was_visible: drive.visible_names(view, folder).is_some(),
            scope,
            limit,
            lag,
            pending: Vec::new(),
            positions: BTreeMap::new(),
            again: None,
            is_reset: false,
        };
        let mut items = Vec::new();
        if with_self {
            items.push(Item::There(spot));
        }
        cursor.gather(drive, folder, &mut items);
        cursor.pending.push(Pending { items: items.into(), next: 0 });
        cursor
    }

    /// Leaves out what is there now.
    pub fn skip_to_latest(&mut self) {
        self.pending.clear();
    }

    /// The next page; the cursor then stands behind it.
    pub fn page(&mut self, drive: &Drive, listing: &Listing, random: &mut Random) -> Result<Page, CursorProblem> {
        self.require_folder(drive)?;
        let limit = self.limit.min(listing.page).max(1);
        let has_rest = self.has_more(drive);
        if has_rest && random.chance(listing.empty_pages) {
            return Ok(Page { entries: Vec::new(), has_more: true });
        }
        let is_short = random.chance(listing.short_pages);
        let limit = if is_short { 1 + random.below(limit as u64) as usize } else { limit };
        let mut entries: Vec<_> = self.again.take().into_iter().collect();
        self.take_pending(drive, limit, &mut entries);
        self.take_changes(drive, limit, &mut entries);
        let has_more = self.has_more(drive);
        if has_more && random.chance(listing.repeated) {
            self.again = entries.last().cloned();
        }
        Ok(Page { entries, has_more })
    }

    /// Whether anything in the journals is new to this cursor.
    pub fn has_more(&self, drive: &Drive) -> bool {
        let is_behind = |(space, at): (&SpaceId, &usize)| {
            drive.space(*space).is_some_and(|it| {
                let shown = it.shown(self.lag);
                it.changes[(*at).min(shown)..shown].iter().any(|change| self.shows(*space, change))
            })
        };
        !self.pending.is_empty() || self.positions.iter().any(is_behind)
    }

    fn require_folder(&self, drive: &Drive) -> Result<(), CursorProblem> {
        let is_there = drive.node(self.folder).is_some() && drive.may_read(self.view.account, self.folder.space);
        let is_visible = !self.was_visible || drive.visible_names(self.view, self.folder).is_some();
        if is_there && is_visible { Ok(()) } else { Err(CursorProblem::NotFound) }
    }

    /// Everything below a folder, parents first, and its journal's end.
    fn gather(&mut self, drive: &Drive, folder: Spot, items: &mut Vec<Item>) {
        let Some(space) = drive.space(folder.space) else { return };
        let shown = space.shown(self.lag);
        self.positions.insert(folder.space, shown);
        let nodes = if self.scope.recursive { space.subtree(folder.node) } else { space.children(folder.node) };
        let mut mounts = Vec::new();
        let is_shown = |node: &usize| !space.is_hidden(&fold(&space.path(*node)), shown);
        for node in nodes.into_iter().filter(|node| *node != folder.node).filter(is_shown) {
            let spot = Spot { space: folder.space, node };
            items.push(Item::There(spot));
            let mount = space.get(node).and_then(Node::mount);
            mounts.extend(mount.filter(|_| self.scope.recursive && self.scope.mounted));
        }
        if self.scope.deleted {
            let path = folded(space, folder);
            let deleted = space.deleted.iter().filter(|(it, _)| is_below(it, &path, self.scope.recursive));
            items.extend(deleted.map(|(_, it)| Item::Deleted(folder.space, it.display.clone())));
        }
        for mount in mounts {
            self.gather(drive, Spot { space: mount, node: ROOT }, items);
        }
    }

    fn take_pending(&mut self, drive: &Drive, limit: usize, entries: &mut Vec<Value>) {
        while entries.len() < limit
            && let Some(pending) = self.pending.first_mut()
        {
            let Some(item) = pending.items.get(pending.next).cloned() else {
                self.pending.remove(0);
                continue;
            };
            pending.next += 1;
            entries.extend(match item {
                Item::There(spot) => self.show(drive, spot),
                Item::Deleted(space, display) => drive.show_deleted(self.view, space, &display),
            });
        }
        // A listing that is through is no reason to come again.
        self.pending.retain(|pending| pending.next < pending.items.len());
    }

    fn take_changes(&mut self, drive: &Drive, limit: usize, entries: &mut Vec<Value>) {
        if !self.pending.is_empty() {
            return;
        }
        self.forget_unmounted(drive);
        for id in self.positions.keys().copied().collect::<Vec<_>>() {
            let Some(space) = drive.space(id) else { continue };
            let shown = space.shown(self.lag);
            while entries.len() < limit {
                let at = self.positions.get(&id).copied().unwrap_or(0);
                let Some(change) = space.changes.get(at).filter(|_| at < shown) else { break };
                self.positions.insert(id, at + 1);
                if self.shows(id, change) {
                    entries.extend(self.show_change(drive, id, space, at, change));
                }
            }
        }
        self.take_pending(drive, limit, entries);
    }

    fn show_change(
        &mut self,
        drive: &Drive,
        id: SpaceId,
        space: &Namespace,
        at: usize,
        change: &Change,
    ) -> Option<Value> {
        match change {
            Change::Deleted { display, .. } => drive.show_deleted(self.view, id, display),
            // Only the last writing of a path is shown: the state is the present one anyway.
            Change::Written { path } if space.last_written.get(path) == Some(&at) => {
                let spot = Spot { space: id, node: space.find(path)? };
                if let Some(mount) = space.get(spot.node).and_then(Node::mount)
                    && self.scope.recursive
                    && self.scope.mounted
                {
                    let mut items = Vec::new();
                    self.gather(drive, Spot { space: mount, node: ROOT }, &mut items);
                    self.pending.push(Pending { items: items.into(), next: 0 });
                }
                self.show(drive, spot)
            }
            Change::Written { .. } => None,
        }
    }

    fn shows(&self, space: SpaceId, change: &Change) -> bool {
        if space != self.folder.space {
            return true;
        }
        let is_self = change.path() == self.path;
        if is_self { self.with_self } else { is_below(change.path(), &self.path, self.scope.recursive) }
    }

    fn show(&self, drive: &Drive, spot: Spot) -> Option<Value> {
        let file = drive.node(spot)?.file();
        let is_hidden = !self.scope.non_downloadable && file.is_some_and(|file| !file.is_downloadable());
        if is_hidden { None } else { drive.show(self.view, spot) }
    }

    fn forget_unmounted(&mut self, drive: &Drive) {
        let spaces: Vec<_> = self.positions.keys().copied().collect();
        let is_mounted = |id: SpaceId| {
            spaces.iter().any(|outer| drive.space(*outer).is_some_and(|space| space.mounts.contains_key(&id)))
        };
        let own = self.folder.space;
        self.positions.retain(|id, _| *id == own || is_mounted(*id));
    }
}

fn folded(space: &Namespace, spot: Spot) -> String {
    fold(&space.path(spot.node))
}
