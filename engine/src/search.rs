//! Searching names and paths of all snapshots at once, from an index in a folder of this machine.
//!
//! The index is a cache: it is made of the store, sealed with a key of the store's, and may be dropped at any time. It is a log of what
//! became of each path with each snapshot, sorted by path, in segments of compressed blocks; signatures of the names' letters tell which
//! blocks a text can be in. docs/search.md says what it costs. Several processes may use one; one at a time builds, and readers never
//! wait.

mod block;
mod chain;
mod changes;
mod cursor;
mod facts;
mod fence;
mod fold;
mod found;
mod grams;
mod limits;
mod lookup;
mod manifest;
mod matches;
mod merge;
mod needs;
mod nodes;
mod paths;
mod patterns;
mod place;
mod query;
mod scan;
mod sealed;
mod segment;
mod signature;
mod state;
mod stream;
mod update;
mod worker;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use larder_format::secret::Secret;
use larder_model::{Problem, ProblemKind, Result, SnapshotId, reason};

use crate::{Monitor, SnapshotInfo, Store, Unwatched};
use segment::is_broken;
use state::State;
use update::{Builder, is_mostly_dead};

pub use changes::Each;
pub use facts::{Facts, Filter};
pub use found::Found;
pub use limits::Limits;
pub use nodes::NodeReader;
pub use patterns::Patterns;
pub use query::{Hit, Page, Query};
pub use update::Tell;

/// More than this, and an index is not built: the store is walked then.
const BYTES_MAX: u64 = 2 << 30;
/// What a new entry takes, at most, as far as is seen.
const BYTES_EACH: u64 = 40;

/// The index of one store. It may be used from many threads at once, also while one of them brings it up to date.
pub struct Search {
    folder: PathBuf,
    key: Secret,
    threads: usize,
    limits: Limits,
    state: RwLock<Arc<State>>,
    /// One builder in this process; the lock on the folder is for the others.
    building: Mutex<()>,
}

/// What an index lacks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Readiness {
    /// Nothing of what was asked for.
    Ready,
    /// Snapshots of origins that it knows an earlier one of: what changed is quickly read.
    Behind,
    /// Whole origins, with about so many entries.
    Unbuilt { entries: u64 },
}

/// What became of an update.
#[derive(Clone, Debug, Default)]
pub struct Updated {
    /// Damaged snapshots, and those with paths of more than 64 KiB: they are not in the index.
    pub left_out: Vec<SnapshotId>,
    /// Another process is building: what it has not come to is not in the index yet.
    pub is_busy: bool,
    /// The index would take more room than it may.
    pub is_too_large: bool,
}

impl Search {
    /// The index of `store` in `cache`, Larder's cache folder. Nothing is read or made yet.
    pub fn open(store: &Store, cache: &Path) -> Self {
        Self {
            folder: cache.join("search").join(store.id().to_string()),
            key: store.identity().secret().derive("larder search index 1", &[]),
            threads: store.settings().threads,
            limits: Limits::default(),
            state: RwLock::new(Arc::new(State::empty())),
            building: Mutex::default(),
        }
    }

    /// Makes parts of other sizes from now on. Those that are there stay readable.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Takes over what others have built, and the snapshots that the store has now; tells what is missing of `wanted`.
    pub fn refresh(&self, all: &[SnapshotInfo], wanted: &[SnapshotInfo]) -> Result<Readiness> {
        // What this process is building is newer than what lies in the folder.
        if let Ok(_building) = self.building.try_lock() {
            self.reload(all)?;
            place::mark_used(&self.folder);
        }
        Ok(self.readiness(wanted))
    }

    fn reload(&self, all: &[SnapshotInfo]) -> Result<()> {
        let loaded = match State::load(&self.folder, &self.key, &self.state()) {
            Ok(loaded) => loaded.unwrap_or_else(State::empty),
            // What is broken, or of another version, is built anew.
            Err(problem) if is_broken(&problem) || problem.is(ProblemKind::NotFound) => State::empty(),
            Err(problem) => return Err(problem),
        };
        self.set(loaded.with_live(all));
        Ok(())
    }

