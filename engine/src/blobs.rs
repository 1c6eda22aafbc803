//! Reading blobs: from an id to verified bytes.

use std::sync::{Arc, Mutex, PoisonError};

use larder_format::{
    container::HEAD_LEN,
    frame::FrameCodec,
    keys::BlobKind,
    page::{Page, PageRef},
    snapshot::{Reference, Referred},
};
use larder_model::{BlobId, PackId, Problem, ProblemKind, Result};

use crate::{
    Store,
    cache::Cache,
    index::{Index, Place},
    look::Look,
    names,
    trouble::about,
};

/// Bytes of decoded frames kept in memory.
const FRAME_CACHE_LEN: usize = 24 << 20;

/// A store with its index: what flows read from. Cheap to share between threads.
pub(crate) struct Library<'s> {
    pub store: &'s Store,
    pub index: Index,
    frames: Cache<(PackId, u32), Vec<u8>>,
    codecs: Mutex<Vec<FrameCodec>>,
    /// Packs that no run covers are looked for when something is missing: once, and again when runs were found gone.
    adopted: Mutex<bool>,
}

impl<'s> Library<'s> {
    pub fn open(store: &'s Store) -> Result<Self> {
        Self::open_at(store, Look::Glance)
    }

    pub fn open_at(store: &'s Store, look: Look) -> Result<Self> {
        Ok(Self {
            store,
            index: Index::load(store, look)?,
            frames: Cache::new(FRAME_CACHE_LEN),
            codecs: Mutex::default(),
            adopted: Mutex::new(false),
        })
    }

    /// Takes over packs that no run covers, if that was not done yet.
    pub fn adopt(&self) -> Result<()> {
        self.adopt_at(Look::Now)
    }

    pub fn adopt_at(&self, look: Look) -> Result<()> {
        let mut adopted = self.adopted.lock().unwrap_or_else(PoisonError::into_inner);
        if !*adopted || self.index.take_reloaded() {
            self.index.adopt(self.store, look)?;
            *adopted = true;
        }
        Ok(())
    }

    /// Where a blob is, for reading.
    pub fn place(&self, kind: BlobKind, id: &BlobId) -> Result<Place> {
        if let Some(place) = self.index.find_any(self.store, kind, id)? {
            return Ok(place);
        }
        self.adopt()?;
        self.index.find_any(self.store, kind, id)?.ok_or_else(|| {
            Problem::damaged(format!("blob {} is in no pack of the store", id.short()))
                .hint("`larder check` shows what depends on it; the next backup mends what the source still has")
        })
    }

    /// A blob's bytes, verified. Of several places, one that is whole.
    pub fn blob(&self, kind: BlobKind, id: &BlobId) -> Result<Vec<u8>> {
        let first = self.place(kind, id)?;
        match self.blob_at(kind, id, &first) {
            Err(problem) if problem.is(ProblemKind::Damaged) || problem.is(ProblemKind::NotFound) => {
                self.blob_elsewhere(kind, id, &first).unwrap_or_else(|| Err(as_damage(problem, &first)))
            }
            done => done,
        }
    }

    /// Tries the other places of a blob; `None` when there is none that is whole.
    fn blob_elsewhere(&self, kind: BlobKind, id: &BlobId, bad: &Place) -> Option<Result<Vec<u8>>> {
        self.adopt().ok()?;
        let places = self.index.find_all(self.store, kind, id).ok()?;
        places.iter().filter(|place| *place != bad).map(|place| self.blob_at(kind, id, place)).find(Result::is_ok)
    }

    fn blob_at(&self, kind: BlobKind, id: &BlobId, place: &Place) -> Result<Vec<u8>> {
        let frame = self.frame(kind, place)?;
        self.verified(kind, id, &frame, place).map(<[u8]>::to_vec)
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

    /// A frame's data, from the cache or the storage.
    pub fn frame(&self, kind: BlobKind, place: &Place) -> Result<Arc<Vec<u8>>> {
        let key = (place.pack, place.frame_offset);
        if let Some(frame) = self.frames.get(&key) {
            return Ok(frame);
        }
        let mut data = Vec::new();
        self.read_frame(kind, place, &mut data)?;
        let frame = Arc::new(data);
        self.frames.insert(key, frame.clone(), frame.len());
        Ok(frame)
    }

    /// Reads a frame into `data`, past the cache.
    pub fn read_frame(&self, kind: BlobKind, place: &Place, data: &mut Vec<u8>) -> Result<()> {
        let name = names::pack(place.pack);
        let start = u64::from(place.frame_offset).max(HEAD_LEN as u64);
        let range = start..start + u64::from(place.frame_len);
        self.store.read_again_if_damaged(&name, || {
            let storage = self.store.storage();
            let mut sealed = match kind {
                BlobKind::Content => storage.get(&name, Some(range.clone()))?,
                BlobKind::Page => storage.get_lasting(&name, Some(range.clone()))?,
            };
            self.open_frame(kind, place, &mut sealed, data)
        })
    }

    /// Opens a frame that was read already.
    pub fn open_frame(&self, kind: BlobKind, place: &Place, sealed: &mut [u8], data: &mut Vec<u8>) -> Result<()> {
        let name = names::pack(place.pack);
        let keys = self.store.epoch(place.epoch);
        let keys = keys.ok_or_else(|| Problem::damaged(format!("{name}: it is sealed under an unknown epoch")))?;
        let mut codec = self.codecs.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        let opened = codec.open(keys.frames(kind), kind, sealed, data);
        self.codecs.lock().unwrap_or_else(PoisonError::into_inner).push(codec);
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

/// A pack that is not there is damage to those who need it.
pub(crate) fn as_damage(problem: Problem, place: &Place) -> Problem {
    if problem.is(ProblemKind::NotFound) {
        return Problem::damaged(format!("{} is missing from the store", names::pack(place.pack)))
            .hint("`larder check` shows what depends on it; the next backup mends what the source still has");
    }
    problem
}
