//! What a restore into an account is told.

use std::path::PathBuf;

/// What a destination holds in memory, unless told otherwise.
const MEMORY: u64 = 96 << 20;

/// Settings of one destination.
#[derive(Clone, Debug)]
pub struct TargetOptions {
    /// Where to, as Dropbox writes it: nothing for the root, else `/A/B`.
    pub path: String,
    /// Paths begin in this namespace, if not at all that the account sees.
    pub namespace: Option<String>,
    /// Ask Dropbox for earlier revisions of small files too, and wherever the file is to go.
    pub by_revision: bool,
    /// Where notes on uploads are kept, so that another run can go on with them; without it, none can.
    pub notes: Option<PathBuf>,
    /// Requests with content side by side at most.
    pub threads: Option<usize>,
    /// Bytes of content in memory at most.
    pub memory: u64,
}

impl Default for TargetOptions {
    fn default() -> Self {
        Self { path: String::new(), namespace: None, by_revision: false, notes: None, threads: None, memory: MEMORY }
    }
}

/// Half of the memory is for content that waits or is being sent.
pub fn sending(memory: u64) -> u64 {
    memory / 2
}

/// A third is for bytes that come in another order than that of their files: they wait until they fit together.
pub fn disorder(memory: u64) -> u64 {
    memory / 3
}

/// A sixth is for content that was sent, until its file is committed.
pub fn spare(memory: u64) -> u64 {
    memory / 6
}
