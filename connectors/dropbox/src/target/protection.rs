//! What is never removed: mounts of shared folders with all that is in them, what is above them, stores, and online documents, of which
//! a snapshot holds an export at best.

use dropbox_client::names::fold;
use larder_model::{Problem, ProblemKind, Result, escape};

use super::{inner::Inner, known::Standing, standing::SINGLY_MAX};
use crate::listing::{Listing, NodeId, State, TOP};

/// The folders of a store.
const STORE_MARKS: [&str; 3] = ["config", "keys", "packs"];

/// All folders that a store may have: what lies in one of them may belong to a store.
const STORE_FOLDERS: [&str; 9] = ["config", "keys", "packs", "index", "snapshots", "runs", "marks", "records", "owner"];

/// Pages that are worth a look at everything, where several folders are to be removed.
const PAGES_MAX: u64 = 20;

impl Inner {
    /// Why something at a path must not be removed: others share it, it belongs to a store, or nothing could bring it back.
    pub fn protection(&self, path: &str) -> Result<Option<String>> {
        let mut standing = self.standing();
        let Some(node) = standing.alive(path) else { return Ok(None) };
        if let Some(why) = self.reason_above(&standing.listing, node) {
            return Ok(Some(why));
        }
        if standing.listing.state(node).has(State::FOLDER) {
            self.need_all_below(&mut standing, path)?;
        }
        let listing = &standing.listing;
        let home = self.home(listing);
        let mut reasons: [Option<NodeId>; 3] = [None; 3];
        listing.walk(node, &mut |below| {
            let item = listing.item(below).unwrap_or_default();
            let found = [
                item.mounts.is_some() || Some(below) == home,
                is_store(listing, Some(below)),
                item.is_out_of_reach == Some(true),
            ];
            for (reason, is_so) in reasons.iter_mut().zip(found) {
                if is_so {
                    reason.get_or_insert(below);
                }
            }
        });
        let told = ["a shared folder is mounted there", "it holds a Larder store", "it is an online document"];
        let first = reasons.iter().zip(told).find_map(|(node, why)| node.map(|node| (node, why)));
        Ok(first.map(|(node, why)| format!("{} stays: {why}", listing.path(node))))
    }

    /// The account's own folder, where paths begin above it: in a team's space, where it is one mount among others.
    fn home(&self, listing: &Listing) -> Option<NodeId> {
        self.home_path().and_then(|path| listing.find(&path)).filter(|node| *node != TOP)
    }

    /// Stores and mounts that something lies in. The place itself was named, so what it lies in is no reason.
    fn reason_above(&self, listing: &Listing, node: NodeId) -> Option<String> {
        let (place, home) = (listing.find(&self.place()), self.home(listing));
        let (mut at, mut is_below) = (node, Some(node) != place);
        while at != TOP {
            at = listing.parent(at);
            is_below &= Some(at) != place;
            if is_store(listing, Some(at)) {
                return Some(format!(
                    "{} stays: it belongs to the Larder store {}",
                    listing.path(node),
                    listing.path(at)
                ));
            }
            let is_mount = Some(at) == home || listing.item(at).is_some_and(|item| item.mounts.is_some());
            if is_below && is_mount {
                return Some(format!("{} stays: {} is a shared folder", listing.path(node), listing.path(at)));
            }
        }
        None
    }

    /// What lies deeper decides as well. Where that is asked of several folders, everything is listed at once.
    fn need_all_below(&self, standing: &mut Standing, path: &str) -> Result<()> {
        if standing.is_whole || standing.is_known_below(path) {
            return Ok(());
        }
        if standing.whole_below.len() as u64 >= SINGLY_MAX && !standing.is_vast {
            match self.list_below(standing, &self.place(), PAGES_MAX)? {
                Some(_) => {
                    standing.is_whole = true;
                    return Ok(());
                }
                None => standing.is_vast = true,
            }
        }
        self.list_below(standing, path, u64::MAX)?;
        standing.whole_below.insert(fold(path));
        Ok(())
    }

    /// Nothing is restored into a store: neither into the folder that it is, nor into one of its own.
    pub fn refuse_store(&self, path: &str) -> Result<()> {
        if self.standing().is_store_at(path) {
            let message = format!("{} holds a Larder store, which no restore touches", escape(path.as_bytes()));
            return Err(Problem::new(ProblemKind::Conflict, message).hint("restore to another folder"));
        }
        Ok(())
    }

    /// Refuses a place in a store, be it in a folder of the store's own or in a foreign one. Whether the top is a store is asked only
    /// where a name of a store's follows: nobody has one there without meaning it, and every restore would have to ask.
    pub fn refuse_place_in_store(&self) -> Result<()> {
        let place = self.place();
        for (at, _) in place.match_indices('/') {
            let (above, name) = (&place[..at], place[at + 1..].split('/').next().unwrap_or_default());
            let may_be = !above.is_empty() || STORE_FOLDERS.contains(&fold(name).as_str());
            if may_be && self.is_store_by_asking(above)? {
                let message = format!("cannot restore to {}: it lies in a Larder store", self.location());
                return Err(Problem::new(ProblemKind::Conflict, message).hint("name another folder"));
            }
        }
        Ok(())
    }

    fn is_store_by_asking(&self, folder: &str) -> Result<bool> {
        for mark in STORE_MARKS {
            let found = self.get(&format!("{folder}/{mark}")).map_err(|error| crate::problem::problem(&error))?;
            if !found.is_some_and(|found| matches!(found, dropbox_client::Metadata::Folder(_))) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// True for a folder that has what a store has.
pub fn is_store(listing: &Listing, node: Option<NodeId>) -> bool {
    node.is_some_and(|node| {
        STORE_MARKS.iter().all(|mark| {
            let child = listing.child(node, mark).map(|child| listing.state(child));
            child.is_some_and(|state| state.has(State::ALIVE) && state.has(State::FOLDER))
        })
    })
}
