//! The bytes of a store: pure functions and values, bytes in, bytes out.
//!
//! `docs/format.md` is the specification; the modules follow its sections. Nothing here opens a file, reads a clock or waits.
//! Every decoder takes hostile input: it returns an error, never panics, and allocates no more than a small multiple of what it was given
//! (or of the bound that the format names).

pub mod chunker;
pub mod config;
pub mod container;
pub mod error;
pub mod frame;
pub mod index;
pub mod keys;
pub mod ledger;
pub mod pack;
pub mod padme;
pub mod page;
pub mod records;
pub mod ring;
pub mod sealing;
pub mod secret;
pub mod slot;
pub mod snapshot;
pub mod wire;

pub use error::{FormatError, Result};

/// A hash of text that is public anyway, as hex: for naming what is too long to be told.
pub fn text_hash(text: &str) -> String {
    larder_model::Hash(*blake3::hash(text.as_bytes()).as_bytes()).short()
}
