//! Items that are there and cannot be read, and items that were.

use larder_connect::Folder;
use larder_format::page::Node;
use larder_model::{Flags, Problem, ProblemKind, Result, Skip};

use super::LeafWorker;
use crate::backup::unchanged::make_safe;

impl LeafWorker<'_> {
    /// Something that is there and cannot be read: the parent's version of it, marked as stale, or nothing.
    pub(super) fn stale(
        &mut self,
        folder: &dyn Folder,
        name: &[u8],
        parent: Option<Node>,
        problem: &Problem,
    ) -> Result<Option<Node>> {
        if problem.is(ProblemKind::NotFound) {
            self.vanished(folder, name);
            return Ok(None);
        }
        let mut carried = None;
        if let Some(mut parent) = parent
            && make_safe(self.shared.run, &mut self.worker, &parent)?
        {
            parent.entry.meta.flags = parent.entry.meta.flags.with(Flags::STALE);
            carried = Some(parent);
        }
        self.missing(folder, name, if carried.is_some() { "stale" } else { "unreadable" }, problem);
        Ok(carried)
    }

    pub(super) fn missing(&self, folder: &dyn Folder, name: &[u8], reason: &str, problem: &Problem) {
        let message = match reason {
            "stale" => format!("it cannot be read, so the version of the last snapshot was kept: {problem}"),
            _ => format!("it cannot be read: {problem}"),
        };
        self.shared.ledger.add(&tagged(Skip::missing(folder.path().child(name), reason, message), problem));
    }

    pub(super) fn vanished(&self, folder: &dyn Folder, name: &[u8]) {
        let path = folder.path().child(name);
        self.shared.ledger.add(&Skip::note(path, "vanished", "it was removed while the backup ran"));
    }
}

/// With the provider's own word for what went wrong.
pub(super) fn tagged(skip: Skip, problem: &Problem) -> Skip {
    match problem.tag_text() {
        Some(tag) => skip.tagged(tag),
        None => skip,
    }
}
