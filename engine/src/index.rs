//! Where blobs are: the index runs of a store, the packs that no run covers yet, and the marks that take packs and blobs out of use.
//!
//! Runs stay in the storage; in memory are their tails and a bounded cache of blocks.

mod adopt;
mod aliases;
mod filter;
pub(crate) mod marks;
mod pack_ids;
mod pack_rows;
mod packs;
pub(crate) mod runs;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use larder_format::{
    index::{PackRow, RunKind},
    keys::BlobKind,
    pack::Locator,
};
use larder_model::{BlobId, Hash, PackId, ProblemKind, Result};

use crate::{Store, blobs::FrameKey, cache::Cache, look::Look};

pub(crate) use adopt::read_directory;
pub(crate) use marks::MarkSet;
use pack_ids::PackIds;
pub(crate) use pack_rows::PackRows;
use packs::Listed;
pub(crate) use runs::{Run, read_entries, read_run_blocks};

/// Bytes of index blocks kept in memory.
const BLOCK_CACHE_LEN: usize = 8 << 20;
/// Bytes that tell which blobs runs do not have, at most: in full, those of 100 million.
const FILTERS_LEN: u64 = 256 << 20;

/// Where a blob lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub pack: PackId,
    pub epoch: u32,
    pub frame_offset: u32,
    pub frame_len: u32,
    pub offset: u32,
    pub len: u32,
}

/// A pack's kind and where its blobs are known from.
#[derive(Clone, Debug)]
pub(crate) struct AdoptedPack {
    pub row: PackRow,
    pub entries: Vec<larder_format::index::IndexEntry>,
}

/// What is kept of runs beside their tails.
pub(crate) struct Blocks {
    cache: Cache<(Hash, u32), larder_format::index::Block>,
    filters: Arc<filter::Room>,
}

/// The index of one store, as it was when it was loaded, and what this process added since.
pub(crate) struct Index {
    /// Handed out as they are: whoever reads a block waits for the storage, and nobody may have to wait for that.
    runs: RwLock<Arc<Vec<Arc<Run>>>>,
    /// Runs that were deleted while they were in use. Listings and caches may have them for a while yet.
    gone: Mutex<HashSet<Hash>>,
    /// Damaged runs, until one of ours supersedes them.
    unreadable: Mutex<Vec<Hash>>,
    blocks: Blocks,
    /// Blobs of packs that no run covers.
    adopted: RwLock<HashMap<(BlobKind, Locator), Place>>,
    /// The packs themselves, until an index run of ours covers them.
    adopted_packs: Mutex<Vec<AdoptedPack>>,
    marks: RwLock<Arc<MarkSet>>,
    /// Packs that the storage listed, once they were; others count as gone.
    listed: RwLock<Option<Listed>>,
    reloaded: AtomicBool,
}

impl Index {
    /// Reads the tails of all runs, and the marks.
    pub fn load(store: &Store, look: Look) -> Result<Self> {
        let marks = MarkSet::load_readable(store, look)?;
        let loaded = runs::load(store, look, &marks, &[], &HashSet::new())?;
        let entries = loaded.runs.iter().fold(0, |sum: u64, run| sum.saturating_add(run.tail.entries));
        let filters_len = FILTERS_LEN.min(store.settings().memory);
        let index = Self {
            gone: Mutex::default(),
            runs: RwLock::new(Arc::new(loaded.runs)),
            unreadable: Mutex::new(loaded.unreadable),
            blocks: Blocks {
                cache: Cache::new(BLOCK_CACHE_LEN),
                filters: Arc::new(filter::Room::new(filters_len, entries)),
            },
            adopted: RwLock::default(),
            adopted_packs: Mutex::default(),
            marks: RwLock::new(Arc::new(marks)),
            listed: RwLock::new(None),
            reloaded: AtomicBool::new(false),
        };
        Ok(index)
    }

    /// A place of a blob that is neither marked for deletion nor known to be damaged.
    pub fn find(&self, store: &Store, kind: BlobKind, id: &BlobId) -> Result<Option<Place>> {
        let locator = larder_format::pack::locator(id);
        let marks = self.marks();
        self.find_where(store, kind, &locator, |place| !marks.has(place))
    }

    /// Any place of a blob, marked or not: for reading, where a marked place is better than none.
    pub fn find_any(&self, store: &Store, kind: BlobKind, id: &BlobId) -> Result<Option<Place>> {
        match self.find(store, kind, id)? {
            Some(place) => Ok(Some(place)),
            None => self.find_where(store, kind, &larder_format::pack::locator(id), |_| true),
        }
    }

    /// All places of a blob, best first.
    pub fn find_all(&self, store: &Store, kind: BlobKind, id: &BlobId) -> Result<Vec<Place>> {
        let mut places = Vec::new();
        self.find_where(store, kind, &larder_format::pack::locator(id), |place| {
            places.push(*place);
            false
        })?;
        Ok(places)
    }

    fn find_where(
        &self,
        store: &Store,
        kind: BlobKind,
        locator: &Locator,
        mut good: impl FnMut(&Place) -> bool,
    ) -> Result<Option<Place>> {
        let adopted = self.adopted.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = adopted.get(&(kind, *locator))
            && good(place)
        {
            return Ok(Some(*place));
        }
        drop(adopted);
        loop {
            match self.find_in_runs(store, kind, locator, &mut good) {
                // gc has replaced a run that was in use. It is known by then, so this comes to an end.
                Err(problem) if problem.is(ProblemKind::NotFound) => self.reload_runs(store)?,
                // A run that cannot be read must not hide what the packs themselves tell.
                Err(problem) if problem.is(ProblemKind::Damaged) => {
                    self.drop_unreadable_runs(store)?;
                    return self.find_in_what_is_left(store, kind, locator, good);
                }
                done => return done,
            }
        }
    }

