//! A pack's bytes on their way to a storage.

use std::ops::Deref;

/// A pack's bytes. They may begin anywhere in their memory, for a storage that cares where: a disk is written from pages of it.
#[derive(Clone, Debug, Default)]
pub struct PackBody {
    memory: Vec<u8>,
    start: usize,
}

impl PackBody {
    /// The bytes of `memory` from `start` on.
    ///
    /// # Panics
    /// When `start` lies behind the end of `memory`.
    pub fn new(memory: Vec<u8>, start: usize) -> Self {
        assert!(start <= memory.len(), "a pack begins within its memory");
        Self { memory, start }
    }

    /// The memory, and where in it the pack begins.
    pub fn into_parts(self) -> (Vec<u8>, usize) {
        (self.memory, self.start)
    }
}

impl From<Vec<u8>> for PackBody {
    fn from(memory: Vec<u8>) -> Self {
        Self { memory, start: 0 }
    }
}

impl Deref for PackBody {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.memory[self.start..]
    }
}
