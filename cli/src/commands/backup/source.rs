//! What a backup reads from: files, a stream, or one source elsewhere.

use std::{
    ffi::OsString,
    fs,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use larder_connect::{OnExcluded, Source};
use larder_engine::Amount;
use larder_fs::{FsSource, SourceOptions, StreamSource};
use larder_model::{Problem, Result};

use super::{Backup, stream};
use crate::{
    connectors::{self, RemoteSource, SourceRules, StorePlace, Usage},
    context::Context,
    folders::Folders,
    location::{FILES, shown},
    output::Talk,
    progress::{Ahead, LeftOut},
    remotes::{Place, Role},
};

/// The name of a stream that was given none.
const STREAM_NAME: &str = "stdin";

/// What is open to be read.
pub enum Opened {
    Files(Box<FsSource>),
    Stream(StreamSource),
    Elsewhere(Box<dyn RemoteSource>),
}

impl Opened {
    pub fn source(&self) -> &dyn Source {
        match self {
            Self::Files(source) => &**source,
            Self::Stream(source) => source,
            Self::Elsewhere(remote) => remote.source(),
        }
    }

    /// What counts the files ahead, for the bar of a first backup. A stream has no end before it ends, and an account is listed first.
    pub fn ahead(&self) -> Option<Ahead> {
        let Self::Files(source) = self else { return None };
        let counter = source.counter();
        Some(Box::new(move |go_on| {
            let counted = counter.count(go_on)?;
            Some(Amount { files: counted.files, bytes: counted.bytes })
        }))
    }

    /// What was asked of a provider.
    pub fn usage(&self) -> Option<Usage> {
        match self {
            Self::Files(_) | Self::Stream(_) => None,
            Self::Elsewhere(remote) => Some(remote.usage()),
        }
    }

    /// Failing to remember costs the next run a call and this one a warning.
    pub fn remember(&self, context: &Context) {
        if let Self::Elsewhere(remote) = self
            && let Err(problem) = remote.remember()
        {
            context.output.warn(problem);
        }
    }

    pub fn explain(&self, problem: Problem) -> Problem {
        match self {
            Self::Files(_) | Self::Stream(_) => problem,
            Self::Elsewhere(remote) => remote.explain(problem),
        }
    }
}

/// `told` is there as soon as the backup runs.
pub fn open(backup: &Backup, context: &Context, store: &StorePlace, told: &Arc<OnceLock<LeftOut>>) -> Result<Opened> {
    if let Some(origin) = &backup.origin {
        check_origin(origin)?;
    }
    if backup.stdin.is_some() || backup.stdin_command.is_some() {
        return stream_source(backup, context).map(Opened::Stream);
    }
    let places = backup.paths.iter().map(|path| place(path, &context.folders)).collect::<Result<Vec<_>>>()?;
    if let Some((place, argument)) = places.iter().zip(&backup.paths).find(|(place, _)| place.scheme != FILES) {
        let on_excluded = on_excluded(context, told);
        return elsewhere(backup, context, place, argument, on_excluded).map(Opened::Elsewhere);
    }
    let paths: Vec<_> = places.into_iter().map(|place| PathBuf::from(place.rest)).collect();
    refuse_store(&paths, store)?;
    let mut options = options(backup, context.left_out(store));
    options.on_excluded = on_excluded(context, told);
    Ok(Opened::Files(Box::new(FsSource::new(&paths, &options)?)))
}

/// Tells people who asked for it what their patterns leave out.
fn on_excluded(context: &Context, told: &Arc<OnceLock<LeftOut>>) -> Option<OnExcluded> {
    let told = told.clone();
    (context.output.talk() == Talk::Verbose).then(|| {
        OnExcluded::new(move |path| {
            told.get().inspect(|told| told.tell(path));
        })
    })
}

fn elsewhere(
    backup: &Backup,
    context: &Context,
    place: &Place,
    argument: &Path,
    on_excluded: Option<OnExcluded>,
) -> Result<Box<dyn RemoteSource>> {
    if backup.paths.len() > 1 || !backup.files_from.is_empty() {
        return Err(Problem::usage(format!("{} and other sources do not go into one snapshot", shown(argument)))
            .hint("back them up one after the other"));
    }
    if let Some(option) = of_files_only(backup) {
        return Err(Problem::usage(format!("{option} is for files of this machine, and {} is not", shown(argument)))
            .hint("leave it away; --exclude, --include and --exclude-larger-than work for every source"));
    }
    let rules = SourceRules {
        exclude: backup.exclude.clone(),
        exclude_from: backup.exclude_from.clone(),
        include: backup.include.clone(),
        exclude_larger_than: backup.exclude_larger_than,
        origin: backup.origin.clone(),
        on_excluded,
    };
    connectors::source_of(place, argument.as_os_str())?(place, context, rules)
}

/// An option that was given and means nothing elsewhere.
fn of_files_only(backup: &Backup) -> Option<&'static str> {
    let given = [
        (backup.one_file_system, "--one-file-system"),
        (backup.gitignore, "--gitignore"),
        (backup.exclude_caches, "--exclude-caches"),
        (!backup.exclude_if_present.is_empty(), "--exclude-if-present"),
        (backup.ignore_ctime, "--ignore-ctime"),
        (backup.ignore_inode, "--ignore-inode"),
    ];
    given.into_iter().find(|(is_given, _)| *is_given).map(|(_, option)| option)
}

fn stream_source(backup: &Backup, context: &Context) -> Result<StreamSource> {
    let (reader, verdict) = match &backup.stdin_command {
        Some(command) => stream::from_command(command, &context.interrupt)?,
        None => stream::from_stdin(&context.interrupt),
    };
    let name = backup.stdin.clone().unwrap_or_else(|| OsString::from(STREAM_NAME));
    StreamSource::new(name.as_bytes(), reader, verdict, backup.origin.as_deref())
}

fn options(backup: &Backup, leave_out: Vec<PathBuf>) -> SourceOptions {
    SourceOptions {
        exclude: backup.exclude.clone(),
        exclude_from: backup.exclude_from.clone(),
        include: backup.include.clone(),
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

/// The place that an argument stands for. Names of files may look like locations; a file that is there is what was meant, but for
/// what was given a name.
fn place(argument: &Path, folders: &Folders) -> Result<Place> {
    let here = || Place::here(argument.as_os_str());
    let is_there = argument.as_os_str().is_empty() || fs::symlink_metadata(argument).is_ok();
    if is_there && !argument.as_os_str().as_bytes().starts_with(b"@") {
        return Ok(here());
    }
    match connectors::resolve(argument.as_os_str(), Role::Source, folders) {
        Err(_) if is_there => Ok(here()),
        resolved => resolved,
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
