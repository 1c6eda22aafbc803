//! A block of a run: the unit of reading.

use super::{BLOCK_LEN_MAX, RunEntry, RunKind};
use crate::{
    FormatError, Result,
    pack::Locator,
    sealing::{BoxKind, SealingKey},
};

/// A block's plain text: sorted entries of fixed length, searched where they lie.
#[derive(Clone, Debug)]
pub struct Block {
    plain: Vec<u8>,
    entry_len: usize,
}

impl Block {
    /// Opens a block's box; `kind` is that of its run.
    pub fn open(key: &SealingKey, kind: RunKind, sealed: &[u8]) -> Result<Self> {
        Self::parse(kind, key.open(BoxKind::INDEX_BLOCK, sealed)?)
    }

    /// Takes a block's plain text.
    pub fn parse(kind: RunKind, plain: Vec<u8>) -> Result<Self> {
        let entry_len = kind.entry_len();
        if plain.len().is_multiple_of(entry_len) && plain.len() <= BLOCK_LEN_MAX {
            Ok(Self { plain, entry_len })
        } else {
            Err(FormatError::Damaged("a block of it has no whole number of entries"))
        }
    }

    pub fn len(&self) -> usize {
        self.plain.len() / self.entry_len
    }

    pub fn is_empty(&self) -> bool {
        self.plain.is_empty()
    }

    /// Bytes in memory.
    pub fn size(&self) -> usize {
        self.plain.len()
    }

    /// All entries. None where `E` is not what the run is of.
    pub fn entries<E: RunEntry>(&self) -> impl Iterator<Item = E> {
        let rows = if E::LEN == self.entry_len { &self.plain[..] } else { &[] };
        rows.chunks_exact(E::LEN).map(E::read)
    }

    /// The entries with this locator: several, where a run was merged from others. None where `E` is not what the run is of.
    pub fn find<E: RunEntry>(&self, locator: &Locator) -> impl Iterator<Item = E> {
        let first = if E::LEN == self.entry_len { self.position(locator) } else { self.len() };
        let equal = (first..self.len()).take_while(move |index| self.locator(*index) == locator);
        equal.map(|index| E::read(&self.plain[index * E::LEN..][..E::LEN]))
    }

    /// The first entry whose locator is not before this one.
    fn position(&self, locator: &Locator) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.locator(middle) < &locator[..] {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    fn locator(&self, index: usize) -> &[u8] {
        &self.plain[index * self.entry_len..][..16]
    }
}
