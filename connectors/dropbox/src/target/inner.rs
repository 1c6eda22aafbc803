//! What all parts of a destination share.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError, RwLock,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
};

use dropbox_client::{Class, Client, Error, PathRoot};
use larder_connect::Outline;
use larder_model::{Origin, Result, Skip};

use super::{
    commit::COMMIT_SIZES,
    folders::Folders,
    gather::{Gather, Small},
    known::Standing,
    limits::Limits,
    options::TargetOptions,
    recall::Recalls,
    removal::Surplus,
    spare::Spares,
    work::Work,
};
use crate::account::Account;

pub struct Inner {
    client: RwLock<Client>,
    account: Mutex<Account>,
    pub options: TargetOptions,
    /// Where to, composed: nothing for the root, else `/A/B`.
    place: String,
    pub work: Work,
    gather: Mutex<Gather>,
    limits: Mutex<Limits>,
    standing: Mutex<Standing>,
    folders: Mutex<Folders>,
    surplus: Mutex<Vec<Surplus>>,
    notes: Mutex<Vec<Skip>>,
    outline: Mutex<Outline>,
    may_recall: AtomicBool,
    pub recalls: Recalls,
    pub spares: Spares,
    /// Which of [`COMMIT_SIZES`] counts.
    commit_size: AtomicUsize,
    /// What was made by this restore is known to be empty until it ends.
    epoch: AtomicU64,
    has_threads: AtomicBool,
    is_underway: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inner {
    pub fn new(client: &Client, account: Account, options: TargetOptions, place: String) -> Arc<Self> {
        let outline = Outline {
            origin: Origin { connector: String::new(), identity: String::new(), root: String::new() },
            files: u64::MAX,
            folders: u64::MAX,
            bytes: 0,
        };
        let client = client.with_path_root(root(&account, &options));
        let limits = Limits::load(options.notes.as_deref());
        let (work, spares) = (Work::new(options.sending_max()), Spares::new(options.spare_max()));
        Arc::new(Self {
            client: RwLock::new(client),
            account: Mutex::new(account),
            options,
            place,
            work,
            gather: Mutex::default(),
            limits: Mutex::new(limits),
            standing: Mutex::default(),
            folders: Mutex::default(),
            surplus: Mutex::default(),
            notes: Mutex::default(),
            outline: Mutex::new(outline),
            may_recall: AtomicBool::new(false),
            recalls: Recalls::default(),
            spares,
            commit_size: AtomicUsize::new(0),
            epoch: AtomicU64::new(0),
            has_threads: AtomicBool::new(false),
            is_underway: AtomicBool::new(false),
        })
    }

    pub fn client(&self) -> Client {
        self.client.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn account(&self) -> Account {
        lock(&self.account).clone()
    }

    pub fn place(&self) -> String {
        self.place.clone()
    }

    pub fn location(&self) -> String {
        format!("dropbox:{}", if self.place.is_empty() { "/" } else { &self.place })
    }

    pub fn standing(&self) -> MutexGuard<'_, Standing> {
        lock(&self.standing)
    }

    pub fn gather(&self) -> MutexGuard<'_, Gather> {
        lock(&self.gather)
    }

    /// Adds a file to the batch that is being gathered; the batch before it, if that is full.
    pub fn gather_small(&self, mut small: Small) -> Result<Option<Vec<Small>>> {
        let mut gather = self.gather();
        // Whoever was first may have been told that it is no use.
        self.work.check()?;
        if !self.limits().is_single {
            let started = gather.session(|kind, count| self.call(|client| client.start_session_batch(kind, count)));
            let session = self.session_or_single(started);
            small.session = session.inspect_err(|problem| self.work.stop(problem.clone()))?;
        }
        Ok(gather.add(&self.limits(), small))
    }

