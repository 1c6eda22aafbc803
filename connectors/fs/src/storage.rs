//! A folder as the storage below a store.
//!
//! Objects are files, `folder/name`, that appear under their names only when whole. What [`Storage`] promises about durability costs
//! one sync an object and one a folder: packs are synced by a thread of their own while the next ones are made, and folders once, in
//! the barrier. Network file systems work like local ones; what they cannot do (unnamed files, hard links) is found out by trying.

mod durable;
mod folders;
mod listing;
mod readers;
mod staying;
mod sweep;

use std::{
    ops::Range,
    os::fd::{AsFd, OwnedFd},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use larder_connect::{Durability, ObjectInfo, ObjectName, PackBody, Promises, Put, Sent, Storage};
use larder_model::{Problem, ProblemKind, Result};
use rustix::{
    fs::{self, AtFlags, Mode},
    io::{self, Errno},
};

use crate::sys::{Draft, TempNames, problem, shown, write_parts, write_uncached};
use durable::Durable;
use folders::{Folder, Folders};
use readers::Readers;

pub use staying::StayingStorage;

/// Objects are synced before their names appear up to this size, so that a crash leaves no broken snapshot, index run or key behind.
/// Larger ones (packs, mostly) get their names first and are synced while the writer goes on: nothing refers to them before the
/// barrier, and one that a crash cut short is told by its hash.
const SYNC_FIRST_MAX: u64 = 1 << 20;
/// Longer packs go past the page cache.
const CACHED_LEN_MAX: u64 = 1 << 20;

/// Network file systems serve listings from a cache for up to this long (NFS: `acdirmax`).
const NETWORK_DELAY: Duration = Duration::from_secs(60);

pub(crate) const TEMP_NAMES: TempNames = TempNames { prefix: ".tmp-", suffix: "" };

/// A store's folder on a local or mounted file system.
#[derive(Debug)]
pub struct FsStorage {
    folders: Folders,
    durable: Durable,
    readers: Readers,
    uncached: AtomicU64,
}

impl FsStorage {
    /// Opens nothing yet: a folder that is not there is an error of the first call that needs it.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            folders: Folders::new(path.into()),
            durable: Durable::default(),
            readers: Readers::default(),
            uncached: AtomicU64::new(0),
        }
    }

    /// Works as on a file system that has no unnamed files, to test that on any machine.
    #[doc(hidden)]
    pub fn with_named_drafts(self) -> Self {
        self.folders.name_drafts();
        self
    }

    /// How often this storage has waited for the disk so far.
    pub fn syncs(&self) -> u64 {
        self.durable.syncs()
    }

    /// How many bytes went to the disk past the system's page cache so far.
    pub fn bytes_uncached(&self) -> u64 {
        self.uncached.load(Relaxed)
    }

    fn explain(&self, errno: Errno, what: &str, name: &ObjectName) -> Problem {
        let problem = problem(errno, what, self.shown(name));
        if problem.is(ProblemKind::NoSpace) {
            return problem
                .hint("free some space there, or move the store to a larger disk, and run the command again");
        }
        problem
    }

    fn unread(&self, failure: readers::Failure, name: &ObjectName, range: Option<Range<u64>>) -> Problem {
        match failure {
            readers::Failure::Beyond { size } => larder_connect::beyond_end(name, &range.unwrap_or(0..size), size),
            readers::Failure::System(errno) => self.explain(errno, "cannot read", name),
        }
    }

    fn shown(&self, name: &ObjectName) -> String {
        shown(&self.folders.path().join(name.as_str()))
    }

    /// A draft of the object, written but without its name.
    fn draft(&self, folder: &Folder, content: Content) -> io::Result<Draft> {
        let draft = Draft::create(folder.handle(), self.folders.style(folder), TEMP_NAMES, Mode::RUSR | Mode::WUSR)?;
        match content {
            Content::Parts(parts) => write_parts(&draft, parts)?,
            Content::Bulk(bytes) => {
                let uncached = write_uncached(&draft, bytes)?;
                self.uncached.fetch_add(uncached as u64, Relaxed);
            }
        }
        Ok(draft)
    }

    fn put_content(&self, name: &ObjectName, content: Content, durability: Durability) -> Result<Put> {
        let folder = self.folders.for_writing(name.folder())?;
        match fs::statat(folder.handle(), name.name(), AtFlags::empty()) {
            Ok(_) => self.put_again(name, &folder, content, durability),
            Err(Errno::NOENT) => self.put_new(name, &folder, content, durability),
            Err(errno) => Err(self.explain(errno, "cannot write", name)),
        }
    }

    fn put_new(
        &self,
        name: &ObjectName,
        folder: &Arc<Folder>,
        content: Content,
        durability: Durability,
    ) -> Result<Put> {
        let explain = |errno| self.explain(errno, "cannot write", name);
        let mut draft = self.draft(folder, content).map_err(explain)?;
        let durable = durability == Durability::Barrier;
        let sync_first = durable && content.len() <= SYNC_FIRST_MAX;
        if sync_first {
            self.durable.sync(&draft).map_err(explain)?;
        }
        match draft.publish(name.name().as_bytes()) {
            Err(Errno::EXIST) => return self.put_again(name, folder, content, durability),
            published => published.map_err(explain)?,
        }
        if durable && !sync_first {
            self.durable.sync_later(draft.into_file(), self.shown(name));
        }
        if durable {
            self.durable.touch(folder);
        }
        Ok(Put::New)
    }

    /// The object is there already, perhaps put a moment ago by a writer who has not synced it yet.
    fn put_again(
        &self,
        name: &ObjectName,
        folder: &Arc<Folder>,
        content: Content,
        durability: Durability,
    ) -> Result<Put> {
        let explain = |errno| self.explain(errno, "cannot compare", name);
        let file = readers::open(folder.handle().as_fd(), name.name()).map_err(explain)?;
        let size = fs::fstat(&file).map_err(explain)?.st_size as u64;
        if size != content.len() {
            return Err(Problem::new(
                ProblemKind::Conflict,
                format!("{} is there already with {size} bytes instead of {}", self.shown(name), content.len()),
            ));
        }
        if durability == Durability::Barrier {
            self.make_durable(name, folder, file);
        }
        Ok(Put::Existed)
    }

    fn make_durable(&self, name: &ObjectName, folder: &Arc<Folder>, file: OwnedFd) {
        self.durable.sync_later(file, self.shown(name));
        self.durable.touch(folder);
    }
}

