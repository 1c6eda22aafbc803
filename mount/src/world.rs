//! All that is mounted: from numbers and names to items and what is known of them.

use std::{sync::Arc, time::Duration};

use fuser::{Errno, FileAttr};
use larder_engine::{Node, Reader, SnapshotInfo, Tree};
use larder_model::{Problem, ProblemKind, Result, Time, TreePath};

use crate::{
    Surroundings, What,
    attributes::{self, Person},
    catalog::{AGE_MAX, Catalog, Child, Shelves},
    dir::{Dir, Identity, Keys, Opened},
    inodes::{Inodes, Item},
    recent::Recent,
    troubles::Troubles,
    xattrs::has_xattrs,
};

/// How long the kernel may keep what never changes.
const LASTING: Duration = Duration::from_secs(24 * 60 * 60);

/// What the kernel is answered, or the number of an error.
pub type Answer<T> = Result<T, Errno>;

pub struct World {
    pub inodes: Inodes,
    reader: Reader,
    /// None when one snapshot is mounted.
    catalog: Option<Catalog>,
    recent: Recent,
    keys: Keys,
    person: Person,
    around: Arc<dyn Surroundings>,
    troubles: Troubles,
}

/// An item that the kernel is told of, and how long it may believe that.
pub struct Told {
    pub attributes: FileAttr,
    pub lasts: Duration,
    pub name_lasts: Duration,
}

impl World {
    pub fn open(reader: Reader, what: What, around: Arc<dyn Surroundings>) -> Result<Self> {
        let (root, has_xattrs, catalog) = match what {
            What::All => (Item::Shelf("".into()), false, Some(Catalog::open(reader.clone(), &*around)?)),
            What::Folder(tree, path) => {
                let (root, has_xattrs) = folder(*tree, path)?;
                (root, has_xattrs, None)
            }
        };
        Ok(Self {
            inodes: Inodes::new(root, has_xattrs),
            reader,
            catalog,
            recent: Recent::default(),
            keys: Keys::default(),
            person: Person::current(),
            around,
            troubles: Troubles::default(),
        })
    }

    /// Tells people what could not be read, and the kernel that it could not.
    pub fn fail(&self, item: &str, problem: &Problem) -> Errno {
        if self.troubles.is_news(item, problem) {
            self.around.trouble(item, problem);
        }
        if problem.is(ProblemKind::Interrupted) { Errno::EINTR } else { Errno::EIO }
    }

    pub fn shelves(&self) -> Arc<Shelves> {
        match &self.catalog {
            Some(catalog) => catalog.shelves(&*self.around, |problem| {
                let _ = self.fail("the list of snapshots", problem);
            }),
            None => Arc::default(),
        }
    }

    fn item(&self, inode: u64) -> Answer<Item> {
        self.inodes.get(inode).ok_or(Errno::ESTALE)
    }

    /// What stands in a folder under a name. The kernel is told of it, and has to forget it again.
    pub fn lookup(&self, parent: u64, name: &[u8]) -> Answer<Told> {
        if let Item::Shelf(path) = self.item(parent)? {
            let shelves = self.shelves();
            let shelf = shelves.get(&path).ok_or(Errno::ENOENT)?;
            let name = std::str::from_utf8(name).map_err(|_| Errno::ENOENT)?;
            let child = shelf.children.get(name).ok_or(Errno::ENOENT)?;
            return Ok(self.tell_child(&shelves, &path, name, child));
        }
        let dir = self.dir(parent)?;
        let node = dir.folder.find(name).map_err(|problem| self.fail(&dir.shown(name), &problem))?;
        Ok(self.tell_node(&dir, &Arc::new(node.ok_or(Errno::ENOENT)?)))
    }

