//! Packs: frames and a sealed directory of them (docs/format.md §7).

use larder_model::{BlobId, PackId, RunId};

use crate::{
    FormatError, Result,
    container::{self, HASH_LEN, HEAD_LEN, ObjectKind, Suite},
    frame::{FrameCodec, SealedFrame},
    index::IndexEntry,
    keys::{BlobKind, EpochKeys},
    padme,
    sealing::{BoxKind, NONCE_LEN, OVERHEAD, SealingKey, TAG_LEN},
    wire::Reader,
};

/// Bytes of a blob's locator: the first 16 of its id.
pub const LOCATOR_LEN: usize = 16;
/// The length field before the hash.
const FOOT_LEN: usize = 4;
/// Bytes behind the directory.
pub const END_LEN: usize = FOOT_LEN + HASH_LEN;
/// What a reader fetches from a pack's end to find its directory, in one read for all but the largest.
pub const TAIL_WINDOW: u64 = 256 << 10;
const DIRECTORY_HEAD_LEN: usize = 40;
const FRAME_ROW_LEN: usize = 56;
const BLOB_ROW_LEN: usize = LOCATOR_LEN + 4;
const VERSION: u8 = 0;
/// A directory describes at most this many blobs; a pack is closed before it has more.
pub const BLOBS_MAX: usize = 1 << 20;
/// Packs are built from a multiple of this on in memory, so that a disk can be written from there.
const MEMORY_PAGE_LEN: usize = 4096;

/// The first 16 bytes of a blob's id.
pub type Locator = [u8; LOCATOR_LEN];

pub fn locator(id: &BlobId) -> Locator {
    *id.0.first_chunk().expect("an id has 32 bytes")
}

/// A pack being built. Its memory is reused for the next one.
pub struct PackBuilder {
    kind: BlobKind,
    memory: Vec<u8>,
    /// Where in the memory the pack begins.
    start: usize,
    /// Over the bytes so far: each frame is hashed while it is hot.
    hash: blake3::Hasher,
    frames: Vec<FrameRow>,
    blobs: Vec<BlobRow>,
}

#[derive(Clone, Copy)]
struct FrameRow {
    offset: u32,
    sealed: SealedFrame,
    blobs: u32,
}

/// One blob of a frame, in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BlobRow {
    pub locator: Locator,
    pub len: u32,
}

/// A pack that is ready to be stored.
pub struct BuiltPack {
    pub id: PackId,
    pub kind: BlobKind,
    pub epoch: u32,
    pub created: i64,
    /// The pack begins at `start`: at a page of the memory, unless that was too short and had to grow.
    pub memory: Vec<u8>,
    pub start: usize,
    /// Places of its blobs; the pack number in them is 0.
    pub entries: Vec<IndexEntry>,
}

impl BuiltPack {
    pub fn bytes(&self) -> &[u8] {
        &self.memory[self.start..]
    }
}

impl PackBuilder {
    /// `memory` is a buffer of an earlier pack, or a new one.
    pub fn new(kind: BlobKind, mut memory: Vec<u8>) -> Self {
        memory.clear();
        Self { kind, memory, start: 0, hash: blake3::Hasher::new(), frames: Vec::new(), blobs: Vec::new() }
    }

    pub fn kind(&self) -> BlobKind {
        self.kind
    }

    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Bytes so far, without directory and padding.
    pub fn len(&self) -> usize {
        self.memory.len() - self.start
    }

    /// True when the pack is as long as packs should be: `pack_len`, or up to a sixteenth less or more (or half a frame more), where the
    /// least padding is lost. The more frames like its last there still is room for, the less it has to be.
    pub fn is_full(&self, pack_len: usize) -> bool {
        let Some(last) = self.frames.last() else { return false };
        let (len, next) = (self.unpadded_len(), last.sealed.box_len as usize);
        let room_for = (pack_len + (pack_len / 16).max(next / 2)).saturating_sub(len) / next;
        if room_for == 0 || self.blobs.len() >= BLOBS_MAX / 2 {
            return true;
        }
        let padding = padme::padded(len as u64) - len as u64;
        len >= pack_len - pack_len / 16 && padding * (room_for as u64 + 1) <= padme::unit(len as u64)
    }

