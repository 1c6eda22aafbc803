//! A file on its way into a target.

use std::{
    os::fd::AsFd,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use larder_connect::{NewFile, State};
use larder_model::{Entry, Kind, Metadata, Result, Skip};
use rustix::{fs::ftruncate, io::Errno};

use super::{
    attributes::{Giver, Present},
    folder::FsTargetFolder,
    name,
    subject::Subject,
};
use crate::sys::{Draft, Stat, write_at};

/// What new files get whose mode nobody knows, less the umask.
pub const FILE_MODE: u32 = 0o666;

/// Written without a name, and then given everything at once.
#[derive(Debug)]
pub struct FsNewFile {
    draft: Draft,
    folder: FsTargetFolder,
    entry: Entry,
    /// Where the last byte ends that was written.
    end: AtomicU64,
}

impl FsNewFile {
    pub fn create(folder: &FsTargetFolder, entry: &Entry) -> Result<Self> {
        let mode = entry.meta.mode.unwrap_or(FILE_MODE) & 0o777;
        let draft = folder.draft(mode).map_err(|errno| folder.refused(errno, "cannot create", &entry.name))?;
        Ok(Self { draft, folder: folder.clone(), entry: entry.clone(), end: AtomicU64::new(0) })
    }

    /// For what is known only after the content was written.
    pub fn set_metadata(&mut self, meta: Metadata) {
        self.entry.meta = meta;
    }

    /// Ranges that nobody wrote become holes.
    fn set_size(&self) -> Result<(), Errno> {
        let size = self.entry.meta.size;
        if self.end.load(Relaxed) == size { Ok(()) } else { ftruncate(&self.draft, size) }
    }

    fn metadata(&self) -> Metadata {
        let mut meta = self.entry.meta.clone();
        meta.mode.get_or_insert(FILE_MODE & !self.folder.context().umask);
        meta
    }

    fn publish(self, skips: &mut dyn FnMut(Skip)) -> Result<()> {
        let Self { mut draft, folder, entry, .. } = self;
        let published = folder.write_name(&entry.name, skips, |written| {
            if *written != *entry.name {
                let _ = Subject::Open(draft.as_fd()).set_attribute(name::ATTRIBUTE, &entry.name);
            }
            match draft.publish(written) {
                Err(Errno::EXIST) => draft.publish_over(written),
                published => published,
            }
        });
        published.map_err(|errno| folder.refused(errno, "cannot write", &entry.name))
    }
}

impl NewFile for FsNewFile {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        write_at(&self.draft, bytes, offset)
            .map_err(|errno| self.folder.refused(errno, "cannot write", &self.entry.name))?;
        self.end.fetch_max(offset + bytes.len() as u64, Relaxed);
        Ok(())
    }

    fn finish(self: Box<Self>, skips: &mut dyn FnMut(Skip)) -> Result<State> {
        let folder = self.folder.clone();
        let refused = |errno| folder.refused(errno, "cannot write", &self.entry.name);
        self.set_size().map_err(refused)?;
        let stat = Stat::of(&self.draft).map_err(refused)?;
        let path = folder.path().child(&self.entry.name);
        let subject = Subject::Open(self.draft.as_fd());
        Giver { subject, kind: Kind::File, context: folder.context(), path: &path, skips }
            .give(&self.metadata(), Present::of(&stat, folder.context(), folder.surplus()));
        self.publish(skips)?;
        Ok(State::Done)
    }
}
