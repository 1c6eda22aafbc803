//! `larder diff`

use std::{
    ffi::{OsStr, OsString},
    io::{self, ErrorKind},
    os::unix::ffi::OsStrExt,
    path::Path,
};

use clap::Args;
use larder_engine::{Change, DiffRow, DiffStat, Side, Store};
use larder_fs::{FsSource, SourceOptions};
use larder_model::{Kind, Problem, ProblemKind, Result};
use serde_json::{Map, Value, json};

use super::Outcome;
use crate::{
    context::Context,
    entries::entry_json,
    location::shown,
    select::{Selected, select},
    text,
};

/// Show what differs between two snapshots, or a snapshot and files here
///
/// Each line begins with a sign: `+` it is only in B, `-` only in A, `M` its content differs, `m` only its times, mode, owner or
/// attributes do, `T` it is something of another kind.
#[derive(Args)]
#[command(after_help = "\
Examples:
  larder at ./save diff 3f2a91c0 latest
  larder at ./save diff 3f2a91c0:/home/ann latest:/home/ann --stat
  larder at ./save diff latest ~/Documents        a path here begins with /, . or ~, or holds a slash
  larder at ./save diff latest:a.txt ./a.txt")]
pub struct Diff {
    /// A snapshot, and a path in it; or a folder or file that is here
    #[arg(value_name = "A[:PATH]")]
    before: OsString,

    /// The same, to compare it with
    #[arg(value_name = "B[:PATH]")]
    after: OsString,

    /// Only show how much differs
    #[arg(long)]
    stat: bool,
}

impl Diff {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        let store = context.open()?;
        let before = Compared::open(&store, &self.before)?;
        let after = Compared::open(&store, &self.after)?;
        if let (Compared::Here(_), Compared::Here(_)) = (&before, &after) {
            return Err(Problem::usage("neither of the two is a snapshot").hint("name one, as `larder ls` shows it"));
        }
        let mut each = |row: &DiffRow| {
            context.check_interrupt()?;
            if self.stat { Ok(()) } else { show(context, row) }
        };
        let stat = larder_engine::diff(&store, &before.side(), &after.side(), &mut each)?;
        if context.output.is_json() {
            context.output.json(&stat_json(&stat))?;
        } else if self.stat {
            context.output.line(stat_line(&stat))?;
        } else {
            context.output.remark(stat_line(&stat));
        }
        Ok(Outcome::Done)
    }
}

/// One of the two.
enum Compared {
    Snapshot(Box<Selected>),
    Here(FsSource),
}

impl Compared {
    /// What looks like a path is one. Anything else is a snapshot, or else a folder or file of that name.
    fn open(store: &Store, text: &OsStr) -> Result<Self> {
        let path = Path::new(text);
        if is_path(text) {
            return Self::here(path);
        }
        match select(store, text) {
            Err(problem) if problem.is(ProblemKind::NotFound) && path.symlink_metadata().is_ok() => Self::here(path),
            selected => selected.map(Box::new).map(Self::Snapshot),
        }
    }

    /// A link to a folder stands for the folder.
    fn here(path: &Path) -> Result<Self> {
        path.symlink_metadata().map_err(|error| unseen(path, &error))?;
        let path = if path.is_dir() { path.join("") } else { path.to_path_buf() };
        FsSource::new(&[path], &SourceOptions::default()).map(Self::Here)
    }

    fn side(&self) -> Side<'_> {
        match self {
            Self::Snapshot(selected) => Side::Snapshot(&selected.snapshot, selected.path_or_root()),
            Self::Here(source) => Side::Folder(source),
        }
    }
}

fn unseen(path: &Path, error: &io::Error) -> Problem {
    let is_missing = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory);
    let kind = if is_missing { ProblemKind::NotFound } else { ProblemKind::Failed };
    Problem::new(kind, format!("cannot compare with {}: {}", shown(path), text::reason(error)))
        .hint("name a file or folder that is here, or a snapshot as `larder ls` shows it")
}

