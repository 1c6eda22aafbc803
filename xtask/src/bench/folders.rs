//! Making, measuring and clearing the folders that runs leave behind.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::failure::{Context, Outcome};

/// Above this many files a folder is moved away and deleted after the last run: ext4 without a journal creates files slowly
/// for minutes after a mass deletion, because it will not use those inodes again yet, and passes over them at each new file.
const DELETED_AT_ONCE_MAX: u64 = 3000;
/// How long it is slow: for 60 s, and for another 300 where what was deleted is not on the disk yet.
const SLOW_FOR: Duration = Duration::from_secs(360);

/// Where unwanted folders wait for the end.
pub struct Trash {
    folder: PathBuf,
    /// The name of the last folder in it.
    count: u64,
}

impl Trash {
    /// What an earlier run left there stays until the end as well. After one that has just emptied its own this waits.
    pub fn new(folder: PathBuf) -> Outcome<Self> {
        fs::create_dir_all(&folder).context(folder.display())?;
        let names = fs::read_dir(&folder).context(folder.display())?.flatten();
        let count = names.filter_map(|left| left.file_name().to_str()?.parse().ok()).max().unwrap_or(0);
        let trash = Self { folder, count };
        let emptied = fs::metadata(trash.emptied_at()).and_then(|marker| marker.modified());
        let since = emptied.ok().and_then(|then| then.elapsed().ok()).unwrap_or(SLOW_FOR);
        if let Some(rest) = SLOW_FOR.checked_sub(since).filter(|rest| !rest.is_zero()) {
            println!(
                "waiting {} s: many files were deleted just now, and ext4 creates new ones slowly",
                rest.as_secs()
            );
            std::thread::sleep(rest);
        }
        Ok(trash)
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
        let marker = self.emptied_at();
        // Before as well: whoever is killed meanwhile has deleted many already.
        let mark = || if self.count > 0 { fs::write(&marker, "").context(marker.display()) } else { Ok(()) };
        mark()?;
        remove(&self.folder).context(self.folder.display())?;
        mark()
    }

    /// A file that was last written at the last mass deletion.
    fn emptied_at(&self) -> PathBuf {
        self.folder.with_extension("emptied")
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

/// Deletes a folder and all in it, if it is there.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
