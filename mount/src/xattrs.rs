//! Whether there are extended attributes at all in what is mounted.
//!
//! `ls -l` asks for two of each file, and the kernel passes each question on. Told once that there is no such thing (`ENOSYS`), it never asks
//! again. That must not be said of what has some, nor be taken back: so a snapshot, which never changes, is looked through beside the
//! mount, and of all snapshots it is never said, since new ones come.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
};

use larder_engine::{Node, Reader, Tree};
use larder_model::{Problem, ProblemKind, Result, TreePath};

use crate::What;

/// What is known by now.
#[derive(Clone, Debug)]
pub struct Xattrs {
    /// Nobody wants to see them.
    is_left_out: bool,
    has_none: Arc<AtomicBool>,
}

impl Xattrs {
    /// Looks through a snapshot of a store that is near; what is far away costs more than it saves.
    pub fn of(reader: &Reader, what: &What, is_left_out: bool) -> Self {
        let xattrs = Self { is_left_out, has_none: Arc::default() };
        if let What::Folder(tree, path) = what
            && !is_left_out
            && !reader.is_far()
        {
            let (tree, path, has_none) = (Tree::clone(tree), path.clone(), xattrs.has_none.clone());
            let look = move || {
                if has_none_at(&tree, &path).is_ok() {
                    has_none.store(true, Relaxed);
                }
            };
            // Without a thread it stays unknown, which is right as well.
            drop(thread::Builder::new().name("larder-mount".to_owned()).spawn(look));
        }
        xattrs
    }

    pub fn is_left_out(&self) -> bool {
        self.is_left_out
    }

    /// Whether the kernel may be told never to ask for one.
    pub fn has_none(&self) -> bool {
        self.is_left_out || self.has_none.load(Relaxed)
    }
}

/// An error where there is one, and where that cannot be known.
fn has_none_at(tree: &Tree, path: &TreePath) -> Result<()> {
    tree.node(path)?.iter().try_for_each(check)?;
    tree.walk(path, &mut |_, node| check(node))
}

fn check(node: &Node) -> Result<()> {
    match has_xattrs(node) {
        true => Err(Problem::new(ProblemKind::Interrupted, "there is one")),
        false => Ok(()),
    }
}

pub fn has_xattrs(node: &Node) -> bool {
    !node.entry.meta.xattrs.is_empty() || !node.long_xattrs.is_empty()
}
