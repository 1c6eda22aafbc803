//! Leaf pages of a directory tree: entries, column by column.

use std::sync::Arc;

use larder_model::{BlobId, Device, Entry, Fingerprint, Flags, Kind, LinkId, Metadata, Owner, Stamp, Time, Xattr};

use super::{
    Content, LEVELS_MAX, LongXattr, Node, PageRef, Type,
    columns::{Columns, Optional, id, push},
    folder::{decode_names, read_totals},
    head, leaf_columns as write,
};
use crate::{FormatError, Result, wire::Reader};

/// A leaf over `nodes`, sorted by name.
///
/// # Panics
/// When `nodes` is empty or longer than [`super::ENTRIES_MAX`].
pub fn encode_leaf(nodes: &[Node]) -> Vec<u8> {
    let mut page = head(Type::FolderLeaf, 0, nodes.len());
    write::names(&mut page, nodes);
    push(&mut page, id::KINDS, &nodes.iter().map(|node| node.entry.kind as u8).collect::<Vec<_>>());
    write::flags(&mut page, nodes);
    write::sizes(&mut page, nodes);
    write::times(&mut page, id::MTIME, nodes, |meta| meta.mtime);
    write::times(&mut page, id::CTIME, nodes, |meta| meta.ctime);
    write::times(&mut page, id::BTIME, nodes, |meta| meta.btime);
    write::modes(&mut page, nodes);
    write::owners(&mut page, nodes);
    write::identities(&mut page, nodes);
    write::targets(&mut page, nodes);
    write::xattrs(&mut page, nodes);
    write::provider(&mut page, nodes);
    write::contents(&mut page, nodes);
    page
}

pub(super) fn decode(columns: &Columns, count: usize) -> Result<Vec<Node>> {
    let names = decode_names(columns.required(id::NAMES)?, count)?;
    let mut kinds = columns.required(id::KINDS)?;
    let mut nodes = Vec::with_capacity(count);
    for name in names {
        let kind = Kind::from_number(kinds.u8()?).ok_or(FormatError::Unsupported("a page holds an unknown kind"))?;
        nodes.push(Node::new(Entry::new(name, kind), Content::Nothing));
    }
    let mut sizes = columns.required(id::SIZES)?;
    for node in &mut nodes {
        node.entry.meta.size = sizes.varint()?;
    }
    fill(columns, id::FLAGS, &mut nodes, |column| Ok(Flags(column.u8()?)), |meta, flags| meta.flags = flags)?;
    fill_times(columns, id::MTIME, &mut nodes, |meta, time| meta.mtime = Some(time))?;
    fill_times(columns, id::CTIME, &mut nodes, |meta, time| meta.ctime = Some(time))?;
    fill_times(columns, id::BTIME, &mut nodes, |meta, time| meta.btime = Some(time))?;
    fill(columns, id::MODE, &mut nodes, Reader::varint32, |meta, mode| meta.mode = Some(mode & 0o7777))?;
    fill_owners(columns, &mut nodes)?;
    fill_identities(columns, &mut nodes)?;
    fill(columns, id::TARGET, &mut nodes, Reader::string, |meta, target| meta.target = Some(target.into()))?;
    fill(columns, id::XATTRS, &mut nodes, read_xattrs, |meta, xattrs| meta.xattrs = xattrs)?;
    fill_long_xattrs(columns, &mut nodes)?;
    fill(columns, id::FINGERPRINT, &mut nodes, read_fingerprint, |meta, value| meta.fingerprint = Some(value))?;
    fill(columns, id::PROVIDER, &mut nodes, Reader::string, |meta, own| meta.provider = Some(own.into()))?;
    fill_contents(columns, &mut nodes)?;
    Ok(nodes)
}

/// Reads an optional column into the metadata of the entries that have a value.
fn fill<'a, T>(
    columns: &Columns<'a>,
    id: u8,
    nodes: &mut [Node],
    mut read: impl FnMut(&mut Reader<'a>) -> Result<T>,
    set: impl Fn(&mut Metadata, T),
) -> Result<()> {
    let mut column = columns.optional(id)?.of(nodes.len())?;
    if let Optional::Absent = column {
        return Ok(());
    }
    for (index, node) in nodes.iter_mut().enumerate() {
        if let Some(value) = column.next(index, &mut read)? {
            set(&mut node.entry.meta, value);
        }
    }
    Ok(())
}

fn fill_times(columns: &Columns, id: u8, nodes: &mut [Node], set: fn(&mut Metadata, Time)) -> Result<()> {
    let mut secs = 0i64;
    let read = |column: &mut Reader| {
        secs = secs.wrapping_add(column.zigzag()?);
        let nanos = column.varint32()?;
        if nanos < 1_000_000_000 {
            Ok(Time::new(secs, nanos))
        } else {
            Err(FormatError::Damaged("a page holds an impossible time"))
        }
    };
    fill(columns, id, nodes, read, set)
}

fn fill_owners(columns: &Columns, nodes: &mut [Node]) -> Result<()> {
    let Ok(mut table) = columns.required(id::OWNERS) else { return Ok(()) };
    let count = table.varint()?;
    let mut owners = Vec::new();
    for _ in 0..count {
        let (uid, gid) = (table.varint32()?, table.varint32()?);
        owners.push(Owner { uid, gid, user: read_optional(&mut table)?, group: read_optional(&mut table)? });
    }
    let read = |column: &mut Reader| {
        let owner = usize::try_from(column.varint()?).ok().and_then(|index| owners.get(index));
        owner.cloned().ok_or(FormatError::Damaged("a page names an owner that it does not list"))
    };
    fill(columns, id::OWNER, nodes, read, |meta, owner| meta.owner = Some(owner))
}

