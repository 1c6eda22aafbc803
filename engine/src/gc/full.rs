//! Collecting garbage in a storage that is so full that not even marks find room.
//!
//! Marks tell writers what is about to go. Without them a pack can go only while nobody writes, and only if it can come back: it is deleted
//! while no start record is there, and brought back when a look afterwards shows that somebody began meanwhile. In a full storage no
//! writer gets far, so that hardly ever happens. The first pack as a rule makes room enough for marks for all others; then they go the
//! usual way.

use std::collections::HashSet;

use larder_model::{PackId, Problem, ProblemKind, Result, RunId, SnapshotId};

use super::{Trace, confirm, roots::Over};
use crate::{Store, look::Look, names, own_runs, runs};

/// Deletes packs without marks, the largest first, until marks for the rest find room. `problem` is that of the marks.
pub(super) fn make_room(
    store: &Store,
    trace: &mut Trace,
    over: &Over,
    dead: HashSet<PackId>,
    problem: Problem,
) -> Result<HashSet<PackId>> {
    if !store.storage().promises().undelete {
        return Err(problem);
    }
    let mut gone = HashSet::new();
    let mut left = dead;
    while let Some(pack) = largest(trace, &left) {
        delete_unmarked(store, pack)?;
        gone.insert(pack);
        left.remove(&pack);
        if left.is_empty() {
            break;
        }
        match confirm(store, trace, over, &left) {
            Err(problem) if problem.is(ProblemKind::NoSpace) => {}
            confirmed => {
                gone.extend(confirmed?);
                break;
            }
        }
    }
    Ok(gone)
}

fn largest(trace: &Trace, packs: &HashSet<PackId>) -> Option<PackId> {
    let rows = trace.library.index.packs();
    packs.iter().copied().max_by_key(|pack| (rows.get(pack).map(|row| row.size), *pack))
}

fn delete_unmarked(store: &Store, pack: PackId) -> Result<()> {
    own_runs::clear_killed(store, 0)?;
    let before = Writers::look(store)?;
    if before.are_running {
        return Err(Problem::new(
            ProblemKind::NoSpace,
            "the storage is full, and a backup is running, or was killed less than 30 days ago: without room for marks nothing can be \
             deleted beside it",
        )
        .hint("free a few kilobytes there, and run gc again"));
    }
    let name = names::pack(pack);
    store.storage().delete(&name)?;
    store.wait_until_visible();
    if Writers::look(store)? == before {
        return Ok(());
    }
    // Whoever began meanwhile may count on it.
    store.storage().undelete(&name, &|_| true)?;
    Err(Problem::failed("a backup began while gc made room in a full storage; nothing was deleted")
        .hint("run gc again"))
}

/// Who writes, or has written.
#[derive(PartialEq, Eq)]
struct Writers {
    are_running: bool,
    intents: HashSet<RunId>,
    snapshots: HashSet<SnapshotId>,
}

impl Writers {
    /// In the order in which a run moves on.
    fn look(store: &Store) -> Result<Self> {
        let are_running = !runs::live_starts(store)?.is_empty();
        let intents = runs::intents(store)?.iter().map(|intent| intent.run).collect();
        let snapshots = store.snapshots_at(Look::Now)?.snapshots.iter().map(|info| info.id).collect();
        Ok(Self { are_running, intents, snapshots })
    }
}
