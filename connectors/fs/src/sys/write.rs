//! Writing all of it, however little the operating system takes at a time.

use std::{io::IoSlice, os::fd::AsFd};

use rustix::{
    fs::{AtFlags, OFlags, StatxFlags, fcntl_getfl, fcntl_setfl, statx},
    io::{self, Errno, pwrite, retry_on_intr, writev},
};

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

/// Writes `bytes` to a new file, past the page cache as far as the file system offers that (`O_DIRECT`): whole blocks, from memory that
/// begins where it wants. Copying them into the cache takes ten times the processor time, and drives from it what somebody reads. Returns
/// how many bytes went past it.
pub fn write_uncached(file: impl AsFd, bytes: &[u8]) -> io::Result<usize> {
    let blocks = uncached_len(&file, bytes);
    let mut done = 0;
    if blocks > 0
        && let Ok(flags) = fcntl_getfl(&file)
        && fcntl_setfl(&file, flags | OFlags::DIRECT).is_ok()
    {
        // What is refused this way goes the usual one, which says why.
        while done < blocks
            && let Ok(written) = retry_on_intr(|| pwrite(&file, &bytes[done..blocks], done as u64))
            && written > 0
        {
            done += written;
        }
        fcntl_setfl(&file, flags)?;
    }
    write_at(file, &bytes[done..], done as u64)?;
    Ok(done)
}

/// How many of `bytes` can be written past the page cache, by what the file system says of this file (since Linux 6.1). Network file
/// systems say nothing.
fn uncached_len(file: impl AsFd, bytes: &[u8]) -> usize {
    /// `STATX_DIOALIGN`
    const ASKED: StatxFlags = StatxFlags::from_bits_retain(0x2000);
    let Ok(stat) = statx(file, c"", AtFlags::EMPTY_PATH, ASKED) else { return 0 };
    let (memory, block) = (stat.stx_dio_mem_align as usize, stat.stx_dio_offset_align as usize);
    let is_offered = stat.stx_mask & ASKED.bits() != 0 && memory > 0 && block > 0;
    let fits = is_offered && (bytes.as_ptr() as usize).is_multiple_of(memory);
    if fits { bytes.len() - bytes.len() % block } else { 0 }
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