    pub fn folders(&self) -> MutexGuard<'_, Folders> {
        lock(&self.folders)
    }

    pub fn surplus(&self) -> MutexGuard<'_, Vec<Surplus>> {
        lock(&self.surplus)
    }

    pub fn notes(&self) -> MutexGuard<'_, Vec<Skip>> {
        lock(&self.notes)
    }

    pub fn outline(&self) -> Outline {
        lock(&self.outline).clone()
    }

    pub fn set_outline(&self, outline: &Outline) {
        self.may_recall.store(self.has_revisions_of(outline), Relaxed);
        *lock(&self.outline) = outline.clone();
    }

    pub fn may_recall(&self) -> bool {
        self.may_recall.load(Relaxed)
    }

    pub fn limits(&self) -> Limits {
        *lock(&self.limits)
    }

    /// A batch was too large.
    pub fn halve(&self, files: usize, header_bytes: usize, bytes: u64) {
        let mut limits = lock(&self.limits);
        limits.halve(files, header_bytes, bytes);
        limits.save(self.options.notes.as_deref());
    }

    /// There are no batches any more.
    pub fn forget_batches(&self) {
        let mut limits = lock(&self.limits);
        limits.is_single = true;
        limits.entries = 1;
        limits.save(self.options.notes.as_deref());
    }

    /// A batch did not get done: for this run none is that large again. Another day it may go.
    pub fn halve_for_now(&self, files: usize, header_bytes: usize, bytes: u64) {
        lock(&self.limits).halve(files, header_bytes, bytes);
    }

    /// Batches do not get done: this run goes without.
    pub fn leave_batches(&self) {
        let mut limits = lock(&self.limits);
        (limits.is_single, limits.entries) = (true, 1);
    }

    /// Files of one commit at most.
    pub fn commit_size(&self) -> usize {
        COMMIT_SIZES[self.commit_size.load(Relaxed)]
    }

    /// Nobody knows what became of a commit: the next ones are smaller.
    pub fn commit_less(&self) {
        let smaller = (self.commit_size.load(Relaxed) + 1).min(COMMIT_SIZES.len() - 1);
        self.commit_size.store(smaller, Relaxed);
    }

    pub fn epoch(&self) -> u64 {
        self.epoch.load(Relaxed)
    }

    /// Calls Dropbox. Where paths begin may have moved meanwhile: a user joined a team, or left one.
    pub fn call<T>(&self, call: impl Fn(&Client) -> Result<T, Error>) -> Result<T, Error> {
        let client = self.client();
        match call(&client) {
            Err(error) if error.class() == Class::PathRoot && self.follow_root(&client, &error) => call(&self.client()),
            done => done,
        }
    }

    /// Takes note of another root; false where there is no way on. Before anything was looked at, paths begin at the new root. After that
    /// they go on meaning what they meant: the namespace that was the root is still there, by its number.
    fn follow_root(&self, before: &Client, error: &Error) -> bool {
        let mut client = self.client.write().unwrap_or_else(PoisonError::into_inner);
        if client.path_root() != before.path_root() {
            return true;
        }
        let (Some(root), PathRoot::Root { root: old }) = (error.new_root(), before.path_root()) else { return false };
        let moved = match self.is_underway.load(Relaxed) {
            true => PathRoot::namespace(old.clone()),
            false => PathRoot::root(root.root_namespace_id.clone()),
        };
        lock(&self.account).take_root(root);
        *client = client.with_path_root(moved);
        true
    }

    /// Something was looked at, and is compared with: paths mean the same from now on.
    pub fn go_underway(&self) {
        self.is_underway.store(true, Relaxed);
    }

    /// The way to the account's own folder, where paths begin above it.
    pub fn home_path(&self) -> Option<String> {
        let begins_at_root = matches!(self.client().path_root(), PathRoot::Root { .. });
        self.account().home_path.filter(|_| begins_at_root)
    }

    /// What stands there is looked at anew from now on.
    pub fn begin_epoch(&self) {
        self.epoch.fetch_add(1, Relaxed);
        *self.standing() = Standing::default();
    }

    /// True for whoever has to start the threads.
    pub fn needs_threads(&self) -> bool {
        !self.has_threads.swap(true, Relaxed)
    }

    /// True when the place was there before.
    pub fn is_top_there(&self) -> bool {
        self.has_top().unwrap_or(true)
    }
}

/// What paths begin at. It is always named: an app that sees its own folder only is told by that, instead of writing to a place
/// that nobody meant.
fn root(account: &Account, options: &TargetOptions) -> PathRoot {
    match &options.namespace {
        Some(namespace) => PathRoot::namespace(namespace.clone()),
        None => PathRoot::root(account.root_namespace.clone()),
    }
}
