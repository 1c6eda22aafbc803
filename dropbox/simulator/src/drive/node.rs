//! What a namespace is made of: files with their revisions, folders, and points where other namespaces are mounted.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::clock::Seconds;
use crate::content::Content;

/// A place in a namespace's list of nodes.
pub type NodeId = usize;

/// The number of a namespace, which the API shows as a decimal string.
pub type SpaceId = u64;

#[derive(Clone, Debug)]
pub struct Node {
    /// `id:…`, kept when the node is renamed.
    pub id: String,
    pub parent: NodeId,
    pub name: String,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub enum Kind {
    File(File),
    Folder(Folder),
}

#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// By folded name.
    pub children: BTreeMap<String, NodeId>,
    /// The namespace that is seen at this place.
    pub mount: Option<SpaceId>,
    /// It is seen, and what is in it is not.
    pub is_closed: bool,
}

#[derive(Clone, Debug, Default)]
pub struct File {
    /// The oldest first. Never empty once the file is in a namespace.
    pub revisions: Vec<Arc<Revision>>,
    pub traits: Traits,
}

/// What makes a file different from one that was simply uploaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// Its download is refused with `restricted_content`.
    pub restricted: bool,
    /// Its download is refused with `locked`.
    pub locked: bool,
    /// Its download fails, each time, as if it were Dropbox's own trouble.
    pub failing: bool,
    /// It is a symbolic link to this target.
    pub symlink: Option<String>,
    /// It cannot be downloaded, only exported.
    pub export: Option<Export>,
    /// It can be neither downloaded nor exported.
    pub unsupported: bool,
}

/// A file that exists in Dropbox only, such as a Paper document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Export {
    pub formats: Vec<String>,
    /// So many calls are answered with `retry_error` before one succeeds.
    pub retries: u32,
}

#[derive(Debug)]
pub struct Revision {
    /// Nine or more hex digits.
    pub rev: String,
    pub content: Arc<Content>,
    pub client_modified: Seconds,
    pub server_modified: Seconds,
}

impl Node {
    pub fn folder(&self) -> Option<&Folder> {
        match &self.kind {
            Kind::Folder(folder) => Some(folder),
            Kind::File(_) => None,
        }
    }

    pub fn file(&self) -> Option<&File> {
        match &self.kind {
            Kind::File(file) => Some(file),
            Kind::Folder(_) => None,
        }
    }

    pub fn folder_mut(&mut self) -> Option<&mut Folder> {
        match &mut self.kind {
            Kind::Folder(folder) => Some(folder),
            Kind::File(_) => None,
        }
    }

    pub fn file_mut(&mut self) -> Option<&mut File> {
        match &mut self.kind {
            Kind::File(file) => Some(file),
            Kind::Folder(_) => None,
        }
    }

    pub fn mount(&self) -> Option<SpaceId> {
        self.folder().and_then(|folder| folder.mount)
    }
}

impl File {
    pub fn current(&self) -> Option<&Arc<Revision>> {
        self.revisions.last()
    }

    /// Bytes that count against the quota.
    pub fn size(&self) -> u64 {
        self.current().map_or(0, |revision| revision.content.size())
    }

    pub fn is_downloadable(&self) -> bool {
        self.traits.export.is_none() && !self.traits.unsupported
    }
}
