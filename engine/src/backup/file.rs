//! Reading one file: chunks and holes in, content out; again when it changed meanwhile.

use std::sync::atomic::Ordering::Relaxed;

use larder_connect::{Folder, OpenFile, Piece};
use larder_format::{
    chunker::Chunker,
    keys::BlobKind,
    page::{Chunk, Content, ContentTree, JOINED_FILE_LEN_MAX},
};
use larder_model::{Entry, Flags, Metadata, Problem, ProblemKind, Skip};

use super::walk::Shared;
use crate::{
    Amount,
    run::{LARGE_BLOB_LEN, Run, Worker},
};

/// A file that changes while it is read is read again this often.
const READ_AGAIN_MAX: u32 = 2;
/// Larger files are not read again: a database or a disk image changes all the time.
const READ_AGAIN_LEN_MAX: u64 = 64 << 20;

/// Reads files into blobs. Holds the read buffer; one for each thread.
pub(super) struct FileReader {
    chunker: Chunker,
    /// Two of the largest chunks at least: cutting looks at one, and what is left over moves to the front seldom.
    buffer: Vec<u8>,
    /// Files that are shorter are one chunk, which shares a frame with others.
    whole_len_max: usize,
}

/// Where a file's bytes are now.
pub(super) enum ReadFile {
    Stored(Content),
    /// In the read buffer, this many: to be joined with its neighbours.
    Small(usize),
}

/// Whom a problem concerns.
pub(super) enum ReadError {
    /// The file alone.
    Item(Problem),
    /// The run: the store cannot be written, or somebody stopped it.
    Run(Problem),
}

impl FileReader {
    pub fn new(run: &Run) -> Self {
        let chunker = run.store().chunker();
        let len = chunker.buffer_len().min(run.read_len()).max(2 * chunker.max());
        Self { buffer: vec![0; len], whole_len_max: chunker.min().min(LARGE_BLOB_LEN), chunker }
    }

