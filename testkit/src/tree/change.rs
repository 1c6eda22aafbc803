//! Changing a tree in memory. Every change takes a new moment of the clock, as on a disk.

use larder_model::{Kind, Metadata, Owner, TreePath, Xattr};

use super::{Body, Inode, MemoryTree, TOP, Trouble};

impl MemoryTree {
    pub(super) fn add_inode(&mut self, kind: Kind) -> u64 {
        let now = self.clock.tick();
        let mode = if kind == Kind::Directory { 0o755 } else { 0o644 };
        let meta = Metadata {
            mtime: Some(now),
            ctime: Some(now),
            btime: Some(now),
            mode: Some(mode),
            owner: Some(Owner { uid: 1000, gid: 1000, user: Some((*b"ann").into()), group: None }),
            ..Metadata::default()
        };
        let inode = self.next;
        self.next += 1;
        let new = Inode { kind, meta, body: Body::default(), children: Default::default(), names: 0, trouble: None };
        self.inodes.insert(inode, new);
        inode
    }

    /// Makes a new item under a name that is free.
    pub fn make(&mut self, folder: u64, name: &[u8], kind: Kind) -> u64 {
        let inode = self.add_inode(kind);
        self.put_name(folder, name, inode);
        inode
    }

    /// Lets a name stand for `inode`, in place of what it stood for.
    pub(super) fn put_name(&mut self, folder: u64, name: &[u8], inode: u64) {
        self.drop_name(folder, name);
        self.inodes.get_mut(&inode).unwrap().names += 1;
        self.inodes.get_mut(&folder).unwrap().children.insert(name.into(), inode);
        self.changed(folder);
    }

    /// Takes a name away, and with it everything below it.
    pub(super) fn drop_name(&mut self, folder: u64, name: &[u8]) {
        let Some(inode) = self.inodes.get_mut(&folder).unwrap().children.remove(name) else { return };
        let mut gone = vec![inode];
        while let Some(inode) = gone.pop() {
            let found = self.inodes.get_mut(&inode).unwrap();
            found.names -= 1;
            if found.names == 0 {
                gone.extend(std::mem::take(&mut found.children).into_values());
            }
        }
        self.changed(folder);
    }

    fn changed(&mut self, inode: u64) {
        let now = self.clock.tick();
        let meta = &mut self.inodes.get_mut(&inode).unwrap().meta;
        (meta.mtime, meta.ctime) = (Some(now), Some(now));
    }

    /// Changes an inode as it pleases; its ctime follows.
    pub fn edit(&mut self, inode: u64, edit: impl FnOnce(&mut Inode)) {
        let now = self.clock.tick();
        let found = self.inodes.get_mut(&inode).unwrap();
        found.meta.ctime = Some(now);
        edit(found);
    }

    fn folder_of(&mut self, path: &TreePath) -> u64 {
        let mut folder = path.clone();
        folder.pop();
        let mut inode = TOP;
        for name in folder.names() {
            inode = match self.child(inode, name) {
                Some(child) => child,
                None => self.make(inode, name, Kind::Directory),
            };
        }
        inode
    }

    /// Gives a file these bytes; makes it, and folders on the way, where they are missing.
    pub fn write(&mut self, path: impl AsRef<[u8]>, body: impl Into<Body>) -> u64 {
        let path = TreePath::new(path);
        let folder = self.folder_of(&path);
        let name = path.name().unwrap();
        let inode = self.child(folder, name).unwrap_or_else(|| self.make(folder, name, Kind::File));
        self.set_body(inode, body.into());
        inode
    }

    pub fn set_body(&mut self, inode: u64, body: Body) {
        self.inodes.get_mut(&inode).unwrap().body = body;
        self.changed(inode);
    }

    /// Makes anything but a file at a path.
    pub fn add(&mut self, path: impl AsRef<[u8]>, kind: Kind) -> u64 {
        let path = TreePath::new(path);
        let folder = self.folder_of(&path);
        self.make(folder, path.name().unwrap(), kind)
    }

    pub fn add_symlink(&mut self, path: impl AsRef<[u8]>, target: &[u8]) -> u64 {
        let inode = self.add(path, Kind::Symlink);
        self.inodes.get_mut(&inode).unwrap().meta.target = Some(target.into());
        inode
    }

    /// Another name for the file at `original`.
    pub fn add_link(&mut self, path: impl AsRef<[u8]>, original: impl AsRef<[u8]>) {
        let inode = self.lookup(&TreePath::new(original)).unwrap();
        let path = TreePath::new(path);
        let folder = self.folder_of(&path);
        self.put_name(folder, path.name().unwrap(), inode);
        self.edit(inode, |_| {});
    }

    pub fn rename(&mut self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) {
        let (from, to) = (TreePath::new(from), TreePath::new(to));
        let inode = self.lookup(&from).unwrap();
        let new_folder = self.folder_of(&to);
        self.put_name(new_folder, to.name().unwrap(), inode);
        let old_folder = self.folder_of(&from);
        self.drop_name(old_folder, from.name().unwrap());
        self.edit(inode, |_| {});
    }

    pub fn remove(&mut self, path: impl AsRef<[u8]>) {
        let path = TreePath::new(path);
        let folder = self.folder_of(&path);
        self.drop_name(folder, path.name().unwrap());
    }

    pub fn set_xattr(&mut self, path: impl AsRef<[u8]>, name: &str, value: &[u8]) {
        let inode = self.lookup(&TreePath::new(path)).unwrap();
        let name: Box<[u8]> = name.as_bytes().into();
        self.edit(inode, |inode| {
            inode.meta.xattrs.retain(|xattr| xattr.name != name);
            inode.meta.xattrs.push(Xattr { name, value: value.into() });
            inode.meta.xattrs.sort_by(|a, b| a.name.cmp(&b.name));
        });
    }

    /// Lets an item be in trouble from now on, or in none.
    pub fn trouble(&mut self, path: impl AsRef<[u8]>, trouble: impl Into<Option<Trouble>>) {
        let inode = self.lookup(&TreePath::new(path)).unwrap();
        self.inodes.get_mut(&inode).unwrap().trouble = trouble.into();
    }
}
