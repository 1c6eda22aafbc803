//! The files of all accounts: namespaces, who may see them, and where things are by id and revision.
//!
//! This knows nothing of HTTP and of tokens. A caller looks through a [`View`]: an account, and the folder that its paths
//! begin at.

mod commit;
mod find;
pub mod name;
pub mod namespace;
pub mod node;
mod path;
mod relocate;
pub mod show;

pub use commit::{Commit, Mode, WriteProblem};
pub use find::{LookupProblem, Place, Spot, is_below};
pub use path::{PathArg, PathForm, is_rev};
pub use relocate::{MOST_ENTRIES, Relocation};

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::Seconds;
use crate::content::Content;
use namespace::{Namespace, ROOT};
use node::{NodeId, Revision, SpaceId};

/// Where an account stands in the list of accounts.
pub type AccountId = usize;

/// Which account looks, and from which folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    pub account: AccountId,
    pub space: SpaceId,
    pub node: NodeId,
}

/// What a team may hold, beside what one of its members holds.
#[derive(Clone, Copy, Debug)]
pub struct TeamRoom {
    /// By all others together.
    pub used_by_others: u64,
    pub allocated: u64,
    /// What this member may use of it; 0 is no limit.
    pub of_member: u64,
}

#[derive(Debug)]
pub struct Account {
    pub name: String,
    pub email: String,
    /// `dbid:` and 35 letters.
    pub id: String,
    pub home: SpaceId,
    pub root: SpaceId,
    pub quota: u64,
    /// Where a team shares its room.
    pub team_room: Option<TeamRoom>,
    pub is_suspended: bool,
}

#[derive(Debug)]
pub struct Drive {
    pub accounts: Vec<Account>,
    pub spaces: BTreeMap<SpaceId, Namespace>,
    /// Members of shared namespaces; homes and roots belong to their accounts anyway.
    pub members: HashMap<SpaceId, BTreeMap<AccountId, Access>>,
    ids: HashMap<String, (SpaceId, NodeId)>,
    /// Every revision there ever was, with the namespace and the id of its file.
    revisions: HashMap<String, (SpaceId, String, Arc<Revision>)>,
    counter: u64,
    /// Refuse names outside of the Basic Multilingual Plane, as Dropbox did for years.
    pub only_basic_plane: bool,
    /// Report the parents in `path_display` in another case than they have.
    pub miscased_parents: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Owner,
    Editor,
    Viewer,
}

impl Drive {
    pub fn new(only_basic_plane: bool, miscased_parents: bool) -> Self {
        Self {
            accounts: Vec::new(),
            spaces: BTreeMap::new(),
            members: HashMap::new(),
            ids: HashMap::new(),
            revisions: HashMap::new(),
            counter: 0,
            only_basic_plane,
            miscased_parents,
        }
    }

    pub fn add_space(&mut self, name: &str) -> SpaceId {
        let space = 84_528_192_000 + self.spaces.len() as u64;
        let id = self.new_id();
        self.ids.insert(id.clone(), (space, ROOT));
        self.spaces.insert(space, Namespace::new(name, id));
        space
    }

    pub fn space(&self, id: SpaceId) -> Option<&Namespace> {
        self.spaces.get(&id)
    }

    /// The account's own view of its home.
    pub fn home_view(&self, account: AccountId) -> View {
        View { account, space: self.accounts[account].home, node: ROOT }
    }

    pub fn may_read(&self, account: AccountId, space: SpaceId) -> bool {
        let owner = &self.accounts[account];
        space == owner.home || space == owner.root || self.access(account, space).is_some()
    }

    pub fn may_write(&self, account: AccountId, space: SpaceId) -> bool {
        let owner = &self.accounts[account];
        let access = self.access(account, space);
        space == owner.home || space == owner.root || access.is_some_and(|it| it != Access::Viewer)
    }

    pub fn access(&self, account: AccountId, space: SpaceId) -> Option<Access> {
        self.members.get(&space)?.get(&account).copied()
    }

    pub fn node_of_id(&self, id: &str) -> Option<(SpaceId, NodeId)> {
        self.ids.get(id).copied()
    }

    pub fn revision(&self, rev: &str) -> Option<(SpaceId, &str, &Arc<Revision>)> {
        self.revisions.get(rev).map(|(space, id, revision)| (*space, id.as_str(), revision))
    }

    /// Bytes of all that the account owns.
    pub fn used(&self, account: AccountId) -> u64 {
        let owns = |space: &SpaceId| self.access(account, *space) == Some(Access::Owner);
        let shared = self.members.keys().filter(|space| owns(space));
        let mine = std::iter::once(&self.accounts[account].home).chain(shared);
        mine.filter_map(|space| self.space(*space)).map(|space| space.used).sum()
    }

    pub(crate) fn new_id(&mut self) -> String {
        self.counter += 1;
        let mut bytes = [0u8; 16];
        bytes[..8].copy_from_slice(&crate::random::word(1, self.counter).to_le_bytes());
        bytes[8..].copy_from_slice(&self.counter.to_be_bytes());
        format!("id:{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    pub(crate) fn remember_id(&mut self, id: String, space: SpaceId, node: NodeId) {
        self.ids.insert(id, (space, node));
    }

    pub(crate) fn forget_id(&mut self, id: &str) {
        self.ids.remove(id);
    }

    pub(crate) fn new_revision(
        &mut self,
        (space, file): (SpaceId, &str),
        content: impl Into<Arc<Content>>,
        client_modified: Seconds,
        now: Seconds,
    ) -> Arc<Revision> {
        self.counter += 1;
        let rev = format!("016{:09x}{:012x}", self.counter, space);
        let revision =
            Arc::new(Revision { rev: rev.clone(), content: content.into(), client_modified, server_modified: now });
        self.revisions.insert(rev, (space, file.to_owned(), Arc::clone(&revision)));
        revision
    }
}
