//! A file being read.
//!
//! A small file costs `openat`, `pread`, `statx`, `flistxattr` and `close`. Whether the name still stands for the listed file is then
//! learned when it is described again after reading; until then nothing can go wrong, because an open never waits (a FIFO or device
//! may have taken the name) and never reads beyond the listed size. From [`LARGE`] bytes on it is asked before reading, and what that
//! tells of blocks decides whether to look for holes.

use std::sync::Arc;

use larder_connect::{OpenFile, Piece};
use larder_model::{Entry, Kind, Metadata, Result, Skip, Stamp, TreePath};
use rustix::{
    fd::{AsFd, AsRawFd, OwnedFd},
    fs::{CWD, Mode, OFlags, SeekFrom, openat, seek},
    io::{self, Errno, pread, retry_on_intr},
};

use super::place::{open_unnoticed, refused, replaced, unread, unread_list};
use crate::sys::{Accounts, Holder, Stat, read_attributes};

/// Below this, holes are not looked for: finding them costs more calls than reading zeros.
const LARGE: u64 = 64 << 10;

/// Settings of the kernel (`/proc/sys`) refuse to be read into larger buffers.
const UNKNOWN_READ_MAX: usize = 64 << 10;

/// Read at a time: between two reads whoever waits for a slow disk can be interrupted.
const READ_MAX: usize = 1 << 20;

/// An open file of the file system.
#[derive(Debug)]
pub struct FsFile {
    file: OwnedFd,
    path: TreePath,
    /// The listed size. What was added since is not read; the caller learns of it from [`OpenFile::finish`].
    size: u64,
    stamp: Option<Stamp>,
    position: u64,
    /// Where the data that `position` lies in ends, for a file with holes; the size for others.
    data_end: u64,
    accounts: Arc<Accounts>,
}

impl FsFile {
    /// Opens the file that `entry` describes by its name in `dir`. `path` is for messages.
    pub fn open(dir: impl AsFd, path: TreePath, entry: &Entry, accounts: Arc<Accounts>) -> Result<Self> {
        let file = open_regular(dir, &entry.name).map_err(|errno| refused(errno, "cannot open", &path))?;
        let (size, stamp) = (entry.meta.size, entry.meta.stamp);
        let mut file = Self { file, path, size, stamp, position: 0, data_end: size, accounts };
        if size >= LARGE && file.check()?.may_have_holes() {
            file.data_end = 0;
        }
        Ok(file)
    }

    /// What is open must be the listed file.
    fn check(&self) -> Result<Stat> {
        let stat = Stat::of(&self.file).map_err(|errno| refused(errno, "cannot look at", &self.path))?;
        let is_same = stat.kind() == Some(Kind::File) && self.stamp.is_none_or(|stamp| stamp.inode == stat.id().inode);
        if is_same { Ok(stat) } else { Err(replaced(&self.path)) }
    }

    /// Where the next data begins and ends, at or after `position`.
    fn next_data(&self) -> io::Result<(u64, u64)> {
        let start = match seek(&self.file, SeekFrom::Data(self.position)) {
            Ok(start) => start.min(self.size),
            // No data up to the end.
            Err(Errno::NXIO) => return Ok((self.size, self.size)),
            // A file system that keeps no account of holes.
            Err(Errno::INVAL | Errno::OPNOTSUPP) => return Ok((self.position, self.size)),
            Err(errno) => return Err(errno),
        };
        let end = seek(&self.file, SeekFrom::Hole(start))?.min(self.size);
        Ok((start, end))
    }

    /// The hole at `position`, if one begins here.
    fn hole(&mut self) -> io::Result<Option<u64>> {
        if self.position < self.data_end {
            return Ok(None);
        }
        let (start, end) = self.next_data()?;
        let len = start - self.position;
        // A file that is cut off at this moment has neither data nor a hole here: reading tells.
        self.data_end = end.max(self.position + 1);
        self.position = start;
        Ok((len > 0).then_some(len))
    }

    fn data(&mut self, buffer: &mut [u8]) -> Result<Piece> {
        let len = usize::try_from(self.data_end - self.position).unwrap_or(usize::MAX).min(buffer.len()).min(READ_MAX);
        let read = retry_on_intr(|| pread(&self.file, &mut buffer[..len], self.position));
        match read.map_err(|errno| refused(errno, "cannot read", &self.path))? {
            0 => Ok(Piece::End),
            len => {
                self.position += len as u64;
                Ok(Piece::Data(len))
            }
        }
    }

    /// Files of `/proc` and the like have a size of 0 and yet bytes, which end where reading ends.
    fn next_of_unknown_size(&mut self, buffer: &mut [u8]) -> Result<Piece> {
        if self.position == 0 {
            self.check()?;
        }
        self.data_end = u64::MAX;
        let len = buffer.len().min(UNKNOWN_READ_MAX);
        self.data(&mut buffer[..len])
    }
}

impl OpenFile for FsFile {
    fn next(&mut self, buffer: &mut [u8]) -> Result<Piece> {
        if self.size == 0 {
            return self.next_of_unknown_size(buffer);
        }
        if self.position >= self.size {
            return Ok(Piece::End);
        }
        match self.hole() {
            Ok(Some(len)) => Ok(Piece::Hole(len)),
            Ok(None) => self.data(buffer),
            Err(errno) => Err(refused(errno, "cannot read", &self.path)),
        }
    }

    fn finish(self: Box<Self>, skips: &mut dyn FnMut(Skip)) -> Result<Metadata> {
        let mut meta = self.check()?.metadata(&self.accounts);
        let found = read_attributes(Holder::Open(self.file.as_fd()), &mut unread(&self.path, skips));
        match found {
            Ok(found) => meta.xattrs = found,
            Err(errno) => skips(unread_list(&self.path, errno)),
        }
        Ok(meta)
    }
}

/// Opens without following a link and without waiting for the other end of a FIFO.
fn open_regular(dir: impl AsFd, name: &[u8]) -> io::Result<OwnedFd> {
    match open_unnoticed(&dir, name, OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY) {
        Err(Errno::AGAIN) => open_leased(dir, name),
        done => done,
    }
}

/// A file that another program holds a lease on (a file server does) is not opened at once; what is surely a file can be waited for.
fn open_leased(dir: impl AsFd, name: &[u8]) -> io::Result<OwnedFd> {
    let held = openat(dir, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    if Stat::of(&held)?.kind() != Some(Kind::File) {
        return Err(Errno::NXIO);
    }
    open_unnoticed(CWD, format!("/proc/self/fd/{}", held.as_raw_fd()).as_bytes(), OFlags::empty())
}

/// The first bytes of a regular file, `bytes_max` at most.
pub fn read_start(dir: impl AsFd, name: &[u8], bytes_max: usize) -> io::Result<Vec<u8>> {
    let file = open_regular(dir, name)?;
    if Stat::of(&file)?.kind() != Some(Kind::File) {
        return Err(Errno::NXIO);
    }
    let mut bytes = vec![0; bytes_max.min(Stat::of(&file)?.size().try_into().unwrap_or(bytes_max))];
    let mut len = 0;
    while len < bytes.len() {
        match retry_on_intr(|| pread(&file, &mut bytes[len..], len as u64))? {
            0 => break,
            more => len += more,
        }
    }
    bytes.truncate(len);
    Ok(bytes)
}
