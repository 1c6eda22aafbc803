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
    let forget = |snapshot: &SnapshotInfo| {
        let (origin, sequence) = (snapshot.record.origin(), snapshot.record.sequence);
        Record::forget(settings.now().secs, settings.host.clone(), snapshot.id, origin, sequence)
    };
    remove_all(store, snapshots.iter().map(|snapshot| (snapshot.id, forget(snapshot))))
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
    }
    let forget = |id: SnapshotId| Record::forget_unread(settings.now().secs, settings.host.clone(), id);
    remove_all(store, ids.iter().map(|id| (*id, forget(*id))))
}

/// The forget records are there before the first snapshot goes, unless there is no room for them.
fn remove_all(store: &Store, removals: impl Iterator<Item = (SnapshotId, Record)>) -> Result<()> {
    let mut noted = Vec::new();
    for (id, record) in removals {
        match store.put_record(names::RECORDS, &record) {
            Ok(_) => noted.push(id),
            Err(problem) if problem.is(ProblemKind::NoSpace) => {
                delete(store, noted.drain(..))?;
                remove_first(store, id, &record)?;
            }
            Err(problem) => return Err(problem),
        }
    }
    delete(store, noted)
}

fn delete(store: &Store, ids: impl IntoIterator<Item = SnapshotId>) -> Result<()> {
    store.storage().barrier()?;
    ids.into_iter().try_for_each(|id| store.storage().delete(&names::snapshot(id)))
}

/// On a full storage the record takes the snapshot's own room. What ends in between leaves a snapshot that is gone without a record:
/// `check` tells of it, as of one that was lost. It is never put back: gc may have seen by then that nobody needs its packs.
fn remove_first(store: &Store, id: SnapshotId, record: &Record) -> Result<()> {
    store.storage().delete(&names::snapshot(id))?;
    let noted = store.put_record(names::RECORDS, record).and_then(|_| store.storage().barrier());
    noted.map_err(|problem| {
        problem.context(format_args!("snapshot {} is removed, but that cannot be noted", id.short())).hint(
            "`larder check` will call it lost; make some room there and let it take note: larder check --accept-lost",
        )
    })
}
