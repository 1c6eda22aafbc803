//! Clearing away what writers left that died.

use std::os::fd::BorrowedFd;

use rustix::fs::Dir;

use crate::sys::{TempNames, remove_dead};

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