    fn readiness(&self, wanted: &[SnapshotInfo]) -> Readiness {
        let state = self.state();
        let mut largest = std::collections::HashMap::new();
        let mut is_behind = false;
        for snapshot in wanted.iter().filter(|snapshot| !state.knows(&snapshot.id)) {
            is_behind = true;
            let origin = snapshot.record.origin().to_string();
            let known = state.manifest.origins.iter().position(|known| *known == origin);
            let has_base = known.is_some_and(|origin| {
                state.chains[origin].ordinals.iter().any(|ordinal| state.ranks[*ordinal as usize].is_some())
            });
            if !has_base {
                let totals = snapshot.record.totals();
                let entries = largest.entry(origin).or_insert(0_u64);
                *entries = totals.files.saturating_add(totals.folders).max(*entries);
            }
        }
        match (is_behind, largest.is_empty()) {
            (false, _) => Readiness::Ready,
            (true, true) => Readiness::Behind,
            (true, false) => {
                Readiness::Unbuilt { entries: largest.values().fold(0, |sum, it| sum.saturating_add(*it)) }
            }
        }
    }

    /// Brings the index up to date with the snapshots that the store has, all of them and oldest first. What is ready is published snapshot
    /// by snapshot, so that queries of other threads see more and more.
    pub fn update(&self, store: &Store, snapshots: &[SnapshotInfo], monitor: &dyn Monitor) -> Result<Updated> {
        let _building = self.building.lock().unwrap_or_else(PoisonError::into_inner);
        match self.try_update(store, snapshots, monitor) {
            Err(problem) if is_broken(&problem) => {
                self.forget();
                self.try_update(store, snapshots, monitor)
            }
            done => done,
        }
    }

    fn try_update(&self, store: &Store, snapshots: &[SnapshotInfo], monitor: &dyn Monitor) -> Result<Updated> {
        self.reload(snapshots)?;
        if self.readiness(snapshots) == Readiness::Ready && !is_mostly_dead(&self.state(), self.limits) {
            return Ok(Updated::default());
        }
        let lock = place::lock(&self.folder)
            .map_err(|error| Problem::failed(format!("the search index cannot be kept: {}", reason(&error))))?;
        let Some(_lock) = lock else { return Ok(Updated { is_busy: true, ..Updated::default() }) };
        // Somebody else may have built while this one waited for nothing.
        self.reload(snapshots)?;
        let state = self.state();
        if let Readiness::Unbuilt { entries } = self.readiness(snapshots)
            && entries.saturating_mul(BYTES_EACH).saturating_add(state.manifest.bytes()) > BYTES_MAX
        {
            return Ok(Updated { is_too_large: true, ..Updated::default() });
        }
        let mut publish = |state: State| self.set(state.with_live(snapshots));
        let interrupt = &store.settings().interrupt;
        let mut builder =
            Builder::new((&self.folder, &self.key, self.limits), interrupt, monitor, &state, &mut publish);
        if is_mostly_dead(&state, self.limits) {
            builder.compact(&state)?;
        }
        let left_out = builder.add_all(store, snapshots)?;
        Ok(Updated { left_out, ..Updated::default() })
    }

    /// Adds a listing that no store holds, as what a newer snapshot of `origin` changed: for measurements. `tell` gives it in the order of a
    /// walk, with `None` for what is gone.
    pub fn feed(&self, store: &Store, origin: &str, id: SnapshotId, tell: &mut Tell) -> Result<()> {
        let _building = self.building.lock().unwrap_or_else(PoisonError::into_inner);
        let lock = place::lock(&self.folder)
            .map_err(|error| Problem::failed(format!("the search index cannot be kept: {}", reason(&error))))?;
        let Some(_lock) = lock else { return Err(Problem::failed("somebody else builds this search index")) };
        let state = self.state();
        let mut publish = |mut state: State| {
            state.ranks = (0..state.ranks.len() as u32).map(Some).collect();
            self.set(state);
        };
        let interrupt = &store.settings().interrupt;
        let place = (self.folder.as_path(), &self.key, self.limits);
        Builder::new(place, interrupt, &Unwatched, &state, &mut publish).feed(origin, id, tell)
    }

    /// Removes the index. Queries find nothing until it is built again.
    pub fn forget(&self) {
        self.set(State::empty());
        // Somebody who is building drops by himself what is broken. What cannot be removed is found to be broken again.
        if let Ok(Some(_lock)) = place::lock(&self.folder) {
            drop(std::fs::remove_file(place::manifest_file(&self.folder)));
            place::sweep(&self.folder, &|_| false);
        }
    }

    /// Bytes that the index takes.
    pub fn bytes(&self) -> u64 {
        self.state().manifest.bytes()
    }

    fn state(&self) -> Arc<State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, state: State) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(state);
    }
}
