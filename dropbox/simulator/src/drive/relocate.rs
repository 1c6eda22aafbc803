//! Moving and copying.

use serde_json::{Value, json};

use super::name::fold;
use super::namespace::ROOT;
use super::node::{Folder, Kind, Node};
use super::{Drive, LookupProblem, PathArg, Place, Spot, View, WriteProblem};
use crate::clock::Seconds;

/// Folders with more in them are refused, as by the real one.
pub const MOST_ENTRIES: usize = 10_000;

/// `files.RelocationError`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelocateProblem {
    From(LookupProblem),
    FromWrite(WriteProblem),
    To(WriteProblem),
    /// A tag without a value.
    Plain(&'static str),
}

impl RelocateProblem {
    pub fn to_json(&self) -> Value {
        match self {
            Self::From(problem) => json!({".tag": "from_lookup", "from_lookup": problem.to_json()}),
            Self::FromWrite(problem) => json!({".tag": "from_write", "from_write": problem.to_json()}),
            Self::To(problem) => json!({".tag": "to", "to": problem.to_json()}),
            Self::Plain(tag) => json!({".tag": tag}),
        }
    }
}

/// A move, or a copy.
#[derive(Clone, Debug)]
pub struct Relocation {
    pub from: PathArg,
    pub to: PathArg,
    pub autorename: bool,
    pub is_copy: bool,
}

impl Drive {
    pub fn relocate(&mut self, view: View, it: &Relocation, now: Seconds) -> Result<Spot, RelocateProblem> {
        let from = self.find(view, &it.from).map_err(RelocateProblem::From)?;
        if self.is_root(view, from) {
            return Err(RelocateProblem::From(LookupProblem::Malformed("the root cannot be moved or copied".into())));
        }
        if !it.is_copy && !self.may_write(view.account, from.space) {
            return Err(RelocateProblem::FromWrite(WriteProblem::NoPermission));
        }
        let place = self.target(view, it, from)?;
        self.require_movable(from, &place, it.is_copy)?;
        if it.is_copy {
            let size = self.size(from);
            self.require_space(view, &place, size).map_err(RelocateProblem::To)?;
        }
        let parent = self.make_parents(&place, now).map_err(RelocateProblem::To)?;
        let name = place.rest.last().cloned().unwrap_or_default();
        let copy = self.copy_tree(from, parent, name, it.is_copy, now);
        Ok(copy)
    }

    fn target(&self, view: View, it: &Relocation, from: Spot) -> Result<Place, RelocateProblem> {
        let place = self.writable_place(view, &it.to).map_err(RelocateProblem::To)?;
        match place.found() {
            None => Ok(place),
            // A change of case alone is not possible: the file is in its own way.
            Some(spot) if it.autorename && spot != from => Ok(self.free_place(place, None)),
            Some(spot) => {
                let is_file = self.node(spot).is_some_and(|node| node.file().is_some());
                Err(RelocateProblem::To(WriteProblem::Conflict(if is_file { "file" } else { "folder" })))
            }
        }
    }

    fn require_movable(&self, from: Spot, to: &Place, is_copy: bool) -> Result<(), RelocateProblem> {
        let mount = self.node(from).and_then(Node::mount);
        if mount.is_some() && is_copy {
            return Err(RelocateProblem::Plain("cant_copy_shared_folder"));
        }
        if mount.is_some() && to.spot.space != from.space {
            return Err(RelocateProblem::Plain("cant_nest_shared_folder"));
        }
        let space = self.space(from.space);
        if to.spot.space == from.space && space.is_some_and(|space| space.is_inside(to.spot.node, from.node)) {
            return Err(RelocateProblem::Plain("cant_move_folder_into_itself"));
        }
        let is_too_much = self.count(from) > MOST_ENTRIES;
        if is_too_much { Err(RelocateProblem::Plain("too_many_files")) } else { Ok(()) }
    }

    /// Bytes of all files at and below a spot.
    pub fn size(&self, spot: Spot) -> u64 {
        let Some(space) = self.space(spot.space) else { return 0 };
        let files = space.subtree(spot.node).into_iter().filter_map(|id| space.get(id)?.file());
        files.map(|file| file.size()).sum()
    }

    /// Builds the tree anew at its new place, and for a move takes the old one away. Ids survive a move, not a copy.
    fn copy_tree(&mut self, from: Spot, parent: Spot, name: String, is_copy: bool, now: Seconds) -> Spot {
        let old = self.detach(from, is_copy, now);
        let mut new_spots: Vec<Spot> = Vec::with_capacity(old.len());
        for (index, (above, mut node)) in old.into_iter().enumerate() {
            let at = if index == 0 { parent } else { new_spots[above] };
            let name = if index == 0 { name.clone() } else { node.name };
            if let Kind::Folder(folder) = &mut node.kind {
                *folder = Folder { mount: folder.mount, ..Folder::default() };
            }
            let id = if is_copy { self.new_id() } else { node.id };
            if let Kind::File(file) = &mut node.kind
                && is_copy
                && let Some(last) = file.revisions.last().cloned()
            {
                let content = crate::content::Content::from_pieces(last.content.read(0..last.content.size()).collect());
                file.revisions = vec![self.new_revision((at.space, &id), content, last.client_modified, now)];
            }
            new_spots.push(self.add_node_with_id(at, name, node.kind, id));
        }
        new_spots.first().copied().unwrap_or(Spot { space: parent.space, node: ROOT })
    }

    /// The nodes of a tree, parents first, each with the place of its parent in this list.
    fn detach(&mut self, from: Spot, is_copy: bool, now: Seconds) -> Vec<(usize, Node)> {
        let Some(space) = self.spaces.get_mut(&from.space) else { return Vec::new() };
        let ids = space.subtree(from.node);
        let places: std::collections::HashMap<_, _> = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        let nodes: Vec<_> = ids
            .iter()
            .filter_map(|id| space.get(*id).cloned())
            .map(|node| (places.get(&node.parent).copied().unwrap_or(0), node))
            .collect();
        if !is_copy {
            space.remove(from.node, now);
        }
        nodes
    }

    /// Moves a tree under another folder, whatever the rules for callers say.
    pub fn transfer(&mut self, from: Spot, parent: Spot, now: Seconds) -> Spot {
        let name = self.node(from).map(|node| node.name.clone()).unwrap_or_default();
        self.copy_tree(from, parent, name, false, now)
    }

    /// Renames a thing in another case, which no journal tells of.
    pub fn rename_case(&mut self, spot: Spot, name: &str) -> bool {
        let is_only_case = self.node(spot).is_some_and(|node| fold(&node.name) == fold(name));
        is_only_case && self.spaces.get_mut(&spot.space).is_some_and(|space| space.rename_case(spot.node, name))
    }
}
