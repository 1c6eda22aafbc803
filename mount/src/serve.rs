//! What the kernel asks, and what it is answered. Whatever may have to wait for the storage is answered from a thread of its own.

use std::{
    ffi::OsStr,
    io,
    os::unix::ffi::OsStrExt,
    sync::{Arc, PoisonError},
    time::Duration,
};

use fuser::{
    AccessFlags, Errno, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo, InitFlags, KernelConfig,
    LockOwner, OpenAccMode, OpenFlags, ReplyAttr, ReplyData, ReplyDirectory, ReplyDirectoryPlus, ReplyEmpty,
    ReplyEntry, ReplyLseek, ReplyOpen, ReplyXattr, Request,
};

use crate::{
    attributes::file_type,
    catalog::Child,
    files::Files,
    listing::{Listings, Row},
    pool::Pool,
    world::{Answer, Told, World},
    xattrs::Xattrs,
};

/// Requests that the kernel may have on their way beside those that somebody waits for: reads ahead of its own.
const BACKGROUND_MAX: u16 = 64;
/// Numbers are never given to something else.
const GENERATION: Generation = Generation(0);
/// `lseek(2)`.
const SEEK_DATA: i32 = 3;
const SEEK_HOLE: i32 = 4;

pub struct Served(Arc<Shared>);

struct Shared {
    world: World,
    pool: Pool,
    files: Files,
    listings: Listings,
    xattrs: Xattrs,
}

impl Served {
    pub fn new(world: World, xattrs: Xattrs) -> Self {
        let (files, listings) = (Files::default(), Listings::default());
        Self(Arc::new(Shared { world, pool: Pool::default(), files, listings, xattrs }))
    }

    fn run(&self, job: impl FnOnce(&Shared) + Send + 'static) {
        let shared = self.0.clone();
        self.0.pool.run(move || job(&shared));
    }
}

impl Filesystem for Served {
    fn init(&mut self, _: &Request, config: &mut KernelConfig) -> io::Result<()> {
        // What a kernel does not have is done without.
        for wanted in [
            InitFlags::FUSE_PARALLEL_DIROPS,
            InitFlags::FUSE_DO_READDIRPLUS,
            InitFlags::FUSE_CACHE_SYMLINKS,
            InitFlags::FUSE_ASYNC_DIO,
        ] {
            let _ = config.add_capabilities(wanted);
        }
        let _ = config.set_max_background(BACKGROUND_MAX);
        Ok(())
    }

    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let name = name.as_bytes().to_vec();
        self.run(move |shared| match shared.world.lookup(parent.0, &name) {
            Ok(told) => reply.entry_with_ttls(&told.lasts, &told.name_lasts, &told.attributes, GENERATION),
            Err(error) => reply.error(error),
        });
    }

    fn forget(&self, _: &Request, inode: INodeNo, lookups: u64) {
        self.0.world.inodes.forget(inode.0, lookups);
    }

    fn getattr(&self, _: &Request, inode: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        self.run(move |shared| match shared.world.attributes(inode.0) {
            Ok(told) => reply.attr(&told.lasts, &told.attributes),
            Err(error) => reply.error(error),
        });
    }

    fn readlink(&self, _: &Request, inode: INodeNo, reply: ReplyData) {
        self.run(move |shared| send(reply, shared.world.target(inode.0)));
    }

    fn access(&self, _: &Request, _: INodeNo, mask: AccessFlags, reply: ReplyEmpty) {
        if mask.contains(AccessFlags::W_OK) { reply.error(Errno::EROFS) } else { reply.ok() }
    }

    fn open(&self, _: &Request, inode: INodeNo, flags: OpenFlags, reply: ReplyOpen) {
        if flags.acc_mode() != OpenAccMode::O_RDONLY {
            return reply.error(Errno::EROFS);
        }
        let answer = |answer: Answer<u64>| match answer {
            // Nothing in a snapshot changes: what the kernel has read before is right.
            Ok(handle) => reply.opened(FileHandle(handle), FopenFlags::FOPEN_KEEP_CACHE),
            Err(error) => reply.error(error),
        };
        let Shared { world, files, .. } = &*self.0;
        match world.recent_node(inode.0) {
            Some((dir, node)) => answer(files.open(world, &dir, &node)),
            None => self.run(move |Shared { world, files, .. }| {
                answer(world.node(inode.0).and_then(|(dir, node)| files.open(world, &dir, &node)));
            }),
        }
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let (file, len) = match self.0.files.get(handle.0) {
            Ok(file) => (file, size as usize),
            Err(error) => return reply.error(error),
        };
        file.read_ahead(&self.0.pool, offset, u64::from(size));
        match file.read_held(offset, len) {
            Some(bytes) => reply.data(&bytes),
            None => self.run(move |shared| match file.read(&shared.world, offset, len) {
                Ok(bytes) => reply.data(&bytes),
                Err(error) => reply.error(error),
            }),
        }
    }

    fn lseek(&self, _: &Request, _: INodeNo, handle: FileHandle, offset: i64, whence: i32, reply: ReplyLseek) {
        let Ok(offset) = u64::try_from(offset) else { return reply.error(Errno::ENXIO) };
        if whence != SEEK_DATA && whence != SEEK_HOLE {
            return reply.error(Errno::EINVAL);
        }
        self.run(move |shared| {
            let file = shared.files.get(handle.0);
            match file.and_then(|file| file.seek(&shared.world, offset, whence == SEEK_HOLE)) {
                Ok(at) => reply.offset(at as i64),
                Err(error) => reply.error(error),
            }
        });
    }

    fn release(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        _: Option<LockOwner>,
        _: bool,
        reply: ReplyEmpty,
    ) {
        self.0.files.close(handle.0);
        reply.ok();
    }

    fn opendir(&self, _: &Request, inode: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        self.run(move |shared| match shared.listings.open(&shared.world, inode.0) {
            Ok(handle) => reply.opened(FileHandle(handle), shared.listing_flags(inode.0)),
            Err(error) => reply.error(error),
        });
    }

    fn readdir(&self, _: &Request, inode: INodeNo, handle: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        self.run(move |shared| {
            let rows = shared.rows(handle.0, offset, &mut |next, row| {
                let (number, kind, name) = shared.world.name(inode.0, row);
                reply.add(INodeNo(number), next, kind, OsStr::from_bytes(name))
            });
            match rows {
                Ok(()) => reply.ok(),
                Err(error) => reply.error(error),
            }
        });
    }

    fn readdirplus(&self, _: &Request, inode: INodeNo, handle: FileHandle, offset: u64, mut reply: ReplyDirectoryPlus) {
        self.run(move |shared| {
            let rows = shared.rows(handle.0, offset, &mut |next, row| {
                let (_, _, name) = shared.world.name(inode.0, row);
                let name = OsStr::from_bytes(name);
                let Some(told) = shared.world.tell(row) else {
                    // The kernel knows these two, and takes no attributes for them.
                    let itself = crate::attributes::nameless(inode.0);
                    return reply.add(inode, next, name, &Duration::ZERO, &itself, GENERATION);
                };
                let lasts = told.lasts.min(told.name_lasts);
                let is_full = reply.add(told.attributes.ino, next, name, &lasts, &told.attributes, GENERATION);
                if is_full {
                    shared.world.inodes.forget(told.attributes.ino.0, 1);
                }
                is_full
            });
            match rows {
                Ok(()) => reply.ok(),
                Err(error) => reply.error(error),
            }
        });
    }

    fn releasedir(&self, _: &Request, _: INodeNo, handle: FileHandle, _: OpenFlags, reply: ReplyEmpty) {
        self.0.listings.close(handle.0);
        reply.ok();
    }

    fn getxattr(&self, _: &Request, inode: INodeNo, name: &OsStr, size: u32, reply: ReplyXattr) {
        if self.0.xattrs.has_none() {
            return reply.error(Errno::ENOSYS);
        }
        if !self.0.world.inodes.has_xattrs(inode.0) {
            return reply.error(Errno::ENODATA);
        }
        let name = name.as_bytes().to_vec();
        self.run(move |shared| send_xattr(reply, size, shared.world.xattr(inode.0, &name)));
    }

    fn listxattr(&self, _: &Request, inode: INodeNo, size: u32, reply: ReplyXattr) {
        if self.0.xattrs.is_left_out() {
            return reply.error(Errno::ENOSYS);
        }
        if !self.0.world.inodes.has_xattrs(inode.0) {
            return send_xattr(reply, size, Ok(Vec::new()));
        }
        self.run(move |shared| send_xattr(reply, size, shared.world.xattr_names(inode.0)));
    }
}

