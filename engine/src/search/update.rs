//! Bringing an index up to date: what each new snapshot changed is added, and segments are merged so that they stay few.
//!
//! A snapshot is added whole or not at all; what was added stays when the next one fails or somebody interrupts. What is held in memory is
//! bounded: the changes of small snapshots are gathered, those of a large one go straight to a segment.

use std::{collections::HashSet, sync::Arc};

use larder_format::secret::Secret;
use larder_model::{ProblemKind, Result, SnapshotId};

use super::{
    changes::changes,
    facts::{Facts, Row},
    limits::Limits,
    manifest::{Indexed, Manifest},
    merge::{Compaction, due, merge},
    paths::walk_order,
    place::{remove_forgotten, replace_manifest, sweep},
    segment::Segment,
    state::State,
    writer::{SegmentInfo, SegmentWriter, failed},
};
use crate::{Amount, Interrupt, Monitor, SnapshotInfo, Store, blobs::Library};

/// Snapshots after which the manifest is written at the latest.
const SAVE_AFTER: usize = 64;
/// Told to the monitor at once.
const TOLD_AT_ONCE: u64 = 1000;

/// Calls what it is given with every path that changed, in the order of a walk, and with what it is now.
pub type Tell<'t> = dyn FnMut(&mut dyn FnMut(&[u8], Option<Facts>) -> Result<()>) -> Result<()> + 't;

/// A row of a snapshot, not yet in a segment.
struct Gathered {
    origin: u32,
    path: Box<[u8]>,
    row: Row,
}

/// Works on an index whose lock the caller holds.
pub(super) struct Builder<'b> {
    folder: &'b std::path::Path,
    key: &'b Secret,
    limits: Limits,
    interrupt: &'b Interrupt,
    monitor: &'b dyn Monitor,
    /// Is given every state that was saved.
    publish: &'b mut dyn FnMut(State),
    manifest: Manifest,
    segments: Vec<Arc<Segment>>,
    gathered: Vec<Gathered>,
    unsaved: usize,
}

impl<'b> Builder<'b> {
    pub fn new(
        (folder, key, limits): (&'b std::path::Path, &'b Secret, Limits),
        interrupt: &'b Interrupt,
        monitor: &'b dyn Monitor,
        state: &State,
        publish: &'b mut dyn FnMut(State),
    ) -> Self {
        Self {
            folder,
            key,
            limits,
            interrupt,
            monitor,
            publish,
            manifest: state.manifest.clone(),
            segments: state.segments.clone(),
            gathered: Vec::new(),
            unsaved: 0,
        }
    }

    /// Adds what of `snapshots`, which are all that there are, is not in the index; gives those that cannot be indexed.
    pub fn add_all(mut self, store: &Store, snapshots: &[SnapshotInfo]) -> Result<Vec<SnapshotId>> {
        let known: HashSet<SnapshotId> = self.manifest.snapshots.iter().map(|snapshot| snapshot.id).collect();
        let missing: Vec<_> = snapshots.iter().filter(|snapshot| !known.contains(&snapshot.id)).collect();
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let library = Library::open(store)?;
        let mut unreadable = Vec::new();
        for snapshot in missing {
            match self.add(&library, snapshots, snapshot) {
                Ok(()) => {}
                Err(problem) if problem.is(ProblemKind::Damaged) || problem.is(ProblemKind::Unsupported) => {
                    unreadable.push(snapshot.id);
                }
                Err(problem) => {
                    // What is there already is of use next time; the problem is what counts.
                    drop(self.save());
                    return Err(problem);
                }
            }
        }
        self.save()?;
        Ok(unreadable)
    }

    fn add(&mut self, library: &Library, all: &[SnapshotInfo], new: &SnapshotInfo) -> Result<()> {
        let origin = self.manifest.origin(&new.record.origin().to_string());
        let live = |id: &SnapshotId| all.iter().find(|snapshot| snapshot.id == *id);
        let of_origin = self.manifest.snapshots.iter().enumerate().rev().filter(|(_, it)| it.origin == origin);
        let parent = of_origin.filter_map(|(ordinal, it)| Some((ordinal as u32, live(&it.id)?))).next();
        let mut feed = |each: &mut dyn FnMut(&[u8], Option<Facts>) -> Result<()>| {
            changes(library, parent.map(|(_, snapshot)| snapshot), new, each)
        };
        self.add_rows(origin, new.id, parent.map(|(ordinal, _)| ordinal), &mut feed)
    }

