//! Local files as a source, a target and a storage.

#[cfg(not(target_os = "linux"))]
compile_error!("Larder reads and writes local files on Linux only, so far");

mod exclude;
mod source;
mod storage;
mod sys;
mod target;

pub use source::{Counted, Counter, FsSource, SourceOptions, StreamSource};
pub use storage::{FsStorage, StayingStorage};
pub use sys::{machine_name, raise_open_files_limit};
pub use target::{FsTarget, TargetOptions};
