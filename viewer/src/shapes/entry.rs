//! Items of a snapshot, as answers show them.

use larder_engine::{Content, Node};
use larder_model::{Entry as ModelEntry, Kind, TreePath, escape};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{media, moment::moment};

/// An item in a folder. What the source did not know is null.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Entry {
    /// Escaped: see the words on names at the top of this document.
    pub name: String,
    /// From the top of the snapshot, escaped.
    pub path: String,
    pub kind: EntryKind,
    /// Bytes of a file.
    pub size: u64,
    pub mtime: Option<String>,
    /// Permission bits.
    #[schema(maximum = 4095)]
    pub mode: Option<u32>,
    pub owner: Option<Owner>,
    /// A symlink's target, escaped.
    pub target: Option<String>,
    /// Of a folder: everything below it that is no folder.
    pub files: Option<u64>,
    /// Of a folder: all folders below it.
    pub folders: Option<u64>,
    /// Of a folder: the sizes of all files below it.
    pub bytes: Option<u64>,
    /// By the name.
    pub media_type: Option<String>,
    /// It changed while it was read: what is stored may never have existed as a whole.
    pub changed: bool,
    /// An older version, since the present one could not be read.
    pub stale: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    File,
    Folder,
    Symlink,
    Fifo,
    Socket,
    CharDevice,
    BlockDevice,
}

impl From<Kind> for EntryKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::File => Self::File,
            Kind::Directory => Self::Folder,
            Kind::Symlink => Self::Symlink,
            Kind::Fifo => Self::Fifo,
            Kind::Socket => Self::Socket,
            Kind::CharDevice => Self::CharDevice,
            Kind::BlockDevice => Self::BlockDevice,
        }
    }
}

impl From<EntryKind> for Kind {
    fn from(kind: EntryKind) -> Self {
        match kind {
            EntryKind::File => Self::File,
            EntryKind::Folder => Self::Directory,
            EntryKind::Symlink => Self::Symlink,
            EntryKind::Fifo => Self::Fifo,
            EntryKind::Socket => Self::Socket,
            EntryKind::CharDevice => Self::CharDevice,
            EntryKind::BlockDevice => Self::BlockDevice,
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Owner {
    pub uid: u32,
    pub gid: u32,
    pub user: Option<String>,
    pub group: Option<String>,
}

impl Entry {
    /// The item at `path`, without the totals of a folder.
    pub fn new(path: &TreePath, entry: &ModelEntry) -> Self {
        let meta = &entry.meta;
        let has = |flag| meta.flags.0 & flag != 0;
        Self {
            name: escape(&entry.name),
            path: path.to_string(),
            kind: entry.kind.into(),
            size: meta.size,
            mtime: meta.mtime.and_then(moment),
            mode: meta.mode.map(|mode| mode & 0o7777),
            owner: meta.owner.as_ref().map(|owner| Owner {
                uid: owner.uid,
                gid: owner.gid,
                user: owner.user.as_deref().map(escape),
                group: owner.group.as_deref().map(escape),
            }),
            target: meta.target.as_deref().map(escape),
            files: None,
            folders: None,
            bytes: None,
            media_type: media_type(entry),
            changed: has(larder_model::Flags::CHANGED.0),
            stale: has(larder_model::Flags::STALE.0),
        }
    }

    /// The node at `path`.
    pub fn of(path: &TreePath, node: &Node) -> Self {
        let mut entry = Self::new(path, &node.entry);
        if let Content::Folder { totals, .. } = node.content {
            entry.files = Some(totals.files);
            entry.folders = Some(totals.folders);
            entry.bytes = Some(totals.bytes);
        } else if node.entry.is_dir() {
            (entry.files, entry.folders, entry.bytes) = (Some(0), Some(0), Some(0));
        }
        entry
    }
}

fn media_type(entry: &ModelEntry) -> Option<String> {
    (entry.kind == Kind::File).then(|| media::by_name(&entry.name).map(str::to_owned)).flatten()
}
