//! Apps, codes and tokens: who may call what, and until when.
//!
//! Nothing here is a secret: these tokens open nothing but this simulator.

pub mod authorize;
pub mod token;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::clock::Seconds;
use crate::drive::AccountId;
use crate::random::Random;

/// Every scope of a user's app. An app and a token have a part of them.
pub const SCOPES: &[&str] = &[
    "account_info.read",
    "account_info.write",
    "files.metadata.read",
    "files.metadata.write",
    "files.content.read",
    "files.content.write",
    "sharing.read",
    "sharing.write",
    "file_requests.read",
    "file_requests.write",
];

/// The key of the app that is there from the start: no secret, every scope, all of Dropbox.
pub const DEFAULT_APP: &str = "simulatorapp123";

/// An app as its developer set it up.
#[derive(Clone, Debug)]
pub struct App {
    pub key: String,
    /// None for an app that uses PKCE only.
    pub secret: Option<String>,
    /// The name of its folder below `/Apps`, for an app that sees nothing else.
    pub folder: Option<String>,
    pub scopes: BTreeSet<String>,
    /// Besides loopback addresses, which are always allowed.
    pub redirect_uris: Vec<String>,
}

#[derive(Clone, Debug)]
struct Code {
    app: String,
    account: AccountId,
    challenge: Option<Challenge>,
    redirect_uri: Option<String>,
    scopes: BTreeSet<String>,
    is_offline: bool,
    expires_at: Seconds,
}

#[derive(Clone, Debug)]
struct Challenge {
    is_s256: bool,
    value: String,
}

/// What a refresh token stands for.
#[derive(Clone, Debug)]
struct Grant {
    app: String,
    account: AccountId,
    scopes: BTreeSet<String>,
    /// Given to an app without its secret.
    by_pkce: bool,
    is_revoked: bool,
}

/// What an access token stands for.
#[derive(Clone, Debug)]
pub struct Access {
    pub app: String,
    pub account: AccountId,
    pub scopes: BTreeSet<String>,
    expires_at: Seconds,
    refresh: Option<String>,
    is_revoked: bool,
}

/// Why an access token does not count. The names are the API's tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenProblem {
    Invalid,
    Expired,
}

#[derive(Debug)]
pub struct OAuth {
    apps: BTreeMap<String, App>,
    codes: HashMap<String, Code>,
    grants: HashMap<String, Grant>,
    tokens: HashMap<String, Access>,
    /// Who answers the question whether an app may have access.
    pub signed_in: AccountId,
    /// The answer is no.
    pub denies: bool,
}

impl App {
    /// An app with every scope, all of Dropbox, and no secret.
    pub fn new(key: &str) -> Self {
        let scopes = SCOPES.iter().map(|scope| (*scope).to_owned()).collect();
        Self { key: key.to_owned(), secret: None, folder: None, scopes, redirect_uris: Vec::new() }
    }
}

impl Default for OAuth {
    fn default() -> Self {
        let app = App::new(DEFAULT_APP);
        Self {
            apps: BTreeMap::from([(app.key.clone(), app)]),
            codes: HashMap::new(),
            grants: HashMap::new(),
            tokens: HashMap::new(),
            signed_in: 0,
            denies: false,
        }
    }
}

impl OAuth {
    pub fn add_app(&mut self, app: App) {
        self.apps.insert(app.key.clone(), app);
    }

    pub fn app(&self, key: &str) -> Option<&App> {
        self.apps.get(key)
    }

    /// What a token allows now.
    pub fn check(&self, token: &str, now: Seconds) -> Result<Access, TokenProblem> {
        let access = self.tokens.get(token).filter(|it| !it.is_revoked).ok_or(TokenProblem::Invalid)?;
        let is_revoked = access.refresh.as_ref().and_then(|it| self.grants.get(it)).is_some_and(|it| it.is_revoked);
        match (is_revoked, now >= access.expires_at) {
            (true, _) => Err(TokenProblem::Invalid),
            (false, true) => Err(TokenProblem::Expired),
            (false, false) => Ok(access.clone()),
        }
    }

    /// A refresh token, as a person's approval gives it.
    pub fn grant(
        &mut self,
        random: &mut Random,
        app: &str,
        account: AccountId,
        scopes: BTreeSet<String>,
        by_pkce: bool,
    ) -> String {
        let token = random.letters(64);
        let grant = Grant { app: app.to_owned(), account, scopes, by_pkce, is_revoked: false };
        self.grants.insert(token.clone(), grant);
        token
    }

    /// An access token. They are long, as the real ones have become.
    pub fn issue(&mut self, random: &mut Random, access: NewAccess, expires_at: Seconds) -> String {
        let token = format!("sl.u.{}", random.letters(256));
        let NewAccess { app, account, scopes, refresh } = access;
        self.tokens.insert(token.clone(), Access { app, account, scopes, expires_at, refresh, is_revoked: false });
        token
    }

    /// Ends a token and, with it, the approval that it came from.
    pub fn revoke(&mut self, token: &str) {
        let Some(access) = self.tokens.get_mut(token) else { return };
        access.is_revoked = true;
        if let Some(grant) = access.refresh.clone().and_then(|it| self.grants.get_mut(&it)) {
            grant.is_revoked = true;
        }
    }

    /// Ends every approval of an account.
    pub fn revoke_account(&mut self, account: AccountId) {
        self.grants.values_mut().filter(|it| it.account == account).for_each(|it| it.is_revoked = true);
        self.tokens.values_mut().filter(|it| it.account == account).for_each(|it| it.is_revoked = true);
    }

    /// Lets every access token expire now.
    pub fn expire_tokens(&mut self) {
        self.tokens.values_mut().for_each(|it| it.expires_at = 0);
    }
}

/// What a new access token is for.
#[derive(Clone, Debug)]
pub struct NewAccess {
    pub app: String,
    pub account: AccountId,
    pub scopes: BTreeSet<String>,
    pub refresh: Option<String>,
}
