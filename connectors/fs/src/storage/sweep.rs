//! Clearing away what writers left that died.

use std::os::fd::BorrowedFd;

use rustix::{
    fs::{self, AtFlags, Dir, FlockOperation, Mode, OFlags},
    io,
};

use crate::sys::TempNames;

/// Removes files with temporary names that no living writer has locked. Best effort: what cannot be removed only takes space.
pub fn sweep(folder: BorrowedFd<'_>, names: TempNames) {
    let Ok(listing) = Dir::read_from(folder) else {
        return;
    };
    for item in listing.flatten() {
        let name = item.file_name().to_bytes();
        if names.matches(name) {
            let _ = remove_dead(folder, name);
        }
    }
}

fn remove_dead(folder: BorrowedFd<'_>, name: &[u8]) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = fs::openat(folder, name, flags, Mode::empty())?;
    fs::flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    fs::unlinkat(folder, name, AtFlags::empty())
}
