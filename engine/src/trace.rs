//! Everything that a snapshot refers to: for gc, check and rescue.

use std::collections::HashSet;

use larder_format::{
    keys::BlobKind,
    pack::{Locator, locator},
    page::{Chunk, Content, Node, Page, PageRef},
    snapshot::{Reference, Referred},
};
use larder_model::{BlobId, ProblemKind, Result};

use crate::{blobs::Library, content::not_content, folder::not_folder, trouble::about};

/// Pages that were traced already: what snapshots share is traced once.
#[derive(Default)]
pub(crate) struct Seen {
    pages: HashSet<Locator>,
    /// Passes over what is gone, in place of ending with an error. For runs, which may have ended without a snapshot.
    pub passes_gaps: bool,
}

impl Seen {
    /// What was read; `None` for a gap that is passed over.
    fn pass<T>(&self, result: Result<T>) -> Result<Option<T>> {
        match result {
            Err(problem) if self.passes_gaps && problem.is(ProblemKind::Damaged) => Ok(None),
            result => result.map(Some),
        }
    }
}

/// Calls `each` with every blob below `root` and `references` that was not seen before. A blob of content may come more than
/// once.
pub(crate) fn trace(
    library: &Library,
    root: Option<PageRef>,
    references: &[Reference],
    seen: &mut Seen,
    each: &mut dyn FnMut(BlobKind, &BlobId) -> Result<()>,
) -> Result<()> {
    for reference in references {
        match reference.get().map_err(about("a snapshot's record"))? {
            Referred::Inline(_) => {}
            Referred::Blob { id, .. } => each(BlobKind::Page, &id)?,
            Referred::Tree { root, .. } => content(library, root, BlobKind::Page, seen, each)?,
        }
    }
    pages(library, root.into_iter().collect(), seen, each)
}

/// Calls `each` with every blob that one entry refers to, those below a folder included.
pub(crate) fn trace_node(
    library: &Library,
    node: &Node,
    seen: &mut Seen,
    each: &mut dyn FnMut(BlobKind, &BlobId) -> Result<()>,
) -> Result<()> {
    let below = entry(library, node, seen, each)?;
    pages(library, below.into_iter().collect(), seen, each)
}

/// Traces folders. A stack of its own: they may be nested deeper than a thread's stack.
fn pages(
    library: &Library,
    mut pages: Vec<PageRef>,
    seen: &mut Seen,
    each: &mut dyn FnMut(BlobKind, &BlobId) -> Result<()>,
) -> Result<()> {
    while let Some(page) = pages.pop() {
        library.store.settings().interrupt.check()?;
        if !seen.pages.insert(locator(&page.id)) {
            continue;
        }
        each(BlobKind::Page, &page.id)?;
        let Some(read) = seen.pass(library.page(page))? else { continue };
        match read {
            Page::FolderLeaf(nodes) => {
                for node in &nodes {
                    pages.extend(entry(library, node, seen, each)?);
                }
            }
            Page::FolderInner { children, .. } => pages.extend(children.into_iter().map(|child| child.page)),
            Page::ContentLeaf(_) | Page::ContentInner { .. } => return Err(not_folder(page)),
        }
    }
    Ok(())
}

/// Traces one entry; returns the page of what is below it.
fn entry(
    library: &Library,
    node: &Node,
    seen: &mut Seen,
    each: &mut dyn FnMut(BlobKind, &BlobId) -> Result<()>,
) -> Result<Option<PageRef>> {
    for xattr in &node.long_xattrs {
        each(BlobKind::Page, &xattr.value)?;
    }
    match node.content {
        Content::Nothing => {}
        Content::Blob(id) | Content::Slice { blob: id, .. } => each(BlobKind::Content, &id)?,
        Content::Tree(root) => content(library, root, BlobKind::Content, seen, each)?,
        Content::Folder { root, .. } => return Ok(Some(root)),
    }
    Ok(None)
}

/// Traces a content tree, whose chunks are blobs of `kind`.
fn content(
    library: &Library,
    root: PageRef,
    kind: BlobKind,
    seen: &mut Seen,
    each: &mut dyn FnMut(BlobKind, &BlobId) -> Result<()>,
) -> Result<()> {
    if !seen.pages.insert(locator(&root.id)) {
        return Ok(());
    }
    each(BlobKind::Page, &root.id)?;
    let Some(read) = seen.pass(library.page(root))? else { return Ok(()) };
    match read {
        Page::ContentLeaf(chunks) => chunks.iter().try_for_each(|chunk| match chunk {
            Chunk::Data { id, .. } => each(kind, id),
            Chunk::Hole { .. } => Ok(()),
        }),
        Page::ContentInner { children, .. } => {
            children.into_iter().try_for_each(|child| content(library, child.page, kind, seen, each))
        }
        Page::FolderLeaf(_) | Page::FolderInner { .. } => Err(not_content(root)),
    }
}
