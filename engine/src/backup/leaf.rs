//! One leaf: its names described, compared with the parent's, and read where they changed.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use larder_connect::Folder;
use larder_format::{
    keys::BlobKind,
    pack::PackBuilder,
    page::{Content, JOINED_FILE_LEN_MAX, LongXattr, Node},
};
use larder_model::{Entry, Flags, Kind, Problem, ProblemKind, Result, Skip, Time};

use super::{
    assemble::{OpenFolder, OpenLeaf, Seat},
    delta::Step,
    file::{FileReader, ReadError, ReadFile},
    join::Joiner,
    parent::ParentFolder,
    unchanged::{has_same_content, is_unchanged, make_safe, may_refer, may_refer_to_xattrs},
    walk::{Shared, Task, open_folder},
};
use crate::{Amount, Fate, folder, run::Worker};

/// An entry changed this short a time before it was looked at may change again without its times telling.
const RACY_SECS: f64 = 2.0;
/// Problems of a source as a whole.
const ENDS_THE_RUN: [ProblemKind; 3] = [ProblemKind::Budget, ProblemKind::Credentials, ProblemKind::Interrupted];
/// Files from here on are tasks of their own.
const LARGE_FILE_LEN: u64 = 4 << 20;
/// Longer values of extended attributes are blobs, so that pages stay small.
const XATTR_INLINE_LEN_MAX: usize = 512;

/// One thread of a walk.
pub(super) struct LeafWorker<'w> {
    shared: &'w Shared<'w>,
    worker: Worker<'w>,
    reader: FileReader,
}

/// A folder's leaf while its nodes are gathered.
struct Gathered {
    nodes: Vec<Option<Node>>,
    /// What is a task of its own, and its index among the nodes.
    later: Vec<(usize, Later)>,
    joiner: Joiner,
    /// What the parent says of files that were read although it has them, and their index.
    read_again: Vec<(usize, Node)>,
    /// The source's clock when the leaf was begun.
    now: Option<Time>,
}

/// What takes long enough that another thread may as well do it.
enum Later {
    Folder { name: Box<[u8]>, parent: ParentFolder },
    File { entry: Box<Entry>, parent: Option<Box<Node>> },
}

impl Gathered {
    fn new(now: Option<Time>) -> Self {
        Self { nodes: Vec::new(), later: Vec::new(), joiner: Joiner::default(), read_again: Vec::new(), now }
    }

    /// Stores the last joined files. Only now is the content of all known, and what of it has changed.
    fn finish_files(&mut self, worker: &mut Worker, shared: &Shared, folder: &dyn Folder) -> Result<()> {
        self.joiner.flush(worker, &mut self.nodes)?;
        for (index, before) in self.read_again.drain(..) {
            let is_same = self.nodes[index].as_ref().is_some_and(|node| has_same_content(node, &before));
            let (counter, fate) = match is_same {
                true => (&shared.tally.unchanged, Fate::Unchanged),
                false => (&shared.tally.changed, Fate::Changed),
            };
            counter.fetch_add(1, Relaxed);
            shared.monitor.done(fate, &|| folder.path().child(&before.entry.name));
        }
        Ok(())
    }
}

impl<'w> LeafWorker<'w> {
    pub fn new(shared: &'w Shared<'w>, worker: Worker<'w>) -> Self {
        let reader = FileReader::new(shared.run.store().chunker());
        Self { shared, worker, reader }
    }

    pub fn finish(self) -> Result<[PackBuilder; 2]> {
        self.worker.finish()
    }

    pub fn work(&mut self, task: Task) -> Result<()> {
        self.shared.run.store().settings().interrupt.check()?;
        match task {
            Task::Folder { seat, name, parent } => self.open_below(seat, &name, parent),
            Task::File { seat, entry, parent } => self.large_file(seat, *entry, parent.map(|parent| *parent)),
            Task::Leaf { folder, number, names } => self.leaf(folder, number, names),
        }
    }

