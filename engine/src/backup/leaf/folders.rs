//! Folders in a leaf: opened, kept as they were, or carried over because they cannot be listed.

use std::sync::atomic::Ordering::Relaxed;

use larder_connect::Folder;
use larder_format::page::{Content, Node};
use larder_model::{Entry, Flags, Kind, Problem, ProblemKind, Result};

use super::{Gathered, Later, LeafWorker};
use crate::{
    Amount,
    backup::{
        assemble::{OpenFolder, Seat},
        parent::ParentFolder,
        unchanged::make_safe,
        walk::open_folder,
    },
    folder,
};

impl LeafWorker<'_> {
    pub(super) fn open_below(&mut self, seat: Seat, name: &[u8], parent: ParentFolder) -> Result<()> {
        let shared = self.shared;
        let above = seat.leaf.folder().folder.clone();
        let opened = above.folder(name).and_then(|folder| open_folder(shared, folder, parent, Some(seat.clone())));
        match opened {
            Err(problem) if shared.parent_is_damaged.load(Relaxed) => return Err(problem),
            Ok(tasks) if !tasks.is_empty() => {
                shared.stack.push(tasks);
                return Ok(());
            }
            Ok(_) => {}
            Err(problem) if problem.is(ProblemKind::NotFound) => {
                self.vanished(&*above, name);
                seat.leaf.with_node(seat.index, |node| *node = None);
            }
            Err(problem) => self.unlisted(&seat, &*above, name, parent, &problem)?,
        }
        seat.leaf.finish_one(&mut self.worker, &shared.top)
    }

    /// A folder that cannot be listed: the parent's version of it is carried over, if there is one.
    fn unlisted(
        &mut self,
        seat: &Seat,
        above: &dyn Folder,
        name: &[u8],
        parent: ParentFolder,
        problem: &Problem,
    ) -> Result<()> {
        self.shared.tally.partial.store(true, Relaxed);
        let mut carried = parent.content(self.shared.run.library);
        if let Some(content) = carried {
            let node = Node::new(Entry::new(name, Kind::Directory), content);
            if !make_safe(self.shared.run, &mut self.worker, &node)? {
                carried = None;
            }
        }
        let reason = if carried.is_some() { "stale" } else { "unreadable" };
        self.missing(above, name, reason, problem);
        seat.leaf.with_node(seat.index, |node| {
            let Some(node) = node else { return };
            node.entry.meta.flags = node.entry.meta.flags.with(Flags::PARTIAL);
            if let Some(content) = carried {
                node.content = content;
                node.entry.meta.flags = node.entry.meta.flags.with(Flags::STALE);
            }
        });
        Ok(())
    }

    /// The parent's node of an item whose name was written otherwise then.
    pub(super) fn renamed(&self, folder: &OpenFolder, name: &[u8]) -> Option<Node> {
        let (before, root) = (folder.renamed.get(name)?, folder.parent.0?);
        folder::find(self.shared.run.library, root, before).ok().flatten()
    }

    /// The parent's node, with all that is below it.
    pub(super) fn kept(&self, folder: &OpenFolder, name: &[u8], parent: Option<Node>) -> Result<Node> {
        let (shared, path) = (self.shared, folder.folder.path().child(name));
        let node =
            parent.ok_or_else(|| shared.damaged_parent(Problem::damaged(format!("{path} cannot be read from it"))))?;
        let totals = node.totals();
        let way = shared.roots.iter().filter(|root| path.contains(root));
        let way = way.map(|root| root.names().count() + 1 - path.names().count()).max().unwrap_or(0) as u64;
        shared.tally.way.fetch_add(way, Relaxed);
        shared.tally.others.fetch_add(totals.folders.saturating_sub(way), Relaxed);
        shared.tally.unchanged.fetch_add(totals.files, Relaxed);
        shared.monitor.advance(Amount { files: totals.files, bytes: totals.bytes });
        Ok(node)
    }

    /// A folder that is as it was, but for something below it.
    pub(super) fn below(
        &self,
        folder: &OpenFolder,
        name: &[u8],
        parent: Option<Node>,
        leaf: &mut Gathered,
    ) -> Result<()> {
        let (shared, path) = (self.shared, folder.folder.path().child(name));
        let node = parent.filter(|node| node.entry.is_dir()).ok_or_else(|| {
            shared.damaged_parent(Problem::damaged(format!("the folder {path} cannot be read from it")))
        })?;
        let counter =
            if self.is_on_the_way(&*folder.folder, &node.entry) { &shared.tally.way } else { &shared.tally.others };
        counter.fetch_add(1, Relaxed);
        leaf.later
            .push((leaf.nodes.len(), Later::Folder { name: name.into(), parent: ParentFolder::below(Some(&node)) }));
        leaf.nodes.push(Some(Node { content: Content::Nothing, ..node }));
        Ok(())
    }
}
