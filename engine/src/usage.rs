//! What takes the space in a folder, and what has grown since another snapshot.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
};

use larder_format::page::{Content, Node, Totals};
use larder_model::{Kind, ProblemKind, Result, TreePath};

use crate::{Tree, folder::FolderCursor};

/// One child of a folder. What is gone by now has no totals of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UsageRow {
    pub name: Box<[u8]>,
    pub kind: Kind,
    pub totals: Totals,
    /// In the snapshot that is compared with; `None` where it was not there, or nothing is compared.
    pub before: Option<Totals>,
}

/// The children of a folder by what they hold.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    pub totals: Totals,
    /// `None` when nothing is compared.
    pub before: Option<Totals>,
    /// The largest ones, now or before, the largest first.
    pub rows: Vec<UsageRow>,
    /// Children that are not among them, how many, and what they hold.
    pub rest: u64,
    pub rest_totals: Totals,
    pub rest_before: Totals,
}

/// Measures the folder `path`; keeps its `rows_max` largest children. A path that `before` does not have was empty then.
pub fn usage(now: &Tree, path: &TreePath, before: Option<&Tree>, rows_max: usize) -> Result<Usage> {
    let mut usage = Usage { before: before.map(|_| Totals::default()), ..Usage::default() };
    let mut new = Side::open(now, content(now, path)?);
    let mut old = match before {
        None => None,
        Some(tree) => match content(tree, path) {
            Err(problem) if problem.is(ProblemKind::NotFound) => None,
            content => Some(Side::open(tree, content?)),
        },
    };
    let mut largest = BinaryHeap::new();
    while let Some(row) = next(&mut new, &mut old)? {
        now.library().store.settings().interrupt.check()?;
        usage.totals += row.totals;
        if let Some(all) = &mut usage.before {
            *all += row.before.unwrap_or_default();
        }
        largest.push(Reverse(BySize(row)));
        if largest.len() > rows_max
            && let Some(Reverse(BySize(smallest))) = largest.pop()
        {
            usage.rest += 1;
            usage.rest_totals += smallest.totals;
            usage.rest_before += smallest.before.unwrap_or_default();
        }
    }
    usage.rows = largest.into_sorted_vec().into_iter().map(|Reverse(BySize(row))| row).collect();
    Ok(usage)
}

fn content(tree: &Tree, path: &TreePath) -> Result<Content> {
    Ok(tree.node(path)?.map_or(tree.top_content(), |node| node.content))
}

struct Side<'t, 's> {
    tree: &'t Tree<'s>,
    cursor: FolderCursor,
    next: Option<Node>,
}

impl<'t, 's> Side<'t, 's> {
    fn open(tree: &'t Tree<'s>, content: Content) -> Self {
        Self { tree, cursor: FolderCursor::new(content), next: None }
    }

    fn peek(&mut self) -> Result<Option<&Node>> {
        if self.next.is_none() {
            self.next = self.cursor.next(self.tree.library())?;
        }
        Ok(self.next.as_ref())
    }
}

/// The next name of either side.
fn next(new: &mut Side, old: &mut Option<Side>) -> Result<Option<UsageRow>> {
    let old_name = match old {
        Some(old) => old.peek()?.map(|node| node.entry.name.clone()),
        None => None,
    };
    let order = match (new.peek()?, &old_name) {
        (None, None) => return Ok(None),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (Some(node), Some(name)) => node.entry.name.cmp(name),
    };
    let now = if order.is_le() { new.next.take() } else { None };
    let was = if order.is_ge() { old.as_mut().and_then(|old| old.next.take()) } else { None };
    let before = was.as_ref().map(Node::totals);
    let totals = now.as_ref().map(Node::totals).unwrap_or_default();
    Ok(now.or(was).map(|node| UsageRow { kind: node.entry.kind, name: node.entry.name, totals, before }))
}

/// Ordered by the most bytes that it holds or held, then by name.
struct BySize(UsageRow);

impl BySize {
    fn key(&self) -> (u64, Reverse<&[u8]>) {
        (self.0.totals.bytes.max(self.0.before.map_or(0, |before| before.bytes)), Reverse(&self.0.name))
    }
}

impl Ord for BySize {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for BySize {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for BySize {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for BySize {}
