//! What a backup reads from: files, or a stream.

use std::{
    ffi::OsString,
    fs,
    os::unix::ffi::OsStrExt,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use larder_connect::Source;
use larder_fs::{FsSource, OnExcluded, SourceOptions, StreamSource};
use larder_model::{Problem, Result};

use super::{Backup, stream};
use crate::{
    connectors::{self, StorePlace},
    context::Context,
    location::{Location, shown},
    output::Talk,
    progress::LeftOut,
};

/// The name of a stream that was given none.
const STREAM_NAME: &str = "stdin";

/// `told` is there as soon as the backup runs.
pub fn open(
    backup: &Backup,
    context: &Context,
    place: &StorePlace,
    told: &Arc<OnceLock<LeftOut>>,
) -> Result<Box<dyn Source>> {
    if let Some(origin) = &backup.origin {
        check_origin(origin)?;
    }
    if backup.stdin.is_some() || backup.stdin_command.is_some() {
        return stream_source(backup, context);
    }
    let paths = backup.paths.iter().map(local).collect::<Result<Vec<_>>>()?;
    refuse_store(&paths, place)?;
    let mut options = options(backup, context.left_out(place));
    if context.output.talk() == Talk::Verbose {
        let told = told.clone();
        options.on_excluded = Some(OnExcluded::new(move |path| {
            told.get().inspect(|told| told.tell(path));
        }));
    }
    let source = FsSource::new(&paths, &options)?;
    Ok(Box::new(source))
}

fn stream_source(backup: &Backup, context: &Context) -> Result<Box<dyn Source>> {
    let (reader, verdict) = match &backup.stdin_command {
        Some(command) => stream::from_command(command, &context.interrupt)?,
        None => stream::from_stdin(&context.interrupt),
    };
    let name = backup.stdin.clone().unwrap_or_else(|| OsString::from(STREAM_NAME));
    let source = StreamSource::new(name.as_bytes(), reader, verdict, backup.origin.as_deref())?;
    Ok(Box::new(source))
}

fn options(backup: &Backup, leave_out: Vec<PathBuf>) -> SourceOptions {
    SourceOptions {
        exclude: backup.exclude.clone(),
        exclude_from: backup.exclude_from.clone(),
        files_from: backup.files_from.clone(),
        gitignore: backup.gitignore,
        exclude_caches: backup.exclude_caches,
        exclude_if_present: backup.exclude_if_present.clone(),
        exclude_larger_than: backup.exclude_larger_than,
        one_file_system: backup.one_file_system,
        leave_out,
        origin: backup.origin.clone(),
        on_excluded: None,
    }
}

/// The path that an argument stands for. Names of files may look like locations; a file that is there is what was meant.
fn local(argument: &PathBuf) -> Result<PathBuf> {
    if argument.as_os_str().is_empty() || fs::symlink_metadata(argument).is_ok() {
        return Ok(argument.clone());
    }
    match Location::parse(argument.as_os_str())? {
        Location::Named(name) => Err(Problem::not_found(format!("no source named @{name} is configured"))
            .hint("name a file or folder, such as: larder at ./save backup ~/Documents")),
        Location::At { scheme, rest } if scheme == "fs" => Ok(PathBuf::from(rest)),
        Location::At { scheme, .. } => {
            Err(connectors::unsupported(&scheme, argument.as_os_str(), "sources", connectors::SOURCES))
        }
    }
}

/// A store within what is backed up is left out and told of; nobody means to back up a store into itself.
fn refuse_store(paths: &[PathBuf], place: &StorePlace) -> Result<()> {
    let Some(store) = place.folder.as_ref().and_then(|folder| folder.canonicalize().ok()) else { return Ok(()) };
    match paths.iter().find(|path| path.canonicalize().is_ok_and(|path| path.starts_with(&store))) {
        Some(path) => Err(Problem::usage(format!("cannot back up {}: the backup would go into it", shown(path)))
            .hint("name another store, or something else to back up")),
        None => Ok(()),
    }
}

/// An origin is typed behind `latest@`, and stands in lists.
fn check_origin(origin: &str) -> Result<()> {
    if origin.is_empty() || origin.chars().any(char::is_control) {
        return Err(Problem::usage(format!("`{}` cannot be the name of an origin", shown(origin)))
            .hint("use letters, digits and signs"));
    }
    Ok(())
}