    pub fn tell_node(&self, dir: &Arc<Dir>, node: &Arc<Node>) -> Told {
        let item = || Item::Entry(dir.clone(), node.entry.name[..].into());
        let inode = self.inodes.enter(self.node_identity(dir, node), has_xattrs(node), item);
        self.recent.insert(inode, node.clone());
        let attributes = attributes::of_node(inode, node, dir.opened.time, self.person);
        Told { attributes, lasts: LASTING, name_lasts: LASTING }
    }

    pub fn tell_child(&self, shelves: &Shelves, shelf: &str, name: &str, child: &Child) -> Told {
        let inode = self.inodes.enter(self.child_identity(shelf, name, child), false, || match child {
            Child::Shelf(path) => Item::Shelf(path.clone()),
            Child::Link(target) => Item::Link(target.clone()),
            Child::Snapshot(info) => Item::Snapshot(info.clone()),
        });
        let (attributes, lasts) = match child {
            Child::Shelf(path) => (self.shelf_attributes(inode, shelves, path), AGE_MAX),
            Child::Link(target) => (self.link_attributes(inode, target, shelves), LASTING),
            Child::Snapshot(info) => (self.snapshot_attributes(inode, info), LASTING),
        };
        Told { attributes, lasts, name_lasts: AGE_MAX }
    }

    pub fn node_identity(&self, dir: &Dir, node: &Node) -> Identity {
        dir.identity(node, &self.keys)
    }

    pub fn child_identity(&self, shelf: &str, name: &str, child: &Child) -> Identity {
        match child {
            Child::Shelf(path) => self.keys.identity(&("shelf", &**path)),
            // Another target is another link: the kernel may keep what a link says.
            Child::Link(target) => self.keys.identity(&("link", shelf, name, &**target)),
            Child::Snapshot(info) => self.keys.identity(&("snapshot", info.id.0)),
        }
    }

    fn shelf_attributes(&self, inode: u64, shelves: &Shelves, path: &str) -> FileAttr {
        let time = shelves.get(path).map_or_else(Time::default, |shelf| shelf.time);
        attributes::of_shelf(inode, time, self.person)
    }

    fn link_attributes(&self, inode: u64, target: &str, shelves: &Shelves) -> FileAttr {
        let time = shelves.get("all").map_or_else(Time::default, |shelf| shelf.time);
        attributes::of_link(inode, target, time, self.person)
    }

    fn snapshot_attributes(&self, inode: u64, info: &SnapshotInfo) -> FileAttr {
        attributes::of_shelf(inode, info.record.start(), self.person)
    }

    pub fn attributes(&self, inode: u64) -> Answer<Told> {
        let (attributes, lasts) = match self.item(inode)? {
            Item::Shelf(path) => (self.shelf_attributes(inode, &self.shelves(), &path), AGE_MAX),
            Item::Link(target) => (self.link_attributes(inode, &target, &self.shelves()), LASTING),
            Item::Snapshot(info) => (self.snapshot_attributes(inode, &info), LASTING),
            Item::Top(dir) => (attributes::of_shelf(inode, dir.opened.time, self.person), LASTING),
            Item::Entry(..) => {
                let (dir, node) = self.node(inode)?;
                (attributes::of_node(inode, &node, dir.opened.time, self.person), LASTING)
            }
        };
        Ok(Told { attributes, lasts, name_lasts: lasts })
    }

    /// Where a link leads.
    pub fn target(&self, inode: u64) -> Answer<Vec<u8>> {
        if let Item::Link(target) = self.item(inode)? {
            return Ok(target.as_bytes().to_vec());
        }
        let (_, node) = self.node(inode)?;
        node.entry.meta.target.as_deref().map(<[u8]>::to_vec).ok_or(Errno::EINVAL)
    }

    /// The path of a folder that no snapshot holds.
    pub fn shelf(&self, inode: u64) -> Answer<Option<Arc<str>>> {
        match self.item(inode)? {
            Item::Shelf(path) => Ok(Some(path)),
            _ => Ok(None),
        }
    }

