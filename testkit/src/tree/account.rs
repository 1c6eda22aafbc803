//! A tree in memory as an account of a provider: it names content by fingerprint, delivers it in an order of its own, tells what has
//! changed since a checkpoint, and takes names that differ by case only for one name.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashSet, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use larder_connect::{
    Again, Change, Deliveries, Delivery, Folder, Forecast, Names, Next, OpenFile, Past, Piece, Source, Take, Wanted,
};
use larder_model::{Entry, Fingerprint, Kind, Metadata, Origin, Problem, ProblemKind, Result, Skip, Time, TreePath};

use super::{SharedTree, Trouble, reading::BodyReader};

/// The kind of fingerprint that holds in all stores.
const FINGERPRINT: u8 = 1;

/// Items by folded path, each with its path as displayed.
type Listing = BTreeMap<TreePath, (TreePath, Entry)>;

/// Reads a tree in memory as an account, from its top.
#[derive(Clone)]
pub struct MemoryAccount {
    tree: SharedTree,
    /// What each checkpoint stands for.
    saved: Arc<Mutex<Vec<Listing>>>,
    state: Arc<Mutex<State>>,
    counts: Arc<AccountCounts>,
    hook: Option<Arc<dyn Fn() + Send + Sync>>,
}

/// What was asked of an account: listings of everything, items that changes named, and files delivered or opened.
#[derive(Default)]
struct AccountCounts {
    listings: AtomicU64,
    changes: AtomicU64,
    reads: AtomicU64,
}

#[derive(Default)]
struct State {
    now: Listing,
    changes: Option<Changes>,
}

#[derive(Default)]
struct Changes {
    /// By folded path of the folder, then folded name.
    by_folder: BTreeMap<TreePath, BTreeMap<Box<[u8]>, Change>>,
    /// Folders that were removed and made again: nothing of the parent counts in them.
    replaced: BTreeSet<TreePath>,
}

impl MemoryAccount {
    pub fn new(tree: &SharedTree) -> Self {
        Self { tree: tree.clone(), saved: Arc::default(), state: Arc::default(), counts: Arc::default(), hook: None }
    }

    pub fn tree(&self) -> &SharedTree {
        &self.tree
    }

    /// Calls `hook` whenever content was asked for.
    pub fn on_read(mut self, hook: impl Fn() + Send + Sync + 'static) -> Self {
        self.hook = Some(Arc::new(hook));
        self
    }

    /// Forgets all checkpoints, as a provider does now and then.
    pub fn reset(&self) {
        lock(&self.saved).clear();
    }

    /// Listings of everything, items that changes named, and files read, since the last time.
    pub fn take_counts(&self) -> (u64, u64, u64) {
        let take = |count: &AtomicU64| count.swap(0, Relaxed);
        (take(&self.counts.listings), take(&self.counts.changes), take(&self.counts.reads))
    }

    fn listing(&self) -> Listing {
        let tree = self.tree.lock();
        let mut listing = Listing::new();
        for (path, inode) in tree.walk() {
            let mut entry = tree.describe(inode, path.name().unwrap());
            (entry.meta.ctime, entry.meta.btime, entry.meta.stamp, entry.meta.link) = (None, None, None, None);
            entry.meta.xattrs.clear();
            if entry.kind == Kind::File {
                let hash = blake3::hash(&tree.get(inode).unwrap().body.to_bytes());
                entry.meta.fingerprint = Some(Fingerprint { kind: FINGERPRINT, hash: (*hash.as_bytes()).into() });
            }
            listing.insert(folded(&path), (path, entry));
        }
        listing
    }

    fn body(&self, path: &TreePath) -> Result<Vec<u8>> {
        let tree = self.tree.lock();
        let found = tree.lookup(path).and_then(|inode| tree.get(inode));
        let found = found.ok_or_else(|| Problem::not_found("it is gone"))?;
        if found.trouble == Some(Trouble::Unreadable) {
            return Err(Problem::new(ProblemKind::Denied, "the provider refuses it").tag("restricted_content"));
        }
        Ok(found.body.to_bytes())
    }

