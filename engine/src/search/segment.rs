//! An open segment: its tail in memory, its blocks read when they are looked at. Any number of threads may read it, and it stays readable
//! when its file has been removed meanwhile.

use std::{cmp::Ordering, fs::File, os::unix::fs::FileExt, path::Path};

use larder_format::{FormatError, secret::Secret};
use larder_model::{Problem, Result, reason};

use super::{
    block::{BlockRows, Names},
    fence::{Fence, Group, Tail},
    needs::Needs,
    paths::walk_order,
    place::segment_file,
    sealed::{Boxes, FileId},
    signature,
    writer::{FOOTER_LEN, FOOTER_MAGIC, SegmentInfo, TAIL_NUMBER},
};

pub(super) struct Segment {
    pub info: SegmentInfo,
    file: File,
    key: Secret,
    tail: Tail,
}

impl Segment {
    pub fn open(folder: &Path, key: &Secret, info: SegmentInfo) -> Result<Self> {
        let file = File::open(segment_file(folder, &info.id)).map_err(|error| unreadable(&error))?;
        let mut segment = Self { info, file, key: key.clone(), tail: Tail::default() };
        let footer_at = info.bytes.checked_sub(FOOTER_LEN as u64).ok_or_else(|| broken(SHORT))?;
        let footer = segment.bytes(footer_at, FOOTER_LEN)?;
        let (numbers, magic) = footer.split_at(12);
        let (at, len) = numbers.split_at(8);
        let at = u64::from_le_bytes(at.try_into().map_err(|_| broken(SHORT))?);
        let len = u32::from_le_bytes(len.try_into().map_err(|_| broken(SHORT))?);
        if magic != FOOTER_MAGIC || at.checked_add(u64::from(len)) != Some(footer_at) {
            return Err(broken(SHORT));
        }
        let mut sealed = segment.bytes(at, len as usize)?;
        let mut plain = Vec::new();
        segment.boxes().open(TAIL_NUMBER, &mut sealed, &mut plain).map_err(broken)?;
        segment.tail = Tail::decode(&plain).map_err(broken)?;
        Ok(segment)
    }

    pub fn id(&self) -> FileId {
        self.info.id
    }

    pub fn fences(&self) -> &[Fence] {
        &self.tail.fences
    }

    pub fn groups(&self) -> &[Group] {
        &self.tail.groups
    }

    fn boxes(&self) -> Boxes {
        Boxes::new(&self.key, self.info.id)
    }

    fn bytes(&self, at: u64, len: usize) -> Result<Vec<u8>> {
        if at.checked_add(len as u64).is_none_or(|end| end > self.info.bytes) {
            return Err(broken(SHORT));
        }
        let mut bytes = vec![0; len];
        self.file.read_exact_at(&mut bytes, at).map_err(|error| unreadable(&error))?;
        Ok(bytes)
    }

    /// The block that holds a path, if any does.
    pub fn block_of(&self, origin: u32, path: &[u8]) -> Option<usize> {
        let before = |fence: &Fence| match fence.origin.cmp(&origin) {
            Ordering::Equal => walk_order(&fence.first, path) != Ordering::Greater,
            order => order == Ordering::Less,
        };
        let block = self.tail.fences.partition_point(before).checked_sub(1)?;
        (self.tail.fences[block].origin == origin).then_some(block)
    }

    /// Which blocks of a group can hold what one of several patterns needs; `None` for all.
    pub fn candidates(&self, group: &Group, needs: &[Needs], reader: &mut BlockReader) -> Result<Option<Vec<bool>>> {
        if !group.has_signatures() {
            return Ok(None);
        }
        signature::candidates(needs, group.blocks as usize, &mut |slice| {
            let before: u64 = group.lens[..slice].iter().map(|len| u64::from(*len)).sum();
            reader.read(self, group.number + slice as u32, group.at + before, group.lens[slice])?;
            Ok(reader.plain.clone())
        })
    }
}

/// Reads boxes of one segment. One for each thread.
pub(super) struct BlockReader {
    boxes: Boxes,
    sealed: Vec<u8>,
    plain: Vec<u8>,
    /// Blocks whose names were read.
    pub blocks_read: u64,
}

impl BlockReader {
    pub fn new(segment: &Segment) -> Self {
        Self { boxes: segment.boxes(), sealed: Vec::new(), plain: Vec::new(), blocks_read: 0 }
    }

    pub fn names(&mut self, segment: &Segment, block: usize, names: &mut Names) -> Result<()> {
        let fence = &segment.fences()[block];
        self.blocks_read += 1;
        self.read(segment, fence.number, fence.at, fence.names_len)?;
        names.decode(&self.plain).map_err(broken)
    }

    pub fn rows(&mut self, segment: &Segment, block: usize, paths: usize, rows: &mut BlockRows) -> Result<()> {
        let fence = &segment.fences()[block];
        self.read(segment, fence.number + 1, fence.at + u64::from(fence.names_len), fence.facts_len)?;
        rows.decode(&self.plain, paths).map_err(broken)
    }

    fn read(&mut self, segment: &Segment, number: u32, at: u64, len: u32) -> Result<()> {
        if at.checked_add(u64::from(len)).is_none_or(|end| end > segment.info.bytes) {
            return Err(broken(SHORT));
        }
        self.sealed.resize(len as usize, 0);
        segment.file.read_exact_at(&mut self.sealed, at).map_err(|error| unreadable(&error))?;
        self.boxes.open(number, &mut self.sealed, &mut self.plain).map_err(broken)
    }
}

const SHORT: FormatError = FormatError::Damaged("it is too short");

/// What tells a broken index from a damaged store.
const BROKEN: &str = "broken-index";

/// The index is nothing but a cache: that it is broken is no damage to anything.
pub(super) fn broken(error: FormatError) -> Problem {
    Problem::failed(format!("the search index is broken: {error}"))
        .hint("it is built anew when it is needed")
        .tag(BROKEN)
}

pub(super) fn is_broken(problem: &Problem) -> bool {
    problem.tag_text() == Some(BROKEN)
}

pub(super) fn unreadable(error: &std::io::Error) -> Problem {
    let message = format!("the search index cannot be read: {}", reason(error));
    match error.kind() {
        std::io::ErrorKind::NotFound => Problem::not_found(message),
        std::io::ErrorKind::UnexpectedEof => broken(SHORT),
        _ => Problem::failed(message),
    }
}
