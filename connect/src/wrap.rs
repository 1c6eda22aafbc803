//! Wrappers around a storage, each written once for all providers.

mod cache;
mod count;
mod read_only;
mod retry;

pub use cache::{CacheFolder, CachedStorage};
pub use count::{CountedStorage, Counts};
pub use read_only::ReadOnlyStorage;
pub use retry::RetryStorage;
