//! Stretches: which frames one thread reads and writes, one after another.

use std::ops::RangeInclusive;

use larder_connect::Storage;
use larder_model::PackId;

use super::window::Piece;
use crate::{ahead, blobs::sealed_bytes, index::Place};

/// Pieces that lie in one frame.
pub(super) type FrameTask<'r> = Vec<Piece<'r>>;

/// Frames of one pack.
pub(super) type Stretch<'r> = Vec<FrameTask<'r>>;

/// With so many pieces a stretch of neighbours is long enough: each thread gets some, and none has all of a large window.
const PIECES: RangeInclusive<usize> = 32..=1_024;
/// With so many bytes of content, too.
const BYTES: u64 = 16 << 20;
/// Bytes between two frames that are read for nothing rather than by another call.
const GAP_MAX: u64 = 512 << 10;

/// How frames become stretches.
#[derive(Clone, Copy)]
pub(super) enum Stretches {
    /// Each by itself: the target holds in memory what comes in another order than that of its files.
    Single,
    /// Neighbours in a pack, for so many threads. They are of the same file or folder, and two threads would only wait for each other there:
    /// the system lets one at a time write to a file.
    Neighbours { threads: usize },
    /// What one call reads, up to so many bytes.
    OneCall { len_max: u64 },
}

impl Stretches {
    pub fn of(storage: &dyn Storage, threads: usize, disorder_bytes_max: Option<u64>) -> Self {
        match (ahead::stretch_len(storage), disorder_bytes_max) {
            (0, None) => Self::Neighbours { threads },
            (0, Some(_)) => Self::Single,
            (len_max, _) => Self::OneCall { len_max },
        }
    }

    /// Whether all of a stretch is read at once.
    pub fn are_read_at_once(self) -> bool {
        matches!(self, Self::OneCall { .. })
    }

    /// Whether two threads had better write to different files.
    pub fn are_by_file(self) -> bool {
        matches!(self, Self::Neighbours { .. })
    }

    /// Hands over pieces that are sorted by where they lie.
    pub fn each<'r>(self, sorted: impl ExactSizeIterator<Item = Piece<'r>>, hand_over: &mut dyn FnMut(Stretch<'r>)) {
        let pieces_all = sorted.len();
        let (mut stretch, mut pieces, mut bytes) = (Stretch::new(), 0, 0);
        for piece in sorted {
            let is_of_frame = |task: &&mut FrameTask| frame(&task[0].place) == frame(&piece.place);
            if stretch.last_mut().filter(is_of_frame).is_none() {
                let goes_on = match self {
                    Self::Single => false,
                    Self::Neighbours { threads } => {
                        let enough = (pieces_all / (2 * threads)).clamp(*PIECES.start(), *PIECES.end());
                        is_of_pack(&stretch, &piece.place) && pieces < enough && bytes < BYTES
                    }
                    Self::OneCall { len_max } => is_near(&stretch, &piece.place, len_max),
                };
                if !goes_on && !stretch.is_empty() {
                    hand_over(std::mem::take(&mut stretch));
                    (pieces, bytes) = (0, 0);
                }
                stretch.push(FrameTask::new());
            }
            pieces += 1;
            bytes += u64::from(piece.len);
            if let Some(task) = stretch.last_mut() {
                task.push(piece);
            }
        }
        if !stretch.is_empty() {
            hand_over(stretch);
        }
    }
}

/// What frames are told apart by.
fn frame(place: &Place) -> (PackId, u32) {
    (place.pack, place.frame_offset)
}

fn is_of_pack(stretch: &Stretch, next: &Place) -> bool {
    stretch.first().is_none_or(|first| first[0].place.pack == next.pack)
}

/// Whether a frame is to be read together with those before it.
fn is_near(stretch: &Stretch, next: &Place, len_max: u64) -> bool {
    let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else { return true };
    let (start, end) = (sealed_bytes(&first[0].place), sealed_bytes(&last[0].place));
    let next_bytes = sealed_bytes(next);
    is_of_pack(stretch, next)
        && next_bytes.start.saturating_sub(end.end) <= GAP_MAX
        && next_bytes.end.saturating_sub(start.start) <= len_max
}
