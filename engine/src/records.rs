//! Reading the records of many snapshots. Each is an object of its own; where a call takes its time, several are read at once.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use larder_model::{Problem, ProblemKind, Result, SnapshotId};

use crate::{SnapshotInfo, Store};

/// Records that are read at a time from a storage that is far away.
const AT_ONCE: usize = 12;

impl Store {
    /// Whether each call takes its time, and several at once take no longer.
    pub(crate) fn is_far(&self) -> bool {
        self.storage().promises().pack_len > 0
    }

    /// What became of each of these snapshots. What ends the reading of one ends it for all, damage and absence apart.
    pub(crate) fn records(&self, ids: &[SnapshotId]) -> Result<Vec<Result<SnapshotInfo>>> {
        let threads = if self.is_far() { AT_ONCE.min(ids.len()) } else { 1 };
        if threads <= 1 {
            return ids.iter().map(|id| harmless(self.snapshot(*id))).collect();
        }
        let (next, read) = (AtomicUsize::new(0), Mutex::new(Ok(Vec::new())));
        let read_some = || {
            loop {
                let index = next.fetch_add(1, Relaxed);
                let Some(id) = ids.get(index) else { return };
                let record = harmless(self.snapshot(*id));
                let mut read = read.lock().unwrap_or_else(PoisonError::into_inner);
                match (&mut *read, record) {
                    (Ok(all), Ok(record)) => all.push((index, record)),
                    (Ok(_), Err(problem)) => *read = Err(problem),
                    (Err(_), _) => return,
                }
            }
        };
        thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(read_some))));
        let mut read = read.into_inner().unwrap_or_else(PoisonError::into_inner)?;
        read.sort_by_key(|(index, _)| *index);
        Ok(read.into_iter().map(|(_, record)| record).collect())
    }
}

fn harmless(record: Result<SnapshotInfo>) -> Result<Result<SnapshotInfo>> {
    match record {
        Err(problem) if !is_of_one(&problem) => Err(problem),
        other => Ok(other),
    }
}

fn is_of_one(problem: &Problem) -> bool {
    problem.is(ProblemKind::NotFound) || problem.is(ProblemKind::Damaged)
}
