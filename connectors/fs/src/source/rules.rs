//! What a backup of files leaves out, and which of that is told.
//!
//! What the user excluded is not told: the user knows. What Larder leaves out of its own accord (its store, its cache, the inside of
//! pseudo file systems) is a note in the ledger.

use std::{
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use larder_connect::{Matcher, OnExcluded, Patterns};
use larder_model::{Entry, Kind, Metadata, Result, Skip, TreePath};
use rustix::{fd::AsFd, fs::CWD, io};

use super::{SourceOptions, roots::Roots, trail::Trail};
use crate::{
    exclude::Tags,
    sys::{AUTOFS, Accounts, FileId, Stat, pseudo},
};

/// All that folders of one source have in common.
#[derive(Clone, Debug)]
pub struct Rules {
    pub roots: Arc<Roots>,
    patterns: Arc<Patterns>,
    include: Arc<Patterns>,
    pub tags: Tags,
    pub gitignore: bool,
    pub accounts: Arc<Accounts>,
    larger_than: Option<u64>,
    one_file_system: bool,
    left_out: Vec<FileId>,
    on_excluded: Option<OnExcluded>,
}

/// Why a walk does not go on behind a mount point, or at a root that a list names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    Pseudo(&'static str),
    OtherFileSystem,
}

impl Rules {
    pub fn new(roots: &[PathBuf], options: &SourceOptions) -> Result<Self> {
        let patterns = Patterns::new(&options.exclude, options.exclude_from.iter().map(PathBuf::as_path))?;
        let include = Patterns::new(&options.include, [])?;
        Ok(Self {
            roots: Arc::new(Roots::new(roots, options, &Choice::new(&patterns, &include, &TreePath::top())?)?),
            patterns: Arc::new(patterns),
            include: Arc::new(include),
            tags: Tags::new(options.exclude_caches, &options.exclude_if_present)?,
            gitignore: options.gitignore,
            accounts: Arc::new(Accounts::load()),
            larger_than: options.exclude_larger_than,
            one_file_system: options.one_file_system,
            left_out: options.leave_out.iter().filter_map(|path| identity(path)).collect(),
            on_excluded: options.on_excluded.clone(),
        })
    }

    /// The same rules, of which nobody is told what they leave out.
    pub fn untold(&self) -> Self {
        Self { on_excluded: None, ..self.clone() }
    }

    /// The patterns as they apply below one root.
    pub fn choice(&self, root: &TreePath) -> Result<Choice> {
        Choice::new(&self.patterns, &self.include, root)
    }

    /// Whether this is the store or the cache, under whatever name.
    pub fn leaves_out(&self, id: FileId) -> bool {
        self.left_out.contains(&id)
    }

    /// Tells whoever wants to know that `name` in `folder` is left out because the user said so.
    pub fn excluded(&self, folder: &Trail, name: &[u8]) {
        if let Some(on_excluded) = &self.on_excluded {
            on_excluded.tell(&folder.child(name));
        }
    }

    pub fn is_too_large(&self, entry: &Entry) -> bool {
        entry.kind == Kind::File && self.larger_than.is_some_and(|limit| entry.meta.size > limit)
    }

    /// Whether the walk stops at `path`, a mount point or a root, which is open as `folder`. It never stops at what the command line
    /// names (that it is no pseudo file system was seen to before), and at what a list names only where no files are.
    pub fn stop(&self, path: &TreePath, folder: impl AsFd) -> io::Result<Option<Stop>> {
        match self.roots.find(path) {
            Some(root) if !root.listed => Ok(None),
            Some(_) => Ok(pseudo(folder)?.filter(|name| *name != AUTOFS).map(Stop::Pseudo)),
            None => {
                let other = self.one_file_system.then_some(Stop::OtherFileSystem);
                Ok(pseudo(folder)?.map(Stop::Pseudo).or(other))
            }
        }
    }
}

/// What the user's patterns leave out and take, below one root.
#[derive(Clone, Debug)]
pub struct Choice {
    exclude: Arc<Matcher>,
    include: Arc<Matcher>,
}

impl Choice {
    fn new(exclude: &Patterns, include: &Patterns, root: &TreePath) -> Result<Self> {
        Ok(Self { exclude: exclude.below(root)?, include: include.below(root)? })
    }

    pub fn is_empty(&self) -> bool {
        self.exclude.is_empty() && self.include.is_empty()
    }

    /// Whether a path that a walk led to is excluded; `None` where no pattern says anything of it.
    pub fn excludes(&self, path: &Path, is_dir: bool) -> Option<bool> {
        self.exclude.verdict(path, is_dir)
    }

    /// Whether there are patterns of what to take, and neither the item matches one, nor a folder that it lies in. Folders may lead to
    /// something that does.
    pub fn passes_over(&self, path: &Path, is_dir: bool) -> bool {
        !self.include.is_empty() && !is_dir && !self.include.excludes_way_to(path, false)
    }

    /// Whether a path that no walk led to is left out, for itself or for a folder above it.
    pub fn leaves_out(&self, path: &Path, is_dir: bool) -> bool {
        let is_excluded = !self.exclude.is_empty() && self.exclude.excludes_way_to(path, is_dir);
        is_excluded || self.passes_over(path, is_dir)
    }
}

/// By identity and not by path: a store is found behind a bind mount or another name too. What is not there is not met either.
fn identity(path: &Path) -> Option<FileId> {
    Stat::at(CWD, path.as_os_str().as_bytes(), true).ok().map(|stat| stat.id())
}

impl Stop {
    /// For the ledger, where it is told.
    pub fn note(self, path: TreePath) -> Option<Skip> {
        match self {
            Self::Pseudo(name) => {
                Some(left_out(path, &format!("it lies on a {name} file system, which holds no files")))
            }
            Self::OtherFileSystem => None,
        }
    }
}

pub fn left_out(path: TreePath, why: &str) -> Skip {
    let message = format!("{path} is left out: {why}");
    Skip::note(path, "left-out", message)
}

/// A folder that something is mounted on, as far as it can be seen: what is above it has times and a number of its own.
pub fn mount_point(meta: Metadata) -> Metadata {
    Metadata { mode: meta.mode, owner: meta.owner, ..Metadata::default() }
}
