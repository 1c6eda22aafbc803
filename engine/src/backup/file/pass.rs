//! One pass over a file: its bytes into chunks, its chunks into the store. Where other threads have nothing to do they store with this one.

use std::{collections::VecDeque, ops::Range, sync::Arc};

use larder_connect::{Folder, OpenFile, Piece};
use larder_format::{
    keys::BlobKind,
    page::{Chunk, Content, ContentTree, JOINED_FILE_LEN_MAX},
};
use larder_model::{Entry, Metadata, Problem};

use super::{FileReader, ReadError, ReadFile, Small, is_small, store_chunk};
use crate::{
    Amount,
    backup::{
        batch::Batch,
        walk::{Shared, Task},
    },
    run::Worker,
};

/// One pass over a file.
pub(super) struct Pass<'p, 'w> {
    shared: &'p Shared<'p>,
    worker: &'p mut Worker<'w>,
    content: Gathering,
    /// Bytes so far, and how many of them were holes.
    pub len: u64,
    pub holes: u64,
    /// Where the bytes are that are not cut yet.
    place: Place,
    /// What was cut and is being stored by several threads, the oldest first.
    underway: VecDeque<Arc<Batch>>,
}

/// What the bytes of a file are read into.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Buffer,
    /// The worker's room: the file is one blob.
    Room,
    /// Behind what the worker holds, which there is room for so many more of: the file is a part of a blob.
    Held {
        len_max: usize,
    },
}

impl<'p, 'w> Pass<'p, 'w> {
    pub fn new(shared: &'p Shared<'p>, worker: &'p mut Worker<'w>) -> Self {
        Self {
            shared,
            worker,
            content: Gathering::default(),
            len: 0,
            holes: 0,
            place: Place::Buffer,
            underway: VecDeque::new(),
        }
    }

    pub fn open_and_run(
        &mut self,
        reader: &mut FileReader,
        folder: &dyn Folder,
        entry: &Entry,
        held_max: usize,
    ) -> Result<(ReadFile, Metadata), ReadError> {
        let file = folder.open(entry).map_err(ReadError::Item)?;
        self.place = match entry.meta.size {
            size if is_small(size) && size <= held_max as u64 => Place::Held { len_max: held_max },
            // One that has no frames of its own.
            size if size > JOINED_FILE_LEN_MAX as u64 && size < reader.whole_len_max as u64 => Place::Room,
            _ => Place::Buffer,
        };
        self.run(reader, file)
    }

    pub fn run(&mut self, reader: &mut FileReader, file: Box<dyn OpenFile>) -> Result<(ReadFile, Metadata), ReadError> {
        let read = self.read(reader, file);
        // Also when the file could not be read to its end: a chunk of it that could not be stored would count as there.
        self.finish_all(reader).map_err(ReadError::Run)?;
        read
    }