impl Shared {
    /// A listing of what never changes may be kept by the kernel.
    fn listing_flags(&self, inode: u64) -> FopenFlags {
        match self.world.shelf(inode) {
            Ok(None) => FopenFlags::FOPEN_CACHE_DIR | FopenFlags::FOPEN_KEEP_CACHE,
            _ => FopenFlags::empty(),
        }
    }

    fn rows(&self, handle: u64, offset: u64, add: &mut dyn FnMut(u64, &Row) -> bool) -> Answer<()> {
        let listing = self.listings.get(handle)?;
        let mut listing = listing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_begun = false;
        let rows = listing.rows(&self.world, offset, &mut |next, row| {
            let is_full = add(next, row);
            is_begun |= !is_full;
            is_full
        });
        // What comes before a damage is given out; whoever goes on meets it.
        if is_begun { Ok(()) } else { rows }
    }
}

impl World {
    /// What a listing says of a row that it does not tell more of.
    fn name<'r>(&self, inode: u64, row: &Row<'r>) -> (u64, FileType, &'r [u8]) {
        match row {
            Row::Itself => (inode, FileType::Directory, b"."),
            Row::Parent => (inode, FileType::Directory, b".."),
            Row::Child(_, shelf, name, child) => {
                let kind = if let Child::Link(_) = child { FileType::Symlink } else { FileType::Directory };
                (self.child_identity(shelf, name, child).place, kind, name.as_bytes())
            }
            Row::Node(dir, node) => (self.node_identity(dir, node).place, file_type(node.entry.kind), &node.entry.name),
        }
    }

    /// All that is known of a row; nothing is told of a folder itself and the one above it.
    fn tell(&self, row: &Row) -> Option<Told> {
        match row {
            Row::Itself | Row::Parent => None,
            Row::Child(shelves, shelf, name, child) => Some(self.tell_child(shelves, shelf, name, child)),
            Row::Node(dir, node) => Some(self.tell_node(dir, node)),
        }
    }
}

fn send(reply: ReplyData, answer: Answer<Vec<u8>>) {
    match answer {
        Ok(bytes) => reply.data(&bytes),
        Err(error) => reply.error(error),
    }
}

/// A value, or how long it is for those who ask with no room for one.
fn send_xattr(reply: ReplyXattr, room: u32, answer: Answer<Vec<u8>>) {
    match answer {
        Err(error) => reply.error(error),
        Ok(value) if room == 0 => reply.size(value.len() as u32),
        Ok(value) if value.len() > room as usize => reply.error(Errno::ERANGE),
        Ok(value) => reply.data(&value),
    }
}