fn read_optional(reader: &mut Reader) -> Result<Option<Arc<[u8]>>> {
    match reader.varint()? {
        0 => Ok(None),
        len => Ok(Some(reader.bytes(len as usize - 1)?.into())),
    }
}

fn fill_identities(columns: &Columns, nodes: &mut [Node]) -> Result<()> {
    let mut inode = 0u64;
    let read_stamp = |column: &mut Reader| {
        inode = inode.wrapping_add(column.zigzag()? as u64);
        Ok(Stamp { inode })
    };
    fill(columns, id::INODE, nodes, read_stamp, |meta, stamp| meta.stamp = Some(stamp))?;
    let read_link = |column: &mut Reader| Ok(LinkId { device: column.varint()?, inode: column.varint()? });
    fill(columns, id::LINK, nodes, read_link, |meta, link| meta.link = Some(link))?;
    let read_device = |column: &mut Reader| Ok(Device { major: column.varint32()?, minor: column.varint32()? });
    fill(columns, id::DEVICE, nodes, read_device, |meta, device| meta.device = Some(device))
}

fn read_fingerprint(column: &mut Reader) -> Result<Fingerprint> {
    Ok(Fingerprint { kind: column.u8()?, hash: column.string()?.into() })
}

fn read_xattrs(column: &mut Reader) -> Result<Vec<Xattr>> {
    let count = column.varint()?;
    let mut xattrs = Vec::new();
    for _ in 0..count {
        xattrs.push(Xattr { name: column.string()?.into(), value: column.string()?.into() });
    }
    Ok(xattrs)
}

fn fill_long_xattrs(columns: &Columns, nodes: &mut [Node]) -> Result<()> {
    let mut column = columns.optional(id::LONG_XATTRS)?.of(nodes.len())?;
    for (index, node) in nodes.iter_mut().enumerate() {
        node.long_xattrs = column.next(index, read_long_xattrs)?.unwrap_or_default();
    }
    Ok(())
}

fn read_long_xattrs(column: &mut Reader) -> Result<Vec<LongXattr>> {
    let count = column.varint()?;
    let mut xattrs = Vec::new();
    for _ in 0..count {
        let name = column.string()?.into();
        xattrs.push(LongXattr { name, value: BlobId(column.array()?), len: column.varint32()? });
    }
    Ok(xattrs)
}

fn fill_contents(columns: &Columns, nodes: &mut [Node]) -> Result<()> {
    let mut kinds = columns.required(id::CONTENT)?;
    let kinds = kinds.bytes(nodes.len())?;
    if kinds.iter().all(|kind| *kind == 0) {
        return Ok(());
    }
    let mut table = columns.required(id::BLOBS)?;
    let count = table.varint()? as usize;
    let ids = table.bytes(count.checked_mul(BlobId::LEN).ok_or(FormatError::TooLarge("a page is too long"))?)?;
    let mut references = columns.required(id::REFERENCES)?;
    let mut index = 0i64;
    for (node, kind) in nodes.iter_mut().zip(kinds) {
        if *kind == 0 {
            continue;
        }
        index = index.wrapping_add(references.zigzag()?);
        let id = usize::try_from(index).ok().and_then(|index| ids.chunks_exact(BlobId::LEN).nth(index));
        let id =
            id.and_then(BlobId::from_slice).ok_or(FormatError::Damaged("a page names a blob that it does not list"))?;
        node.content = read_content(*kind, id, &mut references)?;
        check_content(node)?;
    }
    Ok(())
}

fn read_content(kind: u8, id: BlobId, references: &mut Reader) -> Result<Content> {
    match kind {
        1 => Ok(Content::Blob(id)),
        2 => Ok(Content::Slice { blob: id, offset: references.varint32()? }),
        3 => Ok(Content::Tree(PageRef { id, level: read_level(references)? })),
        4 => {
            let level = read_level(references)?;
            Ok(Content::Folder { root: PageRef { id, level }, totals: read_totals(references)? })
        }
        _ => Err(FormatError::Unsupported("a page holds an unknown kind of content")),
    }
}

fn read_level(references: &mut Reader) -> Result<u8> {
    let level = references.u8()?;
    if level <= LEVELS_MAX {
        Ok(level)
    } else {
        Err(FormatError::TooLarge("a tree has more levels than the format allows"))
    }
}

/// Only files have bytes and only directories have listings; a blob and a slice are within the limits of a frame.
fn check_content(node: &Node) -> Result<()> {
    let fits = node.entry.meta.size <= crate::frame::DATA_LEN_MAX as u64;
    let sound = match node.content {
        Content::Nothing => true,
        Content::Blob(_) | Content::Slice { .. } => node.entry.kind == Kind::File && fits,
        Content::Tree(_) => node.entry.kind == Kind::File,
        Content::Folder { .. } => node.entry.is_dir(),
    };
    if sound {
        Ok(())
    } else {
        Err(FormatError::Damaged("a page gives an entry content that its kind or size cannot have"))
    }
}

#[cfg(test)]
#[path = "leaf_tests.rs"]
mod tests;
