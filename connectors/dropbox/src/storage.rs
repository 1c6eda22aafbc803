//! A folder in Dropbox as the storage below a store.
//!
//! Calls are what Dropbox counts, so: packs travel in one call each, many side by side, and get their names many at a time ([`queue`]);
//! what is there is listed once and after that only what has changed ([`listing`]); and small objects are one call each. Nothing is put
//! over an object: a name is taken only where nothing has it (`add` with `strict_conflict`), and after an answer that was lost one looks
//! before sending anything again. Every upload is compared with Dropbox's own hash of what it has got.

mod delete;
mod listing;
mod many;
mod options;
mod past;
mod prepare;
mod queue;
mod read;
mod room;
mod send;
mod small;
mod together;

use std::{
    ops::Range,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicBool, AtomicUsize},
    },
    time::Instant,
};

use dropbox_client::{Class, Client, Error, FileMetadata, GetMetadata, Metadata, PathRoot};
use larder_connect::{Durability, ObjectInfo, ObjectName, PackBody, Promises, Put, Sent, Storage};
use larder_model::{Problem, ProblemKind, Result};

use crate::problem::problem_alone;
use listing::{Found, Listing};
pub use options::StorageOptions;
use queue::Queue;
use room::Room;

/// Dropbox's content hash, in the registry of docs/format.md.
const HASH_KIND: u8 = 1;

/// How long packs should be: a gibibyte in some 32 calls, and a few packs in memory.
const PACK_LEN: u64 = 32 << 20;

/// A store's folder in an account.
pub struct DropboxStorage {
    client: RwLock<Client>,
    /// `/A/B`.
    folder: String,
    options: StorageOptions,
    listing: Listing,
    queue: Queue,
    room: Room,
    /// The most entries of an append that Dropbox has not refused.
    appends_max: AtomicUsize,
    /// Zips do not bring what they should: objects are read one by one.
    has_no_zips: AtomicBool,
}

impl DropboxStorage {
    /// `client` sees the folder at the path given, `/A/B`. Nothing is called yet.
    pub fn new(client: &Client, folder: impl Into<String>, options: StorageOptions) -> Self {
        let folder = folder.into();
        Self {
            client: RwLock::new(client.clone()),
            listing: Listing::new(&folder, options.visibility_delay),
            folder,
            options,
            queue: Queue::default(),
            room: Room::default(),
            appends_max: AtomicUsize::new(dropbox_client::APPENDS_MAX),
            has_no_zips: AtomicBool::new(false),
        }
    }

