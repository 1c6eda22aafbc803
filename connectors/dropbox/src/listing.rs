//! A listing of an account in memory: everything on a first run, after that only what has changed.
//!
//! Dropbox tells items one by one, in any order, some of them twice, and says of a removed folder only that it is gone. Later entries count.
//! Items are known by their folded path; how the folders above them are written is taken from the folders' own entries, because of a
//! path only the last part is written reliably. A node costs about 150 bytes, so that a million items fit into the memory that a
//! backup may use.

mod arena;
mod state;

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

use dropbox_client::names::fold;
use larder_connect::Change;
use larder_model::{Entry, TreePath};

use crate::item::Item;
use arena::{Arena, Span};
pub use state::State;

/// A node of the listing.
pub type NodeId = u32;

/// The top of the tree.
pub const TOP: NodeId = 0;
const NONE: NodeId = NodeId::MAX;

struct Node {
    parent: NodeId,
    first_child: NodeId,
    next_sibling: NodeId,
    name: Span,
    /// Empty for a folder that is known by what lies in it alone.
    item: Span,
    state: State,
}

/// The tree.
pub struct Listing {
    nodes: Vec<Node>,
    /// By hash of parent and folded name; a node that is not the one meant lets the next number be tried.
    index: HashMap<u64, NodeId>,
    hasher: RandomState,
    texts: Arena,
    /// It holds what has changed since a snapshot, and the way there.
    pub is_delta: bool,
}

impl Listing {
    pub fn new(is_delta: bool) -> Self {
        let top = Node {
            parent: NONE,
            first_child: NONE,
            next_sibling: NONE,
            name: Span::default(),
            item: Span::default(),
            state: State::ALIVE.with(State::FOLDER),
        };
        Self { nodes: vec![top], index: HashMap::new(), hasher: RandomState::new(), texts: Arena::default(), is_delta }
    }

    /// Takes note of a file, link or folder. `path` as displayed, absolute.
    pub fn put(&mut self, path: &str, item: &Item) -> NodeId {
        let node = self.reach(path, true);
        let before = self.nodes[node as usize].state;
        let mut state = State::ALIVE.with(State::NOW);
        if item.is_folder() {
            state = state.with(State::FOLDER);
            let was_other = before.has(State::GONE) || (before.has(State::NOW) && !before.has(State::FOLDER));
            if was_other || before.has(State::REPLACED) {
                state = state.with(State::REPLACED);
            }
        } else {
            self.bury_children(node);
            state = state.with(State::REPLACED);
        }
        let name = path.rsplit('/').next().unwrap_or_default();
        if before.has(State::NEEDED) {
            state = state.with(State::NEEDED);
        }
        let (name, item) = (self.texts.push(name.as_bytes()), self.texts.push(&item.encode()));
        let found = &mut self.nodes[node as usize];
        (found.name, found.item, found.state) = (name, item, state);
        node
    }

    /// Takes note that nothing is at a path any more, nor below it.
    pub fn remove(&mut self, path: &str) {
        if self.is_below_nothing(path) {
            return;
        }
        let node = if self.is_delta { Some(self.reach(path, false)) } else { self.find(path) };
        if let Some(node) = node.filter(|node| *node != TOP) {
            self.bury_children(node);
            self.nodes[node as usize].state = State::GONE.with(State::REPLACED);
        }
    }

    /// True when something on the way to a path is known to be gone, or to be no folder.
    fn is_below_nothing(&self, path: &str) -> bool {
        let mut names = path.split('/').filter(|name| !name.is_empty()).peekable();
        let mut node = TOP;
        while let Some(name) = names.next() {
            let Some(child) = self.child(node, name) else { return false };
            let state = self.state(child);
            if names.peek().is_some()
                && (state.has(State::GONE) || state.has(State::ALIVE) && !state.has(State::FOLDER))
            {
                return true;
            }
            node = child;
        }
        false
    }

    /// The node at a path, made with the folders on the way where they are missing. A way through something that is no folder any more
    /// makes it one. `needed`: a snapshot must have the folders on the way, for something in them is there.
    fn reach(&mut self, path: &str, needed: bool) -> NodeId {
        let mut node = TOP;
        let mut names = path.split('/').filter(|name| !name.is_empty()).peekable();
        while let Some(name) = names.next() {
            let is_last = names.peek().is_none();
            let child = self.child(node, name).unwrap_or_else(|| self.add(node, name));
            let state = &mut self.nodes[child as usize].state;
            let is_folder = state.has(State::ALIVE) && state.has(State::FOLDER);
            if !is_last && !is_folder {
                let was_there = state.has(State::GONE) || state.has(State::ALIVE);
                *state = State::ALIVE.with(State::FOLDER);
                if was_there {
                    *state = state.with(State::NOW).with(State::REPLACED);
                    self.nodes[child as usize].item = Span::default();
                }
            }
            if !is_last && needed {
                self.set(child, State::NEEDED);
            }
            node = child;
        }
        node
    }

