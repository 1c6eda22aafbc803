//! Index runs in the storage.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use larder_connect::ObjectInfo;
use larder_format::{
    container::{self, ObjectKind},
    index::{Block, IndexEntry, IndexTail, RunEntry, TAIL_WINDOW},
    pack::Locator,
};
use larder_model::{Hash, Problem, ProblemKind, Result};

use super::{Blocks, MarkSet, Place, filter::Reads};
use crate::{Store, look::Look, names, trouble::about};

/// A run whose tail is in memory.
pub(crate) struct Run {
    pub hash: Hash,
    pub epoch: u32,
    pub size: u64,
    pub tail: IndexTail,
    reads: Reads,
}

/// The runs of a store, as far as they can be read.
pub(super) struct Loaded {
    /// Those that count: no other one supersedes them.
    pub runs: Vec<Arc<Run>>,
    /// Those that are damaged, or marked as damaged. Their packs are found by their own directories.
    pub unreadable: Vec<Hash>,
}

/// Reads the tails of all runs but those that are known already, and those that are known to be gone.
pub(super) fn load(
    store: &Store,
    look: Look,
    marks: &MarkSet,
    known: &[Arc<Run>],
    gone: &HashSet<Hash>,
) -> Result<Loaded> {
    let known: HashMap<(Hash, u64), &Arc<Run>> = known.iter().map(|run| ((run.hash, run.size), run)).collect();
    let mut runs: HashMap<Hash, Arc<Run>> = HashMap::new();
    let mut unreadable = Vec::new();
    let listed = look.list(store.storage(), names::INDEX)?;
    let is_new = |info: &&ObjectInfo| {
        info.name.name().parse().is_ok_and(|hash| !gone.contains(&hash) && !known.contains_key(&(hash, info.size)))
    };
    store.announce(listed.iter().filter(is_new).map(|info| info.name.clone()))?;
    for info in listed {
        let Ok(hash) = info.name.name().parse() else { continue };
        if gone.contains(&hash) {
            continue;
        }
        if marks.has_run(&hash) {
            unreadable.push(hash);
            continue;
        }
        if let Some(run) = known.get(&(hash, info.size)) {
            runs.insert(hash, Arc::clone(run));
            continue;
        }
        match Run::read(store, hash, &info) {
            Ok(Some(run)) => drop(runs.insert(hash, Arc::new(run))),
            Ok(None) => {}
            Err(problem) if problem.is(ProblemKind::Damaged) => unreadable.push(hash),
            Err(problem) if problem.is(ProblemKind::NotFound) => {}
            Err(problem) => return Err(problem),
        }
    }
    let superseded: HashSet<Hash> = runs.values().flat_map(|run| run.tail.superseded.iter().copied()).collect();
    let mut runs: Vec<_> = runs.into_values().filter(|run| !superseded.contains(&run.hash)).collect();
    // The largest runs hold most blobs; the order makes look-ups the same from one process to the next.
    runs.sort_by_key(|run| (std::cmp::Reverse(run.tail.entries), run.hash));
    unreadable.retain(|hash| !superseded.contains(hash));
    Ok(Loaded { runs, unreadable })
}

impl Run {
    /// Reads a run's tail. `None` when it is of a kind that this program does not know.
    pub fn read(store: &Store, hash: Hash, info: &ObjectInfo) -> Result<Option<Self>> {
        store.read_again_if_damaged(&info.name, || Self::read_once(store, hash, info))
    }

    fn read_once(store: &Store, hash: Hash, info: &ObjectInfo) -> Result<Option<Self>> {
        let window = info.size.saturating_sub(TAIL_WINDOW)..info.size;
        let end = store.storage().get(&info.name, Some(window.clone()))?;
        let range = IndexTail::locate(info.size, &end).map_err(about(&info.name))?;
        let head = match window.start {
            0 => end.clone(),
            _ => store.storage().get(&info.name, Some(0..container::HEAD_LEN as u64))?,
        };
        let epoch = store.epoch_of(ObjectKind::Index, &info.name, &head)?;
        let sealed = match range.start.checked_sub(window.start) {
            Some(start) => end[start as usize..(range.end - window.start) as usize].to_vec(),
            None => {
                let mut sealed = store.storage().get(&info.name, Some(range.start..window.start))?;
                sealed.extend_from_slice(&end[..(range.end - window.start) as usize]);
                sealed
            }
        };
        let tail = IndexTail::open(index_key(store, epoch, &info.name)?, &sealed).map_err(about(&info.name))?;
        Ok(tail.map(|tail| Self { hash, epoch, size: info.size, tail, reads: Reads::default() }))
    }

