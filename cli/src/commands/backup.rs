//! `larder backup`

mod report;
mod source;
mod stream;

use std::{
    ffi::OsString,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use clap::Args;
use larder_engine::{BackupOptions, Compression, ParentChoice, Store};
use larder_model::{Result, Time};

use super::Outcome;
use crate::{context::Context, opening::OpenStore, parse, progress::ShownSkips, select::select_whole};

/// Take a snapshot of files and folders
///
/// The next backup of the same paths reads only what has changed since. When it has ended, the last line of standard output is the
/// snapshot's id. The exit code is 3 when some items could not be read: they are named, and the snapshot holds everything else. An
/// interrupted backup goes on where it was when you run it again.
///
/// Patterns for --exclude and --include are those of .gitignore: `*.o` and `cache/` match at any depth, `src/*.o` starts at the folder that is
/// backed up, `/home/*/Downloads` is an absolute path, `!important.o` takes back.
#[derive(Args)]
#[command(after_help = "\
Examples:
  larder at ./save backup ~/Documents
  larder at ./save backup / --one-file-system --exclude-caches --exclude '*.tmp'
  larder at ./save backup --stdin-command 'pg_dump mydb' --stdin mydb.sql
  larder at ./save backup ~/Documents --tag weekly,home --dry-run
  larder at ./save backup @mydropbox                      a place that has a name (larder source add, larder auth)
  larder at ./save backup @mydropbox:/Photos --include '*.jpg' --dry-run")]
pub struct Backup {
    /// What to back up: paths, or a place that has a name
    #[arg(value_name = "PATH|@NAME")]
    pub paths: Vec<PathBuf>,

    /// Back up what standard input gives, as a file of this name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["paths", "files_from"], help_heading = "What to back up")]
    pub stdin: Option<OsString>,

    /// Back up what this shell command prints; if it fails, there is no snapshot. --stdin gives the file's name [default: stdin]
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["paths", "files_from"], help_heading = "What to back up")]
    pub stdin_command: Option<OsString>,

    /// Back up the paths that this file lists, a line each (`-`: standard input)
    #[arg(long, value_name = "FILE", help_heading = "What to back up")]
    pub files_from: Vec<PathBuf>,

    /// Leave out what matches this pattern; may be repeated
    #[arg(long, value_name = "PATTERN", help_heading = "What to leave out", allow_hyphen_values = true)]
    pub exclude: Vec<String>,

    /// Leave out what matches the patterns in this file, a line each
    #[arg(long, value_name = "FILE", help_heading = "What to leave out")]
    pub exclude_from: Vec<PathBuf>,

    /// Take only files that match this pattern, or lie in a folder that does; may be repeated
    #[arg(long, value_name = "PATTERN", conflicts_with_all = ["stdin", "stdin_command"], help_heading = "What to leave out",
        allow_hyphen_values = true)]
    pub include: Vec<String>,

    /// Leave out what .gitignore files in the folders say
    #[arg(long, help_heading = "What to leave out")]
    pub gitignore: bool,

    /// Leave out what is in folders that call themselves a cache (CACHEDIR.TAG)
    #[arg(long, help_heading = "What to leave out")]
    pub exclude_caches: bool,

    /// Leave out what is in folders that hold a file of this name, or one that starts with HEADER
    #[arg(long, value_name = "NAME[:HEADER]", help_heading = "What to leave out")]
    pub exclude_if_present: Vec<String>,

    /// Leave out files of more bytes, such as 2G
    #[arg(long, value_name = "SIZE", value_parser = parse::size, help_heading = "What to leave out")]
    pub exclude_larger_than: Option<u64>,

    /// Do not go into other file systems that are mounted below
    #[arg(long, help_heading = "What to leave out")]
    pub one_file_system: bool,

    /// Compare with this snapshot instead of the newest one of the same origin
    #[arg(long, value_name = "ID", conflicts_with = "no_parent", help_heading = "What counts as changed")]
    parent: Option<OsString>,

    /// Compare with nothing: read every file
    #[arg(long, help_heading = "What counts as changed")]
    no_parent: bool,

    /// Take a file for unchanged although its inode was changed (ctime)
    #[arg(long, help_heading = "What counts as changed")]
    pub ignore_ctime: bool,

    /// Take a file for unchanged although it is another inode
    #[arg(long, help_heading = "What counts as changed")]
    pub ignore_inode: bool,

    /// Read every file, even if nothing seems to have changed
    #[arg(long, help_heading = "What counts as changed")]
    rehash: bool,

    /// Give the snapshot tags; may be repeated
    #[arg(long, value_name = "TAG,…", value_delimiter = ',', help_heading = "The snapshot")]
    tag: Vec<String>,

    /// Give the snapshot this time instead of now
    #[arg(long, value_name = "TIME", value_parser = parse::moment, help_heading = "The snapshot")]
    time: Option<Time>,

    /// Call what is backed up by this name instead of by machine and path
    #[arg(long, value_name = "NAME", help_heading = "The snapshot")]
    pub origin: Option<String>,

    /// How hard to compress: off, default, or a level from 1 to 19
    #[arg(long, value_name = "LEVEL", value_parser = parse::compression, help_heading = "The snapshot")]
    compression: Option<Compression>,

    /// Make a snapshot even if there is nothing in it
    #[arg(long, help_heading = "The snapshot")]
    allow_empty: bool,

    /// Walk and read, but store nothing
    #[arg(short = 'n', long)]
    dry_run: bool,

    /// End with 3 also when items were stored with a note, such as files that changed while they were read
    #[arg(long)]
    strict: bool,
}

