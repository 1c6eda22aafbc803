//! A Dropbox account as the target of a restore.
//!
//! What stands there is known by listing, and compared by content hash; only what differs is sent. Small files go many to a call, large
//! ones in pieces side by side, and all are committed by one thread, up to a thousand at a time, each only over what was seen.
//! Whatever answer is lost: before anything is sent again it is looked for, and what was written is checked by its content hash.

mod changed;
mod commit;
mod file;
mod folder;
mod folders;
mod gather;
mod inner;
mod kept;
mod known;
mod large;
mod limits;
mod look;
mod names;
mod options;
mod order;
mod protection;
mod recall;
mod recent;
mod removal;
mod room;
mod send;
mod spare;
mod standing;
mod work;

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use dropbox_client::{Client, ContentHash, names::fold};
use larder_connect::{Abilities, Attribute, Hasher, Need, Outline, Target, TargetFolder, Ticket};
use larder_model::{Entry, Fingerprint, Result, Skip};

pub use options::TargetOptions;

use crate::{
    account::Account,
    item::{CONTENT_HASH, unhex},
    rules,
};
use folder::DropboxTargetFolder;
use inner::Inner;
use work::Job;

/// Requests with content side by side, unless told otherwise. What they carry lies in memory.
const THREADS: usize = 6;

/// What no item has at Dropbox.
const NEVER: &[Attribute] = &[
    Attribute::Mode,
    Attribute::Owner,
    Attribute::Xattrs,
    Attribute::FolderTime,
    Attribute::Fraction,
    Attribute::HardLink,
];

/// An account, or a folder of it, which is made when it is missing.
pub struct DropboxTarget {
    inner: Arc<Inner>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl DropboxTarget {
    /// `account` is what is known of the account that `client` is signed in to. Nothing is called yet.
    pub fn new(client: &Client, account: Account, options: TargetOptions) -> Result<Self> {
        let place = rules::root(&options.path)?;
        names::require_place(&place)?;
        if let Some(notes) = &options.notes {
            kept::clean(notes);
        }
        Ok(Self { inner: Inner::new(client, account, options, place), threads: Mutex::default() })
    }

    /// The account as it is known now: its root may have moved meanwhile.
    pub fn account(&self) -> Account {
        self.inner.account()
    }

    fn start_threads(&self) {
        if !self.inner.needs_threads() {
            return;
        }
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..self.inner.options.threads.unwrap_or(THREADS).clamp(1, THREADS) {
            let inner = self.inner.clone();
            threads.push(thread::spawn(move || send_jobs(&inner)));
        }
        let inner = self.inner.clone();
        threads.push(thread::spawn(move || commit_files(&inner)));
    }
}

fn send_jobs(inner: &Arc<Inner>) {
    let _watch = inner.work.watch();
    while let Some((job, bytes)) = inner.work.next_job() {
        match job {
            Job::Batch(batch) => inner.send_batch(batch),
            Job::Piece(piece) => piece.upload.send(piece.number, piece.bytes),
        }
        inner.work.job_done(bytes);
    }
}

fn commit_files(inner: &Arc<Inner>) {
    let _watch = inner.work.watch();
    while let Some(batch) = inner.work.next_commit(inner.commit_size()) {
        inner.commit(batch);
        inner.work.commit_done();
    }
}

impl Target for DropboxTarget {
    fn location(&self) -> String {
        self.inner.location()
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            case_insensitive: true,
            never: NEVER,
            asks_for_room: true,
            resumes: true,
            recalls: true,
            disorder_bytes_max: Some(self.inner.options.disorder_max()),
            ..Abilities::default()
        }
    }

    fn prepare(&self, outline: &Outline) -> Result<()> {
        self.inner.set_outline(outline);
        Ok(())
    }

    fn ask_for_room(&self, need: &Need) -> Result<()> {
        self.inner.gather().expected = need.files;
        self.inner.require_room(need)
    }

    fn top(&self, make: bool) -> Result<Option<Arc<dyn TargetFolder>>> {
        let (inner, place) = (&self.inner, self.inner.place());
        let is_there = inner.has_top()?;
        if make {
            self.start_threads();
        }
        Ok(match (is_there, make) {
            (true, _) => Some(Arc::new(DropboxTargetFolder::standing(inner, place))),
            (false, true) => {
                inner.folders().add(&place, None);
                Some(Arc::new(DropboxTargetFolder::made(inner, place)))
            }
            (false, false) => None,
        })
    }

    fn written_name(&self, name: &[u8]) -> Box<[u8]> {
        if Entry::is_safe_name(name) { names::written(name).into_bytes().into() } else { name.into() }
    }

    fn name_beside(&self, name: &[u8]) -> Box<[u8]> {
        names::beside(name).into_bytes().into()
    }

    fn fold<'n>(&self, name: &'n [u8]) -> Cow<'n, [u8]> {
        match std::str::from_utf8(name) {
            Ok(text) => Cow::Owned(fold(text).into_bytes()),
            Err(_) => Cow::Borrowed(name),
        }
    }

    fn hasher(&self) -> Option<Box<dyn Hasher>> {
        Some(Box::new(DropboxHasher(ContentHash::new())))
    }

    fn take_done(&self, each: &mut dyn FnMut(Ticket, Result<()>)) -> Result<()> {
        self.inner.work.take_done().into_iter().for_each(|(ticket, result)| each(ticket, result));
        self.inner.work.check()
    }

    fn flush(&self, skips: &mut dyn FnMut(Skip)) -> Result<()> {
        let inner = &self.inner;
        let batch = inner.gather().take();
        if !batch.is_empty() {
            inner.work.submit(Job::Batch(batch))?;
        }
        let flushed = inner
            .work
            .drain()
            .and_then(|()| inner.make_folders())
            .and_then(|()| inner.delete_all(std::mem::take(&mut *inner.surplus())));
        std::mem::take(&mut *inner.notes()).into_iter().for_each(skips);
        inner.begin_epoch();
        flushed
    }
}

impl Drop for DropboxTarget {
    fn drop(&mut self) {
        self.inner.work.close();
        for thread in self.threads.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // One that panicked has said so itself.
            let _ = thread.join();
        }
    }
}

struct DropboxHasher(ContentHash);

impl Hasher for DropboxHasher {
    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(self: Box<Self>) -> Fingerprint {
        Fingerprint { kind: CONTENT_HASH, hash: unhex(&self.0.finish()).unwrap_or_default().into() }
    }
}
