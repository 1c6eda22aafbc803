//! Files in ranges: from an offset to verified bytes, without reading what comes before.

use std::{
    collections::VecDeque,
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

use larder_format::{
    keys::BlobKind,
    page::{Chunk, Content, ContentChild, Node, Page, PageRef},
};
use larder_model::{BlobId, Kind, Problem, Result, escape};

use crate::{
    blobs::{Blob, Library, WeakBlob},
    content::{exactly, not_content, slice, wrong_sum},
};
/// Pieces of one file that are found again without looking them up.
const HELD_MAX: usize = 32;

/// A file of a snapshot, open for reading from anywhere. All that comes out of it is verified: what does not add up to the file's size is
/// damaged, never short.
///
/// It holds a leaf of the file's content tree and no bytes. Those are in the cache that all readers of a store share, so that many small
/// reads open a blob once, and a thousand open files take no more memory than one.
pub struct FileReader<'s> {
    library: Library<'s>,
    content: Content,
    size: u64,
    /// The leaf that was used last.
    leaf: Mutex<Option<Arc<Leaf>>>,
    /// The pieces that were read last. The cache may have dropped them.
    held: Mutex<VecDeque<(Piece, WeakBlob)>>,
}

/// Bytes of a file, verified.
pub struct Bytes(Inner);

enum Inner {
    Shared(Blob),
    Owned(Vec<u8>),
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Inner::Shared(blob) => blob,
            Inner::Owned(bytes) => bytes,
        }
    }
}

/// What is told of a stretch of a file that is stored as one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    /// Where it ends in the file.
    pub end: u64,
    pub is_hole: bool,
}

/// A leaf of a content tree: where its chunks are in the file.
struct Leaf {
    start: u64,
    /// Each chunk with its end in the file.
    chunks: Vec<(u64, Chunk)>,
}

/// A stretch of a file that is stored as one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Piece {
    start: u64,
    end: u64,
    source: Source,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Source {
    Hole,
    /// A whole blob.
    Blob(BlobId),
    /// So many bytes as the piece is long, from an offset of a blob.
    Slice(BlobId, u32),
}

impl Source {
    /// Where in its blob it begins.
    fn start(self) -> usize {
        match self {
            Self::Slice(_, offset) => offset as usize,
            Self::Hole | Self::Blob(_) => 0,
        }
    }
}

/// The bytes of a file from `from` to `to`, which are in this piece. The piece begins at `start` of its blob.
fn part(piece: &Piece, blob: &Blob, start: usize, from: u64, to: u64) -> Blob {
    let begin = start + (from - piece.start) as usize;
    blob.part(begin..begin + (to - from) as usize)
}

impl<'s> FileReader<'s> {
    pub(crate) fn new(library: Library<'s>, node: &Node) -> Result<Self> {
        if node.entry.kind != Kind::File {
            return Err(Problem::usage(format!("{} is not a file", escape(&node.entry.name))));
        }
        Ok(Self {
            library,
            content: node.content,
            size: node.entry.meta.size,
            leaf: Mutex::default(),
            held: Mutex::default(),
        })
    }

