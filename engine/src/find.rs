//! Finding names in snapshots.

use std::collections::HashMap;

use larder_format::page::{Content, Node, PageRef};
use larder_model::{Result, TreePath};

use crate::{
    SnapshotInfo, Store,
    blobs::Library,
    folder::{FolderCursor, page_of},
    tree::top_content,
};

/// Folders whose subtrees are remembered as holding no hit; beyond that, some are searched again.
const BARREN_MAX: usize = 200_000;

/// Calls `hit` with everything in `snapshots` that is `wanted`. A subtree that several snapshots share and that has no hit is
/// searched once.
pub fn find(
    store: &Store,
    snapshots: &[SnapshotInfo],
    wanted: &mut dyn FnMut(&TreePath, &Node) -> bool,
    hit: &mut dyn FnMut(&SnapshotInfo, &TreePath, &Node) -> Result<()>,
) -> Result<()> {
    let library = Library::open(store)?;
    let mut barren = HashMap::new();
    for snapshot in snapshots {
        search(&library, snapshot, wanted, hit, &mut barren)?;
    }
    Ok(())
}

/// A folder being searched.
struct Open {
    cursor: FolderCursor,
    root: Option<PageRef>,
    hits: u64,
}

impl Open {
    fn new(content: Content) -> Self {
        let root = page_of(&content);
        Self { cursor: FolderCursor::new(content), root, hits: 0 }
    }
}

/// Subtrees without a hit, by root page and path: a pattern may look at whole paths.
type Barren = HashMap<PageRef, TreePath>;

fn search(
    library: &Library,
    snapshot: &SnapshotInfo,
    wanted: &mut dyn FnMut(&TreePath, &Node) -> bool,
    hit: &mut dyn FnMut(&SnapshotInfo, &TreePath, &Node) -> Result<()>,
    barren: &mut Barren,
) -> Result<()> {
    let mut path = TreePath::top();
    let mut open = vec![Open::new(top_content(snapshot))];
    while let Some(level) = open.last_mut() {
        library.store.settings().interrupt.check()?;
        let Some(node) = level.cursor.next(library)? else {
            close(&mut open, &mut path, barren);
            continue;
        };
        path.push(&node.entry.name);
        if wanted(&path, &node) {
            level.hits += 1;
            hit(snapshot, &path, &node)?;
        }
        match node.content {
            Content::Folder { root, .. } if barren.get(&root) != Some(&path) => open.push(Open::new(node.content)),
            _ => path.pop(),
        }
    }
    Ok(())
}

/// Leaves a folder; its hits count for the one above.
fn close(open: &mut Vec<Open>, path: &mut TreePath, barren: &mut Barren) {
    let Some(done) = open.pop() else { return };
    if let Some(root) = done.root
        && done.hits == 0
        && barren.len() < BARREN_MAX
    {
        barren.insert(root, path.clone());
    }
    if let Some(above) = open.last_mut() {
        above.hits += done.hits;
        path.pop();
    }
}