    /// Bytes with the directory as it is so far, and the end.
    fn unpadded_len(&self) -> usize {
        let rows = self.frames.len() * FRAME_ROW_LEN + self.blobs.len() * BLOB_ROW_LEN;
        self.len() + DIRECTORY_HEAD_LEN + rows + OVERHEAD + END_LEN
    }

    /// Compresses, seals and verifies one frame of `blobs`, whose bytes are `data` in the same order.
    pub fn add_frame(
        &mut self,
        codec: &mut FrameCodec,
        keys: &EpochKeys,
        data: &[u8],
        blobs: &[BlobRow],
        level: i32,
    ) -> Result<()> {
        self.begin(keys.epoch());
        let offset = self.len() as u32;
        let frame_at = self.memory.len();
        let sealed = codec.seal(keys.frames(self.kind), self.kind, data, level, &mut self.memory);
        if sealed.is_err() {
            // What was stored before is worth keeping.
            self.memory.truncate(frame_at);
        }
        let sealed = sealed?;
        self.hash.update(&self.memory[frame_at..]);
        self.frames.push(FrameRow { offset, sealed, blobs: blobs.len() as u32 });
        self.blobs.extend_from_slice(blobs);
        Ok(())
    }

    /// Takes over all frames of another pack of the same kind, as they are.
    pub fn absorb(&mut self, other: &Self, epoch: u32) {
        if other.is_empty() {
            return;
        }
        self.begin(epoch);
        let shift = (self.len() - HEAD_LEN) as u32;
        self.append(&other.memory[other.start + HEAD_LEN..]);
        self.frames.extend(other.frames.iter().map(|row| FrameRow { offset: row.offset + shift, ..*row }));
        self.blobs.extend_from_slice(&other.blobs);
    }

