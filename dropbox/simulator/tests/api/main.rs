//! The simulator as a client sees it, call by call.

#![allow(clippy::unwrap_used)] // Test code: what it did not expect should stop it there.

mod basics;
mod control;
mod faults;
mod kit;
mod large;
mod limits;
mod listing;
mod namespaces;
mod reading;
mod relocating;
mod sessions;
mod strictness;
mod tokens;
mod writing;
mod zips;
