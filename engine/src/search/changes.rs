//! What became of every path between two snapshots, in the order of a walk. Subtrees and pages that both have are not read.

use larder_format::page::{Content, Node};
use larder_model::{Problem, ProblemKind, Result, TreePath};

use super::facts::Facts;
use crate::{
    SnapshotInfo,
    blobs::Library,
    folder::{FolderCursor, page_of},
    tree::top_content,
};

/// Longer paths are not indexed: no system opens them at once, and a block has to hold one.
const PATH_LEN_MAX: usize = 64 << 10;

/// Is called with a path that changed, and with what it is now: `None` when it is gone.
pub type Each<'e> = dyn FnMut(&[u8], Option<Facts>) -> Result<()> + 'e;

/// Calls `each` with every path that is not in `new` as it was in `old`, and with what it is now. Without `old`, with all of `new`.
pub(super) fn changes(
    library: &Library,
    old: Option<&SnapshotInfo>,
    new: &SnapshotInfo,
    each: &mut Each,
) -> Result<()> {
    let mut path = TreePath::top();
    let top = (old.map_or(Content::Nothing, top_content), top_content(new));
    let mut open: Vec<[FolderCursor; 2]> = pair(top.0, top.1).into_iter().collect();
    while let Some([old, new]) = open.last_mut() {
        library.store.settings().interrupt.check()?;
        let Some((old, new)) = FolderCursor::next_of_two(old, new, library)? else {
            open.pop();
            path.pop();
            continue;
        };
        let name = old.as_ref().or(new.as_ref()).map(|node| &*node.entry.name).unwrap_or_default();
        path.push(name);
        if path.as_bytes().len() > PATH_LEN_MAX {
            return Err(Problem::new(ProblemKind::Unsupported, "a path is longer than 64 KiB"));
        }
        let facts = |node: &Option<Node>| node.as_ref().map(|node| Facts::of(&node.entry));
        if facts(&old) != facts(&new) {
            each(path.as_bytes(), facts(&new))?;
        }
        let content = |node: Option<Node>| node.map_or(Content::Nothing, |node| node.content);
        match pair(content(old), content(new)) {
            Some(below) => open.push(below),
            None => path.pop(),
        }
    }
    Ok(())
}

/// The cursors of two folders that are to be walked together; `None` when there is nothing below them, or nothing different.
fn pair(old: Content, new: Content) -> Option<[FolderCursor; 2]> {
    (page_of(&old) != page_of(&new)).then(|| [old, new].map(FolderCursor::new))
}
