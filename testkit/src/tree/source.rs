//! A tree in memory as a source.

use std::sync::{Arc, Mutex, PoisonError};

use larder_connect::{Folder, Names, OpenFile, Source};
use larder_model::{Entry, Kind, Metadata, Origin, Problem, Result, Skip, Time, TreePath};

use super::{Inode, MemoryTree, SharedTree, TOP, Trouble, reading::Reading, reading::denied};

/// Where the tree lies in the source's own tree.
const ROOT: &str = "/memory/place";

type Hook = Arc<dyn Fn(&TreePath) + Send + Sync>;

/// Reads a tree in memory, as its one root `/memory/place`.
#[derive(Clone)]
pub struct MemorySource {
    tree: SharedTree,
    identity: String,
    root: TreePath,
    hook: Option<Hook>,
    /// What [`Source::finish`] says, once.
    ending: Arc<Mutex<Option<Problem>>>,
}

impl MemorySource {
    pub fn new(tree: &SharedTree) -> Self {
        Self {
            tree: tree.clone(),
            identity: "testkit".to_owned(),
            root: TreePath::new(ROOT),
            hook: None,
            ending: Arc::default(),
        }
    }

    /// Another machine: another origin.
    pub fn named(mut self, identity: &str) -> Self {
        identity.clone_into(&mut self.identity);
        self
    }

    /// Calls `hook` with the path of each file that is opened, from the root.
    pub fn on_open(mut self, hook: impl Fn(&TreePath) + Send + Sync + 'static) -> Self {
        self.hook = Some(Arc::new(hook));
        self
    }

    /// Ends with this problem: what was read is worth nothing.
    pub fn ending_with(self, problem: Problem) -> Self {
        *self.ending.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
        self
    }

    pub fn tree(&self) -> &SharedTree {
        &self.tree
    }

    pub fn root(&self) -> &TreePath {
        &self.root
    }
}

impl Source for MemorySource {
    fn origin(&self) -> Origin {
        Origin { connector: "memory".to_owned(), identity: self.identity.clone(), root: self.root.to_string() }
    }

    fn roots(&self) -> Vec<TreePath> {
        vec![self.root.clone()]
    }

    fn now(&self) -> Option<Time> {
        Some(self.tree.lock().clock().now())
    }

    fn top(&self) -> Result<Arc<dyn Folder>> {
        Ok(Arc::new(Way { source: self.clone(), depth: 0 }))
    }

    fn finish(&self) -> Result<()> {
        self.ending.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }
}

/// A folder on the way to the root.
struct Way {
    source: MemorySource,
    depth: usize,
}

impl Way {
    fn next(&self, name: &[u8]) -> Result<()> {
        let is_next = self.source.root.names().nth(self.depth) == Some(name);
        if is_next { Ok(()) } else { Err(Problem::not_found("there is no such folder")) }
    }

    fn is_last(&self) -> bool {
        self.depth + 1 == self.source.root.names().count()
    }
}

impl Folder for Way {
    fn names(&self, _: &mut dyn FnMut(Skip)) -> Result<Names> {
        let mut names = Names::default();
        assert!(names.push(self.source.root.names().nth(self.depth).unwrap(), Some(Kind::Directory)));
        Ok(names)
    }

    fn stat(&self, name: &[u8], _: &mut dyn FnMut(Skip)) -> Result<Option<Entry>> {
        if self.next(name).is_err() {
            return Ok(None);
        }
        let known = self.is_last().then(|| self.source.tree.lock().describe(TOP, name));
        Ok(Some(known.unwrap_or_else(|| Entry::new(name, Kind::Directory))))
    }

    fn details(&self, _: &[u8], _: &mut Metadata, _: &mut dyn FnMut(Skip)) -> Result<()> {
        Ok(())
    }

    fn open(&self, _: &Entry) -> Result<Box<dyn OpenFile>> {
        Err(Problem::not_found("there is no such file"))
    }

    fn folder(&self, name: &[u8]) -> Result<Arc<dyn Folder>> {
        self.next(name)?;
        let source = self.source.clone();
        if self.is_last() {
            return Ok(Arc::new(MemoryFolder { path: source.root.clone(), source, inode: TOP }));
        }
        Ok(Arc::new(Self { source, depth: self.depth + 1 }))
    }

