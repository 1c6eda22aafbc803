//! An open folder of the file system: everything that is done to a name in it, and the words for what goes wrong.

use larder_connect::OpenFile;
use larder_model::{Entry, Kind, Problem, ProblemKind, Result, Skip, TreePath, Xattr};
use rustix::{
    fd::{AsFd, AsRawFd, OwnedFd},
    fs::{CWD, Mode, OFlags, openat, readlinkat},
    io::{self, Errno, retry_on_intr},
};

use super::{FsFile, real_path, rules::Rules, trail::Trail};
use crate::sys::{Holder, Stat, problem, read_attributes, reason, tag};

/// A folder by its handle. The trail is for messages, patterns and the ledger only.
#[derive(Debug)]
pub struct Place {
    pub dir: OwnedFd,
    pub trail: Trail,
}

impl Place {
    /// The folder at `path` as the way to a root: links on the way are followed, and it need not be readable.
    pub fn way(path: TreePath) -> Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = openat(CWD, real_path(&path), flags, Mode::empty())
            .map_err(|errno| refused(errno, "cannot open", &path))?;
        Ok(Self { dir, trail: Trail::new(path) })
    }

    /// `None` when nothing has that name.
    pub fn stat(&self, name: &[u8], follow: bool) -> Result<Option<Stat>> {
        match Stat::at(&self.dir, name, follow) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(refused(errno, "cannot look at", &self.trail.child(name))),
        }
    }

    /// The entry that `stat` described, with its target if it is a link; `None` when that has vanished, or is of no known kind.
    pub fn entry(&self, name: &[u8], stat: &Stat, rules: &Rules, skips: &mut dyn FnMut(Skip)) -> Result<Option<Entry>> {
        let Some(kind) = stat.kind() else {
            let path = self.trail.child(name);
            skips(Skip::missing(path.clone(), "unsupported", format!("{path} is of a kind that cannot be kept")));
            return Ok(None);
        };
        let mut meta = stat.metadata(&rules.accounts);
        if kind == Kind::Symlink {
            match readlinkat(&self.dir, name, Vec::new()) {
                Ok(target) => meta.target = Some(target.into_bytes().into()),
                Err(Errno::NOENT | Errno::INVAL) => return Ok(None),
                Err(errno) => return Err(refused(errno, "cannot read the link", &self.trail.child(name))),
            }
        }
        Ok(Some(Entry { name: name.into(), kind, meta }))
    }

    /// Opens a folder to list it.
    pub fn folder(&self, name: &[u8], follow: bool) -> Result<OwnedFd> {
        let link = if follow { OFlags::empty() } else { OFlags::NOFOLLOW };
        open_unnoticed(&self.dir, name, OFlags::DIRECTORY | link)
            .map_err(|errno| refused(errno, "cannot open", &self.trail.child(name)))
    }

    /// A folder by its handle, to ask about it; it need not be readable.
    pub fn hold(&self, name: &[u8], follow: bool) -> io::Result<OwnedFd> {
        let link = if follow { OFlags::empty() } else { OFlags::NOFOLLOW };
        openat(&self.dir, name, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC | link, Mode::empty())
    }

    pub fn file(&self, entry: &Entry, rules: &Rules) -> Result<Box<dyn OpenFile>> {
        let path = self.trail.child(&entry.name);
        FsFile::open(&self.dir, path, entry, rules.accounts.clone()).map(|file| Box::new(file) as _)
    }

    /// Extended attributes of a name that is not opened. There is no call for that which starts from a handle, before Linux 6.13;
    /// the way through `/proc` does.
    pub fn attributes(&self, name: &[u8], follow: bool, skips: &mut dyn FnMut(Skip)) -> Result<Vec<Xattr>> {
        let mut path = format!("/proc/self/fd/{}/", self.dir.as_raw_fd()).into_bytes();
        path.extend_from_slice(name);
        path.extend_from_slice(if follow { b"/." } else { b"" });
        let here = self.trail.child(name);
        let found = read_attributes(Holder::Path(&path), &mut unread(&here, skips));
        match found {
            Ok(found) => Ok(found),
            Err(Errno::NOENT) if self.stat(name, follow)?.is_some() => self.attributes_of_folder(name, follow, skips),
            Err(Errno::NOENT) => Err(refused(Errno::NOENT, "cannot read the attributes of", &here)),
            Err(errno) => {
                skips(unread_list(&here, errno));
                Ok(Vec::new())
            }
        }
    }

    /// Where `/proc` is not mounted, at least folders can be asked.
    fn attributes_of_folder(&self, name: &[u8], follow: bool, skips: &mut dyn FnMut(Skip)) -> Result<Vec<Xattr>> {
        let here = self.trail.child(name);
        let found = self.folder(name, follow).and_then(|dir| {
            read_attributes(Holder::Open(dir.as_fd()), &mut unread(&here, skips))
                .map_err(|errno| refused(errno, "cannot read the attributes of", &here))
        });
        found.or_else(|_| {
            let message = format!("the attributes of {here} are not kept: /proc is not mounted");
            skips(Skip::note(here.clone(), "attributes", message));
            Ok(Vec::new())
        })
    }
}

/// Opens without a mark in the access time, where the system grants that (to the owner and to root).
pub fn open_unnoticed(dir: impl AsFd, name: &[u8], flags: OFlags) -> io::Result<OwnedFd> {
    let flags = flags | OFlags::RDONLY | OFlags::CLOEXEC;
    let open = |flags| retry_on_intr(|| openat(&dir, name, flags, Mode::empty()));
    match open(flags | OFlags::NOATIME) {
        Err(Errno::PERM) => open(flags),
        done => done,
    }
}

/// What a call on an item of the source failed with. A link, or another thing, in the place of what was listed means that this has
/// vanished.
pub fn refused(errno: Errno, what: &str, path: &TreePath) -> Problem {
    match errno {
        Errno::NOTDIR | Errno::LOOP | Errno::ISDIR | Errno::NXIO | Errno::SPIPE => replaced(path).tag(tag(errno)),
        _ => problem(errno, what, path),
    }
}

/// Something else stands where the item was.
pub fn replaced(path: &TreePath) -> Problem {
    Problem::new(ProblemKind::NotFound, format!("{path} was replaced since it was listed"))
}

/// Collects the attributes of `path` that could not be read.
pub fn unread(path: &TreePath, skips: &mut dyn FnMut(Skip)) -> impl FnMut(&[u8], Errno) {
    move |name, errno| {
        let name = larder_model::escape(name);
        let message = format!("the attribute {name} of {path} is not kept: {}", reason(errno));
        skips(Skip::note(path.clone(), "attributes", message).tagged(tag(errno)));
    }
}

/// None of the attributes of `path` could be read.
pub fn unread_list(path: &TreePath, errno: Errno) -> Skip {
    let message = format!("the attributes of {path} are not kept: {}", reason(errno));
    Skip::note(path.clone(), "attributes", message).tagged(tag(errno))
}
