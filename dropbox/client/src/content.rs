//! What an upload sends: bytes in pieces that can be sent again.
//!
//! A request is at most 150 MiB, and a lost one is sent anew. So content lies in memory, shared and not copied, however
//! often it is sent; a large file is many requests, each with a content of its own.

use std::io::Read;

use bytes::Bytes;

use crate::content_hash::ContentHash;

/// The most that one request may carry: 150 MiB.
pub const REQUEST_BYTES_MAX: u64 = 150 << 20;

/// How much is read at once.
const PIECE: usize = 1 << 20;

/// The body of an upload. Clones share the bytes.
#[derive(Debug, Clone, Default)]
pub struct Content {
    pieces: Vec<Bytes>,
    length: u64,
}

impl Content {
    /// Nothing.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Puts more behind it.
    pub fn push(&mut self, piece: impl Into<Bytes>) {
        let piece = piece.into();
        if !piece.is_empty() {
            self.length += piece.len() as u64;
            self.pieces.push(piece);
        }
    }

    /// Reads up to `length` bytes; less only if the reader ends before.
    pub fn read(reader: impl Read, length: u64) -> std::io::Result<Self> {
        let mut reader = reader.take(length);
        let mut content = Self::empty();
        loop {
            let mut piece = Vec::with_capacity(PIECE.min(usize::try_from(reader.limit()).unwrap_or(PIECE)));
            if reader.by_ref().take(PIECE as u64).read_to_end(&mut piece)? == 0 {
                return Ok(content);
            }
            content.push(piece);
        }
    }

    /// Bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The content hash, for Dropbox to check the bytes by; none for no bytes.
    pub(crate) fn hash(&self) -> Option<String> {
        let mut hash = ContentHash::new();
        self.pieces.iter().for_each(|piece| hash.update(piece));
        (!self.is_empty()).then(|| hash.finish())
    }

    /// The bytes, in order.
    pub fn pieces(&self) -> &[Bytes] {
        &self.pieces
    }
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        let mut content = Self::empty();
        content.push(bytes);
        content
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<&[u8]> for Content {
    /// Copies them.
    fn from(bytes: &[u8]) -> Self {
        Bytes::copy_from_slice(bytes).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_taken_in_pieces_up_to_the_length() {
        let content = Content::read(std::io::repeat(7), 5 * (1 << 20) / 2).unwrap();
        assert_eq!(content.length(), 5 * (1 << 20) / 2);
        assert_eq!(content.pieces().len(), 3);
    }

    #[test]
    fn a_reader_that_ends_early_gives_less() {
        let content = Content::read(&b"hello"[..], 100).unwrap();
        assert_eq!((content.length(), content.pieces().concat()), (5, b"hello".to_vec()));
    }

    #[test]
    fn pieces_without_bytes_are_left_out() {
        let mut content = Content::from(&b""[..]);
        content.push(Vec::new());
        assert!(content.is_empty() && content.pieces().is_empty());
    }
}
