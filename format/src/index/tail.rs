//! The tail of a run: what it is about, and where its blocks lie.

use std::ops::Range;

use larder_model::{Hash, PackId, RunId};

use super::{IndexRun, PackRow, PackTable, RunEntry, RunKind};
use crate::{
    FormatError, Result,
    container::{HASH_LEN, HEAD_LEN},
    keys::BlobKind,
    pack::Locator,
    sealing::{BoxKind, SealingKey},
    wire::Reader,
};

/// What a reader fetches from a run's end to find its tail, in one read for all but the largest.
pub const TAIL_WINDOW: u64 = 256 << 10;
const FOOT_LEN: usize = 4;
const BLOCK_ROW_LEN: usize = 32;
pub(super) const PACK_ROW_LEN: usize = 80;
const VERSION: u8 = 0;

/// A run's tail, opened: what it is about and where its blocks lie.
#[derive(Clone, Debug)]
pub struct IndexTail {
    pub kind: RunKind,
    pub level: u8,
    pub run: RunId,
    pub created: i64,
    pub entries: u64,
    pub blocks: Vec<BlockRow>,
    pub packs: PackTable,
    pub superseded: Vec<Hash>,
}

#[derive(Clone, Copy, Debug)]
pub struct BlockRow {
    pub first: Locator,
    pub offset: u64,
    pub len: u32,
    pub entries: u32,
}

impl IndexTail {
    /// Where the tail's box lies in an object of `size` bytes that ends in `end`; outside of `end` where the window was too small.
    pub fn locate(size: u64, end: &[u8]) -> Result<std::ops::Range<u64>> {
        let foot_at = end.len().checked_sub(FOOT_LEN + HASH_LEN).ok_or(FormatError::Damaged("it is too short"))?;
        let len = u64::from(Reader(&end[foot_at..]).u32()?);
        let misfit = FormatError::Damaged("its tail does not fit in it");
        let stop = size.checked_sub((FOOT_LEN + HASH_LEN) as u64).ok_or(misfit)?;
        let start = stop.checked_sub(len).filter(|start| *start >= HEAD_LEN as u64);
        start.map(|start| start..stop).ok_or(misfit)
    }

    /// Opens the tail's box. `None` when the run is of a kind that this program does not know.
    pub fn open(key: &SealingKey, sealed: &[u8]) -> Result<Option<Self>> {
        Self::parse(&key.open(BoxKind::INDEX_TAIL, sealed)?)
    }

    /// Reads a tail's plain text.
    pub fn parse(plain: &[u8]) -> Result<Option<Self>> {
        let mut reader = Reader(plain);
        if reader.u8()? != VERSION {
            return Err(FormatError::Unsupported("it was written by a newer program"));
        }
        let Some(kind) = RunKind::from_number(reader.u8()?) else { return Ok(None) };
        let level = reader.u8()?;
        reader.u8()?;
        let (block_count, pack_count, superseded_count) = (reader.u32()?, reader.u32()?, reader.u32()?);
        let (entries, created, run) = (reader.u64()?, reader.u64()? as i64, RunId(reader.array()?));
        let blocks = read_rows(&mut reader, block_count, BLOCK_ROW_LEN, read_block)?;
        let packs = read_rows(&mut reader, pack_count, PACK_ROW_LEN, read_pack)?;
        let superseded = read_rows(&mut reader, superseded_count, Hash::LEN, |reader| Ok(Hash(reader.array()?)))?;
        Ok(Some(Self { kind, level, run, created, entries, blocks, packs, superseded }))
    }

    /// The blocks in which entries with this locator must lie if the run has any: one, or more where a block begins with it.
    pub fn blocks_of(&self, locator: &Locator) -> Range<usize> {
        let end = self.blocks.partition_point(|block| block.first <= *locator);
        self.blocks.partition_point(|block| block.first < *locator).saturating_sub(1)..end
    }
}

/// Reads `count` rows of at least `row_len` bytes; a count that cannot be true costs no memory.
fn read_rows<T, C: FromIterator<T>>(
    reader: &mut Reader,
    count: u32,
    row_len: usize,
    read: fn(&mut Reader) -> Result<T>,
) -> Result<C> {
    if reader.len() / row_len < count as usize {
        return Err(FormatError::Damaged("it ends too early"));
    }
    (0..count).map(|_| read(reader)).collect()
}

fn read_block(reader: &mut Reader) -> Result<BlockRow> {
    Ok(BlockRow { first: reader.array()?, offset: reader.u64()?, len: reader.u32()?, entries: reader.u32()? })
}

fn read_pack(reader: &mut Reader) -> Result<PackRow> {
    let (id, size) = (PackId(reader.array()?), reader.u64()?);
    let kind = BlobKind::from_number(reader.u8()?).ok_or(FormatError::Damaged("a pack in it has no known kind"))?;
    reader.bytes(3)?;
    let (epoch, run, created) = (reader.u32()?, RunId(reader.array()?), reader.u64()? as i64);
    let (hash_kind, hash_len) = (reader.u8()?, reader.u8()?);
    reader.bytes(6)?;
    let hash = (hash_kind, reader.bytes(hash_len as usize)?.to_vec());
    Ok(PackRow { id, size, kind, epoch, run, created, hash })
}

/// A tail's plain text.
pub(super) fn encode<E: RunEntry>(run: &IndexRun<E>, blocks: &[BlockRow]) -> Vec<u8> {
    let mut tail = vec![VERSION, run.kind.number(), run.level, 0];
    for count in [blocks.len(), run.packs.len(), run.superseded.len()] {
        tail.extend_from_slice(&(count as u32).to_le_bytes());
    }
    tail.extend_from_slice(&(run.entries.len() as u64).to_le_bytes());
    tail.extend_from_slice(&run.created.to_le_bytes());
    tail.extend_from_slice(&run.run.0);
    blocks.iter().for_each(|block| push_block(&mut tail, block));
    run.packs.iter().for_each(|pack| push_pack(&mut tail, pack));
    run.superseded.iter().for_each(|hash| tail.extend_from_slice(&hash.0));
    tail
}

fn push_block(out: &mut Vec<u8>, block: &BlockRow) {
    out.extend_from_slice(&block.first);
    out.extend_from_slice(&block.offset.to_le_bytes());
    out.extend_from_slice(&block.len.to_le_bytes());
    out.extend_from_slice(&block.entries.to_le_bytes());
}

fn push_pack(out: &mut Vec<u8>, pack: &PackRow) {
    out.extend_from_slice(&pack.id.0);
    out.extend_from_slice(&pack.size.to_le_bytes());
    out.extend_from_slice(&[pack.kind as u8, 0, 0, 0]);
    out.extend_from_slice(&pack.epoch.to_le_bytes());
    out.extend_from_slice(&pack.run.0);
    out.extend_from_slice(&pack.created.to_le_bytes());
    out.extend_from_slice(&[pack.hash.0, pack.hash.1.len() as u8, 0, 0, 0, 0, 0, 0]);
    out.extend_from_slice(&pack.hash.1);
}
