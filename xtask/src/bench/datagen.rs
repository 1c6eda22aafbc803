//! The data sets of the benchmark: invented, but shaped like what people back up.
//!
//! The same version of this code writes the same bytes everywhere, so that figures of two machines speak of the same
//! work. A set is made once below the base folder and used again; [`VERSION`] is raised when its bytes change.

mod database_page;
mod disk_image;
mod media;
mod random;
mod source_text;
mod source_tree;
mod tiny_files;
mod vocabulary;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::failure::{Context, Outcome};

pub use random::Random;
pub use source_tree::{CHANGE_ROUNDS_MAX, change, revert};

/// Raised whenever the same call would write other bytes.
const VERSION: &str = "1";

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum Set {
    /// 40,000 source files, 1 to 30 KB, of projects that share a vocabulary
    A,
    /// 8 files of 512 MiB that do not compress, like photos and films
    B,
    /// 2 disk images of 2 GiB: half compressible, a fifth zeros, a tenth repeated
    C,
    /// 200,000 files of 100 to 2,000 bytes in 2,000 folders
    D,
}

/// A set on the disk.
pub struct DataSet {
    pub folder: PathBuf,
    /// The name of one file of the set, to be searched for.
    pub needle: String,
}

impl Set {
    /// Finds the set below `base`, or makes it there; `percent` is its size against the full one.
    pub fn made(self, base: &Path, percent: u64) -> Outcome<DataSet> {
        let folder = base.join(format!("sets/{self:?}-{percent}"));
        let stamp = folder.with_extension("made");
        if fs::read_to_string(&stamp).is_ok_and(|version| version == VERSION) {
            return Ok(self.at(folder, percent));
        }
        println!("Making set {self:?} in {}", folder.display());
        if folder.exists() {
            fs::remove_dir_all(&folder).context(folder.display())?;
        }
        fs::create_dir_all(&folder).context(folder.display())?;
        self.write(&folder, percent).context(folder.display())?;
        fs::write(&stamp, VERSION).context(stamp.display())?;
        Ok(self.at(folder, percent))
    }

    fn write(self, folder: &Path, percent: u64) -> std::io::Result<()> {
        match self {
            Self::A => source_tree::write(folder, percent),
            Self::B => media::write(folder, percent),
            Self::C => disk_image::write(folder, percent),
            Self::D => tiny_files::write(folder, percent),
        }
    }

    fn at(self, folder: PathBuf, percent: u64) -> DataSet {
        let needle = match self {
            Self::D => tiny_files::needle(percent),
            _ => String::new(),
        };
        DataSet { folder, needle }
    }
}

/// Writes a file, and the folders above it where they are missing.
fn write_file(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = match fs::File::create(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            fs::create_dir_all(path.parent().unwrap_or(path))?;
            fs::File::create(path)?
        }
        other => other?,
    };
    file.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(folder: &Path) -> (u64, u64) {
        let mut sums = (0, 0);
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let meta = entry.metadata().unwrap();
            let (files, bytes) = match meta.is_dir() {
                true => total(&entry.path()),
                false => (1, meta.len()),
            };
            sums = (sums.0 + files, sums.1 + bytes);
        }
        sums
    }

    #[test]
    fn sets_have_their_sizes() {
        let base = tempfile::tempdir().unwrap();
        let size = |set: Set| total(&set.made(base.path(), 1).unwrap().folder);
        let (files, bytes) = size(Set::A);
        assert_eq!(files, 400);
        assert!((4_500_000..5_500_000).contains(&bytes), "{bytes}");
        assert_eq!(size(Set::B), (8, 8 * (5 << 20)));
        let (files, bytes) = size(Set::D);
        assert_eq!(files, 2_000);
        assert!((1_900_000..2_300_000).contains(&bytes), "{bytes}");
    }

    #[test]
    fn a_set_is_made_once() {
        let base = tempfile::tempdir().unwrap();
        let set = Set::D.made(base.path(), 1).unwrap();
        let mark = set.folder.join("mark");
        fs::write(&mark, "").unwrap();
        Set::D.made(base.path(), 1).unwrap();
        assert!(mark.exists());
    }
}
