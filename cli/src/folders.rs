//! Where Larder keeps its own files: `XDG_CONFIG_HOME`, `XDG_DATA_HOME` and `XDG_CACHE_HOME`, else the places below `$HOME` that the
//! XDG base directory specification gives.

use std::{
    env,
    path::{Path, PathBuf},
};

use larder_model::{Problem, Result};

/// Larder's own folders. They are made when something is put in them; a user without a home has none.
#[derive(Clone, Default, Debug)]
pub struct Folders {
    config: Option<PathBuf>,
    data: Option<PathBuf>,
    cache: Option<PathBuf>,
}

impl Folders {
    pub fn from_environment() -> Self {
        Self {
            config: folder("XDG_CONFIG_HOME", ".config"),
            data: folder("XDG_DATA_HOME", ".local/share"),
            cache: folder("XDG_CACHE_HOME", ".cache"),
        }
    }

    /// What the user has set: the named remotes.
    pub fn config(&self) -> Result<&Path> {
        self.config.as_deref().ok_or_else(|| homeless("XDG_CONFIG_HOME"))
    }

    /// What must outlive the program: which store was seen where.
    pub fn data(&self) -> Option<&Path> {
        self.data.as_deref()
    }

    /// What can be had again: parts of stores that lie elsewhere.
    pub fn cache(&self) -> Option<&Path> {
        self.cache.as_deref()
    }

    /// The credentials of accounts. They are in the data folder, which no backup holds.
    pub fn credentials(&self) -> Result<PathBuf> {
        let data = self.data.as_deref().ok_or_else(|| homeless("XDG_DATA_HOME"))?;
        Ok(data.join("credentials"))
    }

    /// Those that are left out of backups: they change with every run.
    pub fn all(&self) -> Vec<PathBuf> {
        [&self.data, &self.cache].into_iter().flatten().cloned().collect()
    }
}

fn homeless(variable: &str) -> Problem {
    Problem::failed(format!("there is no folder for Larder's own files: neither $HOME nor ${variable} is set"))
        .hint(format!("set ${variable} to the whole path of a folder of yours"))
}

/// The specification wants relative paths ignored.
fn folder(variable: &str, below_home: &str) -> Option<PathBuf> {
    let absolute = |variable: &str| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute(variable).or_else(|| absolute("HOME").map(|home| home.join(below_home)))?;
    Some(base.join("larder"))
}
