//! One leaf: its names described, compared with the parent's, and read where they changed.
//!
//! What a name turns out to be decides who goes on with it: `files.rs`, `folders.rs`, or `described.rs` for what has no bytes;
//! `missing.rs` when it cannot be read. Until the leaf is closed its nodes lie in `gathered.rs`.

mod described;
mod files;
mod folders;
mod gathered;
mod missing;

use std::sync::Arc;

use larder_connect::Folder;
use larder_format::{pack::PackBuilder, page::Node};
use larder_model::{Entry, Kind, Result};

use super::{
    assemble::{OpenFolder, OpenLeaf, Seat},
    delta::Step,
    file::{FileReader, store_chunk},
    parent::ParentFolder,
    walk::{Shared, Task},
};
use crate::{Amount, Fate, run::Worker};
use gathered::{Gathered, Later};

/// One thread of a walk.
pub(super) struct LeafWorker<'w> {
    shared: &'w Shared<'w>,
    worker: Worker<'w>,
    reader: FileReader<'w>,
}

impl<'w> LeafWorker<'w> {
    pub fn new(shared: &'w Shared<'w>, worker: Worker<'w>) -> Self {
        let reader = FileReader::new(shared.run, &shared.buffers);
        Self { shared, worker, reader }
    }

    pub fn finish(self) -> Result<[PackBuilder; 2]> {
        self.worker.finish()
    }

    pub fn work(&mut self, task: Task) -> Result<()> {
        self.shared.run.store().settings().interrupt.check()?;
        let done = match task {
            Task::Folder { seat, name, parent } => self.open_below(seat, &name, parent),
            Task::File { seat, entry, parent } => self.large_file(seat, *entry, parent.map(|parent| *parent)),
            Task::Leaf { folder, number, names } => self.leaf(folder, number, names),
            Task::Chunks(batch) => {
                while batch.store_one(|bytes| store_chunk(&mut self.worker, bytes)) {}
                Ok(())
            }
        };
        self.reader.rest();
        done
    }

    fn leaf(&mut self, folder: Arc<OpenFolder>, number: usize, names: std::ops::Range<usize>) -> Result<()> {
        let (first, last) = (folder.names.name(names.start), folder.names.name(names.end - 1));
        let parents = folder.parent.nodes(self.shared.run.library, first, last);
        let mut parents = parents.into_iter().peekable();
        let mut leaf = Gathered::new(self.shared.source.now());
        leaf.nodes.reserve(names.len());
        for index in names {
            self.shared.run.store().settings().interrupt.check()?;
            let name = folder.names.name(index);
            while parents.next_if(|parent| *parent.entry.name < *name).is_some() {}
            let parent = parents.next_if(|parent| *parent.entry.name == *name);
            match folder.step(index) {
                Step::Now => self.name(&folder, name, parent.or_else(|| self.renamed(&folder, name)), &mut leaf)?,
                Step::Keep => leaf.nodes.push(Some(self.kept(&folder, name, parent)?)),
                Step::Below => self.below(&folder, name, parent, &mut leaf)?,
            }
        }
        leaf.finish_files(&mut self.worker, self.shared, &*folder.folder)?;
        self.close(folder, number, leaf)
    }

    /// Hands over the nodes, and what is to be done later as tasks.
    fn close(&mut self, folder: Arc<OpenFolder>, number: usize, gathered: Gathered) -> Result<()> {
        let Gathered { nodes, later, .. } = gathered;
        let leaf = OpenLeaf::new(folder, number, nodes, later.len());
        let task = |(index, later)| {
            let seat = Seat { leaf: leaf.clone(), index };
            match later {
                Later::Folder { name, parent } => Task::Folder { seat, name, parent },
                Later::File { entry, parent } => Task::File { seat, entry, parent },
            }
        };
        self.shared.stack.push(later.into_iter().map(task).rev());
        leaf.finish_one(&mut self.worker, &self.shared.top)
    }

    fn name(&mut self, folder: &OpenFolder, name: &[u8], parent: Option<Node>, leaf: &mut Gathered) -> Result<()> {
        let shared = self.shared;
        let entry = match folder.folder.stat(name, &mut |skip| shared.ledger.add(&skip)) {
            Ok(Some(entry)) => entry,
            Ok(None) => return Ok(()),
            Err(problem) => {
                leaf.nodes.extend(self.stale(&*folder.folder, name, parent, &problem)?.map(Some));
                return Ok(());
            }
        };
        match entry.kind {
            Kind::Directory => {
                let below = Later::Folder { name: name.into(), parent: ParentFolder::below(parent.as_ref()) };
                leaf.later.push((leaf.nodes.len(), below));
                let node = self.described(&*folder.folder, entry, parent)?;
                leaf.nodes.push(Some(node));
                Ok(())
            }
            Kind::File => self.file(&*folder.folder, entry, parent, leaf),
            _ => {
                shared.monitor.advance(Amount { files: 1, bytes: 0 });
                let node = self.described(&*folder.folder, entry, parent)?;
                leaf.nodes.push(Some(node));
                Ok(())
            }
        }
    }

    /// Tells what became of an item.
    fn done(&self, fate: Fate, folder: &dyn Folder, entry: &Entry) {
        self.shared.monitor.done(fate, &|| folder.path().child(&entry.name));
    }

    /// True for a root that is a folder, and for the folders above roots: by themselves they are nothing to back up.
    fn is_on_the_way(&self, folder: &dyn Folder, entry: &Entry) -> bool {
        entry.is_dir() && {
            let path = folder.path().child(&entry.name);
            self.shared.roots.iter().any(|root| path.contains(root))
        }
    }
}
