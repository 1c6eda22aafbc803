//! Aliases: which content a provider's fingerprint stands for.
//!
//! An alias is a hint, not a reference: gc does not keep what it names, and whoever uses it looks up every blob first. It is
//! written only for bytes that Larder has read and whose fingerprint it has computed itself.

use larder_model::BlobId;

use super::RunEntry;
use crate::{
    pack::Locator,
    page::{Content, PageRef},
};

const NOTHING: u8 = 0;
const BLOB: u8 = 1;
const SLICE: u8 = 2;
const TREE: u8 = 3;

/// What a fingerprint stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AliasEntry {
    /// From `Identity::alias`.
    pub locator: Locator,
    /// Bytes of the file.
    pub size: u64,
    kind: u8,
    level: u8,
    offset: u32,
    id: [u8; 32],
    pub created: i64,
}

impl AliasEntry {
    /// `None` for content that no file has.
    pub fn new(locator: Locator, size: u64, content: Content, created: i64) -> Option<Self> {
        let (kind, level, offset, id) = match content {
            Content::Nothing => (NOTHING, 0, 0, BlobId::default()),
            Content::Blob(id) => (BLOB, 0, 0, id),
            Content::Slice { blob, offset } => (SLICE, 0, offset, blob),
            Content::Tree(root) => (TREE, root.level, 0, root.id),
            Content::Folder { .. } => return None,
        };
        Some(Self { locator, size, kind, level, offset, id: id.0, created })
    }

    /// `None` when a newer program has written something else.
    pub fn content(&self) -> Option<Content> {
        let id = BlobId(self.id);
        match self.kind {
            NOTHING => Some(Content::Nothing),
            BLOB => Some(Content::Blob(id)),
            SLICE => Some(Content::Slice { blob: id, offset: self.offset }),
            TREE => Some(Content::Tree(PageRef { id, level: self.level })),
            _ => None,
        }
    }
}

impl RunEntry for AliasEntry {
    const LEN: usize = 72;

    fn locator(&self) -> &Locator {
        &self.locator
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.locator);
        out.extend_from_slice(&self.size.to_le_bytes());
        out.extend_from_slice(&[self.kind, self.level]);
        out.extend_from_slice(&self.offset.to_le_bytes());
        out.extend_from_slice(&[0; 2]);
        out.extend_from_slice(&self.id);
        out.extend_from_slice(&self.created.to_le_bytes());
    }

    fn read(row: &[u8]) -> Self {
        let (locator, row) = row.split_first_chunk().expect("an entry has 72 bytes");
        let (size, row) = row.split_first_chunk().expect("an entry has 72 bytes");
        let ([kind, level], row) = row.split_first_chunk().expect("an entry has 72 bytes");
        let (offset, row) = row.split_first_chunk().expect("an entry has 72 bytes");
        let (id, row) = row[2..].split_first_chunk().expect("an entry has 72 bytes");
        let created = row.first_chunk().expect("an entry has 72 bytes");
        Self {
            locator: *locator,
            size: u64::from_le_bytes(*size),
            kind: *kind,
            level: *level,
            offset: u32::from_le_bytes(*offset),
            id: *id,
            created: i64::from_le_bytes(*created),
        }
    }
}
