//! Where files are cut: a keyed gear hash with normalised chunk sizes (docs/format.md §6).
//!
//! An own loop with golden vectors, because library chunkers have changed their cut points between versions.

use std::ops::Range;

/// The chunker's id in the config.
pub const ID: u32 = 1;

/// Bytes that a cut depends on: the hash shifts each byte out after 64 steps.
const WINDOW: usize = 64;
/// Bytes that are searched at once.
const STRIPE: usize = 4 << 10;
/// How many bits more (before the average) and fewer (after it) a cut needs.
const NORMALISATION: u32 = 2;

/// Smallest, average and largest chunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sizes {
    pub min: u32,
    /// The average as a power of two.
    pub bits: u32,
    pub max: u32,
}

impl Default for Sizes {
    /// 256 KiB, 1 MiB, 4 MiB: what the main peers use, so that ratios compare.
    fn default() -> Self {
        Self { min: 256 << 10, bits: 20, max: 4 << 20 }
    }
}

impl Sizes {
    pub(crate) fn are_sane(self) -> bool {
        (8..=23).contains(&self.bits)
            && self.min as usize >= WINDOW
            && self.min < 1 << self.bits
            && self.max > 1 << self.bits
            && self.max <= 8 << 20
    }
}

/// Cuts content into chunks.
#[derive(Clone)]
pub struct Chunker {
    table: Box<[u64; 256]>,
    sizes: Sizes,
}

impl Chunker {
    pub fn new(table: Box<[u64; 256]>, sizes: Sizes) -> Self {
        Self { table, sizes }
    }

    /// Bytes that [`Chunker::cut`] must see to decide.
    pub fn max(&self) -> usize {
        self.sizes.max as usize
    }

    /// The length of the first chunk of `data`. `None` when the cut may lie beyond `data`: the caller comes again with more, or, at
    /// the end of a file, takes all of it.
    pub fn cut(&self, data: &[u8]) -> Option<usize> {
        let (min, max) = (self.sizes.min as usize, self.max());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{keys::Identity, secret::Secret};

    fn chunker() -> Chunker {
        Chunker::new(Identity::new(Secret::new([1; 32])).gear_table(), Sizes { min: 256, bits: 10, max: 4096 })
    }

    fn noise(len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        blake3::Hasher::new().finalize_xof().fill(&mut bytes);
        bytes
    }

    fn cuts(data: &[u8]) -> Vec<usize> {
        let (chunker, mut at, mut cuts) = (chunker(), 0, Vec::new());
        while at < data.len() {
            at += chunker.cut(&data[at..]).unwrap_or(data.len() - at);
            cuts.push(at);
        }
        cuts
    }

    /// These numbers are the format: when they change, old stores stop sharing chunks with new backups.
    #[test]
    fn golden_cuts() {
        assert_eq!(cuts(&noise(20_000))[..6], GOLDEN);
    }
    const GOLDEN: [usize; 6] = [941, 2176, 2620, 4081, 5229, 6354];

    #[test]
    fn an_insertion_moves_few_cuts() {
        let data = noise(200_000);
        let mut edited = data.clone();
        edited.splice(50_000..50_000, *b"inserted");
        let before: std::collections::HashSet<_> = cuts(&data).into_iter().collect();
        let same = cuts(&edited).into_iter().filter(|cut| before.contains(cut) || before.contains(&(cut - 8))).count();
        assert!(same * 10 > before.len() * 9, "{same} of {}", before.len());
    }

    /// Stripes are a way to be fast; the cuts are those of one hash that runs through all bytes.
    #[test]
    fn stripes_change_no_cut() {
        let sizes = Sizes { min: 3_000, bits: 14, max: 60_000 };
        let chunker = Chunker::new(Identity::new(Secret::new([2; 32])).gear_table(), sizes);
        let mut data = noise(3_000_000);
        data[1_000_000..1_500_000].fill(0);
        let mut at = 0;
        while at < data.len() {
            let rest = &data[at..];
            let cut = chunker.cut(rest);
            assert_eq!(cut, plain_cut(&chunker, rest), "at {at}");
            at += cut.unwrap_or(rest.len());
        }
    }

    fn plain_cut(chunker: &Chunker, data: &[u8]) -> Option<usize> {
        let mut hash = 0;
        for (index, byte) in data.iter().enumerate().take(chunker.max()) {
            hash = chunker.step(hash, *byte);
            let bits = if index < 1 << chunker.sizes.bits { 16 } else { 12 };
            if index >= chunker.sizes.min as usize && hash >> (64 - bits) == 0 {
                return Some(index + 1);
            }
        }
        (data.len() >= chunker.max()).then_some(chunker.max())
    }

    #[test]
    fn more_data_never_changes_a_cut() {
        let data = noise(10_000);
        let first = chunker().cut(&data);
        for len in 0..data.len() {
            if let Some(cut) = chunker().cut(&data[..len]) {
                assert_eq!(Some(cut), first);
            }
        }
    }
}
