//! One item that is no folder: compared, left, counted or handed on to be written.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use larder_format::page::{Chunk, Content, Node};
use larder_model::{Class, Entry, Kind, Result, Skip, TreePath};

use super::{Mode, file_job::FileJob, jobs::FolderJob, plan::Planner};
use crate::{Fate, content, xattrs::with_long_xattrs};

impl<'r> Planner<'r, '_> {
    /// Restores one item that is no folder.
    pub(super) fn item(
        &mut self,
        folder: &Arc<FolderJob<'r>>,
        path: &TreePath,
        node: Node,
        names: &[Box<[u8]>],
    ) -> Result<()> {
        self.shared.tally.monitor.item(&|| path.clone());
        if let Err(problem) = self.try_item(folder, path, node, names) {
            self.shared.item_failed(path.clone(), problem);
        }
        Ok(())
    }

    fn try_item(
        &mut self,
        folder: &Arc<FolderJob<'r>>,
        path: &TreePath,
        node: Node,
        names: &[Box<[u8]>],
    ) -> Result<()> {
        let shared = self.shared;
        if shared.mode == Mode::Verify {
            return self.verify(folder, path, &node);
        }
        let found = self.stands(folder, path, &node.entry)?;
        if let Some(found) = &found
            && self.is_same(folder, found, &node)?
        {
            if let Some(link) = node.entry.meta.link {
                // The same content, but no longer the same file.
                let is_apart = shared.abilities.hardlinks && self.links.is_apart(link, found.meta.link);
                if is_apart && !self.keeps && self.links.is_later(link, names, path, folder.settle()) {
                    return Ok(());
                }
                self.links.add_first(link, names, found.meta.link);
            }
            return self.keep(folder, path, found, &node);
        }
        if let Some(why) = shared.impossible(node.entry.kind) {
            shared.tally.skip(&Skip::missing(path.clone(), "unsupported", why).tagged(node.entry.kind.word()));
            return Ok(());
        }
        if let Some(found) = &found
            && !self.may_replace(folder, path, found, &node.entry)?
        {
            return Ok(());
        }
        if let Some(link) = node.entry.meta.link.filter(|_| shared.abilities.hardlinks)
            && self.links.is_later(link, names, path, folder.settle())
        {
            return Ok(());
        }
        if shared.mode != Mode::Write {
            self.would_write(folder, path, found.as_ref(), &node);
            return Ok(());
        }
        if node.entry.kind == Kind::File {
            let job = FileJob::new(folder.clone(), node, path.clone(), found.filter(|found| !found.is_dir()));
            if shared.abilities.recalls && job.recall()? {
                shared.tally.bytes.fetch_add(job.node.entry.meta.size, Relaxed);
                shared.lost.count(&job.node);
                shared.tally.done(Fate::Restored, path, job.node.entry.meta.size);
            } else {
                self.file(&job);
            }
            return Ok(());
        }
        let entry = with_long_xattrs(shared.library, &node)?;
        let mut is_made = true;
        folder.ensure()?.make(&entry, &mut |skip| {
            is_made &= skip.class != Class::Missing;
            shared.tally.skip(&skip);
        })?;
        if is_made {
            shared.lost.count(&node);
            shared.tally.done(Fate::Restored, path, 0);
        }
        Ok(())
    }

    /// Bytes of a file that are written: holes are not, unless the target wants them.
    fn data_len(&self, node: &Node) -> u64 {
        let size = node.entry.meta.size;
        let Content::Tree(root) = node.content else { return size };
        if self.shared.abilities.resumes {
            return size;
        }
        let mut len = 0_u64;
        let walked = content::walk(self.shared.library, root, &mut |chunk| {
            if let Chunk::Data { len: data, .. } = chunk {
                len += u64::from(data);
            }
            self.shared.check()
        });
        walked.map_or(size, |()| len)
    }

    /// Counts what a restore would write.
    fn would_write(&self, folder: &FolderJob, path: &TreePath, found: Option<&Entry>, node: &Node) {
        let (shared, tally) = (self.shared, self.shared.tally);
        folder.would_make();
        shared.lost.count(node);
        tally.bytes.fetch_add(self.data_len(node), Relaxed);
        tally.free(found.map_or(0, |found| found.meta.size));
        if shared.mode == Mode::Rehearse {
            shared.tell_other_name(folder, path, &node.entry.name);
        }
        tally.done(Fate::Restored, path, 0);
    }
}
