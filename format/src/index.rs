//! Index runs: sorted entries under locators, readable in parts (docs/format.md §9).
//!
//! Runs of blobs tell where blobs lie; runs of aliases tell which content a provider's fingerprint stands for. Both are cut into
//! blocks that a reader fetches one by one, and end in a tail that says where the blocks are.

mod alias;
mod block;
mod packs;
mod tail;

use larder_model::{Hash, PackId, RunId};

use crate::{
    container::{self, HEAD_LEN, ObjectKind, Suite},
    keys::{BlobKind, EpochKeys},
    pack::Locator,
    sealing::BoxKind,
};

pub use alias::AliasEntry;
pub use block::Block;
pub use packs::PackTable;
pub use tail::{BlockRow, IndexTail, TAIL_WINDOW};

/// Bytes of a block's plain text at most.
pub const BLOCK_LEN_MAX: usize = 65_520;

/// What the entries of a run are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RunKind {
    /// Places of blobs of this kind.
    Blobs(BlobKind),
    /// What fingerprints stand for.
    Aliases,
}

impl RunKind {
    const ALIASES: u8 = 3;

    pub fn number(self) -> u8 {
        match self {
            Self::Blobs(kind) => kind as u8,
            Self::Aliases => Self::ALIASES,
        }
    }

    pub fn from_number(number: u8) -> Option<Self> {
        if number == Self::ALIASES { Some(Self::Aliases) } else { BlobKind::from_number(number).map(Self::Blobs) }
    }

    /// Bytes of one entry.
    pub const fn entry_len(self) -> usize {
        match self {
            Self::Blobs(_) => IndexEntry::LEN,
            Self::Aliases => AliasEntry::LEN,
        }
    }
}

/// An entry of a run: of fixed length, and its locator comes first.
pub trait RunEntry: Ord + Copy {
    /// Bytes.
    const LEN: usize;

    fn locator(&self) -> &Locator;

    fn write(&self, out: &mut Vec<u8>);

    /// Reads a row of exactly [`RunEntry::LEN`] bytes. What a hostile row holds comes out as it is; who uses it looks it up.
    fn read(row: &[u8]) -> Self;
}

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

impl RunEntry for IndexEntry {
    const LEN: usize = 36;

    fn locator(&self) -> &Locator {
        &self.locator
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.locator);
        for number in [self.pack, self.frame_offset, self.frame_len, self.offset, self.len] {
            out.extend_from_slice(&number.to_le_bytes());
        }
    }

    fn read(row: &[u8]) -> Self {
        let number = |at: usize| u32::from_le_bytes([row[at], row[at + 1], row[at + 2], row[at + 3]]);
        Self {
            locator: *row.first_chunk().expect("an entry has 36 bytes"),
            pack: number(16),
            frame_offset: number(20),
            frame_len: number(24),
            offset: number(28),
            len: number(32),
        }
    }
}

/// A pack in a run's table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PackRow {
    pub id: PackId,
    pub size: u64,
    pub kind: BlobKind,
    pub epoch: u32,
    pub run: RunId,
    /// As in its directory; see [`PackRow::is_told_apart`].
    pub created: i64,
    /// The provider's hash: its kind (0 none) and bytes.
    pub hash: (u8, Vec<u8>),
}

impl PackRow {
    /// What stands for the moment of a pack that only its own directory has told of.
    pub const NOT_TOLD_APART: i64 = 0;
    /// No moment that is counted in nanoseconds is before this one, a quarter of an hour into 1970, and none in seconds behind it.
    const IN_SECONDS_MAX: i64 = 1 << 40;

    /// True when no other pack of the run says that it was made at this moment, so that the directory that says so is this pack's. It is not so
    /// of packs that were taken over from a killed run, and of those of before moments were counted in nanoseconds.
    pub fn is_told_apart(&self) -> bool {
        self.created > Self::IN_SECONDS_MAX
    }
}

/// What a new run consists of.
#[derive(Clone, Debug)]
pub struct IndexRun<E = IndexEntry> {
    pub kind: RunKind,
    pub level: u8,
    pub run: RunId,
    pub created: i64,
    /// Empty for aliases.
    pub packs: Vec<PackRow>,
    pub entries: Vec<E>,
    pub superseded: Vec<Hash>,
}

