//! Where files are cut, in one of the ways that a config can name (docs/format.md §6).
//!
//! Own loops with golden vectors, because library chunkers have changed their cut points between versions. docs/chunking.md tells how
//! the ways compare, and why the newest is what it is.

mod gear;
mod minimum;
#[cfg(test)]
mod tests;

use self::{gear::Gear, minimum::Minimum};
use crate::keys::Identity;

/// A way to cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Method {
    /// After the first byte where a rolling hash is small enough.
    Gear,
    /// Where the hash of the bytes before is smallest: new stores have this.
    #[default]
    Minimum,
}

impl Method {
    pub const ALL: [Self; 2] = [Self::Gear, Self::Minimum];

    /// The chunker's id in the config.
    pub fn id(self) -> u32 {
        match self {
            Self::Gear => 1,
            Self::Minimum => 2,
        }
    }

    pub fn from_id(id: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.id() == id)
    }

    /// What a store of this method is made with.
    pub fn sizes(self) -> Sizes {
        match self {
            // What the main peers use.
            Self::Gear => Sizes { min: 256 << 10, bits: 20, max: 4 << 20 },
            // Sizes are spread evenly between the two, so that they are 1 MiB on average.
            Self::Minimum => Sizes { min: 512 << 10, bits: 20, max: 1536 << 10 },
        }
    }
}

/// Smallest, average and largest chunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sizes {
    pub min: u32,
    /// The average as a power of two.
    pub bits: u32,
    pub max: u32,
}

impl Sizes {
    pub(crate) fn are_sane(self) -> bool {
        (8..=22).contains(&self.bits)
            && self.min as usize >= gear::WINDOW.max(minimum::WINDOW)
            && self.min < 1 << self.bits
            && self.max > 1 << self.bits
            && self.max <= 8 << 20
    }
}

/// Cuts content into chunks.
#[derive(Clone)]
pub struct Chunker {
    sizes: Sizes,
    cutter: Cutter,
}

#[derive(Clone)]
enum Cutter {
    Gear(Gear),
    Minimum(Minimum),
}

impl Chunker {
    pub fn new(method: Method, sizes: Sizes, identity: &Identity) -> Self {
        let cutter = match method {
            Method::Gear => Cutter::Gear(Gear::new(identity.gear_table(), sizes)),
            Method::Minimum => Cutter::Minimum(Minimum::new(identity.cut_key(), sizes)),
        };
        Self { sizes, cutter }
    }

    /// Bytes of every chunk but the last at least: what is shorter is one chunk.
    pub fn min(&self) -> usize {
        self.sizes.min as usize
    }

    /// Bytes after which [`Chunker::cut`] decides in any case.
    pub fn max(&self) -> usize {
        self.sizes.max as usize
    }

    /// Bytes that a caller does well to hold, so that what is left over when all is cut is seldom much of it.
    pub fn buffer_len(&self) -> usize {
        (8usize << self.sizes.bits).max(2 * self.max())
    }

    /// The length of the first chunk of `data`, after which more may follow. `None` when the cut may lie beyond `data`: the caller comes
    /// again with more, or, when there is none, asks [`Chunker::cut_rest`].
    pub fn cut(&self, data: &[u8]) -> Option<usize> {
        match &self.cutter {
            Cutter::Gear(gear) => gear.cut(data),
            Cutter::Minimum(minimum) => minimum.cut(data),
        }
    }

    /// The length of the first chunk of `rest`, after which nothing follows.
    pub fn cut_rest(&self, rest: &[u8]) -> usize {
        match &self.cutter {
            Cutter::Gear(gear) => gear.cut(rest).unwrap_or(rest.len()),
            Cutter::Minimum(minimum) => minimum.cut_rest(rest),
        }
    }
}
