//! The role of a target: a place that a snapshot is restored to.
//!
//! Restoring works folder by folder through open handles, so that nothing is ever written through a symlink or outside the place
//! that the user named, whatever the snapshot says. A provider with batches takes orders and answers them later: what is asked for
//! under a [`Ticket`] may be [`State::Underway`], and comes to its end in [`Target::take_done`].

mod substitute;

use std::{borrow::Cow, sync::Arc};

use larder_model::{Entry, Fingerprint, Metadata, Origin, Result, Skip, TreePath};

pub use substitute::{SUBSTITUTE_MARK, substitute_ending};

use crate::{Names, OpenFile};

/// A place that snapshots are restored to.
pub trait Target: Send + Sync {
    /// Shown to people.
    fn location(&self) -> String;

    fn abilities(&self) -> Abilities;

    /// Is told what is going to be asked, before anything else is.
    fn prepare(&self, outline: &Outline) -> Result<()> {
        let _ = outline;
        Ok(())
    }

    /// Is told what will be written, before the first file is; an error keeps it from being written. Called where
    /// [`Abilities::asks_for_room`] is set.
    fn ask_for_room(&self, need: &Need) -> Result<()> {
        let _ = need;
        Ok(())
    }

    /// The folder that was named. With `make` it is made, with its parents, if it is missing; without (a dry run) the answer is
    /// `None` then.
    fn top(&self, make: bool) -> Result<Option<Arc<dyn TargetFolder>>>;

    /// The name that `name` is written under in a folder that is not there yet.
    fn written_name(&self, name: &[u8]) -> Box<[u8]> {
        name.into()
    }

    /// Another reversible name for one that is the same as its neighbour's here ([`Abilities::case_insensitive`]).
    fn name_beside(&self, name: &[u8]) -> Box<[u8]> {
        let text = String::from_utf8_lossy(name);
        format!("{text}{}", substitute_ending(name)).into_bytes().into()
    }

    /// What names are compared by: two names of one folder with the same one are one name.
    fn fold<'n>(&self, name: &'n [u8]) -> Cow<'n, [u8]> {
        Cow::Borrowed(name)
    }

    /// Computes the fingerprint that [`TargetFolder::look`] tells of files, if it tells one. Content is then compared by it, and
    /// never read from the target.
    fn hasher(&self) -> Option<Box<dyn Hasher>> {
        None
    }

    /// Tells what has come to its end of what was underway, each ticket once. An error concerns everything: the restore ends.
    fn take_done(&self, each: &mut dyn FnMut(Ticket, Result<()>)) -> Result<()> {
        let _ = each;
        Ok(())
    }

    /// Sends what is still in flight and makes it durable: after it, nothing is underway, and what [`TargetFolder::look`] says is
    /// as new as what was written. What was kept differently than asked, or failed without a ticket, goes to `skips`.
    fn flush(&self, skips: &mut dyn FnMut(Skip)) -> Result<()>;
}

/// What a restore will be about.
#[derive(Clone, Debug)]
pub struct Outline {
    /// What the snapshot is of.
    pub origin: Origin,
    /// Of all that the path named holds; less may be wanted.
    pub files: u64,
    pub folders: u64,
    pub bytes: u64,
}

/// What will be written, as far as it is certain.
#[derive(Clone, Copy, Debug, Default)]
pub struct Need {
    pub files: u64,
    /// Of the files written.
    pub bytes: u64,
    /// Of what they replace, which may be given back. What is removed makes no room: that comes last.
    pub freed: u64,
}

/// Names one order among those that are underway.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ticket(pub u64);

/// How far an order has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Done,
    /// Its end is told by [`Target::take_done`].
    Underway,
}

/// Why something is removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Removal {
    /// Something else comes in its place: it must be gone when the call returns.
    InTheWay,
    /// The snapshot does not have it.
    Surplus(Ticket),
}

/// Computes a fingerprint of bytes as they come.
pub trait Hasher: Send {
    fn update(&mut self, bytes: &[u8]);

    fn finish(self: Box<Self>) -> Fingerprint;
}

/// What a target can keep. The engine asks before it plans; what cannot be kept is counted, not silently lost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Abilities {
    pub symlinks: bool,
    pub hardlinks: bool,
    /// FIFOs, sockets and devices.
    pub specials: bool,
    pub owners: bool,
    pub xattrs: bool,
    /// Names that differ by case only are one name.
    pub case_insensitive: bool,
    /// What no item can have here, whatever the snapshot says. The engine counts it by kind.
    pub never: &'static [Attribute],
    /// What stands here with the right content can get another time. Otherwise the engine tells of times that differ.
    pub retouches: bool,
    /// Room has to be asked for before something is written.
    pub asks_for_room: bool,
    /// Knows which parts of a file an earlier run has brought ([`NewFile::has`]), and wants to be told of holes ([`NewFile::skip`]).
    pub resumes: bool,
    /// Can make files without being given their content ([`TargetFolder::recall`]).
    pub recalls: bool,
    /// Files are held in memory while they are gathered: at most so many bytes may come in another order than that of their files.
    pub disorder_bytes_max: Option<u64>,
}

