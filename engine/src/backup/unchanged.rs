//! When a file need not be read again.

use larder_format::{
    keys::BlobKind,
    page::{Chunk, Content},
};
use larder_model::{Entry, Flags, Result};

use super::BackupOptions;
use crate::{content, run::Run};

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

/// True when new references to all blobs of `content` are safe. Only while marks exist does this look at each.
pub(super) fn may_refer(run: &Run, content: &Content) -> Result<bool> {
    if run.library.index.is_unmarked() {
        return Ok(true);
    }
    match content {
        Content::Nothing | Content::Folder { .. } => Ok(true),
        Content::Blob(id) | Content::Slice { blob: id, .. } => run.may_refer(BlobKind::Content, id),
        Content::Tree(root) => {
            let mut safe = true;
            let walked = content::walk(run.library, *root, &mut |chunk| {
                if let Chunk::Data { id, .. } = chunk {
                    safe &= run.may_refer(BlobKind::Content, &id)?;
                }
                Ok(())
            });
            // The tree's own pages must be there too; a tree that cannot be walked is no tree to refer to.
            Ok(walked.is_ok() && safe && run.may_refer(BlobKind::Page, &root.id)?)
        }
    }
}
