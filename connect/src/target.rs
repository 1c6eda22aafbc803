//! The role of a target: a place that a snapshot is restored to.
//!
//! Restoring works folder by folder through open handles, so that nothing is ever written through a symlink or outside the place
//! that the user named, whatever the snapshot says. A provider with batches collects what `finish` was called on and sends it in
//! [`Target::flush`].

use std::sync::Arc;

use larder_model::{Entry, Metadata, Result, Skip};

use crate::{Names, OpenFile};

/// A place that snapshots are restored to.
pub trait Target: Send + Sync {
    /// Shown to people.
    fn location(&self) -> String;

    fn abilities(&self) -> Abilities;

    /// The folder that was named. With `make` it is made, with its parents, if it is missing; without (a dry run) the answer is
    /// `None` then.
    fn top(&self, make: bool) -> Result<Option<Arc<dyn TargetFolder>>>;

    /// Sends what is still in flight and makes it durable. What failed, or was kept differently than asked, goes to `skips`.
    fn flush(&self, skips: &mut dyn FnMut(Skip)) -> Result<()>;
}

/// What a target can keep. The engine asks before it plans; what cannot be kept is counted, not silently lost.
#[derive(Clone, Copy, Debug)]
pub struct Abilities {
    pub symlinks: bool,
    pub hardlinks: bool,
    /// FIFOs, sockets and devices.
    pub specials: bool,
    pub owners: bool,
    pub xattrs: bool,
    /// Names that differ by case only are one name.
    pub case_insensitive: bool,
}

/// An open folder of a target.
///
/// Methods that take an [`Entry`] take its name from it. Each returns what was kept differently than asked as rows for the
/// report; an error means that the item is not there.
pub trait TargetFolder: Send + Sync {
    /// What stands under `name` now, extended attributes left out. Never follows a link.
    fn look(&self, name: &[u8]) -> Result<Option<Entry>>;

    /// Everything that stands in this folder, sorted; for `--delete`.
    fn names(&self) -> Result<Names>;

    /// Opens a file that stands here, to compare its content.
    fn read(&self, entry: &Entry) -> Result<Box<dyn OpenFile>>;

    /// Opens the folder `name`, or `None` when no folder (or something that is none) stands there.
    fn open(&self, name: &[u8]) -> Result<Option<Arc<dyn TargetFolder>>>;

    /// Makes a folder and opens it. It may be open to its owner only until [`TargetFolder::settle`] is called on it.
    fn make_folder(&self, entry: &Entry, skips: &mut dyn FnMut(Skip)) -> Result<Arc<dyn TargetFolder>>;

    /// Starts a file, which appears under its name only in [`NewFile::finish`], in place of what stood there.
    fn create(&self, entry: &Entry) -> Result<Box<dyn NewFile>>;

    /// Makes a symlink, FIFO, socket or device, in place of a file that stood there.
    fn make(&self, entry: &Entry, skips: &mut dyn FnMut(Skip)) -> Result<()>;

    /// Gives the file `name` in `folder`, which this target made, another name here, in place of a file that stood there.
    fn link(&self, name: &[u8], folder: &dyn TargetFolder, original: &[u8], skips: &mut dyn FnMut(Skip)) -> Result<()>;

    /// Sets times, mode, owner and attributes of something that stands here already with the right content.
    fn update(&self, entry: &Entry, skips: &mut dyn FnMut(Skip)) -> Result<()>;

    /// Removes a name and, for a folder, everything below it. Never follows a link.
    fn remove(&self, name: &[u8]) -> Result<()>;

    /// Gives this folder itself its metadata, once all that belongs in it is written. What `meta` does not tell stays as it is; without
    /// a mode that goes for extended attributes too: it is of a folder that stood there and gets its time back.
    fn settle(&self, meta: &Metadata, skips: &mut dyn FnMut(Skip)) -> Result<()>;

    /// The name that `name` is written under: another, reversible one where this target cannot hold it.
    fn written_name(&self, name: &[u8]) -> Box<[u8]>;

    /// For [`TargetFolder::link`], where a connector needs its own type back.
    fn as_any(&self) -> &dyn std::any::Any;
}

/// A file being written, in any order, from several threads.
pub trait NewFile: Send + Sync {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()>;

    /// The file is whole: gives it its size (what was not written is a hole), its metadata and its name.
    fn finish(self: Box<Self>, skips: &mut dyn FnMut(Skip)) -> Result<()>;
}
