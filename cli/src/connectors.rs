//! The registry: the one place that names all connectors, each in the roles that it has.
//!
//! A new connector is a line in each table of a role that it plays.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use larder_connect::{Storage, Target};
use larder_fs::{FsStorage, FsTarget, TargetOptions};
use larder_model::{Problem, ProblemKind, Result};

use crate::location::{Location, shown};

/// Names, each with what opens a place from what stands behind `name:`.
type Table<T> = &'static [(&'static str, Open<T>)];
type Open<T> = fn(&OsStr) -> T;

/// What snapshots are taken from. Which of them a backup uses is told by its options (`commands/backup/source.rs`).
pub const SOURCES: &[&str] = &["fs", "stdin"];

/// What snapshots are restored to.
pub const DESTINATIONS: Table<Box<dyn Target>> = &[("fs", fs_target)];

/// What a store can lie on.
pub const STORES: Table<Result<StorePlace>> = &[("fs", fs_store)];

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
pub fn store_at(text: &OsStr) -> Result<StorePlace> {
    match Location::parse(text)? {
        Location::Named(name) => Err(Problem::not_found(format!("no store named @{name} is configured"))
            .hint("give the store's folder, such as: larder at ./save ls")),
        Location::At { scheme, rest } => lookup(STORES, &scheme, text, "stores")?(rest),
    }
}

/// The place that `restore -to` names.
pub fn destination_at(text: &OsStr) -> Result<Box<dyn Target>> {
    match Location::parse(text)? {
        Location::Named(name) => Err(Problem::not_found(format!("no destination named @{name} is configured"))
            .hint("give a folder, such as: larder restore -to ./back latest")),
        Location::At { scheme, rest } => Ok(lookup(DESTINATIONS, &scheme, text, "destinations")?(rest)),
    }
}

/// The names in a table, for `version`.
pub fn names<T>(table: Table<T>) -> Vec<&'static str> {
    table.iter().map(|(name, _)| *name).collect()
}

fn lookup<T>(table: Table<T>, scheme: &str, text: &OsStr, role: &str) -> Result<Open<T>> {
    let found = table.iter().find(|(name, _)| *name == scheme);
    found.map(|(_, open)| *open).ok_or_else(|| unsupported(scheme, text, role, &names(table)))
}

/// The error for a location of a provider that this program does not speak to.
pub fn unsupported(scheme: &str, text: &OsStr, role: &str, supported: &[&str]) -> Problem {
    let message = format!("{} is a location of `{scheme}`, which this program has no connector for", shown(text));
    let supported = format!("{role} can be: {}", supported.join(", "));
    let is_address = shown(text).contains("://");
    let hint =
        if is_address { supported } else { format!("{supported}; for a folder of that name write ./{}", shown(text)) };
    Problem::new(ProblemKind::Unsupported, message).hint(hint)
}

fn fs_store(path: &OsStr) -> Result<StorePlace> {
    let folder = PathBuf::from(path);
    if folder.exists() && !folder.is_dir() {
        return Err(Problem::not_found(format!("there is no store at {}: it is not a folder", shown(path))));
    }
    let absolute = absolute(&folder);
    Ok(StorePlace {
        storage: Arc::new(FsStorage::new(&folder)),
        location: shown(&absolute),
        identity: [b"fs:", absolute.as_os_str().as_bytes()].concat(),
        folder: Some(folder),
    })
}

fn fs_target(path: &OsStr) -> Box<dyn Target> {
    Box::new(FsTarget::new(path, TargetOptions::default()))
}

/// Without links, as far as the path is there already.
fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_path_buf())
}
