//! A store at a glance.

use std::collections::HashSet;

use larder_format::keys::BlobKind;
use larder_model::{Origin, Result, Time};

use crate::{Store, blobs::Library, names};

/// Sizes, ratios and numbers of a store.
#[derive(Clone, Debug, Default)]
pub struct StoreInfo {
    pub snapshots: u64,
    /// Of the snapshots, those that cannot be read. Nothing of them is in the other figures.
    pub damaged: u64,
    pub origins: u64,
    pub packs: u64,
    pub content_bytes: u64,
    pub metadata_bytes: u64,
    /// Index runs, snapshots, keys and the rest.
    pub other_bytes: u64,
    /// Blobs that the index knows; one that lies twice counts twice.
    pub blobs: u64,
    /// Sizes of all files of all snapshots: what the backups would take as plain copies.
    pub source_bytes: u64,
    /// Files of the newest snapshot of each origin.
    pub newest_files: u64,
    pub newest_bytes: u64,
    pub first: Option<Time>,
    pub last: Option<Time>,
}

impl StoreInfo {
    pub fn stored_bytes(&self) -> u64 {
        self.content_bytes + self.metadata_bytes + self.other_bytes
    }

    /// How many times smaller the store is than plain copies of all snapshots; `None` for an empty one.
    pub fn ratio(&self) -> Option<f64> {
        (self.stored_bytes() > 0 && self.source_bytes > 0)
            .then(|| self.source_bytes as f64 / self.stored_bytes() as f64)
    }
}

impl Store {
    /// Looks at listings, index tails and snapshot records.
    pub fn info(&self) -> Result<StoreInfo> {
        let library = Library::open(self)?;
        let mut info = StoreInfo::default();
        library.adopt()?;
        for pack in library.index.packs().iter() {
            info.packs += 1;
            match pack.kind {
                BlobKind::Content => info.content_bytes += pack.size,
                BlobKind::Page => info.metadata_bytes += pack.size,
            }
        }
        info.blobs = library.index.with_runs(|runs| runs.iter().map(|run| run.tail.entries).sum());
        for folder in
            [names::CONFIG, names::KEYS, names::INDEX, names::SNAPSHOTS, names::RUNS, names::MARKS, names::RECORDS]
        {
            info.other_bytes += self.storage().list(folder)?.iter().map(|object| object.size).sum::<u64>();
        }
        self.add_snapshots(&mut info)?;
        Ok(info)
    }

    fn add_snapshots(&self, info: &mut StoreInfo) -> Result<()> {
        let list = self.snapshots()?;
        let mut origins: HashSet<Origin> = HashSet::new();
        info.snapshots = (list.snapshots.len() + list.damaged.len()) as u64;
        info.damaged = list.damaged.len() as u64;
        info.first = list.snapshots.first().map(|snapshot| snapshot.record.start());
        info.last = list.snapshots.last().map(|snapshot| snapshot.record.start());
        for snapshot in list.snapshots.iter().rev() {
            let totals = snapshot.record.totals();
            info.source_bytes = info.source_bytes.saturating_add(totals.bytes);
            if origins.insert(snapshot.record.origin()) {
                info.newest_files += totals.files;
                info.newest_bytes = info.newest_bytes.saturating_add(totals.bytes);
            }
        }
        info.origins = origins.len() as u64;
        Ok(())
    }
}
