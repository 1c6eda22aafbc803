//! What one run knows of the account: the listing, and everything that has to be remembered for the next one.

mod documents;
mod out_of_reach;
mod stores;

use std::collections::{BTreeMap, HashMap};

use dropbox_client::{Metadata, names::fold};
use larder_connect::{Again, Past};
use larder_model::{Flags, Problem, ProblemKind, Skip, TreePath};

use crate::{
    checkpoint::{Checkpoint, Document, Kept},
    item::Item,
    listing::{Listing, NodeId, State},
    rules::{Rules, Verdict},
};

pub struct Session {
    pub listing: Listing,
    pub cursor: String,
    /// When everything was listed, in seconds since 1970.
    pub listed: i64,
    /// How the way to the root is written.
    pub root: String,
    pub zips_off_until: Option<i64>,
    pub zips_work: bool,
    /// Why content could not be had.
    pub failures: HashMap<NodeId, Problem>,
    /// What can never be had, by folded path.
    out_of_reach: BTreeMap<String, Kept>,
    /// Folders that hold a store: folded, and as displayed.
    stores: Vec<(String, String)>,
    mounts: BTreeMap<String, Kept>,
    documents: BTreeMap<String, Document>,
    /// Entries and bytes that are left out, by the folder that they lie below: a zip would hold them all the same.
    pub hidden: HashMap<NodeId, (u64, u64)>,
    /// What is to be told.
    pub notes: Vec<Skip>,
    /// Folders that may turn out to be stores.
    suspects: Vec<String>,
    /// Changes alone do not tell what the account holds.
    pub is_doubtful: bool,
}

impl Session {
    /// Everything is going to be listed. Of an older checkpoint stays what is not in listings.
    pub fn full(rules: &Rules, old: Option<Checkpoint>) -> Self {
        let mut session = Self::empty(rules, false);
        if let Some(old) = old {
            (session.zips_off_until, session.zips_work) = (old.zips_off_until, old.zips_work);
            session.mounts = by_path(old.mounts, |kept| &kept.path);
        }
        session
    }

    /// Only what has changed since a checkpoint.
    pub fn delta(rules: &Rules, old: Checkpoint) -> Self {
        let mut session = Self::empty(rules, true);
        (session.zips_off_until, session.zips_work) = (old.zips_off_until, old.zips_work);
        (session.cursor, session.listed, session.root) = (old.cursor, old.listed, old.root);
        session.mounts = by_path(old.mounts, |kept| &kept.path);
        session.documents = by_path(old.documents, |document| &document.path);
        for store in old.stores {
            session.note_store(&store);
        }
        for kept in old.pending {
            if kept.item.is_out_of_reach == Some(true) {
                session.out_of_reach.insert(fold(&kept.path), kept);
            } else {
                session.put(rules, &kept.path, kept.item);
            }
        }
        session
    }

    fn empty(rules: &Rules, is_delta: bool) -> Self {
        Self {
            listing: Listing::new(is_delta),
            cursor: String::new(),
            listed: 0,
            root: rules.root.clone(),
            zips_off_until: None,
            zips_work: false,
            failures: HashMap::new(),
            out_of_reach: BTreeMap::new(),
            stores: Vec::new(),
            mounts: BTreeMap::new(),
            documents: BTreeMap::new(),
            hidden: HashMap::new(),
            notes: Vec::new(),
            suspects: Vec::new(),
            is_doubtful: false,
        }
    }

    /// What the engine wants looked at again. Returns the paths that nothing is known of, to be asked for.
    pub fn again(&mut self, rules: &Rules, past: &Past) -> Vec<String> {
        let mut unknown = Vec::new();
        for Again { path, entry } in &past.again {
            let Ok(path) = std::str::from_utf8(path.as_bytes()) else { continue };
            // What is pending is newer than what the snapshot has; of a stale entry nobody knows what is there now.
            let is_known = self.listing.find(path).is_some() || self.out_of_reach.contains_key(&fold(path));
            let current = entry.as_ref().filter(|entry| !entry.meta.flags.has(Flags::STALE));
            if is_known || path.is_empty() || path == "/" {
                continue;
            }
            match current.and_then(Item::of_entry) {
                Some(item) => {
                    self.put(rules, path, item);
                }
                None => unknown.push(path.to_owned()),
            }
        }
        unknown
    }

