//! What a restore counts, from all threads.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use larder_connect::Need;
use larder_model::{Class, Skip, TreePath};

use crate::{Amount, Fate, Monitor};

/// How a restore ended, or would end.
#[derive(Clone, Copy, Debug, Default)]
pub struct RestoreReport {
    /// Files, links and devices written.
    pub files: u64,
    /// Folders made.
    pub folders: u64,
    /// Bytes written, holes not counted.
    pub bytes: u64,
    /// Items that stood there with the same content.
    pub unchanged: u64,
    /// Items left as they stood because of a conflict.
    pub skipped: u64,
    /// Items removed because the snapshot does not have them.
    pub deleted: u64,
    /// Items that could not be restored.
    pub missing: u64,
    /// Items kept differently than asked.
    pub notes: u64,
}

/// The report while it grows.
pub(super) struct Tally<'m> {
    pub monitor: &'m dyn Monitor,
    files: AtomicU64,
    folders: AtomicU64,
    pub bytes: AtomicU64,
    unchanged: AtomicU64,
    skipped: AtomicU64,
    deleted: AtomicU64,
    missing: AtomicU64,
    notes: AtomicU64,
    /// Under [`super::OnConflict::Fail`].
    conflicts: Mutex<Vec<TreePath>>,
    /// Bytes of what is replaced or removed.
    pub freed: AtomicU64,
}

impl<'m> Tally<'m> {
    pub fn new(monitor: &'m dyn Monitor) -> Self {
        Self {
            monitor,
            files: AtomicU64::new(0),
            folders: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            unchanged: AtomicU64::new(0),
            skipped: AtomicU64::new(0),
            deleted: AtomicU64::new(0),
            missing: AtomicU64::new(0),
            notes: AtomicU64::new(0),
            conflicts: Mutex::default(),
            freed: AtomicU64::new(0),
        }
    }

    pub fn skip(&self, skip: &Skip) {
        let counter = if skip.class == Class::Missing { &self.missing } else { &self.notes };
        counter.fetch_add(1, Relaxed);
        self.monitor.skip(skip);
    }

    pub fn add_conflict(&self, path: TreePath) {
        self.conflicts.lock().unwrap_or_else(PoisonError::into_inner).push(path);
    }

    pub fn take_conflicts(&self) -> Vec<TreePath> {
        std::mem::take(&mut self.conflicts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What would be written.
    pub fn need(&self) -> Need {
        Need { files: self.files.load(Relaxed), bytes: self.bytes.load(Relaxed), freed: self.freed.load(Relaxed) }
    }

    /// Bytes on top of those that may be given back.
    pub fn free(&self, bytes: u64) {
        // A folder whose size nobody knows counts as all there is: it must not wrap around.
        let add = |freed: u64| Some(freed.saturating_add(bytes));
        let _ = self.freed.fetch_update(Relaxed, Relaxed, add);
    }

    /// One item is done.
    pub fn done(&self, fate: Fate, path: &TreePath, bytes: u64) {
        let counter = match fate {
            Fate::Unchanged => &self.unchanged,
            Fate::LeftAlone => &self.skipped,
            Fate::Removed => &self.deleted,
            Fate::Restored | Fate::New | Fate::Changed => &self.files,
        };
        counter.fetch_add(1, Relaxed);
        self.monitor.advance(Amount { files: 1, bytes });
        self.monitor.done(fate, &|| path.clone());
    }

    /// A folder was made, or would be.
    pub fn made_folder(&self, path: &TreePath) {
        self.folders.fetch_add(1, Relaxed);
        self.monitor.done(Fate::Restored, &|| path.clone());
    }

    pub fn finish(self) -> RestoreReport {
        RestoreReport {
            files: self.files.load(Relaxed),
            folders: self.folders.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            unchanged: self.unchanged.load(Relaxed),
            skipped: self.skipped.load(Relaxed),
            deleted: self.deleted.load(Relaxed),
            missing: self.missing.load(Relaxed),
            notes: self.notes.load(Relaxed),
        }
    }
}
