//! Every decoder of Larder under bytes that somebody else has chosen.
//!
//! A target takes any bytes, gives them to one decoder and asserts what must hold of the answer: that it did not panic is the
//! least. It returns whether the decoder took the bytes, so that the tests can tell a target that reaches its decoder from one that
//! is turned away at the door. Where a MAC, tag or hash stands before the decoder, the target makes it right first: a fuzzer never
//! would, and whoever has the keys of a store can.
//!
//! The same targets run as ordinary tests (`tests/`) and under libFuzzer (`libfuzzer/`); README.md says how.

pub mod cases;
pub mod targets;

/// One decoder with its invariants.
#[derive(Clone, Copy)]
pub struct Target {
    /// Also the folder of its stored cases, and the name of its libFuzzer binary.
    pub name: &'static str,
    /// Panics when an invariant does not hold; true when the decoder took the bytes.
    pub run: fn(&[u8]) -> bool,
}
