//! Index runs for the packs of a run.

use std::sync::{Arc, PoisonError};

use larder_connect::Durability;
use larder_format::{
    index::{IndexEntry, IndexRun, PackRow, RunEntry, RunKind},
    keys::BlobKind,
};
use larder_model::{Hash, ProblemKind, Result};

use super::{Run, SHARDS};
use crate::{
    index::{self, read_run_blocks},
    names,
};

/// A merged run is added when there are more small ones than this.
const SMALL_RUNS_MAX: usize = 16;
/// Runs up to this are small: merging them takes a few megabytes.
const SMALL_RUN_ENTRIES_MAX: u64 = 16_384;

impl Run<'_> {
    /// Puts index runs over `packs`, one of each kind, after a barrier that makes the packs durable: from then on other writers
    /// refer to what is in them, and nobody makes sure of them again (docs/decisions/0007). The runs themselves may be lost unless
    /// they are put to stay; only those that stay take the place of others.
    pub(super) fn cover(&self, packs: Vec<(PackRow, Vec<IndexEntry>)>, durability: Durability) -> Result<()> {
        if packs.is_empty() {
            return Ok(());
        }
        self.store().storage().barrier()?;
        for kind in BlobKind::BOTH {
            let (mut rows, mut entries) = (Vec::new(), Vec::new());
            for (row, places) in packs.iter().filter(|(row, _)| row.kind == kind) {
                let number = rows.len() as u32;
                rows.push(row.clone());
                entries.extend(places.iter().map(|entry| IndexEntry { pack: number, ..*entry }));
            }
            if rows.is_empty() {
                continue;
            }
            let covered: Vec<_> = entries.iter().map(|entry| entry.locator).collect();
            let mut superseded = Vec::new();
            if durability == Durability::Barrier {
                superseded = self.merge_small(kind, &mut rows, &mut entries)?;
                superseded.extend(self.library.index.take_unreadable());
            }
            let run = self.index_run(RunKind::Blobs(kind), rows, entries, superseded);
            self.put_index_run(run, durability)?;
            for locator in covered {
                let shard = &self.fresh[usize::from(locator[0]) % SHARDS];
                shard.lock().unwrap_or_else(PoisonError::into_inner).remove(&(kind, locator));
            }
        }
        Ok(())
    }

    /// Takes the entries of small runs into the new one when there are too many of them. The old ones stay until gc.
    fn merge_small(&self, kind: BlobKind, rows: &mut Vec<PackRow>, entries: &mut Vec<IndexEntry>) -> Result<Vec<Hash>> {
        self.library.index.with_runs(|runs| {
            let is_small = |run: &&Arc<index::Run>| {
                run.tail.kind == RunKind::Blobs(kind) && run.tail.entries <= SMALL_RUN_ENTRIES_MAX
            };
            // What gc is about to take out of the index must not be carried on in a new run.
            let is_marked =
                |run: &&Arc<index::Run>| run.tail.packs.ids().any(|pack| self.library.index.is_marked(pack));
            let small: Vec<_> = runs.iter().filter(is_small).filter(|run| !is_marked(run)).collect();
            if small.len() < SMALL_RUNS_MAX {
                return Ok(Vec::new());
            }
            let mut merged = Vec::new();
            for run in &small {
                let (first, before) = (rows.len() as u32, entries.len());
                let read = read_run_blocks(self.store(), run, |entry, _| {
                    entries.push(IndexEntry { pack: first + entry.pack, ..entry });
                    Ok(())
                });
                match read {
                    Ok(()) => {
                        rows.extend(run.tail.packs.iter());
                        merged.push(run.hash);
                    }
                    // Damaged, or gone meanwhile: it is left as it is.
                    Err(problem) if problem.is(ProblemKind::Damaged) || problem.is(ProblemKind::NotFound) => {
                        entries.truncate(before);
                    }
                    Err(problem) => return Err(problem),
                }
            }
            Ok(merged)
        })
    }

    pub(super) fn index_run<E: RunEntry>(
        &self,
        kind: RunKind,
        packs: Vec<PackRow>,
        entries: Vec<E>,
        superseded: Vec<Hash>,
    ) -> IndexRun<E> {
        let created = self.store().settings().now().secs;
        let level = u8::from(!superseded.is_empty());
        IndexRun { kind, level, run: self.id, created, packs, entries, superseded }
    }

    pub(super) fn put_index_run<E: RunEntry>(&self, run: IndexRun<E>, durability: Durability) -> Result<()> {
        let store = self.store();
        let (object, hash) = run.to_object(store.keys());
        store.storage().put(&names::index(hash), &[&object], durability)?;
        if let Some(run) = index::Run::of_object(store, hash, &object)? {
            self.library.index.add_run(run);
        }
        Ok(())
    }
}
