//! Local files as a source, a target and a storage.

mod storage;
mod sys;

pub use storage::FsStorage;

mod exclude;
mod source;

pub use source::{FsSource, SourceOptions, StreamSource};
pub use sys::{machine_name, raise_open_files_limit};
