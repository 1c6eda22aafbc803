//! Reading blobs: from an id to verified bytes.

mod frame;
mod held;

use std::{
    collections::HashSet,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use larder_format::{
    FormatError,
    container::HEAD_LEN,
    frame::FrameCodec,
    keys::BlobKind,
    page::{Page, PageRef},
    sealing::SealingKey,
    snapshot::{Reference, Referred},
};
use larder_model::{BlobId, PackId, Problem, ProblemKind, Result};

use crate::{
    Store,
    cache::Cache,
    index::{Index, Place},
    look::Look,
    names,
    rows::RowTable,
    trouble::about,
};

pub(crate) use frame::{Blob, Frame, FrameBuffer, FrameKey, WeakBlob};
pub(crate) use held::Held;

/// Bytes of decoded frames kept in memory.
const FRAME_CACHE_LEN: usize = 24 << 20;
/// Bytes of tables of rows kept in memory.
const ROWS_CACHE_LEN: usize = 4 << 20;
/// Bytes of decoded pages of folders kept in memory, as far as one can tell: for those who look up name after name.
const PAGE_CACHE_LEN: usize = 8 << 20;
/// What an entry takes in memory, about.
const NODE_LEN: usize = 640;

/// A store with its index: what flows read from. A clone is the same library.
#[derive(Clone)]
pub(crate) struct Library<'s> {
    pub store: Held<'s>,
    pub index: Arc<Index>,
    shelf: Arc<Shelf>,
}

/// What was read already, and what is known of what is not there.
struct Shelf {
    frames: Cache<FrameKey, Frame>,
    rows: Cache<BlobId, RowTable>,
    pages: Cache<PageRef, Page>,
    codecs: Mutex<Vec<FrameCodec>>,
    /// Packs that no run covers are looked for when something is missing: once, and again when runs were found gone.
    adopted: Mutex<bool>,
    outdated: Mutex<Outdated>,
    /// Frames that turned out to be bad, read twice where that could have helped.
    bad: Mutex<HashSet<FrameKey>>,
}

/// Whether others may have written what the index does not know of.
#[derive(Default)]
struct Outdated {
    is: bool,
    /// Packs that were found gone. Each is a reason to read the index again once: gc may have moved what was in it.
    gone: HashSet<PackId>,
}

impl<'s> Library<'s> {
    pub fn open(store: &'s Store) -> Result<Self> {
        Self::open_at(store, Look::Glance)
    }

    pub fn open_at(store: &'s Store, look: Look) -> Result<Self> {
        Self::hold(Held::Borrowed(store), look, FRAME_CACHE_LEN)
    }

    /// One that keeps `frames` bytes of frames, and the store alive if it is told to.
    pub fn hold(store: Held<'s>, look: Look, frames: usize) -> Result<Self> {
        let index = Arc::new(Index::load(&store, look)?);
        let shelf = Arc::new(Shelf {
            frames: Cache::new(frames),
            rows: Cache::new(ROWS_CACHE_LEN),
            pages: Cache::new(PAGE_CACHE_LEN),
            codecs: Mutex::default(),
            adopted: Mutex::new(false),
            outdated: Mutex::default(),
            bad: Mutex::default(),
        });
        Ok(Self { store, index, shelf })
    }

    /// Others may have written since: when something is missing, the index is read again before it is called damage.
    pub fn expect_more(&self) {
        self.shelf.outdated.lock().unwrap_or_else(PoisonError::into_inner).is = true;
    }

    /// Nothing is missing from a store that is not there itself: a disk that was taken out, a folder that was moved.
    pub fn is_there(&self) -> Result<()> {
        if !self.store.storage().glance(names::CONFIG)?.is_empty() {
            return Ok(());
        }
        let message = format!("the store at {} is not there any more", self.store.location());
        Err(Problem::new(ProblemKind::Unreachable, message).hint("bring it back; what was begun goes on from there"))
    }

    /// Reads the index again if there is a reason to. Those who miss something meanwhile wait for it.
    fn refresh(&self) -> Result<()> {
        let mut outdated = self.shelf.outdated.lock().unwrap_or_else(PoisonError::into_inner);
        if outdated.is {
            self.is_there()?;
            self.index.reload_runs(&self.store)?;
            outdated.is = false;
        }
        Ok(())
    }

