//! What a rule found: the place, in the form that editors jump to, and what to do about it.

use std::fmt;
use std::path::{Path, PathBuf};

pub struct Finding {
    file: PathBuf,
    /// Counted from 1.
    line: usize,
    message: String,
}

impl Finding {
    pub fn new(file: &Path, line: usize, message: impl Into<String>) -> Self {
        Self { file: file.to_path_buf(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, message } = self;
        write!(formatter, "{}:{line}: {message}", file.display())
    }
}
