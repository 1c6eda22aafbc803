//! The common suite, with one root, and with a root that lies deep.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use larder_connect::{
    Source,
    conformance::source::{Place, run},
};
use larder_fs::{FsSource, SourceOptions};

struct Folder {
    root: PathBuf,
    _guard: tempfile::TempDir,
}

impl Folder {
    fn new(inner: &str) -> Self {
        let guard = tempfile::tempdir().unwrap();
        let root = guard.path().join(inner);
        fs::create_dir_all(&root).unwrap();
        Self { root, _guard: guard }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }
}

impl Place for Folder {
    fn source(&self) -> Box<dyn Source> {
        Box::new(FsSource::new(std::slice::from_ref(&self.root), &SourceOptions::default()).unwrap())
    }

    fn write(&self, path: &str, body: &[u8]) {
        fs::create_dir_all(self.at(path).parent().unwrap_or(Path::new("/"))).unwrap();
        fs::write(self.at(path), body).unwrap();
    }

    fn make_folder(&self, path: &str) {
        fs::create_dir_all(self.at(path)).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.at(from), self.at(to)).unwrap();
    }

    fn remove(&self, path: &str) {
        let path = self.at(path);
        if path.is_dir() { fs::remove_dir(path).unwrap() } else { fs::remove_file(path).unwrap() }
    }

    fn link(&self, path: &str, target: &str) -> bool {
        symlink(target, self.at(path)).unwrap();
        true
    }
}

#[test]
fn passes() {
    run(|| Folder::new(""));
}

#[test]
fn passes_with_a_root_of_any_name() {
    run(|| Folder::new("a b/[x]*/\u{fc}"));
}
