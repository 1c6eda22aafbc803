//! What stands in the way of a restore, and what becomes of it.

use larder_format::page::Node;
use larder_model::{Entry, Kind, Problem, ProblemKind, Result, TreePath};

use super::{
    OnConflict,
    compare::same_content,
    jobs::{FolderJob, with_long_xattrs},
    plan::Planner,
};
use crate::Fate;

impl Planner<'_, '_> {
    /// What stands at an item's place.
    pub(super) fn stands(&self, folder: &FolderJob, path: &TreePath, entry: &Entry) -> Result<Option<Entry>> {
        let Some(folder) = folder.standing() else { return Ok(None) };
        match folder.look(&folder.written_name(&entry.name)) {
            Ok(found) => Ok(found),
            Err(problem) => {
                self.shared.item_failed(path.clone(), problem);
                Ok(None)
            }
        }
    }

    /// Decides about something else in the way; removes it where it is to be replaced and cannot be written over.
    pub(super) fn may_replace(
        &self,
        folder: &FolderJob,
        path: &TreePath,
        found: &Entry,
        entry: &Entry,
    ) -> Result<bool> {
        let tally = self.shared.tally;
        match self.options.on_conflict {
            OnConflict::Fail => {
                tally.add_conflict(path.clone());
                if self.shared.dry_run {
                    return Ok(true);
                }
                // It was not there when conflicts were looked for: it came meanwhile, or the snapshot has the name twice.
                return Err(Problem::new(ProblemKind::Conflict, "something else stands there by now"));
            }
            OnConflict::Skip => {
                tally.done(Fate::LeftAlone, path, 0);
                return Ok(false);
            }
            OnConflict::KeepNewer if found.meta.mtime >= entry.meta.mtime => {
                tally.done(Fate::LeftAlone, path, 0);
                return Ok(false);
            }
            OnConflict::KeepNewer | OnConflict::Overwrite => {}
        }
        if !self.shared.dry_run
            && found.is_dir() != entry.is_dir()
            && let Some(folder) = folder.standing()
        {
            folder.remove(&folder.written_name(&entry.name))?;
        }
        Ok(true)
    }

    /// True when what stands there has the item's kind and content; its metadata may differ.
    pub(super) fn is_same(&self, folder: &FolderJob, found: &Entry, node: &Node) -> Result<bool> {
        let (old, new) = (&found.meta, &node.entry.meta);
        if found.kind != node.entry.kind || old.size != new.size {
            return Ok(false);
        }
        match found.kind {
            Kind::File => {
                let Some(folder) = folder.standing() else { return Ok(false) };
                same_content(self.shared.library, node, folder.read(found)?)
            }
            Kind::Symlink => Ok(old.target == new.target),
            Kind::CharDevice | Kind::BlockDevice => Ok(old.device == new.device),
            _ => Ok(true),
        }
    }

    /// Leaves the content and brings the metadata up to date.
    pub(super) fn keep(&self, folder: &FolderJob, path: &TreePath, node: &Node) -> Result<()> {
        let tally = self.shared.tally;
        if !self.shared.dry_run
            && !self.keeps
            && let Some(folder) = folder.standing()
        {
            let entry = with_long_xattrs(self.shared.library, node)?;
            folder.update(&entry, &mut |skip| tally.skip(&skip))?;
        }
        tally.done(Fate::Unchanged, path, node.entry.meta.size);
        Ok(())
    }
}
