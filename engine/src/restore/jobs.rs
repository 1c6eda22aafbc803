//! Folders and files on their way: each knows when it is done.

use std::sync::{
    Arc, Mutex, OnceLock, PoisonError, RwLock,
    atomic::{
        AtomicBool, AtomicUsize,
        Ordering::{AcqRel, Relaxed},
    },
};

use larder_connect::{Abilities, New, NewFile, Target, TargetFolder, Ticket};
use larder_format::{
    keys::BlobKind,
    page::{Content, Node},
};
use larder_model::{Entry, Metadata, Problem, ProblemKind, Result, Skip, Time, TreePath, Xattr};

use super::{
    Mode,
    lost::Lost,
    pending::{Order, Pending},
    report::Tally,
};
use crate::blobs::Library;

/// What all jobs share.
pub(super) struct Shared<'r> {
    pub library: &'r Library<'r>,
    pub tally: &'r Tally<'r>,
    pub target: &'r dyn Target,
    pub abilities: Abilities,
    /// Ends everything: the target is full, or somebody stopped the run.
    pub stop: Mutex<Option<Problem>>,
    pub pending: Pending,
    pub lost: Lost,
    pub mode: Mode,
}

impl Shared<'_> {
    /// A problem with one item: it is missing. One that concerns all items ends the restore.
    pub fn item_failed(&self, path: TreePath, problem: Problem) {
        if ends_everything(&problem) {
            return self.stop_for(problem);
        }
        let reason = match problem.kind() {
            ProblemKind::Damaged => "damaged",
            ProblemKind::Conflict => "conflict",
            _ => "unwritten",
        };
        let skip = Skip::missing(path, reason, problem.to_string());
        self.tally.skip(&match problem.tag_text() {
            Some(tag) => skip.tagged(tag),
            None => skip,
        });
    }

    /// Ends the restore as soon as everybody has noticed.
    pub fn stop_for(&self, problem: Problem) {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(problem);
    }

    pub fn check(&self) -> Result<()> {
        self.library.store.settings().interrupt.check()?;
        match &*self.stop.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(problem) => Err(problem.clone()),
            None => Ok(()),
        }
    }
}

/// What concerns one item concerns the others as well: none of them could be written any more.
fn ends_everything(problem: &Problem) -> bool {
    matches!(
        problem.kind(),
        ProblemKind::NoSpace | ProblemKind::Interrupted | ProblemKind::Budget | ProblemKind::Credentials
    )
}

/// What a folder is given when the last thing in it is done.
#[derive(Clone)]
pub(super) enum Settle {
    /// What its entry says.
    Entry(Box<Node>),
    /// The time that it had before: it stood there, and nothing else about it is touched.
    Time(Time),
    Nothing,
}

impl Settle {
    pub fn give(&self, folder: &dyn TargetFolder, shared: &Shared) -> Result<()> {
        let meta = match self {
            Self::Entry(node) => with_long_xattrs(shared.library, node)?.meta,
            Self::Time(time) => Metadata { mtime: Some(*time), ..Metadata::default() },
            Self::Nothing => return Ok(()),
        };
        folder.settle(&meta, &mut |skip| shared.tally.skip(&skip))
    }
}

/// A folder at the target. It is made when the first thing in it is, and settled when the last one lets go of it.
pub(super) struct FolderJob<'r> {
    shared: &'r Shared<'r>,
    pub path: TreePath,
    settle: Settle,
    above: Option<Arc<FolderJob<'r>>>,
    folder: OnceLock<Arc<dyn TargetFolder>>,
    making: Mutex<()>,
    /// Of a rehearsal: it was counted.
    would_be_made: AtomicBool,
}

impl<'r> FolderJob<'r> {
    /// The folder that the restore goes into.
    pub fn top(
        shared: &'r Shared<'r>,
        path: TreePath,
        folder: Option<Arc<dyn TargetFolder>>,
        settle: Settle,
    ) -> Arc<Self> {
        let cell = OnceLock::new();
        if let Some(folder) = folder {
            let _ = cell.set(folder);
        }
        Self::with(shared, path, settle, None, cell)
    }

