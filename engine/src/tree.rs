//! Browsing a snapshot: paths, listings, content.

use std::io::Write;

use larder_format::page::{Content, Node, Totals};
use larder_model::{Entry, Problem, ProblemKind, Result, SnapshotId, Time, TreePath, unescape};

use crate::{
    FileReader, Folder, SnapshotInfo, Store,
    blobs::Library,
    content::{Bytes, read_content},
    folder::{self, FolderCursor},
    snapshots::roots_in,
    xattrs,
};

/// Zeros that a hole is written as, a piece at a time.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// A snapshot, open for reading. All that comes out of it is verified. Clones share what was loaded; a `Tree<'static>`, which
/// [`crate::Reader`] makes, keeps its store alive and may go from thread to thread.
#[derive(Clone)]
pub struct Tree<'s> {
    library: Library<'s>,
    snapshot: SnapshotId,
    time: Time,
    top: Content,
    roots: Vec<TreePath>,
}

impl Store {
    /// Opens a snapshot for reading.
    pub fn tree(&self, snapshot: &SnapshotInfo) -> Result<Tree<'_>> {
        Tree::new(Library::open(self)?, snapshot)
    }
}

impl<'s> Tree<'s> {
    pub(crate) fn new(library: Library<'s>, snapshot: &SnapshotInfo) -> Result<Self> {
        let roots = roots_in(&library, snapshot)?;
        Ok(Self { snapshot: snapshot.id, time: snapshot.record.start(), top: top_content(snapshot), roots, library })
    }

    pub(crate) fn library(&self) -> &Library<'s> {
        &self.library
    }

    /// Another snapshot of the same store, sharing what was loaded for this one.
    pub fn switch(self, snapshot: &SnapshotInfo) -> Result<Self> {
        Self::new(self.library, snapshot)
    }

    /// Which snapshot it is.
    pub fn snapshot(&self) -> SnapshotId {
        self.snapshot
    }

    /// When it was taken.
    pub fn time(&self) -> Time {
        self.time
    }

    /// What the snapshot was taken of.
    pub fn roots(&self) -> &[TreePath] {
        &self.roots
    }

    /// The path that a person means by what they typed after `ID:`. Absolute is from the top; anything else, and nothing, is from the
    /// only root. A root that is a file goes by the name under which it is listed. Where nothing is called what was typed, it may be
    /// the escaped form in which names are shown.
    pub fn resolve(&self, typed: &[u8]) -> Result<TreePath> {
        let exact = self.resolve_exactly(typed)?;
        let unescaped = std::str::from_utf8(typed).ok().filter(|text| text.contains('\\')).and_then(unescape);
        let Some(unescaped) = unescaped else { return Ok(exact) };
        if self.is_there(&exact)? {
            return Ok(exact);
        }
        let meant = self.resolve_exactly(&unescaped)?;
        Ok(if self.is_there(&meant)? { meant } else { exact })
    }

    fn resolve_exactly(&self, typed: &[u8]) -> Result<TreePath> {
        if typed.starts_with(b"/") {
            return Ok(TreePath::new(typed));
        }
        match self.roots.as_slice() {
            [root] if typed.is_empty() || self.is_folder(root)? => Ok(root.joined(typed)),
            [root] => {
                let mut folder = root.clone();
                folder.pop();
                Ok(folder.joined(typed))
            }
            _ if typed.is_empty() => Ok(TreePath::top()),
            _ => Err(Problem::usage(format!(
                "the snapshot has {} roots, so a path in it begins with /",
                self.roots.len()
            ))
            .hint("`larder info ID` shows the roots")),
        }
    }

    fn is_there(&self, path: &TreePath) -> Result<bool> {
        match self.node(path) {
            Err(problem) if problem.is(ProblemKind::NotFound) => Ok(false),
            found => found.map(|_| true),
        }
    }

    fn is_folder(&self, path: &TreePath) -> Result<bool> {
        Ok(self.node(path)?.is_none_or(|node| node.entry.is_dir()))
    }

    /// What the top is: it has no node.
    pub fn top_content(&self) -> Content {
        self.top
    }

    pub(crate) fn top_totals(&self) -> Totals {
        match self.top {
            Content::Folder { totals, .. } => totals,
            _ => Totals::default(),
        }
    }

    /// The node at a path; `None` for the top, which has none. A path that is not there is `NotFound`.
    pub fn node(&self, path: &TreePath) -> Result<Option<Node>> {
        let mut node: Option<Node> = None;
        let mut walked = TreePath::top();
        for name in path.names() {
            let content = node.as_ref().map_or(self.top, |node| node.content);
            walked.push(name);
            node = match content {
                Content::Folder { root, .. } => folder::find(&self.library, root, name)?,
                _ => None,
            };
            if node.is_none() {
                return Err(Problem::not_found(format!("there is no {walked} in the snapshot"))
                    .hint("`larder ls ID` shows what is in it"));
            }
        }
        Ok(node)
    }

    /// A folder, open for reading a part of it at a time.
    pub fn folder(&self, path: &TreePath) -> Result<Folder<'s>> {
        match self.node(path)? {
            Some(node) => self.folder_of(&node),
            None => Ok(Folder::new(self.library.clone(), self.top)),
        }
    }

    /// The folder behind a node.
    pub fn folder_of(&self, node: &Node) -> Result<Folder<'s>> {
        if !node.entry.is_dir() {
            return Err(Problem::usage(format!("{} is not a folder", larder_model::escape(&node.entry.name))));
        }
        Ok(Folder::new(self.library.clone(), node.content))
    }

    /// The file behind a node, open for reading from anywhere.
    pub fn file(&self, node: &Node) -> Result<FileReader<'s>> {
        FileReader::new(self.library.clone(), node)
    }

    /// The entry of a node with all its extended attributes: those that are too long for a page are read in.
    pub fn entry(&self, node: &Node) -> Result<Entry> {
        xattrs::with_long_xattrs(&self.library, node)
    }

    /// The value of one of a node's extended attributes.
    pub fn xattr(&self, node: &Node, name: &[u8]) -> Result<Option<Vec<u8>>> {
        xattrs::value(&self.library, node, name)
    }

    /// Calls `each` with everything in one folder, by name.
    pub fn list(&self, path: &TreePath, each: &mut dyn FnMut(Node) -> Result<()>) -> Result<()> {
        let node = self.node(path)?;
        let content = node.as_ref().map_or(self.top, |node| node.content);
        match content {
            Content::Folder { root, .. } => folder::list(&self.library, root, each),
            _ if node.as_ref().is_none_or(|node| node.entry.is_dir()) => Ok(()),
            _ => Err(Problem::usage(format!("{path} is not a folder"))),
        }
    }

    /// Calls `each` with everything below `path`, itself left out: folders before what is in them, by name.
    pub fn walk(&self, path: &TreePath, each: &mut dyn FnMut(&TreePath, &Node) -> Result<()>) -> Result<()> {
        self.walk_where(path, &mut |path, node| each(path, node).map(|()| true))
    }

    /// Like [`Tree::walk`]; goes into a folder only where `each` says true.
    pub fn walk_where(&self, path: &TreePath, each: &mut dyn FnMut(&TreePath, &Node) -> Result<bool>) -> Result<()> {
        let node = self.node(path)?;
        let content = node.as_ref().map_or(self.top, |node| node.content);
        walk_content(&self.library, path.clone(), content, each)
    }

    /// Writes a file's bytes to `sink`, holes as zeros. The first damaged part ends it with an error, before it is written.
    pub fn read(&self, node: &Node, sink: &mut dyn Write) -> Result<()> {
        let settings = self.library.store.settings();
        read_content(&self.library, node, &mut |piece| {
            settings.interrupt.check()?;
            match piece {
                Bytes::Data(bytes) => sink.write_all(bytes).map_err(sink_failed),
                Bytes::Hole(len) => write_zeros(len, sink),
            }
        })
    }
}

