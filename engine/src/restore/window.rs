//! A window: what must be written next, sorted by where it lies in the store.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    thread,
};

use larder_format::keys::BlobKind;
use larder_model::{BlobId, Problem, Result};

use super::{
    file_job::FileJob,
    jobs::Shared,
    queue::Queue,
    stretches::{FrameTask, Stretch, Stretches},
};
use crate::{
    Amount,
    blobs::{FrameBuffer, Library, sealed_bytes},
    content::wrong_len,
    index::Place,
    names,
};

/// Pieces of a window at most.
const PIECES_MAX: usize = 4_096;
/// Bytes of a window at most. A file gets its name with its last piece, so this is what somebody loses who stops in the middle; and it is
/// several large files, which threads write side by side.
const BYTES_MAX: u64 = 1 << 30;
/// Files of several chunks in a window at most: they are open from the first piece to the last.
const OPEN_MAX: usize = 256;

/// Part of a blob that goes to a place in a file.
pub(super) struct Piece<'r> {
    pub file: Arc<FileJob<'r>>,
    pub blob: BlobId,
    /// Length that the whole blob must have; `None` where the listing does not tell.
    pub blob_len: Option<u32>,
    pub place: Place,
    pub from: u32,
    pub len: u32,
    pub to: u64,
}

/// Gathers pieces and hands them over stretch by stretch.
pub(super) struct Window<'r, 'q> {
    pieces: Vec<Piece<'r>>,
    bytes: u64,
    bytes_max: u64,
    /// Files of several chunks.
    open: usize,
    queue: &'q Queue<Stretch<'r>>,
    stretches: Stretches,
}

impl<'r, 'q> Window<'r, 'q> {
    /// `disorder_bytes_max` is what the target bears.
    pub fn new(queue: &'q Queue<Stretch<'r>>, stretches: Stretches, disorder_bytes_max: Option<u64>) -> Self {
        let bytes_max = disorder_bytes_max.map_or(BYTES_MAX, |most| most.min(BYTES_MAX));
        Self { pieces: Vec::new(), bytes: 0, bytes_max, open: 0, queue, stretches }
    }

    pub fn add(&mut self, piece: Piece<'r>) {
        let follows = self.pieces.last().is_some_and(|last| Arc::ptr_eq(&last.file, &piece.file));
        self.open += usize::from(!follows && piece.file.has_tree());
        self.bytes += u64::from(piece.len);
        self.pieces.push(piece);
        if self.pieces.len() >= PIECES_MAX || self.open >= OPEN_MAX || self.bytes >= self.bytes_max {
            self.flush();
        }
    }

    /// Hands over what was gathered: pack by pack, stretch by stretch.
    pub fn flush(&mut self) {
        (self.bytes, self.open) = (0, 0);
        self.pieces.sort_by_key(|piece| (piece.place.pack, piece.place.frame_offset, piece.place.offset, piece.from));
        let queue = self.queue;
        self.stretches.each(self.pieces.drain(..), &mut |stretch| queue.add(stretch));
    }
}

/// Writes stretches until there are no more.
pub(super) fn write_frames<'r>(shared: &Shared<'r>, queue: &Queue<Stretch<'r>>, stretches: Stretches) {
    let mut buffer = FrameBuffer::default();
    while let Some(mut taken) = queue.take() {
        // Before the queue lets go of who waits for this stretch.
        let _stopping = StopsInPanic(shared);
        let stretch = taken.stretch.take().unwrap_or_default();
        write_stretch(shared, stretch, &mut buffer, stretches.are_read_at_once());
    }
}

/// A writer that panics ends the restore: what it had in hand is not written.
struct StopsInPanic<'s, 'r>(&'s Shared<'r>);

impl Drop for StopsInPanic<'_, '_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let message = "a thread of the restore has met an error in this program, which stands above";
            self.0.stop_for(Problem::failed(message));
        }
    }
}

fn stopped(shared: &Shared) -> Problem {
    shared.check().err().unwrap_or_else(|| Problem::failed("the restore has ended early"))
}

/// What cannot be had together is read frame by frame.
fn write_stretch(shared: &Shared, stretch: Stretch, buffer: &mut FrameBuffer, at_once: bool) {
    let library = shared.library;
    let ends = stretch.first().zip(stretch.last()).filter(|_| at_once && stretch.len() > 1 && shared.check().is_ok());
    let read = ends.and_then(|(first, last)| {
        let (first, last) = (first[0].place, last[0].place);
        let range = sealed_bytes(&first).start..sealed_bytes(&last).end;
        library.store.storage().get(&names::pack(first.pack), Some(range)).ok().zip(Some(sealed_bytes(&first).start))
    });
    for task in stretch {
        if shared.check().is_err() {
            task.into_iter().for_each(|piece| piece.file.fail(stopped(shared)));
            continue;
        }
        let place = task[0].place;
        let opened = read.as_ref().is_some_and(|(bytes, start)| {
            let range = sealed_bytes(&place);
            let sealed = bytes.get((range.start - start) as usize..(range.end - start) as usize);
            sealed.is_some_and(|sealed| buffer.fill(sealed).is_ok())
                && library.open_frame(BlobKind::Content, &place, buffer).is_ok()
        });
        let done = if opened { Ok(()) } else { library.read_frame(BlobKind::Content, &place, buffer) };
        write_frame(shared, task, done, buffer.data());
        shared.collect();
    }
}

fn write_frame(shared: &Shared, task: FrameTask, read: Result<()>, data: &[u8]) {
    let library = shared.library;
    // Joined files follow each other: a blob that was just verified need not be again.
    let mut verified: Option<BlobId> = None;
    for piece in task {
        let bytes = match (&read, verified == Some(piece.blob)) {
            (Ok(()), true) => Ok(&data[piece.place.offset as usize..][..piece.place.len as usize]),
            (Ok(()), false) => library.verified(BlobKind::Content, &piece.blob, data, &piece.place),
            (Err(problem), _) => Err(problem.clone()),
        };
        match bytes {
            Ok(bytes) => {
                verified = Some(piece.blob);
                write_piece(shared, piece, bytes);
            }
            Err(_) => write_from_elsewhere(library, shared, piece),
        }
    }
}

/// The frame is bad: perhaps the blob has another place.
fn write_from_elsewhere(library: &Library, shared: &Shared, piece: Piece) {
    match library.blob(BlobKind::Content, &piece.blob) {
        Ok(bytes) => write_piece(shared, piece, &bytes),
        Err(problem) => {
            piece.file.fail(problem);
            piece.file.finish_one();
        }
    }
}

fn write_piece(shared: &Shared, piece: Piece, blob: &[u8]) {
    let Piece { file, blob: id, blob_len, from, len, to, .. } = piece;
    let right = blob_len.is_none_or(|len| len as usize == blob.len());
    let bytes = blob.get(from as usize..from as usize + len as usize).filter(|_| right);
    let written = bytes.ok_or_else(|| wrong_len(&id)).and_then(|bytes| file.write(to, bytes));
    match written {
        Ok(()) => {
            shared.tally.bytes.fetch_add(u64::from(len), Relaxed);
            shared.tally.monitor.advance(Amount { files: 0, bytes: u64::from(len) });
        }
        Err(problem) => file.fail(problem),
    }
    file.finish_one();
}
