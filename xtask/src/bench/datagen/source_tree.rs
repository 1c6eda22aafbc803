//! Set A: projects of 200 source files each, and the change of one file in a hundred.
//!
//! Every file can be written again on its own, so that changes can be taken back without a second copy of the set.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::random::Random;
use super::source_text::{Language, Project, source_text};
use super::write_file;

const FILES: u64 = 40_000;
const FILES_PER_PROJECT: u64 = 200;

/// As many rounds of changes as one set can go through and be put back.
pub const CHANGE_ROUNDS_MAX: u64 = 20;

// Which stream of numbers is for what.
const SIZE: u64 = 0xa0;
const TEXT: u64 = 0xa1;
const CHOICE: u64 = 0xa2;
const CHANGE: u64 = 0xa3;

/// Writes all projects.
pub fn write(folder: &Path, percent: u64) -> io::Result<()> {
    let tree = SourceTree::new(folder, FILES * percent / 100 / FILES_PER_PROJECT);
    for number in 0..tree.projects {
        let project = Project::new(number);
        for file in files_of(number) {
            write_file(&tree.path(file), &tree.text(&project, file))?;
        }
    }
    Ok(())
}

/// Changes one file in a hundred, others in each round: most are edited, some are new, some are gone.
pub fn change(folder: &Path, round: u64) -> io::Result<()> {
    let tree = SourceTree::open(folder)?;
    for file in (0..tree.files()).filter(|file| is_chosen(*file, round)) {
        tree.change(file, round)?;
    }
    Ok(())
}

/// Puts the tree back as it was before any change.
pub fn revert(folder: &Path) -> io::Result<()> {
    let tree = SourceTree::open(folder)?;
    for file in 0..tree.files() {
        for round in (1..=CHANGE_ROUNDS_MAX).filter(|round| is_chosen(file, *round)) {
            tree.revert(file, round)?;
        }
    }
    Ok(())
}

struct SourceTree<'a> {
    folder: &'a Path,
    projects: u64,
    language: Language,
}

impl<'a> SourceTree<'a> {
    fn new(folder: &'a Path, projects: u64) -> Self {
        let language = Language::new();
        Self { folder, projects, language }
    }

    fn open(folder: &'a Path) -> io::Result<Self> {
        let projects = fs::read_dir(folder)?.count() as u64;
        Ok(Self::new(folder, projects))
    }

    fn files(&self) -> u64 {
        self.projects * FILES_PER_PROJECT
    }

    fn path(&self, file: u64) -> PathBuf {
        let (project, module) = (file / FILES_PER_PROJECT, file / 20 % 10);
        let name = format!("project{project:03}/src/module_{module:02}/file_{file:05}.rs");
        self.folder.join(name)
    }

    /// The file that `round` adds beside a chosen one.
    fn added_path(&self, file: u64, round: u64) -> PathBuf {
        self.path(file).with_file_name(format!("new_{round}_{file:05}.rs"))
    }

    fn text(&self, project: &Project, file: u64) -> Vec<u8> {
        source_text(&self.language, project, &mut Random::of(TEXT, file), size(file))
    }

    fn change(&self, file: u64, round: u64) -> io::Result<()> {
        let mut random = Random::of(CHANGE ^ (round << 32), file);
        let project = Project::new(file / FILES_PER_PROJECT);
        let path = self.path(file);
        match random.below(10) {
            0 => remove_if_there(&path),
            1 => {
                let text = source_text(&self.language, &project, &mut random, size(file));
                write_file(&self.added_path(file, round), &text)
            }
            _ => self.edit(&path, &project, &mut random),
        }
    }

    /// Replaces up to 300 bytes somewhere by 300 others, as an edit of a few lines does.
    fn edit(&self, path: &Path, project: &Project, random: &mut Random) -> io::Result<()> {
        let Some(mut bytes) = read_if_there(path)? else {
            return Ok(());
        };
        let start = random.below(bytes.len() as u64) as usize;
        let end = bytes.len().min(start + random.below(300) as usize);
        let text = source_text(&self.language, project, random, 400);
        // The first bytes are the licence line, which is no edit.
        bytes.splice(start..end, text[100..].iter().copied());
        write_file(path, &bytes)
    }

    fn revert(&self, file: u64, round: u64) -> io::Result<()> {
        remove_if_there(&self.added_path(file, round))?;
        let original = self.text(&Project::new(file / FILES_PER_PROJECT), file);
        if read_if_there(&self.path(file))?.is_some_and(|now| now == original) {
            return Ok(());
        }
        write_file(&self.path(file), &original)
    }
}

fn files_of(project: u64) -> std::ops::Range<u64> {
    project * FILES_PER_PROJECT..(project + 1) * FILES_PER_PROJECT
}

fn is_chosen(file: u64, round: u64) -> bool {
    Random::of(CHOICE ^ (round << 32), file).below(100) == 0
}

/// 1 to 30 KiB, about 12 on average: many small files and a tail of large ones (log-normal).
fn size(file: u64) -> usize {
    let mut random = Random::of(SIZE, file);
    // The sum of twelve even numbers is close enough to a normal one.
    let normal = (0..12).map(|_| random.fraction()).sum::<f64>() - 6.0;
    let size = 10_200.0 * (0.72 * normal).exp();
    (size as usize).clamp(1 << 10, 30 << 10)
}

fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true => found.extend(contents(&entry.path())),
                false => drop(found.insert(entry.path(), fs::read(entry.path()).unwrap())),
            }
        }
        found
    }

    #[test]
    fn changes_change_a_little_and_can_be_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), 1).unwrap();
        let before = contents(folder.path());
        for round in 1..=3 {
            change(folder.path(), round).unwrap();
        }
        let after = contents(folder.path());
        let same = before.iter().filter(|(path, text)| after.get(*path) == Some(text));
        assert!((360..400).contains(&same.count()));
        revert(folder.path()).unwrap();
        assert!(contents(folder.path()) == before);
    }
}
