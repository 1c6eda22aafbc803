//! Dropbox: how its places are written, the options they have, and the account behind them.

mod check;
mod clients;
mod known;
mod options;
mod problem;
mod source;
mod store;
mod target;

use std::{
    env,
    ffi::{OsStr, OsString},
    sync::Arc,
};

use dropbox_client::{Access, CallBudget, Client, Endpoint, Error, Settings, credentials::Credentials, names::compose};
use larder_model::{Problem, Result, escape};

pub use check::{Sight, app_folder_app, lacking, missing_scopes, scopes_for, sight};
pub use clients::Clients;
pub use known::known_account;
pub use problem::dropbox_problem;
pub use source::source;
pub use store::store;
pub use target::target;

use problem::for_account;

use super::Connector;
use crate::{
    accounts::Accounts,
    context::Context,
    remotes::{Options, Place, Role},
};

pub const SCHEME: &str = "dropbox";

pub const CONNECTOR: Connector =
    Connector { scheme: SCHEME, options: options::OPTIONS, read, keep, join, check: check::check };

/// Where a store lies if no path is given: never in the account's root, among what people keep there.
const STORE_FOLDER: &str = "/Larder";

const ENDPOINT_VARIABLE: &str = "LARDER_DROPBOX_ENDPOINT";

fn read(rest: &OsStr, role: Role) -> Result<OsString> {
    keep(rest, role).map(OsString::from)
}

/// `/` for the account's root, else `/A/B`. Any number of slashes will do in front, as in an address.
fn keep(rest: &OsStr, role: Role) -> Result<String> {
    let parts = parts(rest)?;
    if parts.is_empty() && role == Role::Store {
        return Ok(STORE_FOLDER.to_owned());
    }
    Ok(format!("/{}", parts.join("/")))
}

fn join(rest: &OsStr, below: &OsStr) -> Result<OsString> {
    let mut parts = parts(rest)?;
    parts.extend(self::parts(below)?);
    Ok(format!("/{}", parts.join("/")).into())
}

fn parts(path: &OsStr) -> Result<Vec<&str>> {
    let shown = || escape(path.as_encoded_bytes());
    let text =
        path.to_str().ok_or_else(|| Problem::usage(format!("{} is not UTF-8, as paths in Dropbox are", shown())))?;
    let parts: Vec<_> = text.split('/').filter(|part| !part.is_empty()).collect();
    if parts.iter().any(|part| [".", ".."].contains(part)) {
        return Err(Problem::usage(format!("{} is no path in Dropbox", shown())).hint("a path is /Folder/Folder"));
    }
    Ok(parts)
}

/// A place in Dropbox with what it takes to work on it: all that a source, a target or a storage there is made of.
pub struct Connection {
    /// Paths are relative to the account's own folder, until somebody asks for another root.
    pub client: Client,
    /// As Dropbox writes it: nothing for the root, else `/A/B`.
    pub path: String,
    /// The name that the account is signed in under.
    pub account: String,
    /// The sign-in as it was when the account was opened.
    pub credentials: Credentials,
}

impl Connection {
    pub fn problem(&self, error: &Error) -> Problem {
        dropbox_problem(error, Some(&self.account))
    }
}

/// Prepares calls to the account of a place, by its options. Nothing is sent yet.
pub fn connect(place: &Place, context: &Context) -> Result<Connection> {
    let accounts = Accounts::of(&context.folders)?;
    let account = match place.options.get("account").or(place.name.as_deref()) {
        Some(name) => name.to_owned(),
        None => accounts.only()?,
    };
    let credentials = accounts.need(&account)?;
    let make = || client(place, context, &accounts, &account);
    let client = context.clients.get(&account, &place.options, make, |told| context.output.warn(told))?;
    let path = compose(place.rest.to_str().unwrap_or_default().trim_end_matches('/')).into_owned();
    Ok(Connection { client, path, account, credentials })
}

fn client(place: &Place, context: &Context, accounts: &Accounts, account: &str) -> Result<Client> {
    let mut settings = Settings::new(Access::Kept(Arc::new(accounts.keeper(account))));
    let interrupt = context.interrupt.clone();
    settings.cancel = Arc::new(move || interrupt.ends_calls());
    settings.endpoint = endpoint(place.options.get("endpoint"))?;
    apply(&mut settings, &place.options);
    settings.call_budget = place.options.number("call_budget").map(|calls| CallBudget {
        path: accounts.budget_file(account),
        uploads: Some(calls),
        others: Some(calls),
    });
    Client::new(settings).map_err(|error| dropbox_problem(&error, Some(account)))
}

/// Where Dropbox is: what a remote says, else the environment, else Dropbox itself.
pub fn endpoint(option: Option<&str>) -> Result<Endpoint> {
    let from_environment = || env::var(ENDPOINT_VARIABLE).ok().filter(|address| !address.is_empty());
    match option.map(str::to_owned).or_else(from_environment) {
        Some(address) => Endpoint::at(&address).map_err(|error| {
            Problem::usage(dropbox_problem(&error, None).message()).hint(format!(
                "set endpoint= or ${ENDPOINT_VARIABLE} to an address like https://host or http://127.0.0.1:8790"
            ))
        }),
        None => Ok(Endpoint::dropbox()),
    }
}

fn apply(settings: &mut Settings, options: &Options) {
    settings.pace = options.number("pace").map(|calls| calls as f64);
    settings.bandwidth_up = options.size("bandwidth_up");
    settings.bandwidth_down = options.size("bandwidth_down");
    if let Some(retries) = options.number("retries").and_then(|number| number.try_into().ok()) {
        settings.retries = retries;
    }
    if let Some(threads) = options.number("threads").and_then(|number| number.try_into().ok()) {
        settings.threads = threads;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_never_lies_in_the_root() {
        let kept = |rest: &str, role| keep(OsStr::new(rest), role).unwrap();
        for root in ["", "/", "//"] {
            assert_eq!(kept(root, Role::Store), "/Larder");
            assert_eq!(kept(root, Role::Source), "/");
        }
        assert_eq!(kept("/Backups/", Role::Store), "/Backups");
        assert_eq!(kept("Photos/2026", Role::Destination), "/Photos/2026");
        assert_eq!(kept("///Photos", Role::Source), "/Photos");
        assert!(keep(OsStr::new("/a/../b"), Role::Source).is_err());
    }

    #[test]
    fn a_path_below_is_added() {
        assert_eq!(join(OsStr::new("/"), OsStr::new("/Photos")).unwrap(), "/Photos");
        assert_eq!(join(OsStr::new("/Larder"), OsStr::new("two/")).unwrap(), "/Larder/two");
    }
}