    /// A folder below another one. `standing` is it, if it stands there already.
    pub fn below(
        above: &Arc<Self>,
        path: TreePath,
        settle: Settle,
        standing: Option<Arc<dyn TargetFolder>>,
    ) -> Arc<Self> {
        let folder = OnceLock::new();
        if let Some(standing) = standing {
            let _ = folder.set(standing);
        }
        Self::with(above.shared, path, settle, Some(above.clone()), folder)
    }

    fn with(
        shared: &'r Shared<'r>,
        path: TreePath,
        settle: Settle,
        above: Option<Arc<Self>>,
        folder: OnceLock<Arc<dyn TargetFolder>>,
    ) -> Arc<Self> {
        let (making, would_be_made) = (Mutex::new(()), AtomicBool::new(false));
        Arc::new(Self { shared, path, settle, above, folder, making, would_be_made })
    }

    /// The folder, if it stands or was made.
    pub fn standing(&self) -> Option<&Arc<dyn TargetFolder>> {
        self.folder.get()
    }

    pub fn settle(&self) -> &Settle {
        &self.settle
    }

    /// The folder, made if it is not there yet, with those above it.
    pub fn ensure(&self) -> Result<&Arc<dyn TargetFolder>> {
        if let Some(folder) = self.folder.get() {
            return Ok(folder);
        }
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = self.folder.get() {
            return Ok(folder);
        }
        let (Some(above), Settle::Entry(node)) = (&self.above, &self.settle) else {
            return Err(Problem::failed(format!("{} has no folder to be in", self.path)));
        };
        let (shared, into) = (self.shared, above.ensure()?);
        let ticket = shared.pending.ticket();
        let made = shared.order(Order::Folder, ticket, &self.path, || {
            into.make_folder(&node.entry, ticket, &mut |skip| shared.tally.skip(&skip))
        })?;
        shared.lost.count(node);
        Ok(self.folder.get_or_init(|| made))
    }

    /// Counts the folder, and those above it, that a restore would make.
    pub fn would_make(&self) {
        let Some(above) = &self.above else { return };
        if self.folder.get().is_some() || self.would_be_made.swap(true, Relaxed) {
            return;
        }
        above.would_make();
        self.shared.tally.made_folder(&self.path);
        if let Settle::Entry(node) = &self.settle {
            self.shared.lost.count(node);
            if self.shared.mode == Mode::Rehearse {
                self.shared.tell_other_name(above, &self.path, &node.entry.name);
            }
        }
    }
}

impl Drop for FolderJob<'_> {
    fn drop(&mut self) {
        let Some(folder) = self.folder.get() else { return };
        if self.shared.mode != Mode::Write {
            return;
        }
        if let Err(problem) = self.settle.give(&**folder, self.shared) {
            self.shared.item_failed(self.path.clone(), problem);
        }
    }
}

/// A file being written: made with its first piece, finished with its last one.
pub(super) struct FileJob<'r> {
    pub folder: Arc<FolderJob<'r>>,
    pub node: Node,
    pub path: TreePath,
    /// What stood there when it was decided to replace it.
    over: Option<Entry>,
    /// Writers share it; whoever makes or finishes it has it alone.
    file: RwLock<Option<(Ticket, Box<dyn NewFile>)>>,
    /// Pieces to come, and one for the planner while it adds them.
    unfinished: AtomicUsize,
    failed: AtomicBool,
}

impl<'r> FileJob<'r> {
    pub fn new(folder: Arc<FolderJob<'r>>, node: Node, path: TreePath, over: Option<Entry>) -> Arc<Self> {
        let (unfinished, failed) = (AtomicUsize::new(1), AtomicBool::new(false));
        Arc::new(Self { folder, node, path, over, file: RwLock::new(None), unfinished, failed })
    }

