//! A tree in memory as a target.

use std::{
    any::Any,
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use larder_connect::{Abilities, Names, New, NewFile, OpenFile, Removal, State, Target, TargetFolder, Ticket};
use larder_model::{Entry, Kind, Metadata, Problem, ProblemKind, Result, Skip, TreePath};

use super::{Body, Extent, MemoryTree, SharedTree, reading::Reading};
use crate::SimClock;

/// Writes a tree in memory, below one folder of it, and remembers what it was asked to do.
#[derive(Clone)]
pub struct MemoryTarget {
    tree: SharedTree,
    place: TreePath,
    log: Arc<Mutex<Vec<String>>>,
    space_left: Arc<Mutex<Option<u64>>>,
}

impl MemoryTarget {
    /// A target at `place` of a tree. What is not below `place` must stay as it is.
    pub fn new(tree: &SharedTree, place: &str) -> Self {
        Self { tree: tree.clone(), place: TreePath::new(place), log: Arc::default(), space_left: Arc::default() }
    }

    /// An empty tree, with the target at its top.
    pub fn empty(clock: &SimClock) -> Self {
        Self::new(&MemoryTree::new(clock).shared(), "/")
    }

    /// Holds no more than this many bytes.
    pub fn with_space(self, bytes: u64) -> Self {
        *self.space_left.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes);
        self
    }

    pub fn tree(&self) -> &SharedTree {
        &self.tree
    }

    /// What it was asked to do, in order.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn did(&self, what: &str, path: &TreePath) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{what} {path}"));
    }

    fn take_space(&self, len: u64) -> Result<()> {
        let mut left = self.space_left.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(left) = left.as_mut() else { return Ok(()) };
        *left = left.checked_sub(len).ok_or_else(|| Problem::new(ProblemKind::NoSpace, "the target is full"))?;
        Ok(())
    }
}

impl Target for MemoryTarget {
    fn location(&self) -> String {
        format!("memory:{}", self.place)
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            symlinks: true,
            hardlinks: true,
            specials: true,
            owners: true,
            xattrs: true,
            retouches: true,
            ..Abilities::default()
        }
    }

    fn top(&self, make: bool) -> Result<Option<Arc<dyn TargetFolder>>> {
        let mut tree = self.tree.lock();
        let inode = match tree.lookup(&self.place) {
            Some(inode) => inode,
            None if make => tree.add(self.place.as_bytes(), Kind::Directory),
            None => return Ok(None),
        };
        Ok(Some(Arc::new(MemoryFolder { target: self.clone(), path: self.place.clone(), inode })))
    }

    fn flush(&self, _: &mut dyn FnMut(Skip)) -> Result<()> {
        self.did("flush", &self.place);
        Ok(())
    }
}

struct MemoryFolder {
    target: MemoryTarget,
    path: TreePath,
    inode: u64,
}

impl MemoryFolder {
    fn found(&self, name: &[u8]) -> Result<Option<u64>> {
        check(name)?;
        let tree = self.target.tree.lock();
        tree.get(self.inode).ok_or_else(|| Problem::not_found(format!("{} is gone", self.path)))?;
        Ok(tree.child(self.inode, name))
    }

    fn kind(&self, inode: u64) -> Option<Kind> {
        self.target.tree.lock().get(inode).map(|found| found.kind)
    }

    fn expect(&self, name: &[u8]) -> Result<u64> {
        self.found(name)?.ok_or_else(|| Problem::not_found(format!("there is no {}", self.path.child(name))))
    }

    /// Refuses to put something in the place of a folder.
    fn free(&self, name: &[u8]) -> Result<()> {
        match self.found(name)?.and_then(|inode| self.kind(inode)) {
            Some(Kind::Directory) => Err(in_the_way(&self.path.child(name))),
            _ => Ok(()),
        }
    }

    fn did(&self, what: &str, name: &[u8]) {
        self.target.did(what, &self.path.child(name));
    }
}

fn check(name: &[u8]) -> Result<()> {
    if Entry::is_safe_name(name) { Ok(()) } else { Err(Problem::failed("that is no name")) }
}

fn in_the_way(path: &TreePath) -> Problem {
    Problem::new(ProblemKind::Conflict, format!("something else stands at {path}"))
}

/// What was asked for, on an inode that keeps its own times of change.
fn apply(tree: &SharedTree, inode: u64, meta: &Metadata) {
    tree.lock().edit(inode, |found| {
        let (ctime, btime) = (found.meta.ctime, found.meta.btime);
        found.meta = Metadata { ctime, btime, size: 0, stamp: None, link: None, ..meta.clone() };
    });
}

impl TargetFolder for MemoryFolder {
    fn look(&self, name: &[u8]) -> Result<Option<Entry>> {
        let Some(inode) = self.found(name)? else { return Ok(None) };
        let mut entry = self.target.tree.lock().describe(inode, name);
        entry.meta.xattrs.clear();
        Ok(Some(entry))
    }

    fn names(&self) -> Result<Names> {
        let tree = self.target.tree.lock();
        let own = tree.get(self.inode).ok_or_else(|| Problem::not_found(format!("{} is gone", self.path)))?;
        let mut names = Names::default();
        for (name, inode) in &own.children {
            assert!(names.push(name, tree.get(*inode).map(|found| found.kind)));
        }
        names.sort();
        Ok(names)
    }

