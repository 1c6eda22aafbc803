//! How long packs get, and how many workers fill them, within the memory that a flow may have.

use crate::Settings;

/// Packs do not get smaller than this for want of memory.
const PACK_LEN_MIN: u64 = 1 << 20;
/// Where packs are long because calls cost, packs of pages are so many times shorter: they fill slowly, and are kept in caches.
const PAGES_SHARE: usize = 8;

/// What a worker cannot do without: two packs, a buffer to read into, and memory to compress in and to check what came of it.
const WORKER_MEMORY: u64 = 10 << 20;
/// The part of the memory that is for reading: a quarter.
const READING_SHARE: u64 = 4;

/// How many workers fill packs: not more than there is memory for. Where packs are to be long, not more of them than have room for one:
/// the line to such a storage is slower than two of them.
pub(super) fn threads(settings: &Settings, wanted: u64) -> usize {
    let most = match settings.memory.checked_div(wanted) {
        None => settings.memory / WORKER_MEMORY,
        Some(packs) => packs.saturating_sub(1),
    };
    settings.threads.clamp(1, usize::try_from(most).unwrap_or(usize::MAX).max(1))
}

/// What each of so many workers may read into.
pub(super) fn read_len(memory: u64, threads: usize) -> usize {
    usize::try_from(memory / READING_SHARE / threads as u64).unwrap_or(usize::MAX)
}

/// How long packs get: of content, and of pages.
pub(super) fn pack_lens(memory: u64, threads: usize, wanted: u64, configured: u32) -> [usize; 2] {
    let threads = threads as u64;
    if wanted == 0 {
        // Two packs a worker (content and pages) and two on their way to the storage share the memory.
        let len = (memory / (threads * 2 + 2)).max(PACK_LEN_MIN).min(u64::from(configured)) as usize;
        return [len, len];
    }
    // Packs of pages take little, and while two packs are on their way no worker has got far with its next one.
    let len = (memory / (threads + 1)).max(PACK_LEN_MIN).min(wanted) as usize;
    [len, (len / PAGES_SHARE).max(PACK_LEN_MIN as usize)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, Interrupt};

    #[test]
    fn packs_are_as_long_as_the_storage_wants_them_however_many_cores_there_are() {
        for (cores, workers) in [(1, 1), (2, 2), (4, 2), (8, 2)] {
            let settings = Settings {
                threads: cores,
                memory: Settings::MEMORY_DEFAULT,
                clock: Clock::system(),
                host: String::new(),
                process: 1,
                program: String::new(),
                interrupt: Interrupt::default(),
                own_runs: None,
            };
            assert_eq!(threads(&settings, 0), cores);
            assert_eq!(threads(&settings, 32 << 20), workers);
            assert_eq!(pack_lens(settings.memory, workers, 32 << 20, 16 << 20), [32 << 20, 4 << 20]);
            assert_eq!(threads(&Settings { memory: 1 << 20, ..settings.clone() }, 32 << 20), 1);
            let many = Settings { threads: 64, ..settings.clone() };
            assert_eq!(threads(&many, 0), 9);
            assert_eq!(threads(&Settings { memory: 1 << 20, ..many }, 0), 1);
        }
        assert_eq!(read_len(96 << 20, 2), 12 << 20);
        assert_eq!(pack_lens(96 << 20, 2, 0, 16 << 20), [16 << 20; 2]);
        assert_eq!(pack_lens(1 << 20, 1, 32 << 20, 16 << 20), [1 << 20; 2]);
    }
}
