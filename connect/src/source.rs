//! The role of a source: a tree of folders that can be listed, described and read.

use std::sync::Arc;

use larder_model::{Entry, Metadata, Origin, Result, Skip, Time, TreePath};

use crate::Names;

/// A place that snapshots are taken from.
pub trait Source: Send + Sync {
    fn origin(&self) -> Origin;

    /// Where the snapshot's roots lie in the source's own tree, sorted. Nothing outside them is listed.
    fn roots(&self) -> Vec<TreePath>;

    /// The source's own clock, by which it stamps changes. `None` where it has none to ask.
    fn now(&self) -> Option<Time>;

    /// The folder at the top of the tree that the roots lie in. Folders above the roots list only what leads to a root, and know
    /// no metadata, so that a snapshot does not change when a neighbour of its root does.
    fn top(&self) -> Result<Arc<dyn Folder>>;

    /// Called once, after everything was read and before the snapshot comes to be. An error means that what was read is worth
    /// nothing, and that there must be no snapshot: the program whose output was read has failed.
    fn finish(&self) -> Result<()> {
        Ok(())
    }
}

/// An open folder of a source. It stays the same folder when its path is renamed or replaced meanwhile.
pub trait Folder: Send + Sync {
    /// All names, sorted by bytes, without those that the user excluded. Items that are left out for another reason go to `skips`.
    /// A listing that breaks off is an error, never a shorter list.
    fn names(&self, skips: &mut dyn FnMut(Skip)) -> Result<Names>;

    /// Describes one name without opening it: everything but extended attributes. `None` when the name has vanished, or when
    /// what it is now is excluded (too large, on another file system, …).
    fn stat(&self, name: &[u8], skips: &mut dyn FnMut(Skip)) -> Result<Option<Entry>>;

    /// Adds what costs more than a `stat` and is asked for changed items only: extended attributes and ACLs. A file's come
    /// with [`OpenFile::finish`] instead. An attribute that cannot be read goes to `skips` and is no error.
    fn details(&self, name: &[u8], meta: &mut Metadata, skips: &mut dyn FnMut(Skip)) -> Result<()>;

    /// Opens a file to read it from its start. It must still be the file that `entry` describes (the same inode, or revision);
    /// another one is an error of kind `NotFound`, here, while reading or in [`OpenFile::finish`].
    fn open(&self, entry: &Entry) -> Result<Box<dyn OpenFile>>;

    /// Opens a folder in this one, never through a link.
    fn folder(&self, name: &[u8]) -> Result<Arc<dyn Folder>>;

    /// This folder's own path, for messages and the ledger.
    fn path(&self) -> TreePath;
}

/// A file being read from start to end.
pub trait OpenFile: Send {
    /// The next piece of the file. `Data(n)`: `n` bytes, at least one, are at the start of `buffer`. `Hole(n)`: the next `n` bytes
    /// are zeros that were not read. A short `Data` says nothing about the end; only `End` does.
    fn next(&mut self, buffer: &mut [u8]) -> Result<Piece>;

    /// Describes the file again, extended attributes included, after it was read. The caller compares size, times and stamp
    /// with those from before to learn whether it changed meanwhile. An entry without `mtime` (a stream) has nothing to compare:
    /// its size and times come from here. An attribute that cannot be read goes to `skips` and is no error.
    fn finish(self: Box<Self>, skips: &mut dyn FnMut(Skip)) -> Result<Metadata>;
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece {
    Data(usize),
    Hole(u64),
    End,
}
