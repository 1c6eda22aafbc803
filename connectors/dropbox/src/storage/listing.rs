//! What is in the store's folder: listed as a whole once, after that only what has changed.
//!
//! Listings may lag behind writes. What this client itself has put or deleted is known better, and stands above what a listing says
//! until the lag is over; what a listing lacks is asked for by its path before anybody believes that it is gone ([`super::read`]).

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use dropbox_client::{Class, Client, Error, FileMetadata, ListFolder, Metadata, Page, names::fold};
use larder_connect::{ObjectInfo, ObjectName, Storage};
use larder_model::{Problem, ProblemKind, Result, Time};

use super::DropboxStorage;

/// A glance takes a look that is younger than this.
const GLANCE_AGE: Duration = Duration::from_secs(60);

/// How long what this client did counts for more than a listing, beyond the delay that is expected.
const OWN_LASTS: Duration = Duration::from_secs(30);

/// A cursor may be reset in the middle of a listing.
const LISTINGS_MAX: u32 = 3;

/// An object, as Dropbox has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    pub size: u64,
    pub modified: i64,
    /// In hexadecimal.
    pub hash: Option<String>,
    pub rev: String,
}

impl Found {
    pub fn of(file: &FileMetadata) -> Self {
        Self {
            size: file.size,
            modified: file.server_modified.unix(),
            hash: file.content_hash.clone(),
            rev: file.rev.clone(),
        }
    }

    pub fn info(&self, name: &ObjectName) -> ObjectInfo {
        ObjectInfo {
            name: name.clone(),
            size: self.size,
            modified: Time::new(self.modified, 0),
            hash: self.hash.as_deref().and_then(bytes_of_hex),
        }
    }
}

pub struct Listing {
    /// Folded, `/a/b`.
    folder: String,
    own_lasts: Duration,
    /// One look at a time: Dropbox answers the same question asked twice at once with 429.
    looking: Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<ObjectName, Found>,
    /// Where the next look goes on; `None` while there is no folder.
    cursor: Option<String>,
    looked: Option<Instant>,
    /// What was read of these was wrong: the next read asks what is at the path.
    doubted: HashSet<ObjectName>,
    /// What this client put, or deleted.
    own: HashMap<ObjectName, (Option<Found>, Instant)>,
}

