//! Merging segments: what several say of a path comes together in one. When all are merged, what is told of removed snapshots only can
//! go.

use std::sync::Arc;

use larder_model::Result;

use super::{
    chain::Chain,
    facts::Row,
    manifest::{Indexed, Manifest},
    segment::Segment,
    state::State,
    stream::Stream,
    writer::SegmentWriter,
};
use crate::Interrupt;

/// Paths between two looks at the interrupt.
const LOOK_AFTER: u32 = 1 << 14;

/// Puts everything of `segments` into `writer`. `rewrite` may change the rows of a path, or leave none.
pub(super) fn merge(
    segments: &[Arc<Segment>],
    writer: &mut SegmentWriter,
    rewrite: &mut dyn FnMut(u32, &mut Vec<Row>),
    interrupt: &Interrupt,
) -> Result<()> {
    let mut streams = segments.iter().cloned().map(Stream::open).collect::<Result<Vec<_>>>()?;
    let (mut rows, mut path, mut until_look) = (Vec::new(), Vec::new(), LOOK_AFTER);
    loop {
        streams.retain(|stream| !stream.is_over());
        let Some(least) = streams.iter().min_by(|a, b| a.order(b)) else { return Ok(()) };
        let origin = least.origin();
        path.clear();
        path.extend_from_slice(least.path());
        rows.clear();
        for stream in &mut streams {
            if stream.origin() == origin && stream.path() == path {
                rows.extend_from_slice(stream.rows());
                stream.go_on()?;
            }
        }
        rows.sort_by_key(|row| row.ordinal);
        rewrite(origin, &mut rows);
        if !rows.is_empty() {
            writer.push(origin, &path, &rows)?;
        }
        until_look -= 1;
        if until_look == 0 {
            interrupt.check()?;
            until_look = LOOK_AFTER;
        }
    }
}

/// How an index looks without the snapshots that were removed: the others follow each other, origin by origin.
pub(super) struct Compaction {
    pub manifest: Manifest,
    /// By old ordinal.
    renumbered: Vec<Option<u32>>,
    scratch: Vec<Option<u32>>,
}

impl Compaction {
    pub fn of(state: &State) -> Self {
        let old = &state.manifest;
        let mut manifest = Manifest { snapshots: Vec::new(), segments: Vec::new(), ..old.clone() };
        let mut renumbered = vec![None; old.snapshots.len()];
        let mut newest: Vec<Option<u32>> = vec![None; old.origins.len()];
        for (ordinal, snapshot) in
            old.snapshots.iter().enumerate().filter(|(ordinal, _)| state.ranks[*ordinal].is_some())
        {
            let number = manifest.snapshots.len() as u32;
            let parent = newest[snapshot.origin as usize].replace(number);
            renumbered[ordinal] = Some(number);
            manifest.snapshots.push(Indexed { parent, ..snapshot.clone() });
        }
        Self { manifest, renumbered, scratch: Vec::new() }
    }

    /// The rows that tell the same of the snapshots that are left.
    pub fn rewrite(&mut self, chain: &Chain, rows: &mut Vec<Row>) {
        let mut kept = Vec::new();
        let mut before = None;
        chain.states(rows, &mut self.scratch, |place, row| {
            let Some(ordinal) = self.renumbered[chain.ordinals[place] as usize] else { return };
            let facts = row.and_then(|row| rows[row].facts);
            if facts != before {
                kept.push(Row { ordinal, facts });
                before = facts;
            }
        });
        *rows = kept;
    }
}

/// Which segments at the end are to be merged, so that each is at least twice as large as all after it: there are never more than the
/// logarithm of their size.
pub(super) fn due(sizes: &[u64]) -> usize {
    let Some((last, before)) = sizes.split_last() else { return 0 };
    let (mut first, mut sum) = (before.len(), *last);
    for (index, size) in before.iter().enumerate().rev() {
        if *size >= 2 * sum {
            break;
        }
        first = index;
        sum += size;
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_stay_few() {
        let mut sizes: Vec<u64> = vec![1_000_000];
        let mut moved = 0;
        for _ in 0..1000 {
            sizes.push(10);
            let first = due(&sizes);
            if first + 1 < sizes.len() {
                let sum: u64 = sizes.drain(first..).sum();
                moved += sum;
                sizes.push(sum);
            }
            assert!(sizes.len() <= 16, "{sizes:?}");
        }
        assert!(sizes[0] == 1_000_000 && moved < 10_000 * 16, "{moved}");
    }
}
