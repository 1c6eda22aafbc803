//! Removing snapshots. Space comes back with gc.

use larder_format::{config::Access, records::Record};
use larder_model::{Origin, Result};

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
    store.storage().barrier()?;
    snapshots.iter().try_for_each(|snapshot| store.storage().delete(&names::snapshot(snapshot.id)))
}
