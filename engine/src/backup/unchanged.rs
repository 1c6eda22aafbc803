//! When a file need not be read again.

use larder_format::{keys::BlobKind, page::Node};
use larder_model::{Entry, Flags, ProblemKind, Result};

use super::BackupOptions;
use crate::{
    run::{Run, Worker},
    trace::{Seen, trace_node},
};

/// True when kind, size, times and inode are those of the parent's entry, and nothing casts doubt on that one.
pub(super) fn is_unchanged(entry: &Entry, parent: &Entry, options: &BackupOptions) -> bool {
    let doubtful = Flags::RACY.with(Flags::CHANGED).with(Flags::STALE).with(Flags::PARTIAL);
    let (now, then) = (&entry.meta, &parent.meta);
    entry.kind == parent.kind
        && !then.flags.has(doubtful)
        && now.mtime.is_some()
        && now.size == then.size
        && now.mtime == then.mtime
        && (options.ignore_ctime || now.ctime == then.ctime)
        && (options.ignore_inode || now.stamp == then.stamp)
        && now.fingerprint == then.fingerprint
}

/// True when a file that was read again is as long as the parent says and its bytes lie in the same place.
pub(super) fn has_same_content(node: &Node, parent: &Node) -> bool {
    node.entry.kind == parent.entry.kind
        && node.entry.meta.size == parent.entry.meta.size
        && node.content == parent.content
}

/// True when new references to all that the node of a file refers to are safe. Only while marks exist does this look at each.
pub(super) fn may_refer(run: &Run, node: &Node) -> Result<bool> {
    if run.library.index.is_unmarked() {
        return Ok(true);
    }
    let mut safe = true;
    let traced = trace_node(run.library, node, &mut Seen::default(), &mut |kind, id| {
        safe = safe && run.may_refer(kind, id)?;
        Ok(())
    });
    // A tree that cannot be walked is no tree to refer to.
    Ok(traced.is_ok() && safe)
}

/// True when new references to the long extended attributes of a node are safe.
pub(super) fn may_refer_to_xattrs(run: &Run, node: &Node) -> Result<bool> {
    for xattr in &node.long_xattrs {
        if !run.may_refer(BlobKind::Page, &xattr.value)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes new references to a node and all below it safe, for a source that cannot be asked again: what is marked is stored once
/// more. False when some of it is gone or damaged.
pub(super) fn make_safe(run: &Run, worker: &mut Worker, node: &Node) -> Result<bool> {
    if run.library.index.is_unmarked() {
        return Ok(true);
    }
    let stored = trace_node(run.library, node, &mut Seen::default(), &mut |kind, id| {
        if run.may_refer(kind, id)? {
            return Ok(());
        }
        let bytes = run.library.blob(kind, id)?;
        worker.put_named(kind, id, &bytes)
    });
    match stored {
        Ok(()) => Ok(true),
        Err(problem) if problem.is(ProblemKind::Damaged) || problem.is(ProblemKind::NotFound) => Ok(false),
        Err(problem) => Err(problem),
    }
}
