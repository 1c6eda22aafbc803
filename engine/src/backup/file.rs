//! Reading one file: chunks and holes in, content out; again when it changed meanwhile.

mod buffers;
mod pass;

use std::{ops::Range, sync::atomic::Ordering::Relaxed};

use larder_connect::{Folder, OpenFile};
use larder_format::{
    chunker::Chunker,
    keys::BlobKind,
    page::{Content, JOINED_BLOB_LEN_MAX, JOINED_FILE_LEN_MAX},
};
use larder_model::{BlobId, Entry, Flags, Metadata, Problem, ProblemKind, Skip};

use super::walk::Shared;
use crate::run::{LARGE_BLOB_LEN, Run, Worker};
pub(super) use buffers::Buffers;
use pass::Pass;

/// A file that changes while it is read is read again this often.
const READ_AGAIN_MAX: u32 = 2;
/// Larger files are not read again: a database or a disk image changes all the time.
const READ_AGAIN_LEN_MAX: u64 = 64 << 20;

/// Reads files into blobs; one for each thread.
pub(super) struct FileReader<'b> {
    chunker: Chunker,
    buffers: &'b Buffers,
    /// What it reads into, from the first file until it rests.
    buffer: Vec<u8>,
    /// Files that are shorter are one chunk, which shares a frame with others.
    whole_len_max: usize,
}

/// Where a file's bytes are now.
pub(super) enum ReadFile {
    Stored(Content),
    Small(Small),
}

/// A small file's bytes: to be joined with its neighbours.
#[derive(Clone, Copy)]
pub(super) struct Small {
    pub len: usize,
    /// They are in the worker's room to hold; else in the read buffer.
    pub in_room: bool,
}

/// Whom a problem concerns.
pub(super) enum ReadError {
    /// The file alone.
    Item(Problem),
    /// The run: the store cannot be written, or somebody stopped it.
    Run(Problem),
}

impl<'b> FileReader<'b> {
    pub fn new(run: &Run, buffers: &'b Buffers) -> Self {
        let chunker = run.store().chunker();
        Self { buffers, buffer: Vec::new(), whole_len_max: chunker.min().min(LARGE_BLOB_LEN), chunker }
    }

    /// Leaves the read buffer to others until the next file.
    pub fn rest(&mut self) {
        if !self.buffer.is_empty() {
            self.buffers.give_back(std::mem::take(&mut self.buffer));
        }
    }

    /// The chunk that `bytes` of the buffer begin with; `None` when they hold no whole one.
    fn next_chunk(&self, bytes: Range<usize>, has_more: bool) -> Option<Range<usize>> {
        let (start, rest) = (bytes.start, &self.buffer[bytes]);
        let len = match has_more {
            true => self.chunker.cut(rest)?,
            false if rest.is_empty() => return None,
            false => self.chunker.cut_rest(rest),
        };
        Some(start..start + len)
    }

    /// The bytes of a file that was small.
    pub fn small<'s>(&'s self, worker: &'s mut Worker, small: Small) -> &'s [u8] {
        if small.in_room { &worker.room_to_hold()[..small.len] } else { &self.buffer[..small.len] }
    }

    /// Lets the worker hold them, until all that are joined are put.
    pub fn hold(&self, worker: &mut Worker, small: Small) {
        if !small.in_room {
            worker.room_to_hold()[..small.len].copy_from_slice(&self.buffer[..small.len]);
        }
        worker.hold(small.len);
    }

    /// Reads a file that is open already: where its bytes are now, how many they are, and how it is described after that.
    pub fn take(
        &mut self,
        shared: &Shared,
        worker: &mut Worker,
        file: Box<dyn OpenFile>,
    ) -> Result<(ReadFile, u64, Metadata), ReadError> {
        let mut pass = Pass::new(shared, worker);
        let (read, after) = pass.run(self, file)?;
        Ok((read, pass.len, after))
    }

    /// Reads a file; afterwards `entry` describes what was read. Room was made for one that is listed as small ([`Joiner::make_room`]): it is
    /// read behind what the worker holds.
    ///
    /// [`Joiner::make_room`]: super::join::Joiner::make_room
    pub fn read(
        &mut self,
        shared: &Shared,
        worker: &mut Worker,
        folder: &dyn Folder,
        entry: &mut Entry,
    ) -> Result<ReadFile, ReadError> {
        if is_stream(&entry.meta) {
            shared.tally.streams.store(true, Relaxed);
        }
        let held_max = if is_small(entry.meta.size) { entry.meta.size as usize } else { 0 };
        debug_assert!(worker.held() + held_max <= JOINED_BLOB_LEN_MAX, "no room was made for {held_max} bytes more");
        let mut again = 0;
        loop {
            let mut pass = Pass::new(shared, worker);
            let (read, after) = match pass.open_and_run(self, folder, entry, held_max) {
                // Another file has taken the name meanwhile: that one is read, if it is still a file.
                Err(ReadError::Item(problem)) if problem.is(ProblemKind::NotFound) && again < READ_AGAIN_MAX => {
                    *entry = describe_again(shared, folder, entry, problem)?;
                    again += 1;
                    continue;
                }
                done => done?,
            };
            let (len, holes) = (pass.len, pass.holes);
            shared.tally.bytes_read.fetch_add(len - holes, Relaxed);
            let stable = is_same(&entry.meta, &after) && after.size == len;
            entry.meta = Metadata { flags: Flags::default(), ..after };
            if stable {
                return Ok(read);
            }
            if again == READ_AGAIN_MAX || len > READ_AGAIN_LEN_MAX {
                (entry.meta.size, entry.meta.flags) = (len, Flags::CHANGED);
                let path = folder.path().child(&entry.name);
                let message = "it changed while it was read; what is stored may mix old and new";
                shared.ledger.add(&Skip::note(path, "changed", message));
                return Ok(read);
            }
            again += 1;
        }
    }
}

impl Drop for FileReader<'_> {
    fn drop(&mut self) {
        self.rest();
    }
}

fn describe_again(shared: &Shared, folder: &dyn Folder, entry: &Entry, gone: Problem) -> Result<Entry, ReadError> {
    let found = folder.stat(&entry.name, &mut |skip| shared.ledger.add(&skip)).map_err(ReadError::Item)?;
    found.filter(|found| found.kind == entry.kind).ok_or(ReadError::Item(gone))
}

/// Files of this length are joined with their neighbours.
pub(super) fn is_small(len: u64) -> bool {
    (1..=JOINED_FILE_LEN_MAX as u64).contains(&len)
}

/// A stream knows its times only when it has ended, and can be read once.
fn is_stream(before: &Metadata) -> bool {
    before.mtime.is_none()
}

/// True when a file's description from before and after reading it tells of no change. A stream has none from before.
fn is_same(before: &Metadata, after: &Metadata) -> bool {
    is_stream(before)
        || before.fingerprint.is_some() && before.fingerprint == after.fingerprint
        || before.size == after.size
            && before.mtime == after.mtime
            && before.ctime == after.ctime
            && before.stamp == after.stamp
}

/// Stores a chunk of a file.
pub(super) fn store_chunk(worker: &mut Worker, bytes: &[u8]) -> Result<BlobId, Problem> {
    worker.run.store().settings().interrupt.check()?;
    worker.put(BlobKind::Content, bytes)
}
