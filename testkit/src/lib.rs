//! What Larder's tests are made with: storages in memory that crash, fail, lag and can be damaged; trees in memory that are
//! sources and targets; a clock that tests turn; trees and edits from a seed; and a writer of snapshots that checks nothing.
//!
//! Everything here is steered by a seed or by a plan, so that a failure can be had again. This is test code: it panics where
//! the test itself is wrong.

#![allow(clippy::unwrap_used)] // Test code: what it did not expect should stop it there.

pub mod bulk;
mod clock;
pub mod compare;
pub mod edits;
pub mod generate;
pub mod hostile;
mod larder;
pub mod listing;
pub mod memory;
mod rng;
pub mod scale;
mod short_file;
pub mod storage;
pub mod tree;

pub use clock::SimClock;
pub use larder::{Larder, SMALL_CHUNKS};
pub use rng::Rng;
