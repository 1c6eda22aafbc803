//! In which snapshots a path is as its rows say: the history of one origin, and the way from rows to states.

use super::{facts::Row, manifest::Manifest};

/// The snapshots of one origin, in the order of their ordinals.
#[derive(Default)]
pub(super) struct Chain {
    pub ordinals: Vec<u32>,
    /// For each of them the place in the chain of what it was compared with.
    parents: Vec<Option<u32>>,
    /// Each was compared with the one before.
    is_linear: bool,
}

impl Chain {
    /// The chains of all origins.
    pub fn all(manifest: &Manifest) -> Vec<Self> {
        let mut chains: Vec<Self> = Vec::new();
        chains.resize_with(manifest.origins.len(), || Self { is_linear: true, ..Self::default() });
        for (ordinal, snapshot) in (0..).zip(&manifest.snapshots) {
            let chain = &mut chains[snapshot.origin as usize];
            let parent = snapshot.parent.and_then(|parent| chain.ordinals.binary_search(&parent).ok());
            let before = chain.ordinals.len().checked_sub(1);
            chain.is_linear &= parent == before;
            chain.ordinals.push(ordinal);
            chain.parents.push(parent.map(|place| place as u32));
        }
        chains
    }

    /// Calls `each` with the place of every snapshot of the chain and what the path is there: the number of a row. `rows` are in the
    /// order of their ordinals.
    pub fn states(&self, rows: &[Row], scratch: &mut Vec<Option<u32>>, mut each: impl FnMut(usize, Option<usize>)) {
        let mut next = 0;
        scratch.clear();
        let mut before = None;
        for (place, ordinal) in self.ordinals.iter().enumerate() {
            let own = rows.get(next).is_some_and(|row| row.ordinal == *ordinal);
            let inherited =
                if self.is_linear { before } else { self.parents[place].and_then(|parent| scratch[parent as usize]) };
            let state = if own { Some(next as u32) } else { inherited };
            next += usize::from(own);
            before = state;
            if !self.is_linear {
                scratch.push(state);
            }
            each(place, state.map(|row| row as usize));
        }
    }
}

#[cfg(test)]
mod tests {
    use larder_model::{Kind, SnapshotId};

    use super::{
        super::{facts::Facts, manifest::Indexed},
        *,
    };

    fn states(parents: &[Option<u32>], rows: &[(u32, u64)]) -> Vec<Option<u64>> {
        let mut manifest = Manifest::new();
        manifest.origin("a");
        let snapshot = |parent: &Option<u32>| Indexed { id: SnapshotId::default(), origin: 0, parent: *parent };
        manifest.snapshots = parents.iter().map(snapshot).collect();
        let rows: Vec<Row> = rows
            .iter()
            .map(|(ordinal, size)| Row {
                ordinal: *ordinal,
                facts: (*size > 0).then_some(Facts { kind: Kind::File, size: *size, mtime: None }),
            })
            .collect();
        let mut out = Vec::new();
        Chain::all(&manifest)[0].states(&rows, &mut Vec::new(), |_, row| {
            out.push(row.and_then(|row| rows[row].facts).map(|facts| facts.size));
        });
        out
    }

    #[test]
    fn a_state_holds_until_the_next_row() {
        let linear = [None, Some(0), Some(1), Some(2)];
        assert_eq!(states(&linear, &[(1, 5), (3, 0)]), [None, Some(5), Some(5), None]);
        // The third was compared with the first, and the fourth with the second.
        let forked = [None, Some(0), Some(0), Some(1)];
        assert_eq!(states(&forked, &[(0, 1), (1, 2)]), [Some(1), Some(2), Some(1), Some(2)]);
        assert_eq!(states(&[None, None], &[(0, 1)]), [Some(1), None]);
    }
}
