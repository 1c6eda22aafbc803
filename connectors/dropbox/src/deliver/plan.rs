//! What to call for: which folders come as one zip, and which files come alone.
//!
//! A zip costs one call for up to 10,000 entries, so the largest folders that fit are taken. Files beside them, in folders that are too
//! large for a zip, come singly. What a zip holds beside what is wanted is bounded, and its length too: a zip cannot be continued
//! where it broke off.

use std::collections::{HashMap, HashSet};

use larder_model::Fingerprint;

use crate::{
    item::CONTENT_HASH,
    listing::{Listing, NodeId, State, TOP},
    session::Session,
};

/// Entries of a zip, its own folder included, stay below this. Source: the documentation of `files/download_zip`.
const ZIP_ENTRIES_LIMIT: u64 = 10_000;
/// Bytes of a zip at most. Dropbox allows 20 GB; what breaks off has to be fetched again.
const ZIP_BYTES_MAX: u64 = 1 << 30;
/// Larger files come singly, so that they are continued where they broke off.
const ZIP_FILE_BYTES_MAX: u64 = 64 << 20;
/// Fewer files than this are no reason for a zip.
const ZIP_FILES_MIN: u64 = 2;
/// Unwanted bytes of a zip, for each call that it saves.
const UNWANTED_BYTES_A_CALL: u64 = 64 << 10;

/// One thing to fetch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Job {
    File(NodeId),
    Zip(NodeId),
}

impl Job {
    pub fn node(self) -> NodeId {
        match self {
            Self::File(node) | Self::Zip(node) => node,
        }
    }
}

/// What is in a folder, all below it included.
#[derive(Clone, Copy, Default, Debug)]
pub struct Sum {
    /// Files and folders, itself included.
    pub entries: u64,
    pub bytes: u64,
    pub wanted: u64,
    pub wanted_bytes: u64,
    largest: u64,
    /// Some of it is only known to the last snapshot.
    is_partly_known: bool,
}

impl Sum {
    fn add(&mut self, other: &Self) {
        self.entries += other.entries;
        self.bytes += other.bytes;
        self.wanted += other.wanted;
        self.wanted_bytes += other.wanted_bytes;
        self.largest = self.largest.max(other.largest);
        self.is_partly_known |= other.is_partly_known;
    }

    fn fits_a_zip(&self) -> bool {
        let unwanted = self.bytes - self.wanted_bytes;
        self.wanted >= ZIP_FILES_MIN
            && !self.is_partly_known
            && self.entries < ZIP_ENTRIES_LIMIT
            && self.bytes <= ZIP_BYTES_MAX
            && self.largest <= ZIP_FILE_BYTES_MAX
            && unwanted <= (self.wanted_bytes / 2).max((self.wanted - 1) * UNWANTED_BYTES_A_CALL)
    }
}

/// A plan for all that is wanted.
#[derive(Default)]
pub struct Plan {
    pub jobs: Vec<Job>,
    /// Content of single files, which comes once under whatever paths.
    hashes: HashSet<u128>,
    pub files: u64,
    pub bytes: u64,
}

/// What tells contents apart: half of a content hash is enough for that. Exports of documents are never the same.
pub fn content_of(fingerprint: &Fingerprint) -> Option<u128> {
    let is_content = fingerprint.kind == CONTENT_HASH;
    is_content.then(|| fingerprint.hash.first_chunk().map(|half| u128::from_le_bytes(*half))).flatten()
}

