//! What a backup counts and reports, from all threads.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

use larder_connect::Forecast;
use larder_format::{
    ledger::{self, Statistics},
    page::Totals,
    snapshot::Completeness,
};
use larder_model::{Class, Result, Skip, SnapshotId};

use crate::Monitor;

/// How a backup ended.
#[derive(Clone, Debug)]
pub struct BackupReport {
    /// `None` after a dry run.
    pub snapshot: Option<SnapshotId>,
    pub completeness: Completeness,
    pub statistics: Statistics,
    pub totals: Totals,
    /// Ledger rows of the class `missing`.
    pub missing: u64,
    /// Ledger rows of the class `note`.
    pub notes: u64,
    /// What content costs, of a source that delivers it.
    pub forecast: Option<Forecast>,
}

/// Counts of a walk.
#[derive(Default)]
pub(super) struct Tally {
    pub new: AtomicU64,
    pub changed: AtomicU64,
    /// Also files that were read again and found the same.
    pub unchanged: AtomicU64,
    /// Links, devices, and folders below a root.
    pub others: AtomicU64,
    /// Roots that are folders, and the folders above roots.
    pub way: AtomicU64,
    pub bytes_read: AtomicU64,
    /// Blobs of the parent that were read to see whether a small file is the same.
    pub compared: AtomicU64,
    /// Something was read that cannot be read a second time.
    pub streams: AtomicBool,
    /// Something could not be listed.
    pub partial: AtomicBool,
}

/// The ledger while it is written. Rows are kept encoded, and sorted at the end, so that the same tree gives the same ledger.
pub(super) struct Ledger<'m> {
    monitor: &'m dyn Monitor,
    rows: Mutex<Vec<(Vec<u8>, Vec<u8>)>>,
    missing: AtomicU64,
    notes: AtomicU64,
}

impl<'m> Ledger<'m> {
    pub fn new(monitor: &'m dyn Monitor) -> Self {
        Self { monitor, rows: Mutex::default(), missing: AtomicU64::new(0), notes: AtomicU64::new(0) }
    }

    pub fn add(&self, skip: &Skip) {
        self.monitor.skip(skip);
        let counter = if skip.class == Class::Missing { &self.missing } else { &self.notes };
        counter.fetch_add(1, Relaxed);
        let row = (skip.path.as_bytes().to_vec(), ledger::encode_row(skip));
        self.rows.lock().unwrap_or_else(PoisonError::into_inner).push(row);
    }

    /// Missing items and notes.
    pub fn counts(&self) -> (u64, u64) {
        (self.missing.load(Relaxed), self.notes.load(Relaxed))
    }

    /// All rows, by path.
    pub fn into_bytes(self) -> Result<Vec<u8>> {
        let mut rows = self.rows.into_inner().unwrap_or_else(PoisonError::into_inner);
        rows.sort_unstable();
        Ok(rows.into_iter().flat_map(|(_, row)| row).collect())
    }
}
