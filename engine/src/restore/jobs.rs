//! Folders on their way, each of which knows when it is done; and what all threads of a restore share.

use std::sync::{
    Arc, Mutex, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use larder_connect::{Abilities, Target, TargetFolder};
use larder_format::page::Node;
use larder_model::{Metadata, Problem, ProblemKind, Result, Skip, Time, TreePath};

use super::{
    Mode,
    lost::Lost,
    pending::{Order, Pending},
    report::Tally,
};
use crate::{blobs::Library, xattrs::with_long_xattrs};

/// What all jobs share.
pub(super) struct Shared<'r> {
    pub library: &'r Library<'r>,
    pub tally: &'r Tally<'r>,
    pub target: &'r dyn Target,
    pub abilities: Abilities,
    /// Ends everything: the target is full, or somebody stopped the run.
    pub stop: Mutex<Option<Problem>>,
    pub pending: Pending,
    pub lost: Lost,
    pub mode: Mode,
}

impl Shared<'_> {
    /// A problem with one item: it is missing. One that concerns all items ends the restore.
    pub fn item_failed(&self, path: TreePath, problem: Problem) {
        if ends_everything(&problem) {
            return self.stop_for(problem);
        }
        if self.is_stopped() {
            // That is what is told: this item was not even tried.
            return;
        }
        let reason = match problem.kind() {
            ProblemKind::Damaged => "damaged",
            ProblemKind::Conflict => "conflict",
            _ => "unwritten",
        };
        let skip = Skip::missing(path, reason, problem.to_string());
        self.tally.skip(&match problem.tag_text() {
            Some(tag) => skip.tagged(tag),
            None => skip,
        });
    }

    /// Ends the restore as soon as everybody has noticed.
    pub fn stop_for(&self, problem: Problem) {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(problem);
    }

    fn is_stopped(&self) -> bool {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub fn check(&self) -> Result<()> {
        self.library.store.settings().interrupt.check()?;
        match &*self.stop.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(problem) => Err(problem.clone()),
            None => Ok(()),
        }
    }
}

/// What concerns one item concerns the others as well: none of them could be written any more.
fn ends_everything(problem: &Problem) -> bool {
    matches!(
        problem.kind(),
        ProblemKind::NoSpace | ProblemKind::Interrupted | ProblemKind::Budget | ProblemKind::Credentials
    )
}

/// What a folder is given when the last thing in it is done.
#[derive(Clone)]
pub(super) enum Settle {
    /// What its entry says.
    Entry(Box<Node>),
    /// The time that it had before: it stood there, and nothing else about it is touched.
    Time(Time),
    Nothing,
}

impl Settle {
    pub fn give(&self, folder: &dyn TargetFolder, shared: &Shared) -> Result<()> {
        let meta = match self {
            Self::Entry(node) => with_long_xattrs(shared.library, node)?.meta,
            Self::Time(time) => Metadata { mtime: Some(*time), ..Metadata::default() },
            Self::Nothing => return Ok(()),
        };
        folder.settle(&meta, &mut |skip| shared.tally.skip(&skip))
    }
}

/// A folder at the target. It is made when the first thing in it is, and settled when the last one lets go of it.
pub(super) struct FolderJob<'r> {
    pub shared: &'r Shared<'r>,
    /// Of the first one: where it lies. Of one below: its name there. Folders can be nested so deep that their paths together are what
    /// takes memory, so a path is made when it is told.
    place: TreePath,
    settle: Settle,
    above: Option<Arc<FolderJob<'r>>>,
    folder: OnceLock<Arc<dyn TargetFolder>>,
    making: Mutex<()>,
    /// Of a rehearsal: it was counted.
    would_be_made: AtomicBool,
}

impl<'r> FolderJob<'r> {
    /// The folder that the restore goes into.
    pub fn top(
        shared: &'r Shared<'r>,
        path: TreePath,
        folder: Option<Arc<dyn TargetFolder>>,
        settle: Settle,
    ) -> Arc<Self> {
        let cell = OnceLock::new();
        if let Some(folder) = folder {
            let _ = cell.set(folder);
        }
        Self::with(shared, path, settle, None, cell)
    }

    /// A folder below another one. `standing` is it, if it stands there already.
    pub fn below(
        above: &Arc<Self>,
        path: TreePath,
        settle: Settle,
        standing: Option<Arc<dyn TargetFolder>>,
    ) -> Arc<Self> {
        let folder = OnceLock::new();
        if let Some(standing) = standing {
            let _ = folder.set(standing);
        }
        let name = TreePath::top().child(path.name().unwrap_or_default());
        Self::with(above.shared, name, settle, Some(above.clone()), folder)
    }

    fn with(
        shared: &'r Shared<'r>,
        place: TreePath,
        settle: Settle,
        above: Option<Arc<Self>>,
        folder: OnceLock<Arc<dyn TargetFolder>>,
    ) -> Arc<Self> {
        let (making, would_be_made) = (Mutex::new(()), AtomicBool::new(false));
        Arc::new(Self { shared, place, settle, above, folder, making, would_be_made })
    }

    fn path(&self) -> TreePath {
        let mut jobs = vec![self];
        while let Some(above) = jobs.last().and_then(|job| job.above.as_deref()) {
            jobs.push(above);
        }
        let mut path = TreePath::top();
        for name in jobs.into_iter().rev().flat_map(|job| job.place.names()) {
            path.push(name);
        }
        path
    }

    /// The folder, if it stands or was made.
    pub fn standing(&self) -> Option<&Arc<dyn TargetFolder>> {
        self.folder.get()
    }

    pub fn settle(&self) -> &Settle {
        &self.settle
    }

    /// The folder, made if it is not there yet, with those above it.
    pub fn ensure(&self) -> Result<&Arc<dyn TargetFolder>> {
        if let Some(folder) = self.folder.get() {
            return Ok(folder);
        }
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = self.folder.get() {
            return Ok(folder);
        }
        let (Some(above), Settle::Entry(node)) = (&self.above, &self.settle) else {
            return Err(Problem::failed(format!("{} has no folder to be in", self.path())));
        };
        let (shared, into) = (self.shared, above.ensure()?);
        let ticket = shared.pending.ticket();
        let made = shared.order(Order::Folder, ticket, &self.path(), || {
            into.make_folder(&node.entry, ticket, &mut |skip| shared.tally.skip(&skip))
        })?;
        shared.lost.count(node);
        Ok(self.folder.get_or_init(|| made))
    }

    /// Counts the folder, and those above it, that a restore would make.
    pub fn would_make(&self) {
        let Some(above) = &self.above else { return };
        if self.folder.get().is_some() || self.would_be_made.swap(true, Relaxed) {
            return;
        }
        above.would_make();
        self.shared.tally.made_folder(&|| self.path());
        if let Settle::Entry(node) = &self.settle {
            self.shared.lost.count(node);
            if self.shared.mode == Mode::Rehearse {
                self.shared.tell_other_name(above, &self.path(), &node.entry.name);
            }
        }
    }
}

impl Drop for FolderJob<'_> {
    fn drop(&mut self) {
        let Some(folder) = self.folder.get() else { return };
        if self.shared.mode != Mode::Write {
            return;
        }
        if let Err(problem) = self.settle.give(&**folder, self.shared) {
            self.shared.item_failed(self.path(), problem);
        }
    }
}
