//! What a provider can be to Larder: a [`Source`] that snapshots are taken from, a [`Target`] that they are restored to, and a
//! [`Storage`] below a store.
//!
//! The comments on the traits are contracts. [`conformance`] holds one suite for each of them, and every connector must pass its
//! suites. What is common to all providers (retrying, counting, read-only) wraps the traits and is written once, here.
//!
//! Everything blocks. A connector that speaks to a network keeps its own runtime to itself.

#[cfg(feature = "conformance")]
pub mod conformance;
mod exclude;
mod names;
mod pack_body;
mod source;
mod storage;
mod target;
mod wrap;

pub use exclude::{Matcher, OnExcluded, Patterns, read_list};
pub use names::Names;
pub use pack_body::PackBody;
pub use source::{
    Again, Change, Changes, Deliveries, Delivery, Folder, Forecast, Next, OpenFile, Past, Piece, Source, Take, Wanted,
};
pub use storage::{Durability, ObjectInfo, ObjectName, Promises, Put, Sent, Storage, beyond_end, slice_range};
pub use target::{
    Abilities, Attribute, Hasher, Need, New, NewFile, Outline, Removal, SUBSTITUTE_MARK, State, Target, TargetFolder,
    Ticket, substitute_ending,
};
pub use wrap::{CacheFolder, CachedStorage, CountedStorage, Counts, ReadOnlyStorage, RetryStorage};