    /// A run that is in memory as a whole, right after it was put.
    pub fn of_object(store: &Store, hash: Hash, object: &[u8]) -> Result<Option<Self>> {
        let name = names::index(hash);
        let range = IndexTail::locate(object.len() as u64, object).map_err(about(&name))?;
        let epoch = store.keys().epoch();
        let sealed = &object[range.start as usize..range.end as usize];
        let tail = IndexTail::open(store.keys().index(), sealed).map_err(about(&name))?;
        Ok(tail.map(|tail| Self { hash, epoch, size: object.len() as u64, tail, reads: Reads::default() }))
    }

    /// The first good place of a blob. A run that was merged from others may have several.
    pub fn find(
        &self,
        store: &Store,
        blocks: &Blocks,
        locator: &Locator,
        good: &mut impl FnMut(&Place) -> bool,
    ) -> Result<Option<Place>> {
        self.find_entry(store, blocks, locator, |entry| Ok(Some(self.place(&entry)?).filter(&mut *good)))
    }

    /// Goes through the entries with this locator, of a run whose entries are of this type, until `each` has an answer.
    pub fn find_entry<E: RunEntry, T>(
        &self,
        store: &Store,
        blocks: &Blocks,
        locator: &Locator,
        mut each: impl FnMut(E) -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        if !self.reads.may_have(locator) {
            return Ok(None);
        }
        for number in self.tail.blocks_of(locator) {
            for entry in self.block::<E>(store, blocks, number)?.find(locator) {
                if let Some(answer) = each(entry)? {
                    return Ok(Some(answer));
                }
            }
        }
        Ok(None)
    }

    /// A block, from the cache or the storage.
    fn block<E: RunEntry>(&self, store: &Store, blocks: &Blocks, number: usize) -> Result<Arc<Block>> {
        let key = (self.hash, number as u32);
        if let Some(block) = blocks.cache.get(&key) {
            return Ok(block);
        }
        let block = Arc::new(self.read_block(store, number)?);
        blocks.cache.insert(key, block.clone(), block.size());
        self.reads.note(&blocks.filters, (self.tail.blocks.len(), self.tail.entries), |each| {
            read_entries(store, self, |entry: E| {
                each(entry.locator());
                Ok(())
            })
        });
        Ok(block)
    }

    fn read_block(&self, store: &Store, number: usize) -> Result<Block> {
        let (row, name) = (&self.tail.blocks[number], names::index(self.hash));
        let end = row.offset.checked_add(u64::from(row.len)).filter(|end| *end <= self.size);
        let end = end.ok_or_else(|| Problem::damaged(format!("{name}: a block of it lies beyond its end")))?;
        store.read_again_if_damaged(&name, || {
            let sealed = store.storage().get(&name, Some(row.offset..end))?;
            Block::open(index_key(store, self.epoch, &name)?, self.tail.kind, &sealed).map_err(about(&name))
        })
    }

    fn place(&self, entry: &IndexEntry) -> Result<Place> {
        let (pack, epoch) = self.tail.packs.place(entry.pack as usize).ok_or_else(|| {
            Problem::damaged(format!("{}: it names a pack that it does not list", names::index(self.hash)))
        })?;
        Ok(Place {
            pack,
            epoch,
            frame_offset: entry.frame_offset,
            frame_len: entry.frame_len,
            offset: entry.offset,
            len: entry.len,
        })
    }
}

/// All entries of a run of blobs, block by block.
pub(crate) fn read_run_blocks(
    store: &Store,
    run: &Run,
    mut each: impl FnMut(IndexEntry, Place) -> Result<()>,
) -> Result<()> {
    read_entries(store, run, |entry| each(entry, run.place(&entry)?))
}

/// All entries of a run, block by block; none where `E` is not what it is of. Every block is read in either case.
pub(crate) fn read_entries<E: RunEntry>(store: &Store, run: &Run, mut each: impl FnMut(E) -> Result<()>) -> Result<()> {
    (0..run.tail.blocks.len()).try_for_each(|number| run.read_block(store, number)?.entries().try_for_each(&mut each))
}

fn index_key<'s>(
    store: &'s Store,
    epoch: u32,
    name: &larder_connect::ObjectName,
) -> Result<&'s larder_format::sealing::SealingKey> {
    let keys = store.epoch(epoch);
    keys.map(|keys| keys.index())
        .ok_or_else(|| Problem::damaged(format!("{name}: it is sealed under an unknown epoch")))
}
