//! Reading objects, whole or in ranges. A restore reads many ranges of one pack, so packs stay open for a while.

use std::{
    collections::VecDeque,
    ops::Range,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use larder_connect::ObjectName;
use rustix::{
    buffer::spare_capacity,
    fs::{self, Mode, OFlags},
    io::{self, Errno, pread, retry_on_intr},
};

/// Objects that are kept open; far below the usual limit of 1,024 open files.
const OPEN_MAX: usize = 64;

/// Up to this length memory is set aside before the file was asked for its size: a damaged index may ask for anything.
const UNCHECKED_MAX: u64 = 4 << 20;

#[derive(Debug)]
pub enum Failure {
    /// The range ends behind the object, which has `size` bytes.
    Beyond {
        size: u64,
    },
    System(Errno),
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        Self::System(errno)
    }
}

#[derive(Debug, Default)]
pub struct Readers {
    /// The one used last is first.
    open: Mutex<VecDeque<(ObjectName, Arc<OwnedFd>)>>,
}

impl Readers {
    pub fn whole(&self, root: BorrowedFd<'_>, name: &ObjectName) -> Result<Vec<u8>, Failure> {
        let file = open(root, name.as_str())?;
        let size = fs::fstat(&file)?.st_size as u64;
        Ok(read_up_to(&file, 0, size)?)
    }

    pub fn range(&self, root: BorrowedFd<'_>, name: &ObjectName, range: &Range<u64>) -> Result<Vec<u8>, Failure> {
        let file = self.file(root, name)?;
        let len = range.end.saturating_sub(range.start);
        if len == 0 || len > UNCHECKED_MAX {
            let size = fs::fstat(&file)?.st_size as u64;
            if range.end > size || range.start > range.end {
                return Err(Failure::Beyond { size });
            }
        }
        let bytes = read_up_to(&file, range.start, len)?;
        if (bytes.len() as u64) < len { Err(beyond(&file)?) } else { Ok(bytes) }
    }

    pub fn fill(&self, root: BorrowedFd<'_>, name: &ObjectName, start: u64, bytes: &mut [u8]) -> Result<(), Failure> {
        let (file, mut done) = (self.file(root, name)?, 0);
        while done < bytes.len() {
            match retry_on_intr(|| pread(&file, &mut bytes[done..], start + done as u64))? {
                0 => return Err(beyond(&file)?),
                len => done += len,
            }
        }
        Ok(())
    }

    /// Closes an object that is no longer what it was.
    pub fn forget(&self, name: &ObjectName) {
        self.lock().retain(|(known, _)| known != name);
    }

    fn file(&self, root: BorrowedFd<'_>, name: &ObjectName) -> io::Result<Arc<OwnedFd>> {
        if let Some(file) = self.known(name) {
            return Ok(file);
        }
        let file = Arc::new(open(root, name.as_str())?);
        let mut list = self.lock();
        list.push_front((name.clone(), Arc::clone(&file)));
        list.truncate(OPEN_MAX);
        Ok(file)
    }

    fn known(&self, name: &ObjectName) -> Option<Arc<OwnedFd>> {
        let mut list = self.lock();
        let index = list.iter().position(|(known, _)| known == name)?;
        let found = list.remove(index)?;
        let file = Arc::clone(&found.1);
        list.push_front(found);
        Some(file)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(ObjectName, Arc<OwnedFd>)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn beyond(file: &OwnedFd) -> io::Result<Failure> {
    Ok(Failure::Beyond { size: fs::fstat(file)?.st_size as u64 })
}

/// Opens an object. Should a FIFO stand there, that must not wait for its other end.
pub fn open(folder: BorrowedFd<'_>, name: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    retry_on_intr(|| fs::openat(folder, name, flags, Mode::empty()))
}

/// Reads `len` bytes, or fewer where the file ends before. One call, unless the system cuts it short.
fn read_up_to(file: impl AsFd, start: u64, len: u64) -> io::Result<Vec<u8>> {
    let len = usize::try_from(len).map_err(|_| Errno::FBIG)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).map_err(|_| Errno::NOMEM)?;
    while bytes.len() < len {
        let offset = start + bytes.len() as u64;
        // The reserve may be larger than asked for; what lies behind the range is cut off below.
        if retry_on_intr(|| pread(file.as_fd(), spare_capacity(&mut bytes), offset))? == 0 {
            break;
        }
    }
    bytes.truncate(len);
    Ok(bytes)
}
