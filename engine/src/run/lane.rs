//! A lane: blobs of one kind on their way into frames and packs, in the hands of one worker.

use larder_format::{
    frame::{Compression, DATA_LEN_MAX, FrameCodec},
    keys::{BlobKind, EpochKeys},
    pack::{BLOBS_MAX, BlobRow, PackBuilder, locator},
};
use larder_model::{BlobId, Result};

use crate::trouble::about;

/// Joined blobs fill a frame up to this.
const FRAME_LEN: usize = 1 << 20;
/// Blobs from here on are frames of their own.
const LARGE_BLOB_LEN: usize = 256 << 10;

pub(super) struct Lane {
    kind: BlobKind,
    compression: Compression,
    data: Vec<u8>,
    rows: Vec<BlobRow>,
    pub pack: PackBuilder,
}

impl Lane {
    pub fn new(kind: BlobKind, compression: Compression, memory: Vec<u8>) -> Self {
        Self { kind, compression, data: Vec::new(), rows: Vec::new(), pack: PackBuilder::new(kind, memory) }
    }

    /// Adds a blob to the frame at hand, or as a frame of its own.
    pub fn push(&mut self, codec: &mut FrameCodec, keys: &EpochKeys, id: &BlobId, bytes: &[u8]) -> Result<()> {
        let row = BlobRow { locator: locator(id), len: bytes.len() as u32 };
        debug_assert!(bytes.len() <= DATA_LEN_MAX);
        if bytes.len() >= LARGE_BLOB_LEN {
            return add_frame(&mut self.pack, codec, keys, bytes, &[row], self.compression.large);
        }
        if self.data.len() + bytes.len() > FRAME_LEN {
            self.close_frame(codec, keys)?;
        }
        self.data.extend_from_slice(bytes);
        self.rows.push(row);
        Ok(())
    }

    /// Seals the frame at hand, if there is one.
    pub fn close_frame(&mut self, codec: &mut FrameCodec, keys: &EpochKeys) -> Result<()> {
        if !self.rows.is_empty() {
            add_frame(&mut self.pack, codec, keys, &self.data, &self.rows, self.compression.joined)?;
            self.data.clear();
            self.rows.clear();
        }
        Ok(())
    }

    /// True when the pack is as long as packs should be.
    pub fn is_full(&self, pack_len: usize) -> bool {
        self.pack.len() + self.data.len() >= pack_len || self.pack.blobs() + self.rows.len() >= BLOBS_MAX / 2
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
