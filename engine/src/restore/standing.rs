//! What stands in the way of a restore, and what becomes of it.

use larder_connect::{Attribute, Removal};
use larder_format::page::Node;
use larder_model::{Entry, Kind, Problem, ProblemKind, Result, Skip, TreePath};

use super::{
    Mode, OnConflict,
    compare::{has_fingerprint, same_content},
    jobs::{FolderJob, Shared},
    plan::Planner,
};
use crate::{Amount, Fate, xattrs::with_long_xattrs};

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
        let (tally, writes) = (self.shared.tally, self.shared.mode == Mode::Write);
        match self.options.on_conflict {
            OnConflict::Fail => {
                tally.add_conflict(path.clone());
                if !writes {
                    return Ok(true);
                }
                // It was not there when conflicts were looked for: it came meanwhile, or the snapshot has the name twice.
                return Err(Problem::new(ProblemKind::Conflict, "something else stands there by now"));
            }
            OnConflict::Skip => {
                tally.done(Fate::LeftAlone, path, 0);
                return Ok(false);
            }
            OnConflict::KeepNewer if !self.is_older(found, entry) => {
                tally.done(Fate::LeftAlone, path, 0);
                return Ok(false);
            }
            OnConflict::KeepNewer | OnConflict::Overwrite => {}
        }
        if found.is_dir() != entry.is_dir()
            && let Some(folder) = folder.standing()
        {
            let name = folder.written_name(&entry.name);
            if let Some(why) = folder.protected(&name)? {
                return Err(Problem::new(
                    ProblemKind::Conflict,
                    format!("something else stands there and stays: {why}"),
                ));
            }
            if writes {
                folder.remove(&name, Removal::InTheWay)?;
            } else if found.is_dir() {
                tally.free(u64::MAX);
            }
        }
        Ok(true)
    }

    /// Where the target keeps whole seconds only, the fraction that it has lost makes nothing older.
    fn is_older(&self, found: &Entry, entry: &Entry) -> bool {
        if self.shared.abilities.never.contains(&Attribute::Fraction) {
            return found.meta.mtime.map(|time| time.secs) < entry.meta.mtime.map(|time| time.secs);
        }
        found.meta.mtime < entry.meta.mtime
    }

    /// True when what stands there has the item's kind and content; its metadata may differ.
    pub(super) fn is_same(&self, folder: &FolderJob, found: &Entry, node: &Node) -> Result<bool> {
        let (old, new) = (&found.meta, &node.entry.meta);
        if found.kind != node.entry.kind || old.size != new.size {
            return Ok(false);
        }
        match found.kind {
            Kind::File => self.is_same_file(folder, found, node),
            Kind::Symlink => Ok(old.target == new.target),
            Kind::CharDevice | Kind::BlockDevice => Ok(old.device == new.device),
            _ => Ok(true),
        }
    }

    fn is_same_file(&self, folder: &FolderJob, found: &Entry, node: &Node) -> Result<bool> {
        let (library, mode) = (self.shared.library, self.shared.mode);
        let Some(hasher) = self.shared.target.hasher() else {
            let Some(folder) = folder.standing() else { return Ok(false) };
            return same_content(library, node, folder.read(found)?);
        };
        // What the target gives no fingerprint of has no bytes of its own.
        let Some(wanted) = &found.meta.fingerprint else { return Ok(false) };
        // Room is asked for by what is certain to differ; comparing costs reading.
        if self.trusts || mode == Mode::Probe && self.options.on_conflict != OnConflict::Fail {
            return Ok(true);
        }
        has_fingerprint(library, node, wanted, hasher)
    }

    /// Looks whether a file that was restored is there, and is what it should be.
    pub(super) fn verify(&self, folder: &FolderJob, path: &TreePath, node: &Node) -> Result<()> {
        if node.entry.kind != Kind::File {
            return Ok(());
        }
        let tally = self.shared.tally;
        tally.monitor.advance(Amount { files: 1, bytes: node.entry.meta.size });
        let mut is_right = match self.stands(folder, path, &node.entry)? {
            Some(found) => self.is_same(folder, &found, node)?,
            None => false,
        };
        if !is_right && let Some(standing) = folder.standing() {
            is_right = match standing.look_again(&standing.written_name(&node.entry.name))? {
                Some(found) => self.is_same(folder, &found, node)?,
                None => false,
            };
        }
        if !is_right {
            tally.skip(&Skip::missing(path.clone(), "verify", "what was written reads back differently"));
        }
        Ok(())
    }

    /// Leaves the content and brings the metadata up to date.
    pub(super) fn keep(&self, folder: &FolderJob, path: &TreePath, found: &Entry, node: &Node) -> Result<()> {
        let (tally, mode) = (self.shared.tally, self.shared.mode);
        if !self.shared.abilities.retouches {
            if !self.keeps && mode != Mode::Probe {
                self.tell_other_time(path, found, node);
            }
        } else if mode == Mode::Write
            && !self.keeps
            && let Some(folder) = folder.standing()
        {
            let entry = with_long_xattrs(self.shared.library, node)?;
            folder.update(&entry, &mut |skip| tally.skip(&skip))?;
        }
        tally.done(Fate::Unchanged, path, node.entry.meta.size);
        Ok(())
    }

    /// The content is right and stays as it is, so it does not get its time back either.
    fn tell_other_time(&self, path: &TreePath, found: &Entry, node: &Node) {
        let (Some(there), Some(here)) = (found.meta.mtime, node.entry.meta.mtime) else { return };
        if node.entry.kind == Kind::File && there.secs != here.secs {
            let message = "it stands there with the same content and another time, which stays";
            self.shared.tally.skip(&Skip::note(path.clone(), "time", message));
        }
    }
}

impl Shared<'_> {
    /// Why the target cannot hold an item of this kind.
    pub fn impossible(&self, kind: Kind) -> Option<String> {
        let is_possible = match kind {
            Kind::File | Kind::Directory => true,
            Kind::Symlink => self.abilities.symlinks,
            Kind::Fifo | Kind::Socket | Kind::CharDevice | Kind::BlockDevice => self.abilities.specials,
        };
        (!is_possible).then(|| format!("the destination cannot hold a {}; it is left out", kind.word()))
    }
}
