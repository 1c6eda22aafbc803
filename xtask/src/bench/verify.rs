//! Whether a restored folder is the one that was backed up: names, kinds, sizes and bytes.
//!
//! A fast restore of something else would win the row. Metadata is compared by Larder's own tests.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::{Context, Failure, Outcome};

/// Fails with the first difference between `source` and what was restored of it somewhere below `restored`.
///
/// Larder, bupstash and conserve put the contents of the root there; restic, rustic and borg its whole path below it.
pub fn verify(source: &Path, restored: &Path) -> Outcome {
    let relative = source.strip_prefix("/").unwrap_or(source);
    let below = restored.join(relative);
    let found = if below.is_dir() { below } else { restored.to_path_buf() };
    match difference(source, &found).context(found.display())? {
        None => Ok(()),
        Some(path) => Err(Failure::new(format_args!("{} was not restored as it was", path.display()))),
    }
}

fn difference(left: &Path, right: &Path) -> io::Result<Option<PathBuf>> {
    if !left.is_dir() {
        let same = right.is_file() && fs::read(left)? == fs::read(right)?;
        return Ok((!same).then(|| left.to_path_buf()));
    }
    let names = names(left)?;
    if !right.is_dir() || names != self::names(right)? {
        return Ok(Some(left.to_path_buf()));
    }
    for name in names {
        if let Some(path) = difference(&left.join(&name), &right.join(&name))? {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

fn names(folder: &Path) -> io::Result<BTreeSet<OsString>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_found() {
        let base = tempfile::tempdir().unwrap();
        let [source, restored] = ["source", "restored"].map(|name| base.path().join(name));
        for folder in [&source, &restored] {
            fs::create_dir_all(folder.join("a")).unwrap();
            fs::write(folder.join("a/b"), "same").unwrap();
        }
        assert!(verify(&source, &restored).is_ok());
        fs::write(restored.join("a/b"), "diff").unwrap();
        assert!(verify(&source, &restored).is_err());
        fs::remove_file(restored.join("a/b")).unwrap();
        assert!(verify(&source, &restored).is_err());
    }

    #[test]
    fn the_whole_path_may_be_below() {
        let base = tempfile::tempdir().unwrap();
        let source = base.path().join("source");
        fs::create_dir(&source).unwrap();
        fs::write(source.join("a"), "same").unwrap();
        let restored = base.path().join("restored");
        let below = restored.join(source.strip_prefix("/").unwrap());
        fs::create_dir_all(&below).unwrap();
        fs::write(below.join("a"), "same").unwrap();
        assert!(verify(&source, &restored).is_ok());
    }
}
