//! Items without bytes, and the attributes of all items.

use std::sync::atomic::Ordering::Relaxed;

use larder_connect::Folder;
use larder_format::{
    keys::BlobKind,
    page::{Content, LongXattr, Node},
};
use larder_model::{Entry, Result, Skip};

use super::{LeafWorker, missing::tagged};
use crate::{
    Fate,
    backup::unchanged::{is_unchanged, may_refer_to_xattrs},
};

/// Longer values of extended attributes are blobs, so that pages stay small.
const XATTR_INLINE_LEN_MAX: usize = 512;

impl LeafWorker<'_> {
    /// A node of something without bytes. Extended attributes are the parent's when nothing about it has changed.
    pub(super) fn described(&mut self, folder: &dyn Folder, mut entry: Entry, parent: Option<Node>) -> Result<Node> {
        let shared = self.shared;
        let is_on_the_way = self.is_on_the_way(folder, &entry);
        let counter = if is_on_the_way { &shared.tally.way } else { &shared.tally.others };
        counter.fetch_add(1, Relaxed);
        let fate = if parent.is_some() { Fate::Changed } else { Fate::New };
        if let Some(parent) = parent
            && is_unchanged(&entry, &parent.entry, shared.options)
            && may_refer_to_xattrs(shared.run, &parent)?
        {
            if !is_on_the_way {
                self.done(Fate::Unchanged, folder, &entry);
            }
            entry.meta.xattrs = parent.entry.meta.xattrs;
            return Ok(Node { entry, content: Content::Nothing, long_xattrs: parent.long_xattrs });
        }
        if !is_on_the_way {
            self.done(fate, folder, &entry);
        }
        let name = entry.name.clone();
        if let Err(problem) = folder.details(&name, &mut entry.meta, &mut |skip| shared.ledger.add(&skip)) {
            let path = folder.path().child(&name);
            let skip = Skip::note(path, "attributes", format!("its extended attributes cannot be read: {problem}"));
            shared.ledger.add(&tagged(skip, &problem));
        }
        self.with_long_xattrs(Node::new(entry, Content::Nothing))
    }

    /// Moves long values of extended attributes into blobs of their own.
    pub(super) fn with_long_xattrs(&mut self, mut node: Node) -> Result<Node> {
        let xattrs = &mut node.entry.meta.xattrs;
        if xattrs.iter().all(|xattr| xattr.value.len() <= XATTR_INLINE_LEN_MAX) {
            return Ok(node);
        }
        for xattr in std::mem::take(xattrs) {
            if xattr.value.len() <= XATTR_INLINE_LEN_MAX {
                xattrs.push(xattr);
                continue;
            }
            let value = self.worker.put(BlobKind::Page, &xattr.value)?;
            node.long_xattrs.push(LongXattr { name: xattr.name, value, len: xattr.value.len() as u32 });
        }
        Ok(node)
    }
}
