//! Removing a name and all below it: by handle, without recursion, never through a link, and never into what is mounted there.

use std::{
    hash::{BuildHasher, RandomState},
    os::fd::OwnedFd,
};

use larder_model::Kind;
use rustix::{
    fs::{AtFlags, Mode, OFlags, ResolveFlags, openat, openat2, renameat, unlinkat},
    io::{self, Errno},
};

use crate::sys::list;

/// Folders that are open at a time. What lies deeper is moved up before it is removed.
const OPEN_MAX: usize = 64;

/// A folder that is being emptied.
struct Level {
    handle: OwnedFd,
    /// In the folder above.
    name: Box<[u8]>,
    folders: Vec<Box<[u8]>>,
}

/// Removes `name` from `folder`. What is not there is an error, `ENOENT`.
pub fn remove(folder: &OwnedFd, name: &[u8]) -> io::Result<()> {
    match unlinkat(folder, name, AtFlags::empty()) {
        Err(Errno::ISDIR) => {}
        removed => return removed,
    }
    let mut levels = vec![Level::enter(folder, name.into())?];
    loop {
        let depth = levels.len();
        let Some(level) = levels.last_mut() else { return Ok(()) };
        match level.folders.pop() {
            Some(name) if depth == OPEN_MAX => lift(&mut levels, &name)?,
            Some(name) => {
                let next = Level::enter(&level.handle, name)?;
                levels.push(next);
            }
            None => {
                let name = std::mem::take(&mut level.name);
                levels.pop();
                let above = levels.last().map_or(folder, |level| &level.handle);
                unlinkat(above, &*name, AtFlags::REMOVEDIR)?;
            }
        }
    }
}

/// Moves a folder from the lowest level to the highest one, so that no depth needs more handles.
fn lift(levels: &mut [Level], name: &[u8]) -> io::Result<()> {
    let lifted: Box<[u8]> = format!(".larder-{:016x}.part", RandomState::new().hash_one(())).into_bytes().into();
    let [first, .., last] = levels else { return Err(Errno::INVAL) };
    renameat(&last.handle, name, &first.handle, &*lifted)?;
    first.folders.push(lifted);
    Ok(())
}

impl Level {
    /// Opens a folder and removes all in it that is none.
    fn enter(above: &OwnedFd, name: Box<[u8]>) -> io::Result<Self> {
        let handle = open_here(above, &name)?;
        let mut names = Vec::new();
        list(&handle, |name, kind| {
            names.push((Box::<[u8]>::from(name), kind));
            Ok(())
        })?;
        let mut folders = Vec::new();
        for (name, kind) in names {
            let is_folder = kind == Some(Kind::Directory) || unlink(&handle, &name)? == Found::Folder;
            if is_folder {
                folders.push(name);
            }
        }
        Ok(Self { handle, name, folders })
    }
}

#[derive(PartialEq, Eq)]
enum Found {
    Folder,
    Other,
}

fn unlink(folder: &OwnedFd, name: &[u8]) -> io::Result<Found> {
    match unlinkat(folder, name, AtFlags::empty()) {
        Err(Errno::ISDIR) => Ok(Found::Folder),
        // Somebody else was faster.
        Ok(()) | Err(Errno::NOENT) => Ok(Found::Other),
        Err(errno) => Err(errno),
    }
}

/// Opens a folder, unless something is mounted there: `EXDEV`.
fn open_here(above: &OwnedFd, name: &[u8]) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::NO_XDEV | ResolveFlags::NO_SYMLINKS | ResolveFlags::BENEATH;
    match openat2(above, name, flags, Mode::empty(), resolve) {
        // Linux before 5.6, and some sandboxes.
        Err(Errno::NOSYS) => openat(above, name, flags, Mode::empty()),
        opened => opened,
    }
}
