//! What the methods of a target's folder are made of: names that can be written, drafts, handles.

use std::os::fd::{AsFd, OwnedFd};

use larder_model::{Entry, Kind, Result, Skip};
use rustix::{
    fs::{Mode, OFlags, mkdirat, openat, readlinkat},
    io::{self, Errno},
};

use super::{
    attributes::{ACLS, Giver, Present, Surplus},
    context::TEMP_NAMES,
    folder::FsTargetFolder,
    name,
    subject::Subject,
};
use crate::sys::{Draft, Stat};

impl FsTargetFolder {
    /// Refuses a name that would lead out of the folder.
    pub fn check(&self, name: &[u8]) -> Result<()> {
        name::check(name, || self.path())
    }

    pub fn draft(&self, mode: u32) -> io::Result<Draft> {
        let style = self.context().style(self.handle());
        Draft::create(self.handle(), style, TEMP_NAMES, Mode::from_raw_mode(mode))
    }

    /// Calls `write` with the name to write `name` under: first `name` itself if it may be possible, then what stands for it.
    pub fn write_name(
        &self,
        name: &[u8],
        skips: &mut dyn FnMut(Skip),
        mut write: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut written = self.written(name);
        if *written == *name {
            match write(name) {
                Err(Errno::NAMETOOLONG) => {}
                Err(Errno::INVAL | Errno::ILSEQ) if name::is_awkward(name) => {}
                done => return done,
            }
            written = name::substitute(name, self.context().file_system(self.handle())).into();
        }
        write(&written)?;
        let (path, here) = (self.path().child(name), self.path().child(&written));
        skips(Skip::note(
            path.clone(),
            "renamed",
            format!("{path} cannot have that name here and is written as {here}"),
        ));
        Ok(())
    }

    pub fn written(&self, name: &[u8]) -> Box<[u8]> {
        let file_system = self.context().file_system(self.handle());
        let is_there = |name: &[u8]| Stat::at(self.handle(), name, false).is_ok();
        if name::is_refused(name, file_system) {
            return name::substitute(name, file_system).into();
        }
        // Refused by a file system that is not known for it, the last time.
        if name::is_awkward(name) {
            let substitute = name::substitute(name, file_system);
            if is_there(&substitute) {
                return substitute.into();
            }
        }
        name.into()
    }

    /// Gives attributes to what stands under `written`, which must be of the entry's kind.
    pub fn give(&self, entry: &Entry, written: &[u8], surplus: Surplus, skips: &mut dyn FnMut(Skip)) -> Result<()> {
        let refused = |errno| self.refused(errno, "cannot update", &entry.name);
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = openat(self.handle(), written, flags, Mode::empty()).map_err(refused)?;
        let stat = Stat::of(&handle).map_err(refused)?;
        if stat.kind() != Some(entry.kind) {
            return Err(refused(Errno::EXIST));
        }
        let folder = self.handle().as_fd();
        let subject = Subject::Handle { handle: handle.as_fd(), folder, name: written };
        let path = self.path().child(&entry.name);
        Giver { subject, kind: entry.kind, context: self.context(), path: &path, skips }
            .give(&entry.meta, Present::of(&stat, self.context(), surplus));
        Ok(())
    }

    pub fn open_folder(&self, name: &[u8]) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        openat(self.handle(), name, flags, Mode::empty())
    }

    /// Opens or makes a folder; true when it was made.
    pub fn make_or_open(&self, name: &[u8]) -> io::Result<(OwnedFd, bool)> {
        match mkdirat(self.handle(), name, Mode::RWXU) {
            Ok(()) => {}
            Err(Errno::EXIST) => return self.reopen(name).map(|handle| (handle, false)),
            Err(errno) => return Err(errno),
        }
        let handle = self.open_folder(name)?;
        if self.passes_acls_on() {
            let subject = Subject::Open(handle.as_fd());
            ACLS.into_iter().try_for_each(|acl| subject.remove_attribute(acl))?;
        }
        Ok((handle, true))
    }

    /// Opens a folder that stands here. One that its owner may not write to is opened up until it is settled.
    fn reopen(&self, name: &[u8]) -> io::Result<OwnedFd> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = openat(self.handle(), name, flags, Mode::empty())?;
        let mode = Stat::of(&handle)?.metadata(&self.context().accounts).mode.unwrap_or_default();
        if mode & 0o700 != 0o700 {
            let subject = Subject::Handle { handle: handle.as_fd(), folder: self.handle().as_fd(), name };
            // Privileged users need no permission, and others may not own it: then the next call tells.
            let _ = subject.set_mode(mode | 0o700);
        }
        self.open_folder(name)
    }

    pub fn entry(&self, name: &[u8], stat: &Stat) -> io::Result<Option<Entry>> {
        let Some(kind) = stat.kind() else { return Ok(None) };
        let mut entry = Entry::new(name, kind);
        entry.meta = stat.metadata(&self.context().accounts);
        if kind == Kind::Symlink {
            let target = readlinkat(self.handle(), &*self.written(name), Vec::new())?;
            entry.meta.target = Some(target.into_bytes().into());
        }
        Ok(Some(entry))
    }
}