    fn begin(&mut self, epoch: u32) {
        if self.memory.is_empty() {
            let page = self.memory.as_ptr().align_offset(MEMORY_PAGE_LEN);
            // Memory that has to grow for that moves.
            self.start = if page < self.memory.capacity() { page } else { 0 };
            self.memory.resize(self.start, 0);
            self.append(&container::head(ObjectKind::Pack, Suite::Sealed, epoch));
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        self.memory.extend_from_slice(bytes);
        self.hash.update(bytes);
    }

    /// Adds the directory and the end. No other pack of `run` may say the same of when it was `created`.
    pub fn finish(mut self, keys: &EpochKeys, run: RunId, created: i64) -> BuiltPack {
        self.begin(keys.epoch());
        let mut directory = self.directory(run, created);
        let unpadded = self.unpadded_len();
        directory.resize(directory.len() + padme::padded(unpadded as u64) as usize - unpadded, 0);
        let sealed = keys.index().seal(BoxKind::DIRECTORY, &directory);
        self.append(&sealed);
        self.append(&(sealed.len() as u32).to_le_bytes());
        let hash = self.hash.finalize();
        self.memory.extend_from_slice(hash.as_bytes());
        let entries = entries(self.frames.iter().map(|row| (row.offset, row.sealed.box_len, row.blobs)), &self.blobs);
        BuiltPack {
            id: PackId(*hash.as_bytes()),
            kind: self.kind,
            epoch: keys.epoch(),
            created,
            memory: self.memory,
            start: self.start,
            entries,
        }
    }

    fn directory(&self, run: RunId, created: i64) -> Vec<u8> {
        let mut out = Vec::with_capacity(
            DIRECTORY_HEAD_LEN + self.frames.len() * FRAME_ROW_LEN + self.blobs.len() * BLOB_ROW_LEN,
        );
        out.extend_from_slice(&[VERSION, self.kind as u8, 0, 0, 0, 0, 0, 0]);
        out.extend_from_slice(&run.0);
        out.extend_from_slice(&created.to_le_bytes());
        out.extend_from_slice(&(self.frames.len() as u32).to_le_bytes());
        out.extend_from_slice(&(self.blobs.len() as u32).to_le_bytes());
        for row in &self.frames {
            out.extend_from_slice(&row.sealed.nonce);
            out.extend_from_slice(&row.sealed.tag);
            for number in [row.sealed.box_len, row.sealed.data_len, row.blobs, 0] {
                out.extend_from_slice(&number.to_le_bytes());
            }
        }
        for row in &self.blobs {
            out.extend_from_slice(&row.locator);
            out.extend_from_slice(&row.len.to_le_bytes());
        }
        out
    }
}

/// The places of blobs that lie in frames at `(offset, box length, number of blobs)`.
fn entries(frames: impl Iterator<Item = (u32, u32, u32)>, blobs: &[BlobRow]) -> Vec<IndexEntry> {
    let mut entries = Vec::with_capacity(blobs.len());
    let mut rest = blobs.iter();
    for (frame_offset, frame_len, count) in frames {
        let mut offset = 0;
        for row in rest.by_ref().take(count as usize) {
            entries.push(IndexEntry { locator: row.locator, pack: 0, frame_offset, frame_len, offset, len: row.len });
            offset += row.len;
        }
    }
    entries
}

/// A pack's directory, opened.
#[derive(Clone, Debug)]
pub struct Directory {
    pub kind: BlobKind,
    pub run: RunId,
    pub created: i64,
    pub frames: Vec<DirectoryFrame>,
    pub blobs: Vec<BlobRow>,
}

#[derive(Clone, Copy, Debug)]
pub struct DirectoryFrame {
    /// In the object.
    pub offset: u32,
    pub box_len: u32,
    pub data_len: u32,
    pub blobs: u32,
    nonce: [u8; NONCE_LEN],
    tag: [u8; TAG_LEN],
}

impl Directory {
    /// Where the directory's box lies in an object of `size` bytes that ends in `tail`; the range is outside of `tail` where the window was too small.
    pub fn locate(size: u64, tail: &[u8]) -> Result<std::ops::Range<u64>> {
        let foot_at = tail.len().checked_sub(END_LEN).ok_or(FormatError::Damaged("it is too short"))?;
        let len = u64::from(Reader(&tail[foot_at..]).u32()?);
        let misfit = FormatError::Damaged("its directory does not fit in it");
        let end = size.checked_sub(END_LEN as u64).ok_or(misfit)?;
        let start = end.checked_sub(len).filter(|start| *start >= HEAD_LEN as u64);
        start.map(|start| start..end).ok_or(misfit)
    }

    /// Opens the directory's box.
    pub fn open(key: &SealingKey, sealed: &[u8]) -> Result<Self> {
        Self::parse(&key.open(BoxKind::DIRECTORY, sealed)?)
    }

    /// Reads a directory's plain text.
    pub fn parse(plain: &[u8]) -> Result<Self> {
        let mut reader = Reader(plain);
        if reader.u8()? != VERSION {
            return Err(FormatError::Unsupported("its directory was written by a newer program"));
        }
        let kind = BlobKind::from_number(reader.u8()?).ok_or(FormatError::Unsupported("its kind is unknown"))?;
        reader.bytes(6)?;
        let run = RunId(reader.array()?);
        let created = reader.u64()? as i64;
        let (frame_count, blob_count) = (reader.u32()? as usize, reader.u32()? as usize);
        let mut rows = Reader(reader.bytes(rows_len(frame_count, FRAME_ROW_LEN)?)?);
        let mut blob_rows = Reader(reader.bytes(rows_len(blob_count, BLOB_ROW_LEN)?)?);
        let frames = read_frames(&mut rows, frame_count)?;
        let blobs = (0..blob_count)
            .map(|_| Ok(BlobRow { locator: blob_rows.array()?, len: blob_rows.u32()? }))
            .collect::<Result<Vec<_>>>()?;
        check_totals(&frames, &blobs)?;
        Ok(Self { kind, run, created, frames, blobs })
    }

