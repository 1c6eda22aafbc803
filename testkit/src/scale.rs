//! A store of any size that is made of names and sizes only.
//!
//! Its index is real: runs in the format's own writing, as many and as long as a backup would have put. Its packs of content are only
//! [claimed](Claims): listings show them, and there is nothing in them. Trees of folders are real too, written by the engine out of
//! [files that exist only while they are looked at](MadeUpFiles), because backups, listings and searches read them.

mod claims;
mod files;
mod storage;

pub use claims::Claims;
pub use files::MadeUpFiles;
pub use storage::ClaimedStorage;