/// `/x`, `./x`, `x/y`, `.`, `..`; the slash in `ID:a/b` stands behind a colon.
fn is_path(text: &OsStr) -> bool {
    let bytes = text.as_bytes();
    let slash = bytes.iter().position(|byte| *byte == b'/');
    let colon = bytes.iter().position(|byte| *byte == b':');
    let is_latest = bytes.starts_with(b"latest@");
    let has_slash_first = slash.is_some_and(|slash| colon.is_none_or(|colon| slash < colon));
    bytes == b"." || bytes == b".." || (has_slash_first && !is_latest)
}

fn show(context: &Context, row: &DiffRow) -> Result<()> {
    if context.output.is_json() {
        return context.output.json(&row_json(row));
    }
    context.output.line(format_args!("{} {}{}", sign(row.change), relative(row), details(row)))
}

const fn sign(change: Change) -> char {
    match change {
        Change::Added => '+',
        Change::Removed => '-',
        Change::Modified => 'M',
        Change::Metadata => 'm',
        Change::Kind => 'T',
    }
}

const fn word(change: Change) -> &'static str {
    match change {
        Change::Added => "added",
        Change::Removed => "removed",
        Change::Modified => "modified",
        Change::Metadata => "metadata",
        Change::Kind => "kind",
    }
}

/// Below the two paths that are compared; `.` for these themselves.
fn relative(row: &DiffRow) -> String {
    if row.path.is_top() { ".".to_owned() } else { row.path.to_string()[1..].to_owned() }
}

/// Sizes or kinds, where they say something.
fn details(row: &DiffRow) -> String {
    match (row.change, &row.before, &row.after) {
        (Change::Kind, Some(before), Some(after)) => format!(" ({} -> {})", before.kind.word(), after.kind.word()),
        (Change::Modified, Some(before), Some(after)) if before.kind == Kind::File => {
            format!(" ({} -> {})", text::size(before.meta.size), text::size(after.meta.size))
        }
        (Change::Added | Change::Removed, before, after) => match before.as_ref().or(after.as_ref()) {
            Some(entry) if entry.kind == Kind::File => format!(" ({})", text::size(entry.meta.size)),
            Some(entry) if entry.kind == Kind::Directory => "/".to_owned(),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

fn row_json(row: &DiffRow) -> Value {
    let side = |entry: &Option<larder_model::Entry>| {
        entry.as_ref().map_or(Value::Null, |entry| {
            let mut json: Map<_, _> = entry_json(&row.path, entry);
            json.shift_remove("path");
            json.into()
        })
    };
    json!({
        "event": "change",
        "change": word(row.change),
        "path": relative(row),
        "before": side(&row.before),
        "after": side(&row.after),
    })
}

fn stat_line(stat: &DiffStat) -> String {
    format!(
        "diff: {} added, {} removed, {} modified, {} with other metadata only; {} more, {} less",
        text::number(stat.added),
        text::number(stat.removed),
        text::number(stat.modified),
        text::number(stat.metadata),
        text::size(stat.bytes_added),
        text::size(stat.bytes_removed)
    )
}

fn stat_json(stat: &DiffStat) -> Value {
    json!({
        "event": "result",
        "added": stat.added,
        "removed": stat.removed,
        "modified": stat.modified,
        "metadata": stat.metadata,
        "bytes_added": stat.bytes_added,
        "bytes_removed": stat.bytes_removed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_snapshots_are_told_apart() {
        for path in ["/a", "./a", "a/b", ".", "..", "./a:b/c"] {
            assert!(is_path(OsStr::new(path)), "{path}");
        }
        for id in ["latest", "abcd:/a", "abcd:a/b", "latest@host:/a", "latest@/a"] {
            assert!(!is_path(OsStr::new(id)), "{id}");
        }
    }
}
