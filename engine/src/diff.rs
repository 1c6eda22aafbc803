//! What is different: between two snapshots, or between a snapshot and a folder.
//!
//! Both sides are walked together, by name. Subtrees that two snapshots share are the same page and are passed over unread.

mod same;
mod side;
mod spine;

use std::{cmp::Ordering, ops::ControlFlow};

use larder_connect::Source;
use larder_format::page::Content;
use larder_model::{Entry, ProblemKind, Result, TreePath};

use crate::{SnapshotInfo, Store, Tree, blobs::Library};
pub(crate) use same::compare_nodes;
use side::{Item, Reader};
use spine::{Spine, Way};

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
    let sides = (side::open(library, before)?, side::open(library, after)?);
    run(library, sides, None, &mut |row| each(row).map(ControlFlow::Continue)).map(|(stat, _)| stat)
}

/// The differences between `path` in two snapshots that come after the row of the path `resume`, until `each` breaks off. What comes
/// before is passed over without being compared. Also tells whether it came to the end. Where only one of them has the path, the other
/// holds nothing there.
pub fn diff_trees(
    before: &Tree,
    after: &Tree,
    path: &TreePath,
    resume: Option<&TreePath>,
    each: &mut dyn FnMut(&DiffRow) -> Result<ControlFlow<()>>,
) -> Result<(DiffStat, ControlFlow<()>)> {
    let (old, new) = match (side::in_tree(before, path), side::in_tree(after, path)) {
        (Err(problem), Ok(new)) if problem.is(ProblemKind::NotFound) => (new.none_beside(), new),
        (Ok(old), Err(problem)) if problem.is(ProblemKind::NotFound) => {
            let none = old.none_beside();
            (old, none)
        }
        (old, new) => (old?, new?),
    };
    run(before.library(), (old, new), resume, each)
}

/// Whether anything differs below two folders, which may be stored anew for nothing that anybody sees.
pub(crate) fn differs_below(library: &Library, old: Content, new: Content) -> Result<bool> {
    let sides = (Item::Folder(Reader::nodes(old)), Item::Folder(Reader::nodes(new)));
    run(library, sides, None, &mut |_| Ok(ControlFlow::Break(()))).map(|(_, flow)| flow.is_break())
}

fn run(
    library: &Library,
    (old, new): (Item, Item),
    resume: Option<&TreePath>,
    each: &mut dyn FnMut(&DiffRow) -> Result<ControlFlow<()>>,
) -> Result<(DiffStat, ControlFlow<()>)> {
    let mut diff = Diff { library, each, stat: DiffStat::default(), flow: ControlFlow::Continue(()) };
    match (old, new) {
        (Item::Folder(old), Item::Folder(new)) => diff.folders(old, new, Spine::new(resume))?,
        // There is but one row, the first.
        _ if resume.is_some() => {}
        (Item::Nothing, new) => diff.pair(&TreePath::top(), None, Some(new), true).map(drop)?,
        (old, Item::Nothing) => diff.pair(&TreePath::top(), Some(old), None, true).map(drop)?,
        // A folder that was named itself has no entry to compare.
        (old @ Item::Folder(_), new) | (old, new @ Item::Folder(_)) => diff.tell(DiffRow {
            change: Change::Kind,
            path: TreePath::top(),
            before: Some(old.entry_or_folder()),
            after: Some(new.entry_or_folder()),
        })?,
        (old, new) => diff.pair(&TreePath::top(), Some(old), Some(new), true).map(drop)?,
    }
    Ok((diff.stat, diff.flow))
}

struct Diff<'d> {
    library: &'d Library<'d>,
    each: &'d mut dyn FnMut(&DiffRow) -> Result<ControlFlow<()>>,
    stat: DiffStat,
    flow: ControlFlow<()>,
}

/// Two folders of the same path, being walked together.
struct Open {
    old: Option<Reader>,
    new: Option<Reader>,
}

impl Diff<'_> {
    fn folders(&mut self, old: Reader, new: Reader, mut spine: Spine) -> Result<()> {
        let mut path = TreePath::top();
        let mut top = Open { old: Some(old), new: Some(new) };
        top.seek(self.library, spine.start(0))?;
        let mut open = vec![top];
        while let Some(level) = open.last_mut()
            && self.flow.is_continue()
        {
            self.library.store.settings().interrupt.check()?;
            let Some((old, new)) = level.next(self.library)? else {
                open.pop();
                path.pop();
                continue;
            };
            let name = old.as_ref().or(new.as_ref()).map(|item| item.name().to_vec()).unwrap_or_default();
            let way = spine.way(open.len() - 1, &name);
            if way == Way::Past {
                continue;
            }
            path.push(&name);
            match self.pair(&path, old, new, way == Way::Here)? {
                Some(mut below) => {
                    below.seek(self.library, spine.start(open.len()))?;
                    open.push(below);
                }
                None => path.pop(),
            }
        }
        Ok(())
    }

    /// Compares two items, and tells of them if that is wanted; returns what is to be walked below them.
    fn pair(&mut self, path: &TreePath, old: Option<Item>, new: Option<Item>, is_told: bool) -> Result<Option<Open>> {
        let change = match (&old, &new) {
            _ if !is_told => None,
            (Some(old), Some(new)) => same::compare(self.library, old, new)?,
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
        self.flow = (self.each)(&row)?;
        Ok(())
    }
}

impl Open {
    fn seek(&mut self, library: &Library, start: Option<Vec<u8>>) -> Result<()> {
        let Some(start) = start else { return Ok(()) };
        [&mut self.old, &mut self.new].into_iter().flatten().try_for_each(|reader| reader.seek(library, &start))
    }

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
