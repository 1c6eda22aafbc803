//! Removing snapshots. Space comes back with gc.

use larder_format::{config::Access, records::Record};
use larder_model::{Origin, Problem, ProblemKind, Result, SnapshotId};

use crate::{
    SnapshotInfo, Store,
    look::Look,
    names,
    store::{Listed, is_hash_name},
};

impl Store {
    /// Snapshots that were removed on purpose: origin and sequence number of each.
    pub fn forgotten(&self) -> Result<Vec<(Origin, u64)>> {
        let records: Vec<Listed<Record>> =
            self.list_records(names::RECORDS, Look::Glance, is_hash_name, |_, _| Ok(()))?;
        let own = |listed: Listed<Record>| Some((listed.record.origin()?, listed.record.sequence?));
        Ok(records.into_iter().filter_map(own).collect())
    }
}

/// How a removal ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Removed {
    /// The store knows that it was on purpose.
    Noted,
    /// The snapshots are gone; the storage is so full that not even a note of it found room, and `check` will miss their numbers.
    Unnoted,
}

/// Removes snapshots. A forget record of each comes first, so that `check` can tell a removal from a loss; in a storage that is full the
/// snapshots have to make room for them.
pub fn remove(store: &Store, snapshots: &[SnapshotInfo]) -> Result<Removed> {
    store.allow(Access::Delete)?;
    let settings = store.settings();
    let record = |snapshot: &SnapshotInfo| {
        Record::forget(
            settings.now().secs,
            settings.host.clone(),
            snapshot.id,
            snapshot.record.origin(),
            snapshot.record.sequence,
        )
    };
    forget(store, snapshots.iter().map(record).collect(), snapshots.iter().map(|snapshot| snapshot.id).collect())
}

/// Removes snapshots whose records are damaged: nothing else would let gc work again. One that turns out readable is refused, so
/// that no removal goes without the origin and number of what it removed.
pub fn remove_damaged(store: &Store, ids: &[SnapshotId]) -> Result<Removed> {
    store.allow(Access::Delete)?;
    let settings = store.settings();
    let mut records = Vec::with_capacity(ids.len());
    for id in ids {
        match store.snapshot(*id) {
            Err(problem) if problem.is(ProblemKind::Damaged) => {}
            Err(problem) => return Err(problem),
            Ok(_) => {
                return Err(Problem::failed(format!("snapshot {} can be read after all", id.short()))
                    .hint("run the command again"));
            }
        }
        records.push(Record::forget_unread(settings.now().secs, settings.host.clone(), *id));
    }
    forget(store, records, ids.to_vec())
}

/// The forget records are there before the first snapshot goes, if there is room for them.
fn forget(store: &Store, records: Vec<Record>, ids: Vec<SnapshotId>) -> Result<Removed> {
    let storage = store.storage();
    let snapshots: Vec<_> = ids.into_iter().map(names::snapshot).collect();
    let note = || store.put_records(names::RECORDS, &records).and_then(|()| storage.barrier());
    match note() {
        Err(problem) if problem.is(ProblemKind::NoSpace) => {
            storage.delete_batch(&snapshots)?;
            match note() {
                Err(problem) if problem.is(ProblemKind::NoSpace) => Ok(Removed::Unnoted),
                noted => noted.map(|()| Removed::Noted),
            }
        }
        noted => {
            noted?;
            storage.delete_batch(&snapshots)?;
            Ok(Removed::Noted)
        }
    }
}
