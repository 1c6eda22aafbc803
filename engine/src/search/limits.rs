//! How large the parts of an index become.

/// Set small in tests, so that little data makes many parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Paths of a block: half as many make the index a tenth larger, twice as many a look-up twice as slow.
    pub block_paths: usize,
    /// Blocks whose signatures lie together, 1,024 at most: some 24 MiB are held for them while they are written.
    pub group_blocks: usize,
    /// Rows that are gathered in memory before they become a segment.
    pub gathered_rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { block_paths: 2048, group_blocks: 1024, gathered_rows: 1 << 16 }
    }
}