    fn read(&self, path: &TreePath, entry: &Entry) -> Result<Box<dyn OpenFile>> {
        let body = self.body(path)?;
        if let Some(hook) = &self.hook {
            hook();
        }
        self.counts.reads.fetch_add(1, Relaxed);
        Ok(Box::new(Held { body: BodyReader::new(body.into()), meta: entry.meta.clone() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn folded(path: &TreePath) -> TreePath {
    TreePath::new(path.as_bytes().to_ascii_lowercase())
}

fn above(path: &TreePath) -> TreePath {
    let mut above = path.clone();
    above.pop();
    above
}

impl Changes {
    fn note(&mut self, path: &TreePath, change: Change) {
        let mut path = path.clone();
        let mut change = change;
        while let Some(name) = path.name().map(Box::<[u8]>::from) {
            path.pop();
            let there = self.by_folder.entry(path.clone()).or_default();
            if change == Change::Below {
                there.entry(name).or_insert(Change::Below);
            } else {
                there.insert(name, change);
            }
            change = Change::Below;
        }
    }

    fn between(old: &Listing, new: &Listing, again: &[Again]) -> Self {
        let mut changes = Self::default();
        for (path, (_, entry)) in new {
            match old.get(path) {
                Some((_, before)) if before == entry => {}
                Some((_, before)) => {
                    changes.note(path, Change::Now);
                    // Every other time, to try both ways.
                    if entry.is_dir() && before.is_dir() && before.meta.mtime.unwrap_or_default().secs % 2 == 0 {
                        changes.replaced.insert(path.clone());
                    }
                }
                None => changes.note(path, Change::Now),
            }
        }
        for path in old.keys().filter(|path| !new.contains_key(path)) {
            if above(path).is_top() || new.contains_key(&above(path)) {
                changes.note(path, Change::Gone);
            }
        }
        for path in again.iter().map(|again| folded(&again.path)).filter(|path| new.contains_key(path)) {
            changes.note(&path, Change::Now);
        }
        changes
    }
}

impl Source for MemoryAccount {
    fn origin(&self) -> Origin {
        Origin { connector: "memory".to_owned(), identity: "account".to_owned(), root: "/".to_owned() }
    }

    fn roots(&self) -> Vec<TreePath> {
        vec![TreePath::top()]
    }

    fn now(&self) -> Option<Time> {
        None
    }

    fn list(&self, past: &Past, _: &mut dyn FnMut(Skip)) -> Result<()> {
        let now = self.listing();
        let saved = lock(&self.saved);
        let number = past.checkpoint.as_deref().and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes);
        let old = number.filter(|_| past.is_whole).and_then(|number| saved.get(number as usize));
        let changes = old.map(|old| Changes::between(old, &now, &past.again));
        match &changes {
            Some(changes) => {
                let named: usize = changes.by_folder.values().map(BTreeMap::len).sum();
                self.counts.changes.fetch_add(named as u64, Relaxed);
            }
            None => drop(self.counts.listings.fetch_add(1, Relaxed)),
        }
        *self.state() = State { now, changes };
        Ok(())
    }

    fn deliver(&self, wanted: &Wanted, take: &mut Take) -> Result<bool> {
        let state = self.state();
        let is_listed = |path: &TreePath| match &state.changes {
            None => true,
            Some(changes) => {
                let name = path.name().unwrap();
                changes.by_folder.get(&above(path)).is_some_and(|names| names.get(name) == Some(&Change::Now))
                    || changes.replaced.iter().any(|folder| folder.contains(path))
            }
        };
        let (mut queue, mut seen) = (VecDeque::new(), HashSet::new());
        for (shown, entry) in state.now.iter().filter(|(path, _)| is_listed(path)).map(|(_, found)| found) {
            let is_new = entry.meta.fingerprint.as_ref().is_some_and(|it| !seen.contains(it));
            if entry.kind == Kind::File && is_new && wanted(shown, entry)? {
                seen.insert(entry.meta.fingerprint.clone().unwrap());
                queue.push_back((shown.clone(), entry.clone()));
            }
        }
        // An order that is not that of names.
        queue.make_contiguous().reverse();
        drop(state);
        take(&Queue { account: self, queue: Mutex::new(queue) })?;
        Ok(true)
    }

    fn fold<'n>(&self, name: &'n [u8]) -> Cow<'n, [u8]> {
        Cow::Owned(name.to_ascii_lowercase())
    }

    fn checkpoint(&self, _: &mut dyn FnMut(Skip)) -> Result<Option<Vec<u8>>> {
        let mut saved = lock(&self.saved);
        saved.push(self.state().now.clone());
        Ok(Some((saved.len() as u64 - 1).to_le_bytes().to_vec()))
    }

    fn top(&self) -> Result<Arc<dyn Folder>> {
        Ok(Arc::new(AccountFolder { account: self.clone(), path: TreePath::top() }))
    }
}

struct Queue<'a> {
    account: &'a MemoryAccount,
    queue: Mutex<VecDeque<(TreePath, Entry)>>,
}

impl Deliveries for Queue<'_> {
    fn forecast(&self) -> Forecast {
        let queue = lock(&self.queue);
        let bytes = queue.iter().map(|(_, entry)| entry.meta.size).sum();
        Forecast { calls: queue.len() as u64, files: queue.len() as u64, bytes, time: Duration::ZERO }
    }

