//! Files in a leaf: kept as they were, found by their fingerprint, or read.

use std::sync::atomic::Ordering::Relaxed;

use larder_connect::Folder;
use larder_format::{
    keys::BlobKind,
    page::{Content, Node},
};
use larder_model::{BlobId, Entry, Flags, ProblemKind, Result, Time};

use super::{Gathered, Later, LeafWorker};
use crate::{
    Amount, Fate,
    backup::{
        assemble::Seat,
        file::{ReadError, ReadFile, is_small},
        unchanged::{is_unchanged, may_refer},
    },
};

/// An entry changed this short a time before it was looked at may change again without its times telling.
const RACY_SECS: f64 = 2.0;
/// Problems of a source as a whole.
const ENDS_THE_RUN: [ProblemKind; 3] = [ProblemKind::Budget, ProblemKind::Credentials, ProblemKind::Interrupted];
/// Files from here on are tasks of their own.
const LARGE_FILE_LEN: u64 = 4 << 20;

impl LeafWorker<'_> {
    pub(super) fn file(
        &mut self,
        folder: &dyn Folder,
        mut entry: Entry,
        parent: Option<Node>,
        leaf: &mut Gathered,
    ) -> Result<()> {
        let shared = self.shared;
        shared.monitor.item(&|| folder.path().child(&entry.name));
        if let Some(parent) = &parent
            && self.may_keep(&entry, parent)?
        {
            shared.tally.unchanged.fetch_add(1, Relaxed);
            shared.monitor.advance(Amount { files: 1, bytes: entry.meta.size });
            self.done(Fate::Unchanged, folder, &entry);
            entry.meta.xattrs.clone_from(&parent.entry.meta.xattrs);
            let node = Node { entry, content: parent.content, long_xattrs: parent.long_xattrs.clone() };
            leaf.nodes.push(Some(node));
            return Ok(());
        }
        if let Some(content) = self.known(&mut entry, parent.as_ref())? {
            self.count(folder, &entry, parent.as_ref(), content);
            let bytes = if shared.forecast.is_some() { 0 } else { entry.meta.size };
            shared.monitor.advance(Amount { files: 1, bytes });
            leaf.nodes.push(Some(Node::new(entry, content)));
            return Ok(());
        }
        if shared.forecast.is_some() && shared.options.dry_run {
            self.count(folder, &entry, parent.as_ref(), Content::Nothing);
            leaf.nodes.push(Some(Node::new(entry, Content::Nothing)));
            return Ok(());
        }
        if entry.meta.size >= LARGE_FILE_LEN {
            let parent = parent.map(Box::new);
            leaf.later.push((leaf.nodes.len(), Later::File { entry: Box::new(entry), parent }));
            // Its place; the task that reads it fills it.
            leaf.nodes.push(None);
            return Ok(());
        }
        self.read_file(folder, entry, parent, leaf)
    }

    pub(super) fn large_file(&mut self, seat: Seat, entry: Entry, parent: Option<Node>) -> Result<()> {
        let folder = seat.leaf.folder().folder.clone();
        self.shared.monitor.item(&|| folder.path().child(&entry.name));
        let mut alone = Gathered::new(self.shared.source.now());
        self.read_file(&*folder, entry, parent, &mut alone)?;
        // It may have become small meanwhile.
        alone.finish_files(&mut self.worker, self.shared, &*folder)?;
        seat.leaf.with_node(seat.index, |node| *node = alone.nodes.pop().flatten());
        seat.leaf.finish_one(&mut self.worker, &self.shared.top)
    }

    fn read_file(
        &mut self,
        folder: &dyn Folder,
        mut entry: Entry,
        parent: Option<Node>,
        leaf: &mut Gathered,
    ) -> Result<()> {
        let shared = self.shared;
        if is_small(entry.meta.size) {
            let Gathered { joiner, nodes, .. } = leaf;
            joiner.make_room(&mut self.worker, nodes, &entry.name, entry.meta.size as usize)?;
        }
        match self.reader.read(shared, &mut self.worker, folder, &mut entry) {
            Ok(read) => {
                match parent {
                    Some(parent) => leaf.read_again(parent, self.id_of_small(&read)),
                    None => {
                        shared.tally.new.fetch_add(1, Relaxed);
                        self.done(Fate::New, folder, &entry);
                    }
                }
                shared.monitor.advance(Amount { files: 1, bytes: 0 });
                self.take_file(entry, read, leaf)
            }
            Err(ReadError::Run(problem)) => Err(problem),
            // Not the file's own: every other one would end the same way.
            Err(ReadError::Item(problem)) if ENDS_THE_RUN.contains(&problem.kind()) => Err(problem),
            // A stream is all there is, and it cannot be read again: without it there is nothing to keep.
            Err(ReadError::Item(problem)) if entry.meta.mtime.is_none() => Err(problem),
            Err(ReadError::Item(problem)) if problem.is(ProblemKind::NotFound) => {
                self.vanished(folder, &entry.name);
                Ok(())
            }
            Err(ReadError::Item(problem)) => {
                leaf.nodes.extend(self.stale(folder, &entry.name, parent, &problem)?.map(Some));
                Ok(())
            }
        }
    }

    /// Content that the file's fingerprint stands for: what this run has fetched, what the parent has under the same name, or what any
    /// run has stored.
    fn known(&self, entry: &mut Entry, parent: Option<&Node>) -> Result<Option<Content>> {
        let run = self.shared.run;
        let Some(fingerprint) = &entry.meta.fingerprint else { return Ok(None) };
        let locator = run.alias_locator(&self.shared.origin, fingerprint);
        let mut known = run.fresh_alias(&locator);
        if known.is_none() && !self.shared.options.rehash {
            let doubtful = Flags::STALE.with(Flags::CHANGED);
            let is_same = |parent: &&Node| {
                parent.entry.meta.fingerprint.as_ref() == Some(fingerprint) && !parent.entry.meta.flags.has(doubtful)
            };
            known = match parent.filter(is_same) {
                Some(parent) if may_refer(run, parent)? => Some((parent.entry.meta.size, parent.content)),
                _ => run.old_alias(&locator)?,
            };
        }
        Ok(known.map(|(size, content)| {
            // A fingerprint that is no content hash says nothing of the size.
            entry.meta.size = size;
            content
        }))
    }

    /// Counts a file whose content was not read here.
    fn count(&self, folder: &dyn Folder, entry: &Entry, parent: Option<&Node>, content: Content) {
        let tally = self.shared.tally;
        let is_same = |parent: &Node| {
            let (now, before) = (&entry.meta.fingerprint, &parent.entry.meta.fingerprint);
            parent.content == content || now.is_some() && now == before
        };
        let (counter, fate) = match parent {
            None => (&tally.new, Fate::New),
            Some(parent) if is_same(parent) => (&tally.unchanged, Fate::Unchanged),
            Some(_) => (&tally.changed, Fate::Changed),
        };
        counter.fetch_add(1, Relaxed);
        self.done(fate, folder, entry);
    }

    /// True when the parent's content can stand for the file: nothing about it has changed, and nothing marks its blobs.
    fn may_keep(&self, entry: &Entry, parent: &Node) -> Result<bool> {
        let options = self.shared.options;
        if options.rehash || !is_unchanged(entry, &parent.entry, options) {
            return Ok(false);
        }
        may_refer(self.shared.run, parent)
    }

    fn take_file(&mut self, mut entry: Entry, read: ReadFile, leaf: &mut Gathered) -> Result<()> {
        if is_racy(&entry, leaf.now) {
            entry.meta.flags = entry.meta.flags.with(Flags::RACY);
        }
        let index = leaf.nodes.len();
        let content = match read {
            ReadFile::Stored(content) => content,
            ReadFile::Small(small) => {
                if !small.in_room {
                    leaf.joiner.make_room(&mut self.worker, &mut leaf.nodes, &entry.name, small.len)?;
                }
                leaf.joiner.add(&self.worker, index);
                self.reader.hold(&mut self.worker, small);
                Content::Nothing
            }
        };
        let node = self.with_long_xattrs(Node::new(entry, content))?;
        leaf.nodes.push(Some(node));
        Ok(())
    }

    /// What a small file's bytes would be called alone: they go into a blob together with others.
    fn id_of_small(&mut self, read: &ReadFile) -> Option<BlobId> {
        match read {
            ReadFile::Small(small) => {
                let bytes = self.reader.small(&mut self.worker, *small);
                Some(self.shared.run.store().identity().blob_id(BlobKind::Content, bytes))
            }
            ReadFile::Stored(_) => None,
        }
    }
}

fn is_racy(entry: &Entry, now: Option<Time>) -> bool {
    let Some(now) = now else { return false };
    [entry.meta.mtime, entry.meta.ctime].into_iter().flatten().any(|time| now.secs_since(time) < RACY_SECS)
}
