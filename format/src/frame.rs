//! Frames: blobs compressed and sealed together (docs/format.md §7).

use std::{io::Cursor, ops::Range};

use zstd_safe::{CCtx, CParameter, DCtx, ResetDirective, SafeResult};

use crate::{
    FormatError, Result,
    keys::BlobKind,
    sealing::{NONCE_LEN, OVERHEAD, SealingKey, TAG_LEN},
    secret,
};

/// Data bytes of a frame at most; what a hostile frame claims beyond this is refused before anything is allocated.
pub const DATA_LEN_MAX: usize = 16 << 20;
/// Codec, padding and length before the payload.
const HEAD_LEN: usize = 8;
/// Bytes of a sealed frame at most.
pub const BOX_LEN_MAX: usize = DATA_LEN_MAX + HEAD_LEN + OVERHEAD;
const CODEC_STORED: u8 = 0;
const CODEC_ZSTD: u8 = 1;
/// Bytes of a large chunk that are tried before all of it is: four places of 4 KiB.
const SAMPLE_LEN: usize = 4 << 10;
const SAMPLES: usize = 4;

/// The level of joined frames, and what it has instead of zstd's own (0 is zstd's choice): a window over nearly all of a frame, a table that stays in
/// a processor's second cache, and matches from 7 bytes.
const JOINED_LEVEL: i32 = 2;
const JOINED_PARAMETERS: [u32; 3] = [21, 17, 7];

/// How hard to compress.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Compression {
    /// For frames of many blobs, and for pages; 0 stores them plain.
    pub joined: i32,
    /// For frames of one large blob; 0 stores them plain.
    pub large: i32,
}

impl Default for Compression {
    fn default() -> Self {
        Self { joined: JOINED_LEVEL, large: 1 }
    }
}

impl Compression {
    /// The same level for all; 0 turns compression off.
    pub fn level(level: i32) -> Self {
        Self { joined: level, large: level }
    }
}

/// What a pack directory says of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SealedFrame {
    pub nonce: [u8; NONCE_LEN],
    pub tag: [u8; TAG_LEN],
    pub box_len: u32,
    pub data_len: u32,
}

/// Where the data of an opened frame are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Opened {
    /// In the memory that held the sealed frame.
    InBox(Range<usize>),
    /// In the memory for what was compressed.
    InData,
}

/// Makes and opens frames. Holds compression contexts and scratch memory, so that a steady stream of frames allocates nothing; one for each thread.
pub struct FrameCodec {
    compressor: CCtx<'static>,
    decompressor: DCtx<'static>,
    scratch: Vec<u8>,
    check: Vec<u8>,
}

impl Default for FrameCodec {
    fn default() -> Self {
        Self { compressor: CCtx::create(), decompressor: DCtx::create(), scratch: Vec::new(), check: Vec::new() }
    }
}

impl FrameCodec {
    /// Compresses and seals `data` at the end of `pack`, and opens it again while it is hot: what comes out must be `data`.
    ///
    /// # Panics
    /// When `data` is longer than [`DATA_LEN_MAX`].
    pub fn seal(
        &mut self,
        key: &SealingKey,
        kind: BlobKind,
        data: &[u8],
        level: i32,
        pack: &mut Vec<u8>,
    ) -> Result<SealedFrame> {
        assert!(data.len() <= DATA_LEN_MAX, "a frame holds 16 MiB at most");
        let start = pack.len();
        let nonce: [u8; NONCE_LEN] = secret::random();
        pack.extend_from_slice(&nonce);
        self.encode(data, level, pack);
        let tag = key.seal_slice(kind.frame_kind(), &nonce, &mut pack[start + NONCE_LEN..]);
        pack.extend_from_slice(&tag);
        self.verify(key, kind, &pack[start..], data)?;
        Ok(SealedFrame { nonce, tag, box_len: (pack.len() - start) as u32, data_len: data.len() as u32 })
    }

    fn encode(&mut self, data: &[u8], level: i32, pack: &mut Vec<u8>) {
        let head_at = pack.len();
        pack.extend_from_slice(&[CODEC_ZSTD, 0, 0, 0]);
        pack.extend_from_slice(&(data.len() as u32).to_le_bytes());
        if level != 0 && self.looks_compressible(data) && self.compress(data, level, pack) {
            return;
        }
        pack[head_at] = CODEC_STORED;
        pack.truncate(head_at + HEAD_LEN);
        pack.extend_from_slice(data);
    }

