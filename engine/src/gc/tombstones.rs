//! Clearing away what only protected something: marks of deleted packs, intents of ended runs, expired start records.

use std::collections::HashSet;

use larder_model::{PackId, Result};

use super::roots::Over;
use crate::{Store, index::marks, names, runs};

/// Removes what no running writer can need any more, and the records of runs that are `over`.
pub(super) fn clear(store: &Store, over: &Over) -> Result<()> {
    let now = store.settings().now().secs;
    clear_marks(store, now)?;
    store.storage().delete_batch(&over.names().collect::<Vec<_>>())?;
    clear_expired(store, now)
}

/// Marks of gc whose packs are all gone, once no writer is left that began before it could see them: it might still hold an
/// index that knows the packs.
fn clear_marks(store: &Store, now: i64) -> Result<()> {
    let delay = store.storage().promises().visibility_delay.as_secs() as i64 * 2;
    // Marks first, then who runs: a run that begins in between has seen them.
    let all = marks::list(store)?;
    let starts = runs::live_starts(store)?;
    let mut packs: HashSet<PackId> = HashSet::new();
    for folder in [names::PACKS, names::INDEX] {
        packs.extend(store.storage().list(folder)?.iter().filter_map(|info| info.name.name().parse::<PackId>().ok()));
    }
    for listed in all {
        let created = listed.info.modified.secs;
        let has_older = starts.iter().any(|start| start.info.modified.secs <= created + delay);
        let is_settled = delay == 0 || created + delay < now;
        let mut marked = listed.record.packs().chain(listed.record.frames().map(|(pack, _)| pack));
        if !has_older && is_settled && !marked.any(|pack| packs.contains(&pack)) {
            store.storage().delete(&listed.info.name)?;
        }
    }
    Ok(())
}

fn clear_expired(store: &Store, now: i64) -> Result<()> {
    let starts = runs::starts(store)?;
    starts.iter().filter(|start| start.is_expired(now)).try_for_each(|start| store.storage().delete(&start.info.name))
}
