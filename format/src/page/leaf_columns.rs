//! How a leaf's columns are written; `leaf.rs` reads them.

use std::collections::HashMap;

use larder_model::{BlobId, Metadata, Owner, Time};

use super::{
    Content, Node,
    columns::{id, push, push_optional},
    folder::{encode_names, put_totals},
};
use crate::wire::Write as _;

pub(super) fn names(page: &mut Vec<u8>, nodes: &[Node]) {
    push(page, id::NAMES, &encode_names(nodes.iter().map(|node| &node.entry.name[..])));
}

pub(super) fn flags(page: &mut Vec<u8>, nodes: &[Node]) {
    let value = |node: &Node| Some(node.entry.meta.flags.0).filter(|flags| *flags != 0);
    push_optional(page, id::FLAGS, nodes, value, |out, flags| out.push(flags));
}

pub(super) fn sizes(page: &mut Vec<u8>, nodes: &[Node]) {
    let mut column = Vec::with_capacity(nodes.len() * 3);
    nodes.iter().for_each(|node| column.put_varint(node.entry.meta.size));
    push(page, id::SIZES, &column);
}

pub(super) fn times(page: &mut Vec<u8>, id: u8, nodes: &[Node], time: fn(&Metadata) -> Option<Time>) {
    let mut last = 0i64;
    push_optional(
        page,
        id,
        nodes,
        |node| time(&node.entry.meta),
        |out, time| {
            out.put_zigzag(time.secs.wrapping_sub(last));
            out.put_varint(u64::from(time.nanos));
            last = time.secs;
        },
    );
}

pub(super) fn modes(page: &mut Vec<u8>, nodes: &[Node]) {
    push_optional(page, id::MODE, nodes, |node| node.entry.meta.mode, |out, mode| out.put_varint(u64::from(mode)));
}

/// Owners come in few kinds; neighbours mostly share one, so a list that is searched from its end is enough.
pub(super) fn owners(page: &mut Vec<u8>, nodes: &[Node]) {
    let mut table: Vec<&Owner> = Vec::new();
    push_optional(
        page,
        id::OWNER,
        nodes,
        |node| node.entry.meta.owner.as_ref(),
        |out, owner| {
            let index = table.iter().rposition(|known| *known == owner).unwrap_or_else(|| {
                table.push(owner);
                table.len() - 1
            });
            out.put_varint(index as u64);
        },
    );
    if table.is_empty() {
        return;
    }
    let mut column = Vec::new();
    column.put_varint(table.len() as u64);
    for owner in table {
        column.put_varint(u64::from(owner.uid));
        column.put_varint(u64::from(owner.gid));
        put_optional(&mut column, owner.user.as_deref());
        put_optional(&mut column, owner.group.as_deref());
    }
    push(page, id::OWNERS, &column);
}

fn put_optional(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    out.put_varint(bytes.map_or(0, |bytes| bytes.len() as u64 + 1));
    out.extend_from_slice(bytes.unwrap_or_default());
}

pub(super) fn identities(page: &mut Vec<u8>, nodes: &[Node]) {
    let mut last = 0u64;
    push_optional(
        page,
        id::INODE,
        nodes,
        |node| node.entry.meta.stamp,
        |out, stamp| {
            out.put_zigzag(stamp.inode.wrapping_sub(last) as i64);
            last = stamp.inode;
        },
    );
    push_optional(
        page,
        id::LINK,
        nodes,
        |node| node.entry.meta.link,
        |out, link| {
            out.put_varint(link.device);
            out.put_varint(link.inode);
        },
    );
    push_optional(
        page,
        id::DEVICE,
        nodes,
        |node| node.entry.meta.device,
        |out, device| {
            out.put_varint(u64::from(device.major));
            out.put_varint(u64::from(device.minor));
        },
    );
}

pub(super) fn targets(page: &mut Vec<u8>, nodes: &[Node]) {
    push_optional(
        page,
        id::TARGET,
        nodes,
        |node| node.entry.meta.target.as_deref(),
        |out, target| out.put_string(target),
    );
}

pub(super) fn xattrs(page: &mut Vec<u8>, nodes: &[Node]) {
    push_optional(
        page,
        id::XATTRS,
        nodes,
        |node| some(&node.entry.meta.xattrs),
        |out, xattrs| {
            out.put_varint(xattrs.len() as u64);
            for xattr in xattrs {
                out.put_string(&xattr.name);
                out.put_string(&xattr.value);
            }
        },
    );
    push_optional(
        page,
        id::LONG_XATTRS,
        nodes,
        |node| some(&node.long_xattrs),
        |out, xattrs| {
            out.put_varint(xattrs.len() as u64);
            for xattr in xattrs {
                out.put_string(&xattr.name);
                out.extend_from_slice(&xattr.value.0);
                out.put_varint(u64::from(xattr.len));
            }
        },
    );
}

fn some<T>(list: &[T]) -> Option<&[T]> {
    (!list.is_empty()).then_some(list)
}

pub(super) fn provider(page: &mut Vec<u8>, nodes: &[Node]) {
    push_optional(
        page,
        id::FINGERPRINT,
        nodes,
        |node| node.entry.meta.fingerprint.as_ref(),
        |out, fingerprint| {
            out.push(fingerprint.kind);
            out.put_string(&fingerprint.hash);
        },
    );
    push_optional(
        page,
        id::PROVIDER,
        nodes,
        |node| node.entry.meta.provider.as_deref(),
        |out, bytes| out.put_string(bytes),
    );
}

pub(super) fn contents(page: &mut Vec<u8>, nodes: &[Node]) {
    let (mut kinds, mut ids, mut references) = (Vec::with_capacity(nodes.len()), Table::default(), Vec::new());
    let mut last = 0i64;
    for node in nodes {
        let (kind, id) = match node.content {
            Content::Nothing => {
                kinds.push(0);
                continue;
            }
            Content::Blob(id) => (1, id),
            Content::Slice { blob, .. } => (2, blob),
            Content::Tree(root) => (3, root.id),
            Content::Folder { root, .. } => (4, root.id),
        };
        kinds.push(kind);
        let index = ids.index(id);
        references.put_zigzag(index - last);
        last = index;
        put_rest(&mut references, &node.content);
    }
    push(page, id::CONTENT, &kinds);
    if !references.is_empty() {
        push(page, id::BLOBS, &ids.column());
        push(page, id::REFERENCES, &references);
    }
}

fn put_rest(out: &mut Vec<u8>, content: &Content) {
    match content {
        Content::Nothing | Content::Blob(_) => {}
        Content::Slice { offset, .. } => out.put_varint(u64::from(*offset)),
        Content::Tree(root) => out.push(root.level),
        Content::Folder { root, totals } => {
            out.push(root.level);
            put_totals(out, *totals);
        }
    }
}

/// Blob ids, each once, in order of first use.
#[derive(Default)]
struct Table {
    ids: Vec<BlobId>,
    known: HashMap<BlobId, i64>,
}

impl Table {
    fn index(&mut self, id: BlobId) -> i64 {
        // Joined files follow each other: mostly it is the last one again.
        if self.ids.last() == Some(&id) {
            return self.ids.len() as i64 - 1;
        }
        *self.known.entry(id).or_insert_with(|| {
            self.ids.push(id);
            self.ids.len() as i64 - 1
        })
    }

    fn column(&self) -> Vec<u8> {
        let mut column = Vec::with_capacity(self.ids.len() * BlobId::LEN + 3);
        column.put_varint(self.ids.len() as u64);
        self.ids.iter().for_each(|id| column.extend_from_slice(&id.0));
        column
    }
}
