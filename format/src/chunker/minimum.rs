//! Chunker 2: a chunk ends where the keyed hash of the 16 bytes before is smallest.
//!
//! The idea is that of MinCDC (Orson Peters, 2025). No hash follows from the one before, so that the processor computes many side by
//! side; and there is a smallest one in whatever lies between the smallest and the largest chunk, so that no data runs to the largest
//! size for want of a place to cut.

use multiversion::multiversion;

use super::Sizes;
use crate::keys::CutKey;

/// Bytes that are hashed. Text repeats eight bytes so often that a smallest hash of them is no rare place.
pub(super) const WINDOW: usize = 16;
/// Windows between two looks at the smallest hash so far.
const BLOCK: usize = 2 << 10;

#[derive(Clone)]
pub(super) struct Minimum {
    key: CutKey,
    sizes: Sizes,
}

impl Minimum {
    pub fn new(key: CutKey, sizes: Sizes) -> Self {
        Self { key, sizes }
    }

    pub fn cut(&self, data: &[u8]) -> Option<usize> {
        let range = data.get(..self.sizes.max as usize)?;
        Some(self.best_end(range))
    }

    /// A rest that is no longer than an average chunk is one: two pieces of it would seldom be worth their names.
    pub fn cut_rest(&self, rest: &[u8]) -> usize {
        let range = &rest[..rest.len().min(self.sizes.max as usize)];
        if range.len() <= 1 << self.sizes.bits { range.len() } else { self.best_end(range) }
    }

    /// The end after which the hash is smallest, the last one of several, from the smallest chunk on.
    fn best_end(&self, range: &[u8]) -> usize {
        let before_first = self.sizes.min as usize - WINDOW;
        let searched = &range[before_first..];
        let block = |at: usize| &searched[at..searched.len().min(at + BLOCK + WINDOW - 1)];
        let (mut smallest, mut best) = (u32::MAX, 0);
        for at in (0..=searched.len() - WINDOW).step_by(BLOCK) {
            let hash = smallest_hash(&self.key, block(at));
            if hash <= smallest {
                (smallest, best) = (hash, at);
            }
        }
        let mut windows = block(best).windows(WINDOW);
        let place = windows.rposition(|window| hash(&self.key, window.as_chunks().0) == smallest);
        before_first + best + place.unwrap_or(0) + WINDOW
    }
}

/// The smallest hash of all windows in `bytes`. One pass for each of the four places that a window can have in words: in each the
/// words lie side by side, and the compiler takes as many at once as the processor can.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "x86_64+sse4.1"))]
fn smallest_hash(key: &CutKey, bytes: &[u8]) -> u32 {
    let mut smallest = u32::MAX;
    for phase in 0..size_of::<u32>() {
        let (words, _) = bytes[phase..].as_chunks();
        for window in words.windows(WINDOW / size_of::<u32>()) {
            smallest = smallest.min(hash(key, window));
        }
    }
    smallest
}

#[inline(always)]
fn hash(key: &CutKey, window: &[[u8; 4]]) -> u32 {
    let products =
        window.iter().zip(&key.factors).map(|(word, factor)| u32::from_le_bytes(*word).wrapping_mul(*factor));
    products.fold(key.addend, u32::wrapping_add)
}
