//! Index runs (docs/format.md §9).

use larder_format::{
    container::{HASH_LEN, HEAD_LEN},
    index::{AliasEntry, BLOCK_LEN_MAX, Block, BlockRow, IndexEntry, IndexTail, RunEntry, RunKind},
    keys::BlobKind,
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
        let found = tail.blocks_of(&block.first);
        assert!(found.start <= found.end && found.end <= tail.blocks.len());
    }
    if tail.blocks.is_sorted_by_key(|block| block.first) {
        let is_found = |(number, block): (usize, &BlockRow)| tail.blocks_of(&block.first).contains(&number);
        assert!(tail.blocks.iter().enumerate().all(is_found));
    }
    true
}

/// `data` as the plain text of a block, of either kind.
pub fn block(data: &[u8]) -> bool {
    let places = entries::<IndexEntry>(RunKind::Blobs(BlobKind::Content), data);
    let aliases = entries::<AliasEntry>(RunKind::Aliases, data);
    for alias in aliases.iter().flatten() {
        if let Some(content) = alias.content() {
            let again = AliasEntry::new(alias.locator, alias.size, content, alias.created);
            assert_eq!(again.and_then(|again| again.content()), Some(content));
        }
    }
    places.is_some() || aliases.is_some()
}

fn entries<E: RunEntry + std::fmt::Debug>(kind: RunKind, data: &[u8]) -> Option<Vec<E>> {
    let block = Block::parse(kind, data.to_vec()).ok()?;
    let entries: Vec<E> = block.entries().collect();
    assert_eq!((entries.len(), entries.is_empty()), (block.len(), block.is_empty()));
    assert!(entries.len() * E::LEN <= BLOCK_LEN_MAX);
    let is_sorted = entries.is_sorted_by_key(|entry| *entry.locator());
    for locator in entries.iter().map(|entry| *entry.locator()).chain([[0; 16], [255; 16]]) {
        assert!(block.find::<E>(&locator).all(|entry| *entry.locator() == locator));
        if is_sorted {
            assert!(block.find::<E>(&locator).eq(entries.iter().filter(|entry| *entry.locator() == locator).copied()));
        }
    }
    Some(entries)
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
