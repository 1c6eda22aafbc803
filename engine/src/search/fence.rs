//! What a segment's tail says of its blocks and of the groups of their signatures: kept in memory while the segment is open, some
//! hundred bytes for each block.

use larder_format::{
    FormatError, Result,
    wire::{Reader, Write},
};

use super::{facts::Summary, signature::SLICES};

/// One block.
pub(super) struct Fence {
    pub origin: u32,
    /// Its first path.
    pub first: Box<[u8]>,
    pub at: u64,
    pub names_len: u32,
    pub facts_len: u32,
    /// Of the box of names; that of facts has the next one.
    pub number: u32,
    pub paths: u32,
    pub rows: u32,
    pub ordinal_min: u32,
    pub summary: Summary,
}

/// Neighbouring blocks whose signatures lie together.
pub(super) struct Group {
    pub first_block: u32,
    pub blocks: u32,
    pub at: u64,
    pub number: u32,
    /// Of each slice; all zero for a group without signatures.
    pub lens: Vec<u32>,
}

impl Group {
    pub fn has_signatures(&self) -> bool {
        self.lens.iter().any(|len| *len != 0)
    }
}

#[derive(Default)]
pub(super) struct Tail {
    pub fences: Vec<Fence>,
    pub groups: Vec<Group>,
}

impl Tail {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.put_varint(self.fences.len() as u64);
        for fence in &self.fences {
            out.put_varint(u64::from(fence.origin));
            out.put_string(&fence.first);
            out.put_varint(fence.at);
            for number in [fence.names_len, fence.facts_len, fence.number, fence.paths, fence.rows, fence.ordinal_min] {
                out.put_varint(u64::from(number));
            }
            out.push(fence.summary.kinds);
            out.put_varint(fence.summary.sizes);
            out.extend_from_slice(&fence.summary.times.to_le_bytes());
        }
        out.put_varint(self.groups.len() as u64);
        for group in &self.groups {
            [group.first_block, group.blocks].into_iter().for_each(|number| out.put_varint(u64::from(number)));
            out.put_varint(group.at);
            out.put_varint(u64::from(group.number));
            group.lens.iter().for_each(|len| out.put_varint(u64::from(*len)));
        }
        out
    }

    pub fn decode(plain: &[u8]) -> Result<Self> {
        let mut reader = Reader(plain);
        let mut tail = Self::default();
        for _ in 0..reader.varint()? {
            let (origin, first, at) = (reader.varint32()?, reader.string()?.into(), reader.varint()?);
            let mut number = || reader.varint32();
            let (names_len, facts_len, box_number) = (number()?, number()?, number()?);
            let (paths, rows, ordinal_min) = (number()?, number()?, number()?);
            let (kinds, sizes) = (reader.u8()?, reader.varint()?);
            let summary = Summary { kinds, sizes, times: u128::from_le_bytes(reader.array()?) };
            tail.fences.push(Fence {
                origin,
                first,
                at,
                names_len,
                facts_len,
                number: box_number,
                paths,
                rows,
                ordinal_min,
                summary,
            });
        }
        for _ in 0..reader.varint()? {
            let (first_block, blocks) = (reader.varint32()?, reader.varint32()?);
            let (at, number) = (reader.varint()?, reader.varint32()?);
            let lens = (0..SLICES).map(|_| reader.varint32()).collect::<Result<_>>()?;
            tail.groups.push(Group { first_block, blocks, at, number, lens });
        }
        tail.check()?;
        if reader.is_empty() { Ok(tail) } else { Err(FormatError::Damaged("more follows after its tail")) }
    }

    /// Groups cover the blocks one after another.
    fn check(&self) -> Result<()> {
        let mut next = 0_u32;
        for group in &self.groups {
            let is_next = group.first_block == next;
            next = next.saturating_add(group.blocks);
            if !is_next || group.blocks == 0 || next as usize > self.fences.len() {
                return Err(FormatError::Damaged("its groups are out of order"));
            }
        }
        if next as usize == self.fences.len() { Ok(()) } else { Err(FormatError::Damaged("a group of it is missing")) }
    }
}
