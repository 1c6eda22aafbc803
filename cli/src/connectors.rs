//! The registry: the one place that names all connectors, each in the roles that it has.
//!
//! A new connector is a file in `connectors/`, a line in [`CONNECTORS`], which says how its places are written and what options they
//! have, and a line in the table of each role that it plays. A named remote and a location on the command line both become a
//! [`Place`], so that what opens one knows nothing of names and configuration files.

mod dropbox;
mod elsewhere;
mod finding;
mod fs;

use std::{
    ffi::{OsStr, OsString},
    path::PathBuf,
    sync::Arc,
};

use larder_connect::Storage;
use larder_model::{Problem, ProblemKind, Result};

pub use dropbox::{
    Clients, Sight, app_folder_app, dropbox_problem, endpoint, lacking, missing_scopes, scopes_for, sight,
};
pub use elsewhere::{Destination, DestinationRules, RemoteSource, Sent, SourceRules, Usage};
pub use finding::{Finding, Verdict};

use crate::{
    context::Context,
    folders::Folders,
    location::{Location, shown},
    remotes::{self, OptionSpec, Place, Role},
};

/// How the places of a provider are written, and what can be set for them.
pub struct Connector {
    pub scheme: &'static str,
    pub options: &'static [OptionSpec],
    /// Puts what stands behind `scheme:` into the form that the connector takes.
    pub read: fn(&OsStr, Role) -> Result<OsString>,
    /// The same, as it can be kept: whole, wherever one stands.
    pub keep: fn(&OsStr, Role) -> Result<String>,
    /// What lies at a path below a place.
    pub join: fn(&OsStr, &OsStr) -> Result<OsString>,
    /// Really connects, and says what is there and what is missing for the role.
    pub check: fn(&Place, Role, &Context) -> Result<Vec<Finding>>,
}

pub const CONNECTORS: &[Connector] = &[fs::CONNECTOR, dropbox::CONNECTOR];

/// Schemes, each with what opens a place.
type Table<T> = &'static [(&'static str, T)];
pub type OpenSource = fn(&Place, &Context, SourceRules) -> Result<Box<dyn RemoteSource>>;
pub type OpenTarget = fn(&Place, &Context, DestinationRules) -> Result<Box<dyn Destination>>;
pub type OpenStorage = fn(&Place, &Context) -> Result<StorePlace>;

/// Sources on this machine. Which of them a backup uses is told by its options (`commands/backup/source.rs`).
pub const LOCAL_SOURCES: &[&str] = &["fs", "stdin"];

/// Sources elsewhere. A snapshot is of one of them.
pub const SOURCES: Table<OpenSource> = &[(dropbox::SCHEME, dropbox::source)];

/// What snapshots are restored to.
pub const DESTINATIONS: Table<OpenTarget> = &[("fs", fs::target), (dropbox::SCHEME, dropbox::target)];

/// What a store can lie on.
pub const STORES: Table<OpenStorage> = &[("fs", fs::store)];

/// A storage, and what has to be known of it beside.
pub struct StorePlace {
    pub storage: Arc<dyn Storage>,
    /// Whole, wherever one stands: a relative path is of no use later.
    pub location: String,
    /// The same for every way to write the location of the same place.
    pub identity: Vec<u8>,
    /// Where it is a folder of this machine, which no backup must hold.
    pub folder: Option<PathBuf>,
}

/// The place that `at STORE` names.
pub fn store_at(text: &OsStr, context: &Context) -> Result<StorePlace> {
    let place = resolve(text, Role::Store, &context.folders)?;
    find(STORES, &place.scheme, text, Role::Store)?(&place, context)
}

/// The place that `restore -to` names.
pub fn destination_at(text: &OsStr, context: &Context, rules: DestinationRules) -> Result<Box<dyn Destination>> {
    let place = resolve(text, Role::Destination, &context.folders)?;
    find(DESTINATIONS, &place.scheme, text, Role::Destination)?(&place, context, rules)
}

/// What opens a source that is not on this machine.
pub fn source_of(place: &Place, text: &OsStr) -> Result<OpenSource> {
    find(SOURCES, &place.scheme, text, Role::Source)
}

