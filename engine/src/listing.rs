//! Folders a part at a time: for those who show them, and do not want to hold or wait for a million entries.

use larder_format::page::{Content, Node, Page};
use larder_model::{Problem, Result};

use crate::{
    blobs::Library,
    folder::{self, FolderCursor, not_folder, page_of},
};

/// A folder of a snapshot, open for reading. All that comes out of it is verified.
#[derive(Clone)]
pub struct Folder<'s> {
    library: Library<'s>,
    content: Content,
}

/// Some entries of a folder, sorted by name.
#[derive(Clone, Debug, Default)]
pub struct FolderPage {
    pub nodes: Vec<Node>,
    /// Where there is more: the name to go on after.
    pub next: Option<Box<[u8]>>,
}

impl<'s> Folder<'s> {
    pub(crate) fn new(library: Library<'s>, content: Content) -> Self {
        Self { library, content }
    }

    /// The entry with this name.
    pub fn find(&self, name: &[u8]) -> Result<Option<Node>> {
        match page_of(&self.content) {
            Some(root) => folder::find(&self.library, root, name),
            None => Ok(None),
        }
    }

    /// Up to `limit` entries after a name, from the first one on where there is none. What comes before a damaged part is given
    /// out; the damage is met by those who go on.
    pub fn page(&self, after: Option<&[u8]>, limit: usize) -> Result<FolderPage> {
        let mut cursor = FolderCursor::after(&self.library, self.content, after)?;
        let mut page = FolderPage::default();
        while page.nodes.len() < limit {
            match cursor.next(&self.library) {
                Ok(Some(node)) => page.nodes.push(node),
                Ok(None) => break,
                Err(_) if !page.nodes.is_empty() => return Ok(page.continued(true)),
                Err(problem) => return Err(problem),
            }
        }
        Ok(page.continued(cursor.has_more()))
    }

    /// How many entries there are. The first time, leaves that hold folders are looked at, each at its head.
    pub fn rows(&self) -> Result<u64> {
        match self.content {
            Content::Folder { totals, .. } if totals.folders == 0 => Ok(totals.files),
            Content::Folder { root, .. } => Ok(self.library.rows(root)?.total()),
            _ => Ok(0),
        }
    }

    /// Up to `limit` entries from row number `row` on, the first row being 0; none beyond the end. Counts rows as
    /// [`Folder::rows`] does, and then reads no more than the leaves that hold what is asked for.
    pub fn page_at(&self, row: u64, limit: usize) -> Result<FolderPage> {
        let Some(root) = page_of(&self.content) else { return Ok(FolderPage::default()) };
        let table = self.library.rows(root)?;
        let mut page = FolderPage::default();
        for leaf in table.leaves(row, limit as u64) {
            let nodes = match self.library.page(leaf.page) {
                Ok(Page::FolderLeaf(nodes)) => nodes,
                Ok(_) => return Err(not_folder(leaf.page)),
                Err(_) if !page.nodes.is_empty() => return Ok(page.continued(true)),
                Err(problem) => return Err(problem),
            };
            if nodes.len() as u64 != leaf.rows {
                return Err(Problem::damaged(format!(
                    "page {}: it has another number of entries than the page above says",
                    leaf.page.id.short()
                )));
            }
            let wanted = limit - page.nodes.len();
            page.nodes.extend(nodes.into_iter().skip(row.saturating_sub(leaf.first) as usize).take(wanted));
        }
        let end = row.saturating_add(page.nodes.len() as u64);
        Ok(page.continued(end < table.total()))
    }
}

impl FolderPage {
    fn continued(mut self, has_more: bool) -> Self {
        self.next = self.nodes.last().filter(|_| has_more).map(|node| node.entry.name.clone());
        self
    }
}
