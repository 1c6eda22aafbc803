//! Whose account it is, and where what it sees hangs.

use dropbox_client::{Client, PathRoot, RootInfo};
use larder_model::Result;

use crate::problem::problem;

/// What is remembered of an account, so that a backup need not ask for it each time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// `dbid:…`, which stays the same for good.
    pub id: String,
    pub email: String,
    /// Where everything that the account sees hangs.
    pub root_namespace: String,
    /// Where the account's own folder is; another one in teams with shared folders above it.
    pub home_namespace: String,
    /// The way from the first to the second, where they differ.
    pub home_path: Option<String>,
}

impl Account {
    /// Asks Dropbox: one call.
    pub fn ask(client: &Client) -> Result<Self> {
        let account = client.current_account().map_err(|error| problem(&error))?;
        let mut known = Self {
            id: account.account_id,
            email: account.email,
            root_namespace: String::new(),
            home_namespace: String::new(),
            home_path: None,
        };
        known.take_root(account.root_info);
        Ok(known)
    }

    /// The account was moved into, or out of, a team's space.
    pub fn take_root(&mut self, root: RootInfo) {
        self.root_namespace = root.root_namespace_id;
        self.home_namespace = root.home_namespace_id;
        self.home_path = root.home_path;
    }

    /// What paths begin at, so that all that the account sees is below `/`.
    pub fn path_root(&self) -> PathRoot {
        if self.root_namespace == self.home_namespace {
            PathRoot::Home
        } else {
            PathRoot::root(self.root_namespace.clone())
        }
    }
}