    fn next(&self, _: Duration) -> Result<Next> {
        let Some((path, entry)) = lock(&self.queue).pop_front() else { return Ok(Next::End) };
        Ok(match self.account.read(&path, &entry) {
            Ok(file) => Next::File(Box::new(Delivery { path, entry, file })),
            Err(_) => Next::Later,
        })
    }
}

/// Knows its path as displayed; a folder in which only something below has changed is named as the parent has it.
struct AccountFolder {
    account: MemoryAccount,
    path: TreePath,
}

impl AccountFolder {
    fn find(&self, name: &[u8]) -> Option<(TreePath, Entry)> {
        self.account.state().now.get(&folded(&self.path.child(name))).cloned()
    }
}

impl Folder for AccountFolder {
    fn names(&self, _: &mut dyn FnMut(Skip)) -> Result<Names> {
        let mut names = Names::default();
        let own = folded(&self.path);
        for (_, (_, entry)) in self.account.state().now.iter().filter(|(path, _)| above(path) == own) {
            assert!(names.push(&entry.name, Some(entry.kind)));
        }
        names.sort();
        Ok(names)
    }

    fn changes(&self) -> Result<Option<larder_connect::Changes>> {
        let (state, own) = (self.account.state(), folded(&self.path));
        let Some(changes) = &state.changes else { return Ok(None) };
        if changes.replaced.iter().any(|folder| folder.contains(&own)) {
            return Ok(None);
        }
        Ok(Some(changes.by_folder.get(&own).map(|names| names.clone().into_iter().collect()).unwrap_or_default()))
    }

    fn stat(&self, name: &[u8], _: &mut dyn FnMut(Skip)) -> Result<Option<Entry>> {
        Ok(self.find(name).map(|(_, entry)| entry))
    }

    fn details(&self, _: &[u8], _: &mut Metadata, _: &mut dyn FnMut(Skip)) -> Result<()> {
        Ok(())
    }

    fn open(&self, entry: &Entry) -> Result<Box<dyn OpenFile>> {
        let (path, found) = self.find(&entry.name).ok_or_else(|| Problem::not_found("it is gone"))?;
        self.account.read(&path, &found)
    }

    fn folder(&self, name: &[u8]) -> Result<Arc<dyn Folder>> {
        let (path, entry) = self.find(name).ok_or_else(|| Problem::not_found("it is gone"))?;
        assert_eq!(entry.kind, Kind::Directory);
        Ok(Arc::new(Self { account: self.account.clone(), path }))
    }

    fn path(&self) -> TreePath {
        self.path.clone()
    }
}

/// A file that was delivered.
struct Held {
    body: BodyReader,
    meta: Metadata,
}

impl OpenFile for Held {
    fn next(&mut self, buffer: &mut [u8]) -> Result<Piece> {
        Ok(self.body.next(buffer))
    }

    fn finish(self: Box<Self>, _: &mut dyn FnMut(Skip)) -> Result<Metadata> {
        Ok(self.meta)
    }
}
