//! What the source is told of the parent: its bookmark, and what has to be looked at again.

use std::collections::HashSet;

use larder_connect::{Again, Past};
use larder_format::{
    page::{Content, PageRef},
    snapshot::CheckpointKind,
};
use larder_model::{Class, Kind, ProblemKind, Result, TreePath};

use super::{
    BackupOptions,
    parent::History,
    unchanged::{make_safe, may_refer},
};
use crate::{
    SnapshotInfo,
    folder::FolderCursor,
    run::{Run, Uploader, Worker, hand_in_last},
    snapshots::ledger_in,
};

/// A connector's bookmark is no longer than this: a damaged or hostile one must not take the memory.
const CHECKPOINT_LEN_MAX: usize = 64 << 20;

/// What the parent tells. A parent that cannot be read tells nothing: the source lists everything, and that mends it.
pub(super) fn past(run: &Run, uploader: Option<&Uploader>, history: &History, options: &BackupOptions) -> Result<Past> {
    let Some(parent) = &history.parent else { return Ok(Past::default()) };
    match read(run, uploader, parent) {
        Err(problem) if problem.is(ProblemKind::Damaged) || problem.is(ProblemKind::NotFound) => Ok(Past::default()),
        // Every file is to be read, not only those that have changed.
        read => read.map(|past| Past { is_whole: past.is_whole && !options.rehash, ..past }),
    }
}

fn read(run: &Run, uploader: Option<&Uploader>, parent: &SnapshotInfo) -> Result<Past> {
    let Some((kind, reference)) = parent.record.checkpoint() else { return Ok(Past::default()) };
    let mut checkpoint = Vec::new();
    run.library.read_reference(reference, &mut |piece| {
        if checkpoint.len() + piece.len() > CHECKPOINT_LEN_MAX {
            return Err(larder_model::Problem::damaged("the parent's checkpoint is longer than any connector writes"));
        }
        checkpoint.extend_from_slice(piece);
        Ok(())
    })?;
    let mut again = from_ledger(run, parent)?;
    again.extend(lost(run, uploader, parent)?);
    Ok(Past { checkpoint: Some(checkpoint), is_whole: kind == CheckpointKind::Whole, again })
}

/// What the parent lacks, or has in an older version: tried again although the source may not name it.
fn from_ledger(run: &Run, parent: &SnapshotInfo) -> Result<Vec<Again>> {
    let mut paths = HashSet::new();
    ledger_in(run.library, parent, &mut |skip| {
        if skip.class == Class::Missing {
            paths.insert(skip.path);
        }
        Ok(())
    })?;
    let mut paths: Vec<_> = paths.into_iter().collect();
    paths.sort_unstable();
    Ok(paths.into_iter().map(|path| Again { path, entry: None }).collect())
}

/// Files of the parent whose content is damaged or about to be deleted. What can be read is stored once more at once, so that what is kept
/// of the parent is safe to refer to.
fn lost(run: &Run, uploader: Option<&Uploader>, parent: &SnapshotInfo) -> Result<Vec<Again>> {
    let mut lost = Vec::new();
    if run.library.index.is_unmarked() {
        return Ok(lost);
    }
    let mut worker = Worker::new(run, uploader);
    let mut path = TreePath::top();
    let mut open = vec![cursor(parent.record.root())];
    while let Some(level) = open.last_mut() {
        run.store().settings().interrupt.check()?;
        let Some(node) = level.next(run.library)? else {
            open.pop();
            path.pop();
            continue;
        };
        path.push(&node.entry.name);
        if node.entry.is_dir() {
            open.push(FolderCursor::new(node.content));
            continue;
        }
        if !may_refer(run, &node)? && !make_safe(run, &mut worker, &node)? {
            let entry = (node.entry.kind == Kind::File).then_some(node.entry);
            lost.push(Again { path: path.clone(), entry });
        }
        path.pop();
    }
    if let Some(uploader) = uploader {
        hand_in_last(run, uploader, vec![worker.finish()?])?;
    }
    Ok(lost)
}

fn cursor(root: Option<PageRef>) -> FolderCursor {
    FolderCursor::new(root.map_or(Content::Nothing, |root| Content::Folder { root, totals: Default::default() }))
}
