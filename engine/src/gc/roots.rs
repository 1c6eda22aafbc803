//! What gc must keep: snapshots, and what running writers refer to.

use std::collections::{HashMap, HashSet};

use larder_connect::ObjectInfo;
use larder_format::{
    index::PackRow,
    page::PageRef,
    records::{Intent, START_EXPIRES_SECS, Start},
    snapshot::Reference,
};
use larder_model::{PackId, Problem, Result, RunId};

use crate::{
    SnapshotInfo, Store, names,
    store::{Listed, is_intent_name, is_start_name},
};

/// A record of a run that cannot be read was left by a crash of its machine; after this long its run has ended.
const UNREADABLE_EXPIRES_SECS: i64 = 24 * 3600;

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
    /// runs in `over` say nothing any more.
    pub fn read(store: &Store, over: &HashSet<RunId>) -> Result<Self> {
        let mut runs = Vec::new();
        let mut live_runs = HashSet::new();
        for start in live_starts(store)? {
            live_runs.insert(start.record.run());
            runs.push(Root { page: start.record.root(), references: Vec::new() });
        }
        for intent in intents(store)?.into_iter().map(|listed| listed.record) {
            if !over.contains(&intent.run()) {
                runs.push(Root { page: intent.root(), references: intent.references });
            }
        }
        let snapshots = store.snapshots()?;
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
    pub fn keep_live_runs(&self, packs: &HashMap<PackId, PackRow>, dead: &mut HashSet<PackId>) {
        dead.retain(|id| packs.get(id).is_none_or(|row| !self.live_runs.contains(&row.run)));
    }
}

/// Start records that have not expired.
pub(super) fn live_starts(store: &Store) -> Result<Vec<Listed<Start>>> {
    let now = store.settings().now().secs;
    let mut starts =
        store.list_records(names::RUNS, is_start_name, |name, problem| unreadable(store, name, problem))?;
    starts.retain(|start: &Listed<Start>| !is_expired(&start.info, start.record.created, now));
    Ok(starts)
}

/// Runs that have an intent and have ended. A run removes its start record after it has put its snapshot, so the snapshots of
/// these runs, if they came to be, are visible once the visibility delay has passed.
pub(super) fn ended_runs(store: &Store) -> Result<HashSet<RunId>> {
    // Intents first: a start record is older than its intent, so one that is not there any more tells of a run that has ended.
    let intents = intents(store)?;
    let live: HashSet<RunId> = live_starts(store)?.iter().map(|start| start.record.run()).collect();
    Ok(intents.iter().map(|intent| intent.record.run()).filter(|run| !live.contains(run)).collect())
}

/// All intents.
fn intents(store: &Store) -> Result<Vec<Listed<Intent>>> {
    store.list_records(names::RUNS, is_intent_name, |name, problem| unreadable(store, name, problem))
}

/// Expired by the writer's clock and by the storage's: either alone may be wrong.
pub(super) fn is_expired(info: &ObjectInfo, created: i64, now: i64) -> bool {
    created.max(info.modified.secs) + START_EXPIRES_SECS < now
}

fn unreadable(store: &Store, name: &larder_connect::ObjectName, problem: Problem) -> Result<()> {
    let now = store.settings().now().secs;
    let listed = store.storage().list(names::RUNS)?.into_iter().find(|info| info.name == *name);
    match listed {
        Some(info) if info.modified.secs + UNREADABLE_EXPIRES_SECS > now => Err(problem
            .context("a backup that may still run cannot be read")
            .hint("if no backup is running, run gc again tomorrow")),
        _ => Ok(()),
    }
}
