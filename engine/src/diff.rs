//! What is different: between two snapshots, or between a snapshot and a folder.
//!
//! Both sides are walked together, by name. Subtrees that two snapshots share are the same page and are passed over unread.

mod side;

use std::cmp::Ordering;

use larder_connect::Source;
use larder_format::page::{Content, Node};
use larder_model::{Entry, Kind, Result, TreePath};

use crate::{SnapshotInfo, Store, blobs::Library, restore::same_content};
use side::{Item, Reader};

/// One side of a comparison.
pub enum Side<'d> {
    /// A snapshot, and a path in it as a person types it after `ID:`.
    Snapshot(&'d SnapshotInfo, &'d [u8]),
    /// A source's only root.
    Folder(&'d dyn Source),
}

/// How an item differs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    Added,
    Removed,
    /// Other content.
    Modified,
    /// The same content, other mode, owner, times or attributes.
    Metadata,
    /// A file became a folder, or the like.
    Kind,
}

/// One difference.
#[derive(Clone, Debug)]
pub struct DiffRow {
    pub change: Change,
    /// Relative to the two paths that are compared, with a leading slash.
    pub path: TreePath,
    pub before: Option<Entry>,
    pub after: Option<Entry>,
}

/// Differences by kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DiffStat {
    pub added: u64,
    pub removed: u64,
    pub modified: u64,
    pub metadata: u64,
    /// Bytes of files that are new or other.
    pub bytes_added: u64,
    /// Bytes of files that are gone or were other.
    pub bytes_removed: u64,
}

/// Calls `each` with every difference, in the order of paths.
pub fn diff(
    store: &Store,
    before: &Side,
    after: &Side,
    each: &mut dyn FnMut(&DiffRow) -> Result<()>,
) -> Result<DiffStat> {
    diff_in(&Library::open(store)?, before, after, each)
}

/// The same, for those who have a library already.
pub(crate) fn diff_in(
    library: &Library,
    before: &Side,
    after: &Side,
    each: &mut dyn FnMut(&DiffRow) -> Result<()>,
) -> Result<DiffStat> {
    let (old, new) = (side::open(library, before)?, side::open(library, after)?);
    let mut diff = Diff { library, each, stat: DiffStat::default() };
    match (old, new) {
        (Item::Folder(old), Item::Folder(new)) => diff.folders(old, new)?,
        (old, new) => diff.pair(&TreePath::top(), Some(old), Some(new)).map(drop)?,
    }
    Ok(diff.stat)
}

struct Diff<'d> {
    library: &'d Library<'d>,
    each: &'d mut dyn FnMut(&DiffRow) -> Result<()>,
    stat: DiffStat,
}

/// Two folders of the same path, being walked together.
struct Open {
    old: Option<Reader>,
    new: Option<Reader>,
}

