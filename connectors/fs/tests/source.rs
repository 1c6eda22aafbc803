//! The source `fs`: the suite that all sources pass, and what is particular to local files.

#![allow(clippy::unwrap_used)] // A test that meets what it did not expect should stop there.

mod common;
mod source {
    mod conformance;
    mod count;
    mod exclude;
    mod kinds;
    mod large;
    mod mounts;
    mod races;
    mod reading;
    mod refusals;
    mod roots;
    mod stream;
    mod walk;
}
