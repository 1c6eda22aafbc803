//! Making, measuring and clearing the folders that runs leave behind.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::{Context, Outcome};

/// Above this many files a folder is moved away and deleted after the last run: ext4 creates files slowly for minutes
/// after a mass deletion, because it will not use those inodes again yet.
const DELETED_AT_ONCE_MAX: u64 = 3000;

/// Where unwanted folders wait for the end.
pub struct Trash {
    folder: PathBuf,
    count: u64,
}

impl Trash {
    /// Empties what an earlier run left there.
    pub fn new(folder: PathBuf) -> Outcome<Self> {
        remove(&folder).context(folder.display())?;
        fs::create_dir_all(&folder).context(folder.display())?;
        Ok(Self { folder, count: 0 })
    }

    /// Makes sure that nothing is at `path`.
    pub fn clear(&mut self, path: &Path) -> Outcome {
        if !path.exists() {
            return Ok(());
        }
        if size(path).context(path.display())?.files <= DELETED_AT_ONCE_MAX {
            return remove(path).context(path.display());
        }
        self.count += 1;
        let place = self.folder.join(self.count.to_string());
        fs::rename(path, place).context(path.display())
    }

    /// Makes sure that `path` is an empty folder.
    pub fn renew(&mut self, path: &Path) -> Outcome {
        self.clear(path)?;
        fs::create_dir_all(path).context(path.display())
    }

    pub fn empty(self) -> Outcome {
        remove(&self.folder).context(self.folder.display())
    }
}

/// What a folder holds, at any depth.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Size {
    pub files: u64,
    pub bytes: u64,
}

pub fn size(path: &Path) -> io::Result<Size> {
    let mut sum = Size::default();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        let one = match meta.is_dir() {
            true => size(&entry.path())?,
            false => Size { files: 1, bytes: meta.len() },
        };
        sum.files += one.files;
        sum.bytes += one.bytes;
    }
    Ok(sum)
}

/// Reads every file, so that the next run finds it in the page cache.
pub fn warm(path: &Path) -> io::Result<()> {
    warm_with(path, &mut vec![0; 1 << 20])
}

fn warm_with(path: &Path, buffer: &mut [u8]) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            warm_with(&entry.path(), buffer)?;
        } else if kind.is_file() {
            let mut file = fs::File::open(entry.path())?;
            while io::Read::read(&mut file, buffer)? > 0 {}
        }
    }
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
