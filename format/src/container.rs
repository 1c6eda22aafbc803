//! The head and the end that all objects share (docs/format.md §2).

use larder_model::Hash;

use crate::{FormatError, Result};

/// Bytes before the body.
pub const HEAD_LEN: usize = 16;
/// Bytes after the body.
pub const HASH_LEN: usize = 32;

const MAGIC: [u8; 7] = *b"LARDER\0";
const VERSION: u8 = 0;

/// What an object is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum ObjectKind {
    Config = 1,
    Slot = 2,
    Ring = 3,
    Pack = 4,
    Index = 5,
    Snapshot = 6,
    Start = 7,
    Intent = 8,
    Marks = 9,
    Record = 10,
    Owner = 11,
}

impl ObjectKind {
    /// Config, slots and rings are what opens the rest, and carry their own proofs.
    fn suite(self) -> Suite {
        match self {
            Self::Config | Self::Slot | Self::Ring => Suite::Plain,
            _ => Suite::Sealed,
        }
    }
}

/// Whether the body is sealed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Suite {
    Plain = 0,
    /// AES-256-GCM under keys of BLAKE3.
    Sealed = 1,
}

/// The first 16 bytes of an object.
pub fn head(kind: ObjectKind, suite: Suite, epoch: u32) -> [u8; HEAD_LEN] {
    let mut head = [0; HEAD_LEN];
    head[..7].copy_from_slice(&MAGIC);
    head[7] = VERSION;
    head[8] = kind as u8;
    head[9] = suite as u8;
    head[12..].copy_from_slice(&epoch.to_le_bytes());
    head
}

/// A whole object around `body`, and its hash.
pub fn wrap(kind: ObjectKind, suite: Suite, epoch: u32, body: &[u8]) -> (Vec<u8>, Hash) {
    let mut object = Vec::with_capacity(HEAD_LEN + body.len() + HASH_LEN);
    object.extend_from_slice(&head(kind, suite, epoch));
    object.extend_from_slice(body);
    let hash = Hash(*blake3::hash(&object).as_bytes());
    object.extend_from_slice(&hash.0);
    (object, hash)
}

/// Checks head and hash of an object that should be of `kind`; returns its epoch and body.
pub fn unwrap(kind: ObjectKind, object: &[u8]) -> Result<(u32, &[u8])> {
    verify_hash(object)?;
    let epoch = check_head(kind, object)?;
    Ok((epoch, &object[HEAD_LEN..object.len() - HASH_LEN]))
}

/// Checks the hash at the end of any object, without a key, and returns it.
pub fn verify_hash(object: &[u8]) -> Result<Hash> {
    let Some((content, end)) = object.split_last_chunk::<HASH_LEN>() else {
        return Err(FormatError::Damaged("it is too short to be an object"));
    };
    if content.len() < HEAD_LEN {
        return Err(FormatError::Damaged("it is too short to be an object"));
    }
    if blake3::hash(content) != blake3::Hash::from_bytes(*end) {
        return Err(FormatError::Damaged("its bytes do not match the hash at its end"));
    }
    Ok(Hash(*end))
}

/// The hash of an object that is read in parts.
#[derive(Default)]
pub struct Hasher(blake3::Hasher);

impl Hasher {
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(&self) -> Hash {
        Hash(*self.0.finalize().as_bytes())
    }
}

/// Checks the first bytes of an object that should be of `kind`; returns the epoch.
pub fn check_head(kind: ObjectKind, object: &[u8]) -> Result<u32> {
    let Some(head) = object.first_chunk::<HEAD_LEN>() else {
        return Err(FormatError::Damaged("it is too short to be an object"));
    };
    if head[..7] != MAGIC {
        return Err(FormatError::Damaged("it is not an object of a Larder store"));
    }
    if head[7] != VERSION || head[9] > Suite::Sealed as u8 {
        return Err(FormatError::Unsupported("it was written by a newer program"));
    }
    if head[8] != kind as u8 || head[9] != kind.suite() as u8 {
        return Err(FormatError::Damaged("it is an object of another kind"));
    }
    Ok(u32::from_le_bytes([head[12], head[13], head[14], head[15]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_flipped_bit_is_found() {
        let (object, _) = wrap(ObjectKind::Marks, Suite::Sealed, 7, b"body");
        assert_eq!(unwrap(ObjectKind::Marks, &object), Ok((7, &b"body"[..])));
        assert!(unwrap(ObjectKind::Record, &object).is_err());
        for bit in 0..object.len() * 8 {
            let mut bad = object.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(unwrap(ObjectKind::Marks, &bad).is_err(), "bit {bit}");
        }
        for len in 0..object.len() {
            assert!(unwrap(ObjectKind::Marks, &object[..len]).is_err());
        }
    }
}
