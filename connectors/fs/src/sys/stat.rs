//! What `statx` tells of a file, in the words of the model.

use larder_model::{Device, Kind, LinkId, Metadata, Owner, Stamp, Time};
use rustix::{
    fd::AsFd,
    fs::{AtFlags, FileType, Statx, StatxFlags, StatxTimestamp, makedev, statx},
    io,
};

use super::Accounts;

/// Access times are not asked for: reading changes them, and no backup needs them.
const ASKED: StatxFlags = StatxFlags::BASIC_STATS.difference(StatxFlags::ATIME).union(StatxFlags::BTIME);

/// One file's attributes at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Stat(Statx);

/// What a file is, whatever its names are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FileId {
    pub device: u64,
    pub inode: u64,
}

impl Stat {
    /// Of a name in an open folder. With `follow`, of what a symlink leads to. Mounts on demand are not triggered.
    pub fn at(dir: impl AsFd, name: &[u8], follow: bool) -> io::Result<Self> {
        let link = if follow { AtFlags::empty() } else { AtFlags::SYMLINK_NOFOLLOW };
        statx(dir, name, link | AtFlags::NO_AUTOMOUNT, ASKED).map(Self)
    }

    /// Of what is open.
    pub fn of(file: impl AsFd) -> io::Result<Self> {
        statx(file, c"", AtFlags::EMPTY_PATH, ASKED).map(Self)
    }

    /// `None` for a kind that no backup knows.
    pub fn kind(&self) -> Option<Kind> {
        kind(FileType::from_raw_mode(self.0.stx_mode.into()))
    }

    pub fn id(&self) -> FileId {
        FileId { device: makedev(self.0.stx_dev_major, self.0.stx_dev_minor), inode: self.0.stx_ino }
    }

    pub fn mtime(&self) -> Time {
        time(self.0.stx_mtime)
    }

    pub fn size(&self) -> u64 {
        self.0.stx_size
    }

    /// Fewer blocks than bytes: there are holes, or the file system compresses.
    pub fn may_have_holes(&self) -> bool {
        self.0.stx_blocks.saturating_mul(512) < self.0.stx_size
    }

    /// All but a symlink's target and extended attributes.
    pub fn metadata(&self, accounts: &Accounts) -> Metadata {
        let Statx { stx_uid: uid, stx_gid: gid, .. } = self.0;
        Metadata {
            size: if self.kind() == Some(Kind::File) { self.0.stx_size } else { 0 },
            mtime: Some(time(self.0.stx_mtime)),
            ctime: Some(time(self.0.stx_ctime)),
            btime: (self.0.stx_mask & StatxFlags::BTIME.bits() != 0).then(|| time(self.0.stx_btime)),
            mode: Some(u32::from(self.0.stx_mode) & 0o7777),
            owner: Some(Owner { uid, gid, user: accounts.user_name(uid), group: accounts.group_name(gid) }),
            stamp: Some(Stamp { inode: self.0.stx_ino }),
            link: self.link(),
            device: self.device(),
            ..Metadata::default()
        }
    }

    /// Directories have more than one link for reasons of their own.
    fn link(&self) -> Option<LinkId> {
        let FileId { device, inode } = self.id();
        (self.0.stx_nlink > 1 && self.kind() != Some(Kind::Directory)).then_some(LinkId { device, inode })
    }

    fn device(&self) -> Option<Device> {
        matches!(self.kind(), Some(Kind::CharDevice | Kind::BlockDevice))
            .then_some(Device { major: self.0.stx_rdev_major, minor: self.0.stx_rdev_minor })
    }
}

fn time(stamp: StatxTimestamp) -> Time {
    Time::new(stamp.tv_sec, stamp.tv_nsec)
}

/// The model's word for a type; `None` where a listing does not tell, or for a type that no backup knows.
pub fn kind(file_type: FileType) -> Option<Kind> {
    match file_type {
        FileType::RegularFile => Some(Kind::File),
        FileType::Directory => Some(Kind::Directory),
        FileType::Symlink => Some(Kind::Symlink),
        FileType::Fifo => Some(Kind::Fifo),
        FileType::Socket => Some(Kind::Socket),
        FileType::CharacterDevice => Some(Kind::CharDevice),
        FileType::BlockDevice => Some(Kind::BlockDevice),
        FileType::Unknown => None,
    }
}