    fn bad(&self) -> MutexGuard<'_, HashSet<FrameKey>> {
        self.shelf.bad.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a blob that the index knows at `place` may be referred to without being stored again. Where one frame turned out to be
    /// bad, others that nobody has read may be so too: what hangs below a bad page was not reached. Pages are few, and are read then.
    pub fn may_rely_on(&self, kind: BlobKind, id: &BlobId, place: &Place) -> Result<bool> {
        let is_bad = |place: &Place| self.bad().contains(&(place.pack, place.frame_offset));
        if kind == BlobKind::Content || self.bad().is_empty() || is_bad(place) {
            return Ok(!is_bad(place));
        }
        match self.blob(kind, id) {
            Err(problem) if problem.is(ProblemKind::Damaged) || problem.is(ProblemKind::NotFound) => Ok(false),
            read => read.map(|_| !is_bad(place)),
        }
    }

    /// All frames that were read, and are bad.
    pub fn damage_met(&self) -> Vec<FrameKey> {
        self.bad().iter().copied().collect()
    }

    fn note_gone(&self, pack: PackId) {
        let mut outdated = self.shelf.outdated.lock().unwrap_or_else(PoisonError::into_inner);
        outdated.is |= outdated.gone.insert(pack);
    }

    /// Takes over packs that no run covers, if that was not done yet.
    pub fn adopt(&self) -> Result<()> {
        self.adopt_at(Look::Now)
    }

    pub fn adopt_at(&self, look: Look) -> Result<()> {
        let mut adopted = self.shelf.adopted.lock().unwrap_or_else(PoisonError::into_inner);
        if !*adopted || self.index.take_reloaded() {
            self.index.adopt(&self.store, look)?;
            *adopted = true;
        }
        Ok(())
    }

    /// Where a blob is, for reading.
    pub fn place(&self, kind: BlobKind, id: &BlobId) -> Result<Place> {
        if let Some(place) = self.index.find_any(&self.store, kind, id)? {
            return Ok(place);
        }
        self.refresh()?;
        if let Some(place) = self.index.find_any(&self.store, kind, id)? {
            return Ok(place);
        }
        self.adopt()?;
        self.index.find_any(&self.store, kind, id)?.ok_or_else(|| {
            Problem::damaged(format!("blob {} is in no pack of the store", id.short()))
                .hint("`larder check` shows what depends on it; the next backup mends what the source still has")
        })
    }

    /// A blob, verified. Of several places, one that is whole.
    pub fn blob(&self, kind: BlobKind, id: &BlobId) -> Result<Blob> {
        let first = self.place(kind, id)?;
        match self.blob_at(kind, id, &first) {
            Err(problem) if problem.is(ProblemKind::Damaged) || problem.is(ProblemKind::NotFound) => {
                if problem.is(ProblemKind::NotFound) {
                    self.is_there()?;
                    self.note_gone(first.pack);
                } else {
                    self.bad().insert((first.pack, first.frame_offset));
                }
                self.blob_elsewhere(kind, id, &first).unwrap_or_else(|| Err(as_damage(problem, &first)))
            }
            done => done,
        }
    }

    /// Tries the other places of a blob; `None` when there is none that is whole.
    fn blob_elsewhere(&self, kind: BlobKind, id: &BlobId, bad: &Place) -> Option<Result<Blob>> {
        self.refresh().ok()?;
        self.adopt().ok()?;
        let places = self.index.find_all(&self.store, kind, id).ok()?;
        places.iter().filter(|place| *place != bad).map(|place| self.blob_at(kind, id, place)).find(Result::is_ok)
    }

    fn blob_at(&self, kind: BlobKind, id: &BlobId, place: &Place) -> Result<Blob> {
        let frame = self.frame(kind, place)?;
        frame.blob(id, place, |data| self.verified(kind, id, data, place).map(drop))
    }

