//! Whether two items are the same, and if not, in what.

use larder_format::page::{Content, Node};
use larder_model::{Entry, Kind, Metadata, Result};

use super::{Change, side::Item};
use crate::{
    blobs::Library,
    content::{Bytes, read_content},
    restore::same_content,
};

/// How the new item differs; `None` where it does not, or where a side has no entry of its own.
pub(super) fn compare(library: &Library, old: &Item, new: &Item) -> Result<Option<Change>> {
    let (Some(before), Some(after)) = (old.entry(), new.entry()) else { return Ok(None) };
    compare_entries(before, after, || same_bytes(library, old, new))
}

/// The same of two items of snapshots. What is in folders is not looked at.
pub(crate) fn compare_nodes(library: &Library, old: &Node, new: &Node) -> Result<Option<Change>> {
    compare_entries(&old.entry, &new.entry, || {
        Ok(old.entry.meta.size == new.entry.meta.size && same_blobs(library, old, new)?)
    })
}

fn compare_entries(before: &Entry, after: &Entry, same_bytes: impl FnOnce() -> Result<bool>) -> Result<Option<Change>> {
    if before.kind != after.kind {
        return Ok(Some(Change::Kind));
    }
    if before.kind == Kind::File && !same_bytes()? || !same_nature(before, after) {
        return Ok(Some(Change::Modified));
    }
    Ok((!same_metadata(before, after)).then_some(Change::Metadata))
}

fn same_bytes(library: &Library, old: &Item, new: &Item) -> Result<bool> {
    let size = |item: &Item| item.entry().map(|entry| entry.meta.size);
    if size(old) != size(new) {
        return Ok(false);
    }
    match (old, new) {
        (Item::Node(old), Item::Node(new)) => same_blobs(library, old, new),
        (Item::Node(node), Item::Found { folder, entry }) | (Item::Found { folder, entry }, Item::Node(node)) => {
            same_content(library, node, folder.open(entry)?)
        }
        _ => Ok(true),
    }
}

/// Small files may be joined differently and still have the same bytes.
fn same_blobs(library: &Library, old: &Node, new: &Node) -> Result<bool> {
    if old.content == new.content {
        return Ok(true);
    }
    let is_joined = |node: &Node| matches!(node.content, Content::Slice { .. });
    if !is_joined(old) && !is_joined(new) {
        return Ok(false);
    }
    Ok(bytes(library, old)? == bytes(library, new)?)
}

fn bytes(library: &Library, node: &Node) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    read_content(library, node, &mut |piece| {
        if let Bytes::Data(data) = piece {
            bytes.extend_from_slice(data);
        }
        Ok(())
    })?;
    Ok(bytes)
}

/// A symlink's target and a device's number are its content.
fn same_nature(before: &Entry, after: &Entry) -> bool {
    before.meta.target == after.meta.target && before.meta.device == after.meta.device
}

fn same_metadata(before: &Entry, after: &Entry) -> bool {
    let (old, new) = (&before.meta, &after.meta);
    let owner = |meta: &Metadata| meta.owner.as_ref().map(|owner| (owner.uid, owner.gid));
    old.mode == new.mode && owner(old) == owner(new) && old.mtime == new.mtime && old.xattrs == new.xattrs
}
