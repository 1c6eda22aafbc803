//! Whether a remote in Dropbox works in its role: the account, its space, what the sign-in permits, and what is at the path.

use dropbox_client::{
    Account, Class, Client, DownloadFile, Error, GetMetadata, ListFolder, Metadata, PathRoot, SessionKind,
    SpaceAllocation, sign_in,
};
pub use larder_dropbox::app_folder_app;
use larder_model::{Problem, ProblemKind, Result};

use super::{Connection, connect, dropbox_problem, store::store_path};
use crate::{
    connectors::{Finding, Verdict},
    context::Context,
    remotes::{Place, Role},
    text,
};

pub fn check(place: &Place, role: Role, context: &Context) -> Result<Vec<Finding>> {
    let mut connection = connect(place, context)?;
    let account = connection.client.current_account().map_err(|error| connection.problem(&error))?;
    if role == Role::Store {
        connection.path = store_path(&connection.path, place, account.root_info.home_path.as_deref());
    }
    let mut findings = vec![Finding::good("account", whose(&account))];
    findings.extend(permissions(&connection, role));
    findings.push(space(&connection));
    let rooted = rooted(&connection.client, place, &account);
    match sight(&rooted) {
        Sight::Everything => findings.extend(at_place(&rooted, &connection, role)),
        Sight::OwnFolder => {
            findings.push(own_folder_only(role));
            findings.extend(at_place(&connection.client, &connection, role));
        }
        Sight::Nothing(error) => findings.push(Finding::bad("listing", &connection.problem(&error))),
    }
    Ok(findings)
}

fn whose(account: &Account) -> String {
    let team = account.team.as_ref().map(|team| format!(", of the team {}", team.name)).unwrap_or_default();
    format!("{} <{}>{team}", account.name.display_name, account.email)
}

/// What the sign-in must permit for a role.
pub fn scopes_for(role: Role) -> &'static [&'static str] {
    match role {
        Role::Source => sign_in::BACKUP,
        Role::Destination => sign_in::RESTORE,
        Role::Store => sign_in::STORE,
    }
}

/// Those of `wanted` that were not granted.
pub fn missing_scopes<'a>(granted: &[String], wanted: &[&'a str]) -> Vec<&'a str> {
    wanted.iter().copied().filter(|scope| !granted.iter().any(|granted| granted == scope)).collect()
}

/// Of a sign-in that was taken over nobody said what it permits: what is missing shows when it is needed.
fn permissions(connection: &Connection, role: Role) -> Option<Finding> {
    let granted = &connection.credentials.scopes;
    if granted.is_empty() {
        return Some(may_write(connection, role));
    }
    let missing = missing_scopes(granted, scopes_for(role));
    if missing.is_empty() {
        return Some(Finding::good("permission", scopes_for(role).join(", ")));
    }
    Some(Finding::bad("permission", &lacking(&connection.account, &missing)))
}

/// Tries it, where it matters: an upload that is begun and never committed changes nothing.
fn may_write(connection: &Connection, role: Role) -> Finding {
    if role == Role::Source {
        return may_read(connection);
    }
    match connection.client.start_session_batch(SessionKind::Sequential, 1) {
        Ok(_) => Finding::good("permission", "it may write"),
        Err(error) => Finding::bad("permission", &connection.problem(&error)),
    }
}

/// A file that is not there tells as much as one that is: what a sign-in may not do is refused before anything is looked for.
fn may_read(connection: &Connection) -> Finding {
    match connection.client.download_bytes(&DownloadFile::of("/.larder-may-it-read")) {
        Err(error) if error.class() == Class::Credentials => Finding::bad("permission", &connection.problem(&error)),
        Err(error) if !error.is_not_found() => Finding::bad("permission", &connection.problem(&error)),
        _ => Finding::good("permission", "it may read"),
    }
}

/// The problem of a sign-in that permits too little.
pub fn lacking(account: &str, missing: &[&str]) -> Problem {
    let message = format!("the sign-in of `{account}` lacks: {}", missing.join(", "));
    Problem::new(ProblemKind::Credentials, message).hint(format!(
        "turn them on in the App Console, under Permissions, submit, and sign in again: larder auth dropbox --name {account}"
    ))
}

fn space(connection: &Connection) -> Finding {
    let usage = match connection.client.space_usage() {
        Ok(usage) => usage,
        Err(error) => return Finding::bad("space", &connection.problem(&error)),
    };
    let used = text::size(usage.used);
    match (&usage.allocation, usage.free()) {
        (_, Some(0)) => Finding::note("space", format!("{used} used, nothing free: nothing can be written there")),
        (SpaceAllocation::Team { .. }, Some(free)) => {
            Finding::good("space", format!("{used} used, {} free in the team", text::size(free)))
        }
        (_, Some(free)) => Finding::good("space", format!("{used} used, {} free", text::size(free))),
        (_, None) => Finding::good("space", format!("{used} used")),
    }
}

/// Paths begin where the option says, else at all that the account sees.
pub fn rooted(client: &Client, place: &Place, account: &Account) -> Client {
    match place.options.get("root_namespace") {
        Some(id) => client.with_path_root(PathRoot::namespace(id)),
        None => client.with_path_root(PathRoot::root(&account.root_info.root_namespace_id)),
    }
}

/// How much a sign-in sees.
pub enum Sight {
    Everything,
    /// The app is of the type "App folder".
    OwnFolder,
    Nothing(Error),
}

/// Asks for the first entry. Apps of the type "App folder" have no roots to choose from, and are refused if they name one.
pub fn sight(rooted: &Client) -> Sight {
    match rooted.list_folder(&ListFolder { limit: Some(1), ..ListFolder::of("") }) {
        Ok(_) => Sight::Everything,
        Err(error) if error.class() == Class::Credentials && error.status() == Some(400) => Sight::OwnFolder,
        Err(error) => Sight::Nothing(error),
    }
}

/// Good enough for a store, and useless for what is elsewhere in the account.
fn own_folder_only(role: Role) -> Finding {
    match role {
        Role::Store => Finding::note("app", "the app sees its own folder only: the store lies below /Apps"),
        Role::Source | Role::Destination => Finding::bad("app", &app_folder_app()),
    }
}

fn at_place(client: &Client, connection: &Connection, role: Role) -> Vec<Finding> {
    let path = at_path(client, connection, role);
    let store = (role == Role::Store && path.verdict != Verdict::Note).then(|| holds_store(client, connection));
    std::iter::once(path).chain(store).collect()
}

/// A store has its settings in `config`.
fn holds_store(client: &Client, connection: &Connection) -> Finding {
    match client.get_metadata(&GetMetadata::of(format!("{}/config", connection.path))) {
        Ok(Metadata::Folder(_)) => Finding::good("store", "there is a store"),
        Err(error) if !error.is_not_found() => Finding::bad("store", &connection.problem(&error)),
        _ => Finding::note("store", "there is no store yet: `create` makes it"),
    }
}

fn at_path(client: &Client, connection: &Connection, role: Role) -> Finding {
    let path = &connection.path;
    if path.is_empty() {
        return Finding::good("path", "the whole account");
    }
    match client.get_metadata(&GetMetadata::of(path)) {
        Ok(Metadata::Folder(_)) => Finding::good("path", format!("{path} is a folder")),
        Ok(_) => Finding::bad("path", &Problem::not_found(format!("{path} is not a folder"))),
        Err(error) if error.is_not_found() && role != Role::Source => {
            Finding::note("path", format!("{path} is not there yet, and will be made"))
        }
        Err(error) => Finding::bad("path", &dropbox_problem(&error, Some(&connection.account)).context(path)),
    }
}
