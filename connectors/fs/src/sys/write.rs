//! Writing all of it, however little the operating system takes at a time.

use std::{io::IoSlice, os::fd::AsFd};

use rustix::io::{self, Errno, pwrite, retry_on_intr, writev};

/// Slices that one `writev` takes (`IOV_MAX`).
const SLICES_MAX: usize = 1024;

/// Writes `parts` one after the other at the file's position, without joining them first.
pub fn write_parts(file: impl AsFd, parts: &[&[u8]]) -> io::Result<()> {
    let mut slices: Vec<_> = parts.iter().filter(|part| !part.is_empty()).map(|part| IoSlice::new(part)).collect();
    let mut rest = slices.as_mut_slice();
    while !rest.is_empty() {
        let batch = &rest[..rest.len().min(SLICES_MAX)];
        let written = some(retry_on_intr(|| writev(file.as_fd(), batch))?)?;
        IoSlice::advance_slices(&mut rest, written);
    }
    Ok(())
}

/// Writes `bytes` at `offset`.
pub fn write_at(file: impl AsFd, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = some(retry_on_intr(|| pwrite(file.as_fd(), bytes, offset))?)?;
        bytes = &bytes[written..];
        offset += written as u64;
    }
    Ok(())
}

/// A write that took nothing would go on for ever; a full disk is the only reason that is known for it.
fn some(written: usize) -> io::Result<usize> {
    if written == 0 { Err(Errno::NOSPC) } else { Ok(written) }
}
