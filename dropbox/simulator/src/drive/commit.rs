//! Writing: files, folders, deletions, and the rules by which a write is a conflict.
//!
//! The rules are those of `files.WriteMode` in the published specification, read closely: identical content is no
//! conflict and writes nothing, so that the time of a file cannot be set by uploading it again; `strict_conflict` turns
//! both into what a lock needs.

use std::sync::Arc;

use serde_json::{Value, json};

use super::name::{is_disallowed, with_suffix};
use super::namespace::{Deleted, ROOT};
use super::node::{File, Folder, Kind, Node, Traits};
use super::{Drive, LookupProblem, PathArg, Place, Spot, View};
use crate::clock::Seconds;
use crate::content::Content;

/// `files.WriteError`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteProblem {
    Malformed(String),
    /// `file`, `folder` or `file_ancestor`.
    Conflict(&'static str),
    NoPermission,
    NoSpace,
    Disallowed,
    Busy,
}

impl WriteProblem {
    pub fn to_json(&self) -> Value {
        match self {
            Self::Malformed(why) => json!({".tag": "malformed_path", "malformed_path": why}),
            Self::Conflict(with) => json!({".tag": "conflict", "conflict": {".tag": with}}),
            Self::NoPermission => json!({".tag": "no_write_permission"}),
            Self::NoSpace => json!({".tag": "insufficient_space"}),
            Self::Disallowed => json!({".tag": "disallowed_name"}),
            Self::Busy => json!({".tag": "too_many_write_operations"}),
        }
    }
}