fn write_zeros(mut len: u64, sink: &mut dyn Write) -> Result<()> {
    while len > 0 {
        let piece = len.min(ZEROS.len() as u64);
        sink.write_all(&ZEROS[..piece as usize]).map_err(sink_failed)?;
        len -= piece;
    }
    Ok(())
}

fn sink_failed(error: std::io::Error) -> Problem {
    Problem::failed(format!("the output cannot be written: {error}"))
}

pub(crate) fn top_content(snapshot: &SnapshotInfo) -> Content {
    match snapshot.record.root() {
        Some(root) => Content::Folder { root, totals: snapshot.record.totals() },
        None => Content::Nothing,
    }
}

/// Walks depth first with a stack of its own: folders may be nested deeper than a thread's stack. Holds one leaf a level.
pub(crate) fn walk_content(
    library: &Library,
    path: TreePath,
    content: Content,
    each: &mut dyn FnMut(&TreePath, &Node) -> Result<bool>,
) -> Result<()> {
    let mut levels = vec![FolderCursor::new(content)];
    let mut path = path;
    while let Some(level) = levels.last_mut() {
        library.store.settings().interrupt.check()?;
        let Some(node) = level.next(library)? else {
            levels.pop();
            if !levels.is_empty() {
                path.pop();
            }
            continue;
        };
        path.push(&node.entry.name);
        let enter = each(&path, &node)?;
        match node.content {
            Content::Folder { .. } if enter => levels.push(FolderCursor::new(node.content)),
            _ => path.pop(),
        }
    }
    Ok(())
}
