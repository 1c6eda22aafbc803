//! Boxes of the index: compressed and sealed like frames of a store, under a key of the store's. Each file has its own id and each box
//! its number, and a box opens only as what it is: a name must neither leak from the cache nor be put in by somebody else.

use larder_format::{
    FormatError,
    frame::{DATA_LEN_MAX, FrameCodec},
    keys::BlobKind,
    sealing::SealingKey,
    secret::Secret,
};

/// The fastest: an index is written once and read in parts, and a higher level makes it a tenth smaller.
const LEVEL: i32 = 1;

/// The id of a file of the index, random.
pub(super) type FileId = [u8; 16];

/// Seals and opens the boxes of one file.
pub(super) struct Boxes {
    key: Secret,
    file: FileId,
    codec: FrameCodec,
}

impl Boxes {
    pub fn new(key: &Secret, file: FileId) -> Self {
        Self { key: key.clone(), file, codec: FrameCodec::default() }
    }

    fn key(&self, number: u32) -> SealingKey {
        SealingKey::new(self.key.clone(), self.file, number)
    }

    /// Puts a box behind `out`; returns its length.
    pub fn seal(&mut self, number: u32, data: &[u8], out: &mut Vec<u8>) -> Result<u32, FormatError> {
        if data.len() > DATA_LEN_MAX {
            return Err(FormatError::TooLarge("a part of it would be too large"));
        }
        let key = self.key(number);
        self.codec.seal(&key, BlobKind::Page, data, LEVEL, out).map(|frame| frame.box_len)
    }

    /// Opens a box, which is used up.
    pub fn open(&mut self, number: u32, sealed: &mut [u8], data: &mut Vec<u8>) -> Result<(), FormatError> {
        let key = self.key(number);
        self.codec.open(&key, BlobKind::Page, sealed, data)
    }
}
