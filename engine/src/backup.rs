//! Backup: from a source to a snapshot.
//!
//! A folder's names decide alone where its pages are cut, so each leaf page is a task of its own: describe its entries, compare
//! them with the parent's, read what changed, store the page. So is each large file, because one folder may
//! hold a few of them and nothing else. Tasks wait on a stack, so that the walk is depth first and memory
//! stays small; a folder's page goes up into its parent's when its last leaf is done. The result does not depend on the number
//! of threads.
//!
//! A source that names content by fingerprint delivers what is new before the walk (`fetch.rs`), and one that can tell what has
//! changed since the parent is walked there only (`delta.rs`).

mod assemble;
mod batch;
mod commit;
mod delta;
mod fetch;
mod file;
mod join;
mod leaf;
mod lookup;
mod parent;
mod past;
mod report;
mod rescue;
mod stack;
mod unchanged;
mod walk;

use std::time::Instant;

use larder_connect::Source;
use larder_format::frame::Compression;
use larder_model::{Problem, Result, SnapshotId, Time, TreePath};

use crate::{Monitor, Store, blobs::Library, check, names, own_runs, run::Run};

pub use report::BackupReport;

/// What a backup is told.
#[derive(Clone, Debug, Default)]
pub struct BackupOptions {
    pub parent: ParentChoice,
    pub tags: Vec<String>,
    /// The snapshot's time, in place of the clock's.
    pub time: Option<Time>,
    pub compression: Compression,
    /// Walk and read, but store nothing.
    pub dry_run: bool,
    /// Take a file for unchanged although its ctime differs.
    pub ignore_ctime: bool,
    /// Take a file for unchanged although its inode differs.
    pub ignore_inode: bool,
    /// Read every file, whatever the parent says.
    pub rehash: bool,
    /// Store a snapshot even if there is nothing in it.
    pub allow_empty: bool,
}

/// Which snapshot a backup compares with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ParentChoice {
    /// The newest one of the same origin.
    #[default]
    Latest,
    /// None: every file is read.
    None,
    Snapshot(SnapshotId),
}

/// Takes a snapshot of `source`. When gc was faster and deleted what it was about to refer to, everything is looked at once more.
pub fn backup(
    store: &Store,
    source: &dyn Source,
    options: &BackupOptions,
    monitor: &dyn Monitor,
) -> Result<BackupReport> {
    let problem = match attempt(store, source, options, monitor)? {
        Ended::Done(report) => return Ok(*report),
        Ended::TooLate { is_repeatable: true } => {
            monitor.warn("gc has deleted what this backup was about to refer to, so it looks at everything once more");
            match attempt(store, source, options, monitor)? {
                Ended::Done(report) => return Ok(*report),
                Ended::TooLate { .. } => "gc has deleted what this backup was about to refer to, twice",
            }
        }
        Ended::TooLate { is_repeatable: false } => "gc has deleted what this backup was about to refer to",
    };
    Err(Problem::failed(problem).hint("run the backup again"))
}

/// How an attempt at a snapshot ended.
enum Ended {
    Done(Box<BackupReport>),
    /// gc was faster. A stream cannot be read once more.
    TooLate {
        is_repeatable: bool,
    },
}

fn attempt(store: &Store, source: &dyn Source, options: &BackupOptions, monitor: &dyn Monitor) -> Result<Ended> {
    let began = Instant::now();
    let library = Library::open(store)?;
    let history = parent::History::read(store, &commit::short_origin(source.origin()), options.parent)?;
    let parent = history.parent.as_ref().map(|info| (info.id, info.record.root()));
    if parent.is_some() {
        announce_pages(&library)?;
    }
    let run = if options.dry_run {
        Run::unrecorded(&library, options.compression)
    } else {
        Run::start(&library, parent, options.compression)?
    };
    let times = Times::start(store, source, options);
    let ended = walk::walk(&run, source, &history, options, monitor).and_then(|walked| {
        source.finish()?;
        if walked.is_empty() && !options.allow_empty {
            return Err(nothing(source, &history, walked.references.ledger_rows.0));
        }
        commit::commit(&run, source, walked, &history, options, times, began)
    });
    if !options.dry_run {
        // Before the run ends: until then gc keeps what it has stored in place of what is bad.
        if matches!(ended, Ok(Ended::Done(_))) {
            check::mark_met(&library, monitor);
        }
        clear_away(&run, ended.is_err());
    }
    ended
}

/// The parent's pages lie in packs of many runs. Where calls cost and all packs together are small, these come in one.
fn announce_pages(library: &Library) -> Result<()> {
    library.store.announce(library.index.packs_of_pages().into_iter().map(names::pack))
}

/// A start record that stays behind protects nobody; when it cannot be removed, it expires.
fn clear_away(run: &Run, has_failed: bool) {
    let (storage, interrupt) = (run.store().storage(), &run.store().settings().interrupt);
    // Somebody waits for the end, and will not do so for long: what would stay for 30 days goes first.
    let is_hurried = interrupt.is_set();
    if is_hurried {
        interrupt.begin_clearing();
        let _ = run.end();
    }
    if has_failed {
        // What was stored is worth keeping, also where it has no name yet: the next run takes it over.
        let _ = storage.barrier();
    }
    if !is_hurried {
        let _ = run.end();
    }
    if !has_failed {
        // What they stored is in this snapshot by now, or nobody needs it.
        let _ = own_runs::clear_killed(run.store(), 0);
    }
}

/// When a backup began, by the clocks that matter.
#[derive(Clone, Copy)]
struct Times {
    source: Option<Time>,
    writer: Time,
}

impl Times {
    fn start(store: &Store, source: &dyn Source, options: &BackupOptions) -> Self {
        Self { source: source.now(), writer: options.time.unwrap_or_else(|| store.settings().now()) }
    }
}

fn nothing(source: &dyn Source, history: &parent::History, missing: u64) -> Problem {
    let roots: Vec<_> = source.roots().iter().map(TreePath::to_string).collect();
    if missing > 0 {
        return Problem::failed(format!("nothing in {} can be read, so there is no snapshot", roots.join(", "))).hint(
            "what is in the way was named; change the permissions there, or run Larder as a user who may read it",
        );
    }
    let before = match &history.parent {
        Some(_) => ", although the last snapshot holds files",
        None => "",
    };
    Problem::failed(format!("there is nothing to back up in {}{before}", roots.join(", ")))
        .hint("check the path and the exclusions; to store an empty snapshot all the same, add --allow-empty")
}