    fn read(&self, entry: &Entry) -> Result<Box<dyn OpenFile>> {
        let inode = self.expect(&entry.name)?;
        if self.kind(inode) != Some(Kind::File) {
            return Err(in_the_way(&self.path.child(&entry.name)));
        }
        self.did("read", &entry.name);
        Ok(Box::new(Reading::new(&self.target.tree, inode)))
    }

    fn open(&self, name: &[u8]) -> Result<Option<Arc<dyn TargetFolder>>> {
        let inode = self.found(name)?.filter(|inode| self.kind(*inode) == Some(Kind::Directory));
        let path = self.path.child(name);
        Ok(inode.map(|inode| Arc::new(Self { target: self.target.clone(), path, inode }) as Arc<dyn TargetFolder>))
    }

    fn make_folder(&self, entry: &Entry, _: Ticket, _: &mut dyn FnMut(Skip)) -> Result<(Arc<dyn TargetFolder>, State)> {
        match self.found(&entry.name)? {
            Some(inode) if self.kind(inode) == Some(Kind::Directory) => {}
            Some(_) => return Err(in_the_way(&self.path.child(&entry.name))),
            None => {
                self.did("make folder", &entry.name);
                self.target.tree.lock().make(self.inode, &entry.name, Kind::Directory);
            }
        }
        Ok((self.open(&entry.name)?.unwrap(), State::Done))
    }

    fn create(&self, new: &New) -> Result<Box<dyn NewFile>> {
        let entry = new.entry;
        check(&entry.name)?;
        let folder = Self { target: self.target.clone(), path: self.path.clone(), inode: self.inode };
        Ok(Box::new(MemoryFile { folder, entry: entry.clone(), pieces: Mutex::default() }))
    }

    fn make(&self, entry: &Entry, _: &mut dyn FnMut(Skip)) -> Result<()> {
        self.free(&entry.name)?;
        let target = entry.meta.target.as_deref();
        if entry.kind == Kind::Symlink && target.is_none_or(|target| target.is_empty() || target.contains(&0)) {
            return Err(Problem::failed("a link without a target"));
        }
        self.did("make", &entry.name);
        let inode = self.target.tree.lock().make(self.inode, &entry.name, entry.kind);
        apply(&self.target.tree, inode, &entry.meta);
        Ok(())
    }

    fn link(&self, name: &[u8], folder: &dyn TargetFolder, original: &[u8], _: &mut dyn FnMut(Skip)) -> Result<()> {
        self.free(name)?;
        let folder: &Self = folder.as_any().downcast_ref().unwrap();
        let inode = folder.expect(original)?;
        self.did("link", name);
        if self.found(name)? != Some(inode) {
            self.target.tree.lock().put_name(self.inode, name, inode);
        }
        Ok(())
    }

    fn update(&self, entry: &Entry, _: &mut dyn FnMut(Skip)) -> Result<()> {
        let inode = self.expect(&entry.name)?;
        self.did("update", &entry.name);
        apply(&self.target.tree, inode, &entry.meta);
        Ok(())
    }

    fn remove(&self, name: &[u8], _: Removal) -> Result<State> {
        self.expect(name)?;
        self.did("remove", name);
        self.target.tree.lock().drop_name(self.inode, name);
        Ok(State::Done)
    }

    fn settle(&self, meta: &Metadata, _: &mut dyn FnMut(Skip)) -> Result<()> {
        self.target.did("settle", &self.path);
        apply(&self.target.tree, self.inode, meta);
        Ok(())
    }

    fn written_name(&self, name: &[u8]) -> Box<[u8]> {
        name.into()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct MemoryFile {
    folder: MemoryFolder,
    entry: Entry,
    pieces: Mutex<BTreeMap<u64, Vec<u8>>>,
}

impl NewFile for MemoryFile {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.folder.target.take_space(bytes.len() as u64)?;
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner).insert(offset, bytes.to_vec());
        Ok(())
    }

    fn finish(self: Box<Self>, _: &mut dyn FnMut(Skip)) -> Result<State> {
        let Self { folder, entry, pieces } = *self;
        folder.free(&entry.name)?;
        let body = join(pieces.into_inner().unwrap_or_else(PoisonError::into_inner), entry.meta.size);
        folder.did("write", &entry.name);
        let mut tree = folder.target.tree.lock();
        let inode = tree.make(folder.inode, &entry.name, Kind::File);
        tree.set_body(inode, body);
        drop(tree);
        apply(&folder.target.tree, inode, &entry.meta);
        Ok(State::Done)
    }
}

/// Pieces in their places; what was not written is a hole, and what lies beyond the size is cut off.
fn join(pieces: BTreeMap<u64, Vec<u8>>, size: u64) -> Body {
    let mut body = Body::default();
    for (offset, mut bytes) in pieces {
        let at = body.len();
        assert!(offset >= at, "pieces of a file do not overlap");
        bytes.truncate(size.saturating_sub(offset) as usize);
        body.push(Extent::Hole(offset.min(size) - at));
        body.push(Extent::Data(bytes.into()));
    }
    let at = body.len();
    body.push(Extent::Hole(size - at));
    body
}