    fn path(&self) -> TreePath {
        self.source.root.names().take(self.depth).fold(TreePath::top(), |path, name| path.child(name))
    }
}

struct MemoryFolder {
    source: MemorySource,
    path: TreePath,
    inode: u64,
}

impl MemoryFolder {
    fn own<'t>(&self, tree: &'t MemoryTree) -> Result<&'t Inode> {
        tree.get(self.inode).ok_or_else(|| Problem::not_found(format!("{} is gone", self.path)))
    }

    fn child(&self, tree: &MemoryTree, name: &[u8], kind: Kind) -> Result<u64> {
        let inode = self.own(tree)?.children.get(name).copied();
        inode
            .filter(|inode| tree.get(*inode).is_some_and(|found| found.kind == kind))
            .ok_or_else(|| Problem::not_found(format!("there is no {}", self.path.child(name))))
    }
}

impl Folder for MemoryFolder {
    fn names(&self, _: &mut dyn FnMut(Skip)) -> Result<Names> {
        let tree = self.source.tree.lock();
        let own = self.own(&tree)?;
        match own.trouble {
            Some(Trouble::Unreadable) => return Err(denied("listing it")),
            Some(Trouble::BreaksOff(_)) => return Err(Problem::failed("the listing broke off").tag("EIO")),
            _ => {}
        }
        let mut names = Names::default();
        for (name, inode) in &own.children {
            assert!(names.push(name, tree.get(*inode).map(|found| found.kind)));
        }
        names.sort();
        Ok(names)
    }

    fn stat(&self, name: &[u8], _: &mut dyn FnMut(Skip)) -> Result<Option<Entry>> {
        let tree = self.source.tree.lock();
        let Some(inode) = self.own(&tree)?.children.get(name).copied() else { return Ok(None) };
        let mut entry = tree.describe(inode, name);
        entry.meta.xattrs.clear();
        match tree.get(inode).and_then(|found| found.trouble) {
            Some(Trouble::Undescribed) => return Err(denied("describing it")),
            Some(Trouble::Stream) => {
                (entry.meta.size, entry.meta.mtime, entry.meta.ctime) = (0, None, None);
            }
            _ => {}
        }
        Ok(Some(entry))
    }

    fn details(&self, name: &[u8], meta: &mut Metadata, _: &mut dyn FnMut(Skip)) -> Result<()> {
        let tree = self.source.tree.lock();
        let gone = || Problem::not_found(format!("there is no {}", self.path.child(name)));
        let inode = *self.own(&tree)?.children.get(name).ok_or_else(gone)?;
        let found = tree.get(inode).ok_or_else(gone)?;
        if found.trouble == Some(Trouble::NoDetails) {
            return Err(denied("reading its attributes"));
        }
        meta.xattrs.clone_from(&found.meta.xattrs);
        Ok(())
    }

    fn open(&self, entry: &Entry) -> Result<Box<dyn OpenFile>> {
        if let Some(hook) = &self.source.hook {
            hook(&TreePath::new(&self.path.child(&entry.name).as_bytes()[self.source.root.as_bytes().len()..]));
        }
        let mut tree = self.source.tree.lock();
        let inode = self.child(&tree, &entry.name, Kind::File)?;
        if entry.meta.stamp.is_none_or(|stamp| stamp.inode != inode) {
            return Err(Problem::not_found("another file stands there now"));
        }
        match tree.get(inode).and_then(|found| found.trouble) {
            Some(Trouble::Unreadable) => return Err(denied("opening it")),
            Some(Trouble::Vanishes) => {
                tree.drop_name(self.inode, &entry.name);
                return Err(Problem::not_found("it has just vanished"));
            }
            _ => {}
        }
        drop(tree);
        Ok(Box::new(Reading::new(&self.source.tree, inode)))
    }

    fn folder(&self, name: &[u8]) -> Result<Arc<dyn Folder>> {
        let inode = self.child(&self.source.tree.lock(), name, Kind::Directory)?;
        Ok(Arc::new(Self { source: self.source.clone(), path: self.path.child(name), inode }))
    }

    fn path(&self) -> TreePath {
        self.path.clone()
    }
}
