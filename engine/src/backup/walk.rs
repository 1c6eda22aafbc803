//! The walk: folders into leaves, leaves into nodes.

use std::{
    ops::Range,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use larder_connect::{Folder, Forecast, Past, Source};
use larder_format::{
    pack::PackBuilder,
    page::{FanOut, Node, PageRef, Totals},
};
use larder_model::{Entry, Origin, Problem, ProblemKind, Result, TreePath};

use super::{
    BackupOptions,
    assemble::{OpenFolder, Seat, Top, finish_folder},
    batch::Batch,
    commit::{self, References},
    delta::{self, Merged},
    fetch,
    file::Buffers,
    leaf::LeafWorker,
    parent::{History, ParentFolder},
    past::past,
    report::{Ledger, Tally},
    stack::Stack,
};
use crate::{
    Amount, Monitor,
    run::{Run, Uploader, Worker, hand_in_last},
};

/// What a walk found and stored.
pub(super) struct Walked {
    pub root: Option<PageRef>,
    pub totals: Totals,
    pub tally: Tally,
    /// What content would have cost, of a source that delivers it.
    pub forecast: Option<Forecast>,
    pub references: References,
}

impl Walked {
    /// Nothing at all but the way to the roots.
    pub fn is_empty(&self) -> bool {
        self.tally.items() == 0
    }
}

/// Something to do.
pub(super) enum Task {
    /// Open a folder and list it.
    Folder { seat: Seat, name: Box<[u8]>, parent: ParentFolder },
    /// Read a large file: several in one folder are read side by side.
    File { seat: Seat, entry: Box<Entry>, parent: Option<Box<Node>> },
    /// Take the names of one leaf.
    Leaf { folder: Arc<OpenFolder>, number: usize, names: Range<usize> },
    /// Help to store what another thread has read of a large file.
    Chunks(Arc<Batch>),
}

/// What all workers of a walk share.
pub(super) struct Shared<'w> {
    pub run: &'w Run<'w>,
    pub source: &'w dyn Source,
    pub options: &'w BackupOptions,
    pub monitor: &'w dyn Monitor,
    pub ledger: &'w Ledger<'w>,
    pub tally: &'w Tally,
    pub origin: Origin,
    pub roots: Vec<TreePath>,
    /// The top of the parent's tree.
    pub parent: ParentFolder,
    parent_totals: Option<Totals>,
    /// The parent's nodes that were to be kept could not be read.
    pub parent_is_damaged: AtomicBool,
    /// What the source was going to deliver; nothing else is read in a dry run.
    pub forecast: Option<Forecast>,
    pub stack: Stack<Task>,
    pub buffers: Buffers,
    pub top: Top,
}

/// Walks the whole source with the threads that the settings allow, and stores what the snapshot will refer to.
pub(super) fn walk(
    run: &Run,
    source: &dyn Source,
    history: &History,
    options: &BackupOptions,
    monitor: &dyn Monitor,
) -> Result<Walked> {
    if options.dry_run {
        return walk_with(run, None, source, history, options, monitor);
    }
    Uploader::beside(run, |uploader| walk_with(run, Some(uploader), source, history, options, monitor))
}

/// A source that tells what has changed builds on the parent's listing; when that turns out to be damaged, it lists everything.
fn walk_with(
    run: &Run,
    uploader: Option<&Uploader>,
    source: &dyn Source,
    history: &History,
    options: &BackupOptions,
    monitor: &dyn Monitor,
) -> Result<Walked> {
    let (ledger, tally) = (Ledger::new(monitor), Tally::default());
    let mut shared = Shared::new(run, source, history, options, monitor, &ledger, &tally);
    let past = past(run, uploader, history, options)?;
    let ended = walk_once(&mut shared, uploader, &past);
    let is_new_start = past.checkpoint.is_some() && shared.parent_is_damaged.load(Relaxed);
    let top = shared.top.into_inner().unwrap_or_else(PoisonError::into_inner);
    match ended {
        Err(_) if is_new_start => {
            monitor.warn("the last snapshot is damaged, so everything is listed anew");
            let (ledger, tally) = (Ledger::new(monitor), Tally::default());
            let mut shared = Shared::new(run, source, history, options, monitor, &ledger, &tally);
            walk_once(&mut shared, uploader, &Past::default())?;
            let top = shared.top.into_inner().unwrap_or_else(PoisonError::into_inner);
            finish(run, uploader, source, top, shared.forecast, ledger, tally)
        }
        ended => {
            ended?;
            finish(run, uploader, source, top, shared.forecast, ledger, tally)
        }
    }
}

impl<'w> Shared<'w> {
    fn new(
        run: &'w Run<'w>,
        source: &'w dyn Source,
        history: &History,
        options: &'w BackupOptions,
        monitor: &'w dyn Monitor,
        ledger: &'w Ledger<'w>,
        tally: &'w Tally,
    ) -> Self {
        Self {
            run,
            source,
            options,
            monitor,
            ledger,
            tally,
            origin: source.origin(),
            roots: source.roots(),
            parent: ParentFolder(history.parent.as_ref().and_then(|info| info.record.root())),
            parent_totals: history.parent.as_ref().map(|info| info.record.totals()),
            parent_is_damaged: AtomicBool::new(false),
            forecast: None,
            stack: Stack::new(Vec::new()),
            buffers: Buffers::new(run),
            top: Mutex::new(None),
        }
    }
}

