//! A namespace: a tree of its own with a journal of its own.
//!
//! Every account has one as its home; a shared folder is one more, mounted into the homes of its members. The journal is
//! what cursors are positions in. It holds paths, not contents: what a cursor reports is the state at the time of asking,
//! as with the real one. A change of case alone never gets into it.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use super::name::fold;
use super::node::{File, Folder, Kind, Node, NodeId, SpaceId};
use crate::clock::Seconds;

/// The root of every namespace.
pub const ROOT: NodeId = 0;

#[derive(Debug)]
pub struct Namespace {
    pub name: String,
    nodes: Vec<Option<Node>>,
    pub changes: Vec<Change>,
    /// When each of them was made.
    changed_at: Vec<Instant>,
    /// The place in `changes` where a path was last written.
    pub last_written: HashMap<String, usize>,
    /// What was deleted and not replaced since, by folded path.
    pub deleted: BTreeMap<String, Deleted>,
    /// Where other namespaces are mounted in this one.
    pub mounts: HashMap<SpaceId, NodeId>,
    /// Bytes of all current files.
    pub used: u64,
    /// Until then a commit is going on.
    pub busy_until: Option<Instant>,
}

/// A line of the journal. Paths are folded and relative to the namespace's root.
#[derive(Clone, Debug)]
pub enum Change {
    Written { path: String },
    Deleted { path: String, display: String },
}

/// What is remembered of something deleted.
#[derive(Clone, Debug)]
pub struct Deleted {
    pub display: String,
    pub at: Seconds,
    /// A file's id and revisions; nothing for a folder.
    pub file: Option<(String, File)>,
}

impl Change {
    pub fn path(&self) -> &str {
        match self {
            Self::Written { path } | Self::Deleted { path, .. } => path,
        }
    }
}

impl Namespace {
    pub fn new(name: &str, root_id: String) -> Self {
        let root = Node { id: root_id, parent: ROOT, name: String::new(), kind: Kind::Folder(Folder::default()) };
        Self {
            name: name.to_owned(),
            nodes: vec![Some(root)],
            changes: Vec::new(),
            changed_at: Vec::new(),
            last_written: HashMap::new(),
            deleted: BTreeMap::new(),
            mounts: HashMap::new(),
            used: 0,
            busy_until: None,
        }
    }

    pub fn get(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id).and_then(Option::as_ref)
    }

    pub fn get_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        self.nodes.get_mut(id).and_then(Option::as_mut)
    }

    pub fn child(&self, folder: NodeId, name: &str) -> Option<NodeId> {
        self.get(folder)?.folder()?.children.get(&fold(name)).copied()
    }

    pub fn children(&self, folder: NodeId) -> Vec<NodeId> {
        let folder = self.get(folder).and_then(Node::folder);
        folder.map(|it| it.children.values().copied().collect()).unwrap_or_default()
    }

    /// The node and everything below it, parents first, mounts not entered.
    pub fn subtree(&self, top: NodeId) -> Vec<NodeId> {
        let mut found = Vec::new();
        let mut open = vec![top];
        while let Some(id) = open.pop() {
            found.push(id);
            open.extend(self.children(id).into_iter().rev());
        }
        found
    }

    /// The names from the root to the node, as they are displayed.
    pub fn names(&self, id: NodeId) -> Vec<&str> {
        let mut names = Vec::new();
        let mut at = id;
        while at != ROOT
            && let Some(node) = self.get(at)
        {
            names.push(node.name.as_str());
            at = node.parent;
        }
        names.reverse();
        names
    }

    /// The path within the namespace, as displayed; empty for the root.
    pub fn path(&self, id: NodeId) -> String {
        self.names(id).iter().fold(String::new(), |path, name| path + "/" + name)
    }

    pub fn find(&self, path: &str) -> Option<NodeId> {
        path.split('/').skip(1).try_fold(ROOT, |at, name| self.child(at, name))
    }

    pub fn is_inside(&self, id: NodeId, folder: NodeId) -> bool {
        let mut at = id;
        loop {
            if at == folder {
                return true;
            }
            match self.get(at) {
                Some(node) if at != ROOT => at = node.parent,
                _ => return false,
            }
        }
    }

    pub fn insert(&mut self, node: Node) -> NodeId {
        let id = self.nodes.len();
        let (parent, key) = (node.parent, fold(&node.name));
        self.used += node.file().map_or(0, File::size);
        if let Some(space) = node.mount() {
            self.mounts.insert(space, id);
        }
        self.nodes.push(Some(node));
        if let Some(Kind::Folder(folder)) = self.get_mut(parent).map(|it| &mut it.kind) {
            folder.children.insert(key, id);
        }
        self.note_written(id);
        id
    }

    /// Writes into the journal that the node is new or has changed.
    pub fn note_written(&mut self, id: NodeId) {
        let path = fold(&self.path(id));
        self.deleted.remove(&path);
        self.last_written.insert(path.clone(), self.changes.len());
        self.changes.push(Change::Written { path });
        self.changed_at.push(Instant::now());
    }

    /// How many changes are so old that listings show them.
    pub fn shown(&self, lag: Duration) -> usize {
        self.changed_at.partition_point(|at| at.elapsed() >= lag)
    }

    /// Whether listings do not show yet what was written at this path.
    pub fn is_hidden(&self, path: &str, shown: usize) -> bool {
        shown < self.changes.len() && self.last_written.get(path).is_some_and(|at| *at >= shown)
    }

    /// All changes are older by so much.
    pub fn age(&mut self, by: Duration) {
        for at in &mut self.changed_at {
            *at = at.checked_sub(by).unwrap_or(*at);
        }
    }

    /// Takes a node and everything below it away, with one line in the journal.
    pub fn remove(&mut self, top: NodeId, now: Seconds) -> Option<Node> {
        let display = self.path(top);
        for id in self.subtree(top).into_iter().rev() {
            let display = self.path(id);
            let Some(node) = self.get(id) else { continue };
            let mount = node.mount();
            let file = node.file().map(|file| (node.id.clone(), file.clone()));
            self.used = self.used.saturating_sub(file.as_ref().map_or(0, |(_, file)| file.size()));
            if let Some(space) = mount {
                self.mounts.remove(&space);
            }
            self.deleted.insert(fold(&display), Deleted { display, at: now, file });
            if id != top {
                self.nodes[id] = None;
            }
        }
        let node = self.nodes.get_mut(top)?.take()?;
        if let Some(Kind::Folder(parent)) = self.get_mut(node.parent).map(|it| &mut it.kind) {
            parent.children.remove(&fold(&node.name));
        }
        self.changes.push(Change::Deleted { path: fold(&display), display });
        self.changed_at.push(Instant::now());
        Some(node)
    }

    /// Changes the case of a name. Journal and cursors never learn of it.
    pub fn rename_case(&mut self, id: NodeId, name: &str) -> bool {
        match self.get_mut(id) {
            Some(node) if fold(&node.name) == fold(name) => {
                node.name = name.to_owned();
                true
            }
            _ => false,
        }
    }
}
