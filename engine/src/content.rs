//! The content of files: what they are put together from, and large ones' trees of chunks.

use larder_format::{
    keys::BlobKind,
    page::{Chunk, Content, Node, Page, PageRef},
};
use larder_model::{BlobId, Kind, Problem, Result};

use crate::blobs::{Blob, Library};

/// Calls `each` with all chunks of a content tree, in order. Holds one page a level.
pub(crate) fn walk(library: &Library, root: PageRef, each: &mut dyn FnMut(Chunk) -> Result<()>) -> Result<()> {
    match library.page(root)? {
        Page::ContentLeaf(chunks) => chunks.into_iter().try_for_each(each),
        Page::ContentInner { children, .. } => {
            children.into_iter().try_for_each(|child| walk(library, child.page, each))
        }
        Page::FolderLeaf(_) | Page::FolderInner { .. } => Err(not_content(root)),
    }
}

pub(crate) fn not_content(page: PageRef) -> Problem {
    Problem::damaged(format!("page {}: it lists a folder where a file's content should be", page.id.short()))
}

/// A piece of a file's content, verified.
pub(crate) enum Bytes<'b> {
    Data(&'b [u8]),
    Hole(u64),
}

/// Calls `each` with a file's content, piece by piece, in order.
pub(crate) fn read_content(library: &Library, node: &Node, each: &mut dyn FnMut(Bytes) -> Result<()>) -> Result<()> {
    if node.entry.kind != Kind::File {
        return Err(Problem::usage(format!("{} is not a file", larder_model::escape(&node.entry.name))));
    }
    let size = node.entry.meta.size;
    match node.content {
        Content::Nothing | Content::Folder { .. } if size == 0 => Ok(()),
        Content::Nothing | Content::Folder { .. } => Err(wrong_sum()),
        Content::Blob(id) => each(Bytes::Data(&exactly(library, &id, size)?)),
        Content::Slice { blob, offset } => {
            let bytes = library.blob(BlobKind::Content, &blob)?;
            each(Bytes::Data(slice(&bytes, &blob, offset, size)?))
        }
        Content::Tree(root) => {
            let mut sum = 0u64;
            walk(library, root, &mut |chunk| {
                sum = sum.saturating_add(chunk.len());
                match chunk {
                    _ if sum > size => Err(wrong_sum()),
                    Chunk::Data { id, len } => each(Bytes::Data(&exactly(library, &id, u64::from(len))?)),
                    Chunk::Hole { len } => each(Bytes::Hole(len)),
                }
            })?;
            if sum == size { Ok(()) } else { Err(wrong_sum()) }
        }
    }
}

/// A listing whose size is not that of the content cannot be trusted with either.
pub(crate) fn wrong_sum() -> Problem {
    Problem::damaged("its content does not add up to the size that the listing says")
}

pub(crate) fn exactly(library: &Library, id: &BlobId, len: u64) -> Result<Blob> {
    let bytes = library.blob(BlobKind::Content, id)?;
    if bytes.len() as u64 == len { Ok(bytes) } else { Err(wrong_len(id)) }
}

/// The part of a blob that a small file is.
pub(crate) fn slice<'b>(bytes: &'b [u8], blob: &BlobId, offset: u32, size: u64) -> Result<&'b [u8]> {
    let end = u64::from(offset) + size;
    bytes.get(offset as usize..end as usize).ok_or_else(|| wrong_len(blob))
}

pub(crate) fn wrong_len(blob: &BlobId) -> Problem {
    Problem::damaged(format!("blob {} has another length than the listing says", blob.short()))
}
