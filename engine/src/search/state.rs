//! An index as it is at one moment: readers hold on to one while a builder makes the next.

use std::{collections::HashMap, fs, path::Path, sync::Arc};

use larder_format::secret::Secret;
use larder_model::{ProblemKind, Result, SnapshotId};

use super::{
    chain::Chain,
    manifest::Manifest,
    place::manifest_file,
    segment::{Segment, unreadable},
};
use crate::SnapshotInfo;

/// How often a reader looks again when a builder has removed what it was about to open.
const TRIES: u32 = 5;

pub(super) struct State {
    pub manifest: Manifest,
    pub segments: Vec<Arc<Segment>>,
    pub chains: Vec<Chain>,
    pub ordinals: HashMap<SnapshotId, u32>,
    /// By ordinal: where the snapshot stands among those of the store, the oldest first. `None` for one that was removed.
    pub ranks: Vec<Option<u32>>,
}

impl State {
    pub fn empty() -> Self {
        Self::new(Manifest::new(), Vec::new())
    }

    pub fn new(manifest: Manifest, segments: Vec<Arc<Segment>>) -> Self {
        let (chains, ordinals) = (Chain::all(&manifest), manifest.ordinals());
        Self { ranks: vec![None; manifest.snapshots.len()], manifest, segments, chains, ordinals }
    }

    /// What lies in the folder; `None` when nothing does. Segments that `known` has open are not opened again.
    pub fn load(folder: &Path, key: &Secret, known: &Self) -> Result<Option<Self>> {
        let mut tries_left = TRIES;
        loop {
            let file = match fs::read(manifest_file(folder)) {
                Ok(file) => file,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(unreadable(&error)),
            };
            let manifest = Manifest::decode(&file, key)?;
            tries_left -= 1;
            match open_all(folder, key, &manifest, known) {
                Err(problem) if problem.is(ProblemKind::NotFound) && tries_left > 0 => {}
                segments => return Ok(Some(Self::new(manifest, segments?))),
            }
        }
    }

    /// The same index, with the snapshots that the store has now.
    pub fn with_live(mut self, snapshots: &[SnapshotInfo]) -> Self {
        self.ranks.fill(None);
        for (snapshot, rank) in snapshots.iter().zip(0..) {
            if let Some(ordinal) = self.ordinals.get(&snapshot.id) {
                self.ranks[*ordinal as usize] = Some(rank);
            }
        }
        self
    }

    pub fn knows(&self, id: &SnapshotId) -> bool {
        self.ordinals.contains_key(id)
    }

    /// Paths in all segments.
    pub fn paths(&self) -> u64 {
        self.manifest.segments.iter().map(|segment| segment.paths).sum()
    }
}

fn open_all(folder: &Path, key: &Secret, manifest: &Manifest, known: &State) -> Result<Vec<Arc<Segment>>> {
    let open = |info: &_| match known.segments.iter().find(|segment| segment.info == *info) {
        Some(segment) => Ok(segment.clone()),
        None => Segment::open(folder, key, *info).map(Arc::new),
    };
    manifest.segments.iter().map(open).collect()
}
