//! The walk: folders into leaves, leaves into nodes.

use std::{
    ops::Range,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering::Relaxed},
};

use larder_connect::{Folder, Source};
use larder_format::{
    page::{FanOut, Node, PageRef, Totals},
    snapshot::Reference,
};
use larder_model::{Entry, Problem, Result, TreePath};

use super::{
    BackupOptions,
    assemble::{OpenFolder, Seat, Top, finish_folder},
    commit,
    leaf::LeafWorker,
    parent::{History, ParentFolder},
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
    /// Missing items and notes.
    pub ledger_rows: (u64, u64),
    pub ledger: Option<Reference>,
    /// Where the roots are too many for the record.
    pub roots: Option<Reference>,
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
}

/// What all workers of a walk share.
pub(super) struct Shared<'w> {
    pub run: &'w Run<'w>,
    pub source: &'w dyn Source,
    pub options: &'w BackupOptions,
    pub monitor: &'w dyn Monitor,
    pub ledger: &'w Ledger<'w>,
    pub tally: &'w Tally,
    pub roots: Vec<TreePath>,
    pub stack: Stack<Task>,
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

fn walk_with(
    run: &Run,
    uploader: Option<&Uploader>,
    source: &dyn Source,
    history: &History,
    options: &BackupOptions,
    monitor: &dyn Monitor,
) -> Result<Walked> {
    let (ledger, tally) = (Ledger::new(monitor), Tally::default());
    let total = history.parent.as_ref().map(|info| info.record.totals());
    monitor.phase("backup", total.map(|totals| Amount { files: totals.files, bytes: totals.bytes }));
    let parent = ParentFolder(history.parent.as_ref().and_then(|info| info.record.root()));
    let top: Top = Mutex::new(None);
    let tasks = open_folder(run, &ledger, &top, source.top()?, parent, None)?;
    let roots = source.roots();
    let shared =
        Shared { run, source, options, monitor, ledger: &ledger, tally: &tally, roots, stack: Stack::new(tasks), top };
    let mut packs = work_all(&shared, uploader);
    let top = shared.top.into_inner().unwrap_or_else(PoisonError::into_inner);
    let ended = shared.stack.finish();
    let mut last = Worker::new(run, uploader);
    let stored = ended.and_then(|()| commit::store_references(&mut last, ledger, &shared.roots));
    // Even when the walk was interrupted, what was sealed is worth keeping: the next run takes it over.
    if let Some(uploader) = uploader {
        packs.push(last.finish()?);
        hand_in_last(run, uploader, packs)?;
    }
    let (ledger_rows, ledger, roots) = stored?;
    let (root, mut totals) = top.ok_or_else(|| Problem::failed("the walk ended without a result"))?;
    // What people are told is what lies below the roots.
    totals.folders = totals.folders.saturating_sub(tally.way.load(Relaxed));
    Ok(Walked { root, totals, tally, ledger_rows, ledger, roots })
}

/// Lets all threads work until nothing is left to do; returns their last packs.
fn work_all(shared: &Shared, uploader: Option<&Uploader>) -> Vec<[larder_format::pack::PackBuilder; 2]> {
    let work = || {
        let mut worker = LeafWorker::new(shared, Worker::new(shared.run, uploader));
        shared.stack.work(|task| worker.work(task));
        worker.finish()
    };
    let packs = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..shared.run.store().settings().threads).map(|_| scope.spawn(work)).collect();
        let mut packs = vec![work()];
        packs.extend(threads.into_iter().map(|thread| match thread.join() {
            Ok(packs) => packs,
            Err(panic) => std::panic::resume_unwind(panic),
        }));
        packs
    });
    packs.into_iter().filter_map(|pack| pack.map_err(|problem| shared.stack.fail(problem)).ok()).collect()
}

/// Lists a folder and splits its names into leaves, the first of which comes last, to be taken first. A folder without names
/// is finished at once.
pub(super) fn open_folder(
    run: &Run,
    ledger: &Ledger,
    top: &Top,
    folder: Arc<dyn Folder>,
    parent: ParentFolder,
    above: Option<Seat>,
) -> Result<Vec<Task>> {
    let names = folder.names(&mut |skip| ledger.add(&skip))?;
    let mut leaves = Vec::new();
    FanOut::new(run.store().identity()).leaves(names.iter(), |leaf| leaves.push(leaf));
    if leaves.is_empty() {
        finish_folder(None, above.as_ref(), top);
        return Ok(Vec::new());
    }
    let folder = OpenFolder::new(folder, names, parent, above, leaves.len());
    let task = |(number, names)| Task::Leaf { folder: folder.clone(), number, names };
    Ok(leaves.into_iter().enumerate().map(task).rev().collect())
}

impl Tally {
    fn items(&self) -> u64 {
        self.new.load(Relaxed) + self.changed.load(Relaxed) + self.unchanged.load(Relaxed) + self.others.load(Relaxed)
    }
}