    /// Takes one entry of a listing; `false` for one that says nothing of what the snapshot holds.
    pub fn take(&mut self, rules: &Rules, entry: &Metadata, formats: Option<&[String]>) -> bool {
        let Some(lower) = entry.path_lower() else { return false };
        if !rules.is_within(lower) {
            return false;
        }
        let path = displayed(lower, entry.path_display(), entry.name());
        // The folder that is listed may be among its own entries.
        if path.bytes().all(|byte| byte == b'/') {
            return false;
        }
        if !out_of_reach::is_storable(&path) {
            self.note_name(&path, entry);
            return true;
        }
        if !matches!(entry, Metadata::Folder(_)) {
            self.doubt_stores(lower);
        }
        if self.is_in_store(lower) {
            self.hide(&path, entry.as_file().map_or(0, |file| file.size));
            return false;
        }
        self.doubt_exports(lower);
        self.forget_exports(lower);
        match entry {
            Metadata::Deleted(_) => self.removed(&path, lower),
            Metadata::Folder(folder) => {
                // Of the folders above, a full listing's is the best there is to know.
                if !self.listing.is_delta && is_same_path(&path, &rules.root) {
                    self.root.clone_from(&path);
                }
                let item = Item::of_folder(folder);
                if self.put(rules, &path, item.clone()) == Verdict::Taken {
                    self.note_access(&path, folder, item);
                }
            }
            Metadata::File(file) => {
                self.suspect(&path);
                let item = Item::of_file(file);
                if item.is_out_of_reach == Some(true) && item.target.is_none() {
                    let chosen = file.export_info.as_ref().and_then(|info| info.export_as.as_deref());
                    self.document(rules, &path, &item, chosen, formats);
                } else {
                    self.move_export_aside(rules, &path);
                    self.put(rules, &path, item);
                }
            }
        }
        true
    }

    fn put(&mut self, rules: &Rules, path: &str, item: Item) -> Verdict {
        let verdict = rules.verdict(path, &item);
        match verdict {
            Verdict::Taken => {
                if let Some(mounts) = &item.mounts {
                    let item = Item { mounts: Some(mounts.clone()), ..Item::default() };
                    self.mounts.insert(fold(path), Kept { path: path.to_owned(), item });
                }
                let node = self.listing.put(path, &item);
                self.failures.remove(&node);
            }
            Verdict::LeftOut => {
                rules.tell_left_out(path);
                self.hide(path, item.size.unwrap_or(0));
                self.listing.remove(path);
            }
            Verdict::BelowLeftOut => self.hide(path, item.size.unwrap_or(0)),
        }
        verdict
    }

    fn removed(&mut self, path: &str, lower: &str) {
        let folded = fold(lower);
        self.out_of_reach.retain(|path, _| !is_at_or_below(path, &folded));
        let gone: Vec<_> = self.mounts.keys().filter(|mount| is_at_or_below(mount, &folded)).cloned().collect();
        for mount in gone.iter().filter_map(|mount| self.mounts.remove(mount)) {
            self.notes.push(unmounted(&mount));
        }
        self.documents.retain(|path, _| !is_at_or_below(path, &folded));
        self.listing.remove(path);
    }

    /// After everything was listed: mounts that are not there any more are named.
    pub fn listed_all(&mut self) {
        let is_there =
            |mount: &Kept| self.listing.find(&mount.path).is_some_and(|node| self.listing.entry(node).is_some());
        let gone: Vec<String> =
            self.mounts.iter().filter(|(_, mount)| !is_there(mount)).map(|(path, _)| path.clone()).collect();
        for mount in gone.iter().filter_map(|path| self.mounts.remove(path)) {
            self.notes.push(unmounted(&mount));
        }
    }

    /// Content could not be had. What is not there any more is no part of the listing either.
    pub fn failed(&mut self, node: NodeId, why: Problem) {
        if why.is(ProblemKind::NotFound) {
            let path = self.listing.path_text(node);
            self.listing.remove(&path);
        } else {
            self.failures.insert(node, why);
        }
    }

    /// The bookmark for the next run.
    pub fn checkpoint(&self, rules: &str) -> Checkpoint {
        let is_there = |node: &&NodeId| self.listing.state(**node).has(State::ALIVE);
        let failed = self
            .failures
            .keys()
            .filter(is_there)
            .filter_map(|node| Some(Kept { path: self.listing.path_text(*node), item: self.listing.item(*node)? }));
        let mut pending: Vec<_> = failed.chain(self.out_of_reach.values().cloned()).collect();
        pending.sort_by(|a, b| a.path.cmp(&b.path));
        Checkpoint {
            cursor: self.cursor.clone(),
            rules: rules.to_owned(),
            listed: self.listed,
            root: self.root.clone(),
            zips_off_until: self.zips_off_until,
            zips_work: self.zips_work,
            pending,
            stores: self.stores.iter().map(|(_, store)| store.clone()).collect(),
            mounts: self.mounts.values().cloned().collect(),
            documents: self.documents.values().cloned().collect(),
            ..Checkpoint::default()
        }
    }
}

/// The path of an entry; its last part as the entry's own name says.
fn displayed(lower: &str, display: Option<&str>, name: &str) -> String {
    let above = display.unwrap_or(lower).rsplit_once('/').map_or("", |(above, _)| above);
    format!("{above}/{name}")
}

fn is_same_path(path: &str, root: &str) -> bool {
    fold(path) == fold(root)
}

fn is_at_or_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn by_path<T>(all: Vec<T>, path: impl Fn(&T) -> &String) -> BTreeMap<String, T> {
    all.into_iter().map(|one| (fold(path(&one)), one)).collect()
}

fn unmounted(mount: &Kept) -> Skip {
    let namespace = mount.item.mounts.as_deref().unwrap_or("unknown");
    let message = format!(
        "the shared folder {} (namespace {namespace}) is not mounted any more; what it held is not in this snapshot",
        mount.path
    );
    Skip::note(TreePath::new(&mount.path), "unmounted", message)
}

#[cfg(test)]
mod tests;
