//! Folders of a snapshot: walking directory trees.

use std::cmp::Ordering;

use larder_format::page::{Content, FolderChild, Node, Page, PageRef};
use larder_model::{Problem, Result};

use crate::blobs::Library;

/// Calls `each` with all nodes of one folder, in the order of their names. Holds one page a level.
pub(crate) fn list(library: &Library, root: PageRef, each: &mut dyn FnMut(Node) -> Result<()>) -> Result<()> {
    match library.page(root)? {
        Page::FolderLeaf(nodes) => nodes.into_iter().try_for_each(each),
        Page::FolderInner { children, .. } => {
            children.into_iter().try_for_each(|child| list(library, child.page, each))
        }
        Page::ContentLeaf(_) | Page::ContentInner { .. } => Err(not_folder(root)),
    }
}

/// The node with this name.
pub(crate) fn find(library: &Library, root: PageRef, name: &[u8]) -> Result<Option<Node>> {
    let mut found = None;
    range(library, root, name, name, &mut |node| found = Some(node))?;
    Ok(found)
}

/// The nodes of the leaf that can hold this name; none when no leaf can.
pub(crate) fn leaf(library: &Library, root: PageRef, name: &[u8]) -> Result<Vec<Node>> {
    match library.page(root)? {
        Page::FolderLeaf(nodes) => Ok(nodes),
        Page::FolderInner { children, .. } => match overlapping(&children, name, name) {
            [child, ..] => leaf(library, child.page, name),
            [] => Ok(Vec::new()),
        },
        Page::ContentLeaf(_) | Page::ContentInner { .. } => Err(not_folder(root)),
    }
}

/// Calls `each` with the nodes from `first` to `last`, both included; reads only the pages that can hold them.
pub(crate) fn range(
    library: &Library,
    root: PageRef,
    first: &[u8],
    last: &[u8],
    each: &mut dyn FnMut(Node),
) -> Result<()> {
    match library.page(root)? {
        Page::FolderLeaf(nodes) => {
            nodes.into_iter().filter(|node| (first..=last).contains(&&*node.entry.name)).for_each(each);
            Ok(())
        }
        Page::FolderInner { children, .. } => overlapping(&children, first, last)
            .iter()
            .try_for_each(|child| range(library, child.page, first, last, each)),
        Page::ContentLeaf(_) | Page::ContentInner { .. } => Err(not_folder(root)),
    }
}

/// The root page of a folder that has one. Equal pages mean equal subtrees.
pub(crate) fn page_of(content: &Content) -> Option<PageRef> {
    match content {
        Content::Folder { root, .. } => Some(*root),
        _ => None,
    }
}

/// A folder's nodes, one after another: holds the leaf at hand and the pages still to be read.
pub(crate) struct FolderCursor {
    pages: Vec<PageRef>,
    nodes: std::vec::IntoIter<Node>,
}

impl FolderCursor {
    /// Content of anything but a folder has no nodes.
    pub fn new(content: Content) -> Self {
        Self { pages: page_of(&content).into_iter().collect(), nodes: Vec::new().into_iter() }
    }

    pub fn next(&mut self, library: &Library) -> Result<Option<Node>> {
        loop {
            if let Some(node) = self.nodes.next() {
                return Ok(Some(node));
            }
            if !self.load(library)? {
                return Ok(None);
            }
        }
    }

    /// Reads the next page; false when there is none.
    fn load(&mut self, library: &Library) -> Result<bool> {
        let Some(page) = self.pages.pop() else { return Ok(false) };
        match library.page(page)? {
            Page::FolderLeaf(nodes) => self.nodes = nodes.into_iter(),
            Page::FolderInner { children, .. } => {
                self.pages.extend(children.into_iter().rev().map(|child| child.page));
            }
            Page::ContentLeaf(_) | Page::ContentInner { .. } => return Err(not_folder(page)),
        }
        Ok(true)
    }

    /// The name that is next, of what was read.
    fn next_name(&self) -> Option<&[u8]> {
        self.nodes.as_slice().first().map(|node| &*node.entry.name)
    }

    /// The next nodes of two folders: those of one name, or the one whose name comes first. Pages that both have are passed over
    /// unread, at whatever level.
    pub fn next_of_two(
        old: &mut Self,
        new: &mut Self,
        library: &Library,
    ) -> Result<Option<(Option<Node>, Option<Node>)>> {
        loop {
            let (left, right) = (old.next_name(), new.next_name());
            if left.is_none() && right.is_none() && old.pages.last() == new.pages.last() {
                if old.pages.pop().is_none() {
                    return Ok(None);
                }
                new.pages.pop();
                continue;
            }
            // Of two pages that differ, the higher one is opened first: what they share lies below it.
            let level = |cursor: &Self| cursor.pages.last().map(|page| page.level);
            let waits_for = |cursor: &Self| if cursor.next_name().is_some() { None } else { level(cursor) };
            match (waits_for(old), waits_for(new)) {
                (Some(left), Some(right)) if left > right => drop(old.load(library)?),
                (Some(left), Some(right)) if left < right => drop(new.load(library)?),
                (Some(_), Some(_)) => _ = (old.load(library)?, new.load(library)?),
                (Some(_), None) => drop(old.load(library)?),
                (None, Some(_)) => drop(new.load(library)?),
                (None, None) => break,
            }
        }
        let order = match (old.next_name(), new.next_name()) {
            (Some(left), Some(right)) => left.cmp(right),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        let left = if order == Ordering::Greater { None } else { old.nodes.next() };
        let right = if order == Ordering::Less { None } else { new.nodes.next() };
        Ok(Some((left, right)))
    }
}

/// The children that can hold names from `first` to `last`.
fn overlapping<'c>(children: &'c [FolderChild], first: &[u8], last: &[u8]) -> &'c [FolderChild] {
    let start = children.partition_point(|child| &*child.last_name < first);
    let end = children.partition_point(|child| &*child.last_name < last);
    &children[start..(end + 1).min(children.len())]
}

pub(crate) fn not_folder(page: PageRef) -> Problem {
    Problem::damaged(format!("page {}: it holds a file's content where a folder should be", page.id.short()))
}
