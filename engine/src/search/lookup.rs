//! What one segment says of a path. Asked in the order of walks, it reads each block once.

use std::sync::Arc;

use larder_format::FormatError;
use larder_model::Result;

use super::{
    block::{BlockRows, Names},
    facts::Row,
    paths::{Trail, walk_order},
    segment::{BlockReader, Segment, broken},
};

pub(super) struct Lookup {
    segment: Arc<Segment>,
    reader: BlockReader,
    block: Option<usize>,
    names: Names,
    /// The rows are read when a path was found.
    rows: Option<BlockRows>,
    trail: Trail,
    /// The path after the one that the trail is at.
    next: usize,
}

impl Lookup {
    pub fn new(segment: Arc<Segment>) -> Self {
        Self {
            reader: BlockReader::new(&segment),
            segment,
            block: None,
            names: Names::default(),
            rows: None,
            trail: Trail::default(),
            next: 0,
        }
    }

    pub fn blocks_read(&self) -> u64 {
        self.reader.blocks_read
    }

    /// The rows of a path, which comes after all that were asked for.
    pub fn rows(&mut self, origin: u32, path: &[u8]) -> Result<&[Row]> {
        let Some(block) = self.segment.block_of(origin, path) else { return Ok(&[]) };
        if self.block != Some(block) {
            self.reader.names(&self.segment, block, &mut self.names)?;
            self.trail.clear();
            (self.block, self.rows, self.next) = (Some(block), None, 0);
        }
        while self.next < self.names.len() && walk_order(self.trail.path(), path).is_lt() {
            let (shared, rest) = self.names.get(self.next);
            if !self.trail.go_on(shared, rest) {
                return Err(broken(FormatError::Damaged("a path of it makes no sense")));
            }
            self.next += 1;
        }
        if self.trail.path() != path {
            return Ok(&[]);
        }
        let rows = match &mut self.rows {
            Some(rows) => rows,
            none => {
                let mut rows = BlockRows::default();
                self.reader.rows(&self.segment, block, self.names.len(), &mut rows)?;
                none.insert(rows)
            }
        };
        Ok(rows.get(self.next - 1))
    }
}
