//! `.gitignore` files that lie in the source, honoured with `--gitignore`.
//!
//! Those from the root downwards count, whether or not a repository is there; as in git, a deeper file wins over one above it, and
//! a line that is no pattern is passed over.

use std::{path::Path, sync::Arc};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::verdict;

/// One `.gitignore` and those above it.
#[derive(Debug)]
pub struct IgnoreFile {
    lines: Gitignore,
    above: Option<Arc<Self>>,
}

impl IgnoreFile {
    pub const NAME: &[u8] = b".gitignore";
    /// What is larger is no list of patterns.
    pub const BYTES_MAX: usize = 1 << 20;

    /// `text` is the file that lies in `folder`.
    pub fn new(folder: &Path, text: &[u8], above: Option<Arc<Self>>) -> Self {
        let mut builder = GitignoreBuilder::new(folder);
        for line in String::from_utf8_lossy(text).trim_start_matches('\u{feff}').lines() {
            // A line that is no pattern adds nothing, and the others still count.
            let _ = builder.add_line(None, line);
        }
        Self { lines: builder.build().unwrap_or_else(|_| Gitignore::empty()), above }
    }

    pub fn verdict(&self, path: &Path, is_dir: bool) -> Option<bool> {
        verdict(&self.lines.matched(path, is_dir)).or_else(|| self.above.as_ref()?.verdict(path, is_dir))
    }
}