    /// After damaged runs were left out: in the packs that were taken over for them, and in the other runs.
    fn find_in_what_is_left(
        &self,
        store: &Store,
        kind: BlobKind,
        locator: &Locator,
        mut good: impl FnMut(&Place) -> bool,
    ) -> Result<Option<Place>> {
        let adopted = self.adopted.read().unwrap_or_else(PoisonError::into_inner).get(&(kind, *locator)).copied();
        match adopted.filter(&mut good) {
            Some(place) => Ok(Some(place)),
            None => self.find_in_runs(store, kind, locator, &mut good),
        }
    }

    fn find_in_runs(
        &self,
        store: &Store,
        kind: BlobKind,
        locator: &Locator,
        good: &mut impl FnMut(&Place) -> bool,
    ) -> Result<Option<Place>> {
        for run in self.runs().iter().filter(|run| run.tail.kind == RunKind::Blobs(kind)) {
            let found = run.find(store, &self.blocks, locator, good).inspect_err(|problem| {
                if problem.is(ProblemKind::NotFound) {
                    self.gone().insert(run.hash);
                }
            })?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Adds a run that this process has just put.
    pub fn add_run(&self, run: Run) {
        self.change_runs(|runs| {
            runs.retain(|old| !run.tail.superseded.contains(&old.hash));
            runs.push(Arc::new(run));
        });
    }

    /// Hands over the damaged runs to the run that will supersede them.
    pub fn take_unreadable(&self) -> Vec<Hash> {
        std::mem::take(&mut *self.unreadable.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at all runs that count.
    pub fn with_runs<T>(&self, look: impl FnOnce(&[Arc<Run>]) -> T) -> T {
        look(&self.runs())
    }

    fn gone(&self) -> MutexGuard<'_, HashSet<Hash>> {
        self.gone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn runs(&self) -> Arc<Vec<Arc<Run>>> {
        self.runs.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change_runs(&self, change: impl FnOnce(&mut Vec<Arc<Run>>)) {
        change(Arc::make_mut(&mut *self.runs.write().unwrap_or_else(PoisonError::into_inner)));
    }

    /// Reads the marks again; returns those that were not there before.
    pub fn reload_marks(&self, store: &Store) -> Result<MarkSet> {
        let mut new = MarkSet::load(store)?;
        self.fit_to_listing(&mut new);
        let added = new.without(&self.marks());
        *self.marks.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        Ok(added)
    }

    /// Takes other marks for what is out of use.
    pub fn set_marks(&self, mut new: MarkSet) {
        self.fit_to_listing(&mut new);
        *self.marks.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
    }

    /// Leaves out runs that have a damaged block, and takes over their packs by the packs' own directories.
    fn drop_unreadable_runs(&self, store: &Store) -> Result<()> {
        let mut damaged = Vec::new();
        for run in self.runs().iter() {
            let read = read_run_blocks(store, run, |_, _| Ok(()));
            if read.is_err_and(|problem| problem.is(ProblemKind::Damaged)) {
                damaged.push(run.hash);
            }
        }
        self.change_runs(|runs| {
            // Another thread may have found the same: each is noted once.
            damaged.retain(|hash| runs.iter().any(|run| run.hash == *hash));
            runs.retain(|run| !damaged.contains(&run.hash));
        });
        self.unreadable.lock().unwrap_or_else(PoisonError::into_inner).extend(damaged);
        self.adopt(store, Look::Now)
    }

    /// Leaves out a run that has been deleted without a successor: what it said is found by the packs' own directories.
    pub fn forget_run(&self, hash: Hash) {
        self.change_runs(|runs| runs.retain(|run| run.hash != hash));
    }

    /// Whether runs were reloaded since this was asked: a run that is gone may have left packs that none covers.
    pub fn take_reloaded(&self) -> bool {
        self.reloaded.swap(false, Relaxed)
    }

    /// Reads again which runs there are; those that are known are not read again.
    pub fn reload_runs(&self, store: &Store) -> Result<()> {
        self.reloaded.store(true, Relaxed);
        let (marks, gone) = (MarkSet::load_readable(store, Look::Now)?, self.gone().clone());
        let loaded = runs::load(store, Look::Now, &marks, &self.runs(), &gone)?;
        *self.runs.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(loaded.runs);
        Ok(())
    }

    /// True when no mark takes anything out of use: the usual case, in which nothing needs a second look.
    pub fn is_unmarked(&self) -> bool {
        self.marks().is_empty()
    }

    fn marks(&self) -> Arc<MarkSet> {
        self.marks.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Those of these frames that no mark takes out of use.
    pub fn unmarked(&self, frames: impl IntoIterator<Item = FrameKey>) -> MarkSet {
        let (marks, mut unmarked) = (self.marks(), MarkSet::default());
        let is_unmarked = |(pack, offset): &FrameKey| !marks.has_pack(pack) && !marks.has_frame(*pack, *offset);
        frames.into_iter().filter(is_unmarked).for_each(|(pack, offset)| unmarked.add_frame(pack, offset));
        unmarked
    }

    /// Takes frames out of use in this process: they turned out to be bad.
    pub fn put_out_of_use(&self, frames: impl IntoIterator<Item = FrameKey>) {
        let mut marks = (*self.marks()).clone();
        frames.into_iter().for_each(|(pack, offset)| marks.add_frame(pack, offset));
        self.set_marks(marks);
    }

    /// True for packs that are out of use.
    pub fn is_marked(&self, pack: &PackId) -> bool {
        self.marks().has_pack(pack)
    }
}