    /// True when the target makes the file without its content.
    pub fn recall(&self) -> Result<bool> {
        let content = content_key(&self.node);
        let new = self.new_file(&self.node.entry, &content, Ticket(u64::MAX));
        self.folder.ensure()?.recall(&new)
    }

    fn new_file<'n>(&'n self, entry: &'n Entry, content: &'n [u8], ticket: Ticket) -> New<'n> {
        New { entry, path: &self.path, over: self.over.as_ref(), content, ticket }
    }

    /// True when an earlier run has brought these bytes.
    pub fn has(&self, offset: u64, len: u64) -> Result<bool> {
        let mut file = self.file.write().unwrap_or_else(PoisonError::into_inner);
        Ok(self.made(&mut file)?.has(offset, len))
    }

    /// Tells of a hole.
    pub fn skip(&self, offset: u64, len: u64) -> Result<()> {
        let mut file = self.file.write().unwrap_or_else(PoisonError::into_inner);
        self.made(&mut file)?.skip(offset, len)
    }

    pub fn expect_piece(&self) {
        self.unfinished.fetch_add(1, AcqRel);
    }

    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        if let Some((_, file)) = &*self.file.read().unwrap_or_else(PoisonError::into_inner) {
            return file.write_at(offset, bytes);
        }
        let mut file = self.file.write().unwrap_or_else(PoisonError::into_inner);
        self.made(&mut file)?.write_at(offset, bytes)
    }

    fn made<'f>(&self, file: &'f mut Option<(Ticket, Box<dyn NewFile>)>) -> Result<&'f dyn NewFile> {
        if file.is_none() {
            let shared = self.folder.shared;
            let entry = with_long_xattrs(shared.library, &self.node)?;
            let (folder, content) = (self.folder.ensure()?, content_key(&self.node));
            let ticket = shared.pending.ticket();
            *file = Some((ticket, folder.create(&self.new_file(&entry, &content, ticket))?));
        }
        file.as_ref().map(|(_, file)| &**file).ok_or_else(|| Problem::failed("a file was not made"))
    }

    /// The file cannot be restored; told once.
    pub fn fail(&self, problem: Problem) {
        if !self.failed.swap(true, AcqRel) {
            self.folder.shared.item_failed(self.path.clone(), problem);
        }
    }

    /// A piece, or the planner, is done with it. The last one gives the file its name.
    pub fn finish_one(&self) {
        if self.unfinished.fetch_sub(1, AcqRel) > 1 || self.failed.load(Relaxed) {
            return;
        }
        if let Err(problem) = self.finish() {
            self.fail(problem);
        }
    }

    fn finish(&self) -> Result<()> {
        let mut file = self.file.write().unwrap_or_else(PoisonError::into_inner);
        self.made(&mut file)?;
        let (Some((ticket, file)), shared) = (file.take(), self.folder.shared) else { return Ok(()) };
        shared.order(Order::Item, ticket, &self.path, || {
            let state = file.finish(&mut |skip| shared.tally.skip(&skip))?;
            Ok(((), state))
        })?;
        shared.lost.count(&self.node);
        Ok(())
    }
}

/// What stands for a file's content, and for no other: empty where it has none.
fn content_key(node: &Node) -> Vec<u8> {
    let size = node.entry.meta.size.to_le_bytes();
    match node.content {
        Content::Nothing | Content::Folder { .. } => Vec::new(),
        Content::Blob(id) => [id.0.as_slice(), &size].concat(),
        Content::Slice { blob, offset } => [blob.0.as_slice(), &size, &offset.to_le_bytes()].concat(),
        Content::Tree(root) => [root.id.0.as_slice(), &size].concat(),
    }
}

/// The entry with its long extended attributes read in.
pub(super) fn with_long_xattrs(library: &Library, node: &Node) -> Result<Entry> {
    let mut entry = node.entry.clone();
    for xattr in &node.long_xattrs {
        let value = library.blob(BlobKind::Page, &xattr.value)?;
        entry.meta.xattrs.push(Xattr { name: xattr.name.clone(), value: value.into() });
    }
    entry.meta.xattrs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entry)
}
