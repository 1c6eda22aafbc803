//! Removing snapshots. Space comes back with gc.

use larder_format::{config::Access, records::Record};
use larder_model::{Origin, Problem, ProblemKind, Result, SnapshotId};

use crate::{
    SnapshotInfo, Store, names,
    store::{Listed, is_hash_name},
};

impl Store {
    /// Snapshots that were removed on purpose: origin and sequence number of each.
    pub fn forgotten(&self) -> Result<Vec<(Origin, u64)>> {
        let records: Vec<Listed<Record>> = self.list_records(names::RECORDS, is_hash_name, |_, _| Ok(()))?;
        let own = |listed: Listed<Record>| Some((listed.record.origin()?, listed.record.sequence?));
        Ok(records.into_iter().filter_map(own).collect())
    }
}

/// Removes snapshots. A forget record of each comes first, so that `check` can tell a removal from a loss.
pub fn remove(store: &Store, snapshots: &[SnapshotInfo]) -> Result<()> {
    store.allow(Access::Delete)?;
    let settings = store.settings();
    for snapshot in snapshots {
        let record = Record::forget(
            settings.now().secs,
            settings.host.clone(),
            snapshot.id,
            snapshot.record.origin(),
            snapshot.record.sequence,
        );
        store.put_record(names::RECORDS, &record)?;
    }
    delete(store, snapshots.iter().map(|snapshot| snapshot.id))
}

/// Removes snapshots whose records are damaged: nothing else would let gc work again. One that turns out readable is refused, so
/// that no removal goes without the origin and number of what it removed.
pub fn remove_damaged(store: &Store, ids: &[SnapshotId]) -> Result<()> {
    store.allow(Access::Delete)?;
    let settings = store.settings();
    for id in ids {
        match store.snapshot(*id) {
            Err(problem) if problem.is(ProblemKind::Damaged) => {}
            Err(problem) => return Err(problem),
            Ok(_) => {
                return Err(Problem::failed(format!("snapshot {} can be read after all", id.short()))
                    .hint("run the command again"));
            }
        }
        store.put_record(names::RECORDS, &Record::forget_unread(settings.now().secs, settings.host.clone(), *id))?;
    }
    delete(store, ids.iter().copied())
}

/// The forget records are there before the first snapshot goes.
fn delete(store: &Store, ids: impl IntoIterator<Item = SnapshotId>) -> Result<()> {
    store.storage().barrier()?;
    ids.into_iter().try_for_each(|id| store.storage().delete(&names::snapshot(id)))
}
