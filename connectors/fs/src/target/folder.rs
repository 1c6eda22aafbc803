//! An open folder of a target.

use std::{
    any::Any,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::{Arc, OnceLock},
};

use larder_connect::{Names, New, NewFile, OpenFile, Removal, State, TargetFolder, Ticket};
use larder_model::{Entry, Kind, Metadata, Problem, ProblemKind, Result, Skip, TreePath};
use rustix::{
    fs::{AtFlags, fgetxattr_query, linkat},
    io::Errno,
};

use super::{
    attributes::{ACLS, Giver, Present, Surplus},
    context::{Context, TEMP_NAMES},
    copy::copy,
    file::FsNewFile,
    name, node,
    remove::remove,
    subject::Subject,
    trail::Trail,
};
use crate::{
    source::FsFile,
    sys::{Stat, create_over, is_draft, list, problem},
};

/// What new folders get whose mode nobody knows, less the umask.
const FOLDER_MODE: u32 = 0o777;

#[derive(Clone, Debug)]
pub struct FsTargetFolder(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    handle: Arc<OwnedFd>,
    trail: Trail,
    context: Arc<Context>,
    /// Made by this restore: nobody else has given it attributes.
    is_new: bool,
    passes_acls_on: OnceLock<bool>,
}

impl FsTargetFolder {
    pub fn new(handle: Arc<OwnedFd>, trail: Trail, context: &Arc<Context>, is_new: bool) -> Self {
        let context = Arc::clone(context);
        Self(Arc::new(Inner { handle, trail, context, is_new, passes_acls_on: OnceLock::new() }))
    }

    pub fn handle(&self) -> &Arc<OwnedFd> {
        &self.0.handle
    }

    pub fn path(&self) -> TreePath {
        self.0.trail.path()
    }

    pub fn context(&self) -> &Context {
        &self.0.context
    }

    /// Whether new items get ACLs here that their snapshot knows nothing of.
    pub fn passes_acls_on(&self) -> bool {
        let ask = || fgetxattr_query(self.handle(), ACLS[1]).is_ok();
        *self.0.passes_acls_on.get_or_init(ask)
    }

    pub fn surplus(&self) -> Surplus {
        if self.passes_acls_on() { Surplus::Inherited } else { Surplus::None }
    }

    /// Nothing is written into the store that is read.
    fn refuse_kept(&self, handle: &OwnedFd, name: &[u8]) -> Result<()> {
        let kept = &self.context().kept;
        if kept.is_empty() || !Stat::of(handle).is_ok_and(|stat| kept.is(stat.id())) {
            return Ok(());
        }
        let message = format!("{}: the store, or a folder of Larder's own, stands there", self.path().child(name));
        Err(Problem::new(ProblemKind::Conflict, message).hint("restore to another folder"))
    }

    /// The error for a call on `name` in this folder.
    pub fn refused(&self, errno: Errno, what: &str, name: &[u8]) -> Problem {
        let path = self.path().child(name);
        match errno {
            Errno::ISDIR | Errno::NOTEMPTY | Errno::EXIST => {
                Problem::new(ProblemKind::Conflict, format!("{what} {path}: something else stands there"))
            }
            Errno::XDEV => Problem::failed(format!("{what} {path}: another file system is mounted there")),
            Errno::NOSPC | Errno::DQUOT => problem(errno, what, path).hint("free some space there and restore again"),
            errno => problem(errno, what, path),
        }
    }
}

impl TargetFolder for FsTargetFolder {
    fn look(&self, name: &[u8]) -> Result<Option<Entry>> {
        self.check(name)?;
        let refused = |errno| self.refused(errno, "cannot look at", name);
        match Stat::at(self.handle(), &self.written(name), false) {
            Ok(stat) => self.entry(name, &stat).map_err(refused),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(refused(errno)),
        }
    }

    fn names(&self) -> Result<Names> {
        let refused = |errno| problem(errno, "cannot list", self.path());
        // The offset of a listing belongs to the handle, so this one is used for nothing else.
        let handle = self.open_folder(b".").map_err(refused)?;
        let mut names = Names::default();
        let listed = list(handle, |name, kind| {
            let is_written_now = TEMP_NAMES.matches(name) && is_draft(self.as_fd(), name);
            if is_written_now || names.push(name, kind) { Ok(()) } else { Err(Errno::OVERFLOW) }
        });
        listed.map_err(refused)?;
        names.sort();
        Ok(names)
    }

    fn read(&self, entry: &Entry) -> Result<Box<dyn OpenFile>> {
        self.check(&entry.name)?;
        let here = Entry { name: self.written(&entry.name), ..entry.clone() };
        let path = self.path().child(&entry.name);
        Ok(Box::new(FsFile::open(self.handle(), path, &here, self.context().accounts.clone())?))
    }

