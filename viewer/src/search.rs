//! Searching names and paths: what a question means, and who answers it.

mod walk;

use larder_engine::SnapshotInfo;
use larder_model::{Entry as ModelEntry, Kind, SnapshotId, Time};

use crate::{
    app::{App, Stop},
    failure::Failure,
    shapes::Entry,
};

/// What is searched for.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub text: String,
    pub snapshot: Option<String>,
    pub origin: Option<String>,
    pub kind: Option<Kind>,
    pub min_size: Option<u64>,
    pub max_size: Option<u64>,
    pub since: Option<Time>,
    pub until: Option<Time>,
    pub ignore_case: bool,
}

/// A version of an item that was found.
pub struct Hit {
    pub entry: Entry,
    /// The newest that holds it.
    pub snapshot: SnapshotId,
    /// How many hold it.
    pub snapshots: u64,
}

/// A part of what was found.
#[derive(Default)]
pub struct Found {
    pub hits: Vec<Hit>,
    pub next: Option<String>,
    pub total: Option<u64>,
    pub entries: u64,
    pub snapshots: u64,
    pub building: bool,
}

impl Query {
    /// Whether the item itself is of the kind, size and time that are wanted. What has no size has none that fits.
    fn wants(&self, entry: &ModelEntry) -> bool {
        let (size, is_file) = (entry.meta.size, entry.kind == Kind::File);
        self.kind.is_none_or(|kind| entry.kind == kind)
            && self.min_size.is_none_or(|least| is_file && size >= least)
            && self.max_size.is_none_or(|most| is_file && size <= most)
            && self.since.is_none_or(|since| entry.meta.mtime.is_some_and(|time| time >= since))
            && self.until.is_none_or(|until| entry.meta.mtime.is_some_and(|time| time < until))
    }
}

/// A part of what is found, from a cursor on.
pub fn run(app: &App, stop: &Stop, query: &Query, cursor: Option<&[u8]>, limit: usize) -> Result<Found, Failure> {
    let snapshots = snapshots(app, query)?;
    walk::run(app, stop, query, &snapshots, cursor, limit)
}

/// Those that are searched, the newest first.
fn snapshots(app: &App, query: &Query) -> Result<Vec<SnapshotInfo>, Failure> {
    let is_wanted =
        |info: &&SnapshotInfo| query.origin.as_ref().is_none_or(|origin| info.record.origin().to_string() == *origin);
    match &query.snapshot {
        Some(id) => Ok([app.catalog.find(app, id)?].into_iter().filter(|info| is_wanted(&info)).collect()),
        None => Ok(app.catalog.list(app)?.snapshots.iter().rev().filter(is_wanted).cloned().collect()),
    }
}