/// Something that entries have, and that a target may not know at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Attribute {
    Mode,
    Owner,
    Xattrs,
    /// The time of a folder.
    FolderTime,
    /// The part of a time below a second.
    Fraction,
    /// That two names are one file.
    HardLink,
}

/// A file that is to be written.
pub struct New<'a> {
    pub entry: &'a Entry,
    /// Its path in the snapshot.
    pub path: &'a TreePath,
    /// What stood there when it was decided that it may be replaced. Something else by now is a conflict.
    pub over: Option<&'a Entry>,
    /// The same for the same content, in this and any later run; empty where nobody knows.
    pub content: &'a [u8],
    pub ticket: Ticket,
}

static NOWHERE: TreePath = TreePath::top();

impl<'a> New<'a> {
    /// A file of which nothing more is known.
    pub fn of(entry: &'a Entry) -> Self {
        Self { entry, path: &NOWHERE, over: None, content: &[], ticket: Ticket(0) }
    }
}

/// An open folder of a target.
///
/// Methods that take an [`Entry`] take its name from it. Each returns what was kept differently than asked as rows for the
/// report; an error means that the item is not there.
pub trait TargetFolder: Send + Sync {
    /// What stands under `name` now, extended attributes left out. Never follows a link.
    fn look(&self, name: &[u8]) -> Result<Option<Entry>>;

    /// The same, asked for by itself where [`TargetFolder::look`] goes by a listing, which may lag behind what was written.
    fn look_again(&self, name: &[u8]) -> Result<Option<Entry>> {
        self.look(name)
    }

    /// Everything that stands in this folder, sorted; for `--delete`.
    fn names(&self) -> Result<Names>;

    /// Opens a file that stands here, to compare its content.
    fn read(&self, entry: &Entry) -> Result<Box<dyn OpenFile>>;

    /// Opens the folder `name`, or `None` when no folder (or something that is none) stands there.
    fn open(&self, name: &[u8]) -> Result<Option<Arc<dyn TargetFolder>>>;

    /// Makes a folder and opens it. It may be open to its owner only until [`TargetFolder::settle`] is called on it.
    fn make_folder(
        &self,
        entry: &Entry,
        ticket: Ticket,
        skips: &mut dyn FnMut(Skip),
    ) -> Result<(Arc<dyn TargetFolder>, State)>;

    /// Starts a file, which appears under its name only in [`NewFile::finish`], in place of what stood there.
    fn create(&self, new: &New) -> Result<Box<dyn NewFile>>;

    /// Makes a file without being given its content, where the provider still has it; `false` where it has to be written.
    fn recall(&self, new: &New) -> Result<bool> {
        let _ = new;
        Ok(false)
    }

    /// Makes a symlink, FIFO, socket or device, in place of a file that stood there.
    fn make(&self, entry: &Entry, skips: &mut dyn FnMut(Skip)) -> Result<()>;

    /// Gives the file `name` in `folder`, which this target made, another name here, in place of a file that stood there.
    fn link(&self, name: &[u8], folder: &dyn TargetFolder, original: &[u8], skips: &mut dyn FnMut(Skip)) -> Result<()>;

    /// Sets times, mode, owner and attributes of something that stands here already with the right content.
    fn update(&self, entry: &Entry, skips: &mut dyn FnMut(Skip)) -> Result<()>;

    /// Why `name` stays although the snapshot does not have it; `None` when it may be removed.
    fn protected(&self, name: &[u8]) -> Result<Option<String>> {
        let _ = name;
        Ok(None)
    }

    /// Removes a name and, for a folder, everything below it. Never follows a link.
    fn remove(&self, name: &[u8], why: Removal) -> Result<State>;

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

    /// These bytes are zero, and will not be written.
    fn skip(&self, offset: u64, len: u64) -> Result<()> {
        let _ = (offset, len);
        Ok(())
    }

    /// These bytes are there already, from an earlier run.
    fn has(&self, offset: u64, len: u64) -> bool {
        let _ = (offset, len);
        false
    }

    /// The file is whole: gives it its size (what was not written is a hole), its metadata and its name.
    fn finish(self: Box<Self>, skips: &mut dyn FnMut(Skip)) -> Result<State>;
}
