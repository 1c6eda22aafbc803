//! Searching without an index: snapshot by snapshot, item by item.

use std::collections::BTreeMap;

use larder_engine::{Facts, Filter, Patterns, SnapshotInfo};
use larder_model::{SnapshotId, Time, TreePath};

use super::{Found, Hit};
use crate::{
    app::{App, Stop},
    failure::Failure,
    parameters::bad_cursor,
    shapes::Entry,
};

/// A walk ends with so many different hits; who wants more has to ask more precisely.
const HITS_MAX: usize = 10_000;

/// By path, and of one path the newest first.
type Version = (TreePath, std::cmp::Reverse<Option<Time>>, u8, u64);

pub fn run(
    app: &App,
    stop: &Stop,
    (patterns, filter): (&Patterns, &Filter),
    snapshots: &[SnapshotInfo],
    cursor: Option<&str>,
    limit: usize,
) -> Result<Found, Failure> {
    let start: usize = cursor.map_or(Ok(0), |text| text.parse().map_err(|_| bad_cursor()))?;
    let mut found = Found { snapshots: snapshots.len() as u64, ..Found::default() };
    let mut hits: BTreeMap<Version, (Entry, SnapshotId, u64)> = BTreeMap::new();
    for snapshot in snapshots {
        let tree = app.reader.tree(snapshot).map_err(|problem| app.failure(&problem))?;
        let walked = tree.walk(&TreePath::top(), &mut |path, node| {
            stop.check()?;
            found.entries += 1;
            let facts = Facts::of(&node.entry);
            if !filter.accepts(&facts) || !patterns.match_path(path) {
                return Ok(());
            }
            let version = (path.clone(), std::cmp::Reverse(facts.mtime), facts.kind as u8, facts.size);
            if let Some((_, _, count)) = hits.get_mut(&version) {
                *count += 1;
            } else if hits.len() < HITS_MAX {
                hits.insert(version, (Entry::of(path, node), snapshot.id, 1));
            }
            Ok(())
        });
        walked.map_err(|problem| app.failure(&problem))?;
    }
    let total = hits.len();
    let part = hits.into_values().skip(start).take(limit);
    found.hits = part.map(|(entry, snapshot, snapshots)| Hit { entry, snapshot, snapshots }).collect();
    let end = start.saturating_add(found.hits.len());
    found.next = (end < total).then(|| end.to_string());
    found.total = (total < HITS_MAX).then_some(total as u64);
    Ok(found)
}
