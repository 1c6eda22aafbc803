//! Removing snapshots. Space comes back with gc.

use larder_format::{config::Access, records::Record};
use larder_model::Result;

use crate::{SnapshotInfo, Store, names};

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