    fn open(&self, name: &[u8]) -> Result<Option<Arc<dyn TargetFolder>>> {
        self.check(name)?;
        match self.open_folder(&self.written(name)) {
            Ok(handle) => {
                self.refuse_kept(&handle, name)?;
                Ok(Some(Arc::new(Self::new(Arc::new(handle), self.0.trail.below(name), &self.0.context, false))))
            }
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
            Err(errno) => Err(self.refused(errno, "cannot open", name)),
        }
    }

    fn make_folder(
        &self,
        entry: &Entry,
        _: Ticket,
        skips: &mut dyn FnMut(Skip),
    ) -> Result<(Arc<dyn TargetFolder>, State)> {
        let name = &entry.name;
        self.check(name)?;
        let mut made = None;
        let written = self.write_name(name, skips, |written| {
            let (handle, is_new) = self.make_or_open(written)?;
            if written != &**name {
                let _ = Subject::Open(handle.as_fd()).set_attribute(name::ATTRIBUTE, name);
            }
            made = Some((handle, is_new));
            Ok(())
        });
        match (written, made) {
            (Ok(()), Some((handle, is_new))) => {
                self.refuse_kept(&handle, name)?;
                let folder = Self::new(Arc::new(handle), self.0.trail.below(name), &self.0.context, is_new);
                Ok((Arc::new(folder), State::Done))
            }
            (Err(Errno::NOTDIR | Errno::LOOP), _) => Err(self.refused(Errno::EXIST, "cannot make the folder", name)),
            (Err(errno), _) => Err(self.refused(errno, "cannot make the folder", name)),
            (Ok(()), None) => Err(self.refused(Errno::NOENT, "cannot make the folder", name)),
        }
    }

    fn create(&self, new: &New) -> Result<Box<dyn NewFile>> {
        self.check(&new.entry.name)?;
        Ok(Box::new(FsNewFile::create(self, new.entry)?))
    }

    fn make(&self, entry: &Entry, skips: &mut dyn FnMut(Skip)) -> Result<()> {
        self.check(&entry.name)?;
        node::make(self, entry, skips)
    }

    fn link(&self, name: &[u8], folder: &dyn TargetFolder, original: &[u8], skips: &mut dyn FnMut(Skip)) -> Result<()> {
        self.check(name)?;
        self.check(original)?;
        let Some(from) = folder.as_any().downcast_ref::<Self>() else {
            return Err(Problem::failed(format!("{} cannot be linked across targets", self.path().child(name))));
        };
        let here = from.written(original);
        let link = |name: &[u8]| linkat(from.handle(), &*here, self.handle(), name, AtFlags::empty());
        let linked = self.write_name(name, skips, |name| create_over(self.handle(), TEMP_NAMES, name, link));
        match linked {
            // No hard links here, no more of them for this file, or not across what is mounted.
            Err(Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS | Errno::MLINK | Errno::XDEV) => {
                copy(from, original, self, name, skips)
            }
            linked => linked.map_err(|errno| self.refused(errno, "cannot link", name)),
        }
    }

    fn update(&self, entry: &Entry, skips: &mut dyn FnMut(Skip)) -> Result<()> {
        self.check(&entry.name)?;
        self.give(entry, &self.written(&entry.name), Surplus::Any, skips)
    }

    fn protected(&self, name: &[u8]) -> Result<Option<String>> {
        let kept = &self.context().kept;
        let found = if kept.is_empty() { None } else { Stat::at(self.handle(), &self.written(name), false).ok() };
        Ok(found.filter(|stat| kept.is_or_holds(stat.id())).map(|_| {
            format!("{} stays: it is or holds the store, or a folder of Larder's own", self.path().child(name))
        }))
    }

    fn remove(&self, name: &[u8], _: Removal) -> Result<State> {
        self.check(name)?;
        remove(self.handle(), &self.written(name)).map_err(|errno| self.refused(errno, "cannot remove", name))?;
        Ok(State::Done)
    }

    fn settle(&self, meta: &Metadata, skips: &mut dyn FnMut(Skip)) -> Result<()> {
        let stat = Stat::of(self.handle()).map_err(|errno| problem(errno, "cannot settle", self.path()))?;
        let mut meta = meta.clone();
        let surplus = match (self.0.is_new, meta.mode) {
            (true, _) => {
                meta.mode.get_or_insert(FOLDER_MODE & !self.context().umask);
                Surplus::None
            }
            (false, Some(_)) => Surplus::Any,
            (false, None) => Surplus::None,
        };
        // Nothing was written in it; setting the same time once more would change the inode.
        meta.mtime = meta.mtime.filter(|mtime| stat.mtime() != *mtime);
        let subject = Subject::Open(self.handle().as_fd());
        Giver { subject, kind: Kind::Directory, context: self.context(), path: &self.path(), skips }
            .give(&meta, Present::of(&stat, self.context(), surplus));
        Ok(())
    }

    fn written_name(&self, name: &[u8]) -> Box<[u8]> {
        self.written(name)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl AsFd for FsTargetFolder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.handle.as_fd()
    }
}
