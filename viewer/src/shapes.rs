//! What answers are made of. These types are the contract with the pages, and written down in `web/openapi.json`.

mod entry;
mod snapshot;

pub use entry::{Entry, EntryKind};
pub use snapshot::{Completeness, Snapshot};
