//! The nouns that every room of Larder shares.
//!
//! No input or output happens here and nothing waits: a type in this crate is a value that a source, the format, the engine and
//! the command line can hand to each other without knowing of one another.

#[macro_use]
mod bits;
mod entry;
mod escape;
mod id;
mod ledger;
mod origin;
mod path;
mod problem;
mod time;

pub use entry::{Device, Entry, Fingerprint, Flags, Kind, LinkId, Metadata, Owner, Stamp, Xattr};
pub use escape::{escape, unescape};
pub use id::{BlobId, Hash, PackId, RunId, SnapshotId, StoreId};
pub use ledger::{Class, Skip};
pub use origin::Origin;
pub use path::TreePath;
pub use problem::{Problem, ProblemKind, Result, Retry, reason};
pub use time::Time;