/// The place that a location or a name stands for.
pub fn resolve(text: &OsStr, role: Role, folders: &Folders) -> Result<Place> {
    match Location::parse(text)? {
        Location::Named { name, below } => named(&name, below, role, folders),
        Location::At { scheme, rest } => {
            let connector = connector(&scheme).ok_or_else(|| unsupported(&scheme, text, role))?;
            let rest = (connector.read)(rest, role)?;
            Ok(Place { name: None, scheme, rest, options: remotes::Options::default() })
        }
    }
}

fn named(name: &str, below: &OsStr, role: Role, folders: &Folders) -> Result<Place> {
    let remote = remotes::read(folders.config()?)?.need(role, name)?;
    let mut place = place_of(&remote, role)?;
    if !below.is_empty() {
        place.rest = (needed(&place.scheme)?.join)(&place.rest, below)?;
    }
    Ok(place)
}

/// The place of a named remote.
pub fn place_of(remote: &remotes::Remote, role: Role) -> Result<Place> {
    let (connector, rest) = split(&remote.location)?;
    let rest = (connector.read)(rest, role)?;
    let (name, scheme) = (Some(remote.name.clone()), connector.scheme.to_owned());
    Ok(Place { name, scheme, rest, options: remote.options.clone() })
}

/// The form in which a location is kept.
pub fn kept_location(text: &OsStr, role: Role) -> Result<String> {
    match Location::parse(text)? {
        Location::Named { name, .. } => Err(Problem::usage(format!("@{name} is a name itself"))
            .hint("give the location, such as fs:/home/ann or dropbox:/Photos")),
        Location::At { scheme, rest } => {
            let connector = connector(&scheme).ok_or_else(|| unsupported(&scheme, text, role))?;
            Ok(format!("{scheme}:{}", (connector.keep)(rest, role)?))
        }
    }
}

/// The option `key` of a place, if it has one of that name in this role.
pub fn spec_at(location: &str, role: Role, key: &str) -> Result<&'static OptionSpec> {
    let (connector, _) = split(location)?;
    remotes::find_spec(connector.options, role, connector.scheme, key)
}

/// Connects, and says what is there and what is missing.
pub fn check(remote: &remotes::Remote, role: Role, context: &Context) -> Result<Vec<Finding>> {
    let place = place_of(remote, role)?;
    (needed(&place.scheme)?.check)(&place, role, context)
}

/// The names in a table, for `version`.
pub fn names<T>(table: Table<T>) -> Vec<&'static str> {
    table.iter().map(|(name, _)| *name).collect()
}

/// All that a role can be.
pub fn supported(role: Role) -> Vec<&'static str> {
    match role {
        Role::Source => LOCAL_SOURCES.iter().copied().chain(names(SOURCES)).collect(),
        Role::Destination => names(DESTINATIONS),
        Role::Store => names(STORES),
    }
}

/// The connector of a location that is kept.
fn split(location: &str) -> Result<(&'static Connector, &OsStr)> {
    match Location::parse(OsStr::new(location))? {
        Location::At { scheme, rest } => Ok((needed(&scheme)?, rest)),
        Location::Named { name, .. } => Err(Problem::usage(format!("@{name} stands where a location belongs"))),
    }
}

fn connector(scheme: &str) -> Option<&'static Connector> {
    CONNECTORS.iter().find(|connector| connector.scheme == scheme)
}

fn needed(scheme: &str) -> Result<&'static Connector> {
    connector(scheme)
        .ok_or_else(|| Problem::new(ProblemKind::Unsupported, format!("this program has no connector for `{scheme}`")))
}

fn find<T: Copy>(table: Table<T>, scheme: &str, text: &OsStr, role: Role) -> Result<T> {
    let found = table.iter().find(|(name, _)| *name == scheme);
    found.map(|(_, open)| *open).ok_or_else(|| unsupported(scheme, text, role))
}

/// The error for a location of a provider that this program does not speak to, or not in this role.
fn unsupported(scheme: &str, text: &OsStr, role: Role) -> Problem {
    let what = match connector(scheme) {
        Some(_) => format!("this version cannot use as a {}", role.word()),
        None => "this program has no connector for".to_owned(),
    };
    let message = format!("{} is a location of `{scheme}`, which {what}", shown(text));
    let supported = format!("{} can be: {}", role.plural(), supported(role).join(", "));
    let is_path = !shown(text).contains("://") && !shown(text).starts_with('@');
    let hint =
        if is_path { format!("{supported}; for a folder of that name write ./{}", shown(text)) } else { supported };
    Problem::new(ProblemKind::Unsupported, message).hint(hint)
}
