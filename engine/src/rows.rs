//! Rows of a folder by number: what a list that is scrolled asks for.
//!
//! Pages tell totals of everything below them, not how many entries they hold. Where there is no folder in a leaf the two are the
//! same, and the pages above tell it; any other leaf is looked at once, and its head is enough.

use larder_format::{
    keys::BlobKind,
    page::{FolderChild, Page, PageRef},
};
use larder_model::{Problem, Result};

use crate::{blobs::Library, folder::not_folder, trouble::about};

/// Leaves of a folder at most: a thousand million entries.
const LEAVES_MAX: usize = 4 << 20;

/// Where the rows of one folder are.
pub(crate) struct RowTable {
    leaves: Vec<Leaf>,
    total: u64,
}

/// A leaf, and the numbers of its rows.
#[derive(Clone, Copy)]
pub(crate) struct Leaf {
    pub page: PageRef,
    pub first: u64,
    pub rows: u64,
}

impl RowTable {
    /// Counts the rows of a folder.
    pub fn of(library: &Library, root: PageRef) -> Result<Self> {
        let mut table = Self { leaves: Vec::new(), total: 0 };
        if root.level == 0 {
            table.add(root, leaf_len(library, root)?)?;
            return Ok(table);
        }
        let mut pages = vec![root];
        while let Some(page) = pages.pop() {
            library.store.settings().interrupt.check()?;
            let Page::FolderInner { level, children } = library.page(page)? else { return Err(not_folder(page)) };
            if level > 1 {
                pages.extend(children.iter().rev().map(|child| child.page));
                continue;
            }
            for child in &children {
                table.add(child.page, child_len(library, child)?)?;
            }
        }
        Ok(table)
    }

    fn add(&mut self, page: PageRef, rows: u64) -> Result<()> {
        if self.leaves.len() == LEAVES_MAX {
            return Err(Problem::failed("the folder has more entries than can be numbered"));
        }
        self.leaves.push(Leaf { page, first: self.total, rows });
        self.total = self.total.saturating_add(rows);
        Ok(())
    }

    pub fn total(&self) -> u64 {
        self.total
    }

    /// The leaves that hold rows from `row` on, and up to `limit` of them.
    pub fn leaves(&self, row: u64, limit: u64) -> &[Leaf] {
        let end = row.saturating_add(limit).min(self.total);
        if row >= end {
            return &[];
        }
        let first = self.leaves.partition_point(|leaf| leaf.first <= row).saturating_sub(1);
        let last = self.leaves.partition_point(|leaf| leaf.first < end);
        &self.leaves[first..last]
    }

    /// Memory that it takes.
    pub fn bytes(&self) -> usize {
        self.leaves.len() * size_of::<Leaf>()
    }
}

fn child_len(library: &Library, child: &FolderChild) -> Result<u64> {
    match child.totals.folders {
        0 => Ok(child.totals.files),
        _ => leaf_len(library, child.page),
    }
}

fn leaf_len(library: &Library, page: PageRef) -> Result<u64> {
    let bytes = library.blob(BlobKind::Page, &page.id)?;
    let len = Page::folder_leaf_len(&bytes).map_err(about(format_args!("page {}", page.id.short())))?;
    len.map(|len| len as u64).ok_or_else(|| not_folder(page))
}
