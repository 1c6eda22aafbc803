//! Signatures: for each hash bucket of pairs and triples of letters, a bitmap over the blocks of a group that have it. A text is looked
//! for in those blocks only that have all of its triples; for a rare one these are few bits in a few bitmaps.
//!
//! A group is 1,024 blocks at most, so that writing takes some 24 MiB however large a segment is. Bitmaps are kept in slices of 64 buckets.

use std::collections::HashMap;

use larder_format::Result;

use super::{
    grams::{BUCKETS, GramSet, Place},
    needs::Needs,
    sealed::Boxes,
};

const GROUP_BLOCKS: usize = 1024;
/// In one box: a look-up opens one for each three letters and group.
const SLICE_BUCKETS: usize = 64;
pub(super) const SLICES: usize = BUCKETS / SLICE_BUCKETS;
/// A group of fewer blocks has none: its blocks are as quickly read.
const BLOCKS_MIN: usize = 3;

/// The signatures of a group being written.
#[derive(Default)]
pub(super) struct GroupDraft {
    /// Of each block the buckets that it fills.
    blocks: Vec<Box<[u16]>>,
}

impl GroupDraft {
    pub fn blocks(&self) -> usize {
        self.blocks.len()
    }

    pub fn is_full(&self, blocks_max: usize) -> bool {
        self.blocks.len() >= blocks_max.min(GROUP_BLOCKS)
    }

    /// Takes the next block's set.
    pub fn push(&mut self, grams: &mut GramSet) {
        let mut buckets = Vec::new();
        grams.drain(|bucket| buckets.push(bucket as u16));
        self.blocks.push(buckets.into());
    }

    /// Puts the slices behind `out` and begins the next group. Their lengths are zero for a group that needs none.
    pub fn finish(&mut self, boxes: &mut Boxes, number: &mut u32, out: &mut Vec<u8>) -> Result<Vec<u32>> {
        let mut lens = vec![0; SLICES];
        let blocks = std::mem::take(&mut self.blocks);
        if blocks.len() < BLOCKS_MIN {
            return Ok(lens);
        }
        let width = blocks.len().div_ceil(8);
        let mut bits = vec![0_u8; BUCKETS * width];
        for (block, buckets) in blocks.iter().enumerate() {
            buckets.iter().for_each(|bucket| bits[usize::from(*bucket) * width + block / 8] |= 1 << (block % 8));
        }
        for (len, slice) in lens.iter_mut().zip(bits.chunks_exact(SLICE_BUCKETS * width)) {
            *len = boxes.seal(*number, slice, out)?;
            *number += 1;
        }
        Ok(lens)
    }
}

/// Finds out which blocks of a group can hold what one of several patterns needs; `None` for all of them. `slice` gives a box.
pub(super) fn candidates<E>(
    needs: &[Needs],
    blocks: usize,
    slice: &mut dyn FnMut(usize) -> Result<Vec<u8>, E>,
) -> Result<Option<Vec<bool>>, E> {
    if blocks < BLOCKS_MIN {
        return Ok(None);
    }
    let width = blocks.div_ceil(8);
    let mut slices: HashMap<usize, Vec<u8>> = HashMap::new();
    let mut row = |bucket: u16| -> Result<Vec<u8>, E> {
        let (number, at) = (usize::from(bucket) / SLICE_BUCKETS, usize::from(bucket) % SLICE_BUCKETS * width);
        let bytes = match slices.entry(number) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => entry.insert(slice(number)?),
        };
        Ok(bytes.get(at..at + width).map_or_else(|| vec![0xff; width], <[u8]>::to_vec))
    };
    let mut any = vec![0_u8; width];
    for need in needs {
        let Some(bits) = of_one(need, &mut row)? else { return Ok(None) };
        any.iter_mut().zip(bits).for_each(|(any, bits)| *any |= bits);
    }
    Ok(Some((0..blocks).map(|block| any[block / 8] & 1 << (block % 8) != 0).collect()))
}

/// The blocks for one pattern; `None` when it needs nothing that could be looked up.
fn of_one<E>(needs: &Needs, row: &mut dyn FnMut(u16) -> Result<Vec<u8>, E>) -> Result<Option<Vec<u8>>, E> {
    let mut bits: Option<Vec<u8>> = None;
    for bucket in needs.name.iter().flat_map(|literal| literal.buckets(Place::Item)) {
        if keep_common(&mut bits, row(bucket)?) {
            return Ok(bits);
        }
    }
    for literal in &needs.above {
        for (item, above) in literal.buckets(Place::Item).into_iter().zip(literal.buckets(Place::Above)) {
            let mut either = row(item)?;
            either.iter_mut().zip(row(above)?).for_each(|(either, above)| *either |= above);
            if keep_common(&mut bits, either) {
                return Ok(bits);
            }
        }
    }
    Ok(bits)
}

/// Keeps the bits that both have; true when none is left.
fn keep_common(bits: &mut Option<Vec<u8>>, more: Vec<u8>) -> bool {
    let bits = match bits {
        Some(bits) => {
            bits.iter_mut().zip(more).for_each(|(bits, more)| *bits &= more);
            bits
        }
        none => none.insert(more),
    };
    bits.iter().all(|bits| *bits == 0)
}
