//! The paths that a query finds, one after another, with the versions that they had.

use std::{cmp::Ordering, ops::Range, sync::Arc};

use larder_model::{Result, SnapshotId};

use super::{
    Query,
    facts::{Facts, Row},
    lookup::Lookup,
    paths::walk_order,
    scan::{Scan, Sought},
    state::State,
};

/// An origin and a path.
type Place = (u32, Box<[u8]>);

/// A path with what it was.
pub(super) struct Match {
    pub origin: u32,
    pub path: Box<[u8]>,
    /// Those that the filter accepts, the newest first.
    pub versions: Vec<Version>,
}

pub(super) struct Version {
    pub facts: Facts,
    /// The ordinal of the newest wanted snapshot that holds it.
    pub newest: u32,
    /// Wanted snapshots that hold it.
    pub count: u64,
    /// Where in the origin's chain they are.
    pub held: Vec<Range<u32>>,
}

pub(super) enum Step {
    Match(Match),
    /// So many blocks were read as the query allows. Everything before this place was searched.
    Break {
        origin: u32,
        path: Box<[u8]>,
    },
    End,
}

pub(super) struct Matches<'q> {
    state: Arc<State>,
    sought: Sought<'q>,
    scans: Vec<Scan>,
    lookups: Vec<Lookup>,
    /// By ordinal, how new a snapshot is; `None` for one that is not wanted.
    wanted: Vec<Option<u32>>,
    blocks_max: u64,
    rows: Vec<Row>,
    scratch: Vec<Option<u32>>,
}

impl<'q> Matches<'q> {
    pub fn new(state: Arc<State>, query: &Query<'q>, from: Option<(u32, Vec<u8>)>, threads: usize) -> Self {
        let wanted = wanted(&state, query);
        let mut sought = Sought::new(query.patterns, query.filter, threads);
        sought.origins = vec![false; state.manifest.origins.len()];
        for (snapshot, _) in state.manifest.snapshots.iter().zip(&wanted).filter(|(_, rank)| rank.is_some()) {
            sought.origins[snapshot.origin as usize] = true;
        }
        sought.ordinal_max = wanted.iter().rposition(Option::is_some).unwrap_or_default() as u32;
        sought.from = from;
        Self {
            scans: state.segments.iter().cloned().map(Scan::new).collect(),
            lookups: state.segments.iter().cloned().map(Lookup::new).collect(),
            state,
            sought,
            wanted,
            blocks_max: query.blocks_max.unwrap_or(u64::MAX),
            rows: Vec::new(),
            scratch: Vec::new(),
        }
    }

    pub fn blocks_read(&self) -> u64 {
        let scanned: u64 = self.scans.iter().map(Scan::blocks_read).sum();
        scanned + self.lookups.iter().map(Lookup::blocks_read).sum::<u64>()
    }

    pub fn next(&mut self) -> Result<Step> {
        loop {
            let Some((index, (origin, path))) = self.least()? else { return Ok(Step::End) };
            if self.scans[index].peek().is_none() {
                // Blocks that come next may hold something before all that was found.
                if self.blocks_read() >= self.blocks_max && self.sought.is_after_start(origin, &path) {
                    return Ok(Step::Break { origin, path });
                }
                self.scans[index].fill(&self.sought)?;
                continue;
            }
            for scan in &mut self.scans {
                if scan.peek() == Some((origin, &path)) {
                    scan.pass();
                }
            }
            let versions = self.versions(origin, &path)?;
            if !versions.is_empty() {
                return Ok(Step::Match(Match { origin, path, versions }));
            }
        }
    }

    /// The scan whose next path, or next unread block, comes first, and where that is. Of one place, the unread block counts.
    fn least(&mut self) -> Result<Option<(usize, Place)>> {
        for scan in &mut self.scans {
            scan.prepare(&self.sought)?;
        }
        let places = self.scans.iter().enumerate().filter_map(|(index, scan)| Some((index, scan.place()?)));
        let least = places.min_by(|(a, at_a), (b, at_b)| {
            let is_found = |index: &usize| self.scans[*index].peek().is_some();
            order(*at_a, *at_b).then_with(|| is_found(a).cmp(&is_found(b)))
        });
        Ok(least.map(|(index, (origin, path))| (index, (origin, path.into()))))
    }

    fn versions(&mut self, origin: u32, path: &[u8]) -> Result<Vec<Version>> {
        self.rows.clear();
        for lookup in &mut self.lookups {
            self.rows.extend_from_slice(lookup.rows(origin, path)?);
        }
        self.rows.sort_by_key(|row| row.ordinal);
        let chain = &self.state.chains[origin as usize];
        let (rows, wanted, filter) = (&self.rows, &self.wanted, self.sought.filter);
        let mut versions: Vec<Version> = Vec::new();
        // Of the row that the state before came from.
        let mut last: Option<(usize, usize)> = None;
        chain.states(rows, &mut self.scratch, |place, row| {
            let ordinal = chain.ordinals[place];
            let Some(rank) = wanted[ordinal as usize] else { return };
            let Some((row, facts)) = row.and_then(|row| Some((row, rows[row].facts?))) else { return };
            let index = match last {
                Some((of, index)) if of == row => index,
                _ if !filter.accepts(&facts) => return,
                _ => versions.iter().position(|version| version.facts == facts).unwrap_or_else(|| {
                    versions.push(Version { facts, newest: ordinal, count: 0, held: Vec::new() });
                    versions.len() - 1
                }),
            };
            last = Some((row, index));
            let version = &mut versions[index];
            version.count += 1;
            if wanted[version.newest as usize] < Some(rank) {
                version.newest = ordinal;
            }
            let place = place as u32;
            match version.held.last_mut() {
                Some(range) if range.end == place => range.end += 1,
                _ => version.held.push(place..place + 1),
            }
        });
        versions.sort_by_key(|version| version.facts.order());
        Ok(versions)
    }
}

fn order(a: (u32, &[u8]), b: (u32, &[u8])) -> Ordering {
    a.0.cmp(&b.0).then_with(|| walk_order(a.1, b.1))
}

fn wanted(state: &State, query: &Query) -> Vec<Option<u32>> {
    let is_wanted = |id: &SnapshotId, origin: u32| {
        query.snapshots.is_none_or(|ids| ids.contains(id))
            && query.origin.is_none_or(|wanted| state.manifest.origins[origin as usize] == wanted)
    };
    let snapshots = state.manifest.snapshots.iter().zip(&state.ranks);
    snapshots.map(|(snapshot, rank)| rank.filter(|_| is_wanted(&snapshot.id, snapshot.origin))).collect()
}
