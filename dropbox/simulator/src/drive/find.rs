//! From a path argument to a place, through mounted namespaces.

use std::time::Duration;

use serde_json::{Value, json};

use super::name::{defect, fold, normalize};
use super::namespace::ROOT;
use super::node::{Node, NodeId, SpaceId};
use super::{Drive, PathArg, View};

/// Something that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    pub space: SpaceId,
    pub node: NodeId,
}

/// Where a path leads: the last thing on its way that exists, and the names that are left.
#[derive(Clone, Debug)]
pub struct Place {
    pub spot: Spot,
    /// Empty where the whole path exists.
    pub rest: Vec<String>,
}

/// `files.LookupError`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookupProblem {
    Malformed(String),
    NotFound,
    NotFile,
    NotFolder,
    Restricted,
    Locked,
}

impl LookupProblem {
    pub fn to_json(&self) -> Value {
        match self {
            Self::Malformed(why) => json!({".tag": "malformed_path", "malformed_path": why}),
            Self::NotFound => json!({".tag": "not_found"}),
            Self::NotFile => json!({".tag": "not_file"}),
            Self::NotFolder => json!({".tag": "not_folder"}),
            Self::Restricted => json!({".tag": "restricted_content"}),
            Self::Locked => json!({".tag": "locked"}),
        }
    }
}

impl Place {
    pub fn found(&self) -> Option<Spot> {
        self.rest.is_empty().then_some(self.spot)
    }
}

impl Drive {
    pub fn node(&self, spot: Spot) -> Option<&Node> {
        self.space(spot.space)?.get(spot.node)
    }

    /// What exists at the argument's place.
    pub fn find(&self, view: View, path: &PathArg) -> Result<Spot, LookupProblem> {
        self.locate(view, path)?.found().ok_or(LookupProblem::NotFound)
    }

    /// Whether reads by path do not find yet what is there. What is named by revision or id is always found.
    pub fn is_unseen(&self, path: &PathArg, spot: Spot, lag: Duration) -> bool {
        if lag.is_zero() || !matches!(path, PathArg::Path(_) | PathArg::Space(..)) {
            return false;
        }
        self.space(spot.space).is_some_and(|space| space.is_hidden(&fold(&space.path(spot.node)), space.shown(lag)))
    }

    /// Where the argument leads to, whether or not something is there.
    pub fn locate(&self, view: View, path: &PathArg) -> Result<Place, LookupProblem> {
        let (start, rest) = match path {
            PathArg::Path(path) => (Spot { space: view.space, node: view.node }, path.as_str()),
            PathArg::Space(space, rest) if self.is_open_to(view, *space) => {
                (Spot { space: *space, node: ROOT }, rest.as_str())
            }
            PathArg::Id(id, rest) => (self.spot_of_id(view, id).ok_or(LookupProblem::NotFound)?, rest.as_str()),
            PathArg::Rev(rev) => (self.spot_of_rev(view, rev).ok_or(LookupProblem::NotFound)?, ""),
            PathArg::Space(..) => return Err(LookupProblem::NotFound),
        };
        let names = self.names_of(rest)?;
        Ok(self.walk(start, names))
    }

    /// A mount point's namespace, or the same spot.
    pub fn enter(&self, spot: Spot) -> Spot {
        match self.node(spot).and_then(Node::mount) {
            Some(space) => Spot { space, node: ROOT },
            None => spot,
        }
    }

    pub fn is_root(&self, view: View, spot: Spot) -> bool {
        spot == Spot { space: view.space, node: view.node }
    }

    /// The names that lead to a spot as seen from the view; `None` where it is not mounted there.
    pub fn visible_names(&self, view: View, spot: Spot) -> Option<Vec<&str>> {
        if spot.space == view.space {
            let space = self.space(spot.space)?;
            let skipped = space.names(view.node).len();
            return space.is_inside(spot.node, view.node).then(|| space.names(spot.node).split_off(skipped));
        }
        let account = &self.accounts[view.account];
        let mount = |outer: &SpaceId| {
            let node = *self.space(*outer)?.mounts.get(&spot.space)?;
            Some(Spot { space: *outer, node })
        };
        let at = [view.space, account.home, account.root].iter().find_map(mount)?;
        let mut names = self.visible_names(view, at)?;
        names.extend(self.space(spot.space)?.names(spot.node));
        Some(names)
    }

    fn walk(&self, start: Spot, names: Vec<String>) -> Place {
        let mut spot = start;
        let mut names = names.into_iter();
        while let Some(name) = names.next() {
            let inside = self.enter(spot);
            let Some(node) = self.space(inside.space).and_then(|space| space.child(inside.node, &name)) else {
                let rest = std::iter::once(name).chain(names).collect();
                return Place { spot: inside, rest };
            };
            spot = Spot { space: inside.space, node };
        }
        Place { spot, rest: Vec::new() }
    }

    /// Two slashes at the start are one: rclone lists `//Folder` where it means a folder at the account's top, and the
    /// real one answers.
    fn names_of(&self, path: &str) -> Result<Vec<String>, LookupProblem> {
        let path = if path.starts_with("//") { &path[1..] } else { path };
        let names: Vec<_> = path.split('/').skip(1).map(normalize).collect();
        match names.iter().find_map(|name| defect(name, self.only_basic_plane)) {
            Some(why) => Err(LookupProblem::Malformed(why)),
            None => Ok(names),
        }
    }

    fn spot_of_id(&self, view: View, id: &str) -> Option<Spot> {
        let (space, node) = self.node_of_id(id)?;
        let spot = Spot { space, node };
        self.sees(view, spot).then_some(spot)
    }

    fn spot_of_rev(&self, view: View, rev: &str) -> Option<Spot> {
        let (_, file, _) = self.revision(rev)?;
        self.spot_of_id(view, file)
    }

    /// An app that has a folder of its own sees nothing outside of it.
    fn sees(&self, view: View, spot: Spot) -> bool {
        self.may_read(view.account, spot.space) && (view.node == ROOT || self.visible_names(view, spot).is_some())
    }

    fn is_open_to(&self, view: View, space: SpaceId) -> bool {
        view.node == ROOT && self.spaces.contains_key(&space) && self.may_read(view.account, space)
    }
}

/// Whether a path of a namespace lies in a folder of it, both folded. With `deep`, at any depth and the folder itself too.
pub fn is_below(path: &str, folder: &str, deep: bool) -> bool {
    match path.strip_prefix(folder) {
        Some("") => deep,
        Some(rest) => rest.starts_with('/') && (deep || !rest[1..].contains('/')),
        None => false,
    }
}
