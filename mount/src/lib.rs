//! Snapshots as folders: a read-only file system over an open store, by way of the kernel's FUSE.
//!
//! It knows the engine and nothing else: no provider, no terminal, no environment. What is read is verified, as everywhere; damaged data
//! is an input/output error and a line that names the file. Each request that may have to wait for the storage has a thread of its own, so
//! that a read that hangs holds up nobody else. Memory is bounded by the engine's caches and some 200 bytes for each name that the kernel
//! remembers.

mod attributes;
mod catalog;
mod dir;
mod files;
mod inodes;
mod listing;
mod name;
mod place;
mod pool;
mod recent;
mod serve;
mod session;
mod troubles;
mod unmount;
mod world;
mod xattrs;

use larder_engine::Tree;
use larder_model::{Origin, Problem, Time, TreePath};

pub use session::{Ended, Mounted, mount};

/// Bytes of content that a mount keeps in memory.
pub const CACHE_LEN: usize = 32 << 20;

/// What is mounted.
pub enum What {
    /// All snapshots, by time, date, origin and tag.
    All,
    /// A folder of one snapshot.
    Folder(Box<Tree<'static>>, TreePath),
}

/// How to mount.
#[derive(Clone, Copy, Debug, Default)]
pub struct MountOptions {
    /// Other users may look too, as far as the modes of files let them.
    pub allow_other: bool,
    /// Extended attributes and ACLs are left out. Programs that list ask for two of them a file; told that there are none at all, the kernel
    /// never asks again.
    pub leaves_xattrs_out: bool,
}

/// The program around it: words for people, and an ear for troubles.
pub trait Surroundings: Send + Sync {
    /// A moment as people know it, such as `2026-01-14T06:45:32Z`.
    fn moment(&self, time: Time) -> String;

    /// What people call an origin.
    fn origin(&self, origin: &Origin) -> String;

    /// Something could not be read. `item` names it.
    fn trouble(&self, item: &str, problem: &Problem);
}
