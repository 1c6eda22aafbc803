//! `larder restore`

use std::ffi::OsString;

use clap::{Args, ValueEnum};
use larder_engine::{Choose, OnConflict, Patterns, RestoreOptions, RestoreReport, Wanted};
use larder_model::Result;
use serde_json::json;

use super::Outcome;
use crate::{
    connectors::{self, DestinationRules, Sent},
    context::Context,
    location::shown,
    parse,
    progress::ShownSkips,
    select::select,
    text,
};

/// Bring files back from a snapshot
///
/// What was backed up, or what PATH names, is put into DIR, which is made if it is missing. Without -to, that is a new folder here,
/// named after the time. What stands in DIR already with the same content is left as it is; anything else in the way is a conflict,
/// and unless --on-conflict says otherwise nothing is overwritten and the exit code is 1. Everything is verified before it is written.
///
/// DIR can be a place in Dropbox as well: only what differs from what stands there is sent, many small files in one call.
#[derive(Args)]
#[command(after_help = "\
Examples:
  larder at ./save restore -to ./back latest
  larder at ./save restore -to ./back 3f2a91c0:/home/ann/photos
  larder at ./save restore -to / latest --on-conflict overwrite    put everything back in its place
  larder at ./save restore latest --include '*.txt' --dry-run
  larder at ./save restore -to @mydropbox:/Back latest             into a folder of a Dropbox account")]
pub struct Restore {
    /// A snapshot (some first digits of its id, or `latest`), and a path in it
    #[arg(value_name = "ID[:PATH]")]
    item: OsString,

    /// Where to put it: a folder, or a place that has a name (@NAME, @NAME:/PATH)
    #[arg(long, value_name = "DIR")]
    to: Option<OsString>,

    /// Restore only what matches this pattern, such as '*.txt' or 'photos/*.jpg'; may be repeated
    #[arg(long, value_name = "PATTERN")]
    include: Vec<String>,

    /// Do not restore what matches this pattern; may be repeated
    #[arg(long, value_name = "PATTERN")]
    exclude: Vec<String>,

    /// What to do about something else that is in the way
    #[arg(long, value_enum, value_name = "WAY", default_value = "fail")]
    on_conflict: Way,

    /// Remove what is in DIR and not in the snapshot
    #[arg(long, requires = "to")]
    delete: bool,

    /// Read everything back after it was written, and compare
    #[arg(long)]
    verify: bool,

    /// Have Dropbox bring back earlier revisions, wherever it still has them, instead of sending small files (large ones it does anyway)
    #[arg(long, requires = "to")]
    by_revision: bool,

    /// Only show what would be done
    #[arg(short = 'n', long)]
    dry_run: bool,
}

#[derive(ValueEnum, Clone, Copy)]
enum Way {
    /// Write nothing over it, and end with an error
    Fail,
    /// Leave it as it is
    Skip,
    /// Replace it
    Overwrite,
    /// Replace it if it is older
    KeepNewer,
}

impl From<Way> for OnConflict {
    fn from(way: Way) -> Self {
        match way {
            Way::Fail => Self::Fail,
            Way::Skip => Self::Skip,
            Way::Overwrite => Self::Overwrite,
            Way::KeepNewer => Self::KeepNewer,
        }
    }
}

