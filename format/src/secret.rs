//! Secrets: 32 bytes that are wiped when dropped and never shown.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A secret of 32 bytes.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; 32]);

impl Secret {
    pub const LEN: usize = 32;

    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub fn random() -> Self {
        Self(random())
    }

    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// A key for one purpose: `derive(context; self | more)`.
    pub fn derive(&self, context: &str, more: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(context);
        hasher.update(&self.0).update(more);
        Self(hasher.finalize().into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Random bytes from the operating system.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has random bytes");
    bytes
}

/// Compares without telling by time where the difference is.
pub(crate) fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    blake3::Hash::from_bytes(*a) == blake3::Hash::from_bytes(*b)
}
