//! Blobs and packs that are not there.

use larder_connect::{Durability, ObjectInfo, ObjectName, Storage};
use larder_format::{
    container::HEAD_LEN,
    index::{IndexEntry, IndexRun, PackRow, RunKind},
    keys::{BlobKind, EpochKeys, Identity},
    pack::{Locator, locator},
};
use larder_model::{PackId, Result, RunId, Time};

use crate::Rng;

/// What a pack of 16 MiB holds of chunks of 1 MiB; here all are ten times as long.
const BLOBS_A_PACK: u64 = 16;
/// So that 100 million are 1 PB. Chunks of the default length would be a tenth of it.
const BLOB_LEN: u32 = 10_000_000;
/// Bytes of a frame around its data.
const FRAME_LEN: u32 = 48;
/// Every so many blobs there is one whose bytes are known, to ask for it.
const KNOWN_EVERY: u64 = 1_000;
/// More than is joined with others, less than is cut.
const KNOWN_LEN: usize = 5_000;
const THEN: i64 = 1_700_000_000;
/// The streams of numbers that names are made of.
const LOCATORS: u64 = 1 << 60;
const PACKS: u64 = 2 << 60;
const KNOWN: u64 = 3 << 60;

/// So many blobs of content, 16 a pack.
#[derive(Clone, Copy, Debug)]
pub struct Claims {
    pub blobs: u64,
    /// Blobs that each index run covers.
    pub blobs_a_run: u64,
}

impl Claims {
    pub fn packs(&self) -> u64 {
        self.blobs.div_ceil(BLOBS_A_PACK)
    }

    pub fn bytes(&self) -> u64 {
        (0..self.packs()).map(|pack| self.pack_len(pack)).sum()
    }

    /// Puts the index runs, as a backup would that has just put the packs.
    pub fn put_index(&self, storage: &dyn Storage, identity: &Identity, keys: &EpochKeys) -> Result<()> {
        // A pack is covered by one run.
        let step = self.blobs_a_run.next_multiple_of(BLOBS_A_PACK);
        for first in (0..self.blobs).step_by(step as usize) {
            let blobs = first..(first + step).min(self.blobs);
            let packs = first / BLOBS_A_PACK..blobs.end.div_ceil(BLOBS_A_PACK);
            let run = run_id(first);
            let entries = blobs.map(|blob| IndexEntry {
                locator: self.locator(identity, blob),
                pack: (blob / BLOBS_A_PACK - packs.start) as u32,
                frame_offset: HEAD_LEN as u32 + (blob % BLOBS_A_PACK) as u32 * (BLOB_LEN + FRAME_LEN),
                frame_len: BLOB_LEN + FRAME_LEN,
                offset: 0,
                len: BLOB_LEN,
            });
            let entries = entries.collect();
            let row = |pack| PackRow {
                id: pack_id(pack),
                size: self.pack_len(pack),
                kind: BlobKind::Content,
                epoch: keys.epoch(),
                run,
                created: Time::new(created(pack), 0).unix_nanos(),
                hash: (0, Vec::new()),
            };
            let kind = RunKind::Blobs(BlobKind::Content);
            let packs = packs.map(row).collect();
            let run = IndexRun { kind, level: 0, run, created: created(first), packs, entries, superseded: Vec::new() };
            let (object, hash) = run.to_object(keys);
            storage.put(&ObjectName::new("index", hash), &[&object], Durability::Barrier)?;
        }
        storage.barrier()
    }

    /// What a listing of the packs shows.
    pub fn listed(&self) -> impl Iterator<Item = ObjectInfo> {
        let (claims, modified) = (*self, Time::new(THEN, 0));
        (0..self.packs()).map(move |pack| ObjectInfo {
            name: pack_name(pack),
            size: claims.pack_len(pack),
            modified,
            hash: None,
        })
    }

    /// Bytes of `count` blobs that are claimed, from all over the store.
    pub fn known(&self, count: u64) -> impl Iterator<Item = Vec<u8>> {
        let known = self.blobs.div_ceil(KNOWN_EVERY);
        assert!(count <= known, "only {known} claimed blobs have known bytes");
        (0..count).map(move |number| known_bytes(number * known / count * KNOWN_EVERY))
    }

    /// Bytes of `count` blobs that are not.
    pub fn unknown(&self, count: u64) -> impl Iterator<Item = Vec<u8>> {
        (0..count).map(|number| known_bytes(u64::MAX - number))
    }

    fn locator(&self, identity: &Identity, blob: u64) -> Locator {
        if blob.is_multiple_of(KNOWN_EVERY) {
            return locator(&identity.blob_id(BlobKind::Content, &known_bytes(blob)));
        }
        let mut numbers = Rng::new(LOCATORS ^ blob).fork();
        (u128::from(numbers.number()) << 64 | u128::from(numbers.number())).to_le_bytes()
    }

    fn pack_len(&self, pack: u64) -> u64 {
        let blobs = BLOBS_A_PACK.min(self.blobs - pack * BLOBS_A_PACK);
        HEAD_LEN as u64 + blobs * u64::from(BLOB_LEN + FRAME_LEN)
    }
}

fn known_bytes(blob: u64) -> Vec<u8> {
    Rng::new(KNOWN ^ blob).bytes(KNOWN_LEN)
}

fn pack_id(pack: u64) -> PackId {
    let mut numbers = Rng::new(PACKS ^ pack).fork();
    let mut id = [0; 32];
    id.chunks_exact_mut(8).for_each(|part| part.copy_from_slice(&numbers.number().to_le_bytes()));
    PackId(id)
}

/// Made by hand: a listing has millions of them, and their making is no part of what is measured.
fn pack_name(pack: u64) -> ObjectName {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(70);
    text.push_str("packs/");
    for byte in pack_id(pack).0 {
        text.extend([byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)])));
    }
    ObjectName::parse(&text).unwrap()
}

fn run_id(first: u64) -> RunId {
    RunId((u128::from(PACKS) << 64 | u128::from(first)).to_le_bytes())
}

/// A pack a second.
fn created(pack: u64) -> i64 {
    THEN - (pack % (1 << 28)) as i64
}
