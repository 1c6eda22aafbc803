//! Sequence numbers: each snapshot of an origin has one, and a removal leaves a record of it. A number that nothing accounts for
//! tells of a snapshot that was withheld or lost.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use larder_format::{
    config::Access,
    records::{Record, RecordKind},
};
use larder_model::{Origin, Problem, Result};

use super::{CheckReport, Finding};
use crate::{
    SnapshotInfo, Store,
    look::Look,
    names,
    store::{Listed, is_hash_name},
};

/// Numbers named in one finding.
const SHOWN_MAX: usize = 10;
/// Missing numbers of one origin that are looked for: a snapshot can claim any number.
const MISSING_MAX: usize = 1000;

/// The numbers that are accounted for.
pub(super) struct Numbers {
    of_origins: BTreeMap<Origin, BTreeSet<u64>>,
    /// Snapshots that were removed because they could not be read account for as many numbers: nobody knows which.
    removed_unread: usize,
}

impl Numbers {
    pub fn new(snapshots: &[SnapshotInfo], records: &[Listed<Record>]) -> Self {
        let mut of_origins: BTreeMap<Origin, BTreeSet<u64>> = BTreeMap::new();
        for info in snapshots {
            of_origins.entry(info.record.origin()).or_default().insert(info.record.sequence);
        }
        let mut removed_unread = HashSet::new();
        for Listed { record, .. } in records.iter().filter(|listed| listed.record.kind() == Some(RecordKind::Forget)) {
            match (record.origin(), record.sequence) {
                (Some(origin), Some(sequence)) => drop(of_origins.entry(origin).or_default().insert(sequence)),
                _ => removed_unread.extend(record.snapshot()),
            }
        }
        Self { of_origins, removed_unread: removed_unread.len() }
    }

    /// The numbers that nothing accounts for.
    fn missing(&self) -> Vec<(&Origin, Vec<u64>)> {
        let missing = |numbers: &BTreeSet<u64>| -> Vec<u64> {
            let last = numbers.last().copied().unwrap_or(0);
            (1..last).filter(|number| !numbers.contains(number)).take(MISSING_MAX).collect()
        };
        let all: Vec<_> = self.of_origins.iter().map(|(origin, numbers)| (origin, missing(numbers))).collect();
        if all.iter().map(|(_, gaps)| gaps.len()).sum::<usize>() <= self.removed_unread {
            return Vec::new();
        }
        all.into_iter().filter(|(_, gaps)| !gaps.is_empty()).collect()
    }

    pub fn report(&self, report: &mut CheckReport) {
        for (origin, gaps) in self.missing() {
            let shown: Vec<_> = gaps.iter().take(SHOWN_MAX).map(u64::to_string).collect();
            let more = if gaps.len() > SHOWN_MAX { " and more" } else { "" };
            let message = format!(
                "snapshots number {}{more} of this origin are gone, and nobody removed them; if they are lost for good, `larder check --accept-lost` \
                 takes note of it",
                shown.join(", ")
            );
            report.problems.push(Finding::new(format_args!("origin {origin}"), message));
        }
    }
}

/// Takes note of snapshots that are gone although nobody removed them, so that checks can pass again: a forget record of each.
/// Returns their origins and numbers.
pub fn accept_lost(store: &Store) -> Result<Vec<(Origin, u64)>> {
    store.allow(Access::Delete)?;
    let list = store.snapshots_at(Look::Now)?;
    if let Some((id, _)) = list.damaged.first() {
        // Its number is missing, too, and it may come back.
        return Err(Problem::damaged(format!("snapshot {} cannot be read, but it is not lost", id.short()))
            .hint("bring it back from a copy of the store, or remove it with `larder rm`, and try again"));
    }
    let records = store.list_records(names::RECORDS, Look::Now, is_hash_name, |_, _| Ok(()))?;
    let mut accepted = Vec::new();
    let settings = store.settings();
    for (origin, gaps) in Numbers::new(&list.snapshots, &records).missing() {
        for sequence in gaps {
            let record = Record::forget_lost(settings.now().secs, settings.host.clone(), origin.clone(), sequence);
            store.put_record(names::RECORDS, &record)?;
            accepted.push((origin.clone(), sequence));
        }
    }
    store.storage().barrier()?;
    Ok(accepted)
}
