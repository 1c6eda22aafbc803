//! How long packs get, how much is read at once, and how many workers do so, within the memory that a flow may have.

use std::ops::RangeInclusive;

use super::FRAME_LEN;
use crate::Settings;

/// Packs do not get smaller than this for want of memory.
const PACK_LEN_MIN: u64 = 1 << 20;
/// Where packs are long because calls cost, packs of pages are so many times shorter: they fill slowly, and are kept in caches.
const PAGES_SHARE: usize = 8;
/// The part of the memory that is for reading, as far as chunks let it: a quarter. A worker that others help to store what it reads has one
/// of their buffers as well.
const READING_SHARE: u64 = 4;
/// The part of the memory that packs have at least: a half. So many workers take a quarter more than there is, and not half of it for packs.
const PACKS_SHARE: u64 = 2;
/// The frames at hand of a worker: content and pages, each with room for a blob.
const FRAMES: u64 = 7 << 19;

/// How the workers of a run share its memory.
pub(super) struct Lengths {
    /// Workers that fill packs. Not more than there is memory for. Where packs are to be long, not more of them than have room for one:
    /// the line to such a storage is slower than two of them.
    pub threads: usize,
    /// What each of them reads into.
    pub read: usize,
    /// Where a pack is closed: of content, and of pages.
    pub packs: [usize; 2],
}

impl Lengths {
    /// `read` is what chunks need to be read into, twice the largest, and what serves them well; `wanted` the length of a pack that the storage wishes for, 0
    /// where calls are free; `configured` the most that the store's config allows there.
    pub fn new(settings: &Settings, read: RangeInclusive<usize>, wanted: u64, configured: u32) -> Self {
        let memory = settings.memory;
        // What a worker needs beside packs and its buffer: a chunk is compressed, and what came of it is opened to see that it is right; or a frame is.
        let work = FRAMES + (*read.start() as u64).max(2 * FRAME_LEN as u64);
        let most = match memory.checked_div(wanted) {
            None => memory / (*read.start() as u64 + work + 2 * PACK_LEN_MIN),
            Some(packs) => packs.saturating_sub(1),
        };
        let threads = settings.threads.clamp(1, usize::try_from(most).unwrap_or(usize::MAX).max(1));
        let workers = threads as u64;
        let share = usize::try_from(memory / READING_SHARE / workers).unwrap_or(usize::MAX);
        let read = share.clamp(*read.start(), *read.end());
        let packs = if wanted == 0 {
            // A pack of content a worker, two on their way to the storage, and as much as one for all that are being filled with pages.
            let left = memory.saturating_sub(workers * (read as u64 + work)).max(memory / PACKS_SHARE);
            let len = (left / (workers + 3)).max(PACK_LEN_MIN).min(u64::from(configured)) as usize;
            [len, (len / threads).max(PACK_LEN_MIN as usize)]
        } else {
            // Packs of pages take little, and while two packs are on their way no worker has got far with its next one.
            let len = (memory / (workers + 1)).max(PACK_LEN_MIN).min(wanted) as usize;
            [len, (len / PAGES_SHARE).max(PACK_LEN_MIN as usize)]
        };
        Self { threads, read, packs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    fn lengths(cores: usize, memory: usize, wanted: usize) -> (usize, usize, [usize; 2]) {
        with_chunks(3 * MIB..=8 * MIB, cores, memory, wanted)
    }

    fn with_chunks(
        read: RangeInclusive<usize>,
        cores: usize,
        memory: usize,
        wanted: usize,
    ) -> (usize, usize, [usize; 2]) {
        let settings = Settings::of(cores, memory as u64);
        let Lengths { threads, read, packs } = Lengths::new(&settings, read, wanted as u64, 16 << 20);
        (threads, read, packs)
    }

    #[test]
    fn packs_are_as_long_as_the_storage_wants_them_however_many_cores_there_are() {
        let memory = Settings::MEMORY_DEFAULT as usize;
        for (cores, workers) in [(1, 1), (2, 2), (4, 2), (8, 2)] {
            let (threads, _, packs) = lengths(cores, memory, 32 * MIB);
            assert_eq!((threads, packs), (workers, [32 * MIB, 4 * MIB]));
            assert_eq!(lengths(cores, MIB, 32 * MIB), (1, 3 * MIB, [MIB; 2]));
        }
    }

    #[test]
    fn workers_share_the_memory() {
        assert_eq!(lengths(1, 96 * MIB, 0), (1, 8 * MIB, [16 * MIB; 2]));
        assert_eq!(lengths(2, 101 * MIB, 0), (2, 8 * MIB, [14 * MIB, 7 * MIB]));
        assert_eq!(lengths(4, 64 * MIB, 0), (4, 4 * MIB, [32 * MIB / 7, 8 * MIB / 7]));
        assert_eq!(lengths(64, 96 * MIB, 0), (7, 24 * MIB / 7, [48 * MIB / 10, MIB]));
        assert_eq!(lengths(64, MIB, 0), (1, 3 * MIB, [MIB; 2]));
        // Those of older stores, of up to 4 MiB.
        assert_eq!(with_chunks(8 * MIB..=8 * MIB, 64, 96 * MIB, 0), (4, 8 * MIB, [48 * MIB / 7, 12 * MIB / 7]));
    }
}