impl Backup {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        let place = context.store_place()?;
        // Before the store is opened: a mistyped path should not cost a passphrase.
        let told = Arc::new(OnceLock::new());
        let opened = source::open(&self, context, &place, &told)?;
        let mut store = context.open_place(place)?;
        let options = self.options(&store)?;
        let report = {
            let progress = context.progress(ShownSkips::First).counting_ahead(opened.ahead());
            told.get_or_init(|| progress.left_out());
            larder_engine::backup(&store, opened.source(), &options, &progress)
        };
        // Also after a run that failed: what the provider said stays true.
        opened.remember(context);
        let report = report.map_err(|problem| opened.explain(problem))?;
        if let Some(id) = report.snapshot {
            remember(context, &mut store, id);
        }
        report::tell(context, &report, opened.usage());
        let has_notes = self.strict && report.notes > 0;
        Ok(if report.missing > 0 || has_notes { Outcome::ItemsMissing } else { Outcome::Done })
    }

    fn options(&self, store: &Store) -> Result<BackupOptions> {
        let parent = match &self.parent {
            Some(id) => ParentChoice::Snapshot(select_whole(store, id)?.id),
            None if self.no_parent => ParentChoice::None,
            None => ParentChoice::Latest,
        };
        let mut tags: Vec<_> = self.tag.iter().filter(|tag| !tag.is_empty()).cloned().collect();
        tags.sort();
        tags.dedup();
        Ok(BackupOptions {
            parent,
            tags,
            time: self.time,
            compression: self.compression.unwrap_or_default(),
            dry_run: self.dry_run,
            ignore_ctime: self.ignore_ctime,
            ignore_inode: self.ignore_inode,
            rehash: self.rehash,
            allow_empty: self.allow_empty,
        })
    }
}

/// The snapshot is there; that it cannot be remembered is no reason to fail.
fn remember(context: &Context, store: &mut OpenStore, id: larder_model::SnapshotId) {
    match store.snapshot(id) {
        Ok(snapshot) => {
            store.remembered.note(&snapshot);
            context.keep(&store.remembered);
        }
        Err(problem) => context.output.warn(problem),
    }
}
