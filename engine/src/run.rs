//! A run: one writer, from its start record to its snapshot.
//!
//! The order of what it puts is what keeps data safe beside gc and across crashes (docs/guarantees.md): start record, packs,
//! barrier, index run, intent, a last look at the marks, barrier, snapshot.

mod alias;
mod cover;
mod lane;
mod lengths;
mod upload;
mod worker;

use std::{
    any::Any,
    collections::HashSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use larder_connect::Durability;
use larder_format::{
    config::Access,
    container,
    frame::Compression,
    index::{IndexEntry, PackRow},
    keys::BlobKind,
    pack::{Locator, locator},
    page::PageRef,
    records::{Intent, START_EXPIRES_SECS, Start},
    secret::random,
    snapshot::Reference,
};
use larder_model::{BlobId, Problem, ProblemKind, Result, RunId, SnapshotId};

use crate::{Store, blobs::Library, look::Look, names, trouble::about};
use lengths::Lengths;

pub(crate) use lane::{FRAME_LEN, LARGE_BLOB_LEN};
pub(crate) use upload::Uploader;
pub(crate) use worker::{Worker, hand_in_last};

/// Of the memory in flight, this much for each blob that no index run covers yet. An entry takes about an eighth of it.
const MEMORY_PER_UNCOVERED_BLOB: u64 = 512;
const SHARDS: usize = 16;
/// Where a pack that was taken over has to be read to be believed, so many may be uncovered.
const UNCOVERED_PACKS_MAX: usize = 64;

/// A running writer, shared by its workers.
pub(crate) struct Run<'s> {
    pub library: &'s Library<'s>,
    pub id: RunId,
    started: i64,
    pub compression: Compression,
    /// Workers that fill packs.
    pub threads: usize,
    /// Bytes that a worker reads into.
    pub read_len: usize,
    /// Bytes at which a worker closes a pack: of content, and of pages.
    pack_lens: [usize; 2],
    /// The kind of the provider's hash that packs are recorded with; 0: none.
    hash_kind: u8,
    /// Blobs that are kept in memory until an index run covers them: some 200,000, which are 12 MiB or so.
    uncovered_max: usize,
    /// Blobs that this run stored and no index run covers yet.
    fresh: [Mutex<HashSet<(BlobKind, Locator)>>; SHARDS],
    /// Packs that were put and no index run covers yet.
    uncovered: Mutex<Uncovered>,
    aliases: Mutex<alias::Fresh>,
    /// What the latest pack says of when it was made.
    pack_created: Mutex<i64>,
    pub counts: Counts,
    /// Tells this machine that the run goes on.
    alive: Option<Box<dyn Any + Send + Sync>>,
}

#[derive(Default)]
struct Uncovered {
    packs: Vec<(PackRow, Vec<IndexEntry>)>,
    blobs: usize,
}

/// What a run has stored so far.
#[derive(Default)]
pub(crate) struct Counts {
    pub blobs: AtomicU64,
    pub packs: AtomicU64,
    pub bytes: AtomicU64,
}

impl<'s> Run<'s> {
    /// Puts the start record and takes over packs of killed runs. `parent` is what the run will refer to.
    pub fn start(
        library: &'s Library<'s>,
        parent: Option<(SnapshotId, Option<PageRef>)>,
        compression: Compression,
    ) -> Result<Self> {
        let store = &library.store;
        store.allow(Access::Write)?;
        let settings = store.settings();
        let mut run = Self::unrecorded(library, compression);
        run.alive = settings.own_runs.as_ref().map(|own| own.begin(run.id));
        let start = Start::new(run.id, parent, run.started, settings.host.clone(), settings.process);
        store.put_named(&names::start(run.id), &start, Durability::Advisory)?;
        // Marks first, then packs. Marks that were put before gc could see this run are seen here, or gc has deleted the packs
        // already and the listing shows it. The other way round, gc could delete packs and clear its marks in between.
        // Where listings cost, one look is both: what a glance gives is no older than the marks.
        library.index.reload_marks(store)?;
        library.adopt_at(Look::Glance)?;
        Ok(run)
    }

    /// A run that will store nothing: for trying out.
    pub fn unrecorded(library: &'s Library<'s>, compression: Compression) -> Self {
        let store = &library.store;
        let settings = store.settings();
        let promises = store.storage().promises();
        let chunker = store.chunker();
        // Two of the largest chunks at least: cutting looks at one, and what is left over moves to the front seldom.
        let read = 2 * chunker.max()..=chunker.buffer_len();
        let lengths = Lengths::new(settings, read, promises.pack_len, store.config().pack_len);
        Self {
            threads: lengths.threads,
            read_len: lengths.read,
            pack_lens: lengths.packs,
            library,
            id: RunId(random()),
            started: settings.now().secs,
            compression,
            hash_kind: promises.hash_kind,
            uncovered_max: (settings.memory / MEMORY_PER_UNCOVERED_BLOB).max(1) as usize,
            fresh: std::array::from_fn(|_| Mutex::default()),
            uncovered: Mutex::default(),
            aliases: Mutex::default(),
            pack_created: Mutex::default(),
            counts: Counts::default(),
            alive: None,
        }
    }

    /// Bytes at which a worker closes a pack of this kind.
    pub fn pack_len(&self, kind: BlobKind) -> usize {
        self.pack_lens[usize::from(kind == BlobKind::Page)]
    }