    /// The part of a frame's data that is the blob, once its id was found to be right.
    pub fn verified<'f>(&self, kind: BlobKind, id: &BlobId, frame: &'f [u8], place: &Place) -> Result<&'f [u8]> {
        let end = place.offset as usize + place.len as usize;
        let bytes = frame.get(place.offset as usize..end);
        bytes.filter(|bytes| self.store.identity().blob_id(kind, bytes) == *id).ok_or_else(|| {
            Problem::damaged(format!(
                "{}: blob {} in it is not what its id stands for",
                names::pack(place.pack),
                id.short()
            ))
        })
    }

    /// A frame, from the cache or the storage.
    fn frame(&self, kind: BlobKind, place: &Place) -> Result<Arc<Frame>> {
        self.shelf.frames.get_or_load(&(place.pack, place.frame_offset), || {
            let (name, range) = (names::pack(place.pack), sealed_bytes(place));
            let frame = self.store.read_again_if_damaged(&name, || {
                let storage = self.store.storage();
                let mut sealed = match kind {
                    BlobKind::Content => storage.get(&name, Some(range.clone()))?,
                    BlobKind::Page => storage.get_lasting(&name, Some(range.clone()))?,
                };
                let mut data = Vec::new();
                let opened = self.with_codec(kind, place, |codec, key| {
                    codec.open_where_it_lies(key, kind, &mut sealed, &mut data)
                })?;
                Ok(Frame::new((place.pack, place.frame_offset), opened, sealed, data))
            })?;
            let bytes = frame.len();
            Ok((frame, bytes))
        })
    }

    /// Drops the frame of a blob that nobody will want soon, unless it holds others of the same size.
    pub fn let_go(&self, blob: &Blob) {
        if let Some(key) = blob.own_frame() {
            self.shelf.frames.remove(&key);
        }
    }

    /// The table of a folder's rows, from the cache or made.
    pub fn rows(&self, root: PageRef) -> Result<Arc<RowTable>> {
        self.shelf.rows.get_or_load(&root.id, || {
            let table = RowTable::of(self, root)?;
            let bytes = table.bytes();
            Ok((table, bytes))
        })
    }

    /// Reads a frame and opens it, past the cache.
    pub fn read_frame(&self, kind: BlobKind, place: &Place, buffer: &mut FrameBuffer) -> Result<()> {
        let (name, range) = (names::pack(place.pack), sealed_bytes(place));
        self.store.read_again_if_damaged(&name, || {
            let room = buffer.room(range.end - range.start).map_err(about(&name))?;
            self.store.storage().get_into(&name, range.start, room)?;
            self.open_frame(kind, place, buffer)
        })
    }

    /// Opens a frame that was read already.
    pub fn open_frame(&self, kind: BlobKind, place: &Place, buffer: &mut FrameBuffer) -> Result<()> {
        self.with_codec(kind, place, |codec, key| buffer.open(codec, key, kind))
    }

    fn with_codec<T>(
        &self,
        kind: BlobKind,
        place: &Place,
        open: impl FnOnce(&mut FrameCodec, &SealingKey) -> std::result::Result<T, FormatError>,
    ) -> Result<T> {
        let name = names::pack(place.pack);
        let keys = self.store.epoch(place.epoch);
        let keys = keys.ok_or_else(|| Problem::damaged(format!("{name}: it is sealed under an unknown epoch")))?;
        let mut codec = self.shelf.codecs.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        let opened = open(&mut codec, keys.frames(kind));
        self.shelf.codecs.lock().unwrap_or_else(PoisonError::into_inner).push(codec);
        opened.map_err(about(name))
    }

    /// A page, verified and decoded.
    pub fn page(&self, page: PageRef) -> Result<Page> {
        let bytes = self.blob(BlobKind::Page, &page.id)?;
        let decoded = Page::decode(&bytes).map_err(about(format_args!("page {}", page.id.short())))?;
        // A page of another level than its reference says could send a reader in circles.
        if decoded.level() != page.level {
            return Err(Problem::damaged(format!(
                "page {}: it is of another level than its reference says",
                page.id.short()
            )));
        }
        Ok(decoded)
    }

    /// A page of a folder that is likely to be asked for again.
    pub fn kept_page(&self, page: PageRef) -> Result<Arc<Page>> {
        self.shelf.pages.get_or_load(&page, || {
            let decoded = self.page(page)?;
            let entries = match &decoded {
                Page::FolderLeaf(nodes) => nodes.len(),
                Page::FolderInner { children, .. } => children.len(),
                Page::ContentLeaf(_) | Page::ContentInner { .. } => 0,
            };
            Ok((decoded, entries * NODE_LEN))
        })
    }

    /// The bytes behind a reference of a snapshot, piece by piece.
    pub fn read_reference(&self, reference: &Reference, sink: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        match reference.get().map_err(about("a snapshot's record"))? {
            Referred::Inline(bytes) => sink(bytes),
            Referred::Blob { id, .. } => sink(&self.blob(BlobKind::Page, &id)?),
            Referred::Tree { root, .. } => crate::content::walk(self, root, &mut |chunk| match chunk {
                larder_format::page::Chunk::Data { id, .. } => sink(&self.blob(BlobKind::Page, &id)?),
                larder_format::page::Chunk::Hole { .. } => Ok(()),
            }),
        }
    }
}

/// Where a frame lies in its pack.
pub(crate) fn sealed_bytes(place: &Place) -> Range<u64> {
    let start = u64::from(place.frame_offset).max(HEAD_LEN as u64);
    start..start + u64::from(place.frame_len)
}

/// A pack that is not there is damage to those who need it.
pub(crate) fn as_damage(problem: Problem, place: &Place) -> Problem {
    if problem.is(ProblemKind::NotFound) {
        return Problem::damaged(format!("{} is missing from the store", names::pack(place.pack)))
            .hint("`larder check` shows what depends on it; the next backup mends what the source still has");
    }
    problem
}
