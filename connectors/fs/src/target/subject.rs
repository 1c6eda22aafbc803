//! What attributes are given to.

use std::os::fd::{AsRawFd, BorrowedFd};

use larder_model::{Time, Xattr};
use rustix::{
    fs::{
        self, AtFlags, Gid, Mode, Timespec, Timestamps, UTIME_NOW, Uid, XattrFlags, fremovexattr, fsetxattr,
        lremovexattr, lsetxattr,
    },
    io::{self, Errno},
};

use crate::sys::{Holder, read_attributes};

/// An item, held so that no other one can take its place.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A file or folder that is open.
    Open(BorrowedFd<'a>),
    /// Anything, by an `O_PATH` handle. Extended attributes, which such a handle cannot have, go by its name in its folder: that never
    /// follows a link either.
    Handle { handle: BorrowedFd<'a>, folder: BorrowedFd<'a>, name: &'a [u8] },
}

impl Subject<'_> {
    pub fn set_owner(self, uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
        let (uid, gid) = (uid.map(Uid::from_raw), gid.map(Gid::from_raw));
        match self {
            Self::Open(file) => fs::fchown(file, uid, gid),
            Self::Handle { handle, .. } => fs::chownat(handle, "", uid, gid, AtFlags::EMPTY_PATH),
        }
    }

    pub fn set_mode(self, mode: u32) -> io::Result<()> {
        let mode = Mode::from_raw_mode(mode);
        match self {
            Self::Open(file) => fs::fchmod(file, mode),
            Self::Handle { handle, .. } => fs::chmod(format!("/proc/self/fd/{}", handle.as_raw_fd()), mode),
        }
    }

    pub fn set_mtime(self, time: Time) -> io::Result<()> {
        if time.nanos > 999_999_999 {
            return Err(Errno::INVAL);
        }
        // Both times: FUSE file systems made with libfuse 2 ignore a call that leaves one of them as it is, and say that all went well.
        let times = Timestamps {
            last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_NOW },
            last_modification: Timespec { tv_sec: time.secs, tv_nsec: time.nanos.into() },
        };
        match self {
            Self::Open(file) => fs::futimens(file, &times),
            Self::Handle { handle, .. } => fs::utimensat(handle, "", &times, AtFlags::EMPTY_PATH),
        }
    }

    pub fn set_attribute(self, name: &[u8], value: &[u8]) -> io::Result<()> {
        match self {
            Self::Open(file) => fsetxattr(file, name, value, XattrFlags::empty()),
            Self::Handle { .. } => lsetxattr(self.path(), name, value, XattrFlags::empty()),
        }
    }

    pub fn remove_attribute(self, name: &[u8]) -> io::Result<()> {
        let removed = match self {
            Self::Open(file) => fremovexattr(file, name),
            Self::Handle { .. } => lremovexattr(self.path(), name),
        };
        match removed {
            Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(()),
            done => done,
        }
    }

    /// What is there now; attributes that cannot be read are left as they are.
    pub fn attributes(self) -> io::Result<Vec<Xattr>> {
        match self {
            Self::Open(file) => read_attributes(Holder::Open(file), &mut |_, _| {}),
            Self::Handle { .. } => read_attributes(Holder::Path(&self.path()), &mut |_, _| {}),
        }
    }

    fn path(self) -> Vec<u8> {
        match self {
            Self::Open(file) => format!("/proc/self/fd/{}", file.as_raw_fd()).into_bytes(),
            Self::Handle { folder, name, .. } => {
                [format!("/proc/self/fd/{}/", folder.as_raw_fd()).as_bytes(), name].concat()
            }
        }
    }
}
