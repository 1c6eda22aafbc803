//! What fingerprints stand for: what this run has read, and what earlier ones have left in the index.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use larder_connect::Durability;
use larder_format::{
    index::{AliasEntry, RunKind},
    keys::BlobKind,
    pack::Locator,
    page::{Chunk, Content, PageRef},
};
use larder_model::{BlobId, Fingerprint, Hash, Origin, ProblemKind, Result};

use super::Run;
use crate::{content, index::Index};

/// Aliases that are kept in memory until a run of them is written: 12 MiB or so.
const FRESH_MAX: usize = 100_000;
/// Runs of aliases are merged when there are more of them than this.
const RUNS_MAX: usize = 8;
/// Larger runs are left as they are: merging takes memory.
const MERGED_ENTRIES_MAX: u64 = 100_000;
/// Kinds of fingerprints that nobody can find two contents for, from the registry in docs/format.md.
const COLLISION_RESISTANT: [u8; 1] = [1];

/// Aliases that this run has found out.
#[derive(Default)]
pub(super) struct Fresh {
    known: HashMap<Locator, AliasEntry>,
    /// Those that no run of aliases holds yet.
    unwritten: Vec<Locator>,
    /// Some were written and taken out of memory.
    is_partly_written: bool,
}

impl Run<'_> {
    /// The place of a fingerprint among the aliases.
    pub fn alias_locator(&self, origin: &Origin, fingerprint: &Fingerprint) -> Locator {
        let scope = if COLLISION_RESISTANT.contains(&fingerprint.kind) { String::new() } else { origin.to_string() };
        self.store().identity().alias(&scope, fingerprint)
    }

    /// Takes note of content that was read, and whose fingerprint was computed over its bytes.
    pub fn note_alias(&self, locator: Locator, size: u64, content: Content) -> Result<()> {
        let created = self.store().settings().now().secs;
        let Some(entry) = AliasEntry::new(locator, size, content, created) else { return Ok(()) };
        let mut fresh = self.aliases();
        if fresh.known.insert(locator, entry).is_none() {
            fresh.unwritten.push(locator);
        }
        if fresh.known.len() < FRESH_MAX {
            return Ok(());
        }
        drop(fresh);
        self.put_aliases()?;
        let mut fresh = self.aliases();
        let Fresh { known, unwritten, is_partly_written } = &mut *fresh;
        known.retain(|locator, _| unwritten.contains(locator));
        *is_partly_written = true;
        Ok(())
    }

    /// Content that this run itself has read: it is whole.
    pub fn fresh_alias(&self, locator: &Locator) -> Option<(u64, Content)> {
        let entry = self.aliases().known.get(locator).copied()?;
        Some((entry.size, entry.content()?))
    }

    /// Content that an earlier run has read, if every blob of it has a place that new references may name.
    pub fn old_alias(&self, locator: &Locator) -> Result<Option<(u64, Content)>> {
        for entry in self.library.index.aliases(self.store(), locator)? {
            if let Some(content) = entry.content()
                && self.is_whole(entry.size, content)?
            {
                return Ok(Some((entry.size, content)));
            }
        }
        Ok(None)
    }

    /// True when content of this size can be referred to: every blob of it is stored, and long enough.
    fn is_whole(&self, size: u64, content: Content) -> Result<bool> {
        match content {
            Content::Nothing => Ok(size == 0),
            Content::Blob(id) => self.holds(&id, |len| len == size),
            Content::Slice { blob, offset } => self.holds(&blob, |len| u64::from(offset) + size <= len),
            Content::Tree(root) => self.is_whole_tree(size, root),
            Content::Folder { .. } => Ok(false),
        }
    }

    fn is_whole_tree(&self, size: u64, root: PageRef) -> Result<bool> {
        let (mut sum, mut whole) = (0u64, true);
        let mut each = |chunk: Chunk| {
            sum = sum.saturating_add(chunk.len());
            if let (true, Chunk::Data { id, len }) = (whole, chunk) {
                whole = self.holds(&id, |found| found == u64::from(len))?;
            }
            Ok(())
        };
        match content::walk(self.library, root, &mut each) {
            Ok(()) => Ok(whole && sum == size && self.holds_pages(root)?),
            Err(problem) if problem.is(ProblemKind::Damaged) || problem.is(ProblemKind::NotFound) => Ok(false),
            Err(problem) => Err(problem),
        }
    }

    /// Pages can be read from marked places, but not referred to.
    fn holds_pages(&self, root: PageRef) -> Result<bool> {
        if self.library.index.is_unmarked() {
            return Ok(true);
        }
        let node = larder_format::page::Node::new(
            larder_model::Entry::new(*b"alias", larder_model::Kind::File),
            Content::Tree(root),
        );
        let mut safe = true;
        crate::trace::trace_node(self.library, &node, &mut crate::trace::Seen::default(), &mut |kind, id| {
            safe = safe && self.may_refer(kind, id)?;
            Ok(())
        })?;
        Ok(safe)
    }

    fn holds(&self, id: &BlobId, fits: impl Fn(u64) -> bool) -> Result<bool> {
        if self.is_fresh(BlobKind::Content, id) {
            return Ok(true);
        }
        let place = self.library.index.find(self.store(), BlobKind::Content, id)?;
        Ok(place.is_some_and(|place| fits(u64::from(place.len))))
    }

    /// Writes a run of the aliases that no run holds yet. They are hints: one that outlives its blobs costs a look-up, and one that a
    /// crash loses costs a download; so no order and no barrier is needed.
    pub fn put_aliases(&self) -> Result<()> {
        let entries: Vec<AliasEntry> = {
            let mut fresh = self.aliases();
            let Fresh { known, unwritten, .. } = &mut *fresh;
            unwritten.drain(..).filter_map(|locator| known.get(&locator).copied()).collect()
        };
        if entries.is_empty() {
            return Ok(());
        }
        let run = self.index_run(RunKind::Aliases, Vec::new(), entries, Vec::new());
        self.put_index_run(run, Durability::Advisory)
    }

    /// Writes what is left, and joins small runs of aliases where there are many.
    pub fn settle_aliases(&self) -> Result<()> {
        self.put_aliases()?;
        let (entries, superseded) = self.small_alias_runs()?;
        if superseded.len() <= RUNS_MAX {
            return Ok(());
        }
        let run = self.index_run(RunKind::Aliases, Vec::new(), entries, superseded);
        self.put_index_run(run, Durability::Advisory)
    }

    fn small_alias_runs(&self) -> Result<(Vec<AliasEntry>, Vec<Hash>)> {
        self.library.index.with_runs(|runs| {
            let (mut entries, mut hashes) = (Vec::new(), Vec::new());
            let mut total = 0;
            for run in runs.iter().filter(|run| run.tail.kind == RunKind::Aliases) {
                if total + run.tail.entries > MERGED_ENTRIES_MAX {
                    continue;
                }
                total += run.tail.entries;
                if let Some(some) = Index::aliases_of(self.store(), run)? {
                    entries.extend(some);
                    hashes.push(run.hash);
                }
            }
            entries.sort_unstable_by_key(|entry| (entry.locator, std::cmp::Reverse(entry.created)));
            entries.dedup_by_key(|entry| entry.locator);
            Ok((entries, hashes))
        })
    }

    /// Aliases were taken out of memory: what they name has to be findable in the index before it is looked up.
    pub fn has_written_aliases(&self) -> bool {
        self.aliases().is_partly_written
    }

    fn aliases(&self) -> std::sync::MutexGuard<'_, Fresh> {
        let aliases: &Mutex<Fresh> = &self.aliases;
        aliases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
