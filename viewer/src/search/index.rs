//! The index of names, kept up to date while questions are asked.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use larder_engine::{Filter, Limits, Patterns, Query as IndexQuery, Readiness, Search, SnapshotInfo, Store, Unwatched};
use larder_model::{ProblemKind, Result, SnapshotId};

use super::{Found, Hit, Query};
use crate::{
    app::{App, Stop},
    shapes::Entry,
};

/// An index of so few entries is made while the question waits.
const AT_ONCE_MAX: u64 = 20_000;
/// So many entries can be walked through while the index is being made; more would take too long.
const WALK_MAX: u64 = 300_000;

/// The index of one store; none where there is no folder to keep it in.
pub struct Names {
    search: Option<Arc<Search>>,
    is_building: Arc<AtomicBool>,
    has_failed: Arc<AtomicBool>,
}

/// How a question is to be answered now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Ready,
    /// The index is being made. A walk through a small store gives everything meanwhile.
    Building {
        walk: bool,
    },
    /// There is no index, and there will be none.
    None,
}

impl State {
    pub fn is_to_walk(self) -> bool {
        matches!(self, Self::Building { walk: true } | Self::None)
    }

    pub fn is_building(self) -> bool {
        matches!(self, Self::Building { .. })
    }
}

impl Names {
    pub fn new(store: &Store, cache: Option<&Path>, limits: Limits) -> Self {
        Self {
            search: cache.map(|cache| Arc::new(Search::open(store, cache).with_limits(limits))),
            is_building: Arc::default(),
            has_failed: Arc::default(),
        }
    }

    /// Takes up what is new, or has it taken up in the background.
    pub fn state(&self, app: &App, all: &[SnapshotInfo], wanted: &[SnapshotInfo]) -> State {
        let Some(search) = self.search.as_ref().filter(|_| !self.has_failed.load(SeqCst)) else { return State::None };
        let entries = match search.refresh(all, wanted) {
            Ok(Readiness::Ready) => return State::Ready,
            Ok(Readiness::Behind) => 0,
            Ok(Readiness::Unbuilt { entries }) => entries,
            Err(problem) => {
                self.fail(app, &problem.to_string());
                return State::None;
            }
        };
        let building = State::Building { walk: entries <= WALK_MAX };
        if self.is_building.swap(true, SeqCst) {
            return building;
        }
        if entries <= AT_ONCE_MAX {
            self.update(app, search, all);
            return if self.has_failed.load(SeqCst) { State::None } else { self.after_update(search, wanted) };
        }
        let (app, search, all) = (app.clone(), search.clone(), all.to_vec());
        let spawned = std::thread::Builder::new().name("search index".to_owned()).spawn(move || {
            app.names.update(&app, &search, &all);
        });
        if spawned.is_err() {
            self.is_building.store(false, SeqCst);
        }
        building
    }

    /// Snapshots that are damaged, or that another process is at, are not in it: then a walk tells more.
    fn after_update(&self, search: &Search, wanted: &[SnapshotInfo]) -> State {
        match search.refresh(wanted, wanted) {
            Ok(Readiness::Ready) => State::Ready,
            _ => State::None,
        }
    }

    fn update(&self, app: &App, search: &Search, all: &[SnapshotInfo]) {
        match search.update(app.reader.store(), all, &Unwatched) {
            Ok(updated) if updated.is_too_large => self.fail(app, "the search index would be too large"),
            Ok(_) => {}
            Err(problem) if problem.is(ProblemKind::Interrupted) => {}
            Err(problem) if problem.is(ProblemKind::Unreachable) => app.log(problem.to_string()),
            Err(problem) => self.fail(app, &problem.to_string()),
        }
        self.is_building.store(false, SeqCst);
    }

    /// Told once; from then on snapshots are walked through.
    fn fail(&self, app: &App, why: &str) {
        if !self.has_failed.swap(true, SeqCst) {
            app.log(format!("{why}; searches walk through the snapshots"));
        }
    }

    pub fn query(
        &self,
        stop: &Stop,
        (patterns, filter): (&Patterns, &Filter),
        query: &Query,
        snapshots: &[SnapshotInfo],
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Found> {
        let Some(search) = &self.search else { return Ok(Found::default()) };
        let ids: Vec<SnapshotId> = snapshots.iter().map(|snapshot| snapshot.id).collect();
        let mut asked = IndexQuery::new(patterns, filter);
        asked.snapshots = query.snapshot.as_ref().map(|_| ids.as_slice());
        asked.origin = query.origin.as_deref();
        asked.blocks_max = Some(IndexQuery::PATIENT_BLOCKS);
        let mut page = search.query(&asked, cursor, limit)?;
        // Somebody waits for the first hit, or for knowing that there is none.
        while page.hits.is_empty()
            && let Some(next) = page.next.take()
        {
            stop.check()?;
            page = search.query(&asked, Some(&next), limit)?;
        }
        let hits: Vec<_> = page.hits.into_iter().map(hit).collect();
        Ok(Found {
            total: (cursor.is_none() && page.next.is_none()).then_some(hits.len() as u64),
            hits,
            next: page.next,
            entries: page.entries,
            snapshots: snapshots.len() as u64,
            building: false,
        })
    }
}

fn hit(hit: larder_engine::Hit) -> Hit {
    let name = hit.path.name().unwrap_or_default();
    let mut entry = larder_model::Entry::new(name, hit.facts.kind);
    (entry.meta.size, entry.meta.mtime) = (hit.facts.size, hit.facts.mtime);
    Hit { entry: Entry::new(&hit.path, &entry), snapshot: hit.snapshot, snapshots: hit.snapshots }
}
