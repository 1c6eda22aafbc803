//! What is in a file: bytes in memory, or bytes that are made when they are asked for.
//!
//! Generated content is a function of seed and position, so that an account of many thousand files costs no memory. The
//! content hash is Dropbox's (<https://www.dropbox.com/developers/reference/content-hash>), computed once, when asked for.

use std::ops::Range;
use std::sync::OnceLock;

use aws_lc_rs::digest::{Context, SHA256, digest};
use bytes::Bytes;

use crate::random::word;

/// Content is hashed in blocks of this size; concurrent upload sessions are cut at its multiples too.
pub const BLOCK: u64 = 4 << 20;

/// How much is made or sent at a time.
const PIECE: u64 = 128 << 10;

#[derive(Debug)]
pub struct Content {
    source: Source,
    size: u64,
    hash: OnceLock<String>,
}

#[derive(Debug)]
enum Source {
    /// One after the other.
    Pieces(Vec<Bytes>),
    Generated {
        seed: u64,
    },
}

impl Content {
    pub fn from_bytes(bytes: Bytes) -> Self {
        Self::from_pieces(vec![bytes])
    }

    pub fn from_pieces(pieces: Vec<Bytes>) -> Self {
        let size = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self { source: Source::Pieces(pieces), size, hash: OnceLock::new() }
    }

    pub fn generated(size: u64, seed: u64) -> Self {
        Self { source: Source::Generated { seed }, size, hash: OnceLock::new() }
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    /// The content hash, 64 hex digits.
    pub fn hash(&self) -> &str {
        self.hash.get_or_init(|| hash_of(self.read(0..self.size)))
    }

    /// The bytes of a range, in pieces. What lies past the end is left out.
    pub fn read(&self, range: Range<u64>) -> Box<dyn Iterator<Item = Bytes> + Send + '_> {
        let end = range.end.min(self.size);
        let start = range.start.min(end);
        match &self.source {
            Source::Pieces(pieces) => Box::new(cut(pieces, start..end)),
            Source::Generated { seed } => Box::new(generate(*seed, start..end)),
        }
    }

    pub fn to_vec(&self) -> Vec<u8> {
        self.read(0..self.size).flatten().collect()
    }
}

/// The content hash of a request's body.
pub fn content_hash(bytes: &Bytes) -> String {
    hash_of(std::iter::once(bytes.clone()))
}

fn hash_of(pieces: impl Iterator<Item = Bytes>) -> String {
    let mut whole = Context::new(&SHA256);
    let mut block = Context::new(&SHA256);
    let mut room = BLOCK as usize;
    for mut piece in pieces {
        while !piece.is_empty() {
            let part = piece.split_to(piece.len().min(room));
            block.update(&part);
            room -= part.len();
            if room == 0 {
                let full = std::mem::replace(&mut block, Context::new(&SHA256));
                whole.update(full.finish().as_ref());
                room = BLOCK as usize;
            }
        }
    }
    if room < BLOCK as usize {
        whole.update(block.finish().as_ref());
    }
    to_hex(whole.finish().as_ref())
}

/// SHA-256 as it stands in a PKCE challenge.
pub fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn cut(pieces: &[Bytes], range: Range<u64>) -> impl Iterator<Item = Bytes> + Send + '_ {
    let starts = pieces.iter().scan(0u64, |at, piece| {
        let start = *at;
        *at += piece.len() as u64;
        Some((start, piece))
    });
    starts.flat_map(move |(start, piece)| {
        let from = range.start.saturating_sub(start).min(piece.len() as u64);
        let to = range.end.saturating_sub(start).min(piece.len() as u64);
        let part = if from < to { piece.slice(from as usize..to as usize) } else { Bytes::new() };
        let count = part.len().div_ceil(PIECE as usize);
        (0..count).map(move |index| {
            let from = index * PIECE as usize;
            part.slice(from..(from + PIECE as usize).min(part.len()))
        })
    })
}

fn generate(seed: u64, range: Range<u64>) -> impl Iterator<Item = Bytes> + Send {
    let mut at = range.start;
    std::iter::from_fn(move || {
        if at >= range.end {
            return None;
        }
        let end = (at + PIECE).min(range.end);
        let (first, last) = (at / 8, end.div_ceil(8));
        let bytes: Vec<u8> = (first..last).flat_map(|index| word(seed, index).to_le_bytes()).collect();
        let skip = (at - first * 8) as usize;
        let length = (end - at) as usize;
        at = end;
        Some(Bytes::from(bytes).slice(skip..skip + length))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_dropbox() {
        let of = |bytes: &'static [u8]| Content::from_bytes(Bytes::from_static(bytes)).hash().to_owned();
        assert_eq!(of(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(of(b"hello"), "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50");
    }

    #[test]
    fn ranges_of_both_kinds_are_parts_of_the_whole() {
        let made = Content::generated(400_000, 3);
        let whole = made.to_vec();
        let stored = Content::from_pieces(whole.chunks(70_001).map(Bytes::copy_from_slice).collect());
        assert_eq!(made.hash(), stored.hash());
        for range in [0..0, 0..1, 5..17, 131_070..131_075, 139_999..280_000, 399_999..500_000] {
            let wanted = &whole[range.start..range.end.min(whole.len())];
            for content in [&made, &stored] {
                let got: Vec<u8> = content.read(range.start as u64..range.end as u64).flatten().collect();
                assert!(got == wanted, "{range:?}");
            }
        }
    }
}
