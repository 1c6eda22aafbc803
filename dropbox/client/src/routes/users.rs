//! Whose account it is (namespaces `users` and `auth`).

use crate::client::{Client, Route};
use crate::error::Result;
use crate::types::{Account, SpaceUsage};

const ACCOUNT: Route = Route::read("users/get_current_account");
const SPACE: Route = Route::read("users/get_space_usage");
const REVOKE: Route = Route::read("auth/token/revoke");

impl Client {
    /// Whose account it is, with its roots.
    pub fn current_account(&self) -> Result<Account> {
        self.call(&ACCOUNT, &(), "")
    }

    /// How much of it is in use.
    pub fn space_usage(&self) -> Result<SpaceUsage> {
        self.call(&SPACE, &(), "")
    }

    /// Ends the sign-in at Dropbox: its refresh token and all access tokens of it. What is kept stays to be removed.
    pub fn revoke_token(&self) -> Result<()> {
        self.call(&REVOKE, &(), "")
    }
}
