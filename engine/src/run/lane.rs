//! A lane: blobs of one kind on their way into frames and packs, in the hands of one worker.

use larder_format::{
    frame::{Compression, DATA_LEN_MAX, FrameCodec},
    keys::{BlobKind, EpochKeys},
    pack::{BLOBS_MAX, BlobRow, PackBuilder, locator},
};
use larder_model::{BlobId, Result};

use crate::trouble::about;

/// A frame of joined blobs of content ends with the blob that makes it so long.
pub const FRAME_LEN: usize = 2 << 20;
/// And one of pages: they are read one by one.
const PAGES_FRAME_LEN: usize = 1 << 20;
/// So many blobs end one as well, so that a pack that is not full has room for another frame.
const FRAME_BLOBS_MAX: usize = BLOBS_MAX / 2;
/// Blobs from here on are frames of their own; shorter ones share frames, and have room in a lane.
pub const LARGE_BLOB_LEN: usize = 256 << 10;

pub(super) struct Lane {
    kind: BlobKind,
    compression: Compression,
    frame_len: usize,
    /// The frame at hand, and room behind it for one blob more.
    memory: Vec<u8>,
    /// Bytes of the frame at hand: less than `frame_len`, so that there is room behind them.
    filled: usize,
    /// Bytes behind it, in the room, that others are still to follow before they are a blob.
    held: usize,
    /// What is held, instead, while something else has the room.
    aside: Vec<u8>,
    rows: Vec<BlobRow>,
    pub pack: PackBuilder,
}

impl Lane {
    /// For packs of `pack_len`; its frames of joined blobs are not longer but for their last blob.
    pub fn new(kind: BlobKind, compression: Compression, pack_len: usize, memory: Vec<u8>) -> Self {
        let frame_len = match kind {
            BlobKind::Content => FRAME_LEN,
            BlobKind::Page => PAGES_FRAME_LEN,
        };
        let frame_len = frame_len.min(pack_len).max(LARGE_BLOB_LEN);
        let pack = PackBuilder::new(kind, memory);
        let (memory, aside, rows) = (Vec::new(), Vec::new(), Vec::new());
        Self { kind, compression, frame_len, memory, filled: 0, held: 0, aside, rows, pack }
    }

    /// Room for a blob that is no frame of its own: what is read to here need not be copied before it is compressed. The next blob that
    /// is pushed takes the room.
    pub fn room(&mut self) -> &mut [u8] {
        self.set_aside();
        self.whole_room()
    }

    /// Room behind what is held: what is read to here can be held too.
    pub fn room_to_hold(&mut self) -> &mut [u8] {
        self.take_back();
        let held = self.held;
        &mut self.whole_room()[held..]
    }

    /// Holds the first `len` bytes of that room.
    pub fn hold(&mut self, len: usize) {
        self.take_back();
        self.held += len;
    }

    /// What is held, which together is shorter than the room.
    pub fn held(&self) -> &[u8] {
        if self.aside.is_empty() { &self.memory[self.filled..][..self.held] } else { &self.aside }
    }

    /// Holds nothing any more; returns how many bytes of the room that was.
    pub fn let_go(&mut self) -> usize {
        self.take_back();
        std::mem::take(&mut self.held)
    }

    fn whole_room(&mut self) -> &mut [u8] {
        if self.memory.is_empty() {
            self.memory = vec![0; self.frame_len + LARGE_BLOB_LEN];
        }
        &mut self.memory[self.filled..][..LARGE_BLOB_LEN]
    }

    fn set_aside(&mut self) {
        if self.held > 0 {
            self.aside.extend_from_slice(&self.memory[self.filled..][..self.held]);
            self.held = 0;
        }
    }

    fn take_back(&mut self) {
        if !self.aside.is_empty() {
            let aside = std::mem::take(&mut self.aside);
            self.whole_room()[..aside.len()].copy_from_slice(&aside);
            self.held = aside.len();
            self.aside = aside;
            self.aside.clear();
        }
    }