impl From<LookupProblem> for WriteProblem {
    fn from(problem: LookupProblem) -> Self {
        match problem {
            LookupProblem::Malformed(why) => Self::Malformed(why),
            _ => Self::NoPermission,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    Add,
    Overwrite,
    /// Only over this revision.
    Update(String),
}

/// What is to be written, without its content.
#[derive(Clone, Debug)]
pub struct Commit {
    pub path: PathArg,
    pub mode: Mode,
    pub autorename: bool,
    pub client_modified: Option<Seconds>,
    pub strict_conflict: bool,
}

/// What a commit comes to.
enum Verdict {
    Write,
    /// The same content is there.
    Nothing(Spot),
    Conflict(&'static str),
}

impl Drive {
    pub fn commit(
        &mut self,
        view: View,
        commit: &Commit,
        content: Content,
        now: Seconds,
    ) -> Result<Spot, WriteProblem> {
        let mut place = self.writable_place(view, &commit.path)?;
        match self.judge(&place, commit, &content) {
            Verdict::Nothing(spot) => return Ok(spot),
            Verdict::Write => {}
            Verdict::Conflict(kind) if commit.autorename && kind != "file_ancestor" => {
                let is_update = matches!(commit.mode, Mode::Update(_));
                place = self.free_place(place, if is_update { Some(" (conflicted copy)") } else { None });
            }
            Verdict::Conflict(kind) => return Err(WriteProblem::Conflict(kind)),
        }
        self.require_space(view, &place, content.size())?;
        let client_modified = commit.client_modified.unwrap_or(now);
        self.write(place, content.into(), client_modified, now)
    }

    /// Makes a folder and its parents.
    pub fn make_folder(&mut self, view: View, path: &PathArg, autorename: bool) -> Result<Spot, WriteProblem> {
        let mut place = self.writable_place(view, path)?;
        if let Some(spot) = place.found() {
            let is_file = self.node(spot).is_some_and(|node| node.file().is_some());
            if !autorename {
                return Err(WriteProblem::Conflict(if is_file { "file" } else { "folder" }));
            }
            place = self.free_place(place, None);
        }
        let leaf = self.make_parents(&place)?;
        let name = place.rest.last().cloned().unwrap_or_default();
        Ok(self.add_node(leaf, name, Kind::Folder(Folder::default())))
    }

    /// Deletes a file, a folder with all that is in it, or a mount. The answer is what was there.
    pub fn delete(&mut self, spot: Spot, now: Seconds) -> Option<Node> {
        let space = self.spaces.get_mut(&spot.space)?;
        let ids: Vec<_> =
            space.subtree(spot.node).iter().filter_map(|id| space.get(*id)).map(|node| node.id.clone()).collect();
        let node = space.remove(spot.node, now)?;
        ids.iter().for_each(|id| self.forget_id(id));
        Some(node)
    }

    /// Takes one revision of a file, deleted or not, for its current content again.
    pub fn restore(&mut self, view: View, path: &PathArg, rev: &str, now: Seconds) -> Result<Spot, WriteProblem> {
        let old = self.revision(rev).map(|(_, _, revision)| revision.clone());
        let Some(old) = old else { return Err(WriteProblem::NoPermission) };
        let content = Arc::clone(&old.content);
        let place = self.writable_place(view, path)?;
        self.write(place, content, old.client_modified, now)
    }

    /// What is remembered of a deleted file or folder at a place.
    pub fn deleted_at(&self, place: &Place) -> Option<&Deleted> {
        let space = self.space(place.spot.space)?;
        let rest = place.rest.iter().fold(space.path(place.spot.node), |path, name| path + "/" + name);
        space.deleted.get(&super::name::fold(&rest))
    }

    /// The place that a write goes to, if the view may write there.
    pub fn writable_place(&self, view: View, path: &PathArg) -> Result<Place, WriteProblem> {
        let place = self.locate(view, path)?;
        let name = place.rest.last().map_or("", String::as_str);
        if self.is_root(view, place.spot) && place.rest.is_empty() {
            return Err(WriteProblem::Conflict("folder"));
        }
        if is_disallowed(name) {
            return Err(WriteProblem::Disallowed);
        }
        let is_id = matches!(path, PathArg::Id(..)) && !place.rest.is_empty();
        if is_id || !self.may_write(view.account, place.spot.space) {
            return Err(WriteProblem::NoPermission);
        }
        let is_file = self.node(place.spot).is_some_and(|node| node.file().is_some());
        if is_file && !place.rest.is_empty() {
            return Err(WriteProblem::Conflict("file_ancestor"));
        }
        Ok(place)
    }

    /// The first place beside a taken one that is free.
    pub fn free_place(&self, taken: Place, suffix: Option<&str>) -> Place {
        let name = self.node(taken.spot).map(|node| node.name.clone()).unwrap_or_default();
        let parent = self.node(taken.spot).map_or(ROOT, |node| node.parent);
        let numbered = (1..).map(|number| format!(" ({number})"));
        let suffixes = suffix.map(str::to_owned).into_iter().chain(numbered);
        let mut names = suffixes.map(|suffix| with_suffix(&name, &suffix));
        let is_free = |name: &String| self.space(taken.spot.space).is_some_and(|it| it.child(parent, name).is_none());
        let free = names.find(is_free).unwrap_or(name.clone());
        Place { spot: Spot { space: taken.spot.space, node: parent }, rest: vec![free] }
    }

    /// Makes the folders that are missing on the way to a place, and returns the last one.
    pub fn make_parents(&mut self, place: &Place) -> Result<Spot, WriteProblem> {
        let mut at = place.spot;
        let parents = place.rest.split_last().map(|(_, parents)| parents.to_vec()).unwrap_or_default();
        if parents.iter().any(|name| is_disallowed(name)) {
            return Err(WriteProblem::Disallowed);
        }
        for name in parents {
            at = self.add_node(at, name, Kind::Folder(Folder::default()));
        }
        Ok(at)
    }

    pub fn add_node(&mut self, parent: Spot, name: String, kind: Kind) -> Spot {
        let id = self.new_id();
        self.add_node_with_id(parent, name, kind, id)
    }

    pub fn add_node_with_id(&mut self, parent: Spot, name: String, kind: Kind, id: String) -> Spot {
        let node = Node { id: id.clone(), parent: parent.node, name, kind };
        let node = match self.spaces.get_mut(&parent.space) {
            Some(space) => space.insert(node),
            None => ROOT,
        };
        self.remember_id(id, parent.space, node);
        Spot { space: parent.space, node }
    }

    pub fn require_space(&self, view: View, place: &Place, more: u64) -> Result<(), WriteProblem> {
        let replaced = place.found().and_then(|spot| self.node(spot)).and_then(Node::file).map_or(0, File::size);
        let used = self.used(view.account).saturating_sub(replaced) + more;
        let account = &self.accounts[view.account];
        let is_full = account.team_room.map_or(used > account.quota, |team| {
            used + team.used_by_others > team.allocated || team.of_member > 0 && used > team.of_member
        });
        if is_full { Err(WriteProblem::NoSpace) } else { Ok(()) }
    }

    fn judge(&self, place: &Place, commit: &Commit, content: &Content) -> Verdict {
        let Some(spot) = place.found() else {
            let was_there = matches!(commit.mode, Mode::Update(_)) && commit.strict_conflict;
            return if was_there { Verdict::Conflict("file") } else { Verdict::Write };
        };
        let Some(revision) = self.node(spot).and_then(Node::file).and_then(File::current) else {
            return Verdict::Conflict("folder");
        };
        let is_current = matches!(&commit.mode, Mode::Update(rev) if *rev == revision.rev);
        let is_allowed = commit.mode == Mode::Overwrite || is_current;
        let is_same = revision.content.size() == content.size() && revision.content.hash() == content.hash();
        match (is_same, is_allowed) {
            (true, true) => Verdict::Nothing(spot),
            (true, false) if !commit.strict_conflict => Verdict::Nothing(spot),
            (_, true) => Verdict::Write,
            (_, false) => Verdict::Conflict("file"),
        }
    }

    fn write(
        &mut self,
        place: Place,
        content: Arc<Content>,
        client_modified: Seconds,
        now: Seconds,
    ) -> Result<Spot, WriteProblem> {
        if let Some(spot) = place.found() {
            self.add_revision(spot, content, client_modified, now);
            return Ok(spot);
        }
        let history = self.deleted_at(&place).and_then(|deleted| deleted.file.clone());
        let parent = self.make_parents(&place)?;
        let name = place.rest.last().cloned().unwrap_or_default();
        // A file that comes back under its old name has its old revisions, as the real one's history shows; not one that
        // was moved away and lives elsewhere.
        let (id, revisions) = match history.filter(|(id, _)| self.node_of_id(id).is_none()) {
            Some((id, file)) => (id, file.revisions),
            None => (self.new_id(), Vec::new()),
        };
        let mut file = File { revisions, traits: Traits::default() };
        file.revisions.push(self.new_revision((parent.space, &id), content, client_modified, now));
        Ok(self.add_node_with_id(parent, name, Kind::File(file), id))
    }

    fn add_revision(&mut self, spot: Spot, content: Arc<Content>, client_modified: Seconds, now: Seconds) {
        let Some(id) = self.node(spot).map(|node| node.id.clone()) else { return };
        let revision = self.new_revision((spot.space, &id), content, client_modified, now);
        let Some(space) = self.spaces.get_mut(&spot.space) else { return };
        let new = revision.content.size();
        if let Some(file) = space.get_mut(spot.node).and_then(Node::file_mut) {
            let old = file.size();
            file.revisions.push(revision);
            space.used = space.used.saturating_sub(old) + new;
        }
        space.note_written(spot.node);
    }

    pub fn touch(&mut self, spot: Spot) {
        if let Some(space) = self.spaces.get_mut(&spot.space) {
            space.note_written(spot.node);
        }
    }

    pub fn edit_traits(&mut self, spot: Spot, edit: impl FnOnce(&mut Traits)) -> bool {
        let node = self.spaces.get_mut(&spot.space).and_then(|space| space.get_mut(spot.node));
        let Some(file) = node.and_then(Node::file_mut) else { return false };
        edit(&mut file.traits);
        true
    }

    /// Whether it is a folder with nothing in it, which is closed now, or open.
    pub fn close(&mut self, spot: Spot, closed: bool) -> bool {
        let node = self.spaces.get_mut(&spot.space).and_then(|space| space.get_mut(spot.node));
        let folder = node.and_then(Node::folder_mut).filter(|folder| folder.children.is_empty());
        let Some(folder) = folder else { return false };
        folder.is_closed = closed;
        true
    }

    /// How many files and folders a deletion or a move would touch.
    pub fn count(&self, spot: Spot) -> usize {
        self.space(spot.space).map_or(0, |space| space.subtree(spot.node).len())
    }
}
