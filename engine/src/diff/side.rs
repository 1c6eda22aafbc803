//! One side of a comparison: nodes of a snapshot, or what stands in a folder.

use std::sync::Arc;

use larder_connect::{Folder, Names};
use larder_format::page::{Content, Node, PageRef};
use larder_model::{Entry, Kind, Problem, ProblemKind, Result, TreePath};

use super::Side;
use crate::{
    Tree,
    blobs::Library,
    folder::{FolderCursor, page_of},
};

/// Something with a name, or the folder that a side begins with.
pub(super) enum Item {
    Node(Box<Node>),
    Found {
        folder: Arc<dyn Folder>,
        entry: Box<Entry>,
    },
    Folder(Reader),
    /// In the place of a file that the other side begins with.
    Nothing,
}

impl Item {
    pub fn name(&self) -> &[u8] {
        self.entry().map_or(b"", |entry| &entry.name)
    }

    pub fn entry(&self) -> Option<&Entry> {
        match self {
            Self::Node(node) => Some(&node.entry),
            Self::Found { entry, .. } => Some(entry),
            Self::Folder(_) | Self::Nothing => None,
        }
    }

    /// The same, with a nameless entry for the folder that a side begins with.
    pub fn entry_or_folder(&self) -> Entry {
        self.entry().cloned().unwrap_or_else(|| Entry::new(&b""[..], Kind::Directory))
    }

    /// What a side without the path begins with.
    pub fn none_beside(&self) -> Self {
        match self {
            Self::Folder(_) => Self::Folder(Reader::nodes(Content::Nothing)),
            _ => Self::Nothing,
        }
    }

    /// A snapshot folder's page.
    pub fn page(&self) -> Option<PageRef> {
        match self {
            Self::Node(node) => page_of(&node.content),
            _ => None,
        }
    }

    /// What is below it; `None` for anything but a folder.
    pub fn into_reader(self, _: &Library) -> Result<Option<Reader>> {
        Ok(match self {
            Self::Node(node) if node.entry.is_dir() => Some(Reader::nodes(node.content)),
            Self::Found { folder, entry } if entry.is_dir() => Some(Reader::found(folder.folder(&entry.name)?)?),
            Self::Folder(reader) => Some(reader),
            _ => None,
        })
    }
}

/// Items of one folder, by name.
pub(super) struct Reader {
    from: From,
    next: Option<Box<Item>>,
}

enum From {
    Nodes(FolderCursor),
    Names { folder: Arc<dyn Folder>, names: Names, at: usize },
}

impl Reader {
    pub fn nodes(content: Content) -> Self {
        Self { from: From::Nodes(FolderCursor::new(content)), next: None }
    }

    fn found(folder: Arc<dyn Folder>) -> Result<Self> {
        let names = folder.names(&mut |_| ())?;
        Ok(Self { from: From::Names { folder, names, at: 0 }, next: None })
    }

    /// Passes over what comes before a name, without reading all of it. Nothing was read yet.
    pub fn seek(&mut self, library: &Library, name: &[u8]) -> Result<()> {
        match &mut self.from {
            From::Nodes(cursor) => cursor.seek(library, name),
            From::Names { .. } => Ok(()),
        }
    }

    /// The next item's name.
    pub fn peek(&mut self, library: &Library) -> Result<Option<Vec<u8>>> {
        if self.next.is_none() {
            self.next = self.read(library)?.map(Box::new);
        }
        Ok(self.next.as_ref().map(|item| item.name().to_vec()))
    }

    pub fn take(&mut self) -> Option<Item> {
        self.next.take().map(|item| *item)
    }

    fn read(&mut self, library: &Library) -> Result<Option<Item>> {
        match &mut self.from {
            From::Nodes(cursor) => Ok(cursor.next(library)?.map(|node| Item::Node(Box::new(node)))),
            From::Names { folder, names, at } => {
                while *at < names.len() {
                    *at += 1;
                    if let Some(entry) = describe(&**folder, names.name(*at - 1))? {
                        return Ok(Some(Item::Found { folder: folder.clone(), entry: Box::new(entry) }));
                    }
                }
                Ok(None)
            }
        }
    }
}

/// An entry with its extended attributes; `None` when it has vanished.
fn describe(folder: &dyn Folder, name: &[u8]) -> Result<Option<Entry>> {
    let Some(mut entry) = folder.stat(name, &mut |_| ())? else { return Ok(None) };
    let details = match entry.kind {
        Kind::File => folder.open(&entry).and_then(|file| file.finish(&mut |_| ())).map(|meta| entry.meta = meta),
        _ => folder.details(name, &mut entry.meta, &mut |_| ()),
    };
    match details {
        Ok(()) => Ok(Some(entry)),
        Err(problem) if problem.is(ProblemKind::NotFound) => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// What the side of a snapshot begins with.
pub(super) fn in_tree(tree: &Tree, path: &TreePath) -> Result<Item> {
    Ok(match tree.node(path)? {
        Some(node) if !node.entry.is_dir() => Item::Node(Box::new(node)),
        Some(node) => Item::Folder(Reader::nodes(node.content)),
        None => Item::Folder(Reader::nodes(tree.top_content())),
    })
}

/// What a side begins with.
pub(super) fn open(library: &Library, side: &Side) -> Result<Item> {
    match side {
        Side::Snapshot(snapshot, typed) => {
            let tree = Tree::new(library.clone(), snapshot)?;
            in_tree(&tree, &tree.resolve(typed)?)
        }
        Side::Folder(source) => {
            let [root] = source.roots().try_into().map_err(|_| Problem::usage("only one folder can be compared"))?;
            let names: Vec<Vec<u8>> = root.names().map(<[u8]>::to_vec).collect();
            let Some((last, way)) = names.split_last() else {
                return Ok(Item::Folder(Reader::found(source.top()?)?));
            };
            let mut folder = source.top()?;
            for name in way {
                folder = folder.folder(name)?;
            }
            let gone = || Problem::not_found(format!("there is no {root}"));
            let entry = describe(&*folder, last)?.ok_or_else(gone)?;
            match entry.kind {
                Kind::Directory => Ok(Item::Folder(Reader::found(folder.folder(last)?)?)),
                _ => Ok(Item::Found { folder, entry: Box::new(entry) }),
            }
        }
    }
}
