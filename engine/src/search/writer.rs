//! Writes a segment: paths in the order of origins and walks go in one after another, and what is kept in memory is one block and the
//! signatures of one group.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use larder_format::secret::Secret;
use larder_model::{Problem, Result, reason};

use super::{
    block::BlockDraft,
    facts::Row,
    fence::{Fence, Group, Tail},
    limits::Limits,
    place::{create_private, segment_file},
    sealed::{Boxes, FileId},
    signature::GroupDraft,
};

/// At the end of a file: where the tail is, how long, and what the file is.
pub(super) const FOOTER_LEN: usize = 16;
pub(super) const FOOTER_MAGIC: &[u8; 4] = b"LSR1";
/// The number of the tail's box.
pub(super) const TAIL_NUMBER: u32 = u32::MAX;

/// A segment being written. Without [`SegmentWriter::finish`] nothing stays of it.
pub(super) struct SegmentWriter {
    id: FileId,
    limits: Limits,
    path: PathBuf,
    file: Option<BufWriter<File>>,
    boxes: Boxes,
    at: u64,
    number: u32,
    block: BlockDraft,
    /// The origin of the block.
    origin: u32,
    group: GroupDraft,
    tail: Tail,
    plain: [Vec<u8>; 2],
    sealed: Vec<u8>,
    paths: u64,
}

/// What a segment holds, as the manifest names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct SegmentInfo {
    pub id: FileId,
    pub paths: u64,
    pub bytes: u64,
}

impl SegmentWriter {
    pub fn create(folder: &Path, key: &Secret, limits: Limits) -> Result<Self> {
        let id = larder_format::secret::random();
        let path = segment_file(folder, &id);
        let file = create_private(&path).map_err(|error| failed(&error))?;
        Ok(Self {
            id,
            limits,
            path,
            file: Some(BufWriter::with_capacity(1 << 18, file)),
            boxes: Boxes::new(key, id),
            at: 0,
            number: 0,
            block: BlockDraft::new(),
            origin: 0,
            group: GroupDraft::default(),
            tail: Tail::default(),
            plain: Default::default(),
            sealed: Vec::new(),
            paths: 0,
        })
    }

    /// `(origin, path)` comes after all that were pushed before.
    pub fn push(&mut self, origin: u32, path: &[u8], rows: &[Row]) -> Result<()> {
        if self.block.paths > 0 && (self.block.is_full(self.limits.block_paths) || self.origin != origin) {
            self.end_block()?;
        }
        self.origin = origin;
        self.block.push(path, rows);
        self.paths += 1;
        Ok(())
    }

    fn end_block(&mut self) -> Result<()> {
        let [names, facts] = &mut self.plain;
        self.block.encode(names, facts);
        self.sealed.clear();
        let names_len = self.boxes.seal(self.number, names, &mut self.sealed).map_err(unsealed)?;
        let facts_len = self.boxes.seal(self.number + 1, facts, &mut self.sealed).map_err(unsealed)?;
        self.tail.fences.push(Fence {
            origin: self.origin,
            first: self.block.first.as_slice().into(),
            at: self.at,
            names_len,
            facts_len,
            number: self.number,
            paths: self.block.paths as u32,
            rows: self.block.rows as u32,
            ordinal_min: self.block.ordinal_min,
            summary: self.block.summary,
        });
        self.number += 2;
        self.write_sealed()?;
        self.group.push(&mut self.block.grams);
        self.block.clear();
        if self.group.is_full(self.limits.group_blocks) { self.end_group() } else { Ok(()) }
    }

    fn end_group(&mut self) -> Result<()> {
        let blocks = self.group.blocks() as u32;
        let (at, number) = (self.at, self.number);
        self.sealed.clear();
        let lens = self.group.finish(&mut self.boxes, &mut self.number, &mut self.sealed).map_err(unsealed)?;
        self.write_sealed()?;
        let first_block = self.tail.fences.len() as u32 - blocks;
        self.tail.groups.push(Group { first_block, blocks, at, number, lens });
        Ok(())
    }

    fn write_sealed(&mut self) -> Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(&self.sealed).map_err(|error| failed(&error))?;
        self.at += self.sealed.len() as u64;
        Ok(())
    }

    /// It need not be durable: what is torn does not open.
    pub fn finish(mut self) -> Result<SegmentInfo> {
        if self.block.paths > 0 {
            self.end_block()?;
        }
        if self.group.blocks() > 0 {
            self.end_group()?;
        }
        let at = self.at;
        self.sealed.clear();
        let len = self.boxes.seal(TAIL_NUMBER, &self.tail.encode(), &mut self.sealed).map_err(unsealed)?;
        self.sealed.extend_from_slice(&at.to_le_bytes());
        self.sealed.extend_from_slice(&len.to_le_bytes());
        self.sealed.extend_from_slice(FOOTER_MAGIC);
        self.write_sealed()?;
        if let Some(mut file) = self.file.take() {
            file.flush().map_err(|error| failed(&error))?;
        }
        Ok(SegmentInfo { id: self.id, paths: self.paths, bytes: self.at })
    }
}

impl Drop for SegmentWriter {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            drop(std::fs::remove_file(&self.path));
        }
    }
}

pub(super) fn failed(error: &std::io::Error) -> Problem {
    Problem::failed(format!("the search index cannot be written: {}", reason(error)))
}

fn unsealed(error: larder_format::FormatError) -> Problem {
    Problem::failed(format!("the search index cannot be written: {error}"))
}
