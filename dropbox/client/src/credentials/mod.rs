//! What a sign-in leaves behind, where it is kept (a file or the system keyring), and how its access token stays fresh.
//!
//! Refresh tokens do not end by themselves; access tokens end after four hours. The latter are renewed about five minutes
//! before, by one thread of one process: others wait for it and take over what it stored.

mod account;
mod file;
mod keeper;
mod keyring;
mod renewal;

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

pub use account::{AccountKeeper, KeptIn};
pub use file::FileKeeper;
pub use keeper::{Keeper, KeeperLock};
pub use keyring::KeyringItem;
pub(crate) use renewal::Tokens;

use crate::secret::Secret;

/// Access tokens are renewed so long before they end, or a tenth of their life if that is less.
const RENEW_BEFORE: Duration = Duration::from_secs(300);

/// One account's sign-in with one app. Debug output shows no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// Of the shape of the file.
    pub version: u32,
    /// The app's key, which is no secret.
    pub app_key: String,
    /// The app's secret, if it has one that the token endpoint wants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_secret: Option<Secret>,
    /// `dbid:…`, if Dropbox said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// What the user granted.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// What access tokens are renewed with. Without it the sign-in ends with its access token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Secret>,
    /// The latest access token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token: Option<Secret>,
    /// When it ends, in seconds since 1970; absent if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_ends: Option<u64>,
    /// How many seconds it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_seconds: Option<u64>,
}

impl Credentials {
    /// Of the shape of the file that this crate writes.
    pub const VERSION: u32 = 1;

    /// Reads what a keeper kept. The error ends a sentence about the credentials; it quotes nothing, which may be a token.
    pub(crate) fn parse(text: &[u8]) -> std::result::Result<Self, &'static str> {
        let credentials: Self = serde_json::from_slice(text).map_err(|_| "cannot be understood")?;
        match credentials.version {
            Self::VERSION => Ok(credentials),
            _ => Err("are of a newer version of this program"),
        }
    }

    /// The access token, unless it is about to end.
    pub(crate) fn fresh_access(&self, now: SystemTime) -> Option<&Secret> {
        let ends = |ends: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(ends);
        let life = self.access_seconds.map_or(Duration::MAX, Duration::from_secs);
        let is_fresh = self.access_ends.is_none_or(|it| now + RENEW_BEFORE.min(life / 10) < ends(it));
        self.access_token.as_ref().filter(|_| is_fresh)
    }
}