impl Restore {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        let options = self.options()?;
        let destination = self.to.clone().unwrap_or_else(|| parse::folder_name_now().into());
        let place = context.store_place()?;
        let rules = DestinationRules { by_revision: self.by_revision, keep: context.left_out(&place) };
        let opened = connectors::destination_at(&destination, context, rules)?;
        let target = opened.target();
        let store = context.open_place(place)?;
        let selected = select(&store, &self.item)?;
        if self.to.is_none() {
            context.output.remark(format_args!("restore: into {}", shown(&destination)));
        }
        let (report, has_damage) = {
            let progress = context.progress(ShownSkips::All).rehearsal(self.dry_run);
            let report = larder_engine::restore(
                &store,
                &selected.snapshot,
                selected.path.as_deref(),
                target,
                &options,
                &progress,
            );
            (report, progress.has_met_damage())
        };
        if let Err(problem) = opened.remember() {
            context.output.warn(problem);
        }
        let report = report.map_err(|problem| opened.explain(problem))?;
        let sent = opened.sent();
        if let Some(sent) = sent.filter(|_| !context.output.is_json()) {
            let (calls, bytes) = (text::count(sent.calls, "call"), text::size(sent.bytes));
            context.output.remark(format_args!("restore: {calls} made, {bytes} sent"));
        }
        tell(context, &report, &target.location(), self.dry_run, sent)?;
        Ok(match report.missing {
            0 => Outcome::Done,
            _ if has_damage => Outcome::DamageFound,
            _ => Outcome::ItemsMissing,
        })
    }

    fn options(&self) -> Result<RestoreOptions> {
        Ok(RestoreOptions {
            wanted: wanted(&self.include, &self.exclude)?,
            dry_run: self.dry_run,
            on_conflict: self.on_conflict.into(),
            delete: self.delete,
            verify: self.verify,
        })
    }
}

/// Folders are looked through for what is included: a pattern can match at any depth.
fn wanted(include: &[String], exclude: &[String]) -> Result<Option<Box<Choose>>> {
    if include.is_empty() && exclude.is_empty() {
        return Ok(None);
    }
    let (include, exclude) = (Patterns::new(include, false)?, Patterns::new(exclude, false)?);
    Ok(Some(Box::new(move |path, is_folder| {
        if exclude.match_path(path) {
            Wanted::Leave
        } else if include.is_empty() || include.match_path_or_above(path) {
            Wanted::Take
        } else if is_folder {
            Wanted::Through
        } else {
            Wanted::Leave
        }
    })))
}

fn tell(context: &Context, report: &RestoreReport, location: &str, dry_run: bool, sent: Option<Sent>) -> Result<()> {
    let mut json = json!({
        "event": "result",
        "to": location,
        "dry_run": dry_run,
        "files": report.files,
        "folders": report.folders,
        "bytes": report.bytes,
        "unchanged": report.unchanged,
        "skipped": report.skipped,
        "deleted": report.deleted,
        "missing": report.missing,
        "notes": report.notes,
    });
    if let Some(sent) = sent {
        json["usage"] = json!({"calls": sent.calls, "bytes_sent": sent.bytes});
    }
    context.output.done(people(report, location, dry_run), &json)
}

fn people(report: &RestoreReport, location: &str, dry_run: bool) -> String {
    let verb = if dry_run { "would restore" } else { "restored" };
    let mut line = format!(
        "restore: {verb} {}, {}, {} to {location}",
        text::count(report.files, "file"),
        text::count(report.folders, "folder"),
        text::size(report.bytes)
    );
    let more = [
        (report.unchanged, "there already"),
        (report.skipped, "in the way and left alone"),
        (report.deleted, if dry_run { "would be removed" } else { "removed" }),
        (report.missing, "missing"),
        (report.notes, "kept differently (-v names them)"),
    ];
    for (count, what) in more.into_iter().filter(|(count, _)| *count > 0) {
        line.push_str(&format!("; {} {what}", text::number(count)));
    }
    line
}

#[cfg(test)]
mod tests {
    use larder_model::TreePath;

    use super::*;

    #[test]
    fn exclusion_wins_over_inclusion() {
        let wanted = wanted(&["*.txt".into(), "photos".into()], &["b*".into()]).unwrap().unwrap();
        let wanted = |path: &str, is_folder| wanted(&TreePath::new(path), is_folder);
        assert_eq!(wanted("/a.txt", false), Wanted::Take);
        assert_eq!(wanted("/photos", true), Wanted::Take);
        assert_eq!(wanted("/photos/x/y.jpg", false), Wanted::Take);
        assert_eq!(wanted("/anything", true), Wanted::Through);
        assert_eq!(wanted("/a.jpg", false), Wanted::Leave);
        assert_eq!(wanted("/b.txt", false), Wanted::Leave);
        assert_eq!(wanted("/build", true), Wanted::Leave);
        assert!(super::wanted(&[], &[]).unwrap().is_none());
    }
}
