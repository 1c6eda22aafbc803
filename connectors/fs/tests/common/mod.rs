//! What the tests of target and storage share.

#![allow(dead_code, reason = "each test program uses its part")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A tiny file system that is full soon. `None`, with the reason printed, where this user may not mount one.
pub struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    pub fn mount(options: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["-t", "tmpfs", "-o", options, "tmpfs"];
        let mounted = Command::new("mount").args(arguments).arg(folder.path()).status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self { folder });
        }
        println!("skipped: mounting a tmpfs is not permitted here");
        None
    }

    /// One with ext4, of so many MiB, in a file.
    pub fn ext4(mib: u64) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let image = tempfile::NamedTempFile::new().unwrap();
        image.as_file().set_len(mib << 20).unwrap();
        let run = |command: &mut Command| command.status().is_ok_and(|status| status.success());
        let made = run(Command::new("mkfs.ext4").arg("-q").arg(image.path()));
        // The image stays while it is mounted, also without its name.
        if made && run(Command::new("mount").args(["-o", "loop"]).arg(image.path()).arg(folder.path())) {
            return Some(Self { folder });
        }
        println!("skipped: making and mounting an ext4 is not permitted here");
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
