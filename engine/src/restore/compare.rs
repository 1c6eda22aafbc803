//! Whether a file that stands somewhere has the content that a snapshot names.

use larder_connect::{Hasher, OpenFile, Piece};
use larder_format::{
    keys::BlobKind,
    page::{Chunk, Content, Node},
};
use larder_model::{Fingerprint, Result};

use crate::{
    blobs::Library,
    content::{self, Bytes, read_content},
};

/// Zeros that a hole is hashed as, a piece at a time.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// True when the content of `node` has this fingerprint: the entry's own where it has one of the kind, else computed over what the
/// store holds. Nothing is read from the target.
pub(super) fn has_fingerprint(
    library: &Library,
    node: &Node,
    wanted: &Fingerprint,
    hasher: Box<dyn Hasher>,
) -> Result<bool> {
    match &node.entry.meta.fingerprint {
        Some(own) if own.kind == wanted.kind => Ok(own == wanted),
        _ => Ok(fingerprint(library, node, hasher)? == *wanted),
    }
}

fn fingerprint(library: &Library, node: &Node, mut hasher: Box<dyn Hasher>) -> Result<Fingerprint> {
    let interrupt = &library.store.settings().interrupt;
    read_content(library, node, &mut |piece| {
        interrupt.check()?;
        match piece {
            Bytes::Data(bytes) => hasher.update(bytes),
            Bytes::Hole(mut len) => {
                while len > 0 {
                    let piece = len.min(ZEROS.len() as u64);
                    hasher.update(&ZEROS[..piece as usize]);
                    len -= piece;
                }
            }
        }
        Ok(())
    })?;
    Ok(hasher.finish())
}

/// True when `file` has exactly the bytes of `node`. Chunks are told by their ids, so nothing but small joined files is read
/// from the store.
pub(crate) fn same_content(library: &Library, node: &Node, file: Box<dyn OpenFile>) -> Result<bool> {
    let mut bytes = FileBytes { file, buffer: Vec::new(), zeros: 0 };
    let identity = library.store.identity();
    let mut same = true;
    match node.content {
        Content::Nothing | Content::Folder { .. } => {}
        Content::Blob(id) => {
            same = bytes
                .take(node.entry.meta.size)?
                .is_some_and(|bytes| identity.blob_id(BlobKind::Content, &bytes) == id);
        }
        Content::Slice { blob, offset } => {
            let wanted = library.blob(BlobKind::Content, &blob)?;
            let wanted = content::slice(&wanted, &blob, offset, node.entry.meta.size)?;
            same = bytes.take(wanted.len() as u64)?.is_some_and(|bytes| bytes == wanted);
        }
        Content::Tree(root) => content::walk(library, root, &mut |chunk| {
            same = same
                && match chunk {
                    Chunk::Data { id, len } => bytes
                        .take(u64::from(len))?
                        .is_some_and(|bytes| identity.blob_id(BlobKind::Content, &bytes) == id),
                    Chunk::Hole { len } => bytes.take_zeros(len)?,
                };
            Ok(())
        })?,
    }
    Ok(same && bytes.is_at_end()?)
}

/// Bytes of one read: small files must not cost a large buffer each.
const READ_LEN_MIN: u64 = 4 << 10;
const READ_LEN_MAX: u64 = 1 << 20;

/// A file's bytes in the portions that are asked for.
struct FileBytes {
    file: Box<dyn OpenFile>,
    /// Read and not yet taken.
    buffer: Vec<u8>,
    /// Zeros of a hole, not yet taken; they come after the buffer.
    zeros: u64,
}

impl FileBytes {
    /// Reads some of the `wanted` bytes; false at the end.
    fn more(&mut self, wanted: u64) -> Result<bool> {
        let start = self.buffer.len();
        self.buffer.resize(start + wanted.clamp(READ_LEN_MIN, READ_LEN_MAX) as usize, 0);
        let piece = self.file.next(&mut self.buffer[start..])?;
        self.buffer.truncate(start + if let Piece::Data(len) = piece { len } else { 0 });
        if let Piece::Hole(len) = piece {
            self.zeros = len;
        }
        Ok(piece != Piece::End)
    }

    /// The next `len` bytes, at most those of a chunk; `None` when the file ends before.
    fn take(&mut self, len: u64) -> Result<Option<Vec<u8>>> {
        let len = len as usize;
        while self.buffer.len() < len {
            if self.zeros > 0 {
                let zeros = self.zeros.min((len - self.buffer.len()) as u64);
                self.buffer.resize(self.buffer.len() + zeros as usize, 0);
                self.zeros -= zeros;
            } else if !self.more((len - self.buffer.len()) as u64)? {
                return Ok(None);
            }
        }
        let rest = self.buffer.split_off(len);
        Ok(Some(std::mem::replace(&mut self.buffer, rest)))
    }

    /// True when the next `len` bytes are there and zero, whether they are a hole or not.
    fn take_zeros(&mut self, mut len: u64) -> Result<bool> {
        while len > 0 {
            let at_hand = len.min(self.buffer.len() as u64);
            if self.buffer.drain(..at_hand as usize).any(|byte| byte != 0) {
                return Ok(false);
            }
            len -= at_hand;
            let holes = len.min(self.zeros);
            self.zeros -= holes;
            len -= holes;
            if len > 0 && !self.more(len)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_at_end(&mut self) -> Result<bool> {
        Ok(self.buffer.is_empty() && self.zeros == 0 && !self.more(0)?)
    }
}
