//! The common suite, on file systems that differ in what they can do.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use larder_connect::conformance;
use larder_fs::{FsTarget, TargetOptions};

use crate::common::SmallDisk;

fn new(path: PathBuf) -> FsTarget {
    FsTarget::new(path, TargetOptions::default())
}

fn pass_in(folder: &Path, make: impl Fn(PathBuf) -> FsTarget) {
    let next = AtomicU32::new(0);
    conformance::target::run(|| make(folder.join(format!("new/{}", next.fetch_add(1, Relaxed)))));
}

#[test]
fn passes_in_an_ordinary_folder() {
    let folder = tempfile::tempdir().unwrap();
    pass_in(folder.path(), new);
}

#[test]
fn passes_without_unnamed_files() {
    let folder = tempfile::tempdir().unwrap();
    pass_in(folder.path(), |path| new(path).with_named_drafts());
}

#[test]
fn passes_in_memory() {
    if let Some(disk) = SmallDisk::mount("size=64m") {
        let options = TargetOptions { durable: true, ..TargetOptions::default() };
        pass_in(disk.path(), |path| FsTarget::new(path, options.clone()));
    }
}