    fn open_below(&mut self, seat: Seat, name: &[u8], parent: ParentFolder) -> Result<()> {
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

    fn leaf(&mut self, folder: Arc<OpenFolder>, number: usize, names: std::ops::Range<usize>) -> Result<()> {
        let (first, last) = (folder.names.name(names.start), folder.names.name(names.end - 1));
        let parents = folder.parent.nodes(self.shared.run.library, first, last);
        let mut parents = parents.into_iter().peekable();
        let mut leaf = Gathered::new(self.shared.source.now());
        leaf.nodes.reserve(names.len());
        for index in names {
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

    /// The parent's node of an item whose name was written otherwise then.
    fn renamed(&self, folder: &OpenFolder, name: &[u8]) -> Option<Node> {
        let (before, root) = (folder.renamed.get(name)?, folder.parent.0?);
        folder::find(self.shared.run.library, root, before).ok().flatten()
    }

    /// The parent's node, with all that is below it.
    fn kept(&self, folder: &OpenFolder, name: &[u8], parent: Option<Node>) -> Result<Node> {
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
    fn below(&self, folder: &OpenFolder, name: &[u8], parent: Option<Node>, leaf: &mut Gathered) -> Result<()> {
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

    /// A node of something without bytes. Extended attributes are the parent's when nothing about it has changed.
    fn described(&mut self, folder: &dyn Folder, mut entry: Entry, parent: Option<Node>) -> Result<Node> {
        let shared = self.shared;
        let is_on_the_way = self.is_on_the_way(folder, &entry);
        let counter = if is_on_the_way { &shared.tally.way } else { &shared.tally.others };
        counter.fetch_add(1, Relaxed);
        let fate = if parent.is_some() { Fate::Changed } else { Fate::New };
        if let Some(parent) = parent
            && is_unchanged(&entry, &parent.entry, shared.options)
            && may_refer_to_xattrs(shared.run, &parent)?
        {
            if !is_on_the_way {
                self.done(Fate::Unchanged, folder, &entry);
            }
            entry.meta.xattrs = parent.entry.meta.xattrs;
            return Ok(Node { entry, content: Content::Nothing, long_xattrs: parent.long_xattrs });
        }
        if !is_on_the_way {
            self.done(fate, folder, &entry);
        }
        let name = entry.name.clone();
        if let Err(problem) = folder.details(&name, &mut entry.meta, &mut |skip| shared.ledger.add(&skip)) {
            let path = folder.path().child(&name);
            let skip = Skip::note(path, "attributes", format!("its extended attributes cannot be read: {problem}"));
            shared.ledger.add(&tagged(skip, &problem));
        }
        self.with_long_xattrs(Node::new(entry, Content::Nothing))
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

    fn file(&mut self, folder: &dyn Folder, mut entry: Entry, parent: Option<Node>, leaf: &mut Gathered) -> Result<()> {
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

    fn large_file(&mut self, seat: Seat, entry: Entry, parent: Option<Node>) -> Result<()> {
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
        match self.reader.read(shared, &mut self.worker, folder, &mut entry) {
            Ok(read) => {
                match parent {
                    Some(parent) => leaf.read_again.push((leaf.nodes.len(), parent)),
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
            ReadFile::Small(len) => {
                debug_assert!(len <= JOINED_FILE_LEN_MAX);
                leaf.joiner.add(&mut self.worker, &mut leaf.nodes, index, &entry.name, self.reader.small(len))?;
                Content::Nothing
            }
        };
        let node = self.with_long_xattrs(Node::new(entry, content))?;
        leaf.nodes.push(Some(node));
        Ok(())
    }

    /// Moves long values of extended attributes into blobs of their own.
    fn with_long_xattrs(&mut self, mut node: Node) -> Result<Node> {
        let xattrs = &mut node.entry.meta.xattrs;
        if xattrs.iter().all(|xattr| xattr.value.len() <= XATTR_INLINE_LEN_MAX) {
            return Ok(node);
        }
        for xattr in std::mem::take(xattrs) {
            if xattr.value.len() <= XATTR_INLINE_LEN_MAX {
                xattrs.push(xattr);
                continue;
            }
            let value = self.worker.put(BlobKind::Page, &xattr.value)?;
            node.long_xattrs.push(LongXattr { name: xattr.name, value, len: xattr.value.len() as u32 });
        }
        Ok(node)
    }

    /// Something that is there and cannot be read: the parent's version of it, marked as stale, or nothing.
    fn stale(
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

    fn missing(&self, folder: &dyn Folder, name: &[u8], reason: &str, problem: &Problem) {
        let message = match reason {
            "stale" => format!("it cannot be read, so the version of the last snapshot was kept: {problem}"),
            _ => format!("it cannot be read: {problem}"),
        };
        self.shared.ledger.add(&tagged(Skip::missing(folder.path().child(name), reason, message), problem));
    }

    fn vanished(&self, folder: &dyn Folder, name: &[u8]) {
        let path = folder.path().child(name);
        self.shared.ledger.add(&Skip::note(path, "vanished", "it was removed while the backup ran"));
    }
}

fn tagged(skip: Skip, problem: &Problem) -> Skip {
    match problem.tag_text() {
        Some(tag) => skip.tagged(tag),
        None => skip,
    }
}

fn is_racy(entry: &Entry, now: Option<Time>) -> bool {
    let Some(now) = now else { return false };
    [entry.meta.mtime, entry.meta.ctime].into_iter().flatten().any(|time| now.secs_since(time) < RACY_SECS)
}
