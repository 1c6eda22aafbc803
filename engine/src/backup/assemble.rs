//! Pages on their way up: leaves of a folder become its root page, and the root page goes into the folder above.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::AcqRel},
    },
};

use larder_connect::{Folder, Names};
use larder_format::{
    keys::BlobKind,
    page::{Content, FolderChild, Node, PageRef, Totals, encode_leaf, folder_levels},
};
use larder_model::Result;

use super::{
    delta::{Merged, Step},
    parent::ParentFolder,
};
use crate::run::Worker;

/// A folder that is being walked.
pub(super) struct OpenFolder {
    pub folder: Arc<dyn Folder>,
    pub names: Names,
    /// Where the source told what has changed: what is to be done about each name.
    steps: Vec<Step>,
    /// What the parent calls items whose names are written otherwise now.
    pub renamed: HashMap<Box<[u8]>, Box<[u8]>>,
    pub parent: ParentFolder,
    /// Where its root page goes; `None` for the top.
    above: Option<Seat>,
    /// Finished leaves, in their order.
    leaves: Mutex<Vec<Option<FolderChild>>>,
    unfinished: AtomicUsize,
}

/// A leaf that waits for the folders in it.
pub(super) struct OpenLeaf {
    folder: Arc<OpenFolder>,
    number: usize,
    /// `None` for what has vanished meanwhile.
    nodes: Mutex<Vec<Option<Node>>>,
    /// Folders in it that are not finished, and one for the leaf itself while its entries are added.
    unfinished: AtomicUsize,
}

/// An entry's place in a leaf.
#[derive(Clone)]
pub(super) struct Seat {
    pub leaf: Arc<OpenLeaf>,
    pub index: usize,
}

/// The top's root page, once all is done.
pub(super) type Top = Mutex<Option<(Option<PageRef>, Totals)>>;

impl OpenFolder {
    /// A folder whose names fall into `leaves` leaves, at least one.
    pub fn new(
        folder: Arc<dyn Folder>,
        listing: Merged,
        parent: ParentFolder,
        above: Option<Seat>,
        leaves: usize,
    ) -> Arc<Self> {
        let Merged { names, steps, renamed } = listing;
        let slots = Mutex::new((0..leaves).map(|_| None).collect());
        let unfinished = AtomicUsize::new(leaves);
        Arc::new(Self { folder, names, steps, renamed, parent, above, leaves: slots, unfinished })
    }

    /// What is to be done about name `index`.
    pub fn step(&self, index: usize) -> Step {
        self.steps.get(index).copied().unwrap_or(Step::Now)
    }

    /// Gives a finished leaf its place; with the last one the folder is finished. A leaf without entries is none.
    fn finish_leaf(
        self: &Arc<Self>,
        number: usize,
        leaf: Option<FolderChild>,
        worker: &mut Worker,
        top: &Top,
    ) -> Result<Option<Seat>> {
        self.leaves.lock().unwrap_or_else(PoisonError::into_inner)[number] = leaf;
        if self.unfinished.fetch_sub(1, AcqRel) > 1 {
            return Ok(None);
        }
        let leaves = std::mem::take(&mut *self.leaves.lock().unwrap_or_else(PoisonError::into_inner));
        let identity = worker.run.store().identity();
        let root =
            folder_levels(identity, leaves.into_iter().flatten().collect(), |page| worker.put(BlobKind::Page, &page))?;
        Ok(finish_folder(root, self.above.as_ref(), top))
    }
}

/// Writes a folder's root page into the node above; returns the seat, whose leaf may be finished now.
pub(super) fn finish_folder(root: Option<(PageRef, Totals)>, above: Option<&Seat>, top: &Top) -> Option<Seat> {
    let Some(seat) = above else {
        let totals = root.map_or(Totals::default(), |(_, totals)| totals);
        *top.lock().unwrap_or_else(PoisonError::into_inner) = Some((root.map(|(page, _)| page), totals));
        return None;
    };
    if let Some((root, totals)) = root {
        seat.leaf.with_node(seat.index, |node| {
            if let Some(node) = node {
                node.content = Content::Folder { root, totals };
            }
        });
    }
    Some(seat.clone())
}

impl OpenLeaf {
    pub fn new(folder: Arc<OpenFolder>, number: usize, nodes: Vec<Option<Node>>, folders: usize) -> Arc<Self> {
        Arc::new(Self { folder, number, nodes: Mutex::new(nodes), unfinished: AtomicUsize::new(folders + 1) })
    }

    pub fn folder(&self) -> &Arc<OpenFolder> {
        &self.folder
    }

    /// Changes a node of the leaf.
    pub fn with_node(&self, index: usize, change: impl FnOnce(&mut Option<Node>)) {
        change(&mut self.nodes.lock().unwrap_or_else(PoisonError::into_inner)[index]);
    }

    /// One of the things that the leaf waits for is done. The last one stores the page, and goes up as far as that finishes
    /// folders; a loop, because paths can be deep.
    pub fn finish_one(self: Arc<Self>, worker: &mut Worker, top: &Top) -> Result<()> {
        let mut leaf = self;
        while leaf.unfinished.fetch_sub(1, AcqRel) == 1 {
            let nodes = std::mem::take(&mut *leaf.nodes.lock().unwrap_or_else(PoisonError::into_inner));
            let nodes: Vec<_> = nodes.into_iter().flatten().collect();
            let child = store_leaf(&nodes, worker)?;
            match leaf.folder.finish_leaf(leaf.number, child, worker, top)? {
                Some(seat) => leaf = seat.leaf,
                None => return Ok(()),
            }
        }
        Ok(())
    }
}

fn store_leaf(nodes: &[Node], worker: &mut Worker) -> Result<Option<FolderChild>> {
    let Some(last) = nodes.last() else { return Ok(None) };
    let mut totals = Totals::default();
    nodes.iter().for_each(|node| totals += node.totals());
    let id = worker.put(BlobKind::Page, &encode_leaf(nodes))?;
    Ok(Some(FolderChild { last_name: last.entry.name.clone(), page: PageRef { id, level: 0 }, totals }))
}
