//! One path through the snapshots of a store: where it is, and where it became another.

use std::collections::HashMap;

use larder_format::page::{Content, Node};
use larder_model::{Origin, ProblemKind, Result, TreePath};

use crate::{
    SnapshotInfo, Tree,
    blobs::Library,
    diff::{compare_nodes, differs_below},
    folder::{self, page_of},
    tree::top_content,
};

/// A path in one snapshot, next to the snapshot of the same origin before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Presence {
    /// As in the snapshot before. A folder is the same when all below it is.
    Same,
    Changed,
    /// There, and not in the snapshot before.
    Added,
    /// Not there, but in the snapshot before.
    Removed,
    /// Neither here nor in the snapshot before.
    Absent,
    /// The listings that would tell are damaged.
    Damaged,
}

/// The history of one path. Rows may be asked for in any order; what was looked up is kept.
pub struct History<'h, 's> {
    library: &'h Library<'s>,
    /// Oldest first, as [`crate::Store::snapshots`] has them.
    snapshots: &'h [SnapshotInfo],
    /// The snapshot of the same origin before each.
    before: Vec<Option<usize>>,
    path: TreePath,
    found: HashMap<usize, Found>,
}

/// What stands at the path.
#[derive(Clone)]
enum Found {
    Nothing,
    Top(Content),
    Node(Box<Node>),
    Damage,
}

impl<'h, 's> History<'h, 's> {
    /// `tree` is any snapshot of the store: what it has read so far is of use here.
    pub fn new(tree: &'h Tree<'s>, snapshots: &'h [SnapshotInfo], path: TreePath) -> Self {
        let mut last: HashMap<Origin, usize> = HashMap::new();
        let before = |(index, snapshot): (usize, &SnapshotInfo)| last.insert(snapshot.record.origin(), index);
        let before = snapshots.iter().enumerate().map(before).collect();
        Self { library: tree.library(), snapshots, before, path, found: HashMap::new() }
    }

    /// How the path fares in the snapshot of this index, and what stands there; nothing stands at the top itself.
    pub fn row(&mut self, index: usize) -> Result<(Presence, Option<Node>)> {
        let now = self.at(index)?;
        let before = self.before[index].map_or(Ok(Found::Nothing), |before| self.at(before))?;
        // Only the path at hand and the one before it are ever asked for again.
        self.found.retain(|kept, _| *kept == index || Some(*kept) == self.before[index]);
        let presence = presence(self.library, &before, &now)?;
        Ok((presence, if let Found::Node(node) = now { Some(*node) } else { None }))
    }

    fn at(&mut self, index: usize) -> Result<Found> {
        if let Some(found) = self.found.get(&index) {
            return Ok(found.clone());
        }
        let found = match find(self.library, &self.snapshots[index], &self.path) {
            Err(problem) if problem.is(ProblemKind::Damaged) => Found::Damage,
            found => found?,
        };
        self.found.insert(index, found.clone());
        Ok(found)
    }
}

fn presence(library: &Library, before: &Found, now: &Found) -> Result<Presence> {
    let same = match (before, now) {
        (_, Found::Damage) => return Ok(Presence::Damaged),
        (Found::Nothing, Found::Nothing) => return Ok(Presence::Absent),
        (_, Found::Nothing) => return Ok(Presence::Removed),
        (Found::Nothing, _) => return Ok(Presence::Added),
        (Found::Top(old), Found::Top(new)) => is_same_below(library, old, new)?,
        (Found::Node(old), Found::Node(new)) => match compare_nodes(library, old, new) {
            Err(problem) if problem.is(ProblemKind::Damaged) => return Ok(Presence::Damaged),
            change => change?.is_none() && (!new.entry.is_dir() || is_same_below(library, &old.content, &new.content)?),
        },
        _ => false,
    };
    Ok(if same { Presence::Same } else { Presence::Changed })
}

/// Where a listing below is damaged, all that is known is that it was stored anew.
fn is_same_below(library: &Library, old: &Content, new: &Content) -> Result<bool> {
    if page_of(old) == page_of(new) {
        return Ok(true);
    }
    match differs_below(library, *old, *new) {
        Err(problem) if problem.is(ProblemKind::Damaged) => Ok(false),
        differs => Ok(!differs?),
    }
}

fn find(library: &Library, snapshot: &SnapshotInfo, path: &TreePath) -> Result<Found> {
    library.store.settings().interrupt.check()?;
    let mut found = Found::Top(top_content(snapshot));
    for name in path.names() {
        let content = match &found {
            Found::Top(content) => *content,
            Found::Node(node) => node.content,
            Found::Nothing | Found::Damage => return Ok(found),
        };
        let root = page_of(&content);
        let node = root.map_or(Ok(None), |root| folder::find(library, root, name))?;
        found = node.map_or(Found::Nothing, |node| Found::Node(Box::new(node)));
    }
    Ok(found)
}