/// Lists, fetches what the source delivers, and walks.
fn walk_once(shared: &mut Shared, uploader: Option<&Uploader>, past: &Past) -> Result<()> {
    let run = shared.run;
    shared.monitor.phase("list", None);
    shared.source.list(past, &mut |skip| shared.ledger.add(&skip))?;
    // How the way to them is written may be known only now.
    shared.roots = shared.source.roots();
    shared.forecast = fetch::fetch(shared, uploader)?;
    if run.has_written_aliases() {
        // Aliases that are not in memory any more are looked up in the index, and so is what they name.
        run.settle()?;
    }
    let total = shared.totals_before();
    shared.monitor.phase("backup", total);
    let tasks = open_folder(shared, shared.source.top()?, shared.parent, None)?;
    shared.stack.push(tasks);
    let packs = work_all(shared, uploader);
    shared.buffers.release();
    let ended = shared.stack.finish();
    // Even when the walk was interrupted, what was sealed is worth keeping: the next run takes it over.
    if let Some(uploader) = uploader {
        hand_in_last(run, uploader, packs)?;
    }
    ended
}

/// Stores what the record refers to.
fn finish(
    run: &Run,
    uploader: Option<&Uploader>,
    source: &dyn Source,
    top: Option<(Option<PageRef>, Totals)>,
    forecast: Option<Forecast>,
    ledger: Ledger,
    tally: Tally,
) -> Result<Walked> {
    let mut last = Worker::new(run, uploader);
    let checkpoint = source.checkpoint(&mut |skip| ledger.add(&skip))?;
    let references = commit::store_references(&mut last, ledger, &source.roots(), checkpoint)?;
    if let Some(uploader) = uploader {
        hand_in_last(run, uploader, vec![last.finish()?])?;
    }
    let (root, mut totals) = top.ok_or_else(|| Problem::failed("the walk ended without a result"))?;
    // What people are told is what lies below the roots.
    totals.folders = totals.folders.saturating_sub(tally.way.load(Relaxed));
    Ok(Walked { root, totals, tally, forecast, references })
}

/// Lets all threads work until nothing is left to do; returns their last packs.
fn work_all(shared: &Shared, uploader: Option<&Uploader>) -> Vec<[PackBuilder; 2]> {
    let work = || {
        let mut worker = LeafWorker::new(shared, Worker::new(shared.run, uploader));
        shared.stack.work(|task| worker.work(task));
        worker.finish()
    };
    let packs = on_all_threads(shared.run.threads, &work);
    packs.into_iter().filter_map(|pack| pack.map_err(|problem| shared.stack.fail(problem)).ok()).collect()
}

/// Does the same on this thread and as many others as make `threads`.
pub(super) fn on_all_threads<T: Send>(threads: usize, work: &(impl Fn() -> T + Sync)) -> Vec<T> {
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut done = vec![work()];
        done.extend(others.into_iter().map(|thread| match thread.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        }));
        done
    })
}

/// Lists a folder and splits its names into leaves, the first of which comes last, to be taken first. A folder without names
/// is finished at once.
pub(super) fn open_folder(
    shared: &Shared,
    folder: Arc<dyn Folder>,
    parent: ParentFolder,
    above: Option<Seat>,
) -> Result<Vec<Task>> {
    let (listing, parent) = shared.names_of(&*folder, parent)?;
    let mut leaves = Vec::new();
    FanOut::new(shared.run.store().identity()).leaves(listing.names.iter(), |leaf| leaves.push(leaf));
    if leaves.is_empty() {
        finish_folder(None, above.as_ref(), &shared.top);
        return Ok(Vec::new());
    }
    let folder = OpenFolder::new(folder, listing, parent, above, leaves.len());
    let task = |(number, names)| Task::Leaf { folder: folder.clone(), number, names };
    Ok(leaves.into_iter().enumerate().map(task).rev().collect())
}

impl Shared<'_> {
    /// A folder's names, and what to compare them with.
    fn names_of(&self, folder: &dyn Folder, parent: ParentFolder) -> Result<(Merged, ParentFolder)> {
        let mut skips = |skip| self.ledger.add(&skip);
        let Some(changes) = folder.changes()? else {
            return Ok((Merged { names: folder.names(&mut skips)?, ..Merged::default() }, parent));
        };
        let merged = delta::merge(self.source, self.run.library, parent, folder, changes, &mut skips);
        Ok((merged.map_err(|problem| self.damaged_parent(problem))?, parent))
    }

    /// Takes note that the parent cannot be built on.
    pub fn damaged_parent(&self, problem: Problem) -> Problem {
        if problem.is(ProblemKind::Damaged) || problem.is(ProblemKind::NotFound) {
            self.parent_is_damaged.store(true, Relaxed);
            return Problem::damaged(format!("the last snapshot cannot be built on: {}", problem.message()));
        }
        problem
    }

    /// Threads that could store what another one has read. Where calls cost, the line is slower than a thread, and who reads a file later wants its
    /// chunks side by side.
    pub fn helpers(&self) -> usize {
        if self.run.store().storage().promises().pack_len > 0 { 0 } else { self.stack.idle() }
    }

    fn totals_before(&self) -> Option<Amount> {
        self.parent_totals.map(|totals| Amount { files: totals.files, bytes: totals.bytes })
    }
}

impl Tally {
    fn items(&self) -> u64 {
        self.new.load(Relaxed) + self.changed.load(Relaxed) + self.unchanged.load(Relaxed) + self.others.load(Relaxed)
    }
}
