//! Whose account it is (namespaces `users` and `auth`).

use crate::client::{Call, Client, Route};
use crate::error::{Class, Result};
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
        let (was_lost, result) = self.run_noting_loss(&Call::new(&REVOKE, &(), "")?);
        match result {
            // The first sending had come through, so the second one had no valid token any more.
            Err(error) if was_lost && error.class() == Class::Credentials => Ok(()),
            result => result.map(drop),
        }
    }
}
