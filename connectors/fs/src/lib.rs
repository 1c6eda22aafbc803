//! Local files as a source, a target and a storage.

mod storage;
mod sys;
mod target;

pub use storage::FsStorage;
pub use target::{FsTarget, TargetOptions};

mod exclude;
mod source;

pub use source::{FsSource, SourceOptions, StreamSource};
pub use sys::{machine_name, raise_open_files_limit};