    pub fn store(&self) -> &'s Store {
        &self.library.store
    }

    /// What a new pack says of when it was made: now, but never what another pack of this run says, whatever the clock does. With the
    /// run's id it tells a pack from all others.
    fn pack_created(&self) -> i64 {
        let now = self.store().settings().now().unix_nanos();
        let mut latest = self.pack_created.lock().unwrap_or_else(PoisonError::into_inner);
        *latest = now.max(latest.saturating_add(1));
        *latest
    }

    /// Claims a blob for storing. False when it is in the store already, or another worker has just claimed it.
    pub fn claim(&self, kind: BlobKind, id: &BlobId) -> Result<bool> {
        let key = (kind, locator(id));
        let shard = &self.fresh[usize::from(id.0[0]) % SHARDS];
        if shard.lock().unwrap_or_else(PoisonError::into_inner).contains(&key) {
            return Ok(false);
        }
        // What this run found to be bad is stored anew, whether anybody has marked it or not.
        if let Some(place) = self.library.index.find(self.store(), kind, id)?
            && self.library.may_rely_on(kind, id, &place)?
        {
            return Ok(false);
        }
        Ok(shard.lock().unwrap_or_else(PoisonError::into_inner).insert(key))
    }

    /// True for a blob that this run has stored, or is about to, and that no index run covers yet.
    fn is_fresh(&self, kind: BlobKind, id: &BlobId) -> bool {
        let shard = &self.fresh[usize::from(id.0[0]) % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner).contains(&(kind, locator(id)))
    }

    /// True when new references to an old blob are safe: nothing marks it.
    pub fn may_refer(&self, kind: BlobKind, id: &BlobId) -> Result<bool> {
        Ok(self.library.index.is_unmarked() || self.library.index.find(self.store(), kind, id)?.is_some())
    }

    /// Takes note of a pack that was put. Now and then writes an index run, so that memory does not grow with the run, nor with
    /// that of those who take over when it is killed. Nobody waits for the disk to have it: what it says stands in the packs, too.
    fn note_pack(&self, row: PackRow, entries: Vec<IndexEntry>) -> Result<()> {
        self.library.index.note_listed(row.id);
        self.counts.packs.fetch_add(1, Relaxed);
        self.counts.bytes.fetch_add(row.size, Relaxed);
        let mut uncovered = self.uncovered.lock().unwrap_or_else(PoisonError::into_inner);
        uncovered.blobs += entries.len();
        uncovered.packs.push((row, entries));
        let has_many_packs = self.hash_kind != 0 && uncovered.packs.len() >= UNCOVERED_PACKS_MAX;
        if has_many_packs || uncovered.blobs >= self.uncovered_max {
            let packs = std::mem::take(&mut *uncovered).packs;
            drop(uncovered);
            self.cover(packs, Durability::Advisory)?;
        }
        Ok(())
    }

    /// Makes all that was put durable and findable: barrier, index runs.
    pub fn settle(&self) -> Result<()> {
        let mut packs = std::mem::take(&mut *self.uncovered.lock().unwrap_or_else(PoisonError::into_inner)).packs;
        for pack in self.library.index.take_adopted() {
            // What is marked is on its way out of the index, or bad: a run that brings it back would outlive the pack.
            if self.library.index.is_marked(&pack.row.id) {
                continue;
            }
            // Whoever wrote it may have been killed before it was durable.
            match self.store().storage().adopt(&names::pack(pack.row.id)).and_then(|()| self.believe(&pack.row)) {
                Ok(true) => packs.push((pack.row, pack.entries)),
                // It is none that an index run should vouch for; its sound blobs are found all the same.
                Ok(false) => {}
                // gc has deleted it since; the last look at the marks takes care of what refers to it.
                Err(problem) if problem.is(ProblemKind::NotFound) => {}
                Err(problem) => return Err(problem),
            }
        }
        self.cover(packs, Durability::Barrier)
    }

    /// Makes sure that a pack of another run is what its name says, before an index run tells everybody the provider's hash of it: from
    /// then on that hash alone proves it whole.
    fn believe(&self, row: &PackRow) -> Result<bool> {
        if row.hash.0 == 0 {
            return Ok(true);
        }
        let name = names::pack(row.id);
        let body = self.store().storage().get(&name, None)?;
        let hash = container::verify_hash(&body).map_err(about(&name));
        match hash {
            Ok(hash) => Ok(hash.0 == row.id.0 && body.len() as u64 == row.size),
            Err(problem) if problem.is(ProblemKind::Damaged) => Ok(false),
            Err(problem) => Err(problem),
        }
    }

    /// Names the new root, before the last look at the marks.
    pub fn put_intent(&self, root: Option<PageRef>, references: Vec<Reference>) -> Result<()> {
        self.store().storage().barrier()?;
        let intent = Intent::new(self.id, root, self.store().settings().now().secs, references);
        self.store().put_named(&names::intent(self.id), &intent, Durability::Advisory)
    }

    /// Refuses to commit when the start record may have expired.
    pub fn check_age(&self) -> Result<()> {
        let age = self.store().settings().now().secs - self.started;
        if age >= START_EXPIRES_SECS {
            return Err(Problem::failed("this run is older than 30 days, and gc no longer protects what it refers to")
                .hint("run it again; what it stored is not lost"));
        }
        Ok(())
    }

    /// Removes the start record: nothing depends on this run any more.
    pub fn end(&self) -> Result<()> {
        self.store().storage().delete(&names::start(self.id))?;
        if let Some(own) = &self.store().settings().own_runs {
            own.forget(self.id);
        }
        Ok(())
    }
}
