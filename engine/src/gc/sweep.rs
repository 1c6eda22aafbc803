//! Taking dead packs out of the index, and away.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use larder_connect::Durability;
use larder_format::{
    index::{AliasEntry, IndexEntry, IndexRun, PackRow, RunEntry, RunKind},
    keys::BlobKind,
    page::Content,
    secret::random,
};
use larder_model::{Hash, PackId, ProblemKind, Result, RunId};

use crate::{
    Amount, Monitor, Store,
    blobs::Library,
    index::{Index, Run, read_run_blocks},
    names,
};

/// Packs between two looks at whether somebody wants to stop.
const DELETED_AT_A_TIME: usize = 200;

/// Writes index runs without the dead, deletes the old runs, then the packs. Also deletes runs that others have superseded.
pub(super) fn sweep(library: &Library, dead: &HashSet<PackId>, monitor: &dyn Monitor) -> Result<()> {
    let store = &library.store;
    let storage = store.storage();
    let mut old: Vec<Hash> = superseded(library)?.into_iter().collect();
    library.index.with_runs(|runs| {
        for run in runs.iter().filter(|run| run.tail.packs.ids().any(|pack| dead.contains(pack))) {
            match rewrite(library, run, dead) {
                // It goes without a successor: the packs that stay tell themselves what is in them, and the next backup covers them.
                Err(problem) if problem.is(ProblemKind::NoSpace) => {}
                done => done?,
            }
            old.push(run.hash);
        }
        Ok::<_, larder_model::Problem>(())
    })?;
    old.extend(dead_aliases(library, dead)?);
    storage.barrier()?;
    storage.delete_batch(&old.iter().map(|hash| names::index(*hash)).collect::<Vec<_>>())?;
    storage.barrier()?;
    let packs: Vec<_> = dead.iter().map(|pack| names::pack(*pack)).collect();
    for some in packs.chunks(DELETED_AT_A_TIME) {
        store.settings().interrupt.check()?;
        storage.delete_batch(some)?;
        monitor.advance(Amount { files: some.len() as u64, bytes: 0 });
    }
    storage.barrier()
}

/// A run without its dead packs, in place of the one that has them. A run of dead packs only needs no successor.
fn rewrite(library: &Library, run: &Run, dead: &HashSet<PackId>) -> Result<()> {
    let store = &library.store;
    let mut numbers = HashMap::new();
    let mut packs = Vec::new();
    for (number, pack) in run.tail.packs.iter().enumerate().filter(|(_, pack)| !dead.contains(&pack.id)) {
        numbers.insert(number as u32, packs.len() as u32);
        packs.push(pack);
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
    // What the old run has superseded is deleted before it is.
    put_if_there_is_room(put_run(store, run.tail.kind, run.tail.level, packs, entries, vec![run.hash]))
}

/// In a storage that is full the old run goes without a successor: packs describe themselves, and aliases are hints. The next backup writes
/// the index anew.
fn put_if_there_is_room(put: Result<()>) -> Result<()> {
    match put {
        Err(problem) if problem.is(ProblemKind::NoSpace) => Ok(()),
        put => put,
    }
}

fn put_run<E: RunEntry>(
    store: &Store,
    kind: RunKind,
    level: u8,
    packs: Vec<PackRow>,
    entries: Vec<E>,
    superseded: Vec<Hash>,
) -> Result<()> {
    let created = store.settings().now().secs;
    let run = IndexRun { kind, level, run: RunId(random()), created, packs, entries, superseded };
    let (object, hash) = run.to_object(store.keys());
    store.storage().put(&names::index(hash), &[&object], Durability::Barrier).map(drop)
}

/// Rewrites runs of aliases of which some name what is about to go; returns the old ones.
fn dead_aliases(library: &Library, dead: &HashSet<PackId>) -> Result<Vec<Hash>> {
    if dead.is_empty() {
        return Ok(Vec::new());
    }
    let (store, index) = (&library.store, &library.index);
    let is_of_aliases = |run: &&Arc<Run>| run.tail.kind == RunKind::Aliases;
    let runs: Vec<Hash> = index.with_runs(|runs| runs.iter().filter(is_of_aliases).map(|run| run.hash).collect());
    let mut old = Vec::new();
    for hash in runs {
        let read = |runs: &[Arc<Run>]| match runs.iter().find(|run| run.hash == hash) {
            Some(run) => Index::aliases_of(store, run),
            None => Ok(None),
        };
        let Some(entries) = index.with_runs(read)? else { continue };
        let mut alive = Vec::with_capacity(entries.len());
        for entry in &entries {
            if is_alive(library, entry, dead)? {
                alive.push(*entry);
            }
        }
        if alive.len() == entries.len() {
            continue;
        }
        if !alive.is_empty() {
            match put_run(store, RunKind::Aliases, 1, Vec::new(), alive, vec![hash]) {
                // Then it stays as it is: an alias that leads nowhere counts for nothing.
                Err(problem) if problem.is(ProblemKind::NoSpace) => continue,
                done => done?,
            }
        }
        old.push(hash);
    }
    Ok(old)
}

/// True when the first blob that an alias leads to stays. What lies below a tree's root is looked up by whoever uses the alias.
fn is_alive(library: &Library, entry: &AliasEntry, dead: &HashSet<PackId>) -> Result<bool> {
    let (kind, id) = match entry.content() {
        Some(Content::Blob(id) | Content::Slice { blob: id, .. }) => (BlobKind::Content, id),
        Some(Content::Tree(root)) => (BlobKind::Page, root.id),
        // It names nothing, or what only a newer program knows.
        Some(Content::Nothing | Content::Folder { .. }) | None => return Ok(true),
    };
    Ok(library.index.find_all(&library.store, kind, &id)?.iter().any(|place| !dead.contains(&place.pack)))
}

/// Runs in the storage that a run which counts has superseded.
pub(super) fn superseded(library: &Library) -> Result<HashSet<Hash>> {
    let named: HashSet<Hash> =
        library.index.with_runs(|runs| runs.iter().flat_map(|run| run.tail.superseded.iter().copied()).collect());
    let listed = library.store.storage().list(names::INDEX)?;
    Ok(listed.iter().filter_map(|info| info.name.name().parse().ok()).filter(|hash| named.contains(hash)).collect())
}
