//! Asking an index: page by page, or all at once.

use std::sync::Arc;

use larder_model::{Problem, Result, SnapshotId, TreePath};

use super::{
    Search,
    cursor::Cursor,
    facts::{Facts, Filter},
    found::Found,
    matches::{Matches, Step},
    patterns::Patterns,
    segment::is_broken,
};
use crate::Interrupt;

/// What is wanted.
#[derive(Clone, Copy)]
pub struct Query<'q> {
    /// One of them has to match; none stand for everything.
    pub patterns: &'q Patterns,
    pub filter: &'q Filter,
    /// Only in these.
    pub snapshots: Option<&'q [SnapshotId]>,
    /// Only of this origin, as it is shown.
    pub origin: Option<&'q str>,
    /// Blocks after which a page ends although it is not full: a bound on the time that a page takes.
    pub blocks_max: Option<u64>,
}

impl<'q> Query<'q> {
    /// Blocks of a page for somebody who waits for it: a tenth of a second on two cores.
    pub const PATIENT_BLOCKS: u64 = 4_000;

    pub fn new(patterns: &'q Patterns, filter: &'q Filter) -> Self {
        Self { patterns, filter, snapshots: None, origin: None, blocks_max: None }
    }
}

/// A version of a path that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hit {
    pub path: TreePath,
    pub facts: Facts,
    pub origin: String,
    /// The newest of the wanted snapshots that hold this version.
    pub snapshot: SnapshotId,
    /// How many of the wanted snapshots hold it.
    pub snapshots: u64,
}

/// Some hits: by origin, then in the order of a walk, versions of a path from the newest on.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub hits: Vec<Hit>,
    /// Where to go on; `None` when there is no more. A page may be short, or empty, and have a next one.
    pub next: Option<String>,
    /// Paths in the index.
    pub entries: u64,
    /// Snapshots of the store that are in the index.
    pub snapshots: u64,
    pub blocks_read: u64,
}

impl Search {
    /// At most `limit` hits, from `cursor` on. Of a broken index nothing is shown: it is dropped, and the next update builds it anew.
    pub fn query(&self, query: &Query, cursor: Option<&str>, limit: usize) -> Result<Page> {
        self.dropping_broken(|| self.page(query, cursor, limit))
    }

    fn page(&self, query: &Query, cursor: Option<&str>, limit: usize) -> Result<Page> {
        let state = self.state();
        let start = cursor.map(Cursor::decode).transpose()?;
        if start.as_ref().is_some_and(|cursor| cursor.build != state.manifest.build) {
            return Err(Problem::usage("the search index was built anew since this list of hits was begun")
                .hint("search again from the start"));
        }
        let mut page =
            Page { entries: state.paths(), snapshots: state.ranks.iter().flatten().count() as u64, ..Page::default() };
        let from = start.as_ref().map(|cursor| (cursor.origin, cursor.path.clone()));
        let mut matches = Matches::new(state.clone(), query, from, self.threads);
        let at = |origin, path: &[u8], after| {
            Some(Cursor { build: state.manifest.build, origin, path: path.to_vec(), after }.encode())
        };
        'paths: loop {
            let found = match matches.next()? {
                Step::Match(found) => found,
                Step::Break { origin, path } => {
                    page.next = at(origin, &path, None);
                    break;
                }
                Step::End => break,
            };
            let same = start.as_ref().filter(|start| start.origin == found.origin && *start.path == *found.path);
            let done = same.and_then(|start| start.after).map(|facts| facts.order());
            for version in found.versions.iter().filter(|version| done.is_none_or(|done| version.facts.order() > done))
            {
                if page.hits.len() >= limit.max(1) {
                    page.next = page.hits.last().and_then(|hit| {
                        let origin = state.manifest.origins.iter().position(|origin| *origin == hit.origin)?;
                        at(origin as u32, hit.path.as_bytes(), Some(hit.facts))
                    });
                    break 'paths;
                }
                page.hits.push(Hit {
                    path: TreePath::new(&found.path),
                    facts: version.facts,
                    origin: state.manifest.origins[found.origin as usize].clone(),
                    snapshot: state.manifest.snapshots[version.newest as usize].id,
                    snapshots: version.count,
                });
            }
        }
        page.blocks_read = matches.blocks_read();
        Ok(page)
    }

    /// Everything, or `None` when these are more than `paths_max` paths.
    pub fn find_all(&self, query: &Query, paths_max: usize, interrupt: &Interrupt) -> Result<Option<Found>> {
        self.dropping_broken(|| {
            let state = self.state();
            let mut found = Found::new(Arc::clone(&state));
            let mut matches = Matches::new(state, query, None, self.threads);
            for _ in 0..=paths_max {
                interrupt.check()?;
                match matches.next()? {
                    Step::Match(one) => found.push(one),
                    Step::Break { .. } => return Ok(None),
                    Step::End => return Ok(Some(found)),
                }
            }
            Ok(None)
        })
    }

    fn dropping_broken<T>(&self, ask: impl FnOnce() -> Result<T>) -> Result<T> {
        ask().inspect_err(|problem| {
            if is_broken(problem) {
                self.forget();
            }
        })
    }
}
