//! The names in an open folder, straight from the kernel: no allocation for each name, and the kind where the file system tells.

use larder_model::Kind;
use rustix::{
    fd::AsFd,
    fs::{RawDir, SeekFrom, seek},
    io::{self, Errno},
};

use super::stat::kind;

/// Some hundred names a call. Larger ones save nothing that can be measured.
const BUFFER_BYTES: usize = 32 << 10;

/// Gives every name but `.` and `..` to `each`, in the file system's order, until the end or the first error. Two threads must not
/// list through one descriptor at a time: they would share its offset.
pub fn list(dir: impl AsFd, mut each: impl FnMut(&[u8], Option<Kind>) -> io::Result<()>) -> io::Result<()> {
    seek(&dir, SeekFrom::Start(0))?;
    let mut buffer = Vec::with_capacity(BUFFER_BYTES);
    let mut entries = RawDir::new(&dir, buffer.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        match entry {
            Ok(entry) => match entry.file_name().to_bytes() {
                b"." | b".." => {}
                name => each(name, kind(entry.file_type()))?,
            },
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}
