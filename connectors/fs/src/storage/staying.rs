//! A store's folder, for a process that stays while disks and shares come and go: a viewer, a mount.

use std::{
    fs::metadata,
    ops::Range,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use larder_connect::{Durability, ObjectInfo, ObjectName, Promises, Put, Storage};
use larder_model::{Problem, ProblemKind, Result, Retry};

use super::FsStorage;
use crate::sys::shown;

/// What every store has, and an empty mount point has not.
const MARK: &str = "config";

/// A store's folder, to be read. While it is not there, everything is `Unreachable`; when it is back, perhaps on another mount, it is
/// opened anew. [`FsStorage`] alone keeps its folder open: it would go on with one that was removed, and find it empty.
#[derive(Debug)]
pub struct StayingStorage {
    path: PathBuf,
    open: Mutex<Option<(Identity, Arc<FsStorage>)>>,
}

/// Device and inode of the folder, and of what tells it from an empty one.
type Identity = [(u64, u64); 2];

impl StayingStorage {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), open: Mutex::default() }
    }

    /// The folder that is there now. Two looks a call, which a disk answers from memory.
    fn now(&self) -> Result<Arc<FsStorage>> {
        let identity = identity(&self.path).ok_or_else(|| self.gone())?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match &*open {
            Some((known, storage)) if *known == identity => Ok(storage.clone()),
            _ => {
                let storage = Arc::new(FsStorage::new(&self.path));
                *open = Some((identity, storage.clone()));
                Ok(storage)
            }
        }
    }

    fn gone(&self) -> Problem {
        let message = format!("{} holds no store at the moment", shown(&self.path));
        Problem::new(ProblemKind::Unreachable, message)
            .retry(Retry::Soon)
            .hint("see whether the disk or the share is there; it goes on by itself then")
    }

    /// What is not there although it was, is not there because everything is gone.
    fn read<T>(&self, read: impl FnOnce(&FsStorage) -> Result<T>) -> Result<T> {
        let result = read(&*self.now()?);
        if result.is_err() && identity(&self.path).is_none() { Err(self.gone()) } else { result }
    }

    fn refuse<T>(&self) -> Result<T> {
        Err(Problem::new(ProblemKind::Denied, format!("{} is open for reading only", shown(&self.path))))
    }
}

fn identity(path: &Path) -> Option<Identity> {
    let of = |path: &Path| metadata(path).ok().map(|found| (found.dev(), found.ino()));
    Some([of(path)?, of(&path.join(MARK))?])
}

impl Storage for StayingStorage {
    fn location(&self) -> String {
        shown(&self.path)
    }

    fn promises(&self) -> Promises {
        FsStorage::new(&self.path).promises()
    }

    fn prepare(&self, _: &[&str]) -> Result<()> {
        self.refuse()
    }

    fn put(&self, _: &ObjectName, _: &[&[u8]], _: Durability) -> Result<Put> {
        self.refuse()
    }

    fn get(&self, name: &ObjectName, range: Option<Range<u64>>) -> Result<Vec<u8>> {
        self.read(|storage| storage.get(name, range))
    }

    fn get_into(&self, name: &ObjectName, start: u64, bytes: &mut [u8]) -> Result<()> {
        self.read(|storage| storage.get_into(name, start, bytes))
    }

    fn list(&self, folder: &str) -> Result<Vec<ObjectInfo>> {
        let listed = self.read(|storage| storage.list(folder))?;
        // A folder that went away in the middle was listed as an empty one.
        if identity(&self.path).is_none() { Err(self.gone()) } else { Ok(listed) }
    }

    fn delete(&self, _: &ObjectName) -> Result<()> {
        self.refuse()
    }

    fn barrier(&self) -> Result<()> {
        Ok(())
    }

    fn replace_damaged(&self, _: &ObjectName, _: &[&[u8]]) -> Result<()> {
        self.refuse()
    }
}
