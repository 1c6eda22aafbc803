//! Index runs: sorted places of blobs, readable in parts (docs/format.md §9).

use larder_model::{Hash, PackId, RunId};

use crate::{
    FormatError, Result,
    container::{self, HASH_LEN, HEAD_LEN, ObjectKind, Suite},
    keys::{BlobKind, EpochKeys},
    pack::Locator,
    sealing::{BoxKind, SealingKey},
    wire::Reader,
};

/// Entries of a block: 64 KiB of them.
pub const BLOCK_ENTRIES: usize = 1_820;
/// What a reader fetches from a run's end to find its tail, in one read for all but the largest.
pub const TAIL_WINDOW: u64 = 256 << 10;
const ENTRY_LEN: usize = 36;
const FOOT_LEN: usize = 4;
const BLOCK_ROW_LEN: usize = 32;
const PACK_ROW_LEN: usize = 80;
const VERSION: u8 = 0;

/// Where a blob lies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct IndexEntry {
    pub locator: Locator,
    /// In the run's table of packs.
    pub pack: u32,
    pub frame_offset: u32,
    pub frame_len: u32,
    /// In the frame's data.
    pub offset: u32,
    pub len: u32,
}

/// A pack in a run's table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PackRow {
    pub id: PackId,
    pub size: u64,
    pub kind: BlobKind,
    pub epoch: u32,
    pub run: RunId,
    pub created: i64,
    /// The provider's hash: its kind (0 none) and bytes.
    pub hash: (u8, Vec<u8>),
}

/// What a new run consists of.
#[derive(Clone, Debug)]
pub struct IndexRun {
    pub kind: BlobKind,
    pub level: u8,
    pub run: RunId,
    pub created: i64,
    pub packs: Vec<PackRow>,
    pub entries: Vec<IndexEntry>,
    pub superseded: Vec<Hash>,
}

impl IndexRun {
    /// The object to store, and its name. Entries are sorted here.
    pub fn to_object(mut self, keys: &EpochKeys) -> (Vec<u8>, Hash) {
        self.entries.sort_unstable();
        let mut body = Vec::with_capacity(self.entries.len() * (ENTRY_LEN + 1) + self.packs.len() * PACK_ROW_LEN + 512);
        let mut plain = Vec::with_capacity(BLOCK_ENTRIES * ENTRY_LEN);
        let mut rows = Vec::new();
        for block in self.entries.chunks(BLOCK_ENTRIES) {
            plain.clear();
            block.iter().for_each(|entry| push_entry(&mut plain, entry));
            let sealed = keys.index().seal(BoxKind::INDEX_BLOCK, &plain);
            rows.extend_from_slice(&block[0].locator);
            rows.extend_from_slice(&((HEAD_LEN + body.len()) as u64).to_le_bytes());
            rows.extend_from_slice(&(sealed.len() as u32).to_le_bytes());
            rows.extend_from_slice(&(block.len() as u32).to_le_bytes());
            body.extend_from_slice(&sealed);
        }
        let tail = keys.index().seal(BoxKind::INDEX_TAIL, &self.tail(&rows));
        body.extend_from_slice(&tail);
        body.extend_from_slice(&(tail.len() as u32).to_le_bytes());
        container::wrap(ObjectKind::Index, Suite::Sealed, keys.epoch(), &body)
    }

    fn tail(&self, block_rows: &[u8]) -> Vec<u8> {
        let mut tail = vec![VERSION, self.kind as u8, self.level, 0];
        let blocks = block_rows.len() / BLOCK_ROW_LEN;
        for count in [blocks, self.packs.len(), self.superseded.len()] {
            tail.extend_from_slice(&(count as u32).to_le_bytes());
        }
        tail.extend_from_slice(&(self.entries.len() as u64).to_le_bytes());
        tail.extend_from_slice(&self.created.to_le_bytes());
        tail.extend_from_slice(&self.run.0);
        tail.extend_from_slice(block_rows);
        self.packs.iter().for_each(|pack| push_pack(&mut tail, pack));
        self.superseded.iter().for_each(|hash| tail.extend_from_slice(&hash.0));
        tail
    }
}

fn push_entry(out: &mut Vec<u8>, entry: &IndexEntry) {
    out.extend_from_slice(&entry.locator);
    for number in [entry.pack, entry.frame_offset, entry.frame_len, entry.offset, entry.len] {
        out.extend_from_slice(&number.to_le_bytes());
    }
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

/// A run's tail, opened: what it is about and where its blocks lie.
#[derive(Clone, Debug)]
pub struct IndexTail {
    pub kind: BlobKind,
    pub level: u8,
    pub run: RunId,
    pub created: i64,
    pub entries: u64,
    pub blocks: Vec<BlockRow>,
    pub packs: Vec<PackRow>,
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
        let Some(kind) = BlobKind::from_number(reader.u8()?) else { return Ok(None) };
        let level = reader.u8()?;
        reader.u8()?;
        let (block_count, pack_count, superseded_count) = (reader.u32()?, reader.u32()?, reader.u32()?);
        let (entries, created, run) = (reader.u64()?, reader.u64()? as i64, RunId(reader.array()?));
        let blocks = read_rows(&mut reader, block_count, BLOCK_ROW_LEN, read_block)?;
        let packs = read_rows(&mut reader, pack_count, PACK_ROW_LEN, read_pack)?;
        let superseded = read_rows(&mut reader, superseded_count, Hash::LEN, |reader| Ok(Hash(reader.array()?)))?;
        Ok(Some(Self { kind, level, run, created, entries, blocks, packs, superseded }))
    }

    /// The block in which `locator` must lie if the run has it.
    pub fn block_of(&self, locator: &Locator) -> Option<usize> {
        self.blocks.partition_point(|block| block.first <= *locator).checked_sub(1)
    }
}

