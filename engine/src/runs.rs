//! What runs leave in the store: start records and intents, also those that cannot be read. Of these the name and the storage's own
//! time still tell a good deal (docs/guarantees.md, "Records of runs that cannot be read").

use std::collections::HashSet;

use larder_connect::{ObjectInfo, ObjectName};
use larder_format::records::{Intent, START_EXPIRES_SECS, SealedRecord, Start};
use larder_model::{Problem, ProblemKind, Result, RunId};

use crate::{
    SnapshotInfo, Store,
    look::{Look, until_whole},
    names,
};

/// A start record or an intent.
pub(crate) struct RunRecord<T> {
    /// By the object's name.
    pub run: RunId,
    pub info: ObjectInfo,
    /// What it says, or why nobody knows.
    pub record: Result<T>,
}

impl RunRecord<Start> {
    /// Expired by the writer's clock and by the storage's: either alone may be wrong. Of a record that cannot be read, the
    /// storage's time has to do.
    pub fn is_expired(&self, now: i64) -> bool {
        let created = self.record.as_ref().map_or(i64::MIN, |start| start.created);
        created.max(self.info.modified.secs) + START_EXPIRES_SECS < now
    }
}

/// All start records.
pub(crate) fn starts(store: &Store) -> Result<Vec<RunRecord<Start>>> {
    list(store, ".start", Start::run)
}

/// Start records that have not expired.
pub(crate) fn live_starts(store: &Store) -> Result<Vec<RunRecord<Start>>> {
    let now = store.settings().now().secs;
    let mut starts = starts(store)?;
    starts.retain(|start| !start.is_expired(now));
    Ok(starts)
}

/// All intents.
pub(crate) fn intents(store: &Store) -> Result<Vec<RunRecord<Intent>>> {
    list(store, ".intent", Intent::run)
}

/// Runs whose snapshot is there. They have ended, whatever they have left behind.
pub(crate) fn committed(snapshots: &[SnapshotInfo]) -> HashSet<RunId> {
    snapshots.iter().map(|snapshot| snapshot.record.run()).collect()
}

fn list<T: SealedRecord>(store: &Store, suffix: &str, run_of: impl Fn(&T) -> RunId) -> Result<Vec<RunRecord<T>>> {
    until_whole(store, Look::Now, |look| list_once(store, look, suffix, &run_of))
}

/// Also tells whether everything that was listed was there to be read.
fn list_once<T: SealedRecord>(
    store: &Store,
    look: Look,
    suffix: &str,
    run_of: impl Fn(&T) -> RunId,
) -> Result<(Vec<RunRecord<T>>, bool)> {
    let (mut records, mut is_whole) = (Vec::new(), true);
    for info in look.list(store.storage(), names::RUNS)? {
        let Some(run) = info.name.name().strip_suffix(suffix).and_then(|run| run.parse().ok()) else { continue };
        let record = match store.get_record(&info.name) {
            Ok(record) if run_of(&record) != run => Err(of_another(&info.name)),
            Err(problem) if problem.is(ProblemKind::NotFound) => {
                is_whole = false;
                continue;
            }
            Err(problem) if !problem.is(ProblemKind::Damaged) => return Err(problem),
            read => read,
        };
        records.push(RunRecord { run, info, record });
    }
    Ok((records, is_whole))
}

fn of_another(name: &ObjectName) -> Problem {
    Problem::damaged(format!("{name}: it is the record of another run"))
}
