//! An open store for a process that stays: a viewer, a mount, a server.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use larder_model::{Result, Skip, SnapshotId};

use crate::{
    DiffRow, DiffStat, Side, SnapshotInfo, SnapshotList, Store, Tree,
    blobs::{Held, Library},
    diff::diff_in,
    look::Look,
    snapshots::ledger_in,
};

/// A store with its index and caches, for many threads and a long time. What it hands out is owned and shares the caches; their sizes are
/// bounded, whatever is read. Snapshots that are made meanwhile become visible: what they refer to is looked up in a new index
/// when the old one does not know it.
#[derive(Clone)]
pub struct Reader {
    store: Arc<Store>,
    library: Library<'static>,
    seen: Arc<Mutex<Seen>>,
}

/// What this reader knows of snapshots. Their records never change.
#[derive(Default)]
struct Seen {
    records: HashMap<SnapshotId, SnapshotInfo>,
    opened: HashSet<SnapshotId>,
}

impl Reader {
    /// Loads the index. `cache_len` is how many bytes of content are kept in memory.
    pub fn open(store: Arc<Store>, cache_len: usize) -> Result<Self> {
        let library = Library::hold(Held::Kept(store.clone()), Look::Glance, cache_len)?;
        Ok(Self { store, library, seen: Arc::default() })
    }

    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Whether the store is far away: each call takes its time, and several at once take no longer.
    pub fn is_far(&self) -> bool {
        self.store.is_far()
    }

    /// All snapshots there are now; those of the last minute may be missing where listings cost. Records are read once. A store that is
    /// not there any more is unreachable, not empty.
    pub fn snapshots(&self) -> Result<SnapshotList> {
        let known = |id: &SnapshotId| self.seen().records.get(id).cloned();
        let list = self.store.snapshots_with(Look::Glance, known)?;
        if list.snapshots.is_empty() {
            self.library.is_there()?;
        }
        self.seen().records = list.snapshots.iter().map(|info| (info.id, info.clone())).collect();
        Ok(list)
    }

    /// Opens a snapshot.
    pub fn tree(&self, snapshot: &SnapshotInfo) -> Result<Tree<'static>> {
        // It may be younger than the index.
        if self.seen().opened.insert(snapshot.id) {
            self.library.expect_more();
        }
        Tree::new(self.library.clone(), snapshot)
    }

    /// Calls `each` with every row of the snapshot's ledger.
    pub fn ledger(&self, snapshot: &SnapshotInfo, each: &mut dyn FnMut(Skip) -> Result<()>) -> Result<()> {
        let tree = self.tree(snapshot)?;
        ledger_in(tree.library(), snapshot, each)
    }

    /// Calls `each` with every difference, in the order of paths.
    pub fn diff(&self, before: &Side, after: &Side, each: &mut dyn FnMut(&DiffRow) -> Result<()>) -> Result<DiffStat> {
        for side in [before, after] {
            if let Side::Snapshot(snapshot, _) = side {
                self.tree(snapshot)?;
            }
        }
        diff_in(&self.library, before, after, each)
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