    /// Appends the compressed data; false when that saves less than a hundredth. Room is taken as it is, not zeroed first.
    fn compress(&mut self, data: &[u8], level: i32, pack: &mut Vec<u8>) -> bool {
        let start = pack.len();
        let useful = data.len() - data.len() / 100;
        pack.reserve(zstd_safe::compress_bound(data.len()));
        let set = self.set_level(level);
        debug_assert!(set.is_ok(), "Zstandard takes any level");
        if set.is_err() {
            return false;
        }
        let mut end = Cursor::new(pack);
        end.set_position(start as u64);
        self.compressor.compress2(&mut end, data).is_ok_and(|len| len <= useful)
    }

    fn set_level(&mut self, level: i32) -> SafeResult {
        // What did not fit, as noise does not, leaves a frame begun, in which a window cannot be set.
        self.compressor.reset(ResetDirective::SessionOnly)?;
        let [window_log, hash_log, min_match] = if level == JOINED_LEVEL { JOINED_PARAMETERS } else { [0; 3] };
        self.compressor.set_parameter(CParameter::CompressionLevel(level))?;
        self.compressor.set_parameter(CParameter::WindowLog(window_log))?;
        self.compressor.set_parameter(CParameter::HashLog(hash_log))?;
        self.compressor.set_parameter(CParameter::MinMatch(min_match))
    }

    /// Tries a few places of large data at the fastest level: photos and films are found out for a fiftieth of the price.
    fn looks_compressible(&mut self, data: &[u8]) -> bool {
        if data.len() < SAMPLES * SAMPLE_LEN * 4 {
            return true;
        }
        self.scratch.clear();
        for index in 0..SAMPLES {
            let at = data.len() / SAMPLES * index;
            self.scratch.extend_from_slice(&data[at..at + SAMPLE_LEN]);
        }
        self.check.resize(self.scratch.len(), 0);
        let Ok(_) = self.set_level(1) else { return true };
        let sampled = self.compressor.compress2(&mut self.check[..], &self.scratch);
        sampled.is_ok_and(|len| len * 100 < self.scratch.len() * 97)
    }

    /// Plain frames are compared where they were opened: large ones are never copied for this.
    fn verify(&mut self, key: &SealingKey, kind: BlobKind, sealed: &[u8], data: &[u8]) -> Result<()> {
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut check = std::mem::take(&mut self.check);
        let opened = key.open_to(kind.frame_kind(), sealed, &mut scratch);
        let same = opened.is_ok()
            && match unpack(&scratch) {
                Ok((CODEC_STORED, len, payload)) => len == payload.len() && payload == data,
                Ok((codec, len, payload)) => self.restore(codec, len, payload, &mut check).is_ok() && check == data,
                Err(_) => false,
            };
        (self.scratch, self.check) = (scratch, check);
        if same {
            Ok(())
        } else {
            Err(FormatError::Damaged(
                "what was sealed cannot be opened again: this machine's memory or processor fails",
            ))
        }
    }

    /// Opens a frame (`sealed` is used up as scratch) and leaves its data in `data`.
    pub fn open(&mut self, key: &SealingKey, kind: BlobKind, sealed: &mut [u8], data: &mut Vec<u8>) -> Result<()> {
        if let Opened::InBox(range) = self.open_where_it_lies(key, kind, sealed, data)? {
            data.clear();
            data.extend_from_slice(&sealed[range]);
        }
        Ok(())
    }

    /// The same, but what was stored plain stays where it is, which saves a copy of all that does not compress.
    pub fn open_where_it_lies(
        &mut self,
        key: &SealingKey,
        kind: BlobKind,
        sealed: &mut [u8],
        data: &mut Vec<u8>,
    ) -> Result<Opened> {
        if sealed.len() > BOX_LEN_MAX {
            return Err(FormatError::TooLarge("a frame in it is larger than the format allows"));
        }
        let (codec, len, payload) = unpack(key.open_in_place(kind.frame_kind(), sealed)?)?;
        if codec == CODEC_STORED {
            let start = NONCE_LEN + HEAD_LEN;
            return if payload.len() == len { Ok(Opened::InBox(start..start + len)) } else { Err(wrong_len()) };
        }
        self.restore(codec, len, payload, data)?;
        Ok(Opened::InData)
    }