impl Listing {
    pub fn new(folder: &str, visibility_delay: Duration) -> Self {
        Self {
            folder: fold(folder),
            own_lasts: visibility_delay * 2 + OWN_LASTS,
            looking: Mutex::default(),
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True when the last look will do for a glance.
    pub fn is_young(&self) -> bool {
        self.state().looked.is_some_and(|looked| looked.elapsed() < GLANCE_AGE)
    }

    pub fn get(&self, name: &ObjectName) -> Option<Found> {
        let state = self.state();
        match state.own.get(name) {
            Some((found, at)) if at.elapsed() < self.own_lasts => found.clone(),
            _ => state.objects.get(name).cloned(),
        }
    }

    pub fn objects_in(&self, folder: &str) -> Vec<ObjectInfo> {
        let mut state = self.state();
        state.own.retain(|_, (_, at)| at.elapsed() < self.own_lasts);
        let own = |name: &ObjectName| state.own.get(name);
        let listed = state.objects.iter().filter(|(name, _)| name.folder() == folder && own(name).is_none());
        let mut infos: Vec<_> = listed.map(|(name, found)| found.info(name)).collect();
        let put = state.own.iter().filter(|(name, _)| name.folder() == folder);
        infos.extend(put.filter_map(|(name, (found, _))| Some(found.as_ref()?.info(name))));
        infos
    }

    pub fn note_put(&self, name: &ObjectName, found: Found) {
        let mut state = self.state();
        state.own.insert(name.clone(), (Some(found.clone()), Instant::now()));
        state.objects.insert(name.clone(), found);
    }

    pub fn note_gone(&self, name: &ObjectName) {
        let mut state = self.state();
        state.own.insert(name.clone(), (None, Instant::now()));
        state.objects.remove(name);
    }

    /// The next read asks Dropbox what is at the path.
    pub fn doubt(&self, name: &ObjectName) {
        self.state().doubted.insert(name.clone());
    }

    /// True once after a doubt.
    pub fn is_doubted(&self, name: &ObjectName) -> bool {
        let mut state = self.state();
        !state.doubted.is_empty() && state.doubted.remove(name)
    }

    /// Asks for everything, or for what has changed since the last look.
    fn look(&self, client: &Client, path: &str) -> Result<(), Error> {
        let _one_at_a_time = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        let cursor = self.state().cursor.clone();
        if let Some(cursor) = cursor {
            match self.follow(client, cursor) {
                // Reset, or the folder is not there any more: everything is asked for anew.
                Err(error) if matches!(error.class(), Class::Relist | Class::SkipAndReport) => {}
                done => return done,
            }
        }
        for _ in 1..LISTINGS_MAX {
            match self.list(client, path) {
                Err(error) if error.class() == Class::Relist => {}
                done => return done,
            }
        }
        self.list(client, path)
    }

    fn follow(&self, client: &Client, mut cursor: String) -> Result<(), Error> {
        loop {
            let page = client.list_folder_continue(&cursor)?;
            let mut state = self.state();
            self.apply(&mut state.objects, &page);
            cursor.clone_from(&page.cursor);
            state.cursor = Some(page.cursor);
            if !page.has_more {
                state.looked = Some(Instant::now());
                return Ok(());
            }
        }
    }

    fn list(&self, client: &Client, path: &str) -> Result<(), Error> {
        let mut objects = BTreeMap::new();
        let mut page = match client.list_folder(&ListFolder::of(path).recursively()) {
            Ok(page) => page,
            Err(error) if error.is_not_found() => {
                self.take(objects, None);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        loop {
            self.apply(&mut objects, &page);
            if !page.has_more {
                self.take(objects, Some(page.cursor));
                return Ok(());
            }
            page = client.list_folder_continue(&page.cursor)?;
        }
    }

    fn take(&self, objects: BTreeMap<ObjectName, Found>, cursor: Option<String>) {
        let mut state = self.state();
        state.objects = objects;
        state.cursor = cursor;
        state.looked = Some(Instant::now());
    }

    /// Later entries take the place of earlier ones; what is deleted takes along what is below.
    fn apply(&self, objects: &mut BTreeMap<ObjectName, Found>, page: &Page) {
        for entry in &page.entries {
            let Some(below) = entry.path_lower().and_then(|path| path.strip_prefix(&self.folder)) else { continue };
            let below = below.trim_start_matches('/');
            match (entry, ObjectName::parse(below)) {
                // Names of objects are lower case; a foreign file may differ from one in case alone.
                (Metadata::File(file), Some(name)) if file.name == name.name() => {
                    objects.insert(name, Found::of(file));
                }
                (Metadata::Folder(_) | Metadata::File(_), Some(name)) => drop(objects.remove(&name)),
                (Metadata::Deleted(_), Some(name)) => drop(objects.remove(&name)),
                (Metadata::Deleted(_), None) => objects.retain(|name, _| !is_at_or_below(name.as_str(), below)),
                (_, None) => {}
            }
        }
    }
}

fn is_at_or_below(name: &str, path: &str) -> bool {
    path.is_empty() || name.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

pub fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    digits.collect()
}

impl DropboxStorage {
    /// Asks Dropbox what is there now.
    pub(super) fn look(&self) -> Result<()> {
        self.call(|client| self.listing.look(client, &self.folder)).map_err(|error| {
            if error.has_tag("not_folder") {
                let message = format!("there is no store at {}: a file is there", self.location());
                return Problem::new(ProblemKind::NotFound, message)
                    .hint("name the folder of the store, or another one");
            }
            self.problem(&error).context(format_args!("cannot list {}", self.location()))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn file(path: &str, rev: &str) -> Value {
        json!({
            ".tag": "file", "name": path.rsplit('/').next(), "path_lower": path.to_lowercase(), "id": "id:x", "rev": rev, "size": 1,
            "client_modified": "2026-01-01T00:00:00Z", "server_modified": "2026-01-01T00:00:00Z", "content_hash": "ab".repeat(32),
        })
    }

    fn page(entries: &[Value]) -> Page {
        serde_json::from_value(json!({"entries": entries, "cursor": "c", "has_more": false})).unwrap()
    }

    fn names(listing: &Listing, folder: &str) -> Vec<String> {
        let mut names: Vec<_> = listing.objects_in(folder).iter().map(|info| info.name.to_string()).collect();
        names.sort();
        names
    }

    #[test]
    fn entries_count_in_their_order() {
        let listing = Listing::new("/Larder", Duration::ZERO);
        let mut objects = BTreeMap::new();
        let deleted = |path: &str| json!({".tag": "deleted", "name": "x", "path_lower": path});
        let all = [
            json!({".tag": "folder", "name": "Larder", "path_lower": "/larder", "id": "id:f"}),
            file("/Larder/packs/aa", "000000001"),
            file("/Larder/packs/bb", "000000002"),
            file("/Larder/packs/AA-foreign", "000000003"),
            file("/Larder/index/aa", "000000004"),
            file("/Larder/notes.txt", "000000005"),
            file("/Larder/packs/deep/er", "000000006"),
            deleted("/larder/packs/aa"),
            deleted("/larder/index"),
        ];
        listing.apply(&mut objects, &page(&all));
        listing.take(objects, Some("c".to_owned()));
        assert_eq!(names(&listing, "packs"), ["packs/bb"]);
        assert!(names(&listing, "index").is_empty());
        assert_eq!(listing.get(&ObjectName::parse("packs/bb").unwrap()).unwrap().rev, "000000002");
        let mut objects = std::mem::take(&mut listing.state().objects);
        listing.apply(&mut objects, &page(&[deleted("/larder")]));
        assert!(objects.is_empty());
    }

    #[test]
    fn what_this_client_did_counts_for_more_than_a_listing_that_lags() {
        let listing = Listing::new("/Larder", Duration::ZERO);
        let [put, gone] = ["runs/put", "runs/gone"].map(|name| ObjectName::parse(name).unwrap());
        let found = Found { size: 1, modified: 1, hash: None, rev: "000000001".to_owned() };
        listing.note_put(&put, found.clone());
        listing.note_gone(&gone);
        listing.take(BTreeMap::from([(gone.clone(), found)]), None);
        assert_eq!(names(&listing, "runs"), ["runs/put"]);
        assert!(listing.get(&put).is_some() && listing.get(&gone).is_none());
        listing.doubt(&put);
        assert!(listing.is_doubted(&put) && !listing.is_doubted(&put));
    }
}
