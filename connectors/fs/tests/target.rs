//! The target `fs`: the suite that all targets pass, and what is particular to the file system.

#![allow(clippy::unwrap_used)] // A test that meets what it did not expect should stop there.

mod common;
mod target {
    mod attributes;
    mod conformance;
    mod faults;
    mod hostile;
    mod kit;
    mod names;
    mod nodes;
    mod plain_user;
}