/// Reads `count` rows of at least `row_len` bytes; a count that cannot be true costs no memory.
fn read_rows<T>(reader: &mut Reader, count: u32, row_len: usize, read: fn(&mut Reader) -> Result<T>) -> Result<Vec<T>> {
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

/// A block's plain text: sorted entries of fixed length, searched where they lie.
#[derive(Clone, Debug)]
pub struct Block(Vec<u8>);

impl Block {
    /// Opens a block's box.
    pub fn open(key: &SealingKey, sealed: &[u8]) -> Result<Self> {
        Self::parse(key.open(BoxKind::INDEX_BLOCK, sealed)?)
    }

    /// Takes a block's plain text.
    pub fn parse(plain: Vec<u8>) -> Result<Self> {
        if plain.len().is_multiple_of(ENTRY_LEN) && plain.len() <= BLOCK_ENTRIES * ENTRY_LEN {
            Ok(Self(plain))
        } else {
            Err(FormatError::Damaged("a block of it has no whole number of entries"))
        }
    }

    pub fn len(&self) -> usize {
        self.0.len() / ENTRY_LEN
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn entries(&self) -> impl Iterator<Item = IndexEntry> {
        self.0.chunks_exact(ENTRY_LEN).map(read_entry)
    }

    /// The first entry with this locator.
    pub fn find(&self, locator: &Locator) -> Option<IndexEntry> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.locator(middle) < &locator[..] {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (low < self.len() && self.locator(low) == locator).then(|| read_entry(&self.0[low * ENTRY_LEN..][..ENTRY_LEN]))
    }

    fn locator(&self, index: usize) -> &[u8] {
        &self.0[index * ENTRY_LEN..][..16]
    }
}

fn read_entry(row: &[u8]) -> IndexEntry {
    let number = |at: usize| u32::from_le_bytes([row[at], row[at + 1], row[at + 2], row[at + 3]]);
    IndexEntry {
        locator: *row.first_chunk().expect("an entry has 36 bytes"),
        pack: number(16),
        frame_offset: number(20),
        frame_len: number(24),
        offset: number(28),
        len: number(32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn locator(number: u32) -> Locator {
        *blake3::hash(&number.to_le_bytes()).as_bytes().first_chunk().unwrap()
    }

    #[test]
    fn a_run_is_found_again_in_parts() {
        let keys = EpochKeys::new(0, Secret::new([1; 32]));
        let count = 5_000u32;
        let pack = PackRow {
            id: PackId([9; 32]),
            size: 1 << 40,
            kind: BlobKind::Content,
            epoch: 0,
            run: RunId([3; 16]),
            created: 5,
            hash: (1, vec![7; 32]),
        };
        let entry = |number: u32| IndexEntry {
            locator: locator(number),
            pack: 0,
            frame_offset: 16,
            frame_len: 100,
            offset: number,
            len: 1,
        };
        let run = IndexRun {
            kind: BlobKind::Content,
            level: 1,
            run: RunId([3; 16]),
            created: 5,
            packs: vec![pack.clone()],
            entries: (0..count).map(entry).collect(),
            superseded: vec![Hash([4; 32])],
        };
        let (object, hash) = run.to_object(&keys);
        assert_eq!(container::verify_hash(&object), Ok(hash));
        let range = IndexTail::locate(object.len() as u64, &object).unwrap();
        let sealed = &object[range.start as usize..range.end as usize];
        let tail = IndexTail::open(keys.index(), sealed).unwrap().unwrap();
        assert_eq!((tail.packs.as_slice(), tail.superseded.as_slice()), (&[pack][..], &[Hash([4; 32])][..]));
        assert_eq!((tail.entries, tail.level), (u64::from(count), 1));
        for number in 0..count {
            let row = tail.blocks[tail.block_of(&locator(number)).unwrap()];
            let sealed = &object[row.offset as usize..][..row.len as usize];
            assert_eq!(Block::open(keys.index(), sealed).unwrap().find(&locator(number)), Some(entry(number)));
        }
        let row = tail.blocks[tail.block_of(&locator(count)).unwrap_or(0)];
        let sealed = &object[row.offset as usize..][..row.len as usize];
        assert_eq!(Block::open(keys.index(), sealed).unwrap().find(&locator(count)), None);
    }
}