    fn add(&mut self, parent: NodeId, name: &str) -> NodeId {
        let node = self.nodes.len() as NodeId;
        let mut key = self.key(parent, &fold(name));
        while self.index.contains_key(&key) {
            key = key.wrapping_add(1);
        }
        self.index.insert(key, node);
        let name = self.texts.push(name.as_bytes());
        let next_sibling = std::mem::replace(&mut self.nodes[parent as usize].first_child, node);
        self.nodes.push(Node {
            parent,
            first_child: NONE,
            next_sibling,
            name,
            item: Span::default(),
            state: State::default(),
        });
        node
    }

    fn key(&self, parent: NodeId, folded: &str) -> u64 {
        self.hasher.hash_one((parent, folded))
    }

    fn bury_children(&mut self, node: NodeId) {
        let mut buried: Vec<NodeId> = self.all_children(node).collect();
        while let Some(node) = buried.pop() {
            self.nodes[node as usize].state = State::default();
            buried.extend(self.all_children(node));
        }
    }

    fn all_children(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        let mut next = self.nodes[node as usize].first_child;
        std::iter::from_fn(move || {
            let child = Some(next).filter(|child| *child != NONE)?;
            next = self.nodes[child as usize].next_sibling;
            Some(child)
        })
    }

    /// The node under `name` in a folder, in whatever case and state.
    pub fn child(&self, parent: NodeId, name: &str) -> Option<NodeId> {
        let folded = fold(name);
        let mut key = self.key(parent, &folded);
        loop {
            let node = *self.index.get(&key)?;
            let found = &self.nodes[node as usize];
            if found.parent == parent && fold(self.name(node)) == folded {
                return Some(node);
            }
            key = key.wrapping_add(1);
        }
    }

    /// The node at a path, in whatever state.
    pub fn find(&self, path: &str) -> Option<NodeId> {
        path.split('/').filter(|name| !name.is_empty()).try_fold(TOP, |node, name| self.child(node, name))
    }

    /// The deepest node on the way to a path.
    pub fn nearest(&self, path: &str) -> NodeId {
        let mut node = TOP;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let Some(child) = self.child(node, name) else { break };
            node = child;
        }
        node
    }

    /// Nodes in any state. A folder's number is below those of what lies in it.
    pub fn len(&self) -> NodeId {
        self.nodes.len() as NodeId
    }

    pub fn state(&self, node: NodeId) -> State {
        self.nodes[node as usize].state
    }

    pub fn set(&mut self, node: NodeId, state: State) {
        let found = &mut self.nodes[node as usize].state;
        *found = found.with(state);
    }

    pub fn clear(&mut self, node: NodeId, state: State) {
        let found = &mut self.nodes[node as usize].state;
        *found = found.without(state);
    }

    /// As it is displayed.
    pub fn name(&self, node: NodeId) -> &str {
        std::str::from_utf8(self.texts.get(self.nodes[node as usize].name)).unwrap_or_default()
    }

    /// What Dropbox said of it; `None` for a folder that is known by what lies in it alone.
    pub fn item(&self, node: NodeId) -> Option<Item> {
        let bytes = self.texts.get(self.nodes[node as usize].item);
        if bytes.is_empty() { None } else { Item::decode(bytes) }
    }

    /// An entry of a snapshot; `None` for what is not there.
    pub fn entry(&self, node: NodeId) -> Option<Entry> {
        if !self.state(node).has(State::ALIVE) {
            return None;
        }
        let name = self.name(node).as_bytes();
        let way = || Entry::new(name, larder_model::Kind::Directory);
        Some(self.item(node).map_or_else(way, |item| item.entry(name)))
    }

    /// As displayed, from the top.
    pub fn path(&self, node: NodeId) -> TreePath {
        TreePath::new(self.path_text(node))
    }

    /// The same as text; empty for the top.
    pub fn path_text(&self, node: NodeId) -> String {
        let mut names = Vec::new();
        let mut at = node;
        while at != TOP {
            names.push(self.name(at));
            at = self.nodes[at as usize].parent;
        }
        names.iter().rev().flat_map(|name| ["/", name]).collect()
    }

    pub fn parent(&self, node: NodeId) -> NodeId {
        self.nodes[node as usize].parent
    }

    /// What is there in a folder, in no order.
    pub fn children(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        self.all_children(node).filter(|child| self.state(*child).has(State::ALIVE))
    }

    /// What has changed in a folder since the snapshot; `None` where all of it is told.
    pub fn changes(&self, node: NodeId) -> Option<Vec<(Box<[u8]>, Change)>> {
        if !self.is_delta || self.state(node).has(State::REPLACED) {
            return None;
        }
        let change = |child: NodeId| {
            let state = self.state(child);
            let change = match state {
                _ if state.has(State::GONE) => Change::Gone,
                _ if state.has(State::NOW) => Change::Now,
                _ if state.has(State::NEEDED) => Change::Below,
                _ if state.has(State::ALIVE) => Change::BelowIfThere,
                _ => return None,
            };
            Some((fold(self.name(child)).into_bytes().into(), change))
        };
        Some(self.all_children(node).filter_map(change).collect())
    }

    /// All nodes with an item that are there, folders before what is in them.
    pub fn walk(&self, from: NodeId, each: &mut dyn FnMut(NodeId)) {
        let mut open = vec![from];
        while let Some(node) = open.pop() {
            each(node);
            open.extend(self.children(node));
        }
    }
}

#[cfg(test)]
mod tests;
