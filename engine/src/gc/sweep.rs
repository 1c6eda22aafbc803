//! Taking dead packs out of the index, and away.

use std::collections::{HashMap, HashSet};

use larder_connect::Durability;
use larder_format::{
    index::{IndexEntry, IndexRun},
    keys::BlobKind,
    secret::random,
};
use larder_model::{Hash, PackId, Result, RunId};

use crate::{
    Amount, Monitor,
    blobs::Library,
    index::{Run, read_run_blocks},
    names,
};

/// Writes index runs without the dead, deletes the old runs, then the packs. Also deletes runs that others have superseded.
pub(super) fn sweep(library: &Library, dead: &HashSet<PackId>, monitor: &dyn Monitor) -> Result<()> {
    let storage = library.store.storage();
    let mut old: Vec<Hash> = superseded(library)?.into_iter().collect();
    library.index.with_runs(|runs| {
        for run in runs.iter().filter(|run| run.tail.packs.iter().any(|pack| dead.contains(&pack.id))) {
            rewrite(library, run, dead)?;
            old.push(run.hash);
        }
        Ok::<_, larder_model::Problem>(())
    })?;
    storage.barrier()?;
    old.iter().try_for_each(|hash| storage.delete(&names::index(*hash)))?;
    storage.barrier()?;
    for pack in dead {
        storage.delete(&names::pack(*pack))?;
        monitor.advance(Amount { files: 1, bytes: 0 });
    }
    storage.barrier()
}

/// A run without its dead packs, in place of the one that has them. A run of dead packs only needs no successor.
fn rewrite(library: &Library, run: &Run, dead: &HashSet<PackId>) -> Result<()> {
    let store = library.store;
    let mut numbers = HashMap::new();
    let mut packs = Vec::new();
    for (number, pack) in run.tail.packs.iter().enumerate().filter(|(_, pack)| !dead.contains(&pack.id)) {
        numbers.insert(number as u32, packs.len() as u32);
        packs.push(pack.clone());
    }
    if packs.is_empty() {
        return Ok(());
    }
    let mut entries = Vec::new();
    read_run_blocks(store, run, |entry, _| {
        if let Some(pack) = numbers.get(&entry.pack) {
            entries.push(IndexEntry { pack: *pack, ..entry });
        }
        Ok(())
    })?;
    let (kind, level, created): (BlobKind, u8, i64) = (run.tail.kind, run.tail.level, store.settings().now().secs);
    // What the old run has superseded is deleted before it is.
    let superseded = vec![run.hash];
    let run = IndexRun { kind, level, run: RunId(random()), created, packs, entries, superseded };
    let (object, hash) = run.to_object(store.keys());
    store.storage().put(&names::index(hash), &[&object], Durability::Barrier).map(drop)
}

/// Runs in the storage that a run which counts has superseded.
fn superseded(library: &Library) -> Result<HashSet<Hash>> {
    let named: HashSet<Hash> =
        library.index.with_runs(|runs| runs.iter().flat_map(|run| run.tail.superseded.iter().copied()).collect());
    let listed = library.store.storage().list(names::INDEX)?;
    Ok(listed.iter().filter_map(|info| info.name.name().parse().ok()).filter(|hash| named.contains(hash)).collect())
}
