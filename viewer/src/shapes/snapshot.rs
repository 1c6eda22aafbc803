//! Snapshots, as answers show them.

use larder_engine::{Completeness as EngineCompleteness, SnapshotInfo, Statistics as EngineStatistics};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::moment::moment;

/// One source at one moment.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Snapshot {
    /// 64 hex digits.
    pub id: String,
    /// What it was taken of, as text.
    pub origin: String,
    pub connector: String,
    pub host: String,
    pub tags: Vec<String>,
    pub start: Option<String>,
    pub end: Option<String>,
    pub completeness: Completeness,
    pub files: u64,
    pub folders: u64,
    pub bytes: u64,
    /// Rows of its ledger: items that are missing.
    pub missing: u64,
    /// Rows of its ledger: remarks.
    pub notes: u64,
    /// The paths that it was taken of, escaped. In lists they are left out where there are many.
    pub roots: Vec<String>,
    pub parent: Option<String>,
    /// Which one of its origin it is.
    pub sequence: u64,
    pub program: String,
    /// What the run did; null in lists.
    pub statistics: Option<Statistics>,
}

/// How much of the source a snapshot holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Completeness {
    Complete,
    /// Everything was listed, but its ledger names items that are missing.
    ItemsMissing,
    /// Not everything could be listed.
    Partial,
}

impl From<EngineCompleteness> for Completeness {
    fn from(completeness: EngineCompleteness) -> Self {
        match completeness {
            EngineCompleteness::Complete => Self::Complete,
            EngineCompleteness::ItemsMissing => Self::ItemsMissing,
            EngineCompleteness::Partial => Self::Partial,
        }
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct Statistics {
    pub files_new: u64,
    pub files_changed: u64,
    pub files_unchanged: u64,
    pub bytes_read: u64,
    pub bytes_stored: u64,
    pub blobs_new: u64,
    pub packs: u64,
    pub duration_ms: u64,
}

impl From<EngineStatistics> for Statistics {
    fn from(of: EngineStatistics) -> Self {
        Self {
            files_new: of.files_new,
            files_changed: of.files_changed,
            files_unchanged: of.files_unchanged,
            bytes_read: of.bytes_read,
            bytes_stored: of.bytes_stored,
            blobs_new: of.blobs_new,
            packs: of.packs,
            duration_ms: of.duration_ms,
        }
    }
}

impl From<&SnapshotInfo> for Snapshot {
    fn from(info: &SnapshotInfo) -> Self {
        let record = &info.record;
        let (origin, totals, (missing, notes)) = (record.origin(), record.totals(), record.ledger_rows());
        Self {
            id: info.id.to_string(),
            origin: origin.to_string(),
            connector: origin.connector,
            host: record.host.clone(),
            tags: record.tags.clone(),
            start: moment(record.start()),
            end: moment(record.end()),
            completeness: record.completeness().into(),
            files: totals.files,
            folders: totals.folders,
            bytes: totals.bytes,
            missing,
            notes,
            roots: record.inline_roots().iter().map(ToString::to_string).collect(),
            parent: record.parent().map(|parent| parent.to_string()),
            sequence: record.sequence,
            program: record.program.clone(),
            statistics: None,
        }
    }
}
