//! Pages: the nodes of the trees that snapshots are made of (docs/format.md §8).
//!
//! Listings and the content of large files are trees of the same kind. Pages are cut by what is in them, never by where they
//! stand, so that one edit changes one page a level, whatever the history.

mod columns;
mod content;
mod cut;
mod folder;
mod leaf;
mod leaf_columns;

use larder_model::{BlobId, Entry};

use crate::{FormatError, Result, wire::Reader};

pub use content::{Chunk, ContentChild, ContentTree};
pub use cut::{FanOut, folder_levels, starts_group};
pub use folder::{FolderChild, encode_inner};
pub use leaf::encode_leaf;

/// Entries of a page at most.
pub const ENTRIES_MAX: usize = 1_024;
/// Bytes of a name at most.
pub const NAME_LEN_MAX: usize = 4_096;
/// A tree has fewer levels than this: 1,024 entries a page reach everything that can exist.
pub const LEVELS_MAX: u8 = 16;
/// Files up to this many bytes are joined with their neighbours.
pub const JOINED_FILE_LEN_MAX: usize = 4_096;
/// Joined files fill a blob up to this.
pub const JOINED_BLOB_LEN_MAX: usize = 16_384;

/// The root of a tree, or one of its pages.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PageRef {
    pub id: BlobId,
    /// 0 for a leaf.
    pub level: u8,
}

/// What lies below a folder, itself not counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Everything that is no folder.
    pub files: u64,
    pub folders: u64,
    /// Sizes of files, holes included.
    pub bytes: u64,
}

impl std::ops::AddAssign for Totals {
    /// Saturates: totals from a hostile page must not overflow.
    fn add_assign(&mut self, other: Self) {
        self.files = self.files.saturating_add(other.files);
        self.folders = self.folders.saturating_add(other.folders);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// Where an entry's bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Content {
    #[default]
    Nothing,
    /// One blob, as long as the entry's size.
    Blob(BlobId),
    /// As many bytes as the entry's size, from `offset` of a blob.
    Slice { blob: BlobId, offset: u32 },
    /// A content tree.
    Tree(PageRef),
    /// A directory tree.
    Folder { root: PageRef, totals: Totals },
}

/// An entry with its content: what a listing holds.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    pub entry: Entry,
    pub content: Content,
    /// Extended attributes too long for a page; the short ones are in the entry.
    pub long_xattrs: Vec<LongXattr>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LongXattr {
    pub name: Box<[u8]>,
    pub value: BlobId,
    pub len: u32,
}

impl Node {
    pub fn new(entry: Entry, content: Content) -> Self {
        Self { entry, content, long_xattrs: Vec::new() }
    }

    /// What this entry adds to its folder's totals.
    pub fn totals(&self) -> Totals {
        match self.content {
            Content::Folder { totals, .. } => Totals { folders: totals.folders.saturating_add(1), ..totals },
            _ if self.entry.is_dir() => Totals { folders: 1, ..Totals::default() },
            _ => Totals { files: 1, folders: 0, bytes: self.entry.meta.size },
        }
    }
}

/// A page, decoded.
#[derive(Clone, PartialEq, Debug)]
pub enum Page {
    FolderLeaf(Vec<Node>),
    FolderInner { level: u8, children: Vec<FolderChild> },
    ContentLeaf(Vec<Chunk>),
    ContentInner { level: u8, children: Vec<ContentChild> },
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Type {
    FolderLeaf = 1,
    FolderInner = 2,
    ContentLeaf = 3,
    ContentInner = 4,
}

const HEAD_LEN: usize = 8;

impl Page {
    /// Reads any page. Names are checked: what comes out can be shown and written without further care.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader(bytes);
        let (kind, level) = (reader.u8()?, reader.u8()?);
        reader.u16()?;
        let count = reader.u32()? as usize;
        if count == 0 || count > ENTRIES_MAX {
            return Err(FormatError::TooLarge("a page has more entries than the format allows, or none"));
        }
        let is_leaf = kind == Type::FolderLeaf as u8 || kind == Type::ContentLeaf as u8;
        if level > LEVELS_MAX || is_leaf != (level == 0) {
            return Err(FormatError::Damaged("a page has an impossible level"));
        }
        let columns = columns::Columns::read(reader)?;
        match kind {
            1 => leaf::decode(&columns, count).map(Self::FolderLeaf),
            2 => folder::decode_inner(&columns, level, count).map(|children| Self::FolderInner { level, children }),
            3 => content::decode_leaf(&columns, count).map(Self::ContentLeaf),
            4 => content::decode_inner(&columns, level, count).map(|children| Self::ContentInner { level, children }),
            _ => Err(FormatError::Unsupported("a page is of an unknown type")),
        }
    }

    /// How many entries the leaf of a folder has, by its first bytes alone; `None` for any other page.
    pub fn folder_leaf_len(bytes: &[u8]) -> Result<Option<usize>> {
        let mut reader = Reader(bytes);
        let (kind, level) = (reader.u8()?, reader.u8()?);
        reader.u16()?;
        let count = reader.u32()? as usize;
        Ok((kind == Type::FolderLeaf as u8 && level == 0).then_some(count))
    }

    /// The page's level, 0 for a leaf.
    pub fn level(&self) -> u8 {
        match self {
            Self::FolderLeaf(_) | Self::ContentLeaf(_) => 0,
            Self::FolderInner { level, .. } | Self::ContentInner { level, .. } => *level,
        }
    }
}

fn head(kind: Type, level: u8, count: usize) -> Vec<u8> {
    assert!((1..=ENTRIES_MAX).contains(&count), "a page has 1 to 1,024 entries");
    let mut page = Vec::with_capacity(HEAD_LEN + count * 64);
    page.extend_from_slice(&[kind as u8, level, 0, 0]);
    page.extend_from_slice(&(count as u32).to_le_bytes());
    page
}
