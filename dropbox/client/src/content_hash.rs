//! Dropbox's `content_hash`: the SHA-256 of the SHA-256s of all blocks of 4 MiB.
//!
//! See <https://www.dropbox.com/developers/reference/content-hash>. Blocks do not depend on each other, so those of a large
//! buffer are hashed side by side.

use std::io::{self, Read};
use std::num::NonZero;
use std::thread;

use aws_lc_rs::digest::{Context, Digest, SHA256, digest};

/// Bytes of a block.
pub const BLOCK_BYTES: usize = 4 << 20;

/// The most threads for one buffer: more would starve what else is going on.
const THREADS_MAX: usize = 8;

/// Computes the hash of bytes as they come.
#[derive(Clone)]
pub struct ContentHash {
    blocks: Context,
    block: Context,
    in_block: usize,
}

impl Default for ContentHash {
    fn default() -> Self {
        Self { blocks: Context::new(&SHA256), block: Context::new(&SHA256), in_block: 0 }
    }
}

impl ContentHash {
    /// The hash of nothing, yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The hash of a whole buffer, in hexadecimal.
    pub fn of(bytes: &[u8]) -> String {
        let mut hash = Self::new();
        hash.update(bytes);
        hash.finish()
    }

    /// The hash of all that a reader gives, in hexadecimal.
    pub fn of_reader(mut reader: impl Read) -> io::Result<String> {
        let mut hash = Self::new();
        let mut buffer = vec![0; 1 << 20];
        loop {
            match reader.read(&mut buffer)? {
                0 => return Ok(hash.finish()),
                count => hash.update(&buffer[..count]),
            }
        }
    }

    /// Takes more bytes.
    pub fn update(&mut self, mut bytes: &[u8]) {
        if self.in_block > 0 {
            bytes = self.fill_block(bytes);
        }
        if self.in_block == 0 {
            let whole = bytes.len() / BLOCK_BYTES * BLOCK_BYTES;
            self.add_blocks(&bytes[..whole]);
            bytes = &bytes[whole..];
        }
        self.block.update(bytes);
        self.in_block += bytes.len();
    }

    /// The hash in hexadecimal, as Dropbox writes it.
    pub fn finish(mut self) -> String {
        if self.in_block > 0 {
            self.close_block();
        }
        hex(self.blocks.finish())
    }

    /// Takes what the block still lacks, and gives back the rest.
    fn fill_block<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (now, rest) = bytes.split_at(bytes.len().min(BLOCK_BYTES - self.in_block));
        self.block.update(now);
        self.in_block += now.len();
        if self.in_block == BLOCK_BYTES {
            self.close_block();
        }
        rest
    }

    fn close_block(&mut self) {
        let block = std::mem::replace(&mut self.block, Context::new(&SHA256));
        self.blocks.update(block.finish().as_ref());
        self.in_block = 0;
    }

    fn add_blocks(&mut self, whole: &[u8]) {
        let blocks: Vec<&[u8]> = whole.chunks(BLOCK_BYTES).collect();
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(THREADS_MAX);
        if blocks.len() < 2 || threads < 2 {
            blocks.iter().for_each(|block| self.blocks.update(digest(&SHA256, block).as_ref()));
            return;
        }
        for digest in side_by_side(&blocks, threads) {
            self.blocks.update(digest.as_ref());
        }
    }
}

impl std::fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContentHash").field("in_block", &self.in_block).finish_non_exhaustive()
    }
}

/// The digests of the blocks in some bytes that begin at the start of a block, for [`of_blocks`].
pub fn block_digests(bytes: &[u8]) -> Vec<[u8; 32]> {
    let digest = |block| digest(&SHA256, block).as_ref().try_into().expect("SHA-256 has 32 bytes");
    bytes.chunks(BLOCK_BYTES).map(digest).collect()
}

/// The hash of content by the digests of its blocks, in hexadecimal.
pub fn of_blocks(digests: impl IntoIterator<Item = [u8; 32]>) -> String {
    let mut blocks = Context::new(&SHA256);
    digests.into_iter().for_each(|digest| blocks.update(&digest));
    hex(blocks.finish())
}

fn side_by_side(blocks: &[&[u8]], threads: usize) -> Vec<Digest> {
    let share = blocks.len().div_ceil(threads);
    thread::scope(|scope| {
        let hash = |blocks: &[&[u8]]| blocks.iter().map(|block| digest(&SHA256, block)).collect::<Vec<_>>();
        let workers: Vec<_> = blocks.chunks(share).map(|blocks| scope.spawn(move || hash(blocks))).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("hashing does not panic")).collect()
    })
}

fn hex(digest: Digest) -> String {
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_hashes() {
        assert_eq!(ContentHash::of(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(ContentHash::of(b"hello"), "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50");
    }

    #[test]
    fn how_the_bytes_come_makes_no_difference() {
        let bytes: Vec<u8> = (0..3 * BLOCK_BYTES + 5).map(|i| (i * 31 % 251) as u8).collect();
        let serial: Vec<u8> = bytes.chunks(BLOCK_BYTES).flat_map(|b| digest(&SHA256, b).as_ref().to_vec()).collect();
        let expected = hex(digest(&SHA256, &serial));
        for step in [bytes.len(), BLOCK_BYTES, BLOCK_BYTES - 1, 2 * BLOCK_BYTES + 7, 65_536] {
            let mut hash = ContentHash::new();
            bytes.chunks(step).for_each(|piece| hash.update(piece));
            assert_eq!(hash.finish(), expected, "in steps of {step}");
        }
        assert_eq!(ContentHash::of_reader(&bytes[..]).unwrap(), expected);
        assert_eq!(of_blocks(block_digests(&bytes)), expected);
    }
}