    /// Adds a snapshot whose changes `feed` tells, in the order of a walk.
    fn add_rows(&mut self, origin: u32, id: SnapshotId, parent: Option<u32>, feed: &mut Tell) -> Result<()> {
        let ordinal = self.manifest.snapshots.len() as u32;
        let before = self.gathered.len();
        let mut writer: Option<SegmentWriter> = None;
        let mut told = 0;
        let (folder, key, limits, monitor) = (self.folder, self.key, self.limits, self.monitor);
        let gathered = &mut self.gathered;
        let fed = feed(&mut |path, facts| {
            told += 1;
            if told % TOLD_AT_ONCE == 0 {
                monitor.advance(Amount { files: TOLD_AT_ONCE, bytes: 0 });
            }
            let row = Row { ordinal, facts };
            if let Some(writer) = &mut writer {
                return writer.push(origin, path, &[row]);
            }
            gathered.push(Gathered { origin, path: path.into(), row });
            if gathered.len() - before < limits.gathered_rows {
                return Ok(());
            }
            let mut new = SegmentWriter::create(folder, key, limits)?;
            gathered.drain(before..).try_for_each(|row| new.push(row.origin, &row.path, &[row.row]))?;
            writer = Some(new);
            Ok(())
        });
        let written = fed.and_then(|()| writer.map(SegmentWriter::finish).transpose());
        let segment = written.inspect_err(|_| self.gathered.truncate(before))?;
        if let Some(segment) = segment {
            self.flush()?;
            self.take(segment)?;
        }
        self.manifest.snapshots.push(Indexed { id, origin, parent });
        self.unsaved += 1;
        if self.gathered.len() >= self.limits.gathered_rows || self.unsaved >= SAVE_AFTER || segment.is_some() {
            self.save()?;
        }
        Ok(())
    }

    /// Makes a segment of what was gathered.
    fn flush(&mut self) -> Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let mut rows = std::mem::take(&mut self.gathered);
        rows.sort_by(|a, b| {
            a.origin.cmp(&b.origin).then_with(|| walk_order(&a.path, &b.path)).then(a.row.ordinal.cmp(&b.row.ordinal))
        });
        let mut writer = SegmentWriter::create(self.folder, self.key, self.limits)?;
        for of_path in rows.chunk_by(|a, b| a.origin == b.origin && a.path == b.path) {
            let rows: Vec<Row> = of_path.iter().map(|gathered| gathered.row).collect();
            writer.push(of_path[0].origin, &of_path[0].path, &rows)?;
        }
        let segment = writer.finish()?;
        self.take(segment)
    }

    fn take(&mut self, segment: SegmentInfo) -> Result<()> {
        self.segments.push(Arc::new(Segment::open(self.folder, self.key, segment)?));
        let sizes: Vec<u64> = self.segments.iter().map(|segment| segment.info.paths).collect();
        let first = due(&sizes);
        if first + 1 < sizes.len() {
            let mut writer = SegmentWriter::create(self.folder, self.key, self.limits)?;
            merge(&self.segments[first..], &mut writer, &mut |_, _| (), self.interrupt)?;
            let merged = writer.finish()?;
            self.segments.truncate(first);
            self.segments.push(Arc::new(Segment::open(self.folder, self.key, merged)?));
        }
        Ok(())
    }

    /// Writes the manifest: from now on others see what was added.
    pub fn save(&mut self) -> Result<()> {
        self.flush()?;
        if self.unsaved == 0 {
            return Ok(());
        }
        self.manifest.segments = self.segments.iter().map(|segment| segment.info).collect();
        replace_manifest(self.folder, &self.manifest.encode(self.key)?).map_err(|error| failed(&error))?;
        self.unsaved = 0;
        let named: HashSet<String> = self
            .segments
            .iter()
            .map(|segment| segment.id().iter().map(|byte| format!("{byte:02x}")).collect())
            .collect();
        sweep(self.folder, &|id| named.contains(id));
        remove_forgotten(self.folder);
        (self.publish)(State::new(self.manifest.clone(), self.segments.clone()));
        Ok(())
    }
}

/// Whether so many of the snapshots that an index knows are gone that it is to be compacted.
pub(super) fn is_mostly_dead(state: &State, limits: Limits) -> bool {
    let dead = state.ranks.iter().filter(|rank| rank.is_none()).count();
    dead > limits.dead_snapshots.max(state.ranks.len() - dead)
}

impl Builder<'_> {
    /// Adds a snapshot that follows the last one of its origin, and saves it.
    pub fn feed(mut self, origin: &str, id: SnapshotId, tell: &mut Tell) -> Result<()> {
        let origin = self.manifest.origin(origin);
        let parent = self.manifest.snapshots.iter().rposition(|snapshot| snapshot.origin == origin);
        self.add_rows(origin, id, parent.map(|ordinal| ordinal as u32), tell)?;
        self.save()
    }

    /// Leaves out what is told of removed snapshots only.
    pub fn compact(&mut self, state: &State) -> Result<()> {
        let mut compaction = Compaction::of(state);
        let mut writer = SegmentWriter::create(self.folder, self.key, self.limits)?;
        let mut rewrite = |origin: u32, rows: &mut Vec<Row>| {
            compaction.rewrite(&state.chains[origin as usize], rows);
        };
        merge(&state.segments, &mut writer, &mut rewrite, self.interrupt)?;
        let segment = Segment::open(self.folder, self.key, writer.finish()?)?;
        self.manifest = compaction.manifest;
        self.segments = vec![Arc::new(segment)];
        self.unsaved += 1;
        self.save()
    }
}
