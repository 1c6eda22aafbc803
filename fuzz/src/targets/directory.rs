//! Pack directories (docs/format.md §7).

use larder_format::{
    container::{HASH_LEN, HEAD_LEN},
    pack::Directory,
};

/// `data` as the plain text of a directory, and as the end of a pack. Every blob lies inside of its frame, and frames follow each
/// other.
pub fn directory(data: &[u8]) -> bool {
    located(data);
    let Ok(directory) = Directory::parse(data) else {
        return false;
    };
    // Rows have 56 and 20 bytes: nothing can be listed that is not there.
    assert!(directory.frames.len() * 56 + directory.blobs.len() * 20 <= data.len());
    let entries = directory.entries();
    assert_eq!(entries.len(), directory.blobs.len());
    let mut rest = entries.iter();
    let mut offset = HEAD_LEN as u32;
    for frame in &directory.frames {
        assert_eq!(frame.offset, offset);
        offset += frame.box_len;
        let mut inside = 0;
        for entry in rest.by_ref().take(frame.blobs as usize) {
            assert_eq!((entry.frame_offset, entry.frame_len, entry.offset), (frame.offset, frame.box_len, inside));
            inside += entry.len;
        }
        assert_eq!(inside, frame.data_len);
        assert!(!frame.is(data) || data.len() == frame.box_len as usize);
    }
    assert!(rest.next().is_none());
    true
}

/// A directory's place is in the object, whatever the object's size is said to be.
fn located(tail: &[u8]) {
    let len = tail.len() as u64;
    for size in [len, len * 3, len / 2, u64::MAX] {
        if let Ok(range) = Directory::locate(size, tail) {
            assert!(HEAD_LEN as u64 <= range.start && range.start <= range.end);
            assert_eq!(range.end + 4 + HASH_LEN as u64, size);
        }
    }
}
