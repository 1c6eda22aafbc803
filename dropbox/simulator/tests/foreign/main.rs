//! Clients that were not written here, run against the simulator: what they take for Dropbox is close enough to it.

#![allow(clippy::unwrap_used)] // Test code: what it did not expect should stop it there.

mod archive;
mod kit;
mod python;
mod rclone;
mod rust;
