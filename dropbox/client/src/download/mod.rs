//! Bytes on their way down.
//!
//! A [`Download`] is pinned to one revision, goes on where it broke off, and gives its last bytes only when the whole has
//! the content hash that Dropbox named. A [`Body`] is what Dropbox makes while it sends, which can do neither.

mod body;
mod file;

use std::io;

use bytes::{Buf, Bytes};

use crate::error::Result;

pub use body::{Body, Export, FolderZip};
pub use file::{Download, DownloadFile};

/// Reads from chunks as they come: what is left of the last one goes first, and what does not fit stays.
fn read_chunks(
    left_over: &mut Bytes,
    buffer: &mut [u8],
    mut next: impl FnMut() -> Result<Option<Bytes>>,
) -> io::Result<usize> {
    while left_over.is_empty() {
        match next()? {
            Some(chunk) => *left_over = chunk,
            None => return Ok(0),
        }
    }
    let count = buffer.len().min(left_over.len());
    left_over.copy_to_slice(&mut buffer[..count]);
    Ok(count)
}
