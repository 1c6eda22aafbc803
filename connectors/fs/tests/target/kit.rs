//! A folder to restore to, and what to put there.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use larder_connect::{New, Target, TargetFolder, Ticket};
use larder_fs::{FsTarget, TargetOptions};
use larder_model::{Class, Entry, Kind, Owner, Skip, Time, Xattr};

pub struct Place {
    _temporary: Option<tempfile::TempDir>,
    path: PathBuf,
    pub top: Arc<dyn TargetFolder>,
    skips: Mutex<Vec<Skip>>,
}

impl Place {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut place = Self::at(folder.path(), TargetOptions::default());
        place._temporary = Some(folder);
        place
    }

    pub fn at(path: &Path, options: TargetOptions) -> Self {
        let top = FsTarget::new(path, options).top(true).unwrap().unwrap();
        Self { _temporary: None, path: path.to_owned(), top, skips: Mutex::default() }
    }

    pub fn path(&self, item: &str) -> PathBuf {
        self.path.join(item)
    }

    pub fn write(&self, entry: &Entry, content: &[u8]) {
        self.write_in(&*self.top, entry, content);
    }

    pub fn write_in(&self, folder: &dyn TargetFolder, entry: &Entry, content: &[u8]) {
        let mut entry = entry.clone();
        entry.meta.size = entry.meta.size.max(content.len() as u64);
        let file = folder.create(&New::of(&entry)).unwrap();
        file.write_at(0, content).unwrap();
        file.finish(&mut self.skips()).unwrap();
    }

    pub fn make(&self, entry: &Entry) {
        self.top.make(entry, &mut self.skips()).unwrap();
    }

    pub fn folder(&self, name: &str) -> Arc<dyn TargetFolder> {
        self.top.make_folder(&folder(name), Ticket(0), &mut self.skips()).unwrap().0
    }

    /// Takes rows of the report.
    pub fn skips(&self) -> impl FnMut(Skip) {
        |skip| self.skips.lock().unwrap().push(skip)
    }

    /// Class, reason and tag of what was skipped since the last call.
    pub fn take_skips(&self) -> Vec<(Class, String, String)> {
        let skips = std::mem::take(&mut *self.skips.lock().unwrap());
        skips.into_iter().map(|skip| (skip.class, skip.reason, skip.tag.unwrap_or_default())).collect()
    }

    pub fn assert_no_skips(&self) {
        assert_eq!(self.take_skips(), []);
    }
}

pub fn entry(name: &str, kind: Kind) -> Entry {
    Entry::new(name.as_bytes(), kind)
}

pub fn file(name: &str) -> Entry {
    entry(name, Kind::File)
}

pub fn folder(name: &str) -> Entry {
    entry(name, Kind::Directory)
}

pub fn symlink(name: &str, target: &str) -> Entry {
    let mut entry = entry(name, Kind::Symlink);
    entry.meta.target = Some(target.as_bytes().into());
    entry
}

pub trait With: Sized {
    fn mode(self, mode: u32) -> Self;
    fn owner(self, uid: u32, gid: u32) -> Self;
    fn mtime(self, secs: i64, nanos: u32) -> Self;
    fn xattr(self, name: &str, value: &[u8]) -> Self;
}

impl With for Entry {
    fn mode(mut self, mode: u32) -> Self {
        self.meta.mode = Some(mode);
        self
    }

    fn owner(mut self, uid: u32, gid: u32) -> Self {
        self.meta.owner = Some(Owner { uid, gid, user: None, group: None });
        self
    }

    fn mtime(mut self, secs: i64, nanos: u32) -> Self {
        self.meta.mtime = Some(Time::new(secs, nanos));
        self
    }

    fn xattr(mut self, name: &str, value: &[u8]) -> Self {
        self.meta.xattrs.push(Xattr { name: name.as_bytes().into(), value: value.into() });
        self
    }
}

pub fn note(reason: &str, tag: &str) -> (Class, String, String) {
    (Class::Note, reason.to_owned(), tag.to_owned())
}

pub fn missing(reason: &str, tag: &str) -> (Class, String, String) {
    (Class::Missing, reason.to_owned(), tag.to_owned())
}

/// False, with the reason printed, for a user who may not give files away.
pub fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        println!("skipped: only root may do this");
    }
    is_root
}
