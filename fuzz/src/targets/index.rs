//! Index runs (docs/format.md §9).

use larder_format::{
    container::{HASH_LEN, HEAD_LEN},
    index::{BLOCK_ENTRIES, Block, IndexEntry, IndexTail},
};

/// `data` as the plain text of a tail, and as the end of a run.
pub fn tail(data: &[u8]) -> bool {
    located(data);
    let Ok(Some(tail)) = IndexTail::parse(data) else {
        return false;
    };
    // Rows have 32, 80 and 32 bytes: nothing can be listed that is not there.
    let rows = tail.blocks.len() * 32 + tail.packs.len() * 80 + tail.superseded.len() * 32;
    assert!(rows + tail.packs.iter().map(|pack| pack.hash.1.len()).sum::<usize>() <= data.len());
    for block in &tail.blocks {
        if let Some(index) = tail.block_of(&block.first) {
            assert!(index < tail.blocks.len());
        }
    }
    if tail.blocks.is_sorted_by(|left, right| left.first < right.first) {
        let found = tail.blocks.iter().map(|block| tail.block_of(&block.first));
        assert!(found.eq((0..tail.blocks.len()).map(Some)));
    }
    true
}

/// `data` as the plain text of a block.
pub fn block(data: &[u8]) -> bool {
    let Ok(block) = Block::parse(data.to_vec()) else {
        return false;
    };
    let entries: Vec<_> = block.entries().collect();
    assert_eq!((entries.len(), entries.is_empty()), (block.len(), block.is_empty()));
    assert!(entries.len() <= BLOCK_ENTRIES);
    for locator in entries.iter().map(|entry| entry.locator).chain([[0; 16], [255; 16]]) {
        let found = block.find(&locator);
        assert!(found.is_none_or(|entry| entry.locator == locator));
        if entries.is_sorted_by_key(|entry| entry.locator) {
            assert_eq!(found, first_of(&entries, &locator));
        }
    }
    true
}

fn first_of(entries: &[IndexEntry], locator: &[u8; 16]) -> Option<IndexEntry> {
    entries.iter().find(|entry| entry.locator == *locator).copied()
}

/// A tail's place is in the object, whatever the object's size is said to be.
fn located(end: &[u8]) {
    let len = end.len() as u64;
    for size in [len, len * 3, len / 2, u64::MAX] {
        if let Ok(range) = IndexTail::locate(size, end) {
            assert!(HEAD_LEN as u64 <= range.start && range.start <= range.end);
            assert_eq!(range.end + 4 + HASH_LEN as u64, size);
        }
    }
}
