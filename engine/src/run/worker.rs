//! A worker's hands: blobs in, packs out. Each worker owns its frames and packs, so that what it reads one after another
//! lies side by side, but for chunks of a large file that idle workers store for it, and nobody waits for anybody.

use std::sync::atomic::Ordering::Relaxed;

use larder_format::{
    frame::FrameCodec,
    keys::{BlobKind, EpochKeys},
    pack::PackBuilder,
};
use larder_model::{BlobId, Result};

use super::{Run, Uploader, lane::Lane};

/// What makes a pack longer than where it is closed: its last frames, the directory and the padding.
const PACK_END_LEN: usize = 4 << 20;

/// What one thread stores blobs with.
pub(crate) struct Worker<'r> {
    pub run: &'r Run<'r>,
    uploader: Option<&'r Uploader<'r>>,
    codec: FrameCodec,
    content: Lane,
    pages: Lane,
}

impl<'r> Worker<'r> {
    /// Without an uploader nothing is stored, only counted: for a dry run.
    pub fn new(run: &'r Run<'r>, uploader: Option<&'r Uploader<'r>>) -> Self {
        let lane = |kind| Lane::new(kind, run.compression, run.pack_len(kind), new_memory(run, kind));
        Self {
            run,
            uploader,
            codec: FrameCodec::default(),
            content: lane(BlobKind::Content),
            pages: lane(BlobKind::Page),
        }
    }

    /// Names a blob and stores it if the store does not have it.
    pub fn put(&mut self, kind: BlobKind, bytes: &[u8]) -> Result<BlobId> {
        let id = self.run.store().identity().blob_id(kind, bytes);
        self.put_named(kind, &id, bytes)?;
        Ok(id)
    }

    /// Stores a blob whose id is known, if the store does not have it.
    pub fn put_named(&mut self, kind: BlobKind, id: &BlobId, bytes: &[u8]) -> Result<()> {
        self.store(kind, id, |lane, codec, keys| lane.push(codec, keys, id, bytes))
    }

    /// Room for a blob of content that is shorter than [`super::LARGE_BLOB_LEN`], until the next one is put.
    pub fn room(&mut self) -> &mut [u8] {
        self.content.room()
    }

    /// Names the blob that was read to the first `len` bytes of the room, and stores it if the store does not have it.
    pub fn put_room(&mut self, len: usize) -> Result<BlobId> {
        let id = self.run.store().identity().blob_id(BlobKind::Content, &self.room()[..len]);
        self.store(BlobKind::Content, &id, |lane, codec, keys| lane.push_room(codec, keys, &id, len))?;
        Ok(id)
    }

    /// Room for bytes that are part of a blob of content, behind those that are held already.
    pub fn room_to_hold(&mut self) -> &mut [u8] {
        self.content.room_to_hold()
    }

    /// Holds the first `len` bytes of that room.
    pub fn hold(&mut self, len: usize) {
        self.content.hold(len);
    }

    /// How many bytes are held.
    pub fn held(&self) -> usize {
        self.content.held().len()
    }

    /// Names the blob that all held bytes are together, and stores it if the store does not have it.
    pub fn put_held(&mut self) -> Result<BlobId> {
        let id = self.run.store().identity().blob_id(BlobKind::Content, self.content.held());
        let len = self.content.let_go();
        self.store(BlobKind::Content, &id, |lane, codec, keys| lane.push_room(codec, keys, &id, len))?;
        Ok(id)
    }

    fn store(
        &mut self,
        kind: BlobKind,
        id: &BlobId,
        push: impl FnOnce(&mut Lane, &mut FrameCodec, &EpochKeys) -> Result<()>,
    ) -> Result<()> {
        if !self.run.claim(kind, id)? {
            return Ok(());
        }
        self.run.counts.blobs.fetch_add(1, Relaxed);
        let Some(uploader) = self.uploader else { return Ok(()) };
        let keys = self.run.store().keys();
        let lane = match kind {
            BlobKind::Content => &mut self.content,
            BlobKind::Page => &mut self.pages,
        };
        push(lane, &mut self.codec, keys)?;
        if lane.pack.is_full(self.run.pack_len(kind)) {
            hand_in(self.run, uploader, lane)?;
        }
        Ok(())
    }

    /// Hands in what is at hand although the packs are not full: what is stored cannot be lost any more.
    pub fn hand_in(&mut self) -> Result<()> {
        let Some(uploader) = self.uploader else { return Ok(()) };
        let keys = self.run.store().keys();
        for lane in [&mut self.content, &mut self.pages] {
            lane.close_frame(&mut self.codec, keys)?;
            hand_in(self.run, uploader, lane)?;
        }
        Ok(())
    }

    /// Seals what is at hand and gives the packs away unfinished, content first, so that workers can put theirs together.
    pub fn finish(mut self) -> Result<[PackBuilder; 2]> {
        let keys = self.run.store().keys();
        self.content.close_frame(&mut self.codec, keys)?;
        self.pages.close_frame(&mut self.codec, keys)?;
        Ok([self.content.pack, self.pages.pack])
    }
}

/// Puts together the last packs of all workers, as far as they go into packs of the usual length, and hands them in.
pub(crate) fn hand_in_last(run: &Run, uploader: &Uploader, packs: Vec<[PackBuilder; 2]>) -> Result<()> {
    let mut open: [Option<PackBuilder>; 2] = [None, None];
    for (slot, pack) in packs.into_iter().flat_map(|pair| pair.into_iter().enumerate()) {
        let pack_len = run.pack_len(BlobKind::BOTH[slot]);
        match &mut open[slot] {
            Some(first) if first.len() + pack.len() <= pack_len + pack_len / 4 => {
                first.absorb(&pack, run.store().keys().epoch());
            }
            other => {
                if let Some(full) = other.replace(pack) {
                    hand_in_pack(run, uploader, full)?;
                }
            }
        }
    }
    open.into_iter().flatten().try_for_each(|pack| hand_in_pack(run, uploader, pack))
}

/// A worker that waits for its turn holds the pack it hands in, and no memory for the next one yet.
fn hand_in(run: &Run, uploader: &Uploader, lane: &mut Lane) -> Result<()> {
    let pack = lane.take_pack();
    let kind = pack.kind();
    hand_in_pack(run, uploader, pack)?;
    if kind == BlobKind::Content {
        lane.use_memory(uploader.memory().unwrap_or_else(|| new_memory(run, kind)));
    }
    Ok(())
}

/// Memory that a pack of content hardly ever outgrows: in memory that moves it would not begin at a page any more. What of it is not used is not
/// taken from the system. Packs of pages are shorter, and grow.
fn new_memory(run: &Run, kind: BlobKind) -> Vec<u8> {
    match kind {
        BlobKind::Content => Vec::with_capacity(run.pack_len(kind) * 5 / 4 + PACK_END_LEN),
        BlobKind::Page => Vec::new(),
    }
}

fn hand_in_pack(run: &Run, uploader: &Uploader, pack: PackBuilder) -> Result<()> {
    if pack.is_empty() {
        return Ok(());
    }
    uploader.put(pack.finish(run.store().keys(), run.id, run.pack_created()))
}