    /// The folder of a snapshot that this is.
    pub fn dir(&self, inode: u64) -> Answer<Arc<Dir>> {
        if let Some(dir) = self.inodes.dir(inode) {
            return Ok(dir);
        }
        let dir = match self.item(inode)? {
            Item::Top(dir) => return Ok(dir),
            Item::Snapshot(info) => self.top(&info).map_err(|problem| self.fail(&info.id.short(), &problem))?,
            Item::Entry(..) => {
                let (parent, node) = self.node(inode)?;
                if !node.entry.is_dir() {
                    return Err(Errno::ENOTDIR);
                }
                parent.below(&node).map_err(|problem| self.fail(&parent.shown(&node.entry.name), &problem))?
            }
            Item::Shelf(_) | Item::Link(_) => return Err(Errno::ENOTDIR),
        };
        let dir = Arc::new(dir);
        self.inodes.keep_dir(inode, &dir);
        Ok(dir)
    }

    fn top(&self, info: &SnapshotInfo) -> Result<Dir> {
        let tree = self.reader.tree(info)?;
        let opened = Opened { id: info.id, time: info.record.start(), tree };
        Dir::at(Arc::new(opened), TreePath::top())
    }

    /// The entry of a snapshot that this is, and the folder that it stands in.
    pub fn node(&self, inode: u64) -> Answer<(Arc<Dir>, Arc<Node>)> {
        let Item::Entry(dir, name) = self.item(inode)? else { return Err(Errno::EINVAL) };
        if let Some(node) = self.recent.get(inode) {
            return Ok((dir, node));
        }
        let found = dir.folder.find(&name).map_err(|problem| self.fail(&dir.shown(&name), &problem))?;
        let node = Arc::new(found.ok_or(Errno::ESTALE)?);
        self.recent.insert(inode, node.clone());
        Ok((dir, node))
    }

    /// The same, if it was seen lately: then nobody has to wait.
    pub fn recent_node(&self, inode: u64) -> Option<(Arc<Dir>, Arc<Node>)> {
        let Some(Item::Entry(dir, _)) = self.inodes.get(inode) else { return None };
        Some((dir, self.recent.get(inode)?))
    }

    /// Whether the store is far away.
    pub fn is_far(&self) -> bool {
        self.reader.is_far()
    }

    /// Names of extended attributes.
    pub fn xattr_names(&self, inode: u64) -> Answer<Vec<u8>> {
        let Item::Entry(..) = self.item(inode)? else { return Ok(Vec::new()) };
        let (_, node) = self.node(inode)?;
        let short = node.entry.meta.xattrs.iter().map(|xattr| &xattr.name);
        let names = short.chain(node.long_xattrs.iter().map(|xattr| &xattr.name));
        Ok(names.flat_map(|name| name.iter().copied().chain([0])).collect())
    }

    /// The value of an extended attribute.
    pub fn xattr(&self, inode: u64, name: &[u8]) -> Answer<Vec<u8>> {
        let Item::Entry(..) = self.item(inode)? else { return Err(Errno::ENODATA) };
        let (dir, node) = self.node(inode)?;
        let value = dir.opened.tree.xattr(&node, name);
        value.map_err(|problem| self.fail(&dir.shown(&node.entry.name), &problem))?.ok_or(Errno::ENODATA)
    }
}

/// The folder at a path as what is mounted, and whether it has extended attributes. The top of a snapshot is in no folder.
fn folder(tree: Tree<'static>, path: TreePath) -> Result<(Item, bool)> {
    let node = tree.node(&path)?;
    let opened = Arc::new(Opened { id: tree.snapshot(), time: tree.time(), tree });
    let Some(node) = node else { return Ok((Item::Top(Arc::new(Dir::at(opened, path)?)), false)) };
    let mut parent = path;
    parent.pop();
    let has_xattrs = has_xattrs(&node);
    Ok((Item::Entry(Arc::new(Dir::at(opened, parent)?), node.entry.name.into_vec().into()), has_xattrs))
}
