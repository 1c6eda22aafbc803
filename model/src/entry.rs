//! One item of a source, as the source describes it: no content, no place in a store.

use std::sync::Arc;

use crate::Time;

/// A name in a directory with all that is known of the item behind it.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// Any bytes but `/` and NUL, and neither empty nor `.` nor `..`; [`Entry::is_safe_name`] tells.
    pub name: Box<[u8]>,
    pub kind: Kind,
    pub meta: Metadata,
}

impl Entry {
    pub fn new(name: impl Into<Box<[u8]>>, kind: Kind) -> Self {
        Self { name: name.into(), kind, meta: Metadata::default() }
    }

    pub fn is_dir(&self) -> bool {
        self.kind == Kind::Directory
    }

    /// A name from a hostile snapshot must never reach a file system call.
    pub fn is_safe_name(name: &[u8]) -> bool {
        !name.is_empty() && name != b"." && name != b".." && !name.contains(&b'/') && !name.contains(&0)
    }
}

/// The numbers are those of the stored format.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Kind {
    File = 1,
    Directory = 2,
    Symlink = 3,
    Fifo = 4,
    Socket = 5,
    CharDevice = 6,
    BlockDevice = 7,
}

impl Kind {
    pub const ALL: [Self; 7] =
        [Self::File, Self::Directory, Self::Symlink, Self::Fifo, Self::Socket, Self::CharDevice, Self::BlockDevice];

    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == number)
    }

    /// The letter that `ls -l` shows.
    pub const fn letter(self) -> char {
        match self {
            Self::File => '-',
            Self::Directory => 'd',
            Self::Symlink => 'l',
            Self::Fifo => 'p',
            Self::Socket => 's',
            Self::CharDevice => 'c',
            Self::BlockDevice => 'b',
        }
    }

    /// The word that `--json` uses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "directory",
            Self::Symlink => "symlink",
            Self::Fifo => "fifo",
            Self::Socket => "socket",
            Self::CharDevice => "char-device",
            Self::BlockDevice => "block-device",
        }
    }
}

/// What a source knows of an item beside its bytes. What a provider does not know is absent, never invented.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Metadata {
    /// Bytes of a file, holes included; 0 for everything else.
    pub size: u64,
    pub mtime: Option<Time>,
    pub ctime: Option<Time>,
    pub btime: Option<Time>,
    /// Permission bits with set-uid, set-gid and sticky (`07777`).
    pub mode: Option<u32>,
    pub owner: Option<Owner>,
    pub stamp: Option<Stamp>,
    /// Set for a file that has more than one name.
    pub link: Option<LinkId>,
    pub device: Option<Device>,
    /// A symlink's target, as it stands.
    pub target: Option<Box<[u8]>>,
    /// Sorted by name; POSIX ACLs are among them in the kernel's own form (`system.posix_acl_*`).
    pub xattrs: Vec<Xattr>,
    /// The provider's own content hash.
    pub fingerprint: Option<Fingerprint>,
    /// What only this provider knows (ids, revisions, sharing), in the connector's own encoding.
    pub provider: Option<Box<[u8]>>,
    pub flags: Flags,
}

/// Numbers and, where the source knows them, names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Owner {
    pub uid: u32,
    pub gid: u32,
    pub user: Option<Arc<[u8]>>,
    pub group: Option<Arc<[u8]>>,
}

/// What tells that a name stands for another file than before although size and times agree.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Stamp {
    pub inode: u64,
}

/// Two entries with the same link id in one snapshot are names of one file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LinkId {
    pub device: u64,
    pub inode: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Device {
    pub major: u32,
    pub minor: u32,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Xattr {
    pub name: Box<[u8]>,
    pub value: Box<[u8]>,
}

/// A content hash that a provider reports without sending the content.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Fingerprint {
    /// From the registry in `docs/format.md`.
    pub kind: u8,
    pub hash: Box<[u8]>,
}

/// Bits of the stored format.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Flags(pub u8);

impl Flags {
    /// Younger than the source's clock can tell apart when it was opened: read again next time.
    pub const RACY: Self = Self(1);
    /// Changed while it was read; what is stored may never have existed as a whole.
    pub const CHANGED: Self = Self(2);
    /// An older version, carried over because the present one could not be read.
    pub const STALE: Self = Self(4);
    /// A directory whose listing broke off or was refused.
    pub const PARTIAL: Self = Self(8);
}

bit_set!(Flags);
