//! What a backup of an account is told.

use std::path::PathBuf;

use larder_connect::OnExcluded;

/// Settings of one source. The defaults are those of the documentation (`docs/dropbox.md`).
#[derive(Clone, Debug)]
pub struct SourceOptions {
    /// Where to begin, as the user wrote it; empty or `/` for all that the account sees.
    pub path: String,
    /// Patterns of what to leave out.
    pub exclude: Vec<String>,
    pub exclude_from: Vec<PathBuf>,
    /// Leave out files of more bytes.
    pub exclude_larger_than: Option<u64>,
    /// Patterns of what to take; empty: everything.
    pub include: Vec<String>,
    /// Is told of what these patterns leave out.
    pub on_excluded: Option<OnExcluded>,
    /// Fetch many small files as zips.
    pub zip: bool,
    /// Days after which everything is listed anew.
    pub relist_days: u32,
    /// Formats that documents are exported in; empty: the one that Dropbox chooses. `None`: documents are not exported.
    pub export: Option<Vec<String>>,
    /// Paths begin where the account given says: it was asked just now, or the user named the root.
    pub keeps_root: bool,
    /// Paths begin in this namespace, which is neither of the account's own roots.
    pub namespace: Option<String>,
    /// In place of the account's own identity.
    pub origin: Option<String>,
    /// Files fetched side by side at most.
    pub threads: usize,
    /// For forecasts: calls and bytes a second.
    pub calls_a_second: f64,
    pub bytes_a_second: u64,
}

impl Default for SourceOptions {
    fn default() -> Self {
        Self {
            path: String::new(),
            exclude: Vec::new(),
            exclude_from: Vec::new(),
            exclude_larger_than: None,
            include: Vec::new(),
            on_excluded: None,
            zip: true,
            relist_days: 30,
            export: Some(Vec::new()),
            keeps_root: false,
            namespace: None,
            origin: None,
            threads: 12,
            calls_a_second: 12.0,
            bytes_a_second: 12_500_000,
        }
    }
}
