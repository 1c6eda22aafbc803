//! What is known of a node.

/// Bits; none for what is neither there nor named as gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct State(u16);

impl State {
    /// It is there.
    pub const ALIVE: Self = Self(1);
    pub const FOLDER: Self = Self(2);
    /// Dropbox told of it in this run.
    pub const NOW: Self = Self(4);
    /// Dropbox told that it is not there any more.
    pub const GONE: Self = Self(8);
    /// Nothing that a snapshot has below it counts.
    pub const REPLACED: Self = Self(16);
    /// Whether its content is needed was asked.
    pub const ASKED: Self = Self(32);
    /// Its content is needed.
    pub const WANTED: Self = Self(64);
    /// Its content was delivered.
    pub const DONE: Self = Self(128);
    /// Something that is there was told below it.
    pub const NEEDED: Self = Self(256);
}

larder_model::bit_set!(State);