    fn client(&self) -> Client {
        self.client.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Calls Dropbox. Where paths begin may have moved meanwhile: a user joined a team, or the app sees its own folder only.
    fn call<T>(&self, call: impl Fn(&Client) -> Result<T, Error>) -> Result<T, Error> {
        let client = self.client();
        let error = match call(&client) {
            Err(error) if *client.path_root() != PathRoot::Home => error,
            done => return done,
        };
        let is_own_folder_only = error.class() == Class::Credentials && error.status() == Some(400);
        let root = match error.new_root() {
            Some(root) if error.class() == Class::PathRoot && !self.options.keeps_root => {
                (self.options.moved)(&root);
                if self.options.is_in_home {
                    return Err(error);
                }
                PathRoot::root(root.root_namespace_id)
            }
            _ if is_own_folder_only => PathRoot::Home,
            _ => return Err(error),
        };
        let client = client.with_path_root(root);
        *self.client.write().unwrap_or_else(PoisonError::into_inner) = client.clone();
        call(&client)
    }

    fn path(&self, name: &ObjectName) -> String {
        format!("{}/{name}", self.folder)
    }

    /// The error of the client as ours.
    fn problem(&self, error: &Error) -> Problem {
        let mut problem = problem_alone(error);
        if problem.is(ProblemKind::NoSpace) {
            problem = room::full(problem.message());
        } else if error.has_tag("no_write_permission") {
            problem = problem.hint("choose a folder of the account's own, or ask its owner for the right to edit");
        } else if error.new_root().is_some() && !self.options.keeps_root {
            problem = Problem::failed(format!("{}: the account was moved to another root", self.location()))
                .hint("run the command again");
        } else if error.class() == Class::PathRoot || error.status() == Some(422) {
            problem = Problem::new(ProblemKind::Denied, format!("{}: {}", self.location(), problem.message()))
                .hint("the namespace is another account's, or no longer this one's: check `root_namespace`");
        }
        (self.options.explain)(problem)
    }

    /// What is at an object's path now.
    fn look_at(&self, name: &ObjectName) -> Result<Option<Found>> {
        let path = self.path(name);
        match self.call(|client| client.get_metadata(&GetMetadata::of(&path))) {
            Ok(Metadata::File(file)) => {
                let found = Found::of(&file);
                self.listing.note_put(name, found.clone());
                Ok(Some(found))
            }
            Ok(Metadata::Folder(_)) => Err(Problem::new(
                ProblemKind::Conflict,
                format!("{path} is a folder, and should be an object of the store"),
            )),
            Ok(Metadata::Deleted(_)) => Ok(None),
            // Reads may lag behind: this is no proof that somebody else's object is gone.
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(self.problem(&error).context(format_args!("cannot look at {name}"))),
        }
    }

    /// What is at the path of an object that Dropbox says is there. Reads may lag behind: they are asked until `end`.
    fn look_until(&self, name: &ObjectName, end: Instant) -> Result<Option<Found>> {
        let mut failures = 0;
        loop {
            let found = self.look_at(name)?;
            if found.is_some() || Instant::now() >= end {
                return Ok(found);
            }
            failures += 1;
            self.pause_after(failures)?;
        }
    }

    /// When everybody has to see what is there now.
    fn seen_by(&self) -> Instant {
        Instant::now() + self.options.visibility_delay
    }

    /// Takes note of an object that was made, once Dropbox has said that it has got what was sent.
    fn note_made(&self, name: &ObjectName, made: &FileMetadata, hash: &str) -> Result<()> {
        if made.content_hash.as_deref() != Some(hash) {
            return Err(Problem::damaged(format!("{name}: Dropbox has stored other bytes than were sent"))
                .hint("run the command again"));
        }
        self.listing.note_put(name, Found::of(made));
        Ok(())
    }
}

impl Storage for DropboxStorage {
    fn location(&self) -> String {
        self.options.shown.clone().unwrap_or_else(|| format!("dropbox:{}", self.folder))
    }

    fn promises(&self) -> Promises {
        Promises {
            visibility_delay: self.options.visibility_delay,
            hash_kind: HASH_KIND,
            pack_len: PACK_LEN,
            undelete: true,
        }
    }

    fn prepare(&self, folders: &[&str]) -> Result<()> {
        self.prepare_folder(folders)
    }

    fn put(&self, name: &ObjectName, parts: &[&[u8]], _: Durability) -> Result<Put> {
        self.put_small(name, parts)
    }

    fn put_batch(&self, objects: &[(ObjectName, Vec<u8>)], durability: Durability) -> Result<()> {
        self.put_many(objects, durability)
    }

    fn put_pack(&self, name: &ObjectName, body: PackBody, _: bool) -> Result<Sent> {
        self.enqueue(name, body)
    }

    fn get(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        self.read(name, range)
    }

    fn get_batch(&self, names: &[ObjectName], each: &mut dyn FnMut(&ObjectName, Vec<u8>)) -> Result<()> {
        self.read_together(names, each)
    }

    fn doubt(&self, name: &ObjectName) -> bool {
        self.listing.doubt(name);
        true
    }

    fn list(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        self.look()?;
        Ok(self.listing.objects_in(folder))
    }

    fn glance(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        if !self.listing.is_young() {
            self.look()?;
        }
        Ok(self.listing.objects_in(folder))
    }

    fn known(&self, name: &ObjectName) -> Option<ObjectInfo> {
        self.listing.get(name).map(|found| found.info(name))
    }

    fn delete(&self, name: &ObjectName) -> Result<()> {
        self.delete_one(name)
    }

    fn delete_batch(&self, names: &[ObjectName]) -> Result<()> {
        self.delete_many(names)
    }

    fn barrier(&self) -> Result<()> {
        self.commit_all()
    }

    fn replace_damaged(&self, name: &ObjectName, parts: &[&[u8]]) -> Result<()> {
        self.put_over(name, parts)
    }

    fn undelete(&self, name: &ObjectName, is_right: &dyn Fn(&ObjectInfo) -> bool) -> Result<bool> {
        self.bring_back(name, is_right)
    }

    fn deleted(&self, folder: &str, may_write: bool) -> Result<Vec<ObjectName>> {
        self.list_deleted(folder, may_write)
    }
}
