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

/// How the memory is shared out.
impl TargetOptions {
    /// Content that waits or is being sent.
    pub(super) fn sending_max(&self) -> u64 {
        self.memory / 2
    }

    /// Bytes that come in another order than that of their files: they wait until they fit together.
    pub(super) fn disorder_max(&self) -> u64 {
        self.memory / 3
    }

    /// Content that was sent, until its file is committed.
    pub(super) fn spare_max(&self) -> u64 {
        self.memory / 6
    }
}
