//! Data for the small benchmarks: `cargo bench -p larder-benches`. Whole commands are raced by `cargo xtask bench`.

use larder_format::{
    chunker::{Chunker, Method},
    keys::{EpochKeys, Identity},
    page::{Content, Node},
    secret::Secret,
};
use larder_model::{BlobId, Entry, Kind, Metadata, Owner, Stamp, Time};

pub fn identity() -> Identity {
    Identity::new(Secret::new([1; 32]))
}

pub fn keys() -> EpochKeys {
    EpochKeys::new(0, Secret::new([2; 32]))
}

pub fn chunker(method: Method) -> Chunker {
    Chunker::new(method, method.sizes(), &identity())
}

/// Bytes that nothing compresses: a small generator, the same each time.
pub fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// Bytes like source text.
pub fn text(len: usize) -> Vec<u8> {
    let words = ["fn ", "let ", "self.", "return ", "value", "index", "(", ")", ";\n", "    ", "match ", "=> "];
    let picks = noise(len);
    let mut text: Vec<u8> = picks.iter().flat_map(|pick| words[*pick as usize % words.len()].bytes()).collect();
    text.truncate(len);
    text
}

/// A leaf page's worth of files.
pub fn nodes(count: usize) -> Vec<Node> {
    (0..count).map(node).collect()
}

fn node(number: usize) -> Node {
    let mut entry = Entry::new(format!("file_{number:05}.rs").into_bytes(), Kind::File);
    entry.meta = Metadata {
        size: 1_000 + number as u64 % 777,
        mtime: Some(Time::new(1_700_000_000 + number as i64, number as u32 * 1_000)),
        ctime: Some(Time::new(1_700_000_001 + number as i64, number as u32 * 1_000)),
        mode: Some(0o644),
        owner: Some(Owner { uid: 1_000, gid: 1_000, user: None, group: None }),
        stamp: Some(Stamp { inode: 70_000 + number as u64 }),
        ..Metadata::default()
    };
    Node::new(entry, Content::Slice { blob: BlobId([(number / 16) as u8; 32]), offset: (number % 16 * 1_000) as u32 })
}
