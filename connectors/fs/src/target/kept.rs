//! Folders that a restore leaves alone, wherever it writes to: the store that it reads, Larder's own cache and settings.
//!
//! A backup leaves them out, so no snapshot has them, and `--delete` would take them for something that is too much.

use std::{
    collections::HashSet,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use rustix::fs::CWD;

use crate::sys::{FileId, Stat};

/// By identity and not by path: they are found behind a bind mount or another name too.
#[derive(Debug, Default)]
pub struct Kept {
    themselves: HashSet<FileId>,
    /// Folders that they lie in.
    above: HashSet<FileId>,
}

impl Kept {
    pub fn new(paths: &[PathBuf]) -> Self {
        let mut kept = Self::default();
        for path in paths.iter().filter_map(|path| path.canonicalize().ok()) {
            kept.themselves.extend(identity(&path));
            kept.above.extend(path.ancestors().skip(1).filter_map(identity));
        }
        kept
    }

    pub fn is_empty(&self) -> bool {
        self.themselves.is_empty()
    }

    pub fn is(&self, id: FileId) -> bool {
        self.themselves.contains(&id)
    }

    /// Whether removing the folder would remove one of them.
    pub fn is_or_holds(&self, id: FileId) -> bool {
        self.is(id) || self.above.contains(&id)
    }

    /// Whether the path leads into one of them, as far as it is there.
    pub fn has(&self, path: &Path) -> bool {
        let there = path.ancestors().find_map(|path| path.canonicalize().ok());
        there.is_some_and(|there| there.ancestors().filter_map(identity).any(|id| self.is(id)))
    }
}

fn identity(path: &Path) -> Option<FileId> {
    Stat::at(CWD, path.as_os_str().as_bytes(), true).ok().map(|stat| stat.id())
}
