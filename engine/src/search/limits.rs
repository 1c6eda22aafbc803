//! How large the parts of an index become.

/// Set small in tests, so that little data makes many parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Paths of a block. With 2,048 an index is a fifth smaller, and what is rare takes three times as long to find: hardly three letters
    /// are in none of so many names.
    pub block_paths: usize,
    /// Blocks whose signatures lie together, 1,024 at most: some 24 MiB are held for them while they are written.
    pub group_blocks: usize,
    /// Rows that are gathered in memory before they become a segment.
    pub gathered_rows: usize,
    /// Removed snapshots that an index may know of without being compacted, beside as many as are left.
    pub dead_snapshots: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { block_paths: 256, group_blocks: 1024, gathered_rows: 1 << 16, dead_snapshots: 8 }
    }
}
