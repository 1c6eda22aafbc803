//! Reading the entries of many paths of a snapshot: asked in the order of a walk, each page on the way is read once.

use larder_format::page::{Content, Node};
use larder_model::{Problem, Result, TreePath};

use crate::{SnapshotInfo, Store, blobs::Library, folder, tree::top_content};

/// Entries of one snapshot.
pub struct NodeReader<'s> {
    library: Library<'s>,
    top: Content,
    levels: Vec<Level>,
}

/// A folder on the way: the page of it that was read last.
struct Level {
    name: Box<[u8]>,
    nodes: Vec<Node>,
}

impl<'s> NodeReader<'s> {
    pub fn open(store: &'s Store, snapshot: &SnapshotInfo) -> Result<Self> {
        Ok(Self { library: Library::open(store)?, top: top_content(snapshot), levels: Vec::new() })
    }

    /// Another snapshot of the same store, sharing what was loaded for this one.
    pub fn switch(&mut self, snapshot: &SnapshotInfo) {
        self.top = top_content(snapshot);
        self.levels.clear();
    }

    pub fn node(&mut self, path: &TreePath) -> Result<Node> {
        let gone = || Problem::not_found(format!("there is no {path} in the snapshot"));
        let mut content = self.top;
        let mut found = None;
        for (depth, name) in path.names().enumerate() {
            // A page that holds the name was read for a neighbour; a page below another name is of no use.
            let known = self.levels.get(depth).and_then(|level| find(&level.nodes, name));
            let node = match known {
                Some(node) => node.clone(),
                None => {
                    let Content::Folder { root, .. } = content else { return Err(gone()) };
                    let nodes = folder::leaf(&self.library, root, name)?;
                    self.levels.truncate(depth);
                    let node = find(&nodes, name).cloned().ok_or_else(gone)?;
                    self.levels.push(Level { name: name.into(), nodes });
                    node
                }
            };
            if *self.levels[depth].name != *name {
                self.levels.truncate(depth + 1);
                self.levels[depth].name = name.into();
            }
            content = node.content;
            found = Some(node);
        }
        found.ok_or_else(gone)
    }
}

fn find<'n>(nodes: &'n [Node], name: &[u8]) -> Option<&'n Node> {
    nodes.binary_search_by(|node| (*node.entry.name).cmp(name)).ok().map(|at| &nodes[at])
}
