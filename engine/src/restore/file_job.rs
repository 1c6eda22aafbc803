//! A file on its way: it knows when it is done.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{
        AtomicBool, AtomicUsize,
        Ordering::{AcqRel, Relaxed},
    },
};

use larder_connect::{New, NewFile, Ticket};
use larder_format::page::{Content, Node};
use larder_model::{Entry, Problem, Result, TreePath};

use super::{jobs::FolderJob, pending::Order};
use crate::xattrs::with_long_xattrs;

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

    /// True when it is written in several pieces, as far as one can tell.
    pub fn has_tree(&self) -> bool {
        matches!(self.node.content, Content::Tree(_))
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
