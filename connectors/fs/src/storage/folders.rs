//! The store's folder and the folders in it, opened once and kept open.

use std::{
    collections::HashMap,
    fs::DirBuilder,
    io::ErrorKind,
    os::{
        fd::{AsFd, OwnedFd},
        unix::fs::DirBuilderExt,
    },
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use larder_model::{Problem, ProblemKind, Result};
use rustix::{
    fs::{self, CWD, Mode, OFlags},
    io::Errno,
};

use super::{TEMP_NAMES, durable::Durable, sweep::sweep};
use crate::sys::{Style, problem, shown};

/// A folder that objects are put into.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    handle: Arc<OwnedFd>,
    /// Made by this process and not yet safe itself.
    new: AtomicBool,
}

impl Folder {
    pub fn handle(&self) -> &Arc<OwnedFd> {
        &self.handle
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// True once for a folder that was made here: its own name has to be made durable too.
    pub fn take_new(&self) -> bool {
        self.new.swap(false, Relaxed)
    }
}

#[derive(Debug)]
pub struct Folders {
    path: PathBuf,
    root: OnceLock<OwnedFd>,
    open: Mutex<HashMap<String, Arc<Folder>>>,
    style: OnceLock<Style>,
}

impl Folders {
    pub fn new(path: PathBuf) -> Self {
        Self { path, root: OnceLock::new(), open: Mutex::default(), style: OnceLock::new() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The store's own folder.
    pub fn root(&self) -> Result<&OwnedFd> {
        if let Some(root) = self.root.get() {
            return Ok(root);
        }
        let root = open_folder(CWD, &self.path).map_err(|errno| match errno {
            Errno::NOENT => Problem::not_found(format!("{} does not exist", shown(&self.path))),
            errno => problem(errno, "cannot open", shown(&self.path)),
        })?;
        Ok(self.root.get_or_init(|| root))
    }

    /// Opens a folder below the root, and makes it when it is missing. The first to write in it clears away what dead writers left.
    pub fn for_writing(&self, name: &str) -> Result<Arc<Folder>> {
        let root = self.root()?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = open.get(name) {
            return Ok(Arc::clone(folder));
        }
        let path = self.path.join(name);
        let (handle, new) = open_or_make(root, name).map_err(|errno| problem(errno, "cannot open", shown(&path)))?;
        if !new {
            sweep(handle.as_fd(), TEMP_NAMES);
        }
        let folder = Arc::new(Folder { path, handle: Arc::new(handle), new: AtomicBool::new(new) });
        open.insert(name.to_owned(), Arc::clone(&folder));
        Ok(folder)
    }

    /// How drafts are written in this store, found out in the first folder that is written to.
    pub fn style(&self, folder: &Folder) -> Style {
        *self.style.get_or_init(|| Style::probe(folder.handle.as_fd(), TEMP_NAMES))
    }

    pub fn name_drafts(&self) {
        self.style.get_or_init(|| Style::Named);
    }

    /// Makes the store's folder, those above it and those in it where they are missing; each is durable when this returns.
    pub fn prepare(&self, folders: &[&str], durable: &Durable) -> Result<()> {
        let missing = self.path.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists());
        let missing: Vec<_> = missing.collect();
        for path in missing.into_iter().rev() {
            make_store_folder(path, path == self.path)?;
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            let parent = parent.unwrap_or(Path::new("."));
            let handle = open_folder(CWD, parent).map_err(|errno| problem(errno, "cannot open", shown(parent)))?;
            durable.sync_folder(&handle, parent)?;
        }
        self.refuse_foreign(folders)?;
        for folder in folders {
            self.for_writing(folder)?.take_new();
        }
        durable.sync_folder(self.root()?, &self.path)
    }

    /// A store among somebody's files would be taken for theirs, and theirs for the store's.
    fn refuse_foreign(&self, folders: &[&str]) -> Result<()> {
        let unreadable = |error: std::io::Error| {
            problem(Errno::from_io_error(&error).unwrap_or(Errno::IO), "cannot list", shown(&self.path))
        };
        for entry in std::fs::read_dir(&self.path).map_err(unreadable)? {
            let name = entry.map_err(unreadable)?.file_name();
            let is_own = name.to_str().is_some_and(|name| folders.contains(&name) || name == "lost+found");
            if !is_own {
                return Err(Problem::new(ProblemKind::Conflict, format!("{} is not empty", shown(&self.path)))
                    .hint("name a new or empty folder for the store"));
            }
        }
        Ok(())
    }

    /// On a file system that other machines may write to as well.
    pub fn is_remote(&self) -> bool {
        const REMOTE: [u32; 6] = [
            0x6969,      // NFS
            0xff53_4d42, // CIFS
            0xfe53_4d42, // SMB2
            0x517b,      // SMB
            0x5346_414f, // AFS
            0x6573_5546, // FUSE: sshfs, rclone and the like cache listings
        ];
        self.root().is_ok_and(|root| fs::fstatfs(root).is_ok_and(|stat| REMOTE.contains(&(stat.f_type as u32))))
    }
}

fn make_store_folder(path: &Path, private: bool) -> Result<()> {
    let mode = if private { 0o700 } else { 0o777 };
    match DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made.map_err(|error| {
            let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
            problem(errno, "cannot make the folder", shown(path))
        }),
    }
}

fn open_or_make(root: &OwnedFd, name: &str) -> Result<(OwnedFd, bool), Errno> {
    match open_folder(root, Path::new(name)) {
        Err(Errno::NOENT) => {}
        opened => return opened.map(|handle| (handle, false)),
    }
    let new = match fs::mkdirat(root, name, Mode::RWXU) {
        Err(Errno::EXIST) => false,
        made => made.map(|()| true)?,
    };
    open_folder(root, Path::new(name)).map(|handle| (handle, new))
}

fn open_folder(base: impl AsFd, path: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    fs::openat(base, path, flags, Mode::empty())
}