    /// The bytes of a file that was small.
    pub fn small(&self, len: usize) -> &[u8] {
        &self.buffer[..len]
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

    /// Reads a file; afterwards `entry` describes what was read.
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
        let mut again = 0;
        loop {
            let mut pass = Pass::new(shared, worker);
            let (read, after) = match pass.open_and_run(self, folder, entry) {
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

fn describe_again(shared: &Shared, folder: &dyn Folder, entry: &Entry, gone: Problem) -> Result<Entry, ReadError> {
    let found = folder.stat(&entry.name, &mut |skip| shared.ledger.add(&skip)).map_err(ReadError::Item)?;
    found.filter(|found| found.kind == entry.kind).ok_or(ReadError::Item(gone))
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

/// One pass over a file.
struct Pass<'p, 'w> {
    shared: &'p Shared<'p>,
    worker: &'p mut Worker<'w>,
    content: Gathering,
    /// Bytes so far, and how many of them were holes.
    len: u64,
    holes: u64,
    /// All bytes so far lie in the worker's room, and none in the read buffer.
    in_room: bool,
}

impl<'p, 'w> Pass<'p, 'w> {
    fn new(shared: &'p Shared<'p>, worker: &'p mut Worker<'w>) -> Self {
        Self { shared, worker, content: Gathering::default(), len: 0, holes: 0, in_room: false }
    }

    fn open_and_run(
        &mut self,
        reader: &mut FileReader,
        folder: &dyn Folder,
        entry: &Entry,
    ) -> Result<(ReadFile, Metadata), ReadError> {
        let file = folder.open(entry).map_err(ReadError::Item)?;
        // Neither one that is joined with others first, nor one that has frames of its own.
        self.in_room = (JOINED_FILE_LEN_MAX as u64 + 1..reader.whole_len_max as u64).contains(&entry.meta.size);
        self.run(reader, file)
    }

    fn run(&mut self, reader: &mut FileReader, mut file: Box<dyn OpenFile>) -> Result<(ReadFile, Metadata), ReadError> {
        let mut filled = 0;
        loop {
            self.shared.run.store().settings().interrupt.check().map_err(ReadError::Run)?;
            let space = match self.in_room {
                true => &mut self.worker.room()[filled..reader.whole_len_max],
                false => &mut reader.buffer[filled..],
            };
            let space_len = space.len();
            match file.next(space).map_err(ReadError::Item)? {
                Piece::Data(len) => {
                    filled += len;
                    self.len += len as u64;
                    self.shared.monitor.advance(Amount { files: 0, bytes: len as u64 });
                    match len == space_len {
                        true if self.in_room => self.leave_room(reader, filled),
                        true => filled = self.cut(reader, filled).map_err(ReadError::Run)?,
                        false => {}
                    }
                }
                Piece::Hole(len) => {
                    self.leave_room(reader, filled);
                    self.cut_all(reader, filled).map_err(ReadError::Run)?;
                    filled = 0;
                    self.len += len;
                    self.holes += len;
                    self.shared.monitor.advance(Amount { files: 0, bytes: len });
                    self.content.push(self.worker, Chunk::Hole { len }).map_err(ReadError::Run)?;
                }
                Piece::End => break,
            }
        }
        if filled <= JOINED_FILE_LEN_MAX {
            self.leave_room(reader, filled);
        }
        let is_small = self.len == filled as u64 && (1..=JOINED_FILE_LEN_MAX).contains(&filled);
        let read = if is_small {
            ReadFile::Small(filled)
        } else {
            self.cut_all(reader, filled).map_err(ReadError::Run)?;
            ReadFile::Stored(std::mem::take(&mut self.content).finish(self.worker).map_err(ReadError::Run)?)
        };
        let after = file.finish(&mut |skip| self.shared.ledger.add(&skip)).map_err(ReadError::Item)?;
        Ok((read, after))
    }

    /// The file is another than it was described as: its bytes move to the read buffer.
    fn leave_room(&mut self, reader: &mut FileReader, filled: usize) {
        if std::mem::take(&mut self.in_room) {
            reader.buffer[..filled].copy_from_slice(&self.worker.room()[..filled]);
        }
    }

    /// Cuts off all chunks that more data cannot change; returns how many bytes are left at the front of the buffer.
    fn cut(&mut self, reader: &mut FileReader, filled: usize) -> Result<usize, Problem> {
        let mut start = 0;
        while let Some(len) = reader.chunker.cut(&reader.buffer[start..filled]) {
            self.chunk(&reader.buffer[start..start + len])?;
            start += len;
        }
        reader.buffer.copy_within(start..filled, 0);
        Ok(filled - start)
    }

    /// Cuts everything: the file, or its part before a hole, ends here.
    fn cut_all(&mut self, reader: &FileReader, filled: usize) -> Result<(), Problem> {
        if self.in_room {
            let id = self.worker.put_room(filled)?;
            return self.content.push(self.worker, Chunk::Data { id, len: filled as u32 });
        }
        let mut rest = &reader.buffer[..filled];
        while !rest.is_empty() {
            let (chunk, more) = rest.split_at(reader.chunker.cut_rest(rest));
            self.chunk(chunk)?;
            rest = more;
        }
        Ok(())
    }

    fn chunk(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        self.shared.run.store().settings().interrupt.check()?;
        let id = self.worker.put(BlobKind::Content, bytes)?;
        self.content.push(self.worker, Chunk::Data { id, len: bytes.len() as u32 })
    }
}

/// The chunks of one file: the first is kept aside, because a file of one chunk needs no tree.
#[derive(Default)]
struct Gathering {
    only: Option<Chunk>,
    tree: Option<ContentTree>,
}

impl Gathering {
    fn push(&mut self, worker: &mut Worker, chunk: Chunk) -> Result<(), Problem> {
        if self.tree.is_none() && self.only.is_none() && matches!(chunk, Chunk::Data { .. }) {
            self.only = Some(chunk);
            return Ok(());
        }
        let mut store = |page: Vec<u8>| worker.put(BlobKind::Page, &page);
        let tree = self.tree.get_or_insert_default();
        if let Some(first) = self.only.take() {
            tree.push(first, &mut store)?;
        }
        tree.push(chunk, &mut store)
    }

    fn finish(self, worker: &mut Worker) -> Result<Content, Problem> {
        if let Some(Chunk::Data { id, .. }) = self.only {
            return Ok(Content::Blob(id));
        }
        let root = match self.tree {
            Some(tree) => tree.finish(&mut |page: Vec<u8>| worker.put(BlobKind::Page, &page))?,
            None => None,
        };
        Ok(root.map_or(Content::Nothing, Content::Tree))
    }
}