impl Storage for FsStorage {
    fn location(&self) -> String {
        shown(self.folders.path())
    }

    fn promises(&self) -> Promises {
        Promises {
            visibility_delay: if self.folders.is_remote() { NETWORK_DELAY } else { Duration::ZERO },
            ..Promises::default()
        }
    }

    fn prepare(&self, folders: &[&str]) -> Result<()> {
        self.folders.prepare(folders, &self.durable)
    }

    fn put(&self, name: &ObjectName, parts: &[&[u8]], durability: Durability) -> Result<Put> {
        self.put_content(name, Content::Parts(parts), durability)
    }

    fn put_pack(&self, name: &ObjectName, body: PackBody, is_lasting: bool) -> Result<Sent> {
        let is_bulk = !is_lasting && body.len() as u64 > CACHED_LEN_MAX;
        let parts: &[&[u8]] = &[&body];
        self.put_content(
            name,
            if is_bulk { Content::Bulk(&body) } else { Content::Parts(parts) },
            Durability::Barrier,
        )?;
        Ok(Sent { memory: body.into_parts().0, hash: None })
    }

    fn get(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        let root = self.folders.root()?;
        let read = match &range {
            Some(range) => self.readers.range(root.as_fd(), name, range),
            None => self.readers.whole(root.as_fd(), name),
        };
        read.map_err(|failure| self.unread(failure, name, range))
    }

    fn get_into(&self, name: &ObjectName, start: u64, bytes: &mut [u8]) -> Result<()> {
        let root = self.folders.root()?;
        let range = start..start + bytes.len() as u64;
        self.readers.fill(root.as_fd(), name, start, bytes).map_err(|failure| self.unread(failure, name, Some(range)))
    }

    fn list(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        let mut listed = Vec::new();
        self.list_each(folder, &mut |info| listed.push(info))?;
        Ok(listed)
    }

    fn glance_each(&self, folder: &str, each: &mut dyn FnMut(ObjectInfo)) -> Result<()> {
        self.list_each(folder, each)
    }

    fn list_each(&self, folder: &str, each: &mut dyn FnMut(ObjectInfo)) -> Result<()> {
        let root = self.folders.root()?;
        listing::list(root.as_fd(), folder, each)
            .map_err(|errno| problem(errno, "cannot list", shown(&self.folders.path().join(folder))))
    }

    fn delete(&self, name: &ObjectName) -> Result<()> {
        let root = self.folders.root()?;
        self.readers.forget(name);
        match fs::unlinkat(root, name.as_str(), AtFlags::empty()) {
            Ok(()) => {
                // What is deleted must not come back after a crash while what it depended on is gone.
                self.durable.touch(&self.folders.for_writing(name.folder())?);
                Ok(())
            }
            Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(self.explain(errno, "cannot delete", name)),
        }
    }

    fn barrier(&self) -> Result<()> {
        self.durable.barrier(&self.folders)
    }

    fn adopt(&self, name: &ObjectName) -> Result<()> {
        let folder = self.folders.for_writing(name.folder())?;
        let file = readers::open(folder.handle().as_fd(), name.name())
            .map_err(|errno| self.explain(errno, "cannot adopt", name))?;
        self.make_durable(name, &folder, file);
        Ok(())
    }

    fn replace_damaged(&self, name: &ObjectName, parts: &[&[u8]]) -> Result<()> {
        let explain = |errno| self.explain(errno, "cannot replace", name);
        let folder = self.folders.for_writing(name.folder())?;
        let mut draft = self.draft(&folder, Content::Parts(parts)).map_err(explain)?;
        self.durable.sync(&draft).map_err(explain)?;
        draft.publish_over(name.name().as_bytes()).map_err(explain)?;
        self.readers.forget(name);
        self.durable.touch(&folder);
        self.barrier()
    }
}

/// What an object is made of.
#[derive(Clone, Copy)]
enum Content<'c> {
    Parts(&'c [&'c [u8]]),
    /// Nobody is going to read it soon, and much of it would drive from the system's cache what others have there.
    Bulk(&'c [u8]),
}

impl Content<'_> {
    fn len(self) -> u64 {
        match self {
            Self::Parts(parts) => parts.iter().map(|part| part.len() as u64).sum(),
            Self::Bulk(bytes) => bytes.len() as u64,
        }
    }
}
