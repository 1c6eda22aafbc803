//! The role of a source: a tree of folders that can be listed, described and read.

use std::{borrow::Cow, sync::Arc, time::Duration};

use larder_model::{Entry, Metadata, Origin, Result, Skip, Time, TreePath};

use crate::Names;

/// A place that snapshots are taken from.
pub trait Source: Send + Sync {
    fn origin(&self) -> Origin;

    /// Where the snapshot's roots lie in the source's own tree, sorted. Nothing outside them is listed.
    fn roots(&self) -> Vec<TreePath>;

    /// The source's own clock, by which it stamps changes. `None` where it has none to ask.
    fn now(&self) -> Option<Time>;

    /// Called once before [`Source::top`], and once more without a checkpoint when the parent turns out to be damaged. A source that
    /// keeps a listing of its own makes it here, or asks for what changed since the parent's checkpoint; what
    /// [`Folder`] tells afterwards is that listing. A listing that breaks off is an error, never a shorter list.
    fn list(&self, past: &Past, skips: &mut dyn FnMut(Skip)) -> Result<()> {
        let _ = (past, skips);
        Ok(())
    }

    /// For a source that names content by fingerprint and brings it best in an order of its own. `wanted` tells of a listed file
    /// whether its content is needed; `take` is called with what is on its way, and returns when all of it has come. Called after
    /// [`Source::list`] and before [`Source::top`]. `false`: files are read through [`Folder::open`] alone.
    fn deliver(&self, wanted: &Wanted, take: &mut Take) -> Result<bool> {
        let _ = (wanted, take);
        Ok(false)
    }

    /// The form of a name by which this source tells names apart: what folds to the same is the same item.
    fn fold<'n>(&self, name: &'n [u8]) -> Cow<'n, [u8]> {
        Cow::Borrowed(name)
    }

    /// After everything was read: where the next run may go on from, in the connector's own encoding. What became known since
    /// [`Source::list`] goes to `skips`.
    fn checkpoint(&self, skips: &mut dyn FnMut(Skip)) -> Result<Option<Vec<u8>>> {
        let _ = skips;
        Ok(None)
    }

    /// The folder at the top of the tree that the roots lie in. Folders above the roots list only what leads to a root, and know
    /// no metadata, so that a snapshot does not change when a neighbour of its root does.
    fn top(&self) -> Result<Arc<dyn Folder>>;

    /// Called once, after everything was read and before the snapshot comes to be. An error means that what was read is worth
    /// nothing, and that there must be no snapshot: the program whose output was read has failed.
    fn finish(&self) -> Result<()> {
        Ok(())
    }
}

/// Tells whether the content of a listed file is needed.
pub type Wanted<'w> = dyn Fn(&TreePath, &Entry) -> Result<bool> + Sync + 'w;

/// Takes deliveries until the last one.
pub type Take<'t> = dyn FnMut(&dyn Deliveries) -> Result<()> + 't;

/// What a source is told of the snapshot that a new one follows.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// The bookmark that this connector left there. `None`: list everything.
    pub checkpoint: Option<Vec<u8>>,
    /// The snapshot saw everything: what changed since its checkpoint is all that is new. Else the bookmark only saves work.
    pub is_whole: bool,
    /// What has to be looked at although the source may not name it as changed.
    pub again: Vec<Again>,
}

/// An item to be looked at again.
#[derive(Clone, PartialEq, Debug)]
pub struct Again {
    pub path: TreePath,
    /// What the parent has of it, where only its content is lost. `None` where the parent could not take it as it was.
    pub entry: Option<Entry>,
}

/// Content on its way from the source, each file once, in the order that is cheapest for the source. Taken by several threads.
pub trait Deliveries: Sync {
    /// What is still to come, as far as it is known.
    fn forecast(&self) -> Forecast;

    /// The next file; waits for it up to `patience`. A file that cannot be had is no error here: [`Folder::open`] tells why, when
    /// it is asked for. An error ends the run.
    fn next(&self, patience: Duration) -> Result<Next>;
}

/// What comes next.
pub enum Next {
    File(Box<Delivery>),
    /// Nothing yet.
    Later,
    /// Nothing any more.
    End,
}

/// A file with its content.
pub struct Delivery {
    pub path: TreePath,
    pub entry: Entry,
    /// Its `finish` is an error when the bytes are not those of the entry's fingerprint.
    pub file: Box<dyn OpenFile>,
}

/// What content will cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Forecast {
    /// Calls of the provider's API.
    pub calls: u64,
    pub files: u64,
    pub bytes: u64,
    /// By the paces that the source keeps.
    pub time: Duration,
}

/// Names, folded, with what has become of them.
pub type Changes = Vec<(Box<[u8]>, Change)>;

/// What has become of a name since the parent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    Gone,
    /// It is new, or another than before: [`Folder::stat`] describes it. What a folder holds is told by its own changes.
    Now,
    /// The folder itself is as it was, but something in it has changed.
    Below,
    /// The same, of a folder that the parent may not have: something in it has gone.
    BelowIfThere,
}

/// An open folder of a source. It stays the same folder when its path is renamed or replaced meanwhile.
pub trait Folder: Send + Sync {
    /// All names, sorted by bytes, without those that the user excluded. Items that are left out for another reason go to `skips`.
    /// A listing that breaks off is an error, never a shorter list.
    fn names(&self, skips: &mut dyn FnMut(Skip)) -> Result<Names>;

    /// What has changed in this folder since the parent, under folded names ([`Source::fold`]), in any order; everything else in it is
    /// as the parent has it. `None`: nothing of the parent counts, and [`Folder::names`] tells all.
    fn changes(&self) -> Result<Option<Changes>> {
        Ok(None)
    }

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
