//! Where Larder keeps its own files: `XDG_DATA_HOME` and `XDG_CACHE_HOME`, else the places below `$HOME` that the XDG base directory
//! specification gives.

use std::{
    env,
    path::{Path, PathBuf},
};

/// Larder's own folders. They are made when something is put in them; a user without a home has none.
#[derive(Clone, Default, Debug)]
pub struct Folders {
    data: Option<PathBuf>,
    cache: Option<PathBuf>,
}

impl Folders {
    pub fn from_environment() -> Self {
        Self { data: folder("XDG_DATA_HOME", ".local/share"), cache: folder("XDG_CACHE_HOME", ".cache") }
    }

    /// What must outlive the program: which store was seen where.
    pub fn data(&self) -> Option<&Path> {
        self.data.as_deref()
    }

    /// All of them, to be left out of backups: they change with every run.
    pub fn all(&self) -> Vec<PathBuf> {
        [&self.data, &self.cache].into_iter().flatten().cloned().collect()
    }
}

/// The specification wants relative paths ignored.
fn folder(variable: &str, below_home: &str) -> Option<PathBuf> {
    let absolute = |variable: &str| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute(variable).or_else(|| absolute("HOME").map(|home| home.join(below_home)))?;
    Some(base.join("larder"))
}