    /// Adds a blob to the frame at hand, or as a frame of its own.
    pub fn push(&mut self, codec: &mut FrameCodec, keys: &EpochKeys, id: &BlobId, bytes: &[u8]) -> Result<()> {
        debug_assert!(bytes.len() <= DATA_LEN_MAX);
        if bytes.len() >= LARGE_BLOB_LEN {
            let row = BlobRow { locator: locator(id), len: bytes.len() as u32 };
            return add_frame(&mut self.pack, codec, keys, bytes, &[row], self.compression.large);
        }
        self.room()[..bytes.len()].copy_from_slice(bytes);
        self.push_room(codec, keys, id, bytes.len())
    }

    /// Adds the blob that is in the room to the frame at hand.
    pub fn push_room(&mut self, codec: &mut FrameCodec, keys: &EpochKeys, id: &BlobId, len: usize) -> Result<()> {
        debug_assert!(len < LARGE_BLOB_LEN && self.held == 0);
        self.filled += len;
        self.rows.push(BlobRow { locator: locator(id), len: len as u32 });
        // Behind the blob that fills it, so that none has to move to the next one.
        if self.filled >= self.frame_len || self.rows.len() == FRAME_BLOBS_MAX {
            self.close_frame(codec, keys)?;
        }
        Ok(())
    }

    /// Seals the frame at hand, if there is one.
    pub fn close_frame(&mut self, codec: &mut FrameCodec, keys: &EpochKeys) -> Result<()> {
        if !self.rows.is_empty() {
            self.set_aside();
            let data = &self.memory[..self.filled];
            add_frame(&mut self.pack, codec, keys, data, &self.rows, self.compression.joined)?;
            self.filled = 0;
            self.rows.clear();
        }
        Ok(())
    }

    /// Takes the pack out, and leaves one without memory.
    pub fn take_pack(&mut self) -> PackBuilder {
        std::mem::replace(&mut self.pack, PackBuilder::new(self.kind, Vec::new()))
    }

    /// Memory for a pack that nothing was added to yet.
    pub fn use_memory(&mut self, memory: Vec<u8>) {
        debug_assert!(self.pack.is_empty());
        self.pack = PackBuilder::new(self.kind, memory);
    }
}

fn add_frame(
    pack: &mut PackBuilder,
    codec: &mut FrameCodec,
    keys: &EpochKeys,
    data: &[u8],
    rows: &[BlobRow],
    level: i32,
) -> Result<()> {
    pack.add_frame(codec, keys, data, rows, level).map_err(about("a new frame"))
}

#[cfg(test)]
mod tests {
    use larder_format::secret::Secret;

    use super::*;

    #[test]
    fn blobs_of_any_length_have_room_however_short_packs_are() {
        let (keys, mut codec) = (EpochKeys::new(0, Secret::new([1; 32])), FrameCodec::default());
        let mut lane = Lane::new(BlobKind::Content, Compression::default(), 64 << 10, Vec::new());
        for len in [200_000, LARGE_BLOB_LEN - 1, 1, LARGE_BLOB_LEN, 200_000, 100_000] {
            let id = BlobId([len as u8; 32]);
            lane.push(&mut codec, &keys, &id, &vec![7; len]).unwrap();
            assert_eq!(lane.room().len(), LARGE_BLOB_LEN);
        }
    }

    #[test]
    fn what_is_held_has_room_whatever_comes_between() {
        let (keys, mut codec) = (EpochKeys::new(0, Secret::new([1; 32])), FrameCodec::default());
        for pack_len in [64 << 10, 16 << 20] {
            let mut lane = Lane::new(BlobKind::Content, Compression::default(), pack_len, Vec::new());
            for between in [LARGE_BLOB_LEN - 1, 200_000, 1, LARGE_BLOB_LEN].repeat(10) {
                lane.room_to_hold()[..8_000].fill(1);
                lane.hold(8_000);
                lane.push(&mut codec, &keys, &BlobId([3; 32]), &vec![3; between]).unwrap();
                lane.room_to_hold()[..8_000].fill(2);
                lane.hold(8_000);
                assert_eq!(lane.held(), [[1; 8_000], [2; 8_000]].concat());
                let len = lane.let_go();
                lane.push_room(&mut codec, &keys, &BlobId([4; 32]), len).unwrap();
                assert!(lane.filled < lane.frame_len, "there is room behind it");
            }
        }
    }
}