/// Sums of all folders of the listing.
pub fn sums(session: &Session) -> HashMap<NodeId, Sum> {
    let listing = &session.listing;
    let mut sums: HashMap<NodeId, Sum> = HashMap::new();
    for (folder, (entries, bytes)) in &session.hidden {
        sums.entry(*folder).or_default().add(&Sum { entries: *entries, bytes: *bytes, ..Sum::default() });
    }
    // A folder's number is below those of what lies in it, so backwards is from the leaves up.
    for node in (1..listing.len()).rev() {
        let state = listing.state(node);
        if !state.has(State::ALIVE) {
            continue;
        }
        let own = if state.has(State::FOLDER) {
            let mut sum = sums.get(&node).copied().unwrap_or_default();
            sum.entries += 1;
            // In changes, a folder that Dropbox told of is new; of one on the way only the snapshot knows what it holds.
            sum.is_partly_known |= listing.is_delta && !state.has(State::NOW);
            sums.insert(node, sum);
            sum
        } else {
            of_file(listing, node)
        };
        sums.entry(listing.parent(node)).or_default().add(&own);
    }
    sums
}

fn of_file(listing: &Listing, node: NodeId) -> Sum {
    let size = listing.item(node).filter(|item| item.export.is_none()).and_then(|item| item.size).unwrap_or(0);
    let is_wanted = is_wanted(listing, node) && is_in_zips(listing, node);
    Sum {
        entries: 1,
        bytes: size,
        wanted: u64::from(is_wanted),
        wanted_bytes: if is_wanted { size } else { 0 },
        largest: size,
        is_partly_known: false,
    }
}

pub fn is_wanted(listing: &Listing, node: NodeId) -> bool {
    let state = listing.state(node);
    state.has(State::WANTED) && !state.has(State::DONE)
}

/// Documents are missing in zips.
pub fn is_in_zips(listing: &Listing, node: NodeId) -> bool {
    listing.item(node).is_some_and(|item| item.export.is_none())
}

/// Plans what is wanted below `from`. `zips`: whether zips may be used; `itself`: whether `from` may be one.
pub fn plan(session: &Session, sums: &HashMap<NodeId, Sum>, from: NodeId, zips: bool, itself: bool) -> Plan {
    let listing = &session.listing;
    let mut plan = Plan::default();
    let mut open = vec![from];
    while let Some(folder) = open.pop() {
        let Some(sum) = sums.get(&folder) else { continue };
        let may_be_zip = zips && folder != TOP && (itself || folder != from) && listing.item(folder).is_some();
        if may_be_zip && sum.fits_a_zip() {
            plan.jobs.push(Job::Zip(folder));
            (plan.files, plan.bytes) = (plan.files + sum.wanted, plan.bytes + sum.bytes);
            plan.add_documents(listing, folder);
            continue;
        }
        for child in listing.children(folder) {
            if listing.state(child).has(State::FOLDER) {
                open.push(child);
            } else if is_wanted(listing, child) {
                plan.add_file(listing, child);
            }
        }
    }
    plan
}

impl Plan {
    fn add_file(&mut self, listing: &Listing, node: NodeId) {
        let Some(item) = listing.item(node) else { return };
        if item.fingerprint().as_ref().and_then(content_of).is_none_or(|content| self.hashes.insert(content)) {
            self.jobs.push(Job::File(node));
            self.files += 1;
            self.bytes += item.size.unwrap_or(0);
        }
    }

    /// What of a folder a zip does not bring.
    fn add_documents(&mut self, listing: &Listing, folder: NodeId) {
        let mut documents = Vec::new();
        listing.walk(folder, &mut |node| {
            if is_wanted(listing, node) && !is_in_zips(listing, node) {
                documents.push(node);
            }
        });
        documents.into_iter().for_each(|node| self.add_file(listing, node));
    }

    /// Zips first, the largest foremost, so that the end of the run is not a wait for one of them.
    pub fn sort(&mut self, sums: &HashMap<NodeId, Sum>) {
        self.jobs.sort_by_key(|job| match job {
            Job::Zip(folder) => (0, std::cmp::Reverse(sums.get(folder).map_or(0, |sum| sum.bytes))),
            Job::File(_) => (1, std::cmp::Reverse(0)),
        });
    }
}

#[cfg(test)]
mod tests;