    /// The places of all blobs; the pack number in them is 0.
    pub fn entries(&self) -> Vec<IndexEntry> {
        entries(self.frames.iter().map(|frame| (frame.offset, frame.box_len, frame.blobs)), &self.blobs)
    }
}

impl DirectoryFrame {
    /// True when `sealed` is the frame that the directory lists: same nonce, same tag.
    pub fn is(&self, sealed: &[u8]) -> bool {
        sealed.len() == self.box_len as usize && sealed.starts_with(&self.nonce) && sealed.ends_with(&self.tag)
    }
}

fn rows_len(count: usize, row_len: usize) -> Result<usize> {
    count.checked_mul(row_len).ok_or(FormatError::TooLarge("its directory is too long"))
}

fn read_frames(rows: &mut Reader, count: usize) -> Result<Vec<DirectoryFrame>> {
    let mut offset = HEAD_LEN as u32;
    (0..count)
        .map(|_| {
            let (nonce, tag) = (rows.array()?, rows.array()?);
            let (box_len, data_len, blobs) = (rows.u32()?, rows.u32()?, rows.u32()?);
            rows.u32()?;
            let frame = DirectoryFrame { offset, box_len, data_len, blobs, nonce, tag };
            offset = offset.checked_add(box_len).ok_or(FormatError::TooLarge("its frames are too long"))?;
            Ok(frame)
        })
        .collect()
}

/// Every frame's blobs must fill exactly its data, and all blobs must belong to a frame.
fn check_totals(frames: &[DirectoryFrame], blobs: &[BlobRow]) -> Result<()> {
    let mut rest = blobs;
    for frame in frames {
        let own;
        (own, rest) = rest
            .split_at_checked(frame.blobs as usize)
            .ok_or(FormatError::Damaged("its directory names blobs that it does not list"))?;
        let sum: u64 = own.iter().map(|row| u64::from(row.len)).sum();
        if sum != u64::from(frame.data_len) {
            return Err(FormatError::Damaged("the blobs of a frame do not fill it"));
        }
    }
    if rest.is_empty() { Ok(()) } else { Err(FormatError::Damaged("its directory lists blobs outside of frames")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{keys::Identity, secret::Secret};

    fn build() -> (EpochKeys, Identity, BuiltPack) {
        let (keys, identity) = (EpochKeys::new(0, Secret::new([1; 32])), Identity::new(Secret::new([2; 32])));
        let mut codec = FrameCodec::default();
        let mut pack = PackBuilder::new(BlobKind::Content, Vec::new());
        let mut other = PackBuilder::new(BlobKind::Content, Vec::new());
        for (target, words) in [(&mut pack, ["one", "two"]), (&mut other, ["three", "four"])] {
            let blobs = words.map(|word| BlobRow {
                locator: locator(&identity.blob_id(BlobKind::Content, word.as_bytes())),
                len: word.len() as u32,
            });
            target.add_frame(&mut codec, &keys, words.concat().as_bytes(), &blobs, 3).unwrap();
        }
        pack.absorb(&other, 0);
        let built = pack.finish(&keys, RunId([5; 16]), 77);
        (keys, identity, built)
    }

    #[test]
    fn a_pack_describes_itself() {
        let (keys, identity, built) = build();
        assert_eq!(container::verify_hash(built.bytes()).unwrap().0, built.id.0);
        assert_eq!(padme::padded(built.bytes().len() as u64), built.bytes().len() as u64);
        let range = Directory::locate(built.bytes().len() as u64, built.bytes()).unwrap();
        let directory =
            Directory::open(keys.index(), &built.bytes()[range.start as usize..range.end as usize]).unwrap();
        assert_eq!(directory.entries(), built.entries);
        assert_eq!((directory.run, directory.created), (RunId([5; 16]), 77));
        let four = locator(&identity.blob_id(BlobKind::Content, b"four"));
        let entry = built.entries.iter().find(|entry| entry.locator == four).unwrap();
        let frame = entry.frame_offset as usize..(entry.frame_offset + entry.frame_len) as usize;
        assert!(directory.frames[1].is(&built.bytes()[frame.clone()]));
        let mut data = Vec::new();
        let key = keys.frames(BlobKind::Content);
        FrameCodec::default().open(key, BlobKind::Content, &mut built.bytes()[frame].to_vec(), &mut data).unwrap();
        assert_eq!(&data[entry.offset as usize..][..entry.len as usize], b"four");
    }

    #[test]
    fn a_pack_begins_at_a_page_of_memory_that_is_long_enough() {
        let (keys, mut codec) = (EpochKeys::new(0, Secret::new([1; 32])), FrameCodec::default());
        let mut memory = Vec::with_capacity(1 << 20);
        for length in [1000, 100] {
            // The second one in the memory of the first.
            let mut pack = PackBuilder::new(BlobKind::Content, memory);
            let blob = BlobRow { locator: [7; LOCATOR_LEN], len: length };
            pack.add_frame(&mut codec, &keys, &vec![7; length as usize], &[blob], 3).unwrap();
            let built = pack.finish(&keys, RunId([5; 16]), 77);
            assert_eq!(built.bytes().as_ptr() as usize % MEMORY_PAGE_LEN, 0);
            assert_eq!(container::verify_hash(built.bytes()).unwrap().0, built.id.0);
            memory = built.memory;
        }
    }

    #[test]
    fn packs_are_closed_where_little_padding_is_lost() {
        const PACK_LEN: usize = 1 << 20;
        let (keys, mut codec) = (EpochKeys::new(0, Secret::new([1; 32])), FrameCodec::default());
        let new = || PackBuilder::new(BlobKind::Content, Vec::new());
        let (mut pack, mut packs, mut lost, mut lost_at_most) = (new(), 0, 0, 0);
        assert!(!pack.is_full(PACK_LEN));
        for frame in 0..3000 {
            let data = vec![7; 5_000 + frame * 7_919 % 10_000];
            let blob = BlobRow { locator: [7; LOCATOR_LEN], len: data.len() as u32 };
            pack.add_frame(&mut codec, &keys, &data, &[blob], 0).unwrap();
            if pack.is_full(PACK_LEN) {
                let len = pack.unpadded_len();
                assert!((PACK_LEN / 16 * 15..=PACK_LEN / 16 * 17).contains(&len), "{len}");
                let built = std::mem::replace(&mut pack, new()).finish(&keys, RunId([5; 16]), 77);
                packs += 1;
                lost += built.bytes().len() - len;
                lost_at_most += padme::unit(len as u64) as usize;
            }
        }
        assert!((25..35).contains(&packs), "{packs}");
        assert!(lost * 5 < lost_at_most, "{lost} of {lost_at_most}: chance alone would lose a half");
    }

    #[test]
    fn a_pack_is_full_before_its_directory_is() {
        let (keys, mut codec) = (EpochKeys::new(0, Secret::new([1; 32])), FrameCodec::default());
        let mut pack = PackBuilder::new(BlobKind::Content, Vec::new());
        let blobs = vec![BlobRow { locator: [7; LOCATOR_LEN], len: 0 }; BLOBS_MAX / 2];
        pack.add_frame(&mut codec, &keys, b"", &blobs[1..], 0).unwrap();
        assert!(!pack.is_full(64 << 20));
        pack.add_frame(&mut codec, &keys, b"", &blobs[..1], 0).unwrap();
        assert!(pack.is_full(64 << 20));
    }

    #[test]
    fn a_directory_that_contradicts_itself_is_damaged() {
        let (keys, _, built) = build();
        let range = Directory::locate(built.bytes().len() as u64, built.bytes()).unwrap();
        let sealed = &built.bytes()[range.start as usize..range.end as usize];
        let plain = keys.index().open(BoxKind::DIRECTORY, sealed).unwrap();
        assert!(Directory::parse(&plain).is_ok());
        for at in [32, 36, DIRECTORY_HEAD_LEN + 44, DIRECTORY_HEAD_LEN + 48] {
            let mut bad = plain.clone();
            bad[at] ^= 0x11;
            assert!(Directory::parse(&bad).is_err(), "byte {at}");
        }
    }
}