impl<E: RunEntry> IndexRun<E> {
    /// The object to store, and its name. Entries are sorted here.
    pub fn to_object(mut self, keys: &EpochKeys) -> (Vec<u8>, Hash) {
        debug_assert_eq!(E::LEN, self.kind.entry_len());
        self.entries.sort_unstable();
        let mut body =
            Vec::with_capacity(self.entries.len() * (E::LEN + 1) + self.packs.len() * tail::PACK_ROW_LEN + 512);
        let mut plain = Vec::with_capacity(BLOCK_LEN_MAX);
        let mut rows = Vec::new();
        for block in self.entries.chunks(BLOCK_LEN_MAX / E::LEN) {
            plain.clear();
            block.iter().for_each(|entry| entry.write(&mut plain));
            let sealed = keys.index().seal(BoxKind::INDEX_BLOCK, &plain);
            rows.push(BlockRow {
                first: *block[0].locator(),
                offset: (HEAD_LEN + body.len()) as u64,
                len: sealed.len() as u32,
                entries: block.len() as u32,
            });
            body.extend_from_slice(&sealed);
        }
        let tail = keys.index().seal(BoxKind::INDEX_TAIL, &tail::encode(&self, &rows));
        body.extend_from_slice(&tail);
        body.extend_from_slice(&(tail.len() as u32).to_le_bytes());
        container::wrap(ObjectKind::Index, Suite::Sealed, keys.epoch(), &body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        page::{Content, PageRef},
        secret::Secret,
    };
    use larder_model::BlobId;

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
            kind: RunKind::Blobs(BlobKind::Content),
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
        assert_eq!(tail.packs.iter().collect::<Vec<_>>(), [pack]);
        assert_eq!(tail.superseded, [Hash([4; 32])]);
        assert_eq!((tail.entries, tail.level), (u64::from(count), 1));
        for number in 0..count {
            let row = tail.blocks[tail.blocks_of(&locator(number)).last().unwrap()];
            let sealed = &object[row.offset as usize..][..row.len as usize];
            assert_eq!(
                Block::open(keys.index(), tail.kind, sealed)
                    .unwrap()
                    .find::<IndexEntry>(&locator(number))
                    .collect::<Vec<_>>(),
                [entry(number)]
            );
        }
        let row = tail.blocks[tail.blocks_of(&locator(count)).last().unwrap_or(0)];
        let sealed = &object[row.offset as usize..][..row.len as usize];
        let block = Block::open(keys.index(), tail.kind, sealed).unwrap();
        assert_eq!(block.find::<IndexEntry>(&locator(count)).count(), 0);
    }

    #[test]
    fn all_places_of_a_blob_are_found_wherever_blocks_end() {
        let keys = EpochKeys::new(0, Secret::new([1; 32]));
        let entry = |number: u32| IndexEntry {
            locator: locator(number / 3),
            pack: number % 3,
            frame_offset: 16,
            frame_len: 100,
            offset: 0,
            len: 1,
        };
        let run = IndexRun {
            kind: RunKind::Blobs(BlobKind::Content),
            level: 0,
            run: RunId([3; 16]),
            created: 5,
            packs: Vec::new(),
            entries: (0..6_000).map(entry).collect(),
            superseded: Vec::new(),
        };
        let (object, _) = run.to_object(&keys);
        let range = IndexTail::locate(object.len() as u64, &object).unwrap();
        let tail = IndexTail::open(keys.index(), &object[range.start as usize..range.end as usize]).unwrap().unwrap();
        let block = |number: usize| {
            let row = tail.blocks[number];
            Block::open(keys.index(), tail.kind, &object[row.offset as usize..][..row.len as usize]).unwrap()
        };
        let mut split = 0;
        for number in 0..2_000 {
            let wanted = locator(number);
            let blocks: Vec<_> = tail.blocks_of(&wanted).map(block).collect();
            let found = blocks.iter().flat_map(|block| block.find::<IndexEntry>(&wanted));
            assert!(found.eq((0..3).map(|pack| entry(number * 3 + pack))), "{number}");
            let parts = blocks.iter().filter(|block| block.find::<IndexEntry>(&wanted).next().is_some());
            split += usize::from(parts.count() > 1);
        }
        assert!(split > 0);
    }

    #[test]
    fn a_run_of_aliases_is_found_again() {
        let keys = EpochKeys::new(0, Secret::new([1; 32]));
        let contents = [
            Content::Blob(BlobId([1; 32])),
            Content::Slice { blob: BlobId([2; 32]), offset: 70_000 },
            Content::Tree(PageRef { id: BlobId([3; 32]), level: 2 }),
            Content::Nothing,
        ];
        let entry =
            |number: u32| AliasEntry::new(locator(number), u64::from(number) << 30, contents[number as usize % 4], 7);
        let count = 2_000u32;
        let entries: Vec<_> = (0..count).map(|number| entry(number).unwrap()).collect();
        let run = IndexRun {
            kind: RunKind::Aliases,
            level: 0,
            run: RunId([3; 16]),
            created: 5,
            packs: Vec::new(),
            entries,
            superseded: Vec::new(),
        };
        let (object, _) = run.to_object(&keys);
        let range = IndexTail::locate(object.len() as u64, &object).unwrap();
        let tail = IndexTail::open(keys.index(), &object[range.start as usize..range.end as usize]).unwrap().unwrap();
        assert_eq!((tail.kind, tail.entries, tail.blocks.len()), (RunKind::Aliases, u64::from(count), 3));
        for number in 0..count {
            let row = tail.blocks[tail.blocks_of(&locator(number)).last().unwrap()];
            let block =
                Block::open(keys.index(), tail.kind, &object[row.offset as usize..][..row.len as usize]).unwrap();
            let found: AliasEntry = block.find(&locator(number)).next().unwrap();
            assert_eq!(found.content(), Some(contents[number as usize % 4]));
            assert_eq!(found.size, u64::from(number) << 30);
        }
        let folder = Content::Folder { root: PageRef { id: BlobId([3; 32]), level: 0 }, totals: Default::default() };
        assert!(AliasEntry::new(locator(0), 0, folder, 7).is_none(), "a folder is no content");
    }
}
