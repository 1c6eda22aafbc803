//! Rows of a folder by number: what a list that is scrolled asks for.
//!
//! Pages tell totals of everything below them, not how many entries they hold. Where there is no folder in a leaf the two are the
//! same, and the pages above tell it; any other leaf is looked at once, and its head is enough.

use larder_format::{
    keys::BlobKind,
    page::{FolderChild, Page, PageRef},
};
use larder_model::{Problem, Result};

use crate::{blobs::Library, folder::not_folder, stretch, trouble::about};

/// Leaves of a folder at most: a thousand million entries.
const LEAVES_MAX: usize = 4 << 20;
/// Fewer leaves are in a frame or two, which are kept when they are read one by one.
const TOGETHER_FROM: usize = 32;

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
        let mut leaves = Vec::new();
        let mut pages = vec![root];
        while let Some(page) = pages.pop() {
            library.store.settings().interrupt.check()?;
            if page.level == 0 {
                leaves.push((page, None));
                continue;
            }
            let Page::FolderInner { level, children } = library.page(page)? else { return Err(not_folder(page)) };
            if level > 1 {
                pages.extend(children.iter().rev().map(|child| child.page));
            } else {
                leaves.extend(children.iter().map(|child| (child.page, told_len(child))));
            }
            if leaves.len() > LEAVES_MAX {
                return Err(Problem::failed("the folder has more entries than can be numbered"));
            }
        }
        look_at(library, &mut leaves)?;
        let mut table = Self { leaves: Vec::with_capacity(leaves.len()), total: 0 };
        for (page, rows) in leaves {
            let rows = rows.unwrap_or_default();
            table.leaves.push(Leaf { page, first: table.total, rows });
            table.total = table.total.saturating_add(rows);
        }
        Ok(table)
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

/// How many entries a leaf has, where the page above tells.
fn told_len(child: &FolderChild) -> Option<u64> {
    (child.totals.folders == 0).then_some(child.totals.files)
}

/// A leaf, and how many entries it has.
type Counted = (PageRef, Option<u64>);

/// Looks at the leaves whose number of entries is not known; where each call costs, at many of them at once.
fn look_at(library: &Library, leaves: &mut [Counted]) -> Result<()> {
    let unknown = (0..).zip(&*leaves).filter(|(_, (_, rows))| rows.is_none());
    let ids: Vec<_> = unknown.map(|(number, (page, _))| (number, page.id)).collect();
    if ids.len() >= TOGETHER_FROM && library.store.is_far() {
        stretch::pages(library, ids.into_iter(), &mut |number: usize, page| {
            leaves[number].1 = Page::folder_leaf_len(page).ok().flatten().map(|len| len as u64);
        })?;
    }
    leaves.iter_mut().filter(|(_, rows)| rows.is_none()).try_for_each(|(page, rows)| {
        library.store.settings().interrupt.check()?;
        *rows = Some(leaf_len(library, *page)?);
        Ok(())
    })
}

fn leaf_len(library: &Library, page: PageRef) -> Result<u64> {
    let bytes = library.blob(BlobKind::Page, &page.id)?;
    let len = Page::folder_leaf_len(&bytes).map_err(about(format_args!("page {}", page.id.short())))?;
    len.map(|len| len as u64).ok_or_else(|| not_folder(page))
}
