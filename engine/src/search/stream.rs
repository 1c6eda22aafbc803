//! Reading a segment from its beginning to its end, for merging.

use std::{cmp::Ordering, sync::Arc};

use larder_model::Result;

use super::{
    block::{BlockRows, Names},
    facts::Row,
    paths::{Trail, walk_order},
    segment::{BlockReader, Segment, broken},
};

pub(super) struct Stream {
    segment: Arc<Segment>,
    reader: BlockReader,
    /// The block after the one at hand.
    next_block: usize,
    names: Names,
    rows: BlockRows,
    trail: Trail,
    /// The path after the one at hand.
    next: usize,
    is_over: bool,
}

impl Stream {
    /// At the first path.
    pub fn open(segment: Arc<Segment>) -> Result<Self> {
        let mut stream = Self {
            reader: BlockReader::new(&segment),
            segment,
            next_block: 0,
            names: Names::default(),
            rows: BlockRows::default(),
            trail: Trail::default(),
            next: 0,
            is_over: false,
        };
        stream.go_on()?;
        Ok(stream)
    }

    pub fn is_over(&self) -> bool {
        self.is_over
    }

    pub fn origin(&self) -> u32 {
        self.segment.fences()[self.next_block - 1].origin
    }

    pub fn path(&self) -> &[u8] {
        self.trail.path()
    }

    pub fn rows(&self) -> &[Row] {
        self.rows.get(self.next - 1)
    }

    pub fn order(&self, other: &Self) -> Ordering {
        self.origin().cmp(&other.origin()).then_with(|| walk_order(self.path(), other.path()))
    }

    pub fn go_on(&mut self) -> Result<()> {
        while self.next == self.names.len() {
            if self.next_block == self.segment.fences().len() {
                self.is_over = true;
                return Ok(());
            }
            self.reader.names(&self.segment, self.next_block, &mut self.names)?;
            self.reader.rows(&self.segment, self.next_block, self.names.len(), &mut self.rows)?;
            self.next_block += 1;
            self.next = 0;
            self.trail.clear();
        }
        let (shared, rest) = self.names.get(self.next);
        if !self.trail.go_on(shared, rest) {
            return Err(broken(larder_format::FormatError::Damaged("a path of it makes no sense")));
        }
        self.next += 1;
        Ok(())
    }
}