    fn read(
        &mut self,
        reader: &mut FileReader,
        mut file: Box<dyn OpenFile>,
    ) -> Result<(ReadFile, Metadata), ReadError> {
        if reader.buffer.is_empty() {
            reader.buffer = reader.buffers.take();
        }
        let mut filled = 0;
        loop {
            self.shared.run.store().settings().interrupt.check().map_err(ReadError::Run)?;
            let space = match self.place {
                Place::Buffer => &mut reader.buffer[filled..],
                Place::Room => &mut self.worker.room()[filled..reader.whole_len_max],
                Place::Held { .. } => &mut self.worker.room_to_hold()[filled..=JOINED_FILE_LEN_MAX],
            };
            let space_len = space.len();
            match file.next(space).map_err(ReadError::Item)? {
                Piece::Data(len) => {
                    filled += len;
                    self.len += len as u64;
                    self.shared.monitor.advance(Amount { files: 0, bytes: len as u64 });
                    match self.place {
                        _ if len < space_len => {}
                        Place::Buffer => filled = self.cut(reader, filled).map_err(ReadError::Run)?,
                        _ => self.leave_room(reader, filled),
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
        let in_room = matches!(self.place, Place::Held { len_max } if (1..=len_max).contains(&filled));
        if filled <= JOINED_FILE_LEN_MAX && !in_room {
            self.leave_room(reader, filled);
        }
        let read = if self.len == filled as u64 && is_small(self.len) {
            ReadFile::Small(Small { len: filled, in_room })
        } else {
            self.cut_all(reader, filled).map_err(ReadError::Run)?;
            ReadFile::Stored(std::mem::take(&mut self.content).finish(self.worker).map_err(ReadError::Run)?)
        };
        let after = file.finish(&mut |skip| self.shared.ledger.add(&skip)).map_err(ReadError::Item)?;
        Ok((read, after))
    }

    /// The file is another than it was described as: its bytes move to the read buffer.
    fn leave_room(&mut self, reader: &mut FileReader, filled: usize) {
        let room = match std::mem::replace(&mut self.place, Place::Buffer) {
            Place::Buffer => return,
            Place::Room => self.worker.room(),
            Place::Held { .. } => self.worker.room_to_hold(),
        };
        reader.buffer[..filled].copy_from_slice(&room[..filled]);
    }

    /// Cuts off all chunks that more data cannot change; returns how many bytes are left at the front of the buffer.
    fn cut(&mut self, reader: &mut FileReader, filled: usize) -> Result<usize, Problem> {
        self.chunks(reader, filled, true)
    }

    /// Cuts everything: the file, or its part before a hole, ends here.
    fn cut_all(&mut self, reader: &mut FileReader, filled: usize) -> Result<(), Problem> {
        if self.place == Place::Room {
            let id = self.worker.put_room(filled)?;
            return self.content.push(self.worker, Chunk::Data { id, len: filled as u32 });
        }
        self.chunks(reader, filled, false)?;
        self.finish_all(reader)
    }

    /// Cuts and stores, and moves what is left to the front of the buffer; returns how much that is.
    fn chunks(&mut self, reader: &mut FileReader, filled: usize, has_more: bool) -> Result<usize, Problem> {
        let helpers = self.shared.helpers() + self.underway.iter().map(|batch| batch.hands()).sum::<usize>();
        if helpers == 0 {
            self.finish_all(reader)?;
        }
        let (mut start, mut chunks) = (0, Vec::new());
        while let Some(chunk) = reader.next_chunk(start..filled, has_more) {
            start = chunk.end;
            if helpers > 0 {
                chunks.push(chunk);
            } else {
                // While it is hot.
                self.store(reader, chunk)?;
            }
        }
        match chunks.len() {
            0 => {}
            // Nobody could help with it.
            1 if self.underway.is_empty() => self.store(reader, chunks.remove(0))?,
            _ => {
                // The last one before the end needs no other, and later ones have that of the batch before.
                let next = match has_more && self.underway.is_empty() {
                    true => reader.buffers.borrow(),
                    false => Some(Vec::new()),
                };
                if let Some(next) = next {
                    let cut = self.hand_over(reader, next, chunks, helpers)?;
                    if has_more {
                        reader.buffer[..filled - start].copy_from_slice(&cut[start..filled]);
                    }
                    return Ok(filled - start);
                }
                chunks.into_iter().try_for_each(|chunk| self.store(reader, chunk))?;
            }
        }
        reader.buffer.copy_within(start..filled, 0);
        Ok(filled - start)
    }

    fn store(&mut self, reader: &FileReader, chunk: Range<usize>) -> Result<(), Problem> {
        let len = chunk.len() as u32;
        let id = store_chunk(self.worker, &reader.buffer[chunk])?;
        self.content.push(self.worker, Chunk::Data { id, len })
    }

    /// Lets others store these chunks of the buffer, which it returns; the reader goes on with the next one, or with that of the batch
    /// before as soon as that is stored.
    fn hand_over(
        &mut self,
        reader: &mut FileReader,
        next: Vec<u8>,
        chunks: Vec<Range<usize>>,
        helpers: usize,
    ) -> Result<Arc<Vec<u8>>, Problem> {
        let helpers = helpers.min(chunks.len());
        let bytes = Arc::new(std::mem::replace(&mut reader.buffer, next));
        let batch = Arc::new(Batch::new(bytes.clone(), chunks));
        self.shared.stack.push((0..helpers).map(|_| Task::Chunks(batch.clone())));
        self.underway.push_back(batch);
        if self.underway.len() > 1 {
            self.finish_first(reader)?;
        }
        Ok(bytes)
    }

    fn finish_all(&mut self, reader: &mut FileReader) -> Result<(), Problem> {
        while !self.underway.is_empty() {
            self.finish_first(reader)?;
        }
        Ok(())
    }

    /// Helps until the oldest batch is stored, with the one behind it while others are at its last chunks.
    fn finish_first(&mut self, reader: &mut FileReader) -> Result<(), Problem> {
        let Some(first) = self.underway.front().cloned() else { return Ok(()) };
        let mut store_one = || self.underway.iter().any(|batch| batch.store_one(|it| store_chunk(self.worker, it)));
        while !first.is_done() && store_one() {}
        let (bytes, ids) = first.finish();
        self.underway.pop_front();
        match reader.buffer.is_empty() {
            true => reader.buffer = bytes,
            false => reader.buffers.give_back(bytes),
        }
        for (id, len) in ids?.into_iter().zip(first.lens()) {
            self.content.push(self.worker, Chunk::Data { id, len: len as u32 })?;
        }
        Ok(())
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
