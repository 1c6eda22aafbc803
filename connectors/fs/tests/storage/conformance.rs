//! The common suite, on file systems that differ in what they can do.

use std::{
    path::Path,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use larder_connect::conformance;
use larder_fs::FsStorage;

use crate::common::SmallDisk;

fn pass_in(folder: &Path) {
    let next = AtomicU32::new(0);
    conformance::storage::run(|| FsStorage::new(folder.join(format!("new/{}", next.fetch_add(1, Relaxed)))));
}

#[test]
fn passes_in_an_ordinary_folder() {
    let folder = tempfile::tempdir().unwrap();
    pass_in(folder.path());
}

#[test]
fn passes_on_a_file_system_without_links_and_unnamed_files() {
    if let Some(disk) = SmallDisk::mount_image("mkfs.vfat", "vfat", 64, "umask=077") {
        pass_in(disk.path());
    }
}

#[test]
fn passes_in_memory() {
    if let Some(disk) = SmallDisk::mount("size=64m") {
        pass_in(disk.path());
    }
}
