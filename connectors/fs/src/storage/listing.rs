//! Listing a folder of the store.

use std::os::fd::{AsFd, BorrowedFd};

use larder_connect::{ObjectInfo, ObjectName};
use larder_model::Time;
use rustix::{
    fs::{self, AtFlags, Dir, FileType, Mode, OFlags},
    io::{self, Errno},
};

/// Calls `each` with all objects in `folder`. Foreign names are left alone, and so are temporary ones, which are no names of objects.
pub fn list(root: BorrowedFd<'_>, folder: &str, each: &mut dyn FnMut(ObjectInfo)) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let handle = match fs::openat(root, folder, flags, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(()),
        opened => opened?,
    };
    for item in Dir::read_from(&handle)? {
        let item = item?;
        let name = item.file_name().to_str().ok();
        if let Some(name) = name.and_then(|name| ObjectName::parse(&format!("{folder}/{name}"))) {
            describe(handle.as_fd(), name)?.into_iter().for_each(&mut *each);
        }
    }
    Ok(())
}

/// `None` for what is no file, or was deleted since it was listed.
fn describe(folder: BorrowedFd<'_>, name: ObjectName) -> io::Result<Option<ObjectInfo>> {
    let stat = match fs::statat(folder, name.name(), AtFlags::empty()) {
        Err(Errno::NOENT) => return Ok(None),
        stat => stat?,
    };
    let is_file = FileType::from_raw_mode(stat.st_mode).is_file();
    Ok(is_file.then(|| ObjectInfo {
        name,
        size: stat.st_size as u64,
        modified: Time::new(stat.st_mtime, stat.st_mtime_nsec as u32),
        hash: None,
    }))
}
