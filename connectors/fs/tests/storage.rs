//! The storage `fs`: the suite that all storages pass, and what is particular to folders.

#![allow(clippy::unwrap_used)] // A test that meets what it did not expect should stop there.

mod common;
mod storage {
    mod conformance;
    mod faults;
    mod staying;
    mod syncs;
    mod temporary;
    mod uncached;
}
