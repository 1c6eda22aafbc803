//! What a restore into an account is told.

use std::path::PathBuf;

/// Settings of one destination.
#[derive(Clone, Debug, Default)]
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
}
