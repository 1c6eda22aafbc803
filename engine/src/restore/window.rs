//! A window: what must be written next, sorted by where it lies in the store.

use std::sync::{
    Arc, Condvar, Mutex, PoisonError,
    atomic::Ordering::Relaxed,
    mpsc::{Receiver, SyncSender},
};

use larder_format::keys::BlobKind;
use larder_model::{BlobId, Problem, Result};

use super::{file_job::FileJob, jobs::Shared};
use crate::{
    Amount,
    blobs::{FrameBuffer, Library, sealed_bytes},
    content::wrong_len,
    index::Place,
    names,
};

/// Pieces of a window at most.
const PIECES_MAX: usize = 4_096;
/// Bytes of a window at most: what one look ahead may keep open.
const BYTES_MAX: u64 = 256 << 20;

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

/// Pieces that lie in one frame.
type FrameTask<'r> = Vec<Piece<'r>>;

/// Frames that are read at once: one, or where calls cost several that lie near each other.
pub(super) type Stretch<'r> = Vec<FrameTask<'r>>;

/// Bytes between two frames that are read for nothing rather than by another call.
const GAP_MAX: u64 = 512 << 10;

/// Gathers pieces and hands them over frame by frame.
pub(super) struct Window<'r, 'q> {
    pieces: Vec<Piece<'r>>,
    bytes: u64,
    bytes_max: u64,
    queue: SyncSender<Stretch<'r>>,
    /// Bytes that are read at once at most; 0: frame by frame.
    stretch_len: u64,
    pub gauge: &'q Gauge,
}

/// How many frames are in hands.
#[derive(Default)]
pub(super) struct Gauge {
    open: Mutex<usize>,
    idle: Condvar,
}

impl Gauge {
    fn add(&self) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    }

    fn done(&self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        *open -= 1;
        if *open == 0 {
            self.idle.notify_all();
        }
    }

    /// Waits until everything that was handed over is written.
    pub fn wait(&self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        while *open > 0 {
            open = self.idle.wait(open).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<'r, 'q> Window<'r, 'q> {
    /// `disorder_bytes_max` is what the target bears.
    pub fn new(
        queue: SyncSender<Stretch<'r>>,
        stretch_len: u64,
        gauge: &'q Gauge,
        disorder_bytes_max: Option<u64>,
    ) -> Self {
        let bytes_max = disorder_bytes_max.map_or(BYTES_MAX, |most| most.min(BYTES_MAX));
        Self { pieces: Vec::new(), bytes: 0, bytes_max, queue, stretch_len, gauge }
    }

    pub fn add(&mut self, piece: Piece<'r>) -> Result<()> {
        self.bytes += u64::from(piece.len);
        self.pieces.push(piece);
        if self.pieces.len() >= PIECES_MAX || self.bytes >= self.bytes_max { self.flush() } else { Ok(()) }
    }

    /// Hands over what was gathered: pack by pack, frame by frame.
    pub fn flush(&mut self) -> Result<()> {
        self.bytes = 0;
        self.pieces.sort_by_key(|piece| (piece.place.pack, piece.place.frame_offset, piece.place.offset, piece.from));
        let mut stretch: Stretch = Vec::new();
        for piece in self.pieces.drain(..) {
            let frame = |piece: &Piece| (piece.place.pack, piece.place.frame_offset);
            if let Some(task) = stretch.last_mut().filter(|task| frame(&task[0]) == frame(&piece)) {
                task.push(piece);
                continue;
            }
            if !belongs(&stretch, &piece.place, self.stretch_len) {
                send(&self.queue, self.gauge, std::mem::take(&mut stretch))?;
            }
            stretch.push(vec![piece]);
        }
        if stretch.is_empty() { Ok(()) } else { send(&self.queue, self.gauge, stretch) }
    }
}

/// Whether a frame is to be read together with those before it.
fn belongs(stretch: &Stretch, next: &Place, len_max: u64) -> bool {
    let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else { return true };
    let (start, end) = (sealed_bytes(&first[0].place), sealed_bytes(&last[0].place));
    let next_bytes = sealed_bytes(next);
    first[0].place.pack == next.pack
        && next_bytes.start.saturating_sub(end.end) <= GAP_MAX
        && next_bytes.end.saturating_sub(start.start) <= len_max
}

fn send<'r>(queue: &SyncSender<Stretch<'r>>, gauge: &Gauge, stretch: Stretch<'r>) -> Result<()> {
    gauge.add();
    queue.send(stretch).map_err(|_| {
        gauge.done();
        Problem::failed("the restore has ended early")
    })
}

/// Writes frames until there are no more.
pub(super) fn write_frames<'r>(shared: &Shared<'r>, queue: &Mutex<Receiver<Stretch<'r>>>, gauge: &Gauge) {
    let mut buffer = FrameBuffer::default();
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(stretch) = next else { return };
        if shared.check().is_ok() {
            write_stretch(shared, stretch, &mut buffer);
        } else {
            stretch.into_iter().flatten().for_each(|piece| piece.file.fail(stopped(shared)));
        }
        shared.collect();
        gauge.done();
    }
}

fn stopped(shared: &Shared) -> Problem {
    shared.check().err().unwrap_or_else(|| Problem::failed("the restore has ended early"))
}

/// What cannot be had together is read frame by frame.
fn write_stretch(shared: &Shared, stretch: Stretch, buffer: &mut FrameBuffer) {
    let library = shared.library;
    let ends = stretch.first().zip(stretch.last()).filter(|_| stretch.len() > 1);
    let read = ends.and_then(|(first, last)| {
        let (first, last) = (first[0].place, last[0].place);
        let range = sealed_bytes(&first).start..sealed_bytes(&last).end;
        library.store.storage().get(&names::pack(first.pack), Some(range)).ok().zip(Some(sealed_bytes(&first).start))
    });
    for task in stretch {
        let place = task[0].place;
        let opened = read.as_ref().is_some_and(|(bytes, start)| {
            let range = sealed_bytes(&place);
            let sealed = &bytes[(range.start - start) as usize..(range.end - start) as usize];
            buffer.fill(sealed).is_ok() && library.open_frame(BlobKind::Content, &place, buffer).is_ok()
        });
        let done = if opened { Ok(()) } else { library.read_frame(BlobKind::Content, &place, buffer) };
        write_frame(shared, task, done, buffer.data());
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
