//! Bytes on their way down.
//!
//! A [`Download`] is pinned to one revision, goes on where it broke off, and gives its last bytes only when the whole has
//! the content hash that Dropbox named. A [`Body`] is what Dropbox makes while it sends, which can do neither.

mod body;
mod file;

pub use body::{Body, Export, FolderZip};
pub use file::{Download, DownloadFile};
