//! A folder as the target of a restore.
//!
//! Everything happens by folder handle: a name is looked up in an open folder and never followed when it is a link, so that nothing is
//! ever written outside the folder that was named, whatever a snapshot says or another program does meanwhile. Files get their
//! attributes while they have no name yet, and their name last. What this file system or user cannot keep (owners, attributes, names)
//! is told and does not stop the restore.
//!
//! Rows of the report carry paths of this file system: the target's own, and the item's below it.

mod attributes;
mod context;
mod copy;
mod file;
mod folder;
mod kept;
mod name;
mod node;
mod place;
mod remove;
mod subject;
mod trail;

use std::{
    fs,
    os::{fd::OwnedFd, unix::ffi::OsStrExt},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use larder_connect::{Abilities, Target, TargetFolder};
use larder_model::{Problem, ProblemKind, Result, Skip, TreePath};
use rustix::{
    fs::{CWD, Mode, OFlags, openat, syncfs},
    io::Errno,
};

use crate::sys::{problem, shown, tag};
use context::{Context, FileSystem};
use folder::FsTargetFolder;
use trail::Trail;

/// What the user chose.
#[derive(Clone, Debug, Default)]
pub struct TargetOptions {
    /// Owners are looked up by name first, for a restore to a machine with other numbers. Names that are unknown here go by number.
    pub owners_by_name: bool,
    /// [`Target::flush`] waits until the file system that the target lies on has everything on disk. Without it what was restored
    /// is as safe as any copied file: it can be restored again.
    pub durable: bool,
    /// Folders that stay as they are, such as the store that is read: nothing is written into them, and `--delete` passes them over.
    pub keep: Vec<PathBuf>,
}

/// A folder of this machine, which is made when it is missing.
#[derive(Debug)]
pub struct FsTarget {
    path: PathBuf,
    is_durable: bool,
    context: Arc<Context>,
    top: OnceLock<Arc<OwnedFd>>,
}

impl FsTarget {
    pub fn new(path: impl Into<PathBuf>, options: TargetOptions) -> Self {
        let is_durable = options.durable;
        Self { path: path.into(), is_durable, context: Arc::new(Context::new(options)), top: OnceLock::new() }
    }

    /// Works as on a file system that has no unnamed files, to test that on any machine.
    #[doc(hidden)]
    pub fn with_named_drafts(self) -> Self {
        self.context.name_drafts();
        self
    }

    fn make(&self) -> Result<()> {
        fs::create_dir_all(&self.path).map_err(|error| match Errno::from_io_error(&error) {
            Some(errno @ (Errno::NOTDIR | Errno::EXIST)) => self.obstructed(errno),
            errno => problem(errno.unwrap_or(Errno::IO), "cannot make the folder", shown(&self.path)),
        })
    }

    fn open(&self) -> Result<Option<Arc<OwnedFd>>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match openat(CWD, &self.path, flags, Mode::empty()) {
            Ok(handle) => Ok(Some(self.top.get_or_init(|| Arc::new(handle)).clone())),
            Err(Errno::NOENT) => Ok(None),
            Err(Errno::NOTDIR) => Err(self.obstructed(Errno::NOTDIR)),
            Err(errno) => Err(problem(errno, "cannot open", shown(&self.path))),
        }
    }

    /// Something that is no folder stands at the target's path, or on the way to it.
    fn obstructed(&self, errno: Errno) -> Problem {
        let stands = |path: &&Path| path.symlink_metadata().is_ok_and(|meta| !meta.is_dir()) && !path.is_dir();
        let obstacle = self.path.ancestors().find(stands).unwrap_or(&self.path);
        let message = format!("cannot restore to {}: {} is no folder", shown(&self.path), shown(obstacle));
        Problem::new(ProblemKind::Conflict, message).hint("name a folder; it is made if it is missing").tag(tag(errno))
    }

    /// The first folder on the way up that is there: the target will lie on its file system.
    fn file_system(&self) -> FileSystem {
        let found = self.path.ancestors().find(|path| path.is_dir());
        FileSystem::of_path(found.filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new(".")))
    }
}

impl Target for FsTarget {
    fn location(&self) -> String {
        shown(&self.path)
    }

    fn abilities(&self) -> Abilities {
        let is_fat = self.file_system().is_fat;
        Abilities {
            symlinks: !is_fat,
            hardlinks: !is_fat,
            specials: !is_fat,
            owners: !is_fat && self.context.is_privileged,
            xattrs: !is_fat,
            case_insensitive: is_fat,
            retouches: true,
            ..Abilities::default()
        }
    }

    fn top(&self, make: bool) -> Result<Option<Arc<dyn TargetFolder>>> {
        if self.context.kept.has(&self.path) {
            let message =
                format!("cannot restore to {}: it lies in the store, or in Larder's own folders", shown(&self.path));
            return Err(Problem::usage(message).hint("name another folder"));
        }
        if make {
            self.make()?;
        }
        let Some(handle) = self.open()? else {
            if make {
                return Err(Problem::not_found(format!("{} has vanished", shown(&self.path))));
            }
            return Ok(None);
        };
        let absolute = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        let path = TreePath::new(absolute.as_os_str().as_bytes());
        Ok(Some(Arc::new(FsTargetFolder::new(handle, Trail::top(path), &self.context, false))))
    }

    fn flush(&self, _: &mut dyn FnMut(Skip)) -> Result<()> {
        match self.top.get() {
            Some(top) if self.is_durable => {
                syncfs(top).map_err(|errno| problem(errno, "cannot sync", shown(&self.path)))
            }
            _ => Ok(()),
        }
    }
}
