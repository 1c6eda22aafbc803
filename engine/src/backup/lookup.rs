//! Look-ups in the parent of paths that come folder by folder and name by name.
//!
//! A listing of a million files asks for each of them. Reading and decoding the pages from the top down to every one would take
//! minutes, so the way to the last path is kept, and the leaf that it was in.

use larder_format::page::{Node, PageRef};
use larder_model::TreePath;

use super::parent::ParentFolder;
use crate::{blobs::Library, folder};

/// The place that was looked at last.
#[derive(Default)]
pub(super) struct Lookup {
    way: Vec<(Box<[u8]>, ParentFolder)>,
    /// The nodes of one leaf of this folder.
    leaf: Option<(PageRef, Vec<Node>)>,
}

impl Lookup {
    /// The parent's node at `path`. A parent that is damaged on the way knows nothing.
    pub fn node(&mut self, library: &Library, top: ParentFolder, path: &TreePath) -> Option<Node> {
        let names: Vec<&[u8]> = path.names().collect();
        let (name, above) = names.split_last()?;
        let folder = self.go(library, top, above).0?;
        let is_here = self.leaf.as_ref().is_some_and(|(of, nodes)| *of == folder && spans(nodes, name));
        if !is_here {
            self.leaf = folder::leaf(library, folder, name).ok().map(|nodes| (folder, nodes));
        }
        let (_, nodes) = self.leaf.as_ref()?;
        let found = nodes.binary_search_by(|node| (*node.entry.name).cmp(name)).ok()?;
        Some(nodes[found].clone())
    }

    /// Goes to a folder, from where the last one and this one part.
    fn go(&mut self, library: &Library, top: ParentFolder, names: &[&[u8]]) -> ParentFolder {
        let same = self.way.iter().zip(names).take_while(|((known, _), name)| **known == ***name).count();
        self.way.truncate(same);
        let mut at = self.way.last().map_or(top, |(_, folder)| *folder);
        for name in &names[same..] {
            let node = at.0.and_then(|root| folder::find(library, root, name).ok().flatten());
            at = ParentFolder::below(node.as_ref());
            self.way.push(((*name).into(), at));
        }
        at
    }
}

/// Whether a name between those of a leaf can be nowhere else.
fn spans(nodes: &[Node], name: &[u8]) -> bool {
    let (first, last) = (nodes.first(), nodes.last());
    first.is_some_and(|first| *first.entry.name <= *name) && last.is_some_and(|last| *name <= *last.entry.name)
}
