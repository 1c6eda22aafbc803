//! All that a query finds, for those who show it snapshot by snapshot.

use std::{collections::HashMap, sync::Arc};

use larder_model::{SnapshotId, TreePath};

use super::{facts::Facts, matches::Match, state::State};

/// The paths found, with the snapshots that hold them.
pub struct Found {
    state: Arc<State>,
    /// By origin, in the order of a walk.
    by_origin: HashMap<u32, Vec<Match>>,
}

impl Found {
    pub(super) fn new(state: Arc<State>) -> Self {
        Self { state, by_origin: HashMap::new() }
    }

    pub(super) fn push(&mut self, found: Match) {
        self.by_origin.entry(found.origin).or_default().push(found);
    }

    /// What was found in one snapshot, in the order of a walk.
    pub fn in_snapshot(&self, id: &SnapshotId) -> impl Iterator<Item = (TreePath, Facts)> {
        let snapshot =
            self.state.ordinals.get(id).map(|ordinal| (*ordinal, &self.state.manifest.snapshots[*ordinal as usize]));
        let place = snapshot.and_then(|(ordinal, snapshot)| {
            let chain = &self.state.chains[snapshot.origin as usize];
            Some((snapshot.origin, chain.ordinals.binary_search(&ordinal).ok()? as u32))
        });
        let matches = place.and_then(|(origin, place)| Some((self.by_origin.get(&origin)?, place)));
        matches.into_iter().flat_map(|(matches, place)| {
            matches.iter().filter_map(move |found| {
                let holds = |range: &std::ops::Range<u32>| range.contains(&place);
                let version = found.versions.iter().find(|version| version.held.iter().any(holds))?;
                Some((TreePath::new(&found.path), version.facts))
            })
        })
    }
}
