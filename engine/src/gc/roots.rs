//! What gc must keep: snapshots, and what running writers refer to.

use std::collections::HashSet;

use larder_connect::ObjectName;
use larder_format::{page::PageRef, snapshot::Reference};
use larder_model::{PackId, Problem, Result, RunId};

use crate::{SnapshotInfo, Store, index::PackRows, look::Look, names, runs};

/// Something to trace.
pub(super) struct Root {
    pub page: Option<PageRef>,
    pub references: Vec<Reference>,
}

pub(super) struct Roots {
    pub snapshots: Vec<Root>,
    /// What runs refer to, or were about to: part of it may be gone, when they have ended without a snapshot.
    pub runs: Vec<Root>,
    live_runs: HashSet<RunId>,
}

impl Roots {
    /// Reads start records, then intents, then snapshots: a run that moves on meanwhile is seen in one of them. Intents of the
    /// runs that are `over` say nothing any more.
    pub fn read(store: &Store, over: &Over) -> Result<Self> {
        let mut runs = Vec::new();
        let mut live_runs = HashSet::new();
        for start in runs::live_starts(store)? {
            live_runs.insert(start.run);
            // What the parent of a run needs is not known when its start record cannot be read. That run finds out at its last look.
            if let Ok(record) = &start.record {
                runs.push(Root { page: record.root(), references: Vec::new() });
            }
        }
        for intent in runs::intents(store)?.into_iter().filter(|intent| !over.intents.contains(&intent.run)) {
            let record = intent.record.map_err(|problem| may_still_run(intent.run, problem))?;
            runs.push(Root { page: record.root(), references: record.references });
        }
        let snapshots = store.snapshots_at(Look::Now)?;
        if let Some((id, problem)) = snapshots.damaged.first() {
            return Err(Problem::damaged(format!(
                "snapshot {} cannot be read, so nobody knows what it needs: {problem}",
                id.short()
            ))
            .hint("gc deletes nothing while a snapshot is damaged; remove it with `larder rm` if it is lost"));
        }
        let root = |info: &SnapshotInfo| Root {
            page: info.record.root(),
            references: info.record.references().cloned().collect(),
        };
        Ok(Self { snapshots: snapshots.snapshots.iter().map(root).collect(), runs, live_runs })
    }

    /// Takes packs of live runs out of `dead`: their writer is about to refer to them.
    pub fn keep_live_runs(&self, packs: &PackRows, dead: &mut HashSet<PackId>) {
        dead.retain(|id| packs.get(id).is_none_or(|row| !self.live_runs.contains(&row.run)));
    }
}

/// Without its intent nobody knows what the run is about to put into a snapshot.
fn may_still_run(run: RunId, problem: Problem) -> Problem {
    problem.context("a backup that may still run cannot be read").hint(format!(
        "gc deletes nothing until 30 days after that backup began; if it has surely ended, remove {} from the store and run gc again",
        names::start(run)
    ))
}

/// Records of runs that have ended. They protect nothing any more.
#[derive(Default)]
pub(super) struct Over {
    intents: HashSet<RunId>,
    /// Of those, the runs whose snapshot is there although their start record is, too.
    starts: HashSet<RunId>,
}

impl Over {
    /// Runs that have an intent and no start record have ended: a run removes its start record after it has put its snapshot, so
    /// the snapshots of these runs, if they came to be, are visible once the visibility delay has passed. Of the others, those
    /// whose records are damaged have ended when their snapshot is there.
    pub fn find(store: &Store) -> Result<Self> {
        // Intents first: a start record is older than its intent, so one that is not there any more tells of a run that has ended.
        let intents = runs::intents(store)?;
        let starts = runs::live_starts(store)?;
        let live: HashSet<RunId> = starts.iter().map(|start| start.run).collect();
        let mut over = Self {
            intents: intents.iter().map(|intent| intent.run).filter(|run| !live.contains(run)).collect(),
            starts: HashSet::new(),
        };
        let unread_starts = starts.iter().filter(|start| start.record.is_err()).map(|start| start.run);
        let unread_intents = intents.iter().filter(|intent| intent.record.is_err()).map(|intent| intent.run);
        let unread: Vec<RunId> = unread_starts.chain(unread_intents).filter(|run| live.contains(run)).collect();
        if !unread.is_empty() {
            let committed = runs::committed(&store.snapshots_at(Look::Now)?.snapshots);
            let ended: Vec<RunId> = unread.into_iter().filter(|run| committed.contains(run)).collect();
            over.intents.extend(&ended);
            over.starts.extend(ended);
        }
        Ok(over)
    }

    pub fn is_empty(&self) -> bool {
        self.intents.is_empty()
    }

    /// Leaves out runs whose start record was seen late: where listings lag, an intent can be seen before it.
    pub fn look_again(&mut self, store: &Store) -> Result<()> {
        for start in runs::live_starts(store)? {
            if !self.starts.contains(&start.run) {
                self.intents.remove(&start.run);
            }
        }
        Ok(())
    }

    /// The objects that may go.
    pub fn names(&self) -> impl Iterator<Item = ObjectName> {
        self.intents.iter().copied().map(names::intent).chain(self.starts.iter().copied().map(names::start))
    }
}
