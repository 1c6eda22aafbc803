//! Boxes: bytes sealed with AES-256-GCM, each under a key and nonce of its own (docs/format.md §4).
//!
//! A random 24-byte nonce picks the key, as in XAES-256-GCM, so that no writer counts anything and a box can be moved to
//! another object as it is.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::{FormatError, Result, secret::Secret};

pub const NONCE_LEN: usize = 24;
pub const TAG_LEN: usize = 16;
/// What a box is longer than its plain text.
pub const OVERHEAD: usize = NONCE_LEN + TAG_LEN;

/// What a box's plain text is; part of what its tag vouches for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BoxKind(pub u8);

impl BoxKind {
    pub const CONTENT_FRAME: Self = Self(64);
    pub const METADATA_FRAME: Self = Self(65);
    pub const DIRECTORY: Self = Self(66);
    pub const INDEX_BLOCK: Self = Self(67);
    pub const INDEX_TAIL: Self = Self(68);
}

/// A key that seals boxes of one purpose in one epoch.
#[derive(Clone, Debug)]
pub struct SealingKey {
    key: Secret,
    key_set: [u8; 16],
    epoch: u32,
}

impl SealingKey {
    pub fn new(key: Secret, key_set: [u8; 16], epoch: u32) -> Self {
        Self { key, key_set, epoch }
    }

    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    fn aad(&self, kind: BoxKind, plain_len: usize) -> [u8; 32] {
        let mut aad = [0; 32];
        aad[..16].copy_from_slice(&self.key_set);
        aad[16] = kind.0;
        aad[20..24].copy_from_slice(&self.epoch.to_le_bytes());
        aad[24..].copy_from_slice(&(plain_len as u64).to_le_bytes());
        aad
    }

    /// A box around `plain`.
    pub fn seal(&self, kind: BoxKind, plain: &[u8]) -> Vec<u8> {
        let mut buffer = Vec::with_capacity(plain.len() + OVERHEAD);
        buffer.extend_from_slice(&[0; NONCE_LEN]);
        buffer.extend_from_slice(plain);
        self.seal_in_place(kind, &mut buffer);
        buffer
    }

    /// Turns `buffer`, whose first 24 bytes are room for the nonce and whose rest is plain text, into a box.
    pub fn seal_in_place(&self, kind: BoxKind, buffer: &mut Vec<u8>) {
        let nonce: [u8; NONCE_LEN] = crate::secret::random();
        let (room, plain) = buffer.split_at_mut(NONCE_LEN);
        room.copy_from_slice(&nonce);
        let tag = seal(&self.key, &nonce, &self.aad(kind, plain.len()), plain);
        buffer.extend_from_slice(&tag);
    }

    /// Seals `plain` in place under a nonce of the caller's; returns the tag. For frames, which lie in a pack that is being built.
    pub(crate) fn seal_slice(&self, kind: BoxKind, nonce: &[u8; NONCE_LEN], plain: &mut [u8]) -> [u8; TAG_LEN] {
        seal(&self.key, nonce, &self.aad(kind, plain.len()), plain)
    }

    /// Opens a box where it lies; the plain text is the part of `buffer` that is returned.
    pub fn open_in_place<'a>(&self, kind: BoxKind, buffer: &'a mut [u8]) -> Result<&'a mut [u8]> {
        let plain_len =
            buffer.len().checked_sub(OVERHEAD).ok_or(FormatError::Damaged("a sealed part of it is too short"))?;
        let aad = self.aad(kind, plain_len);
        let (nonce, sealed) = buffer.split_first_chunk_mut::<NONCE_LEN>().expect("the length was checked");
        open(&self.key, nonce, &aad, sealed)
    }

    /// Opens a box and leaves the box as it is; the plain text is put into `plain`.
    pub(crate) fn open_to(&self, kind: BoxKind, sealed: &[u8], plain: &mut Vec<u8>) -> Result<()> {
        let short = FormatError::Damaged("a sealed part of it is too short");
        let Some((nonce, rest)) = sealed.split_first_chunk::<NONCE_LEN>() else { return Err(short) };
        let Some((ciphertext, tag)) = rest.split_last_chunk::<TAG_LEN>() else { return Err(short) };
        plain.resize(ciphertext.len(), 0);
        let (key, nonce) = cipher(&self.key, nonce);
        key.open_separate_gather(nonce, Aad::from(self.aad(kind, ciphertext.len())), ciphertext, tag, plain)
            .map_err(|_| altered())
    }

    /// The plain text of a box.
    pub fn open(&self, kind: BoxKind, sealed: &[u8]) -> Result<Vec<u8>> {
        let mut buffer = sealed.to_vec();
        let plain_len = self.open_in_place(kind, &mut buffer)?.len();
        buffer.copy_within(NONCE_LEN..NONCE_LEN + plain_len, 0);
        buffer.truncate(plain_len);
        Ok(buffer)
    }
}

/// Seals `plain` in place and returns the tag.
pub(crate) fn seal(key: &Secret, nonce: &[u8; NONCE_LEN], aad: &[u8], plain: &mut [u8]) -> [u8; TAG_LEN] {
    let (key, nonce) = cipher(key, nonce);
    let tag = key.seal_in_place_separate_tag(nonce, Aad::from(aad), plain).expect("the plain text is below 64 GiB");
    tag.as_ref().try_into().expect("a GCM tag has 16 bytes")
}

/// Opens `sealed` (ciphertext and tag) in place and returns the plain text.
pub(crate) fn open<'a>(
    key: &Secret,
    nonce: &[u8; NONCE_LEN],
    aad: &[u8],
    sealed: &'a mut [u8],
) -> Result<&'a mut [u8]> {
    let (key, nonce) = cipher(key, nonce);
    key.open_in_place(nonce, Aad::from(aad), sealed).map_err(|_| altered())
}

fn altered() -> FormatError {
    FormatError::Damaged("a sealed part of it was altered")
}

fn cipher(key: &Secret, nonce: &[u8; NONCE_LEN]) -> (LessSafeKey, Nonce) {
    let derived = blake3::keyed_hash(key.expose(), nonce);
    let key = UnboundKey::new(&AES_256_GCM, derived.as_bytes()).expect("the key has 32 bytes");
    let last = nonce.last_chunk::<12>().expect("24 bytes hold 12");
    (LessSafeKey::new(key), Nonce::assume_unique_for_key(*last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(epoch: u32) -> SealingKey {
        SealingKey::new(Secret::new([7; 32]), [1; 16], epoch)
    }

    #[test]
    fn a_box_opens_only_as_what_it_is() {
        let sealed = key(0).seal(BoxKind::DIRECTORY, b"plain");
        assert_eq!(key(0).open(BoxKind::DIRECTORY, &sealed).as_deref(), Ok(&b"plain"[..]));
        assert!(key(0).open(BoxKind::INDEX_BLOCK, &sealed).is_err());
        assert!(key(1).open(BoxKind::DIRECTORY, &sealed).is_err());
        for bit in 0..sealed.len() * 8 {
            let mut bad = sealed.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(key(0).open(BoxKind::DIRECTORY, &bad).is_err(), "bit {bit}");
        }
        assert!(key(0).open(BoxKind::DIRECTORY, &sealed[..39]).is_err());
    }
}
