//! Restore: from a snapshot to a target.
//!
//! One thread plans: it walks the snapshot, looks at what stands at the target, and gathers what must be written, a window at a
//! time. A window is sorted by where its blobs lie, so that every frame is read once and packs are read from front to back; other
//! threads open frames, verify blobs and write. A folder gets its own times and modes when the last thing in it is done.

mod compare;
mod file_job;
mod item;
mod jobs;
mod links;
mod lost;
mod names;
mod pending;
mod pieces;
mod plan;
mod queue;
mod report;
mod standing;
mod stretches;
mod surplus;
mod window;

use larder_connect::Target;
use larder_model::{Problem, ProblemKind, Result, TreePath};

use crate::{Monitor, SnapshotInfo, Store};

pub(crate) use compare::same_content;
pub use report::RestoreReport;
use report::Tally;

/// What a restore is told.
#[derive(Default)]
pub struct RestoreOptions {
    /// Which items are wanted; all of them where it is `None`. The second argument tells whether it is a folder.
    pub wanted: Option<Box<Choose>>,
    /// Look and compare, but write nothing.
    pub dry_run: bool,
    pub on_conflict: OnConflict,
    /// Remove what stands in restored folders and is not in the snapshot.
    pub delete: bool,
    /// Read everything back afterwards.
    pub verify: bool,
}

/// Decides about one path.
pub type Choose = dyn Fn(&TreePath, bool) -> Wanted + Send + Sync;

/// What to do with an item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    Take,
    /// A folder that is not wanted itself, but something in it may be: made only when that is so.
    Through,
    /// Neither it nor anything in it.
    Leave,
}

/// What to do where something else stands at the target already. The same content is no conflict.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnConflict {
    /// Write nothing at all.
    #[default]
    Fail,
    /// Keep what stands there.
    Skip,
    Overwrite,
    /// Overwrite what is older than the snapshot's item.
    KeepNewer,
}

/// What a walk through the snapshot beside the target is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    /// To look for conflicts, and for how much there is to write, before anything is written.
    Probe,
    /// To show what a restore would do.
    Rehearse,
    Write,
    /// To look at what was written.
    Verify,
}

/// Restores `path` of a snapshot (as a person types it after `ID:`; `None` for all of it) to `target`: the contents of a folder,
/// or one file.
pub fn restore(
    store: &Store,
    snapshot: &SnapshotInfo,
    path: Option<&[u8]>,
    target: &dyn Target,
    options: &RestoreOptions,
    monitor: &dyn Monitor,
) -> Result<RestoreReport> {
    let tree = store.tree(snapshot)?;
    let path = tree.resolve(path.unwrap_or_default())?;
    target.prepare(&plan::outline(&tree, &path, snapshot)?)?;
    let before = target.top(false)?;
    let fails = options.on_conflict == OnConflict::Fail && before.is_some();
    if fails || target.abilities().asks_for_room && !options.dry_run {
        monitor.phase("compare", None);
        let probe = Tally::new(&crate::Unwatched);
        plan::run(&tree, &path, target, options, &probe, Mode::Probe, false)?;
        if fails {
            refuse_conflicts(&probe, target)?;
        }
        if !options.dry_run {
            target.ask_for_room(&probe.need())?;
        }
    }
    monitor.phase("restore", Some(plan::amount(&tree, &path)?));
    let report = Tally::new(monitor);
    let mode = if options.dry_run { Mode::Rehearse } else { Mode::Write };
    // Comparing by fingerprint reads the whole content from the store, and what the target has listed is not listed anew meanwhile.
    let trusts = fails && target.hasher().is_some();
    plan::run(&tree, &path, target, options, &report, mode, trusts)?;
    if options.verify && !options.dry_run {
        monitor.phase("verify", Some(plan::amount(&tree, &path)?));
        plan::run(&tree, &path, target, options, &report, Mode::Verify, false)?;
    }
    Ok(report.finish())
}

/// A restore that would meet a conflict writes nothing.
fn refuse_conflicts(probe: &Tally, target: &dyn Target) -> Result<()> {
    let conflicts = probe.take_conflicts();
    let Some(first) = conflicts.first() else { return Ok(()) };
    let more = match conflicts.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    Err(Problem::new(
        ProblemKind::Conflict,
        format!("something else stands at {} already: {first}{more}; nothing was written", target.location()),
    )
    .hint("choose with --on-conflict skip, overwrite or keep-newer, or restore to another place"))
}