    /// Bytes of the file, holes included.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Fills `buffer` from `offset` on, holes with zeros; returns how many bytes there were before the end of the file.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let end = offset.saturating_add(buffer.len() as u64).min(self.size);
        let mut at = offset;
        while at < end {
            let piece = self.piece_at(at)?;
            let until = piece.end.min(end);
            let target = &mut buffer[(at - offset) as usize..(until - offset) as usize];
            self.copy(&piece, at, target)?;
            at = until;
        }
        Ok(end.saturating_sub(offset) as usize)
    }

    /// Up to `len` bytes from `offset` on, fewer only at the end of the file. What lies in one piece is not copied.
    pub fn read(&self, offset: u64, len: usize) -> Result<Bytes> {
        if let Some(bytes) = self.read_held(offset, len) {
            return Ok(bytes);
        }
        let end = offset.saturating_add(len as u64).min(self.size);
        if offset < end {
            let piece = self.piece_at(offset)?;
            if end <= piece.end
                && let Some((blob, start)) = self.bytes(&piece)?
            {
                return Ok(Bytes(Inner::Shared(part(&piece, &blob, start, offset, end))));
            }
        }
        let mut bytes = vec![0; end.saturating_sub(offset) as usize];
        self.read_at(offset, &mut bytes)?;
        Ok(Bytes(Inner::Owned(bytes)))
    }

    /// The same, where it can be had at once: out of pieces that were read before and are still in memory.
    pub fn read_held(&self, offset: u64, len: usize) -> Option<Bytes> {
        let end = offset.saturating_add(len as u64).min(self.size);
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = Vec::new();
        let mut at = offset;
        while at < end {
            let (piece, blob) = held.iter().find(|(piece, _)| piece.start <= at && at < piece.end)?;
            let until = piece.end.min(end);
            let found = part(piece, &blob.get()?, piece.source.start(), at, until);
            if (at, until) == (offset, end) {
                return Some(Bytes(Inner::Shared(found)));
            }
            bytes.extend_from_slice(&found);
            at = until;
        }
        Some(Bytes(Inner::Owned(bytes)))
    }

    /// Reads what is stored of this range into the cache, so that [`FileReader::read_at`] finds it there. Returns where the last
    /// piece ends, which may be beyond the range.
    pub fn prefetch(&self, offset: u64, len: u64) -> Result<u64> {
        let end = offset.saturating_add(len).min(self.size);
        let mut at = offset;
        while at < end {
            let piece = self.piece_at(at)?;
            self.bytes(&piece)?;
            at = piece.end;
        }
        Ok(at)
    }

    /// Lets go of what lies before `offset`: whoever reads on has no more use for it, and memory that is still warm serves what comes.
    /// What the file shares with others stays.
    pub fn leave_behind(&self, offset: u64) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let is_behind = |piece: &Piece| piece.end <= offset && matches!(piece.source, Source::Blob(_));
        let (behind, ahead): (VecDeque<_>, VecDeque<_>) = held.drain(..).partition(|(piece, _)| is_behind(piece));
        for (piece, blob) in behind {
            // Equal pieces of a file are one blob.
            let is_needed = ahead.iter().any(|(other, _)| other.source == piece.source);
            if let Some(blob) = blob.get().filter(|_| !is_needed) {
                self.library.let_go(&blob);
            }
        }
        *held = ahead;
    }

    /// The stretch that is stored as one and holds this byte; at and beyond the end of the file, one that ends there.
    pub fn extent(&self, offset: u64) -> Result<Extent> {
        if offset >= self.size {
            return Ok(Extent { end: self.size, is_hole: false });
        }
        let piece = self.piece_at(offset)?;
        Ok(Extent { end: piece.end, is_hole: piece.source == Source::Hole })
    }

    fn copy(&self, piece: &Piece, from: u64, target: &mut [u8]) -> Result<()> {
        let Some((blob, start)) = self.bytes(piece)? else {
            target.fill(0);
            return Ok(());
        };
        let start = start + (from - piece.start) as usize;
        target.copy_from_slice(&blob[start..start + target.len()]);
        Ok(())
    }

    /// The blob of a piece, and where in it the piece begins; `None` for a hole.
    fn bytes(&self, piece: &Piece) -> Result<Option<(Blob, usize)>> {
        let len = piece.end - piece.start;
        let blob = match piece.source {
            Source::Hole => return Ok(None),
            Source::Blob(id) => exactly(&self.library, &id, len)?,
            Source::Slice(id, offset) => {
                let blob = self.library.blob(BlobKind::Content, &id)?;
                slice(&blob, &id, offset, len)?;
                blob
            }
        };
        self.hold(piece, &blob);
        Ok(Some((blob, piece.source.start())))
    }

    fn hold(&self, piece: &Piece, blob: &Blob) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|(other, _)| other.start != piece.start);
        if held.len() == HELD_MAX {
            held.pop_front();
        }
        held.push_back((*piece, blob.weak()));
    }

    /// The piece that holds the byte at `offset`, which is before the end of the file.
    fn piece_at(&self, offset: u64) -> Result<Piece> {
        let whole = |source| Ok(Piece { start: 0, end: self.size, source });
        match self.content {
            Content::Nothing | Content::Folder { .. } => Err(wrong_sum()),
            Content::Blob(id) => whole(Source::Blob(id)),
            Content::Slice { blob, offset } => whole(Source::Slice(blob, offset)),
            Content::Tree(root) => self.leaf_at(root, offset)?.piece_at(offset).ok_or_else(wrong_sum),
        }
    }

    fn leaf_at(&self, root: PageRef, offset: u64) -> Result<Arc<Leaf>> {
        let last = self.leaf.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(leaf) = last.filter(|leaf| leaf.holds(offset)) {
            return Ok(leaf);
        }
        let leaf = Arc::new(find_leaf(&self.library, root, self.size, offset)?);
        *self.leaf.lock().unwrap_or_else(PoisonError::into_inner) = Some(leaf.clone());
        Ok(leaf)
    }
}

impl Leaf {
    fn holds(&self, offset: u64) -> bool {
        self.start <= offset && self.chunks.last().is_some_and(|(end, _)| offset < *end)
    }

    fn piece_at(&self, offset: u64) -> Option<Piece> {
        let index = self.chunks.partition_point(|(end, _)| *end <= offset);
        let (end, chunk) = *self.chunks.get(index)?;
        let source = match chunk {
            Chunk::Hole { .. } => Source::Hole,
            Chunk::Data { id, .. } => Source::Blob(id),
        };
        Some(Piece { start: end - chunk.len(), end, source })
    }
}

/// Goes down to the leaf that holds `offset`. Every page on the way has to add up to what the one above it says.
fn find_leaf(library: &Library, root: PageRef, size: u64, offset: u64) -> Result<Leaf> {
    let (mut page, mut start, mut len) = (root, 0, size);
    loop {
        match library.page(page)? {
            Page::ContentInner { children, .. } => {
                add_up(children.iter().map(|child| child.len), len)?;
                let mut end = start;
                let holds = |child: &&ContentChild| {
                    end += child.len;
                    offset < end
                };
                let child = children.iter().find(holds).ok_or_else(wrong_sum)?;
                (page, start, len) = (child.page, end - child.len, child.len);
            }
            Page::ContentLeaf(chunks) => {
                add_up(chunks.iter().map(Chunk::len), len)?;
                let mut end = start;
                let with_end = |chunk: Chunk| {
                    end += chunk.len();
                    (end, chunk)
                };
                return Ok(Leaf { start, chunks: chunks.into_iter().map(with_end).collect() });
            }
            Page::FolderLeaf(_) | Page::FolderInner { .. } => return Err(not_content(page)),
        }
    }
}

fn add_up(mut lengths: impl Iterator<Item = u64>, len: u64) -> Result<()> {
    let sum = lengths.try_fold(0u64, u64::checked_add);
    if sum == Some(len) { Ok(()) } else { Err(wrong_sum()) }
}
