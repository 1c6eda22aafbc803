//! Local files as a source, a target and a storage.

mod storage;
mod sys;

pub use storage::FsStorage;
