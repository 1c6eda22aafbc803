//! What came before: the parent, the place in the origin's sequence, and what the parent says of a folder.

use larder_format::page::{Content, Node, PageRef, Totals};
use larder_model::{Origin, Result, SnapshotId};

use super::ParentChoice;
use crate::{SnapshotInfo, Store, blobs::Library, folder};

/// The snapshots that a new one follows.
pub(super) struct History {
    pub parent: Option<SnapshotInfo>,
    /// The new snapshot's number in its origin.
    pub sequence: u64,
    /// This machine's newest snapshot in the store, of any origin.
    pub previous: Option<SnapshotId>,
}

impl History {
    pub fn read(store: &Store, origin: &Origin, choice: ParentChoice) -> Result<Self> {
        let snapshots = store.snapshots()?.snapshots;
        let own = || snapshots.iter().filter(|info| info.record.origin() == *origin);
        let newest = own().max_by_key(|info| (info.record.sequence, info.record.start()));
        let parent = match choice {
            ParentChoice::Latest => newest.cloned(),
            ParentChoice::None => None,
            ParentChoice::Snapshot(id) => Some(store.snapshot(id)?),
        };
        Ok(Self {
            parent,
            sequence: newest.map_or(0, |info| info.record.sequence).max(last_forgotten(store, origin)?) + 1,
            previous: snapshots.iter().rfind(|info| info.record.host == store.settings().host).map(|info| info.id),
        })
    }
}

/// The highest number of a removed snapshot of this origin. Numbers are never used again: a gap in them must tell of a loss.
fn last_forgotten(store: &Store, origin: &Origin) -> Result<u64> {
    let own = store.forgotten()?.into_iter().filter(|(forgotten, _)| forgotten == origin);
    Ok(own.map(|(_, sequence)| sequence).max().unwrap_or(0))
}

/// A folder of the parent; `None` inside where the parent has no such folder, or an empty one.
#[derive(Clone, Copy, Default)]
pub(super) struct ParentFolder(pub Option<PageRef>);

impl ParentFolder {
    /// What the parent's node says of the folder below it.
    pub fn below(node: Option<&Node>) -> Self {
        match node.map(|node| &node.content) {
            Some(Content::Folder { root, .. }) => Self(Some(*root)),
            _ => Self(None),
        }
    }

    /// The folder as it was, to be carried over; `None` where there is nothing, or it is damaged.
    pub fn content(self, library: &Library) -> Option<Content> {
        let root = self.0?;
        let mut totals = Totals::default();
        folder::list(library, root, &mut |node| {
            totals += node.totals();
            Ok(())
        })
        .ok()?;
        Some(Content::Folder { root, totals })
    }

    /// The parent's nodes from `first` to `last`. A parent that is damaged here counts as one that knows nothing: the source is
    /// read again, and that mends it.
    pub fn nodes(self, library: &Library, first: &[u8], last: &[u8]) -> Vec<Node> {
        let mut nodes = Vec::new();
        let Some(root) = self.0 else { return nodes };
        if folder::range(library, root, first, last, &mut |node| nodes.push(node)).is_err() {
            nodes.clear();
        }
        nodes
    }
}
