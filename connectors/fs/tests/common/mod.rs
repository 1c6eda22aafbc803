//! What the tests of target and storage share.

#![allow(dead_code, reason = "each test program uses its part")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A tiny file system that is full soon. `None`, with the reason printed, where this user may not mount one.
pub struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    pub fn mount(options: &str) -> Option<Self> {
        Self::mount_as("tmpfs", "tmpfs", options)
    }

    /// Mounts an image of a file system that `mkfs` makes, to meet what other file systems than this machine's can and cannot do.
    pub fn mount_image(mkfs: &str, file_system: &str, mib: u64, options: &str) -> Option<Self> {
        let image = tempfile::NamedTempFile::new().unwrap();
        image.as_file().set_len(mib << 20).unwrap();
        let made = Command::new(mkfs).arg(image.path()).stdout(Stdio::null()).status();
        if !made.is_ok_and(|status| status.success()) {
            println!("skipped: {mkfs} is not there");
            return None;
        }
        let path = image.path().to_str().unwrap();
        Self::mount_as(file_system, path, &format!("loop,{options}"))
    }

    fn mount_as(file_system: &str, device: &str, options: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["-t", file_system, "-o", options, device];
        let mounted = Command::new("mount").args(arguments).arg(folder.path()).status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self { folder });
        }
        println!("skipped: mounting a {file_system} is not permitted here");
        None
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

/// All names below a folder, sorted, relative to it.
pub fn tree(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for item in fs::read_dir(&next).unwrap() {
            let item = item.unwrap();
            if item.file_type().unwrap().is_dir() {
                folders.push(item.path());
            }
            found.push(item.path().strip_prefix(folder).unwrap().to_owned());
        }
    }
    found.sort();
    found
}