    /// The data of an opened frame that was not stored plain.
    fn restore(&mut self, codec: u8, len: usize, payload: &[u8], data: &mut Vec<u8>) -> Result<()> {
        data.clear();
        if codec != CODEC_ZSTD {
            return Err(FormatError::Unsupported("a frame in it is compressed in an unknown way"));
        }
        self.decompress(payload, len, data)?;
        if data.len() == len { Ok(()) } else { Err(wrong_len()) }
    }

    fn decompress(&mut self, payload: &[u8], len: usize, data: &mut Vec<u8>) -> Result<()> {
        data.reserve(len);
        self.decompressor
            .decompress(data, payload)
            .map(drop)
            .map_err(|_| FormatError::Damaged("a frame in it cannot be decompressed"))
    }
}

fn wrong_len() -> FormatError {
    FormatError::Damaged("a frame in it has another length than it says")
}

/// Codec, length of the data and payload of an opened frame.
fn unpack(plain: &[u8]) -> Result<(u8, usize, &[u8])> {
    let (head, payload) =
        plain.split_first_chunk::<HEAD_LEN>().ok_or(FormatError::Damaged("a frame in it is too short"))?;
    let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
    if len > DATA_LEN_MAX {
        return Err(FormatError::TooLarge("a frame in it claims more data than the format allows"));
    }
    Ok((head[0], len, payload))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{keys::EpochKeys, secret::Secret};

    fn round_trip(data: &[u8], level: i32) -> usize {
        round_trip_by(&mut FrameCodec::default(), data, level)
    }

    fn round_trip_by(codec: &mut FrameCodec, data: &[u8], level: i32) -> usize {
        let keys = EpochKeys::new(0, Secret::new([9; 32]));
        let (mut pack, mut out) = (b"before".to_vec(), Vec::new());
        let key = keys.frames(BlobKind::Content);
        let frame = codec.seal(key, BlobKind::Content, data, level, &mut pack).unwrap();
        codec.open(key, BlobKind::Content, &mut pack[6..], &mut out).unwrap();
        assert_eq!(out, data);
        frame.box_len as usize
    }

    #[test]
    fn data_comes_back_and_noise_is_stored_plain() {
        let mut noise = vec![0; 1 << 20];
        blake3::Hasher::new().finalize_xof().fill(&mut noise);
        assert_eq!(round_trip(&noise, 3), noise.len() + HEAD_LEN + OVERHEAD);
        assert_eq!(round_trip(&noise[..1000], 3), 1000 + HEAD_LEN + OVERHEAD);
        assert!(round_trip(&[b'a'; 1 << 20], 3) < 1000);
        assert_eq!(round_trip(b"", 3), HEAD_LEN + OVERHEAD);
        assert_eq!(round_trip(&[b'a'; 100], 0), 100 + HEAD_LEN + OVERHEAD);
    }

    #[test]
    fn noise_leaves_no_trace_in_what_is_compressed_after_it() {
        let mut noise = vec![0; 1 << 20];
        blake3::Hasher::new().finalize_xof().fill(&mut noise);
        let text = b"All work and no play. ".repeat(50_000);
        for (level, after) in [(1, 1), (1, JOINED_LEVEL), (JOINED_LEVEL, 1), (3, JOINED_LEVEL), (JOINED_LEVEL, 9)] {
            let expected = round_trip(&text, after);
            for noise in [&noise[..], &noise[..100_000], &noise[..100]] {
                let mut codec = FrameCodec::default();
                round_trip_by(&mut codec, noise, level);
                assert_eq!(round_trip_by(&mut codec, &text, after), expected, "level {after} after {level}");
            }
        }
    }

    #[test]
    fn a_bomb_is_refused_before_it_unpacks() {
        let keys = EpochKeys::new(0, Secret::new([9; 32]));
        let mut compressed = vec![0; 1 << 20];
        let len = zstd_safe::compress(&mut compressed[..], &vec![0; 64 << 20], 3).unwrap();
        for claimed in [64u32 << 20, 1000] {
            let mut plain = vec![CODEC_ZSTD, 0, 0, 0];
            plain.extend_from_slice(&claimed.to_le_bytes());
            plain.extend_from_slice(&compressed[..len]);
            let mut sealed = keys.frames(BlobKind::Content).seal(BlobKind::Content.frame_kind(), &plain);
            let mut out = Vec::new();
            let key = keys.frames(BlobKind::Content);
            assert!(FrameCodec::default().open(key, BlobKind::Content, &mut sealed, &mut out).is_err());
            assert!(out.capacity() <= DATA_LEN_MAX);
        }
    }
}