impl Diff<'_> {
    fn folders(&mut self, old: Reader, new: Reader) -> Result<()> {
        let mut path = TreePath::top();
        let mut open = vec![Open { old: Some(old), new: Some(new) }];
        while let Some(level) = open.last_mut() {
            self.library.store.settings().interrupt.check()?;
            let Some((old, new)) = level.next(self.library)? else {
                open.pop();
                path.pop();
                continue;
            };
            let name = old.as_ref().or(new.as_ref()).map(|item| item.name().to_vec()).unwrap_or_default();
            path.push(&name);
            match self.pair(&path, old, new)? {
                Some(below) => open.push(below),
                None => path.pop(),
            }
        }
        Ok(())
    }

    /// Compares two items; returns what is to be walked below them.
    fn pair(&mut self, path: &TreePath, old: Option<Item>, new: Option<Item>) -> Result<Option<Open>> {
        let change = match (&old, &new) {
            (Some(old), Some(new)) => self.compare(old, new)?,
            (None, _) => Some(Change::Added),
            (_, None) => Some(Change::Removed),
        };
        if let Some(change) = change {
            let entry = |item: &Option<Item>| item.as_ref().and_then(Item::entry).cloned();
            self.tell(DiffRow { change, path: path.clone(), before: entry(&old), after: entry(&new) })?;
        }
        let same = matches!((&old, &new), (Some(old), Some(new)) if old.page().is_some() && old.page() == new.page());
        let below =
            |item: Option<Item>| item.map(|item| item.into_reader(self.library)).transpose().map(Option::flatten);
        if same {
            return Ok(None);
        }
        let (old, new) = (below(old)?, below(new)?);
        Ok((old.is_some() || new.is_some()).then_some(Open { old, new }))
    }

    fn tell(&mut self, row: DiffRow) -> Result<()> {
        let size = |entry: &Option<Entry>| entry.as_ref().map_or(0, |entry| entry.meta.size);
        let stat = &mut self.stat;
        match row.change {
            Change::Added => stat.added += 1,
            Change::Removed => stat.removed += 1,
            Change::Modified | Change::Kind => stat.modified += 1,
            Change::Metadata => stat.metadata += 1,
        }
        if row.change != Change::Metadata {
            stat.bytes_added += size(&row.after);
            stat.bytes_removed += size(&row.before);
        }
        (self.each)(&row)
    }

    fn compare(&self, old: &Item, new: &Item) -> Result<Option<Change>> {
        let (Some(before), Some(after)) = (old.entry(), new.entry()) else { return Ok(None) };
        if before.kind != after.kind {
            return Ok(Some(Change::Kind));
        }
        if before.kind == Kind::File && !self.same_bytes(old, new)? || !same_nature(before, after) {
            return Ok(Some(Change::Modified));
        }
        Ok((!same_metadata(before, after)).then_some(Change::Metadata))
    }

    fn same_bytes(&self, old: &Item, new: &Item) -> Result<bool> {
        let (Some(before), Some(after)) = (old.entry(), new.entry()) else { return Ok(true) };
        if before.meta.size != after.meta.size {
            return Ok(false);
        }
        match (old, new) {
            (Item::Node(old), Item::Node(new)) => self.same_blobs(old, new),
            (Item::Node(node), Item::Found { folder, entry }) | (Item::Found { folder, entry }, Item::Node(node)) => {
                same_content(self.library, node, folder.open(entry)?)
            }
            _ => Ok(true),
        }
    }

    /// Small files may be joined differently and still have the same bytes.
    fn same_blobs(&self, old: &Node, new: &Node) -> Result<bool> {
        if old.content == new.content {
            return Ok(true);
        }
        let is_joined = |node: &Node| matches!(node.content, Content::Slice { .. });
        if !is_joined(old) && !is_joined(new) {
            return Ok(false);
        }
        let bytes = |node: &Node| -> Result<Vec<u8>> {
            let mut bytes = Vec::new();
            crate::content::read_content(self.library, node, &mut |piece| {
                if let crate::content::Bytes::Data(data) = piece {
                    bytes.extend_from_slice(data);
                }
                Ok(())
            })?;
            Ok(bytes)
        };
        Ok(bytes(old)? == bytes(new)?)
    }
}

impl Open {
    /// The next name, with what either side has under it.
    fn next(&mut self, library: &Library) -> Result<Option<(Option<Item>, Option<Item>)>> {
        let (old, new) = (peek(&mut self.old, library)?, peek(&mut self.new, library)?);
        let order = match (old, new) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.cmp(&new),
        };
        let take = |reader: &mut Option<Reader>| reader.as_mut().and_then(Reader::take);
        Ok(Some(match order {
            Ordering::Less => (take(&mut self.old), None),
            Ordering::Greater => (None, take(&mut self.new)),
            Ordering::Equal => (take(&mut self.old), take(&mut self.new)),
        }))
    }
}

fn peek(reader: &mut Option<Reader>, library: &Library) -> Result<Option<Vec<u8>>> {
    reader.as_mut().map_or(Ok(None), |reader| reader.peek(library))
}

/// A symlink's target and a device's number are its content.
fn same_nature(before: &Entry, after: &Entry) -> bool {
    before.meta.target == after.meta.target && before.meta.device == after.meta.device
}

fn same_metadata(before: &Entry, after: &Entry) -> bool {
    let (old, new) = (&before.meta, &after.meta);
    let owner = |meta: &larder_model::Metadata| meta.owner.as_ref().map(|owner| (owner.uid, owner.gid));
    old.mode == new.mode && owner(old) == owner(new) && old.mtime == new.mtime && old.xattrs == new.xattrs
}
