//! The content of large files: walking content trees.

use larder_format::page::{Chunk, Page, PageRef};
use larder_model::{Problem, Result};

use crate::blobs::Library;

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
