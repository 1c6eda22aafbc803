//! Chunker 1: a keyed gear hash with normalised chunk sizes.

use std::ops::Range;

use super::Sizes;

/// Bytes that a cut depends on: the hash shifts each byte out after 64 steps.
pub(super) const WINDOW: usize = 64;
/// Bytes that are searched at once.
const STRIPE: usize = 4 << 10;
/// How many bits more (before the average) and fewer (after it) a cut needs.
const NORMALISATION: u32 = 2;

#[derive(Clone)]
pub(super) struct Gear {
    table: Box<[u64; 256]>,
    sizes: Sizes,
}

impl Gear {
    pub fn new(table: Box<[u64; 256]>, sizes: Sizes) -> Self {
        Self { table, sizes }
    }

    pub fn cut(&self, data: &[u8]) -> Option<usize> {
        let (min, max) = (self.sizes.min as usize, self.sizes.max as usize);
        if data.len() <= min {
            return None;
        }
        let average = (1usize << self.sizes.bits).min(data.len());
        let end = max.min(data.len());
        self.scan(data, min..average, self.sizes.bits + NORMALISATION)
            .or_else(|| self.scan(data, average..end, self.sizes.bits - NORMALISATION))
            .or_else(|| (data.len() >= max).then_some(max))
    }

    /// The end of the first byte in `range` after which the top `bits` bits of the hash are zero. There are at least [`WINDOW`]
    /// bytes before it.
    fn scan(&self, data: &[u8], range: Range<usize>, bits: u32) -> Option<usize> {
        let limit = 1u64 << (64 - bits);
        let mut at = range.start;
        while at + STRIPE <= range.end {
            if self.has_cut(data, at, limit) {
                break;
            }
            at += STRIPE;
        }
        let mut hash = self.warm(data, at);
        let tail = data[at..range.end].iter().position(|byte| {
            hash = self.step(hash, *byte);
            hash < limit
        });
        tail.map(|index| at + index + 1)
    }

    /// Whether there is a cut in the stripe that begins at `at`. A hash depends on [`WINDOW`] bytes only, so both halves of the stripe can
    /// be hashed side by side: one hash alone leaves the processor waiting for each step.
    fn has_cut(&self, data: &[u8], at: usize, limit: u64) -> bool {
        let (mut left, mut right) = (self.warm(data, at), self.warm(data, at + STRIPE / 2));
        let (left_bytes, right_bytes) = data[at..at + STRIPE].split_at(STRIPE / 2);
        for (left_byte, right_byte) in left_bytes.iter().zip(right_bytes) {
            left = self.step(left, *left_byte);
            right = self.step(right, *right_byte);
            if left < limit || right < limit {
                return true;
            }
        }
        false
    }

    /// The hash before the byte at `at`.
    fn warm(&self, data: &[u8], at: usize) -> u64 {
        data[at - WINDOW..at].iter().fold(0, |hash, byte| self.step(hash, *byte))
    }

    #[inline(always)]
    fn step(&self, hash: u64, byte: u8) -> u64 {
        (hash << 1).wrapping_add(self.table[byte as usize])
    }
}
